//! What waits to be heard, and in which order.
//!
//! What a host has put somewhere is pinned and comes first, in the host's order. All else takes fair turns: every item
//! belongs to a round, and of one person there is one item in a round. Rounds are heard one after the other; within one,
//! boosted items come first, then those with more votes, then those that have waited longer. Whoever comes new joins the
//! round that is being heard, so nobody can bring so many wishes that somebody else's are never heard. What a person has
//! asked for stays in the order of asking.
//!
//! A round lets at most [`ROUND_TURNS_MAX`] turns pass before newcomers have to wait for the next one: then even a stream
//! of new phones without end holds nobody back for ever.

mod undo;
mod why;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use base::{GuestId, ItemId, RequestId, TrackId};

use crate::wish::At;

pub use why::Why;

use undo::Change;

/// Items that wait at once; more than a long night's music. Further ones are refused.
pub const QUEUE_MAX: usize = 500;

/// Turns heard in one round before newcomers have to wait for the next: more than there are people with wishes at any
/// but the largest party.
const ROUND_TURNS_MAX: u32 = 50;

/// Who wanted an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// A host; all of them together take turns like one guest.
    Host,
    /// A guest.
    Guest(GuestId),
    /// Nobody knows any more.
    Nobody,
}

/// An item of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its number.
    pub id: ItemId,
    /// What is to be heard.
    pub track: TrackId,
    /// Who wanted it.
    pub by: By,
    /// The request that it was.
    pub request: Option<RequestId>,
    /// Whether a guest spent a boost on it.
    pub boosted: bool,
    /// Which round it belongs to.
    pub(crate) round: u64,
    /// Which of all items it was: who asked first.
    pub(crate) asked: u64,
    /// Who is for it.
    pub(crate) voters: BTreeSet<GuestId>,
    /// Votes from before the box was started, whose guests nobody knows any more.
    pub(crate) old_votes: u32,
}

impl Item {
    /// How many are for it.
    pub fn votes(&self) -> u32 {
        self.old_votes.saturating_add(self.voters.len() as u32)
    }

    /// Who is for it, as far as they are known.
    pub fn voters(&self) -> impl Iterator<Item = GuestId> {
        self.voters.iter().copied()
    }

    /// What decides between items that are not pinned: the smallest is heard first.
    fn rank(&self) -> (u64, bool, Reverse<u32>, u64) {
        (self.round, !self.boosted, Reverse(self.votes()), self.asked)
    }
}

/// The queue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Queue {
    pinned: Vec<Item>,
    /// In no order.
    fair: Vec<Item>,
    next_id: u64,
    next_asked: u64,
    /// The round that is being heard, and how many of it were.
    round: u64,
    turns: u32,
    /// The last round in which somebody was heard; who was heard in none before `round` is like a newcomer.
    heard: BTreeMap<By, u64>,
    /// What hosts did last, the newest at the end.
    changes: VecDeque<Change>,
}

impl Queue {
    /// How many items wait.
    pub fn len(&self) -> usize {
        self.pinned.len() + self.fair.len()
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is no room for another one.
    pub fn is_full(&self) -> bool {
        self.len() >= QUEUE_MAX
    }

    /// Every item, in no order.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.pinned.iter().chain(&self.fair)
    }

    /// Every item in the order in which they are heard, and how many of them are pinned.
    pub fn in_order(&self) -> (Vec<&Item>, usize) {
        let mut fair: Vec<&Item> = self.fair.iter().collect();
        fair.sort_unstable_by_key(|item| item.rank());
        (self.pinned.iter().chain(fair).collect(), self.pinned.len())
    }

    /// The first `count` items; cheaper than all.
    pub fn first(&self, count: usize) -> Vec<&Item> {
        let mut first: Vec<&Item> = self.pinned.iter().take(count).collect();
        while first.len() < count {
            let left = self.fair.iter().filter(|item| !first.iter().any(|taken| taken.id == item.id));
            let Some(next) = left.min_by_key(|item| item.rank()) else { break };
            first.push(next);
        }
        first
    }

    /// The item of that number.
    pub fn get(&self, id: ItemId) -> Option<&Item> {
        self.items().find(|item| item.id == id)
    }

    /// The same, to be changed.
    pub(crate) fn get_mut(&mut self, id: ItemId) -> Option<&mut Item> {
        self.pinned.iter_mut().chain(&mut self.fair).find(|item| item.id == id)
    }

    /// Puts a track into the queue. The caller has looked whether there is room.
    pub fn add(&mut self, track: TrackId, by: By, at: At, request: Option<RequestId>) -> ItemId {
        let item = self.made(track, by, request);
        let id = item.id;
        match at {
            At::Next => self.pinned.insert(0, item),
            At::End => self.fair.push(item),
        }
        id
    }

