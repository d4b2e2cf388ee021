//! A sender's fader: how loud it is heard beside others, as people hear it. What becomes of the sound is the mixer's business.

use serde::Serialize;

/// How loud a sender is heard, as a share of its own loudness in percent: 50 is half as loud to the ear, which is 10 dB less
/// (Stevens' power law, on which the sone rests, ISO 532). Only whole steps of [`Fader::STEP_PERCENT`] can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Fader(u8);

impl Fader {
    /// As loud as it came.
    pub const FULL: Self = Self(100);
    /// One step, percent: the smallest that is heard at all at the upper end.
    pub const STEP_PERCENT: u8 = 5;

    /// Half as loud to the ear, in dB.
    const HALF_DB: f32 = 10.0;

    /// Returns the fader at `percent`; `None` if that is above 100 or between two steps.
    pub const fn new(percent: u8) -> Option<Self> {
        if percent > Self::FULL.0 || !percent.is_multiple_of(Self::STEP_PERCENT) { None } else { Some(Self(percent)) }
    }

    /// Returns its share of the loudness, percent.
    pub const fn percent(self) -> u8 {
        self.0
    }

    /// Returns the gain, in dB: 0 or less; −∞ if it is shut.
    pub fn db(self) -> f32 {
        if self == Self::FULL { 0.0 } else { Self::HALF_DB * (f32::from(self.0) / f32::from(Self::FULL.0)).log2() }
    }
}

impl Default for Fader {
    fn default() -> Self {
        Self::FULL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_as_loud_is_ten_decibels_less_and_shut_is_silent() {
        for (percent, db) in [(100, 0.0), (50, -10.0), (25, -20.0), (5, -43.22), (70, -5.146)] {
            let fader = Fader::new(percent).unwrap();
            assert!((fader.db() - db).abs() < 0.01, "{percent} %: {} dB", fader.db());
            assert_eq!(fader.percent(), percent);
        }
        assert_eq!(Fader::new(0).unwrap().db(), f32::NEG_INFINITY);
        assert_eq!((Fader::new(101), Fader::new(105), Fader::new(52)), (None, None, None));
        assert_eq!(Fader::default().db(), 0.0);
    }

    #[test]
    fn every_step_is_louder_than_the_one_below() {
        let steps: Vec<f32> = (0..=20).map(|n| Fader::new(n * Fader::STEP_PERCENT).unwrap().db()).collect();
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "{steps:?}");
    }
}
