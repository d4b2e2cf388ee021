//! One input of the mixer, as a desk's channel strip: whether its source is alive, its gain and its edges.
//!
//! The same rules for every source, whatever it is. What takes the place of a dead one is decided in the mixer.

use super::declick::Declick;
use super::ramp::Ramp;
use super::{Decibels, FromSource, sanitize};
use crate::pcm::{BLOCK_FRAMES, Frame, SAMPLE_RATE_HZ, SILENCE};

/// How long a source that is there may deliver nothing before it counts as dead, in ms: longer than a hiccup of a busy
/// machine with a refill of the buffer after it, shorter than what sounds like a broken cable.
pub const PATIENCE_MS: u32 = 100;

/// [`PATIENCE_MS`] in blocks.
pub(super) const PATIENCE_BLOCKS: u32 = PATIENCE_MS * (SAMPLE_RATE_HZ / 1_000) / BLOCK_FRAMES as u32;

/// Whole blocks a source must deliver in a row before it takes over from the decks that stand in for it: 100 ms, so that a
/// loose plug does not flap.
const RETURN_BLOCKS: u32 = 10;

/// A change in whether a source is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Lost,
    Back,
}

/// The state of one input.
pub(super) struct Strip {
    pub(super) gain: Ramp,
    edge: Declick,
    is_alive: bool,
    good_blocks: u32,
    /// Blocks in a row that the source, still counted as alive, was late for.
    late_blocks: u32,
    frames: [Frame; BLOCK_FRAMES],
}

impl Strip {
    /// Returns the strip of a source that has not delivered yet, at `gain`.
    pub(super) fn new(gain: Decibels) -> Self {
        Self {
            gain: Ramp::resting_at(gain.linear()),
            edge: Declick::new(),
            is_alive: false,
            good_blocks: 0,
            late_blocks: 0,
            frames: [SILENCE; BLOCK_FRAMES],
        }
    }

    /// Returns whether the source delivers (wanted or not), or is forgiven for being late.
    pub(super) fn is_alive(&self) -> bool {
        self.is_alive
    }

    /// Returns the block as it is to be heard, before its gain.
    pub(super) fn frames(&self) -> &[Frame; BLOCK_FRAMES] {
        &self.frames
    }

    /// Copies what the source delivered, smooths its edges, and returns its death or return. `has_stand_in`: decks play in
    /// its place.
    pub(super) fn receive(&mut self, from: FromSource<'_>, has_stand_in: bool) -> Option<Change> {
        let sound = if let FromSource::Sound(frames) = from { frames } else { &[] };
        let mut delivered = sound.len().min(BLOCK_FRAMES);
        self.frames[..delivered].copy_from_slice(&sound[..delivered]);
        sanitize(&mut self.frames[..delivered]);
        let was_alive = self.is_alive;
        let change = self.judge(from, delivered == BLOCK_FRAMES, has_stand_in);
        if !self.is_alive && !was_alive {
            // Scraps of a source that is not back yet: better none than a stutter.
            delivered = 0;
        }
        self.edge.patch(&mut self.frames, delivered);
        change
    }

    fn judge(&mut self, from: FromSource<'_>, is_whole: bool, has_stand_in: bool) -> Option<Change> {
        if is_whole {
            self.late_blocks = 0;
            self.good_blocks = self.good_blocks.saturating_add(1);
            let is_back = !self.is_alive && (!has_stand_in || self.good_blocks >= RETURN_BLOCKS);
            self.is_alive |= is_back;
            return is_back.then_some(Change::Back);
        }
        self.good_blocks = 0;
        self.late_blocks = self.late_blocks.saturating_add(1);
        let is_dead = matches!(from, FromSource::Gone) || self.late_blocks >= PATIENCE_BLOCKS;
        (is_dead && std::mem::take(&mut self.is_alive)).then_some(Change::Lost)
    }
}
