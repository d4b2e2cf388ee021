//! How loud the part of a sound is that outlives every lossy encoder: one measure for both ends of the wire.
//!
//! An encoder may leave out what nobody hears: an offset, what is too low or too high, what differs between left and right
//! only. Two ends can be compared only by what no setting of it takes away, which is the sum of both channels from 100 Hz
//! to 3 kHz ([`BAND_HZ`]). It judges nothing: what follows from a difference is for whoever compares.

use crate::pcm::{Frame, SAMPLE_RATE_HZ};

/// Ends of the band in Hz. Opus' own high-pass is far below it, and its narrowest band ends at 4 kHz (RFC 6716 section 2).
pub const BAND_HZ: [f64; 2] = [100.0, 3_000.0];

/// How much quieter than the whole sound the band may be and still count: −20 dB. Less than that an encoder may give up for
/// the sake of what is louder beside it.
const SHARE_MIN: f32 = 0.1;

/// A filter's memory below this is none: −400 dBFS. What is left would cost the processor more than sound does.
const FORGOTTEN_BELOW: f64 = 1e-20;

/// Quality of a filter without a hump (Butterworth), and of the two halves of one twice as steep.
const FLAT: f64 = std::f64::consts::FRAC_1_SQRT_2;
const FLAT_HALVES: [f64; 2] = [0.541_196_1, 1.306_563];

/// The largest samples of a stretch of sound, linear, 0 for none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Level {
    /// Of all of it.
    pub peak: f32,
    /// Of the band, where it is a fair share of the whole; 0 where it is not.
    pub audible: f32,
}

impl Level {
    /// Returns the louder of both, each on its own.
    pub fn max(self, other: Self) -> Self {
        Self { peak: self.peak.max(other.peak), audible: self.audible.max(other.audible) }
    }
}

/// Measures a continuous sound, stretch by stretch.
#[derive(Clone, Debug)]
pub struct Meter {
    stages: [Biquad; 3],
}

impl Default for Meter {
    fn default() -> Self {
        Self::new()
    }
}

impl Meter {
    /// Returns the meter of a sound that begins after silence.
    pub fn new() -> Self {
        let low = Biquad::high_pass(BAND_HZ[0], FLAT);
        Self {
            stages: [low, Biquad::low_pass(BAND_HZ[1], FLAT_HALVES[0]), Biquad::low_pass(BAND_HZ[1], FLAT_HALVES[1])],
        }
    }

    /// Measures the sound's next frames; those that are no numbers count as silence.
    pub fn hear(&mut self, frames: &[Frame]) -> Level {
        let (mut peak, mut band) = (0.0_f32, 0.0_f64);
        for frame in frames {
            let frame = frame.map(|sample| if sample.is_finite() { sample } else { 0.0 });
            peak = peak.max(frame[0].abs()).max(frame[1].abs());
            let middle = f64::from(frame[0] + frame[1]) / 2.0;
            let passed = self.stages.iter_mut().fold(middle, |sample, stage| stage.pass(sample));
            band = band.max(passed.abs());
        }
        self.stages.iter_mut().for_each(Biquad::forget_traces);
        let band = band as f32;
        Level { peak, audible: if band >= peak * SHARE_MIN { band } else { 0.0 } }
    }
}

/// A filter of second order (R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients").
#[derive(Clone, Debug)]
struct Biquad {
    forward: [f64; 3],
    back: [f64; 2],
    memory: [f64; 2],
}

impl Biquad {
    fn high_pass(corner_hz: f64, quality: f64) -> Self {
        Self::new(corner_hz, quality, |cos| [(1.0 + cos) / 2.0, -(1.0 + cos)])
    }

    fn low_pass(corner_hz: f64, quality: f64) -> Self {
        Self::new(corner_hz, quality, |cos| [(1.0 - cos) / 2.0, 1.0 - cos])
    }

    /// `forward` returns the outer coefficients and the middle one, given the cosine of the corner.
    fn new(corner_hz: f64, quality: f64, forward: impl Fn(f64) -> [f64; 2]) -> Self {
        let (sin, cos) = (std::f64::consts::TAU * corner_hz / f64::from(SAMPLE_RATE_HZ)).sin_cos();
        let alpha = sin / (2.0 * quality);
        let ([outer, middle], scale) = (forward(cos), 1.0 + alpha);
        let back = [-2.0 * cos / scale, (1.0 - alpha) / scale];
        Self { forward: [outer / scale, middle / scale, outer / scale], back, memory: [0.0; 2] }
    }

    /// Filters a sample (transposed direct form II).
    fn pass(&mut self, sample: f64) -> f64 {
        let out = self.forward[0] * sample + self.memory[0];
        self.memory[0] = self.forward[1] * sample - self.back[0] * out + self.memory[1];
        self.memory[1] = self.forward[2] * sample - self.back[1] * out;
        out
    }

    fn forget_traces(&mut self) {
        for kept in &mut self.memory {
            *kept = if kept.abs() < FORGOTTEN_BELOW { 0.0 } else { *kept };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The level of the second second of `sound`, which is given the time in seconds.
    fn level(sound: impl Fn(f64) -> Frame) -> Level {
        let mut meter = Meter::new();
        let frames: Vec<Frame> = (0..2 * SAMPLE_RATE_HZ).map(|n| sound(f64::from(n) / 48_000.0)).collect();
        let (before, measured) = frames.split_at(SAMPLE_RATE_HZ as usize);
        meter.hear(before);
        meter.hear(measured)
    }

    fn tone(hz: f64, amplitude: f64) -> impl Fn(f64) -> f32 {
        move |at| (amplitude * (std::f64::consts::TAU * hz * at).sin()) as f32
    }

    #[test]
    fn what_every_listener_hears_counts_as_loud_as_it_is() {
        for hz in [200.0, 440.0, 1_000.0, 2_000.0] {
            let tone = tone(hz, 0.5);
            let Level { peak, audible } = level(|at| [tone(at); 2]);
            assert!((peak - 0.5).abs() < 0.001 && (audible - 0.5).abs() < 0.06, "{hz} Hz: {peak} {audible}");
        }
    }

    #[test]
    fn what_an_encoder_may_leave_out_does_not_count() {
        let (low, high, middle) = (tone(2.0, 1.0), tone(15_000.0, 1.0), tone(440.0, 0.5));
        assert_eq!(level(|_| [0.01; 2]).audible, 0.0, "an offset");
        assert_eq!(level(|at| [low(at); 2]).audible, 0.0, "infrasound");
        assert_eq!(level(|at| [high(at); 2]).audible, 0.0, "too high for narrow bands");
        assert_eq!(level(|at| [middle(at), -middle(at)]).audible, 0.0, "a difference only");
        let faint = tone(440.0, 0.01);
        assert_eq!(level(|at| [0.9 + faint(at); 2]).audible, 0.0, "faint beside what is loud");
        assert_eq!(level(|_| [f32::NAN, f32::INFINITY]), Level::default());
    }

    #[test]
    fn silence_after_sound_leaves_nothing_behind() {
        let mut meter = Meter::new();
        meter.hear(&[[f32::NAN, 1.0]; 480]);
        (0..500).for_each(|_| _ = meter.hear(&[[0.0; 2]; 480]));
        assert!(meter.stages.iter().all(|stage| stage.memory == [0.0; 2]), "{meter:?}");
    }
}
