//! What guests say of what is heard: hearts for the song, reactions for the room, and how often each song was wanted.
//!
//! A heart belongs to the song that plays: whoever voted for it while it waited has given one. A reaction belongs to nobody:
//! only how many there were of each kind is kept, and when a guest may send the next.

use std::collections::BTreeMap;

use base::{GuestId, Time, TrackId};

use super::Party;
use super::wishes::{GUESTS_MAX, Granted};
use crate::queue::By;
use crate::reaction::Reaction;
use crate::wish::{Done, Refused};

/// Shortest time between two reactions of one guest, ms.
pub const REACTION_PAUSE_MS: u64 = 1_000;

/// Songs whose wishes are counted, more than a long night has. The one wanted least is forgotten for another.
const WISHED_MAX: usize = 500;

/// Songs shown as those wanted most.
const WISHED_SHOWN: usize = 20;

/// What is remembered of reactions and wishes.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Applause {
    /// How many there were of each kind at this party.
    reactions: BTreeMap<Reaction, u32>,
    /// When these guests reacted last; who did so longer ago than the pause is left out.
    reacted: BTreeMap<GuestId, Time>,
    /// How often each song was asked for, voted for or loved, less what was taken back.
    wished: BTreeMap<TrackId, u32>,
}

impl Applause {
    /// Forgets all of it: the party is over.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Forgets one guest.
    pub(super) fn forget(&mut self, guest: GuestId) {
        self.reacted.remove(&guest);
    }

    /// A guest wants the song, or no longer.
    pub(super) fn wish(&mut self, track: TrackId, on: bool) {
        // What a guest has brought is no song that others could wish for.
        if track.is_brought() {
            return;
        }
        if !on {
            if let Some(count) = self.wished.get_mut(&track) {
                *count -= 1;
                if *count == 0 {
                    self.wished.remove(&track);
                }
            }
            return;
        }
        if self.wished.len() >= WISHED_MAX && !self.wished.contains_key(&track) {
            let least = self.wished.iter().min_by_key(|(_, count)| **count).map(|(track, _)| *track);
            least.into_iter().for_each(|least| _ = self.wished.remove(&least));
        }
        let count = self.wished.entry(track).or_default();
        *count = count.saturating_add(1);
    }
}

impl Party {
    /// Returns how many hearts what is heard has.
    pub fn hearts(&self) -> u32 {
        self.now().map_or(0, |now| now.hearts())
    }

    /// Returns who loves what is heard, as far as they are known.
    pub fn loved_by(&self) -> impl Iterator<Item = GuestId> {
        self.now().into_iter().flat_map(|now| now.loved_by.iter().copied())
    }

    /// Returns how many reactions of each kind there were.
    pub fn reactions(&self) -> BTreeMap<Reaction, u32> {
        self.applause.reactions.clone()
    }

    /// Returns the songs that were wanted most at this party, and how often: the most first, then by number.
    pub fn wished(&self) -> Vec<(TrackId, u32)> {
        let mut wished: Vec<(TrackId, u32)> = self.applause.wished.iter().map(|(track, n)| (*track, *n)).collect();
        wished.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        wished.truncate(WISHED_SHOWN);
        wished
    }

    /// A guest loves what is heard, or no longer.
    pub(super) fn love(&mut self, guest: GuestId, on: bool) -> Granted {
        let Some(now) = self.now_mut() else { return Err(Refused::NothingPlays) };
        if now.item.as_ref().is_some_and(|item| item.by == By::Guest(guest)) {
            return Err(Refused::OwnItem);
        }
        let track = now.track;
        let changed = match on {
            true if now.loved_by.len() >= GUESTS_MAX => return Err(Refused::TooManyGuests),
            true => now.loved_by.insert(guest),
            false => now.loved_by.remove(&guest),
        };
        if changed {
            self.applause.wish(track, on);
        }
        Ok((Done::Plainly, Vec::new()))
    }

    /// A guest reacts to what is heard.
    pub(super) fn react(&mut self, guest: GuestId, reaction: Reaction, now: Time) -> Granted {
        if !self.settings.reactions {
            return Err(Refused::ReactionsOff);
        }
        if !self.playing {
            return Err(Refused::NothingPlays);
        }
        let reacted = &mut self.applause.reacted;
        reacted.retain(|_, at| now < at.plus_millis(REACTION_PAUSE_MS));
        if reacted.contains_key(&guest) {
            return Err(Refused::ReactedJustNow);
        }
        if reacted.len() >= GUESTS_MAX {
            return Err(Refused::TooManyGuests);
        }
        reacted.insert(guest, now);
        let count = self.applause.reactions.entry(reaction).or_default();
        *count = count.saturating_add(1);
        Ok((Done::Plainly, Vec::new()))
    }
}
