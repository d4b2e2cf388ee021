//! What the box tells about itself: the pages' snapshot, the sound's metrics and the terminal's status line.

use std::sync::Arc;

use appliance::credentials::Credentials;
use audio::line::LineState;
use audio::pcm::SAMPLE_RATE_HZ;
use audio::status::Status;
use board::screen::wifi;
use party::Source;
use web::control::SourceKind;
use web::metrics::{Kind, Page};
use web::panel::{JoinCode, LineLevel, Panel};
use web::party_view::PartyView;
use web::status::{Snapshot, SourceState, SourceStatus, StreamStatus, TrackStatus};

use crate::channel::Channel;
use crate::config::Config;
use crate::face::Facts;
use crate::panel::Counters;

/// What pages are told before the first block.
pub fn starting(config: &Config) -> Snapshot {
    Snapshot {
        name: config.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        playing: true,
        source: SourceKind::Files,
        sources: Vec::new(),
        fallback: false,
        track: None,
        streams: Vec::new(),
        party: Arc::default(),
        panel: Arc::default(),
    }
}

/// What pages are told about `channel`, whose sound is doing what `sound` says.
pub fn snapshot(config: &Config, channel: &Channel, sound: &Status, party: Arc<PartyView>) -> Snapshot {
    let view = channel.view();
    let count = channel.tracks().count();
    let files = SourceStatus {
        kind: SourceKind::Files,
        state: if view.has_tracks { SourceState::Ok } else { SourceState::Empty },
        detail: if count == 1 { "1 track".to_owned() } else { format!("{count} tracks") },
    };
    let line_in = SourceStatus {
        kind: SourceKind::LineIn,
        state: line_state(sound.line),
        detail: match sound.line {
            LineState::NoDevice(error) => format!("{}: {error}", config.line_in.device),
            _ => config.line_in.device.clone(),
        },
    };
    let source = match view.source {
        Source::Files => SourceKind::Files,
        Source::LineIn => SourceKind::LineIn,
    };
    let heard = source == SourceKind::Files || sound.standing_in;
    Snapshot {
        name: config.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        playing: view.playing,
        source,
        sources: vec![files, line_in],
        fallback: sound.standing_in,
        track: if heard { track(channel, sound) } else { None },
        streams: vec![StreamStatus { id: channel.id().into(), live: true }],
        party,
        panel: Arc::default(),
    }
}

/// What pages are told besides what the party does. `urls` is where the page is, `network` what guests shall join.
pub fn panel(sound: &Status, urls: &[String], network: Option<&Credentials>) -> Panel {
    let is_there = !matches!(sound.line, LineState::Unused | LineState::NoDevice(_));
    Panel {
        urls: urls.to_vec(),
        join: network.map(|network| JoinCode(wifi(&network.ssid, &network.passphrase))),
        media_time: sound.media_time.as_ticks(),
        line_level: is_there.then(|| LineLevel {
            peak_dbfs: sound.line_peak_dbfs.is_finite().then_some(sound.line_peak_dbfs),
            clipped: sound.line == LineState::Clipping,
        }),
    }
}

/// What LEDs and display are made from. `listeners` are live ones and those of MP3.
pub fn facts(
    config: &Config,
    channel: &Channel,
    sound: &Status,
    snapshot: &Snapshot,
    listeners: (usize, usize),
) -> Facts {
    let view = channel.view();
    let line_in_chosen = view.source == Source::LineIn;
    let line_in_heard = line_in_chosen && matches!(sound.line, LineState::Signal | LineState::Clipping);
    let (title, artist) = match &snapshot.track {
        Some(track) => (Some(channel.tracks().title(track.id)), track.artist.clone()),
        None if line_in_heard => (Some("Line-in".to_owned()), String::new()),
        None => (None, String::new()),
    };
    let board = &config.board;
    Facts {
        playing: view.playing,
        line_in_chosen,
        line: sound.line,
        has_tracks: view.has_tracks,
        title,
        artist,
        listeners: listeners.0 + listeners.1,
        fullness_percent: (listeners.0 * 100 / config.webrtc.listeners_max)
            .max(listeners.1 * 100 / config.mp3.listeners_max),
        brightness_percent: if config.night.is_now() { board.night_percent } else { board.brightness_percent },
        ..Facts::default()
    }
}

