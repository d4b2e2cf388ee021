//! What the box publishes about itself: the pages' snapshot, the sound's metrics and the terminal's status line.

mod senders;

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use appliance::credentials::Credentials;
use audio::line::LineState;
use audio::pcm::SAMPLE_RATE_HZ;
use audio::sender::status::SenderNumbers;
use audio::status::Status;
use base::ChannelId;
use board::screen::wifi;
use party::{Channel, Source};
use web::metrics::{Kind, Page};
use web::panel::{JoinCode, LineLevel, Network, Panel};
use web::senders::{self as sent_by, Heard, Title};
use web::status::{ChannelStatus, Snapshot, SourceState, SourceStatus, TrackStatus};

use crate::channel::{Gauged, Listening, Programme, shown_state};
use crate::config::Config;
use crate::face::{Facts, Shown};
use crate::panel::Counters;

/// Returns what pages see before the first block.
pub(crate) fn starting(config: &Config, first: ChannelId) -> Snapshot {
    snapshot(config, vec![Arc::new(ChannelStatus::starting(first))], 1, Arc::default())
}

/// Returns what pages see of the box.
pub(crate) fn snapshot(
    config: &Config,
    channels: Vec<Arc<ChannelStatus>>,
    channels_estimate: usize,
    panel: Arc<Panel>,
) -> Snapshot {
    let (name, version) = (config.name.clone(), env!("CARGO_PKG_VERSION").to_owned());
    Snapshot { name, version, channels, channels_estimate, panel }
}

/// Returns what pages see of `channel`, whose sound is doing what `sound` says.
pub(crate) fn status(config: &Config, channel: &Channel, programme: &mut Programme, sound: &Status) -> ChannelStatus {
    let party = programme.show();
    let view = programme.view();
    let count = programme.tracks().count();
    let files = SourceStatus {
        kind: Source::Files,
        state: if view.has_tracks { SourceState::Ok } else { SourceState::Empty },
        detail: if count == 1 { "1 track".to_owned() } else { format!("{count} tracks") },
        title: Title::default(),
    };
    let line_in = SourceStatus {
        kind: Source::LineIn,
        state: line_state(sound.line),
        detail: match sound.line {
            LineState::NoDevice(error) => format!("{}: {error}", config.line_in.device),
            _ => config.line_in.device.clone(),
        },
        title: Title::default(),
    };
    let (state, heard) = programme.heard();
    let state = if heard.is_empty() { SourceState::Off } else { shown_state(state) };
    let (detail, title) = sent_by::shown(&heard);
    let sender = SourceStatus { kind: Source::Sender, state, detail, title };
    let stands_in = programme.stands_in(sound);
    let is_track = view.source == Source::Files || stands_in;
    ChannelStatus {
        channel: channel.clone(),
        party,
        sources: vec![files, line_in, sender],
        fallback: stands_in,
        track: if is_track { track(programme, sound) } else { None },
        media_time: sound.media_time.as_ticks(),
        repertoire_lost: programme.party().has_lost_repertoire(),
    }
}

/// Returns what pages show besides what the party does. `urls` is where the page is, `network` what guests shall join.
/// `is_secure`: there is a secure page.
pub(crate) fn panel(
    config: &Config,
    sound: &Status,
    urls: &[String],
    is_secure: bool,
    network: Option<&Credentials>,
) -> Panel {
    let is_there = !matches!(sound.line, LineState::Unused | LineState::NoDevice(_));
    Panel {
        urls: config.http.outer_url().into_iter().chain(urls.iter().cloned()).collect(),
        name: page_name(&config.http.names, config.listen.port(), network.is_some()),
        https_port: is_secure.then_some(config.http.https_port),
        network: network.map(|network| Network { name: network.ssid.clone(), passphrase: network.passphrase.clone() }),
        join: network.map(|network| JoinCode(wifi(&network.ssid, &network.passphrase))),
        line_level: is_there.then(|| LineLevel {
            peak_dbfs: sound.line_peak_dbfs.is_finite().then_some(sound.line_peak_dbfs),
            clipped: sound.line == LineState::Clipping,
        }),
    }
}

