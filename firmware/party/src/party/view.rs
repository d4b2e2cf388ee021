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

    /// Boosts that a guest has spent, of everybody who has.
    pub fn boosts_spent(&self) -> impl Iterator<Item = (GuestId, u8)> {
        self.boosts.iter().map(|(guest, spent)| (*guest, *spent))
    }

    /// Boosts that a guest has left.
    pub fn boosts_left(&self, guest: GuestId) -> u8 {
        BOOSTS_MAX.saturating_sub(self.boosts.get(&guest).copied().unwrap_or(0))
    }
}
