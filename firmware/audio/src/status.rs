//! What the sound is doing, for whoever asks: a snapshot of counters and levels.
//!
//! Writing them costs the sound threads one relaxed store each; nothing here is a means of control.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use base::{CueId, MediaTime};

use crate::line::status::{DeviceStatus, LineState, LineStatus};
use crate::pcm::SILENCE;

/// A snapshot of one channel. Counters count since the start; what is said of the card itself (state, rate, period, openings,
/// overruns) is the same for every channel that hears it.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The current track's cue and how many of its frames have been played (48 kHz).
    pub cue: Option<(CueId, u64)>,
    /// The place on the stream's timeline behind the last block: where the track had got that far.
    pub media_time: MediaTime,
    /// What line-in is doing.
    pub line: LineState,
    /// Whether the decks stand in for sources that are wanted and dead.
    pub standing_in: bool,
    /// Peak of line-in in the last block in dBFS; −∞ for silence.
    pub line_peak_dbfs: f32,
    /// Peak of what is sent in the last block in dBFS; −∞ for silence.
    pub out_peak_dbfs: f32,
    /// How much the limiter took away in the last block, in dB: 0 or negative.
    pub limiter_gain_db: f32,
    /// Rate of the card in Hz; 0 before the first was opened.
    pub line_rate_hz: u32,
    /// Period of the card in frames; 0 before the first was opened.
    pub line_period_frames: u32,
    /// Age of the youngest frame of line-in at the moment its block is mixed, in microseconds.
    pub line_delay_us: u64,
    /// How much faster than the box's clock the card runs, in parts per million.
    pub line_drift_ppm: f64,
    /// Times a device was opened.
    pub line_opened_total: u64,
    /// Overruns and suspends of the device.
    pub line_xruns_total: u64,
    /// Times the line-in buffer ran dry.
    pub line_underruns_total: u64,
    /// Times line-in sound was thrown away because too much had piled up.
    pub line_slips_total: u64,
    /// Frames of line-in dropped because this channel's pump did not fetch them.
    pub line_overflow_frames_total: u64,
    /// When the first block was made, in microseconds of the box's clock; 0 before.
    pub first_block_us: u64,
    /// Blocks made.
    pub blocks_total: u64,
    /// Blocks made more than one block late.
    pub late_blocks_total: u64,
    /// Blocks left out because the pump was held up for too long.
    pub hole_blocks_total: u64,
    /// Times a deck ran dry because its decoder was behind.
    pub starved_total: u64,
    /// Times the decks had to stand in for sources.
    pub fallbacks_total: u64,
    /// Events dropped because nobody fetched them.
    pub events_lost_total: u64,
    /// Packets that could not be encoded.
    pub encode_failures_total: u64,
    /// Blocks that were encoded, once for each encoder that somebody wanted.
    pub encoded_blocks_total: u64,
}

/// The atomics behind a [`Status`].
#[derive(Debug, Default)]
pub(crate) struct Meters {
    /// The cue's number plus one; 0 for none.
    pub(crate) cue: AtomicU64,
    pub(crate) position: AtomicU64,
    pub(crate) media_ticks: AtomicU64,
    pub(crate) standing_in: AtomicBool,
    pub(crate) out_peak: AtomicU32,
    pub(crate) limiter_gain: AtomicU32,
    pub(crate) first_block: AtomicU64,
    pub(crate) blocks: AtomicU64,
    pub(crate) late_blocks: AtomicU64,
    pub(crate) hole_blocks: AtomicU64,
    pub(crate) starved: AtomicU64,
    pub(crate) fallbacks: AtomicU64,
    pub(crate) events_lost: AtomicU64,
    pub(crate) encode_failures: AtomicU64,
    pub(crate) encoded_blocks: AtomicU64,
}

impl Meters {
    /// Returns the numbers as they are, with those of `line` if there is one.
    pub(crate) fn snapshot(&self, line: Option<&LineStatus>) -> Status {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let level = |bits: &AtomicU32| dbfs(f32::from_bits(bits.load(Ordering::Relaxed)));
        let of_tap = |pick: fn(&LineStatus) -> &AtomicU64| line.map_or(0, |line| get(pick(line)));
        let of_device = |pick: fn(&DeviceStatus) -> &AtomicU64| line.map_or(0, |line| get(pick(&line.device)));
        let of_format =
            |pick: fn(&DeviceStatus) -> &AtomicU32| line.map_or(0, |line| pick(&line.device).load(Ordering::Relaxed));
        Status {
            cue: get(&self.cue).checked_sub(1).map(|cue| (CueId(cue), get(&self.position))),
            media_time: MediaTime::from_ticks(get(&self.media_ticks)),
            line: line.map_or(LineState::Unused, |line| line.device.state()),
            standing_in: self.standing_in.load(Ordering::Relaxed),
            line_peak_dbfs: line.map_or(dbfs(SILENCE[0]), |line| level(&line.peak)),
            out_peak_dbfs: level(&self.out_peak),
            limiter_gain_db: if get(&self.blocks) == 0 { 0.0 } else { level(&self.limiter_gain) },
            line_rate_hz: of_format(|device| &device.rate_hz),
            line_period_frames: of_format(|device| &device.period_frames),
            line_delay_us: of_tap(|line| &line.delay_us),
            line_drift_ppm: line.map_or(0.0, |line| line.drift_ppb.load(Ordering::Relaxed) as f64 / 1e3),
            line_opened_total: of_device(|device| &device.opened),
            line_xruns_total: of_device(|device| &device.xruns),
            line_underruns_total: of_tap(|line| &line.underruns),
            line_slips_total: of_tap(|line| &line.slips),
            line_overflow_frames_total: of_tap(|line| &line.overflow_frames),
            first_block_us: get(&self.first_block),
            blocks_total: get(&self.blocks),
            late_blocks_total: get(&self.late_blocks),
            hole_blocks_total: get(&self.hole_blocks),
            starved_total: get(&self.starved),
            fallbacks_total: get(&self.fallbacks),
            events_lost_total: get(&self.events_lost),
            encode_failures_total: get(&self.encode_failures),
            encoded_blocks_total: get(&self.encoded_blocks),
        }
    }
}

/// A linear peak in dBFS; −∞ for silence.
fn dbfs(peak: f32) -> f32 {
    20.0 * peak.log10()
}
