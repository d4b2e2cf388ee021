//! The way into a channel for sound that comes by itself: one seam for line-in, a phone, a pipe or another box.
//!
//! A source fails without an error: it says that it has nothing, and the mixer's rules do the rest. Decks are no such
//! source: they are played to the frame and wait while they are not heard.

use std::sync::Arc;

use base::Time;

use crate::line::status::LineStatus;
use crate::pcm::{BLOCK_FRAMES, Frame};

/// What one [`Source::pull`] delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Sound: this many frames from the start of the block, all 480 of them unless the sound breaks off in the middle.
    Sound(usize),
    /// Nothing, though the source is there: it is late, or its buffer is being filled.
    Late,
    /// Nothing, because there is no source: no device, no call.
    Gone,
}

/// A source of sound at 48 kHz that delivers a block whenever asked, or says that it has none.
pub trait Source: Send {
    /// Fills `out` with the block due at `scheduled`. Frames beyond those delivered are undefined.
    ///
    /// Called from the pump's thread for every block, whether the source is heard or not, so that nothing piles up: must
    /// return at once and never wait, lock, allocate or log. Fitting the source's clock to the box's is its own business.
    fn pull(&mut self, scheduled: Time, out: &mut [Frame; BLOCK_FRAMES]) -> Delivery;

    /// Returns what the source counts for [`crate::status::Status`] if it is line-in.
    fn line_status(&self) -> Option<Arc<LineStatus>> {
        None
    }
}

/// The source that there is not: keeps its place in a pump's list where nothing is set up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Absent;

impl Source for Absent {
    fn pull(&mut self, _: Time, _: &mut [Frame; BLOCK_FRAMES]) -> Delivery {
        Delivery::Gone
    }
}