/// Returns the name that somebody can type instead of the page's address: in the box's `own` network it answers for all its
/// names, elsewhere only those are known that it announces there.
fn page_name(names: &[String], port: u16, own: bool) -> Option<String> {
    let name = names.iter().find(|name| own || name.ends_with(".local"))?;
    // 80 is what a browser adds by itself (RFC 9110 section 4.2.1).
    Some(if port == 80 { name.clone() } else { format!("{name}:{port}") })
}

/// Returns what the box itself shows of `channel`, where there is more than one to tell apart.
pub(crate) fn shown(snapshot: &Snapshot, channel: &Channel) -> Option<Shown> {
    let name = if channel.name.is_empty() { channel.color.id() } else { &channel.name };
    (snapshot.channels.len() > 1).then(|| Shown { name: name.to_owned(), color: channel.color })
}

/// Returns all listeners: live ones and those of MP3.
pub(crate) fn sum(listening: &BTreeMap<ChannelId, Listening>) -> (usize, usize) {
    listening.values().fold((0, 0), |(live, pocket), one| (live + one.live, pocket + one.pocket))
}

/// Returns what LEDs and display are made from, but for what only the box as a whole knows.
pub(crate) fn facts(
    config: &Config,
    programme: &Programme,
    sound: &Status,
    status: &ChannelStatus,
    listening: &BTreeMap<ChannelId, Listening>,
    is_night: bool,
) -> Facts {
    let view = programme.view();
    let line_in_chosen = view.source == Source::LineIn;
    let line_in_heard = line_in_chosen && matches!(sound.line, LineState::Signal | LineState::Clipping);
    let (title, artist) = match &status.track {
        Some(track) => (Some(programme.tracks().title(track.id)), track.artist.clone()),
        None if line_in_heard => (Some("Line-in".to_owned()), String::new()),
        None if view.source == Source::Sender && !sound.standing_in => sent(&programme.heard().1),
        None => (None, String::new()),
    };
    let board = &config.board;
    let (live, pocket) = sum(listening);
    let here = listening.get(&status.channel.id).copied().unwrap_or_default();
    Facts {
        playing: view.playing,
        line_in_chosen,
        line: sound.line,
        has_tracks: view.has_tracks,
        title,
        artist,
        listeners: here.total(),
        fullness_percent: (live * 100 / config.webrtc.listeners_max).max(pocket * 100 / config.mp3.listeners_max),
        brightness_percent: if is_night { board.night_percent } else { board.brightness_percent },
        ..Facts::default()
    }
}

/// Returns what a sender says that plays, else its name.
fn sent(heard: &[Heard]) -> (Option<String>, String) {
    if heard.is_empty() {
        return (None, String::new());
    }
    let (name, title) = sent_by::shown(heard);
    if title.title.is_empty() { (Some(name), String::new()) } else { (Some(title.title), title.artist) }
}

fn track(programme: &Programme, sound: &Status) -> Option<TrackStatus> {
    let (cue, frames) = sound.cue?;
    let id = programme.party().opened(cue)?;
    let about = programme.tracks().describe(id);
    Some(TrackStatus {
        id,
        title: about.title.unwrap_or_default(),
        artist: about.artist.unwrap_or_default(),
        duration_ms: about.duration_ms,
        position_ms: programme.tracks().begins_at_ms(cue) + frames * 1_000 / u64::from(SAMPLE_RATE_HZ),
    })
}

fn line_state(state: LineState) -> SourceState {
    match state {
        LineState::Unused => SourceState::Off,
        LineState::Opening => SourceState::Opening,
        LineState::NoDevice(_) => SourceState::NoDevice,
        LineState::Silent => SourceState::Silent,
        LineState::Signal => SourceState::Signal,
        LineState::Clipping => SourceState::Clipping,
    }
}

/// Returns what is heard, in words, for the status line.
pub(crate) fn heard(programme: &Programme, status: &ChannelStatus) -> String {
    match &status.track {
        Some(track) => programme.tracks().title(track.id),
        None if status.party.everybody.source == Source::LineIn => {
            let state = status.sources.iter().find(|s| s.kind == Source::LineIn).map_or("", |s| s.state.id());
            format!("line-in ({state})")
        }
        None if status.party.everybody.source == Source::Sender => {
            let sender = status.sources.iter().find(|s| s.kind == Source::Sender);
            sender.map_or_else(String::new, |s| format!("{} ({})", s.detail, s.state.id()))
        }
        None => "nothing to play".to_owned(),
    }
}

