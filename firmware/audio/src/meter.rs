//! Levels for the eye and for rules: peaks, silence with hysteresis, clipping.
//!
//! Pure. It changes no sound, except for [`DcBlocker`], which removes what is no sound.

use crate::pcm::{CHANNELS, Frame, SAMPLE_RATE_HZ, SILENCE};

/// Below this peak a source counts as silent: −60 dBFS.
pub const SILENT_BELOW: f32 = 0.001;

/// Above this peak a silent source counts as sounding again: −54 dBFS, so that noise around −60 does not flap.
const SOUNDING_ABOVE: f32 = 0.002;

/// Frames a source must stay below [`SILENT_BELOW`] to count as silent: 5 s.
const SILENT_AFTER_FRAMES: u32 = 5 * SAMPLE_RATE_HZ;

/// At or above this magnitude a sample counts as clipped: the two largest values of 16 bit sound.
const CLIPPED_AT: f32 = 32_766.0 / 32_768.0;

/// Clipped samples in a row on one channel that no undistorted music has.
const CLIPPED_RUN: u32 = 3;

/// Frames for which clipping is shown after it was last seen: 1 s.
const CLIPPING_SHOWN_FRAMES: u32 = SAMPLE_RATE_HZ;

/// Corner of the DC blocker: 5 Hz, two octaves below what a party's loudspeakers can move.
const DC_CORNER_HZ: f32 = 5.0;

/// Returns the largest magnitude of any sample in `frames`.
pub fn peak(frames: &[Frame]) -> f32 {
    frames.as_flattened().iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

/// What a line-in that delivers sounds like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Below −60 dBFS for the last 5 s.
    Silent,
    /// Sound.
    Sound,
    /// Sound that is cut off at full scale: somebody should turn it down.
    Clipping,
}

/// Tracks a source's [`Signal`].
#[derive(Clone, Debug)]
pub struct SignalMeter {
    quiet_frames: u32,
    clipped_run: [u32; CHANNELS],
    clipping_frames_left: u32,
}

impl Default for SignalMeter {
    fn default() -> Self {
        Self::new()
    }
}

impl SignalMeter {
    /// Returns the meter of a source that counts as silent until it sounds.
    pub fn new() -> Self {
        Self { quiet_frames: SILENT_AFTER_FRAMES, clipped_run: [0; CHANNELS], clipping_frames_left: 0 }
    }

    /// Measures the source's next frames.
    pub fn hear(&mut self, frames: &[Frame]) {
        let count = frames.len() as u32;
        let silent = self.quiet_frames >= SILENT_AFTER_FRAMES;
        if peak(frames) >= if silent { SOUNDING_ABOVE } else { SILENT_BELOW } {
            self.quiet_frames = 0;
        } else {
            self.quiet_frames = self.quiet_frames.saturating_add(count).min(SILENT_AFTER_FRAMES);
        }
        self.clipping_frames_left = self.clipping_frames_left.saturating_sub(count);
        for frame in frames {
            for (run, sample) in self.clipped_run.iter_mut().zip(frame) {
                *run = if sample.abs() >= CLIPPED_AT { run.saturating_add(1) } else { 0 };
                if *run >= CLIPPED_RUN {
                    self.clipping_frames_left = CLIPPING_SHOWN_FRAMES;
                }
            }
        }
    }

    /// Returns what the source sounds like.
    pub fn signal(&self) -> Signal {
        if self.clipping_frames_left > 0 {
            Signal::Clipping
        } else if self.quiet_frames >= SILENT_AFTER_FRAMES {
            Signal::Silent
        } else {
            Signal::Sound
        }
    }
}

/// Removes the constant offset that cheap inputs add, which eats headroom and clicks at every cut.
#[derive(Clone, Debug)]
pub struct DcBlocker {
    pole: f32,
    input: Option<Frame>,
    output: Frame,
}

impl Default for DcBlocker {
    fn default() -> Self {
        Self::new()
    }
}

impl DcBlocker {
    /// Returns a blocker that treats its first frame as the offset.
    pub fn new() -> Self {
        let pole = 1.0 - std::f32::consts::TAU * DC_CORNER_HZ / SAMPLE_RATE_HZ as f32;
        Self { pole, input: None, output: SILENCE }
    }

    /// Filters `frames` in place.
    pub fn process(&mut self, frames: &mut [Frame]) {
        for frame in frames {
            let clean = frame.map(|sample| if sample.is_finite() { sample } else { 0.0 });
            let before = self.input.replace(clean).unwrap_or(clean);
            self.output = std::array::from_fn(|c| clean[c] - before[c] + self.pole * self.output[c]);
            *frame = self.output;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_reported_after_five_seconds_and_does_not_flap() {
        let mut meter = SignalMeter::new();
        let mut hear = |level: f32, blocks: u32| {
            (0..blocks).for_each(|_| meter.hear(&[[level, 0.0]; 480]));
            meter.signal()
        };
        assert_eq!(hear(0.0, 1), Signal::Silent);
        assert_eq!(hear(0.5, 1), Signal::Sound);
        assert_eq!(hear(0.0005, 499), Signal::Sound);
        assert_eq!(hear(0.0005, 1), Signal::Silent);
        assert_eq!(hear(0.0015, 100), Signal::Silent, "between the two thresholds nothing changes");
        assert_eq!(hear(0.003, 1), Signal::Sound);
        assert_eq!(hear(0.0015, 600), Signal::Sound, "between the two thresholds nothing changes");
    }

    #[test]
    fn clipping_is_flat_tops_not_single_peaks() {
        let mut meter = SignalMeter::new();
        meter.hear(&[[1.0, 0.0], [1.0, 0.0], [0.9, 0.0], [1.0, 0.0]]);
        assert_eq!(meter.signal(), Signal::Sound);
        meter.hear(&[[1.0, 0.0], [1.0, 0.0]]);
        assert_eq!(meter.signal(), Signal::Clipping);
        (0..100).for_each(|_| meter.hear(&[[0.5; 2]; 480]));
        assert_eq!(meter.signal(), Signal::Sound);
    }

    #[test]
    fn an_offset_is_gone_from_the_first_frame_and_music_stays() {
        let mut blocker = DcBlocker::new();
        let tone = |n: usize| 0.5 * (n as f32 * 0.06).sin();
        let mut frames: Vec<Frame> = (0..48_000).map(|n| [0.3 + tone(n); 2]).collect();
        blocker.process(&mut frames);
        assert!(frames[0][0].abs() < 1e-6);
        let tail = &frames[24_000..];
        let mean = tail.iter().map(|frame| frame[0]).sum::<f32>() / tail.len() as f32;
        assert!(mean.abs() < 0.003, "{mean}");
        assert!((peak(tail) - 0.5).abs() < 0.01);
    }

    #[test]
    fn what_is_no_number_does_not_stay_in_the_filter() {
        let mut blocker = DcBlocker::new();
        let mut frames = [[f32::NAN, f32::INFINITY], [0.0; 2], [0.0; 2]];
        blocker.process(&mut frames);
        assert!(frames.as_flattened().iter().all(|sample| sample.is_finite()));
    }
}
