//! What the mixer is asked to do: one small `Copy` value, the latest of which wins.
//!
//! A plan packs into 64 bits, so that handing it to the pump is one wait-free atomic store. It holds wishes only; how
//! they are faded in is the mixer's business.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::deck::DECK_FRAMES;
use crate::pcm::SAMPLE_RATE_HZ;

/// A gain in hundredths of a decibel: −90 dB to +12 dB, or silence. No other value can be made, so none can blow up a
/// loudspeaker or turn into NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decibels(i16);

impl Decibels {
    /// Nothing at all (−∞ dB).
    pub const SILENCE: Self = Self(i16::MIN);
    /// Neither louder nor softer (0 dB).
    pub const UNITY: Self = Self(0);
    /// The loudest gain: +12 dB, a common mixing desk's trim.
    pub const MAX: Self = Self(1_200);
    /// The softest gain that is not silence: −90 dB, below the noise of 16 bit sound.
    pub const MIN: Self = Self(-9_000);

    /// The nearest allowed gain to `gain_db`; below −90 dB and NaN are silence.
    pub fn from_db(gain_db: f32) -> Self {
        let hundredths = (gain_db * 100.0).round();
        if hundredths >= f32::from(Self::MIN.0) {
            Self(hundredths.min(f32::from(Self::MAX.0)) as i16)
        } else {
            Self::SILENCE
        }
    }

    /// The gain in dB; −∞ for silence.
    pub fn db(self) -> f32 {
        if self.is_silence() { f32::NEG_INFINITY } else { f32::from(self.0) / 100.0 }
    }

    /// The factor for samples: 0 for silence, 1 for unity.
    pub fn linear(self) -> f32 {
        if self.is_silence() { 0.0 } else { 10.0_f32.powf(f32::from(self.0) / 2_000.0) }
    }

    /// Whether nothing can be heard at this gain.
    pub fn is_silence(self) -> bool {
        self == Self::SILENCE
    }
}

/// The wished-for mix. The latest plan wins; a change is always faded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MixPlan {
    /// Gain of line-in.
    pub line_in: Decibels,
    /// Gain of the decks. Silence is pause: once faded out, decks keep their position.
    pub decks: Decibels,
    /// How long a change of gain takes, in ms: 0 to 65 535. Never shorter than [`super::FADE_MS_MIN`].
    pub ramp_ms: u16,
    /// How long consecutive tracks overlap, in ms: 0 (gapless) to [`MixPlan::CROSSFADE_MS_MAX`].
    pub crossfade_ms: u16,
    /// Whether decks take the place of a line-in that is wanted but delivers nothing.
    pub fallback_to_decks: bool,
}

impl Default for MixPlan {
    /// The decks play, gaplessly; line-in is silent.
    fn default() -> Self {
        Self {
            line_in: Decibels::SILENCE,
            decks: Decibels::UNITY,
            ramp_ms: 50,
            crossfade_ms: 0,
            fallback_to_decks: true,
        }
    }
}

impl MixPlan {
    /// Longest crossfade: what remains of a deck once its decoder is known to have finished, less a margin of 250 ms
    /// for the decoder to say so.
    pub const CROSSFADE_MS_MAX: u16 = (DECK_FRAMES as u64 * 1_000 / SAMPLE_RATE_HZ as u64) as u16 - 250;

    fn pack(self) -> u64 {
        let crossfade_ms = u64::from(self.crossfade_ms.min(Self::CROSSFADE_MS_MAX));
        u64::from(self.line_in.0 as u16)
            | u64::from(self.decks.0 as u16) << 16
            | u64::from(self.ramp_ms) << 32
            | (crossfade_ms << 1 | u64::from(self.fallback_to_decks)) << 48
    }

    fn unpack(bits: u64) -> Self {
        let field = |shift: u32| (bits >> shift) as u16;
        Self {
            line_in: Decibels(field(0) as i16),
            decks: Decibels(field(16) as i16),
            ramp_ms: field(32),
            crossfade_ms: field(48) >> 1,
            fallback_to_decks: field(48) & 1 == 1,
        }
    }
}

/// Where the latest plan lies. Writing and reading are wait-free.
#[derive(Debug)]
pub struct PlanCell(AtomicU64);

impl PlanCell {
    /// A cell that holds `plan`.
    pub fn new(plan: MixPlan) -> Self {
        Self(AtomicU64::new(plan.pack()))
    }

    /// Replaces the plan. A crossfade longer than [`MixPlan::CROSSFADE_MS_MAX`] becomes that.
    pub fn set(&self, plan: MixPlan) {
        self.0.store(plan.pack(), Ordering::Relaxed);
    }

    /// The latest plan.
    pub fn get(&self) -> MixPlan {
        MixPlan::unpack(self.0.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plan_survives_the_cell() {
        for (line_in, decks) in [(-90.0, 12.0), (f32::NEG_INFINITY, -0.01), (0.0, -33.33), (f32::NAN, 99.0)] {
            for (ramp_ms, crossfade_ms) in [(0, 0), (u16::MAX, MixPlan::CROSSFADE_MS_MAX), (50, 1)] {
                for fallback_to_decks in [false, true] {
                    let (line_in, decks) = (Decibels::from_db(line_in), Decibels::from_db(decks));
                    let plan = MixPlan { line_in, decks, ramp_ms, crossfade_ms, fallback_to_decks };
                    assert_eq!(PlanCell::new(plan).get(), plan);
                }
            }
        }
    }

    #[test]
    fn gains_out_of_range_are_brought_into_it() {
        assert_eq!(Decibels::from_db(40.0), Decibels::MAX);
        assert_eq!(Decibels::from_db(f32::INFINITY), Decibels::MAX);
        assert!(Decibels::from_db(-91.0).is_silence());
        assert!(Decibels::from_db(f32::NAN).is_silence());
        assert_eq!(Decibels::SILENCE.linear(), 0.0);
        assert_eq!(Decibels::UNITY.linear(), 1.0);
        assert!((Decibels::from_db(-6.0).linear() - 0.501_187).abs() < 1e-5);
    }

    #[test]
    fn a_crossfade_no_deck_can_hold_is_shortened() {
        let plan = MixPlan { crossfade_ms: u16::MAX, ..MixPlan::default() };
        assert_eq!(PlanCell::new(plan).get().crossfade_ms, MixPlan::CROSSFADE_MS_MAX);
    }
}
