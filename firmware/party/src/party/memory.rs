//! What of a party outlasts a restart: settings, volume, title and queue. Nothing in it says which guest wanted what.

use base::{ItemId, TrackId};

use super::Party;
use crate::mix::Volume;
use crate::queue::{By, Item, QUEUE_MAX};
use crate::settings::Change;

/// What outlasts a restart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Saved {
    /// The settings that hosts have set, and no others: those are the configuration's.
    pub settings: Change,
    /// How loud it is.
    pub volume: Volume,
    /// What the party is called.
    pub title: String,
    /// The queue in its order; at most [`QUEUE_MAX`] items count.
    pub items: Vec<SavedItem>,
}

/// An item of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavedItem {
    /// What is to be heard.
    pub track: TrackId,
    /// Whether a host wanted it, rather than somebody whom nobody knows any more.
    pub by_host: bool,
    /// Whether a host put it where it is.
    pub pinned: bool,
    /// Whether a guest spent a boost on it.
    pub boosted: bool,
    /// How many rounds come before its own.
    pub round: u32,
    /// How many were for it.
    pub votes: u32,
}

impl Party {
    /// What outlasts a restart, as it is now.
    pub fn saved(&self) -> Saved {
        let (order, pinned) = self.queue.in_order();
        let first_round = order.iter().map(|item| item.round).min().unwrap_or(0);
        let saved = |(index, item): (usize, &&Item)| SavedItem {
            track: item.track,
            by_host: item.by == By::Host,
            pinned: index < pinned,
            boosted: item.boosted,
            round: u32::try_from(item.round - first_round).unwrap_or(u32::MAX),
            votes: item.votes(),
        };
        let items = order.iter().enumerate().map(saved).collect();
        Saved { settings: self.chosen.clone(), volume: self.volume, title: self.session.title.clone(), items }
    }

    /// Goes on with what was saved. To be called before anything is asked of this party. Settings out of their range
    /// count as not set.
    pub fn resume(&mut self, saved: &Saved) {
        if let Ok(settings) = self.configured.changed(&saved.settings) {
            self.order.set_shuffle(settings.shuffle);
            self.settings = settings;
            self.chosen.clone_from(&saved.settings);
        }
        self.session.title.clone_from(&saved.title);
        self.volume = saved.volume;
        for (index, item) in saved.items.iter().take(QUEUE_MAX).enumerate() {
            if item.track.is_brought() {
                self.order.bring(item.track);
            }
            let made = Item {
                id: ItemId(index as u64 + 1),
                track: item.track,
                by: if item.by_host { By::Host } else { By::Nobody },
                request: None,
                boosted: item.boosted,
                round: item.round.into(),
                asked: index as u64,
                voters: Default::default(),
                old_votes: item.votes,
            };
            self.queue.restore(made, item.pinned);
        }
        self.revision += 1;
    }
}
