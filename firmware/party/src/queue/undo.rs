//! Taking back what a host did to the queue: adding, moving, removing, clearing.
//!
//! A change keeps what was taken out and where everything stood. Taking it back puts every item that still waits back to
//! its place; what guests did in between (votes, new requests) and what was heard in between stays as it is.

use std::collections::BTreeMap;

use base::{GuestId, ItemId, TrackId};

use super::{By, Item, QUEUE_MAX, Queue};

/// Changes that can be taken back, one after the other. The oldest is forgotten.
pub(super) const CHANGES_MAX: usize = 10;

/// What a host did.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Change {
    added: Option<ItemId>,
    removed: Vec<Item>,
    /// The items that were pinned, in order.
    pinned: Vec<ItemId>,
    /// The round of every item.
    rounds: BTreeMap<ItemId, u64>,
}

impl Change {
    /// A guest is known no more.
    pub(super) fn forget(&mut self, guest: GuestId) {
        for item in &mut self.removed {
            item.voters.remove(&guest);
            if item.by == By::Guest(guest) {
                item.by = By::Nobody;
            }
        }
    }
}

impl Queue {
    /// Lets `act` change the queue in a way that can be taken back. It returns the item it added and those it removed;
    /// `None` if it did nothing after all.
    pub(crate) fn undoably<T>(
        &mut self,
        act: impl FnOnce(&mut Self) -> Option<(T, Option<ItemId>, Vec<Item>)>,
    ) -> Option<T> {
        let pinned = self.pinned.iter().map(|item| item.id).collect();
        let rounds = self.items().map(|item| (item.id, item.round)).collect();
        let (result, added, removed) = act(self)?;
        if self.changes.len() == CHANGES_MAX {
            self.changes.pop_front();
        }
        self.changes.push_back(Change { added, removed, pinned, rounds });
        Some(result)
    }

    /// Tracks that come back into the queue when a change is taken back.
    pub(crate) fn removed(&self) -> impl Iterator<Item = TrackId> {
        self.changes.iter().flat_map(|change| &change.removed).map(|item| item.track)
    }

    /// Whether there is something to take back.
    pub fn can_undo(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Takes the last change back; `false` if there is none.
    pub(crate) fn undo(&mut self) -> bool {
        let Some(mut change) = self.changes.pop_back() else { return false };
        if let Some(added) = change.added {
            self.pinned.retain(|item| item.id != added);
            self.fair.retain(|item| item.id != added);
        }
        // Guests may have filled the room in the meantime; what was first among the removed comes back first.
        change.removed.truncate(QUEUE_MAX.saturating_sub(self.len()));
        let pinned_since: Vec<ItemId> =
            self.pinned.iter().map(|item| item.id).filter(|id| !change.rounds.contains_key(id)).collect();
        self.fair.extend(change.removed);
        for item in self.pinned.iter_mut().chain(&mut self.fair) {
            if let Some(round) = change.rounds.get(&item.id) {
                item.round = *round;
            }
        }
        let ids: Vec<ItemId> = change.pinned.into_iter().chain(pinned_since).collect();
        self.pin(&ids);
        true
    }
}
