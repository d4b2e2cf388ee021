//! Identities that are names: the same short text in addresses, JSON, metrics' labels, file names and logs.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest name in bytes: room for a few words, and short enough to be copied like a number.
const BYTES_MAX: usize = 32;

/// A checked name. Bytes behind its end are 0, so that equality and order are those of the text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Name {
    bytes: [u8; BYTES_MAX],
    length: u8,
}

/// The reason why a text is not a valid name; the fault of its author, a retry does not help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadName {
    /// It is empty or too long.
    Length {
        /// Its length in bytes.
        bytes: usize,
    },
    /// It holds a character that no name has.
    Character {
        /// The first such character.
        found: char,
    },
}

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { bytes } => write!(f, "a name has 1 to {BYTES_MAX} characters, not {bytes}"),
            Self::Character { found } => {
                write!(f, "a name has only lower-case letters a to z, digits, `-` and `_`, not {found:?}")
            }
        }
    }
}

impl std::error::Error for BadName {}

impl Name {
    fn new(text: &str) -> Result<Self, BadName> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if let Some(found) = text.chars().take(BYTES_MAX).find(|c| !allowed(*c)) {
            return Err(BadName::Character { found });
        }
        if text.is_empty() || text.len() > BYTES_MAX {
            return Err(BadName::Length { bytes: text.len() });
        }
        let mut bytes = [0; BYTES_MAX];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { bytes, length: text.len() as u8 })
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).expect("a name is ASCII")
    }
}

/// Defines an identity whose value is a name.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Name);

        impl $name {
            /// Returns the identity that is written as `text`.
            ///
            /// # Errors
            /// `text` is not 1 to 32 lower-case letters, digits, `-` and `_`.
            pub fn new(text: &str) -> Result<Self, BadName> {
                Name::new(text).map(Self)
            }

            /// Returns the name as text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.as_str()).finish()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Self::new(&String::deserialize(from)?).map_err(D::Error::custom)
            }
        }
    };
}

named! {
    /// The identity of a channel: 1 to 32 lower-case letters, digits, `-` and `_`, such as `main` or `red`. It is no
    /// more than that: what people call the channel, and its colour, are the channel's own and may change.
    ChannelId
}

named! {
    /// The identity of a stream in every API: 1 to 32 lower-case letters, digits, `-` and `_`.
    StreamId
}

impl From<ChannelId> for StreamId {
    /// Returns the stream that carries the sound of `channel`; both have one name.
    fn from(channel: ChannelId) -> Self {
        Self(channel.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_needs_no_escape_anywhere() {
        let longest = "a".repeat(BYTES_MAX);
        for text in ["main", "red", "x", "dj-2_b", "0", &longest] {
            assert_eq!(ChannelId::new(text).unwrap().as_str(), text);
        }
        let length = |bytes| Err(BadName::Length { bytes });
        assert_eq!((ChannelId::new(""), ChannelId::new(&"a".repeat(33))), (length(0), length(33)));
        for (text, found) in
            [("Red", 'R'), ("a b", ' '), ("../a", '.'), ("rot\u{e4}", '\u{e4}'), ("a\0", '\0'), ("a/b", '/')]
        {
            assert_eq!(ChannelId::new(text), Err(BadName::Character { found }), "{text}");
        }
    }

    #[test]
    fn a_refusal_says_what_is_allowed() {
        let said = |text: &str| ChannelId::new(text).unwrap_err().to_string();
        assert_eq!(said("a b"), "a name has only lower-case letters a to z, digits, `-` and `_`, not ' '");
        assert_eq!(said(""), "a name has 1 to 32 characters, not 0");
    }

    #[test]
    fn names_are_ordered_and_written_as_their_text() {
        let name = |text| ChannelId::new(text).unwrap();
        assert!(name("a") < name("ab") && name("ab") < name("b") && name("a-") < name("a0"));
        assert_eq!(format!("{} {:?}", name("red"), StreamId::from(name("red"))), "red StreamId(\"red\")");
    }

    #[test]
    fn json_takes_what_is_a_name_and_nothing_else() {
        let id: StreamId = serde_json::from_str("\"main\"").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"main\"");
        let refused = serde_json::from_str::<StreamId>("\"Main\"").unwrap_err().to_string();
        assert!(refused.starts_with("a name has only lower-case letters"), "{refused}");
    }
}
