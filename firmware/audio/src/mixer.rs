//! The mixer: line-in and decks become one block, without clicks and without fail.
//!
//! Pure: it is handed sound and plans and returns sound and events. Its inputs cannot fail: a line-in whose device is
//! gone is replaced by the decks if the plan says so, else by gentle silence, within the block in which it happens, and
//! comes back by itself. One that is merely late is bridged with gentle silence for [`LINE_PATIENCE_MS`] first: a hiccup
//! is no reason to play another song. It does not encode, resample or limit; the limiter comes after it.

mod decks;
mod declick;
mod plan;
mod player;
mod ramp;
#[cfg(test)]
mod tests;

use decks::Decks;
use declick::Declick;
use ramp::{Ramp, Shape};

pub use decks::CUED_MAX;
pub use plan::{Decibels, MixPlan, PlanCell};

use base::{CueId, MediaTime};

use crate::deck::Deck;
use crate::pcm::{BLOCK_FRAMES, Block, CHANNELS, Frame, SAMPLE_RATE_HZ, SILENCE};

/// Shortest change of any gain in ms: faster ones click.
pub const FADE_MS_MIN: u16 = 5;

/// How long the decks take to replace a dead line-in, and the other way round, in ms.
const FALLBACK_FADE_MS: u16 = 20;

/// How long a line-in whose device is there may deliver nothing before it counts as dead, in ms: longer than a hiccup of
/// a busy machine with a refill of the buffer after it, shorter than what one takes for a broken cable.
pub const LINE_PATIENCE_MS: u32 = 100;

/// [`LINE_PATIENCE_MS`] in blocks.
const LINE_PATIENCE_BLOCKS: u32 = LINE_PATIENCE_MS * (SAMPLE_RATE_HZ / 1_000) / BLOCK_FRAMES as u32;

/// Whole blocks a line-in must deliver in a row before it takes over from the decks again: 100 ms, so that a loose
/// plug does not flap.
const RETURN_BLOCKS: u32 = 10;

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
    /// Line-in stopped delivering.
    LineLost,
    /// Line-in delivers again.
    LineBack,
}

/// What line-in brought for one block.
#[derive(Clone, Copy, Debug)]
pub enum FromLine<'a> {
    /// Sound: a block, or less if it breaks off in the middle.
    Sound(&'a [Frame]),
    /// Nothing, though the device is there: it is late, or its buffer is being filled.
    Late,
    /// There is no device.
    Gone,
}

/// Where events and decks that are done with go.
pub trait Outlet {
    /// Tells what happened.
    fn event(&mut self, event: Event);

    /// Takes a deck that will not be played any further.
    fn retire(&mut self, deck: Deck);
}

/// The mixer of one channel.
pub struct Mixer {
    plan: MixPlan,
    line_gain: Ramp,
    deck_gain: Ramp,
    decks: Decks,
    line_edge: Declick,
    line_alive: bool,
    /// Whether the decks stand in for line-in.
    standing_in: bool,
    good_blocks: u32,
    /// Blocks in a row that line-in, still taken for alive, was late for.
    late_blocks: u32,
    line: [Frame; BLOCK_FRAMES],
    deck: [Frame; BLOCK_FRAMES],
}

impl Mixer {
    /// A mixer that starts with `plan`, without a line-in and without decks.
    pub fn new(plan: MixPlan) -> Self {
        Self {
            plan,
            line_gain: Ramp::resting_at(plan.line_in.linear()),
            deck_gain: Ramp::resting_at(plan.decks.linear()),
            decks: Decks::new(),
            line_edge: Declick::new(),
            line_alive: false,
            standing_in: false,
            good_blocks: 0,
            late_blocks: 0,
            line: [SILENCE; BLOCK_FRAMES],
            deck: [SILENCE; BLOCK_FRAMES],
        }
    }

    /// Cues `deck` behind the current one, or hands it back if [`CUED_MAX`] are waiting.
    pub fn cue(&mut self, deck: Deck) -> Result<(), Deck> {
        self.decks.cue(deck)
    }

