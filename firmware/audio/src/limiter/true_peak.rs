//! The peak between the samples: an oversampling peak detector.
//!
//! ITU-R BS.1770-4 Annex 2 asks for at least fourfold oversampling. Fourfold under-reads by up to 0.5 dB near 20 kHz
//! (cos(π·f/(r·fs))), eightfold by 0.12 dB, so eight phases are used here. It measures; it does not limit.

use std::f64::consts::PI;

use crate::pcm::{CHANNELS, Frame};

/// Samples looked at for each sample of the input.
const PHASES: usize = 8;

/// Taps per phase: a Kaiser window for 60 dB between 20 kHz and its image at 28 kHz needs 22 (Kaiser's formula).
const TAPS: usize = 24;

/// The shape of the Kaiser window: 60 dB (β = 0.1102·(60 − 8.7)).
const KAISER_BETA: f64 = 5.65;

/// Frames by which [`TruePeak::push`] lags: its answer is the peak around the frame pushed this many frames before.
pub(super) const DELAY_FRAMES: usize = TAPS / 2;

/// The detector of one stereo signal.
pub(super) struct TruePeak {
    /// `phases[p][k]`: the weight of the frame `k` frames after the oldest.
    phases: [[f32; TAPS]; PHASES],
    /// The last [`TAPS`] samples of each channel, written twice so that they always lie in one piece.
    history: [[f32; 2 * TAPS]; CHANNELS],
    at: usize,
}

impl TruePeak {
    pub(super) fn new() -> Self {
        Self { phases: std::array::from_fn(phase), history: [[0.0; 2 * TAPS]; CHANNELS], at: 0 }
    }

    /// Takes `frame` and returns the largest magnitude, on either channel, from the frame [`DELAY_FRAMES`] before it up
    /// to the frame after that.
    pub(super) fn push(&mut self, frame: Frame) -> f32 {
        for (history, sample) in self.history.iter_mut().zip(frame) {
            history[self.at] = sample;
            history[self.at + TAPS] = sample;
        }
        self.at = (self.at + 1) % TAPS;
        let mut peak = 0.0_f32;
        for history in &self.history {
            let window = &history[self.at..self.at + TAPS];
            // The frame itself is phase 0 of an ideal interpolator: taken as it is, it passes the limiter exactly.
            peak = peak.max(window[TAPS - 1 - DELAY_FRAMES].abs());
            for taps in &self.phases[1..] {
                let value: f32 = window.iter().zip(taps).map(|(sample, tap)| sample * tap).sum();
                peak = peak.max(value.abs());
            }
        }
        peak
    }
}

/// The taps that look `index`/[`PHASES`] of a frame past the middle of the window.
fn phase(index: usize) -> [f32; TAPS] {
    let middle = (TAPS - 1 - DELAY_FRAMES) as f64 + index as f64 / PHASES as f64;
    let half = TAPS as f64 / 2.0;
    let taps: [f64; TAPS] = std::array::from_fn(|k| {
        let x = k as f64 - middle;
        let sinc = if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) };
        let inside = (1.0 - (x / half).powi(2)).max(0.0);
        sinc * bessel_i0(KAISER_BETA * inside.sqrt()) / bessel_i0(KAISER_BETA)
    });
    // Unity at 0 Hz, whatever the window took away.
    let sum: f64 = taps.iter().sum();
    taps.map(|tap| (tap / sum) as f32)
}

/// The modified Bessel function of the first kind and order zero, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..32 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}
