//! A track as lists show it: what the library knows of it, as a value for pages. The party knows its number only.

use base::TrackId;
use serde::Serialize;

/// A track as lists show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TrackView {
    /// Its number.
    pub id: TrackId,
    /// Title, or the file's name without its extension.
    pub title: String,
    /// Artist; may be empty.
    pub artist: String,
    /// Album; may be empty.
    pub album: String,
    /// Length in milliseconds, if known.
    pub duration_ms: Option<u64>,
    /// The address of its picture, if it has one.
    pub art: Option<String>,
    /// Whether a guest has brought it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub brought: bool,
    /// Its genres. Lists do not show them.
    #[serde(skip)]
    pub genres: Vec<String>,
}

/// Returns the address of a track's picture, if it has one; it changes with the picture.
pub fn art_url(track: &library::Track) -> Option<String> {
    track.art.as_ref().map(|art| format!("/api/library/art/{}?v={}", track.id, art.version))
}
