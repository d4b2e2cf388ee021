//! What follows what: the current deck, those cued after it, and the crossfade between two.
//!
//! Without a crossfade one track follows the other to the frame. Nothing here waits for a decoder: a deck that is
//! behind is bridged with a fading tail. Gains against other sources are not decided here.

use std::collections::VecDeque;

use base::{CueId, MediaTime};

use super::declick::Declick;
use super::player::Player;
use super::ramp::{Ramp, Shape};
use super::{Event, Outlet};
use crate::deck::{Deck, Pulled};
use crate::pcm::{BLOCK_FRAMES, Frame, SILENCE};

/// Decks that may wait behind the current one. More are refused.
pub const CUED_MAX: usize = 2;

/// Shortest fade of a skip: 20 ms, too short to be heard as a fade and too long to click.
const SKIP_FADE_FRAMES: u32 = 960;

/// A crossfade is not started with less than this left (5 ms): the tracks are joined gaplessly instead.
const CROSSFADE_FRAMES_MIN: usize = 240;

/// The track being faded out.
struct Outgoing {
    player: Player,
    fade_out: Ramp,
    fade_in: Ramp,
    frames_left: usize,
}

/// The decks of one channel.
pub(crate) struct Decks {
    current: Option<Player>,
    outgoing: Option<Outgoing>,
    cued: VecDeque<Deck>,
    edge: Declick,
    skip_wanted: bool,
    scratch: [Frame; BLOCK_FRAMES],
}

impl Decks {
    pub(crate) fn new() -> Self {
        Self {
            current: None,
            outgoing: None,
            cued: VecDeque::with_capacity(CUED_MAX),
            edge: Declick::new(),
            skip_wanted: false,
            scratch: [SILENCE; BLOCK_FRAMES],
        }
    }

    /// Puts `deck` behind those already cued, or hands it back if [`CUED_MAX`] are waiting.
    pub(crate) fn cue(&mut self, deck: Deck) -> Result<(), Deck> {
        if self.cued.len() >= CUED_MAX {
            return Err(deck);
        }
        self.cued.push_back(deck);
        Ok(())
    }

    /// Takes over what is cued in `old`, and ends what plays there.
    pub(crate) fn replace(&mut self, old: &mut Self, outlet: &mut impl Outlet) {
        old.drop_outgoing(outlet);
        old.end_current(outlet);
        std::mem::swap(&mut self.cued, &mut old.cued);
    }

    /// Retires everything cued and returns how many decks that was.
    pub(crate) fn clear_next(&mut self, outlet: &mut impl Outlet) -> usize {
        let count = self.cued.len();
        for deck in self.cued.drain(..) {
            outlet.retire(deck);
        }
        count
    }

    /// Goes to the next track, or to silence if there is none, with the next [`Decks::fill`].
    pub(crate) fn skip(&mut self) {
        self.skip_wanted = true;
    }

    /// Skips without a fade, for decks nobody hears.
    pub(crate) fn skip_unheard(&mut self, outlet: &mut impl Outlet) {
        if std::mem::take(&mut self.skip_wanted) {
            self.drop_outgoing(outlet);
            self.end_current(outlet);
        }
    }

    /// Whether anything is loaded, playing or waiting.
    pub(crate) fn is_loaded(&self) -> bool {
        self.current.is_some() || self.outgoing.is_some() || !self.cued.is_empty()
    }

    /// Returns the current track's cue and how many of its frames have been played.
    pub(crate) fn position(&self) -> Option<(CueId, u64)> {
        self.current.as_ref().map(|player| (player.cue(), player.position()))
    }

    /// Fills `out`, whose first frame is at `at`, with the decks' sound; silence where there is none.
    pub(crate) fn fill(&mut self, out: &mut [Frame], at: MediaTime, crossfade_frames: u32, outlet: &mut impl Outlet) {
        debug_assert!(out.len() <= BLOCK_FRAMES);
        if std::mem::take(&mut self.skip_wanted) {
            self.begin_skip(crossfade_frames, at, outlet);
        }
        let mut filled = 0;
        while filled < out.len() {
            let now = at + filled as u64;
            if self.current.is_none() && self.outgoing.is_none() && !self.promote(now, outlet) {
                break;
            }
            let room = self.segment_frames(out.len() - filled, crossfade_frames as usize, now, outlet);
            let faded = self.outgoing.is_some();
            let segment = &mut out[filled..filled + room];
            let played = self.segment(segment, outlet);
            filled += played;
            self.edge.patch(&mut segment[..played], played);
            if self.current.is_none() && self.outgoing.is_none() && faded {
                self.edge.silenced();
            } else if played < room && self.outgoing.is_some() {
                // A track shorter than the fade into it ended at less than its full gain: no edge to keep.
                self.edge.cut();
            }
        }
        self.edge.patch(&mut out[filled..], 0);
    }

