//! What a channel plays by itself: everything, or a folder or a playlist of its own.
//!
//! Values; a place is named by a key that whoever keeps the music understands. Which tracks are in it comes as
//! [`crate::Input::Repertoire`], and what they mean for what is heard is in `order.rs`.

use serde::{Deserialize, Serialize};

/// Longest key of a folder or a playlist, bytes: the longest of eight channels fit into one file of the box's state, and one
/// fits into a request.
pub const KEY_BYTES_MAX: usize = 2_048;

/// What a channel plays by itself while nobody has asked for anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repertoire {
    /// Everything there is.
    #[default]
    All,
    /// What lies in the folder of this key or below it.
    Folder(String),
    /// What stands in the playlist of this key, in its order.
    Playlist(String),
}

impl Repertoire {
    /// Returns whether it is everything.
    pub fn is_all(&self) -> bool {
        *self == Self::All
    }

    /// Returns the key of the folder or playlist.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::All => None,
            Self::Folder(key) | Self::Playlist(key) => Some(key),
        }
    }

    /// Returns whether its key can be one: not empty, at most [`KEY_BYTES_MAX`], and of plain characters.
    pub(crate) fn is_legal(&self) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        self.key().is_none_or(|key| (1..=KEY_BYTES_MAX).contains(&key.len()) && key.bytes().all(is_plain))
    }
}
