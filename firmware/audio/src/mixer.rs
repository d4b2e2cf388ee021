//! The mixer: sources and decks become one block, without clicks and without fail.
//!
//! Pure: it is handed sound and plans and returns sound and events. Its inputs cannot fail: a source that is gone is
//! replaced by the decks if the plan says so, else by gentle silence, within the block in which it happens, and comes back
//! by itself. One that is merely late is bridged with gentle silence for [`PATIENCE_MS`] first: a hiccup is no reason to
//! play another song. It does not encode, resample or limit; the limiter comes after it.

mod decks;
mod declick;
mod plan;
mod player;
mod ramp;
mod strip;
#[cfg(test)]
mod tests;

use decks::Decks;
use ramp::{Ramp, Shape};
use strip::{Change, Strip};

pub use decks::CUED_MAX;
pub use plan::{Decibels, MixPlan, PlanWriter, SOURCES_MAX};
pub(crate) use plan::{PlanReader, pair};
pub use strip::PATIENCE_MS;

use base::{CueId, MediaTime};

use crate::deck::Deck;
use crate::meter;
use crate::pcm::{BLOCK_FRAMES, Block, CHANNELS, Frame, SAMPLE_RATE_HZ, SILENCE};

/// Shortest change of any gain in ms: faster ones click.
pub const FADE_MS_MIN: u16 = 5;

/// How long the decks take to replace a dead source, and the other way round, in ms.
const FALLBACK_FADE_MS: u16 = 20;

/// Samples beyond this (+24 dBFS) are no sound any more; they are cut off before they reach a filter's memory.
const SAMPLE_MAX: f32 = 16.0;

/// What happened while mixing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A track's first frame is (or, while its decoder is still behind, will be no earlier than) at this position.
    TrackStarted {
        /// Which opening of it.
        cue: CueId,
        /// Position on the stream's timeline.
        at: MediaTime,
    },
    /// A track's last frame has been played, or it was skipped.
    TrackEnded {
        /// Which opening of it.
        cue: CueId,
        /// How many of its frames were played.
        frames: u64,
    },
    /// A deck ran dry because its decoder is behind.
    Starved {
        /// Which opening of it.
        cue: CueId,
    },
    /// A source stopped delivering.
    SourceLost {
        /// Its place in the list that the pump was given.
        index: usize,
    },
    /// A source delivers, for the first time or again.
    SourceBack {
        /// Its place in the list that the pump was given.
        index: usize,
    },
}

/// What a source brought for one block.
#[derive(Clone, Copy, Debug)]
pub enum FromSource<'a> {
    /// Sound: a block, or less if it breaks off in the middle.
    Sound(&'a [Frame]),
    /// Nothing, though the source is there: it is late, or its buffer is being filled.
    Late,
    /// There is no source.
    Gone,
}

/// Where events and decks that are done with go.
pub trait Outlet {
    /// Publishes what happened.
    fn event(&mut self, event: Event);

    /// Receives a deck that will not be played any further.
    fn retire(&mut self, deck: Deck);
}

/// The mixer of one channel.
pub struct Mixer {
    plan: MixPlan,
    sources: Vec<Strip>,
    deck_gain: Ramp,
    decks: Decks,
    /// Whether the decks stand in for sources.
    standing_in: bool,
    deck: [Frame; BLOCK_FRAMES],
    /// Loses the mix, as a fault would: how tests see that somebody notices.
    #[cfg(test)]
    pub(crate) is_dead: bool,
}

impl Mixer {
    /// Returns a mixer of `sources` sources (at most [`SOURCES_MAX`]), none of which has delivered yet, and of decks, of
    /// which there are none yet. It starts with `plan`.
    pub fn new(plan: MixPlan, sources: usize) -> Self {
        Self {
            plan,
            sources: plan.sources.iter().take(sources).map(|gain| Strip::new(*gain)).collect(),
            deck_gain: Ramp::resting_at(plan.decks.linear()),
            decks: Decks::new(),
            standing_in: false,
            deck: [SILENCE; BLOCK_FRAMES],
            #[cfg(test)]
            is_dead: false,
        }
    }

    /// Cues `deck` behind the current one.
    ///
    /// # Errors
    /// Returns the deck if [`CUED_MAX`] are waiting.
    pub fn cue(&mut self, deck: Deck) -> Result<(), Deck> {
        self.decks.cue(deck)
    }

    /// Retires every cued deck and returns how many those were.
    pub fn clear_next(&mut self, outlet: &mut impl Outlet) -> usize {
        self.decks.clear_next(outlet)
    }

    /// Crossfades to the next track at once; to silence if there is none.
    pub fn skip(&mut self, outlet: &mut impl Outlet) {
        self.decks.skip();
        if self.deck_gain.audible_frames(1) == 0 {
            self.decks.skip_unheard(outlet);
        }
    }

    /// Returns the current track's cue and how many of its frames have been played.
    pub fn position(&self) -> Option<(CueId, u64)> {
        self.decks.position()
    }

    /// Returns whether the source at `index` delivers sound (wanted or not).
    pub fn is_alive(&self, index: usize) -> bool {
        self.sources.get(index).is_some_and(Strip::is_alive)
    }

