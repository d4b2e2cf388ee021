//! Guests, as the rules know them: by a number.

use std::fmt;

/// A guest's number in this party, from 1 on: what the pages show as "Guest 7". No two guests of one party have the
/// same, even if one of them has left. Who brings which number is told by the room that knows phones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GuestId(pub u32);

impl fmt::Display for GuestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
