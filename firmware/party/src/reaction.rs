//! Reactions: what guests call into the room with one tap, while a song is heard. Values; when one is taken is the party's
//! rule, and each kind's picture is the pages'.

use serde::{Deserialize, Serialize};

/// A kind of reaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reaction {
    /// This is hot.
    Fire,
    /// This is loved.
    Love,
    /// Everybody dances.
    Dance,
    /// Hands are clapped.
    Clap,
    /// This is a surprise.
    Wow,
}

impl Reaction {
    /// Every kind, in the order in which pages offer them.
    pub const ALL: [Self; 5] = [Self::Fire, Self::Love, Self::Dance, Self::Clap, Self::Wow];
}
