//! A deck: one track's decoded sound on its way from the decoder's thread to the pump.
//!
//! A single-producer single-consumer ring of frames with an end mark. The decoder's side ([`DeckFeed`]) may wait; the
//! pump's side ([`Deck`]) never does: it pulls what is there and sees whether the track ended or the decoder is
//! behind. Dropping either side ends the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base::CueId;
use rtrb::{Consumer, Producer, RingBuffer};

use crate::pcm::{Frame, SAMPLE_RATE_HZ};

/// Frames a deck holds: 13 s (5 MB). Enough to ride over a slow card's stalls and to know a track's end early enough for
/// the longest crossfade; when it is full the decoder waits.
pub const DECK_FRAMES: usize = 13 * SAMPLE_RATE_HZ as usize;

/// What one [`Deck::pull`] brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// The whole buffer was filled.
    Full,
    /// The track ended after this many frames; the rest of the buffer was left as it was.
    Ended(usize),
    /// The decoder is behind: only this many frames were there; the rest of the buffer was left as it was.
    Behind(usize),
}

/// The pump's side of a track.
#[derive(Debug)]
pub struct Deck {
    cue: CueId,
    ring: Consumer<Frame>,
    finished: Arc<AtomicBool>,
}

/// The decoder's side of a track. Dropping it without [`DeckFeed::finish`] ends the track as well: a decoder that
/// dies mid-track must not leave the pump waiting.
pub struct DeckFeed {
    ring: Producer<Frame>,
    finished: Arc<AtomicBool>,
}

/// Returns the two sides of a new deck for `cue` that holds up to `capacity_frames`.
pub fn pair(cue: CueId, capacity_frames: usize) -> (DeckFeed, Deck) {
    let (producer, consumer) = RingBuffer::new(capacity_frames);
    let finished = Arc::new(AtomicBool::new(false));
    let deck = Deck { cue, ring: consumer, finished: Arc::clone(&finished) };
    (DeckFeed { ring: producer, finished }, deck)
}

impl Deck {
    /// Returns the cue that this deck was opened for.
    pub fn cue(&self) -> CueId {
        self.cue
    }

    /// Frames ready to be pulled.
    pub fn buffered_frames(&self) -> usize {
        self.ring.slots()
    }

    /// Whether the whole rest of the track is in the ring (or has been pulled).
    pub fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    /// Moves frames into `out`, never waiting.
    pub fn pull(&mut self, out: &mut [Frame]) -> Pulled {
        // Read before the ring: frames pushed before the end mark are then certainly visible.
        let finished = self.is_finished();
        let ready = self.ring.slots().min(out.len());
        if let Ok(chunk) = self.ring.read_chunk(ready) {
            let (first, second) = chunk.as_slices();
            out[..first.len()].copy_from_slice(first);
            out[first.len()..ready].copy_from_slice(second);
            chunk.commit_all();
        }
        if ready == out.len() {
            Pulled::Full
        } else if finished {
            Pulled::Ended(ready)
        } else {
            Pulled::Behind(ready)
        }
    }
}

impl DeckFeed {
    /// Whether the pump has dropped its side: decoding further is of no use.
    pub fn is_abandoned(&self) -> bool {
        self.ring.is_abandoned()
    }

    /// Moves as many of `frames` as fit and returns how many that were.
    pub fn push(&mut self, frames: &[Frame]) -> usize {
        let count = self.ring.slots().min(frames.len());
        if let Ok(mut chunk) = self.ring.write_chunk(count) {
            let (first, second) = chunk.as_mut_slices();
            let split = first.len();
            first.copy_from_slice(&frames[..split]);
            second.copy_from_slice(&frames[split..count]);
            chunk.commit_all();
        }
        count
    }

    /// Marks the end of the track: what has been pushed is all there is.
    pub fn finish(self) {
        drop(self);
    }
}

impl Drop for DeckFeed {
    fn drop(&mut self) {
        self.finished.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pcm::SILENCE;

    #[test]
    fn frames_come_out_in_order_and_the_end_is_exact() {
        let (mut feed, mut deck) = pair(CueId(1), 4);
        assert_eq!(feed.push(&[[0.1; 2], [0.2; 2], [0.3; 2]]), 3);
        let mut out = [SILENCE; 2];
        assert_eq!(deck.pull(&mut out), Pulled::Full);
        assert_eq!(out, [[0.1; 2], [0.2; 2]]);
        feed.finish();
        assert_eq!(deck.pull(&mut out), Pulled::Ended(1));
        assert_eq!(out[0], [0.3; 2]);
    }

    #[test]
    fn a_slow_decoder_is_behind_not_ended() {
        let (mut feed, mut deck) = pair(CueId(1), 4);
        feed.push(&[[0.5; 2]]);
        let mut out = [SILENCE; 3];
        assert_eq!(deck.pull(&mut out), Pulled::Behind(1));
    }

    #[test]
    fn a_full_ring_takes_only_what_fits() {
        let (mut feed, _deck) = pair(CueId(1), 2);
        assert_eq!(feed.push(&[SILENCE; 5]), 2);
    }

    #[test]
    fn a_decoder_that_dies_ends_its_track() {
        let (feed, mut deck) = pair(CueId(1), 2);
        drop(feed);
        assert_eq!(deck.pull(&mut [SILENCE; 1]), Pulled::Ended(0));
    }

    #[test]
    fn a_dropped_deck_is_noticed_by_its_decoder() {
        let (feed, deck) = pair(CueId(1), 2);
        drop(deck);
        assert!(feed.is_abandoned());
    }
}
