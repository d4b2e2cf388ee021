//! Folders and playlists as parts of the library that can be chosen. What their keys are is in `key.rs`.

use crate::store::read::RootKind;

/// A part of the library, by its key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selection {
    /// What lies in a folder or below it.
    Folder(String),
    /// What stands in a playlist.
    Playlist(String),
}

/// A folder with music, or a place of music as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// By which it is chosen, and the folders in it are asked for.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// What kind of place it is; `None`: a folder of one.
    pub kind: Option<RootKind>,
    /// Whether it is there, rather than on a stick that was pulled.
    pub is_present: bool,
    /// Tracks in it and below.
    pub tracks: u64,
    /// Whether there are folders with music in it.
    pub has_folders: bool,
}
