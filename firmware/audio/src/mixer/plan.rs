//! What the mixer is asked to do: one small `Copy` value, the latest of which wins.
//!
//! It holds wishes only; how they are faded in is the mixer's business. It travels through a triple buffer: publishing and
//! reading are wait-free, and however many plans nobody has read, the newest is read next.

use triple_buffer::{Input, Output, triple_buffer};

use crate::deck::DECK_FRAMES;
use crate::pcm::SAMPLE_RATE_HZ;

/// Sources a channel can have beside its decks: line-in, a voice over the rest, and four senders that play together.
pub const SOURCES_MAX: usize = 6;

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
    /// Gains of the sources, in the order in which the pump was given them; those it was not given are of no effect.
    pub sources: [Decibels; SOURCES_MAX],
    /// Which sources are heard over the rest, as a voice is: nothing stands in for them, and they stand in for nothing.
    pub over: [bool; SOURCES_MAX],
    /// Gain of the decks. Silence is pause: once faded out, decks keep their position.
    pub decks: Decibels,
    /// How long a change of gain takes, in ms: 0 to 65 535. Never shorter than [`super::FADE_MS_MIN`].
    pub ramp_ms: u16,
    /// How long consecutive tracks overlap, in ms: 0 (gapless) to [`MixPlan::CROSSFADE_MS_MAX`].
    pub crossfade_ms: u16,
    /// Whether decks take the place of sources if some are wanted but none of these delivers.
    pub fallback_to_decks: bool,
}

impl Default for MixPlan {
    /// The decks play, gaplessly; every source is silent.
    fn default() -> Self {
        Self {
            sources: [Decibels::SILENCE; SOURCES_MAX],
            over: [false; SOURCES_MAX],
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

    /// Returns this plan with the gain of the source at `index` (below [`SOURCES_MAX`]) replaced.
    pub const fn with_source(mut self, index: usize, gain: Decibels) -> Self {
        self.sources[index] = gain;
        self
    }

    /// Returns this plan with the source at `index` (below [`SOURCES_MAX`]) heard over the rest.
    pub const fn with_over(mut self, index: usize) -> Self {
        self.over[index] = true;
        self
    }

    /// Returns this plan without what no deck can do.
    fn limited(self) -> Self {
        Self { crossfade_ms: self.crossfade_ms.min(Self::CROSSFADE_MS_MAX), ..self }
    }
}

/// The one end at which a channel's plan is replaced. Not `Clone`: two who publish plans would undo each other's.
#[derive(Debug)]
pub struct PlanWriter {
    input: Input<MixPlan>,
    latest: MixPlan,
}

/// The mixer's end.
#[derive(Debug)]
pub(crate) struct PlanReader(Output<MixPlan>);

/// Returns both ends of a channel's plan, which starts as `plan`.
pub(crate) fn pair(plan: MixPlan) -> (PlanWriter, PlanReader) {
    let latest = plan.limited();
    let (input, output) = triple_buffer(&latest);
    (PlanWriter { input, latest }, PlanReader(output))
}

impl PlanWriter {
    /// Publishes a plan; it holds from the next block on. A crossfade longer than [`MixPlan::CROSSFADE_MS_MAX`] becomes
    /// that.
    pub fn publish(&mut self, plan: MixPlan) {
        self.latest = plan.limited();
        self.input.write(self.latest);
    }

    /// Returns the plan published last.
    pub fn latest(&self) -> MixPlan {
        self.latest
    }
}

impl PlanReader {
    /// Returns the plan published last.
    pub(crate) fn read(&mut self) -> MixPlan {
        *self.0.read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_plan_is_read_however_many_were_not() {
        let (mut writer, mut reader) = pair(MixPlan::default());
        assert_eq!(reader.read(), MixPlan::default());
        for ramp_ms in 0..1_000 {
            writer.publish(MixPlan { ramp_ms, ..MixPlan::default() });
        }
        assert_eq!((reader.read().ramp_ms, reader.read()), (999, writer.latest()));
    }

    #[test]
    fn a_plan_is_never_read_in_halves() {
        let plan = |n: u16| MixPlan { ramp_ms: n, crossfade_ms: n, ..MixPlan::default() };
        let (mut writer, mut reader) = pair(plan(0));
        let publisher = std::thread::spawn(move || (1..=10_000).for_each(|n| writer.publish(plan(n))));
        let mut last = 0;
        while last < 10_000 {
            let MixPlan { ramp_ms, crossfade_ms, .. } = reader.read();
            assert_eq!(ramp_ms, crossfade_ms);
            assert!(ramp_ms >= last, "{ramp_ms} after {last}");
            last = ramp_ms;
        }
        publisher.join().unwrap();
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
        let (mut writer, mut reader) = pair(plan);
        assert_eq!(reader.read().crossfade_ms, MixPlan::CROSSFADE_MS_MAX);
        writer.publish(plan);
        assert_eq!(reader.read().crossfade_ms, MixPlan::CROSSFADE_MS_MAX);
    }
}
