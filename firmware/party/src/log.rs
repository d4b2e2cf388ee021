//! What came to a party, as values that can be written down: replayed, they lead to the same party.
//!
//! A wish that is refused changes nothing, so a log may leave it out.

use base::Time;
use serde::{Deserialize, Serialize};

use crate::party::{Input, Output, Party};
use crate::wish::{Asker, What};

/// Something that came to a party.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// Something happened.
    Input(Input),
    /// Somebody wanted something.
    Wish(Asker, What),
}

impl Party {
    /// Takes in what came at `now`, as [`Party::handle`] and [`Party::ask`] do, and returns what shall happen. A wish
    /// that is refused leads to nothing, as it did when it was made.
    pub fn replay(&mut self, now: Time, entry: Entry) -> Vec<Output> {
        match entry {
            Entry::Input(input) => self.handle(now, input),
            Entry::Wish(who, what) => self.ask(now, who, what).map_or_else(|_| Vec::new(), |(_, outputs)| outputs),
        }
    }
}
