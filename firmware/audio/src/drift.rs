//! Two clocks, one speed: how fast to play a card's sound so that its buffer neither runs dry nor full.
//!
//! Pure: a proportional-integral controller on the buffer level. Levels in, speeds out; measuring
//! levels is [`crate::line`]'s business, changing the speed of sound the resampler's.

/// Seconds between two steps: one block.
const STEP_S: f64 = 0.01;

/// Natural frequency while the drift is still unknown, in rad/s: a clock that is 1000 ppm off moves the level by
/// 1000 ppm / (e·ω) = 2.5 ms before it is caught, which is less than the line keeps in reserve.
const OMEGA_FIRST: f64 = 0.15;

/// Natural frequency afterwards: slow enough that jitter of a whole period moves the pitch by far less than half a cent.
const OMEGA_SETTLED: f64 = 0.04;

/// Seconds from the one to the other.
const SETTLE_S: f64 = 40.0;

/// Time constants of the filter on the level, in units of 1/ω: 1/8, so that it costs the loop little phase.
const FILTER_PER_OMEGA: f64 = 0.125;

/// Largest correction: 2000 ppm (3.5 cent). Crystals stay within 200 ppm; beyond this a card is broken and its buffer
/// is refilled now and then instead.
pub const CORRECTION_MAX: f64 = 2e-3;

/// The controller of one opened device.
#[derive(Clone, Debug)]
pub struct Controller {
    rate_hz: f64,
    age_s: f64,
    filtered: Option<f64>,
    integral: f64,
}

impl Controller {
    /// Returns the controller of a device that nominally delivers `rate_hz` frames per second.
    pub fn new(rate_hz: f64) -> Self {
        Self { rate_hz, age_s: 0.0, filtered: None, integral: 0.0 }
    }

    /// Steps by one block: `error_frames` is how far the buffer is above its target. Returns the speed at which to consume
    /// its frames, relative to nominal: above 1 is faster.
    pub fn step(&mut self, error_frames: f64) -> f64 {
        self.age_s += STEP_S;
        let omega = OMEGA_SETTLED + (OMEGA_FIRST - OMEGA_SETTLED) * (1.0 - self.age_s / SETTLE_S).max(0.0);
        let share = (STEP_S * omega / FILTER_PER_OMEGA).min(1.0);
        let before = self.filtered.unwrap_or(error_frames);
        let error_s = (before + (error_frames - before) * share) / self.rate_hz;
        self.filtered = Some(error_s * self.rate_hz);
        // Critically damped: s² + 2ωs + ω².
        self.integral = (self.integral + omega * omega * error_s * STEP_S).clamp(-CORRECTION_MAX, CORRECTION_MAX);
        1.0 + (self.integral + 2.0 * omega * error_s).clamp(-CORRECTION_MAX, CORRECTION_MAX)
    }

    /// Forgets the level, but not what was learned about the drift: the buffer has been refilled.
    pub fn refilled(&mut self) {
        self.filtered = None;
    }

    /// Returns how much faster than nominal the card runs, in parts per million, as far as is known.
    pub fn drift_ppm(&self) -> f64 {
        self.integral * 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps a controller against a card `ppm` off for `seconds`; returns the largest error and the last speed.
    fn run(controller: &mut Controller, ppm: f64, seconds: u32) -> (f64, f64) {
        let (mut level, mut worst, mut speed) = (0.0, 0.0_f64, 1.0);
        for _ in 0..seconds * 100 {
            speed = controller.step(level);
            level += 480.0 * (1.0 + ppm * 1e-6 - speed);
            worst = worst.max(level.abs());
        }
        (worst, speed)
    }

    #[test]
    fn a_card_a_thousandth_off_is_caught_within_3_ms_of_sound() {
        for ppm in [-1_000.0, -200.0, 200.0, 1_000.0] {
            let mut controller = Controller::new(48_000.0);
            let (worst, speed) = run(&mut controller, ppm, 300);
            assert!(worst < 144.0, "{ppm} ppm moved the level by {worst} frames");
            assert!((speed - 1.0 - ppm * 1e-6).abs() < 1e-6, "{ppm} ppm: {speed}");
            assert!((controller.drift_ppm() - ppm).abs() < 1.0);
        }
    }

    #[test]
    fn no_level_whatsoever_bends_the_pitch_by_more_than_the_maximum() {
        let mut controller = Controller::new(44_100.0);
        for error in [1e9, -1e9, 1e9, 0.0] {
            for _ in 0..1_000 {
                assert!((controller.step(error) - 1.0).abs() <= CORRECTION_MAX + 1e-12);
            }
        }
    }
}