    /// Returns the largest magnitude that the last block's inputs should have had together with what the plan wants of them:
    /// what must be heard, unless the mix is lost.
    pub fn supplied(&self) -> f32 {
        let decks = meter::peak(&self.deck) * self.deck_gain.target();
        let sources = self.sources.iter().map(|source| meter::peak(source.frames()) * source.gain.target());
        sources.fold(decks, f32::max)
    }

    /// Takes over what waits in `old`, which this mixer replaces; what is being played there ends.
    pub(crate) fn replace(&mut self, old: &mut Self, outlet: &mut impl Outlet) {
        self.decks.replace(&mut old.decks, outlet);
    }

    /// Returns whether the decks are standing in for dead sources.
    pub fn standing_in(&self) -> bool {
        self.standing_in
    }

    /// Mixes the block at `at` into `out`. `from` is what each source brought for it, in their order; one that is missing
    /// at the end is gone.
    pub fn mix(
        &mut self,
        plan: MixPlan,
        at: MediaTime,
        from: &[FromSource<'_>],
        out: &mut Block,
        outlet: &mut impl Outlet,
    ) {
        for (index, source) in self.sources.iter_mut().enumerate() {
            let from = from.get(index).copied().unwrap_or(FromSource::Gone);
            match source.receive(from, self.standing_in) {
                Some(Change::Lost) => outlet.event(Event::SourceLost { index }),
                Some(Change::Back) => outlet.event(Event::SourceBack { index }),
                None => {}
            }
        }
        self.retarget(plan);
        self.fill_decks(at, outlet);
        for (n, frame) in out.frames.iter_mut().enumerate() {
            let gain = self.deck_gain.advance();
            let mut mixed = self.deck[n].map(|sample| sample * gain);
            for source in &mut self.sources {
                let (gain, sound) = (source.gain.advance(), source.frames()[n]);
                mixed = std::array::from_fn::<_, CHANNELS, _>(|c| mixed[c] + sound[c] * gain);
            }
            *frame = mixed;
        }
        #[cfg(test)]
        if self.is_dead {
            out.frames.fill(SILENCE);
        }
    }

    /// Plays the decks as far as they can be heard.
    fn fill_decks(&mut self, at: MediaTime, outlet: &mut impl Outlet) {
        let audible = self.deck_gain.audible_frames(BLOCK_FRAMES);
        if audible > 0 {
            let crossfade_frames = frames_of_ms(self.plan.crossfade_ms);
            self.decks.fill(&mut self.deck[..audible], at, crossfade_frames, outlet);
        } else {
            self.decks.skip_unheard(outlet);
        }
        self.deck[audible..].fill(SILENCE);
    }

    /// Sends the gains where the plan and the states of the sources want them.
    fn retarget(&mut self, plan: MixPlan) {
        let planned = plan != self.plan;
        self.plan = plan;
        let stood_in = self.standing_in;
        let wanted = || {
            let all = plan.sources.iter().zip(&self.sources).zip(plan.over);
            all.filter(|((gain, _), is_over)| !gain.is_silence() && !is_over).map(|(source, _)| source)
        };
        let is_missed = wanted().next().is_some() && !wanted().any(|(_, source)| source.is_alive());
        self.standing_in = plan.fallback_to_decks && is_missed && self.decks.is_loaded();
        let fade_ms =
            if stood_in == self.standing_in || planned { plan.ramp_ms.max(FADE_MS_MIN) } else { FALLBACK_FADE_MS };
        let loudest = wanted().map(|(gain, _)| *gain).max().unwrap_or(Decibels::SILENCE);
        let decks = if self.standing_in { plan.decks.max(loudest) } else { plan.decks };
        self.ramp_to(&plan.sources.map(Decibels::linear), decks.linear(), frames_of_ms(fade_ms));
    }

    /// Starts the ramps of gains that are to change. Those that change places do so at equal power.
    fn ramp_to(&mut self, sources: &[f32; SOURCES_MAX], decks: f32, frames: u32) {
        let targets = self.sources.iter().map(|source| source.gain.target()).zip(sources);
        let (mut rises, mut falls) = (decks > self.deck_gain.target(), decks < self.deck_gain.target());
        for (from, to) in targets {
            rises |= *to > from;
            falls |= *to < from;
        }
        let shape = if rises && falls { Shape::EqualPower } else { Shape::Smooth };
        let ramps = self.sources.iter_mut().map(|source| &mut source.gain).zip(sources);
        for (ramp, to) in ramps.chain([(&mut self.deck_gain, &decks)]) {
            if *to != ramp.target() {
                ramp.go(*to, frames, shape);
            }
        }
    }
}

/// Frames in `ms` milliseconds.
fn frames_of_ms(ms: u16) -> u32 {
    u32::from(ms) * (SAMPLE_RATE_HZ / 1_000)
}

/// Replaces what is no number by silence and cuts off what is no sound.
fn sanitize(frames: &mut [Frame]) {
    for sample in frames.as_flattened_mut() {
        *sample = if sample.is_finite() { sample.clamp(-SAMPLE_MAX, SAMPLE_MAX) } else { 0.0 };
    }
}
