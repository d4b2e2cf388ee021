//! The numbers of every channel's sender, for a page of metrics.

use audio::sender::status::SenderNumbers;
use base::ChannelId;
use web::metrics::{Kind, Page};

/// Adds what each channel's sender counts, with the label `channel`.
pub(super) fn metrics(senders: &[(ChannelId, SenderNumbers)], page: &mut Page) {
    let labels: Vec<[&str; 1]> = senders.iter().map(|(id, _)| [id.as_str()]).collect();
    let mut family = |kind, name, help, number: fn(&SenderNumbers) -> f64| {
        let samples = labels.iter().zip(senders).map(|(label, (_, sender))| (&label[..], number(sender)));
        page.family(name, kind, help, &["channel"], samples);
    };
    family(Kind::Gauge, "sender_delay_seconds", "How long a sender's packets wait to be heard.", |s| {
        s.delay_us as f64 / 1e6
    });
    family(Kind::Gauge, "sender_drift_ppm", "How much faster the sender's clock runs than the box's.", |s| s.drift_ppm);
    family(Kind::Gauge, "sender_peak_dbfs", "Peak of the sender in the last block.", |s| {
        20.0 * f64::from(s.peak).log10()
    });
    type Count = fn(&SenderNumbers) -> u64;
    let counters: [(&str, &str, Count); 6] = [
        ("sender_packets_total", "Packets of senders that were heard.", |s| s.packets_total),
        ("sender_recovered_frames_total", "Frames recovered from the packet after them.", |s| s.recovered_frames_total),
        ("sender_concealed_frames_total", "Frames that were lost and concealed.", |s| s.concealed_frames_total),
        ("sender_refused_total", "Packets that came too late, twice, or as no Opus.", |s| s.refused_total),
        ("sender_dropped_total", "Packets that the pump did not fetch, or too large.", |s| s.dropped_total),
        ("sender_waits_total", "Times a sender had to be waited for.", |s| s.waits_total),
    ];
    for (name, help, number) in counters {
        let samples = labels.iter().zip(senders).map(|(label, (_, sender))| (&label[..], number(sender) as f64));
        page.family(name, Kind::Counter, help, &["channel"], samples);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_counted_about_senders_is_exported() {
        let numbers = SenderNumbers {
            packets_total: 1,
            recovered_frames_total: 2,
            concealed_frames_total: 3,
            refused_total: 4,
            dropped_total: 5,
            waits_total: 6,
            ..SenderNumbers::default()
        };
        let mut page = Page::new();
        metrics(&[(ChannelId::new("red").unwrap(), numbers)], &mut page);
        let text = page.into_text();
        for number in 1..=6 {
            let exported = |line: &str| line.contains("_total") && line.ends_with(&format!(" {number}"));
            assert!(text.lines().any(exported), "number {number} is missing in\n{text}");
        }
    }
}
