//! One deck as the mixer plays it: its position, its holes and the sanity of its samples.
//!
//! It knows nothing of other decks; what follows what is decided in [`super::decks`].

use base::CueId;

use super::declick::Declick;
use super::{Event, Outlet, sanitize};
use crate::deck::{Deck, Pulled};
use crate::pcm::{Frame, SILENCE};

/// A deck that is being played.
pub(crate) struct Player {
    deck: Deck,
    declick: Declick,
    position: u64,
    starving: bool,
}

impl Player {
    /// Starts `deck`; its first frame is heard exactly as decoded.
    pub(crate) fn new(deck: Deck) -> Self {
        Self { deck, declick: Declick::exact(), position: 0, starving: false }
    }

    /// Returns the cue being played.
    pub(crate) fn cue(&self) -> CueId {
        self.deck.cue()
    }

    /// Frames of the track that have been pulled.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Frames to the end of the track, once that is known.
    pub(crate) fn remaining(&self) -> Option<usize> {
        // The end mark first: the frames pushed before it are then certainly counted.
        self.deck.is_finished().then(|| self.deck.buffered_frames())
    }

    /// Pulls as much of `out` as there is. Returns how many frames belong to the track; `Behind` means that the rest
    /// was bridged with a fading tail, `Ended` that the rest is untouched.
    pub(crate) fn pull(&mut self, out: &mut [Frame], outlet: &mut impl Outlet) -> Pulled {
        let pulled = self.deck.pull(out);
        let count = match pulled {
            Pulled::Full => out.len(),
            Pulled::Ended(count) | Pulled::Behind(count) => count,
        };
        sanitize(&mut out[..count]);
        match pulled {
            Pulled::Behind(_) if self.position + count as u64 == 0 => out.fill(SILENCE),
            Pulled::Behind(_) => {
                self.declick.patch(out, count);
                if !self.starving {
                    outlet.event(Event::Starved { cue: self.deck.cue() });
                }
                self.starving = true;
            }
            Pulled::Full | Pulled::Ended(_) => {
                self.declick.patch(&mut out[..count], count);
                self.starving = self.starving && count == 0;
            }
        }
        self.position += count as u64;
        pulled
    }

    /// Pulls `out`; what the track no longer holds is a fading tail.
    pub(crate) fn pull_padded(&mut self, out: &mut [Frame], outlet: &mut impl Outlet) {
        if let Pulled::Ended(count) = self.pull(out, outlet) {
            self.declick.patch(&mut out[count..], 0);
        }
    }

    /// Hands the deck back: whoever drops it is not the pump.
    pub(crate) fn into_deck(self) -> Deck {
        self.deck
    }
}