/// Adds the numbers of every channel's sound to a page of metrics. `clock_zero_s` is when the box's clock began, in seconds
/// since the kernel was started.
pub(crate) fn metrics(clock_zero_s: f64, gauged: &Gauged, page: &mut Page) {
    let gauged = gauged.lock().unwrap_or_else(PoisonError::into_inner);
    let sounds: Vec<(ChannelId, Status)> = gauged.iter().map(|(id, of)| (*id, of.controls.status())).collect();
    let senders: Vec<(ChannelId, SenderNumbers)> = gauged.iter().map(|(id, of)| (*id, of.inputs.numbers())).collect();
    let ears: Vec<(ChannelId, u64)> =
        gauged.iter().map(|(id, of)| (*id, of.ear_dropped.load(Ordering::Relaxed))).collect();
    drop(gauged);
    let coded = audio::coded::totals();
    let mut count = |name, help, value: u64| page.number(name, Kind::Counter, help, value as f64);
    count(
        "decoder_calls_total",
        "Calls of a decoder of senders' packets, whatever their sound was for.",
        coded.decoded,
    );
    count("encoder_calls_total", "Calls of an encoder, whatever it was for.", coded.encoded);
    sound_metrics(clock_zero_s, &sounds, page);
    senders::metrics(&senders, page);
    let labels: Vec<[&str; 1]> = ears.iter().map(|(id, _)| [id.as_str()]).collect();
    let samples = labels.iter().zip(&ears).map(|(label, (_, dropped))| (&label[..], *dropped as f64));
    let help = "Packets that the box's own ear did not fetch in time.";
    page.family("ear_dropped_packets_total", Kind::Counter, help, &["channel"], samples);
}

fn sound_metrics(clock_zero_s: f64, sounds: &[(ChannelId, Status)], page: &mut Page) {
    let first = sounds.iter().filter(|(_, sound)| sound.blocks_total > 0).map(|(_, sound)| sound.first_block_us).min();
    if let Some(first_us) = first {
        let help = "From the kernel's start to the first block of sound.";
        page.number("kernel_to_sound_seconds", Kind::Gauge, help, clock_zero_s + first_us as f64 / 1e6);
    }
    if let Some((_, sound)) = sounds.first() {
        // The one card's, whichever channel is asked.
        let mut count = |name, help, value: u64| page.number(name, Kind::Counter, help, value as f64);
        count("line_in_opened_total", "Times a line-in device was opened.", sound.line_opened_total);
        count("line_in_xruns_total", "Overruns and suspends of the line-in device.", sound.line_xruns_total);
    }
    channel_metrics(sounds, page);
}

/// Adds what each channel's sound counts, with the label `channel`.
fn channel_metrics(sounds: &[(ChannelId, Status)], page: &mut Page) {
    let labels: Vec<[&str; 1]> = sounds.iter().map(|(id, _)| [id.as_str()]).collect();
    let mut family = |kind, name, help, number: &dyn Fn(&Status) -> f64| {
        let samples = labels.iter().zip(sounds).map(|(label, (_, sound))| (&label[..], number(sound)));
        page.family(name, kind, help, &["channel"], samples);
    };
    type Number = fn(&Status) -> f64;
    let gauges: [(&str, &str, Number); 5] = [
        ("line_in_delay_seconds", "Age of line-in's youngest frame when it is mixed.", |s| {
            s.line_delay_us as f64 / 1e6
        }),
        ("line_in_drift_ppm", "How much faster the sound card's clock runs than the box's.", |s| s.line_drift_ppm),
        ("line_in_peak_dbfs", "Peak of line-in in the last block.", |s| s.line_peak_dbfs.into()),
        ("out_peak_dbfs", "Peak of what is sent in the last block.", |s| s.out_peak_dbfs.into()),
        ("limiter_gain_db", "What the limiter took away in the last block.", |s| s.limiter_gain_db.into()),
    ];
    for (name, help, number) in gauges {
        family(Kind::Gauge, name, help, &number);
    }
    type Count = fn(&Status) -> u64;
    let counters: [(&str, &str, Count); 11] = [
        ("line_in_underruns_total", "Times the line-in buffer ran dry.", |s| s.line_underruns_total),
        ("line_in_slips_total", "Times line-in sound was dropped because too much piled up.", |s| s.line_slips_total),
        ("line_in_overflow_frames_total", "Frames of line-in dropped because the pump did not take them.", |s| {
            s.line_overflow_frames_total
        }),
        ("line_in_fallbacks_total", "Times tracks stood in for line-in.", |s| s.fallbacks_total),
        ("blocks_total", "Blocks of 10 ms made.", |s| s.blocks_total),
        ("late_blocks_total", "Blocks made more than one block late.", |s| s.late_blocks_total),
        ("hole_blocks_total", "Blocks left out because the pump was held up.", |s| s.hole_blocks_total),
        ("starved_total", "Times a track's decoder was behind.", |s| s.starved_total),
        ("events_lost_total", "Events of the pump dropped because nobody fetched them.", |s| s.events_lost_total),
        ("encode_failures_total", "Packets that could not be encoded.", |s| s.encode_failures_total),
        ("encoded_blocks_total", "Blocks encoded, once for each encoding that somebody wanted.", |s| {
            s.encoded_blocks_total
        }),
    ];
    for (name, help, number) in counters {
        family(Kind::Counter, name, help, &|sound| number(sound) as f64);
    }
}

