//! What the box is doing, as the pages are told: the values behind `GET /api/party/status`.
//!
//! [`Snapshot`] is filled in by whoever runs the party; this room adds the listeners and who is asking. Times are
//! numbers in it; nothing here reads a clock.

use std::sync::Arc;

use base::{StreamId, TrackId};
use serde::Serialize;

use crate::control::SourceKind;
use crate::panel::Panel;
use crate::party_view::PartyView;

/// State of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceState {
    /// There is something to play.
    Ok,
    /// There is nothing to play.
    Empty,
    /// Not configured.
    Off,
    /// The device is not there.
    NoDevice,
    /// The device is being opened.
    Opening,
    /// It delivers silence.
    Silent,
    /// It delivers sound.
    Signal,
    /// It delivers sound that was too loud for its converter within the last seconds.
    Clipping,
}

impl SourceState {
    /// Its name in every API.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Empty => "empty",
            Self::Off => "off",
            Self::NoDevice => "no-device",
            Self::Opening => "opening",
            Self::Silent => "silent",
            Self::Signal => "signal",
            Self::Clipping => "clipping",
        }
    }
}

/// One source and how it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceStatus {
    /// Which source.
    pub kind: SourceKind,
    /// How it is.
    pub state: SourceState,
    /// For the host: device, number of tracks, why it failed. May be empty.
    pub detail: String,
}

/// The track that plays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrackStatus {
    /// Its number.
    pub id: TrackId,
    /// Title, or the file's name without its extension.
    pub title: String,
    /// Artist; may be empty.
    pub artist: String,
    /// Length in milliseconds, if known.
    pub duration_ms: Option<u64>,
    /// Milliseconds played.
    pub position_ms: u64,
}

/// One stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StreamStatus {
    /// Its id.
    pub id: StreamId,
    /// Whether packets flow.
    pub live: bool,
}

/// How far the library's scan has got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ScanStatus {
    /// Whether one is under way.
    pub running: bool,
    /// Files that need no more work.
    pub files_done: u64,
    /// Files found.
    pub files_total: u64,
    /// Files read per second, rounded; 0 while no rate is known.
    pub files_per_s: u64,
    /// Seconds to its end at that rate, if it is known.
    pub left_s: Option<u64>,
    /// Tracks in the library.
    pub tracks: u64,
    /// Files that are no tracks because they are broken.
    pub broken: u64,
}

impl From<library::Progress> for ScanStatus {
    fn from(progress: library::Progress) -> Self {
        Self {
            running: progress.scanning,
            files_done: progress.files_done,
            files_total: progress.files_seen,
            files_per_s: progress.files_per_s.round() as u64,
            left_s: progress.left.map(|left| left.as_secs()),
            tracks: progress.tracks,
            broken: progress.broken,
        }
    }
}

/// What the party tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Name of the box.
    pub name: String,
    /// Version of the firmware.
    pub version: String,
    /// Whether the party plays (rather than pauses).
    pub playing: bool,
    /// The source the host has chosen.
    pub source: SourceKind,
    /// Every source.
    pub sources: Vec<SourceStatus>,
    /// Whether the chosen source has failed and its fallback is heard.
    pub fallback: bool,
    /// The track that plays, when files play.
    pub track: Option<TrackStatus>,
    /// Streams, oldest first.
    pub streams: Vec<StreamStatus>,
    /// Queue, requests, guests and settings.
    pub party: Arc<PartyView>,
    /// What the box itself tells.
    pub panel: Arc<Panel>,
}

impl Snapshot {
    /// Whether `other` tells the same apart from how far the track has got.
    pub fn same_but_position(&self, other: &Self) -> bool {
        let head = |s: &Self| (s.playing, s.source, s.fallback, s.track.as_ref().map(|t| (t.id, t.duration_ms)));
        head(self) == head(other)
            && self.sources == other.sources
            && self.streams == other.streams
            && (Arc::ptr_eq(&self.party, &other.party) || self.party == other.party)
            && (&self.name, &self.version) == (&other.name, &other.version)
            && track_texts(self) == track_texts(other)
    }
}

fn track_texts(snapshot: &Snapshot) -> Option<(&str, &str)> {
    snapshot.track.as_ref().map(|track| (track.title.as_str(), track.artist.as_str()))
}

/// Listeners by way of listening.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Listeners {
    /// Over WebRTC.
    pub live: usize,
    /// Over MP3.
    pub pocket: usize,
}

#[derive(Serialize)]
struct SourceView<'a> {
    id: &'a str,
    state: SourceState,
    detail: &'a str,
}

#[derive(Serialize)]
struct View<'a> {
    name: &'a str,
    version: &'a str,
    playing: bool,
    source: &'a str,
    sources: Vec<SourceView<'a>>,
    fallback: bool,
    track: Option<&'a TrackStatus>,
    streams: &'a [StreamStatus],
    listeners: Listeners,
    you_are_host: bool,
}

/// The JSON of `GET /api/party/status`.
pub(crate) fn to_json(snapshot: &Snapshot, listeners: Listeners, you_are_host: bool) -> String {
    let sources = snapshot.sources.iter().map(|source| SourceView {
        id: source.kind.id(),
        state: source.state,
        detail: &source.detail,
    });
    let view = View {
        name: &snapshot.name,
        version: &snapshot.version,
        playing: snapshot.playing,
        source: snapshot.source.id(),
        sources: sources.collect(),
        fallback: snapshot.fallback,
        track: snapshot.track.as_ref(),
        streams: &snapshot.streams,
        listeners,
        you_are_host,
    };
    serde_json::to_string(&view).expect("a view holds only strings, numbers and lists")
}

#[cfg(test)]
mod tests;
