//! A gain on its way from one value to another.
//!
//! Two shapes: smooth (raised cosine) for a source on its own, and equal-power for two sources that change places, so
//! that together they sound equally loud all the way.

use std::f32::consts::{FRAC_PI_2, PI};

/// How a ramp gets from here to there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Raised cosine: starts and ends without a kink.
    Smooth,
    /// Interpolates power: sine upwards, cosine downwards.
    EqualPower,
}

/// A gain that moves frame by frame.
#[derive(Clone, Debug)]
pub(crate) struct Ramp {
    from: f32,
    to: f32,
    done_frames: u32,
    total_frames: u32,
    shape: Shape,
}

impl Ramp {
    /// A gain at rest.
    pub(crate) fn resting_at(gain: f32) -> Self {
        Self { from: gain, to: gain, done_frames: 0, total_frames: 0, shape: Shape::Smooth }
    }

    /// Heads for `to` from wherever the gain is now.
    pub(crate) fn go(&mut self, to: f32, frames: u32, shape: Shape) {
        *self = Self { from: self.gain(), to, done_frames: 0, total_frames: frames, shape };
    }

    /// Where the gain is heading or resting.
    pub(crate) fn target(&self) -> f32 {
        self.to
    }

    /// The gain of the next frame.
    pub(crate) fn gain(&self) -> f32 {
        if self.done_frames >= self.total_frames {
            return self.to;
        }
        let x = self.done_frames as f32 / self.total_frames as f32;
        match self.shape {
            Shape::Smooth => self.from + (self.to - self.from) * (0.5 - 0.5 * (PI * x).cos()),
            Shape::EqualPower => {
                let s = (FRAC_PI_2 * x).sin();
                let power = self.from * self.from + (self.to * self.to - self.from * self.from) * s * s;
                power.max(0.0).sqrt()
            }
        }
    }

    /// The gain of the next frame, and one frame on.
    pub(crate) fn advance(&mut self) -> f32 {
        let gain = self.gain();
        self.done_frames = self.done_frames.saturating_add(1).min(self.total_frames);
        gain
    }

    /// Frames that can still be heard, at most `limit`: all of them, unless the gain rests at or heads for silence.
    pub(crate) fn audible_frames(&self, limit: usize) -> usize {
        if self.to > 0.0 { limit } else { limit.min((self.total_frames - self.done_frames) as usize) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_equal_power_pair_keeps_its_power_and_ends_exactly() {
        let (mut up, mut down) = (Ramp::resting_at(0.0), Ramp::resting_at(1.0));
        up.go(1.0, 1_000, Shape::EqualPower);
        down.go(0.0, 1_000, Shape::EqualPower);
        for _ in 0..1_000 {
            let (a, b) = (up.advance(), down.advance());
            assert!((a * a + b * b - 1.0).abs() < 1e-5, "{a} {b}");
        }
        assert_eq!((up.gain(), down.gain()), (1.0, 0.0));
        assert_eq!(down.audible_frames(480), 0);
    }

    #[test]
    fn a_change_of_mind_goes_on_from_where_the_gain_is() {
        let mut ramp = Ramp::resting_at(1.0);
        ramp.go(0.0, 100, Shape::Smooth);
        (0..50).for_each(|_| _ = ramp.advance());
        let here = ramp.gain();
        ramp.go(1.0, 100, Shape::Smooth);
        assert!((ramp.gain() - here).abs() < 1e-6);
        assert!((here - 0.5).abs() < 0.02);
    }
}
