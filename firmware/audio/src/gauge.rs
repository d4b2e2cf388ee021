//! Meters an input for the sound check: peak level, loudness and clipping, ten times per second of sound.
//!
//! Runs apart from the pump ([`crate::tap`]) and only while blocks come. It sets no thresholds: what is too loud, the page decides.

use std::fmt;

use base::MediaTime;
use ebur128::{EbuR128, Mode};

use crate::meter::{self, Signal, SignalMeter};
use crate::pcm::{CHANNELS, SAMPLE_RATE_HZ};
use crate::tap::Outflow;

/// Time between two readings: 10 in a second.
pub const EVERY_TICKS: u64 = 4_800;

/// What is quieter counts as this, in dBFS and LUFS.
pub const FLOOR_DB: f32 = -90.0;

/// How loud an input is at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The end of what was measured, on the timeline.
    pub at: MediaTime,
    /// The largest sample since the reading before, dBFS.
    pub peak_db: f32,
    /// Loudness of the last 3 s (short-term, EBU Tech 3341), LUFS.
    pub loudness_lufs: f32,
    /// Whether it was cut off at full scale within the last second.
    pub is_clipping: bool,
}

/// Reads the level of what flows out of a tap.
pub struct Gauge {
    flow: Outflow,
    /// `None` if there is no memory for it: then loudness is not known.
    loudness: Option<EbuR128>,
    signal: SignalMeter,
    peak: f32,
    end: u64,
}

impl fmt::Debug for Gauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gauge").field("end", &self.end).finish_non_exhaustive()
    }
}

impl Gauge {
    /// Returns what reads the level of `flow`.
    pub fn new(flow: Outflow) -> Self {
        Self { flow, loudness: fresh(), signal: SignalMeter::new(), peak: 0.0, end: 0 }
    }

    /// Whether more may come.
    pub fn is_open(&self) -> bool {
        self.flow.is_open()
    }

    /// Reads the next tenth of a second, if it has come.
    pub fn read(&mut self) -> Option<Reading> {
        while let Some((at, frames)) = self.flow.take() {
            if at.as_ticks() != self.end {
                // Nobody looked for a while: what was heard then is over.
                (self.loudness, self.signal, self.peak) = (fresh(), SignalMeter::new(), 0.0);
            }
            self.end = at.as_ticks() + frames.len() as u64;
            self.signal.hear(&frames);
            self.peak = self.peak.max(meter::peak(&frames));
            if let Some(loudness) = &mut self.loudness {
                // Samples of two channels cannot be refused.
                _ = loudness.add_frames_f32(frames.as_flattened());
            }
            if self.end.is_multiple_of(EVERY_TICKS) {
                return Some(self.reading());
            }
        }
        None
    }

    fn reading(&mut self) -> Reading {
        let loudness = self.loudness.as_ref().and_then(|loudness| loudness.loudness_shortterm().ok());
        let peak = std::mem::take(&mut self.peak);
        Reading {
            at: MediaTime::from_ticks(self.end),
            peak_db: (20.0 * peak.log10()).max(FLOOR_DB),
            loudness_lufs: loudness.map_or(FLOOR_DB, |lufs| (lufs as f32).max(FLOOR_DB)),
            is_clipping: self.signal.signal() == Signal::Clipping,
        }
    }
}

fn fresh() -> Option<EbuR128> {
    EbuR128::new(CHANNELS as u32, SAMPLE_RATE_HZ, Mode::S).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::pcm::BLOCK_FRAMES;
    use crate::tap;

    /// The readings of so many blocks of a sine of 1 kHz in both channels, cut off at full scale.
    fn readings(blocks: u64, amplitude: f32) -> Vec<Reading> {
        let (mut tap, flow) = tap::pair(Arc::new(AtomicUsize::new(1)), || {});
        let mut gauge = Gauge::new(flow);
        let mut read = Vec::new();
        for block in 0..blocks {
            let start = block * BLOCK_FRAMES as u64;
            let sample = |n: u64| (amplitude * (std::f32::consts::TAU * n as f32 / 48.0).sin()).clamp(-1.0, 1.0);
            tap.hear(MediaTime::from_ticks(start), &std::array::from_fn(|n| [sample((start + n as u64) % 48); 2]));
            read.extend(std::iter::from_fn(|| gauge.read()));
        }
        read
    }

    #[test]
    fn a_tone_has_the_loudness_that_the_standard_gives_it() {
        // EBU Tech 3341, test case 1: 1 kHz at -23 dBFS in both channels has -23 LUFS.
        let read = readings(400, 10.0_f32.powf(-23.0 / 20.0));
        assert_eq!(read.len(), 40);
        let last = read[39];
        assert!((last.loudness_lufs + 23.0).abs() < 0.1 && (last.peak_db + 23.0).abs() < 0.1, "{last:?}");
        assert_eq!((last.at.as_ticks(), last.is_clipping), (40 * EVERY_TICKS, false));
    }

    #[test]
    fn silence_is_the_floor_and_what_is_cut_off_clips() {
        let silent = readings(20, 0.0)[1];
        assert_eq!((silent.peak_db, silent.loudness_lufs, silent.is_clipping), (FLOOR_DB, FLOOR_DB, false));
        let loud = readings(20, 2.0)[1];
        assert!(loud.is_clipping && loud.peak_db > -0.1, "{loud:?}");
    }
}
