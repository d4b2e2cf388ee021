//! What was heard: the last songs for people to see, the whole evening for who keeps its list, and a longer memory of what
//! was heard when.

use std::collections::VecDeque;

use base::{Time, TrackId};
use serde::Serialize;

use crate::queue::By;

/// Songs that people see while the party goes on.
pub const HISTORY_MAX: usize = 20;

/// Songs of an evening that are kept: twenty hours of songs of four minutes. The oldest is forgotten.
pub const EVENING_MAX: usize = 300;

/// Tracks remembered with the time at which they began: two days of songs of five minutes. The oldest is forgotten, and
/// can then be requested again a little early.
const BEGUN_MAX: usize = 600;

/// How a track ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// It was heard to its end.
    Played,
    /// Somebody skipped it.
    Skipped,
}

/// A track that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Played {
    /// Which.
    pub track: TrackId,
    /// Who wanted it; `None` if it played by itself.
    pub by: Option<By>,
    /// How it ended.
    pub how: How,
    /// How many guests' votes skipped it; 0 if none did.
    pub skipped_by: u32,
    /// When its first frame was mixed.
    pub begun: Time,
    /// How many loved it.
    pub hearts: u32,
}

/// What was heard.
#[derive(Debug, Default, PartialEq)]
pub struct History {
    /// Of the party that goes on, newest first.
    played: VecDeque<Played>,
    /// Of the one that has ended, newest first, without anybody who wanted it.
    ended: VecDeque<Played>,
    begun: VecDeque<(TrackId, Time)>,
}

impl History {
    /// Returns the last tracks that people see, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Played> {
        self.played.iter().take(HISTORY_MAX)
    }

    /// Returns the songs of the evening, oldest first: of the party that goes on, or of the last one until the next begins.
    pub fn evening(&self) -> impl Iterator<Item = &Played> {
        self.ended.iter().rev().chain(self.played.iter().rev())
    }

    /// A track has begun.
    pub fn begin(&mut self, track: TrackId, now: Time) {
        if self.begun.len() == BEGUN_MAX {
            self.begun.pop_front();
        }
        self.begun.push_back((track, now));
    }

    /// A track has ended.
    pub fn end(&mut self, played: Played) {
        self.played.truncate(EVENING_MAX - 1);
        self.played.push_front(played);
    }

    /// Takes the newest back.
    pub fn back(&mut self) -> Option<Played> {
        self.played.pop_front()
    }

    /// Whether a track has begun within the last `minutes`.
    pub fn has_begun(&self, track: TrackId, minutes: u16, now: Time) -> bool {
        let within_us = u64::from(minutes) * 60_000_000;
        minutes > 0 && self.begun.iter().any(|(begun, at)| *begun == track && now.micros_since(*at) <= within_us)
    }

    /// The party is over: nobody sees what was heard any more, and its songs are kept, of nobody.
    pub fn end_evening(&mut self) {
        let mut ended = std::mem::take(&mut self.played);
        ended.iter_mut().for_each(|played| played.by = None);
        *self = Self { ended, ..Self::default() };
    }

    /// A party begins.
    pub fn begin_evening(&mut self) {
        self.ended.clear();
    }

    /// A guest is known no more.
    pub fn forget(&mut self, guest: base::GuestId) {
        let theirs = self.played.iter_mut().filter(|played| played.by == Some(By::Guest(guest)));
        theirs.for_each(|played| played.by = Some(By::Nobody));
    }
}
