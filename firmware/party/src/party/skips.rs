//! Votes to skip: whose count, how many are enough, and when there is a pause.
//!
//! Only who hears the channel has a say, because only they are rid of a song by it; how many hear it is told to the
//! party ([`Audience`]) and not asked. A vote stays when its guest loses the sound for a moment, and counts again when
//! they hear again. What hosts skip is not decided here.

use std::collections::{BTreeMap, BTreeSet};

use base::{GuestId, Time};

use super::wishes::{GUESTS_MAX, Granted};
use super::{Output, Party};
use crate::audience::Audience;
use crate::mix::Source;
use crate::wish::{Done, Refused};

/// What is remembered of votes to skip.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Skips {
    votes: BTreeSet<GuestId>,
    audience: Audience,
    /// When what is heard began.
    begun: Option<Time>,
    /// When votes of these guests last skipped a track.
    skipped: BTreeMap<GuestId, Time>,
}

impl Skips {
    /// A track has begun: votes were about the one before.
    pub(super) fn begin(&mut self, now: Time) {
        self.votes.clear();
        self.begun = Some(now);
    }

    /// Forgets every guest. Those who still hear the channel are nobody known, until it is told anew who they are.
    pub(super) fn clear(&mut self) {
        let audience = Audience { others: self.audience.count(), ..Audience::default() };
        *self = Self { begun: self.begun, audience, ..Self::default() };
    }

    /// Forgets one guest.
    pub(super) fn forget(&mut self, guest: GuestId) {
        self.votes.remove(&guest);
        self.skipped.remove(&guest);
    }

    fn counted(&self) -> impl Iterator<Item = GuestId> {
        self.votes.intersection(&self.audience.guests).copied()
    }
}

/// Returns the whole seconds from `now` until `then`, at least one; `None` if it has come.
fn wait_s(then: Time, now: Time) -> Option<u32> {
    let left_us = then.as_micros().checked_sub(now.as_micros()).filter(|left| *left > 0)?;
    Some(u32::try_from(left_us.div_ceil(1_000_000)).unwrap_or(u32::MAX))
}

impl Party {
    /// Returns who is for skipping what is heard now, among those who hear it.
    pub fn skip_votes(&self) -> Vec<GuestId> {
        self.skips.counted().collect()
    }

    /// Returns how many votes skip what is heard now; 0: skip votes are off. Who is alone needs one; else it is the set
    /// share of those who listen, and no fewer than the set least number.
    pub fn skips_needed(&self) -> u32 {
        let (share, listening) = (self.settings.skip_share, self.skips.audience.count());
        match listening {
            _ if share <= 0.0 => 0,
            0 | 1 => 1,
            _ => ((share * listening as f64).ceil() as u32).max(self.settings.skip_votes_min.into()),
        }
    }

    /// Returns from when on what is heard now can be skipped by votes.
    pub fn skips_from(&self) -> Option<Time> {
        let after_ms = u64::from(self.settings.skip_after_s) * 1_000;
        self.skips.begun.map(|begun| begun.plus_millis(after_ms))
    }

    /// Returns from when on each guest may vote again whose vote has skipped a track of late.
    pub fn skip_pauses(&self) -> impl Iterator<Item = (GuestId, Time)> {
        let pause_ms = u64::from(self.settings.skip_pause_s) * 1_000;
        self.skips.skipped.iter().map(move |(guest, at)| (*guest, at.plus_millis(pause_ms)))
    }

    /// Takes in who hears the channel.
    pub(super) fn listen(&mut self, audience: Audience, now: Time) -> Vec<Output> {
        if self.skips.audience != audience {
            let before = (self.skips_needed(), self.skip_votes());
            self.skips.audience = audience;
            self.revision += u64::from(before != (self.skips_needed(), self.skip_votes()));
        }
        self.skip_if_wanted(now)
    }

    pub(super) fn vote_to_skip(&mut self, guest: GuestId, on: bool, now: Time) -> Granted {
        if !on {
            self.skips.votes.remove(&guest);
            return Ok((Done::Plainly, Vec::new()));
        }
        if self.skips_needed() == 0 || self.source != Source::Files || self.now().is_none() {
            return Err(Refused::NothingToSkip);
        }
        if !self.skips.audience.guests.contains(&guest) {
            return Err(Refused::NotListening);
        }
        if let Some(wait_s) = self.skips_from().and_then(|from| wait_s(from, now)) {
            return Err(Refused::SkipTooEarly { wait_s });
        }
        let again = self.skip_pauses().find(|(known, _)| *known == guest);
        if let Some(wait_s) = again.and_then(|(_, again)| wait_s(again, now)) {
            return Err(Refused::SkippedLately { wait_s });
        }
        if self.skips.votes.len() >= GUESTS_MAX {
            return Err(Refused::TooManyGuests);
        }
        self.skips.votes.insert(guest);
        Ok((Done::Plainly, self.skip_if_wanted(now)))
    }

    /// Skips what is heard once enough are for it.
    pub(super) fn skip_if_wanted(&mut self, now: Time) -> Vec<Output> {
        let (voters, needed) = (self.skip_votes(), self.skips_needed() as usize);
        let heard = self.playing && self.source == Source::Files && self.now().is_some();
        let open = self.skips_from().is_none_or(|from| from <= now);
        if needed == 0 || voters.len() < needed || !heard || !open {
            return Vec::new();
        }
        if let Some(heard) = self.now_mut() {
            heard.skipped_by = u32::try_from(voters.len()).unwrap_or(u32::MAX);
        }
        self.skips.votes.clear();
        let over: Vec<GuestId> =
            self.skip_pauses().filter(|(_, again)| *again <= now).map(|(guest, _)| guest).collect();
        over.iter().for_each(|guest| _ = self.skips.skipped.remove(guest));
        for guest in voters {
            // Above the limit a guest is spared the pause: memory is bounded before politeness.
            if self.skips.skipped.len() < GUESTS_MAX {
                self.skips.skipped.insert(guest, now);
            }
        }
        self.revision += 1;
        self.next(now)
    }
}