/// Adds the board's numbers to a page of metrics.
pub(crate) fn board_metrics(counts: board::Counts, panel: &Counters, page: &mut Page) {
    page.number(
        "press_to_plan_seconds_max",
        Kind::Gauge,
        "Longest time from the kernel's stamp of an edge to the end of what the press asked for.",
        panel.slowest_us() as f64 / 1e6,
    );
    let missing = counts.lines_missing as f64;
    page.number("board_lines_missing", Kind::Gauge, "Lines of buttons and LEDs that cannot be used now.", missing);
    let mut count = |name, help, value: u64| page.number(name, Kind::Counter, help, value as f64);
    count("presses_total", "Presses and turns at the box that asked for something.", panel.asked_total());
    count("board_events_lost_total", "Events of the board that nobody took.", panel.lost_total());
    count("board_wakes_edges_total", "Wake-ups of the board's thread because lines changed.", counts.edges_total);
    count("board_wakes_gestures_total", "The same, because a gesture waits for time.", counts.gestures_total);
    count("board_wakes_steps_total", "The same, because a light's pattern goes on.", counts.steps_total);
    count("board_wakes_requests_total", "The same, because something else is to be shown.", counts.requests_total);
    count("board_wakes_retries_total", "The same, to try again what is missing.", counts.retries_total);
    count("board_overflows_total", "Edges that the kernel had no room for.", counts.overflows_total);
    count("board_frames_total", "Pictures sent to the display.", counts.frames_total);
}

#[cfg(test)]
mod tests {
    use base::MediaTime;

    use super::*;

    #[test]
    fn whatever_is_counted_about_the_sound_is_exported() {
        let sound = Status {
            cue: None,
            media_time: MediaTime::ZERO,
            line: LineState::Unused,
            standing_in: false,
            line_peak_dbfs: 0.0,
            out_peak_dbfs: 0.0,
            limiter_gain_db: 0.0,
            line_rate_hz: 0,
            line_period_frames: 0,
            line_delay_us: 0,
            line_drift_ppm: 0.0,
            line_opened_total: 1,
            line_xruns_total: 2,
            line_underruns_total: 3,
            line_slips_total: 4,
            line_overflow_frames_total: 5,
            first_block_us: 0,
            blocks_total: 6,
            late_blocks_total: 7,
            hole_blocks_total: 8,
            starved_total: 9,
            fallbacks_total: 10,
            events_lost_total: 11,
            encode_failures_total: 12,
            encoded_blocks_total: 13,
        };
        let mut page = Page::new();
        sound_metrics(0.0, &[(ChannelId::new("red").unwrap(), sound)], &mut page);
        let text = page.into_text();
        for number in 1..=13 {
            let exported = |line: &str| line.contains("_total") && line.ends_with(&format!(" {number}"));
            assert!(text.lines().any(exported), "number {number} is missing in\n{text}");
        }
    }
}