    /// How many frames can be played in one go; starts a crossfade that is due.
    fn segment_frames(&mut self, room: usize, crossfade: usize, now: MediaTime, outlet: &mut impl Outlet) -> usize {
        if let Some(outgoing) = &self.outgoing {
            return room.min(outgoing.frames_left);
        }
        let Some(remaining) = self.current.as_ref().and_then(Player::remaining) else { return room };
        let next_ready = self.cued.front().is_some_and(|deck| deck.buffered_frames() > 0);
        if crossfade < CROSSFADE_FRAMES_MIN || !next_ready || remaining < CROSSFADE_FRAMES_MIN {
            room
        } else if remaining > crossfade {
            room.min(remaining - crossfade)
        } else {
            self.begin_fade(remaining, now, outlet);
            room.min(remaining)
        }
    }

    /// Plays `out` or as much of it as the current track holds, and returns how much that was.
    fn segment(&mut self, out: &mut [Frame], outlet: &mut impl Outlet) -> usize {
        let played = match &mut self.current {
            Some(player) => match player.pull(out, outlet) {
                Pulled::Full | Pulled::Behind(_) => out.len(),
                Pulled::Ended(count) => {
                    self.end_current(outlet);
                    count
                }
            },
            None if self.outgoing.is_some() => {
                out.fill(SILENCE);
                out.len()
            }
            None => 0,
        };
        self.add_outgoing(&mut out[..played], outlet);
        played
    }

    /// Fades the outgoing track out over `out`, and what is there already in.
    fn add_outgoing(&mut self, out: &mut [Frame], outlet: &mut impl Outlet) {
        let Some(outgoing) = &mut self.outgoing else { return };
        let tail = &mut self.scratch[..out.len()];
        outgoing.player.pull_padded(tail, outlet);
        for (frame, old) in out.iter_mut().zip(tail) {
            let (gain_in, gain_out) = (outgoing.fade_in.advance(), outgoing.fade_out.advance());
            *frame = std::array::from_fn(|c| frame[c] * gain_in + old[c] * gain_out);
        }
        outgoing.frames_left = outgoing.frames_left.saturating_sub(out.len());
        if outgoing.frames_left == 0 {
            self.drop_outgoing(outlet);
        }
    }

    fn begin_skip(&mut self, crossfade_frames: u32, now: MediaTime, outlet: &mut impl Outlet) {
        if self.outgoing.is_some() {
            // Two tracks are fading already; a third would need another player. The cut is smoothed instead.
            self.drop_outgoing(outlet);
            self.edge.cut();
        }
        match self.current.as_ref().map(Player::remaining) {
            Some(remaining) => {
                let wanted = crossfade_frames.max(SKIP_FADE_FRAMES) as usize;
                self.begin_fade(remaining.unwrap_or(wanted).clamp(1, wanted), now, outlet);
            }
            None => _ = self.promote(now, outlet),
        }
    }

    /// The current track becomes the outgoing one for `frames` frames.
    fn begin_fade(&mut self, frames: usize, now: MediaTime, outlet: &mut impl Outlet) {
        let Some(player) = self.current.take() else { return };
        let (mut fade_in, mut fade_out) = (Ramp::resting_at(0.0), Ramp::resting_at(1.0));
        fade_in.go(1.0, frames as u32, Shape::EqualPower);
        fade_out.go(0.0, frames as u32, Shape::EqualPower);
        self.outgoing = Some(Outgoing { player, fade_out, fade_in, frames_left: frames });
        self.promote(now, outlet);
    }

    /// Makes the first cued deck the current one.
    fn promote(&mut self, now: MediaTime, outlet: &mut impl Outlet) -> bool {
        let Some(deck) = self.cued.pop_front() else { return false };
        outlet.event(Event::TrackStarted { cue: deck.cue(), at: now });
        self.current = Some(Player::new(deck));
        true
    }

    fn end_current(&mut self, outlet: &mut impl Outlet) {
        if let Some(player) = self.current.take() {
            outlet.event(Event::TrackEnded { cue: player.cue(), frames: player.position() });
            outlet.retire(player.into_deck());
        }
    }

    fn drop_outgoing(&mut self, outlet: &mut impl Outlet) {
        if let Some(Outgoing { player, .. }) = self.outgoing.take() {
            outlet.event(Event::TrackEnded { cue: player.cue(), frames: player.position() });
            outlet.retire(player.into_deck());
        }
    }
}
