//! Who hears a channel, as whoever counts listeners tells the rules. It names nobody and decides nothing.

use std::collections::BTreeSet;

use base::GuestId;
use serde::{Deserialize, Serialize};

/// Who hears a channel now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// The guests among them, whichever way they listen and on however many phones.
    pub guests: BTreeSet<GuestId>,
    /// Listeners that no guest is known to be: a loudspeaker, a player of another program.
    pub others: usize,
}

impl Audience {
    /// Returns how many there are.
    pub fn count(&self) -> usize {
        self.guests.len() + self.others
    }

    /// Returns an audience of these guests alone.
    pub fn of(guests: impl IntoIterator<Item = GuestId>) -> Self {
        Self { guests: guests.into_iter().collect(), others: 0 }
    }
}