    /// An item that is nowhere yet.
    pub(crate) fn made(&mut self, track: TrackId, by: By, request: Option<RequestId>) -> Item {
        let (round, asked) = (self.round_for(by), self.next_asked);
        self.next_id += 1;
        self.next_asked += 1;
        let (voters, old_votes) = (BTreeSet::new(), 0);
        Item { id: ItemId(self.next_id), track, by, request, boosted: false, round, asked, voters, old_votes }
    }

    /// Puts an item before all others.
    pub(crate) fn put_first(&mut self, item: Item) {
        self.pinned.insert(0, item);
    }

    /// Takes in an item that was in a queue before.
    pub(crate) fn restore(&mut self, item: Item, pinned: bool) {
        self.next_id = self.next_id.max(item.id.0);
        self.next_asked = self.next_asked.max(item.asked + 1);
        if pinned { self.pinned.push(item) } else { self.fair.push(item) }
    }

    /// The round a new item of `by` belongs to: the one that is being heard, or the one after their last.
    fn round_for(&self, by: By) -> u64 {
        let open = if self.turns >= ROUND_TURNS_MAX { self.round + 1 } else { self.round };
        if by == By::Nobody {
            return open;
        }
        let waiting = self.items().filter(|item| item.by == by).map(|item| item.round).max();
        let last = waiting.max(self.heard.get(&by).copied());
        last.map_or(open, |last| open.max(last + 1))
    }

    /// The item is heard now: takes it out, which was its turn.
    pub fn take(&mut self, id: ItemId) -> Option<Item> {
        if let Some(index) = self.pinned.iter().position(|item| item.id == id) {
            let item = self.pinned.remove(index);
            self.note_turn(item.by, item.round);
            return Some(item);
        }
        let index = self.fair.iter().position(|item| item.id == id)?;
        let item = self.fair.swap_remove(index);
        if item.round > self.round {
            (self.round, self.turns) = (item.round, 0);
            let round = self.round;
            self.heard.retain(|_, heard| *heard >= round);
        }
        self.turns += 1;
        self.note_turn(item.by, item.round);
        Some(item)
    }

    fn note_turn(&mut self, by: By, round: u64) {
        if by != By::Nobody && round >= self.round {
            let heard = self.heard.entry(by).or_default();
            *heard = round.max(*heard);
        }
    }

    /// Takes an item out unheard; what its person has behind it moves up.
    pub fn remove(&mut self, id: ItemId) -> Option<Item> {
        let item = match self.pinned.iter().position(|item| item.id == id) {
            Some(index) => self.pinned.remove(index),
            None => self.fair.swap_remove(self.fair.iter().position(|item| item.id == id)?),
        };
        if item.by != By::Nobody {
            let behind = self.fair.iter_mut().filter(|other| other.by == item.by && other.round > item.round);
            let mut behind: Vec<&mut Item> = behind.collect();
            behind.sort_unstable_by_key(|other| other.round);
            let mut free = item.round;
            for other in behind {
                std::mem::swap(&mut other.round, &mut free);
            }
        }
        Some(item)
    }

    /// Puts an item where the item of index `to` stands. What comes before it then keeps its place from now on: a host
    /// who puts something somewhere has seen what is before it. `false` if there is no such item.
    pub fn move_to(&mut self, id: ItemId, to: usize) -> bool {
        let (order, pinned) = self.in_order();
        let Some(from) = order.iter().position(|item| item.id == id) else { return false };
        let mut ids: Vec<ItemId> = order.into_iter().map(|item| item.id).collect();
        let pinned_others = pinned - usize::from(from < pinned);
        let moved = ids.remove(from);
        let to = to.min(ids.len());
        ids.insert(to, moved);
        ids.truncate(to.max(pinned_others) + 1);
        self.pin(&ids);
        true
    }

    /// Pins these items in this order, and no others.
    fn pin(&mut self, ids: &[ItemId]) {
        let all = std::mem::take(&mut self.pinned).into_iter().chain(std::mem::take(&mut self.fair));
        let mut all: BTreeMap<ItemId, Item> = all.map(|item| (item.id, item)).collect();
        self.pinned = ids.iter().filter_map(|id| all.remove(id)).collect();
        self.fair = all.into_values().collect();
    }

    /// Empties the queue.
    pub fn clear(&mut self) -> Vec<Item> {
        self.pinned.drain(..).chain(self.fair.drain(..)).collect()
    }

    /// An empty queue that goes on counting where this one is.
    pub(crate) fn emptied(&self) -> Self {
        Self { next_id: self.next_id, next_asked: self.next_asked, ..Self::default() }
    }

    /// A guest is known no more: its votes go, its items stay.
    pub fn forget(&mut self, guest: GuestId) {
        for item in self.pinned.iter_mut().chain(&mut self.fair) {
            item.voters.remove(&guest);
            if item.by == By::Guest(guest) {
                item.by = By::Nobody;
            }
        }
        self.heard.remove(&By::Guest(guest));
        self.changes.iter_mut().for_each(|change| change.forget(guest));
    }
}
