//! What people may see of the party.

use base::{GuestId, ItemId, TrackId};

use super::{Party, Session};
use crate::history::History;
use crate::mix::{Source, Volume};
use crate::queue::{By, Queue};
use crate::requests::RequestList;
use crate::settings::{Origins, Settings};

use super::wishes::BOOSTS_MAX;

/// The little that everything else depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Whether the host lets it play.
    pub playing: bool,
    /// How loud.
    pub volume: Volume,
    /// The source the host chose.
    pub source: Source,
    /// The track heard now, or stopped at while paused.
    pub track: Option<TrackId>,
    /// The item of the queue that it was.
    pub item: Option<ItemId>,
    /// Who wanted it; `None` if it plays by itself.
    pub by: Option<By>,
    /// Whether any track can be played.
    pub has_tracks: bool,
}

impl Party {
    /// The little that everything else depends on.
    pub fn view(&self) -> View {
        let now = self.now();
        let item = now.and_then(|now| now.item.as_ref());
        View {
            playing: self.playing,
            volume: self.volume,
            source: self.source,
            track: now.map(|now| now.track),
            item: item.map(|item| item.id),
            by: item.map(|item| item.by),
            has_tracks: self.order.has_playable(),
        }
    }

    /// Goes up with every change of what people may see.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Goes up with every change of what outlasts a restart ([`Party::saved`]).
    pub fn saved_revision(&self) -> u64 {
        self.saved_revision
    }

    /// The party as such.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What hosts can set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns who said what each setting is.
    pub fn origins(&self) -> Origins {
        self.chosen.origins(&self.configured)
    }

    /// Returns whether `track` is one of those there are and can be played, as far as is known.
    pub fn has_track(&self, track: TrackId) -> bool {
        self.order.is_playable(track)
    }

    /// Returns whether nothing of the channel's own repertoire can be played, so that everything plays instead.
    pub fn has_lost_repertoire(&self) -> bool {
        self.order.is_standing_in()
    }

    /// What waits to be heard.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// What guests have asked for.
    pub fn requests(&self) -> &RequestList {
        &self.requests
    }

    /// What was heard.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Who is for skipping what is heard now.
    pub fn skip_votes(&self) -> impl ExactSizeIterator<Item = GuestId> {
        self.skip_votes.iter().copied()
    }

    /// How many votes skip what is heard now: the set share of those who listen, at least one; 0: skip votes are off.
    pub fn skips_needed(&self) -> u32 {
        let share = self.settings.skip_share;
        if share > 0.0 { (share * self.listening as f64).ceil().max(1.0) as u32 } else { 0 }
    }

    /// Boosts that a guest has spent, of everybody who has.
    pub fn boosts_spent(&self) -> impl Iterator<Item = (GuestId, u8)> {
        self.boosts.iter().map(|(guest, spent)| (*guest, *spent))
    }

    /// Boosts that a guest has left.
    pub fn boosts_left(&self, guest: GuestId) -> u8 {
        BOOSTS_MAX.saturating_sub(self.boosts.get(&guest).copied().unwrap_or(0))
    }
}
