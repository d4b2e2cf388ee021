//! Why an item stands where it stands, for people to read.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{By, Item, Queue};

/// A reason for an item's place; pages have a sentence for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Why {
    /// A host put it there.
    Pinned,
    /// So many others are heard first.
    Turn {
        /// How many.
        before: u32,
    },
    /// It has so many votes.
    Votes {
        /// How many.
        votes: u32,
    },
    /// Nothing sets it apart from others of its round: they come in the order of asking.
    Oldest,
    /// A guest spent a boost on it.
    Boost,
    /// Who wanted it has others before it, or was heard just now: so many rounds come before its own.
    WaitingTurn {
        /// How many.
        round: u32,
    },
}

impl Queue {
    /// Every item in order, with the reasons for its place.
    pub fn explained(&self) -> Vec<(&Item, Vec<Why>)> {
        let (order, pinned) = self.in_order();
        let first_round = order.get(pinned).map_or(0, |item| item.round);
        let mut before: BTreeSet<By> = BTreeSet::new();
        let mut nobody: u32 = 0;
        let explain = |(index, item): (usize, &Item)| {
            if index < pinned {
                return vec![Why::Pinned];
            }
            let mut why = Vec::new();
            let rounds = item.round - first_round;
            if rounds > 0 {
                why.push(Why::WaitingTurn { round: u32::try_from(rounds).unwrap_or(u32::MAX) });
            }
            let others = nobody + (before.len() - usize::from(before.contains(&item.by))) as u32;
            if others > 0 {
                why.push(Why::Turn { before: others });
            }
            if item.by == By::Nobody {
                nobody += 1;
            } else {
                before.insert(item.by);
            }
            match (item.boosted, item.votes()) {
                (true, _) => why.push(Why::Boost),
                (false, 0) => why.push(Why::Oldest),
                (false, votes) => why.push(Why::Votes { votes }),
            }
            why
        };
        let why: Vec<Vec<Why>> = order.iter().copied().enumerate().map(explain).collect();
        order.into_iter().zip(why).collect()
    }
}