    /// Takes back every cued deck and returns how many those were.
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

    /// Whether line-in delivers sound (wanted or not).
    pub fn line_alive(&self) -> bool {
        self.line_alive
    }

    /// Whether the decks are standing in for a dead line-in.
    pub fn standing_in(&self) -> bool {
        self.standing_in
    }

    /// Mixes the block at `at` into `out`. `line` is what line-in brought for it.
    pub fn mix(&mut self, plan: MixPlan, at: MediaTime, line: FromLine<'_>, out: &mut Block, outlet: &mut impl Outlet) {
        self.take_line(line, outlet);
        self.retarget(plan);
        let audible = self.deck_gain.audible_frames(BLOCK_FRAMES);
        if audible > 0 {
            let crossfade_frames = frames_of_ms(plan.crossfade_ms);
            self.decks.fill(&mut self.deck[..audible], at, crossfade_frames, outlet);
        } else {
            self.decks.skip_unheard(outlet);
        }
        self.deck[audible..].fill(SILENCE);
        for ((frame, line), deck) in out.frames.iter_mut().zip(&self.line).zip(&self.deck) {
            let (line_gain, deck_gain) = (self.line_gain.advance(), self.deck_gain.advance());
            *frame = std::array::from_fn::<_, CHANNELS, _>(|c| line[c] * line_gain + deck[c] * deck_gain);
        }
    }

    /// Copies what line-in delivered, smooths its edges and notices its death and return.
    fn take_line(&mut self, from: FromLine<'_>, outlet: &mut impl Outlet) {
        let line = if let FromLine::Sound(frames) = from { frames } else { &[] };
        let mut delivered = line.len().min(BLOCK_FRAMES);
        self.line[..delivered].copy_from_slice(&line[..delivered]);
        sanitize(&mut self.line[..delivered]);
        let was_alive = self.line_alive;
        if delivered < BLOCK_FRAMES {
            self.good_blocks = 0;
            self.late_blocks = self.late_blocks.saturating_add(1);
            let dead = matches!(from, FromLine::Gone) || self.late_blocks >= LINE_PATIENCE_BLOCKS;
            if dead && std::mem::take(&mut self.line_alive) {
                outlet.event(Event::LineLost);
            }
        } else {
            self.late_blocks = 0;
            self.good_blocks = self.good_blocks.saturating_add(1);
            if !self.line_alive && (!self.standing_in || self.good_blocks >= RETURN_BLOCKS) {
                self.line_alive = true;
                outlet.event(Event::LineBack);
            }
        }
        if !self.line_alive && !was_alive {
            // Scraps of a line-in that is not back yet: better none than a stutter.
            delivered = 0;
        }
        self.line_edge.patch(&mut self.line, delivered);
    }

    /// Sends the gains where the plan and the state of line-in want them.
    fn retarget(&mut self, plan: MixPlan) {
        let planned = plan != self.plan;
        self.plan = plan;
        let stood_in = self.standing_in;
        let wanted = plan.fallback_to_decks && !plan.line_in.is_silence();
        self.standing_in = wanted && !self.line_alive && self.decks.is_loaded();
        let fade_ms =
            if stood_in == self.standing_in || planned { plan.ramp_ms.max(FADE_MS_MIN) } else { FALLBACK_FADE_MS };
        let decks = if self.standing_in { plan.decks.max(plan.line_in) } else { plan.decks };
        let (to_line, to_decks) = (plan.line_in.linear(), decks.linear());
        let (from_line, from_decks) = (self.line_gain.target(), self.deck_gain.target());
        let change_places = (to_line - from_line) * (to_decks - from_decks) < 0.0;
        let shape = if change_places { Shape::EqualPower } else { Shape::Smooth };
        if to_line != from_line {
            self.line_gain.go(to_line, frames_of_ms(fade_ms), shape);
        }
        if to_decks != from_decks {
            self.deck_gain.go(to_decks, frames_of_ms(fade_ms), shape);
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
