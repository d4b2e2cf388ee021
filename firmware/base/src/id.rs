//! Identities that are numbers: each counts one kind of thing, so that no two kinds can be mixed up.
//!
//! In JSON, TOML and log lines an identity is its bare number.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Defines an identity with its number in the field `0`.
macro_rules! number {
    ($(#[$doc:meta])* $name:ident($number:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $number);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// The identity of a track. Chosen by the catalogue that lists it, and the same as long as the catalogue lasts;
    /// below 2^53, so that pages count exactly.
    TrackId(u64)
}

impl TrackId {
    /// The numbers of tracks that guests bring: above every number of a library, below 2^53.
    pub const BROUGHT: Range<u64> = 1 << 51..1 << 52;

    /// Returns whether a guest has brought this track.
    pub const fn is_brought(self) -> bool {
        Self::BROUGHT.start <= self.0 && self.0 < Self::BROUGHT.end
    }
}

number! {
    /// The identity of a cue: one opening of a track. Counts up while the box runs, so that a track that was opened
    /// twice has two.
    CueId(u64)
}

number! {
    /// The identity of an item of the queue. Counts up while the box runs.
    ItemId(u64)
}

number! {
    /// The identity of a guest's request. Counts up while the box runs.
    RequestId(u64)
}

number! {
    /// The identity of a guest, which distinguishes one guest from another. Counts up as guests come and is never used twice
    /// while the box runs. No secret, and no proof of anything.
    GuestId(u32)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn an_identity_is_its_number_in_json_and_in_text() {
        let value = (TrackId(5), Some(GuestId(7)), BTreeMap::from([(ItemId(9), RequestId(3))]));
        let text = serde_json::to_string(&value).unwrap();
        assert_eq!(text, r#"[5,7,{"9":3}]"#);
        assert_eq!(
            serde_json::from_str::<(TrackId, Option<GuestId>, BTreeMap<ItemId, RequestId>)>(&text).unwrap(),
            value
        );
        assert_eq!(CueId(12).to_string(), "12");
    }
}