fn track(channel: &Channel, sound: &Status) -> Option<TrackStatus> {
    let (cue, frames) = sound.cue?;
    let id = channel.party().opened(cue)?;
    let about = channel.tracks().describe(id);
    Some(TrackStatus {
        id,
        title: about.title.unwrap_or_default(),
        artist: about.artist.unwrap_or_default(),
        duration_ms: about.duration_ms,
        position_ms: frames * 1_000 / u64::from(SAMPLE_RATE_HZ),
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

/// What is heard, in words, for the status line.
pub fn heard(channel: &Channel, snapshot: &Snapshot) -> String {
    match &snapshot.track {
        Some(track) => channel.tracks().title(track.id),
        None if snapshot.source == SourceKind::LineIn => {
            let state = snapshot.sources.iter().find(|s| s.kind == SourceKind::LineIn).map_or("", |s| s.state.id());
            format!("line-in ({state})")
        }
        None => "nothing to play".to_owned(),
    }
}

/// Adds the sound's numbers to a page of metrics. `clock_zero_s` is when the box's clock began, in seconds since the kernel
/// was started.
pub fn metrics(clock_zero_s: f64, sound: &Status, page: &mut Page) {
    let mut gauge = |name, help, value: f64| page.number(name, Kind::Gauge, help, value);
    if sound.blocks_total > 0 {
        gauge(
            "kernel_to_sound_seconds",
            "From the kernel's start to the first block of sound.",
            clock_zero_s + sound.first_block_us as f64 / 1e6,
        );
    }
    gauge(
        "line_in_delay_seconds",
        "Age of line-in's youngest frame when it is mixed.",
        sound.line_delay_us as f64 / 1e6,
    );
    gauge("line_in_drift_ppm", "How much faster the sound card's clock runs than the box's.", sound.line_drift_ppm);
    gauge("line_in_peak_dbfs", "Peak of line-in in the last block.", sound.line_peak_dbfs.into());
    gauge("out_peak_dbfs", "Peak of what is sent in the last block.", sound.out_peak_dbfs.into());
    gauge("limiter_gain_db", "What the limiter took away in the last block.", sound.limiter_gain_db.into());
    let mut count = |name, help, value: u64| page.number(name, Kind::Counter, help, value as f64);
    count("line_in_opened_total", "Times a line-in device was opened.", sound.line_opened_total);
    count("line_in_xruns_total", "Overruns and suspends of the line-in device.", sound.line_xruns_total);
    count("line_in_underruns_total", "Times the line-in buffer ran dry.", sound.line_underruns_total);
    count("line_in_slips_total", "Times line-in sound was dropped because too much piled up.", sound.line_slips_total);
    count(
        "line_in_overflow_frames_total",
        "Frames of line-in dropped because the pump did not take them.",
        sound.line_overflow_frames_total,
    );
    count("line_in_fallbacks_total", "Times tracks stood in for line-in.", sound.fallbacks_total);
    count("blocks_total", "Blocks of 10 ms made.", sound.blocks_total);
    count("late_blocks_total", "Blocks made more than one block late.", sound.late_blocks_total);
    count("hole_blocks_total", "Blocks left out because the pump was held up.", sound.hole_blocks_total);
    count("starved_total", "Times a track's decoder was behind.", sound.starved_total);
    count("events_lost_total", "Events of the pump dropped because nobody fetched them.", sound.events_lost_total);
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
        };
        let mut page = Page::new();
        metrics(0.0, &sound, &mut page);
        let text = page.into_text();
        for number in 1..=11 {
            let exported = |line: &str| line.contains("_total ") && line.ends_with(&format!(" {number}"));
            assert!(text.lines().any(exported), "number {number} is missing in\n{text}");
        }
    }
}
