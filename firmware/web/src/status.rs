//! What the box is doing, as values that the feeds of the channels are made from.
//!
//! [`Snapshot`] is filled in by whoever runs the channels; this room adds the listeners and who is asking. Times are
//! numbers in it; nothing here reads a clock.

use std::sync::Arc;

use base::{ChannelId, TrackId};
use party::{Channel, Color, NowView, PartyView, Repertoire, Source};
use serde::Serialize;

use crate::panel::Panel;
use crate::senders::Title;
use crate::track::TrackView;

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
    pub kind: Source,
    /// How it is.
    pub state: SourceState,
    /// For the host: device, number of tracks, why it failed. A sender's name. May be empty.
    pub detail: String,
    /// What the sender says that plays there.
    pub title: Title,
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

/// What one channel does.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelStatus {
    /// Which channel, and what it is called.
    pub channel: Channel,
    /// What may be seen of its party.
    pub party: Arc<PartyView<TrackView>>,
    /// Every source.
    pub sources: Vec<SourceStatus>,
    /// Whether the chosen source has failed and its fallback is heard.
    pub fallback: bool,
    /// The track that plays, when files play.
    pub track: Option<TrackStatus>,
    /// The place on the box's timeline at which the track's position was true, in ticks of 48 kHz.
    pub media_time: u64,
    /// Whether nothing of its own repertoire can be played, so that everything plays.
    pub repertoire_lost: bool,
}

impl ChannelStatus {
    /// Returns what the channel `id` does before its first block: it plays, and no more is known of it yet.
    pub fn starting(id: ChannelId) -> Self {
        let mut party = PartyView::default();
        party.everybody.playing = true;
        Self {
            channel: Channel { id, name: String::new(), color: Color::default(), repertoire: Repertoire::All },
            party: Arc::new(party),
            sources: Vec::new(),
            fallback: false,
            track: None,
            media_time: 0,
            repertoire_lost: false,
        }
    }

    /// Returns title and artist of what is heard, whichever source it comes from; empty where nobody says.
    pub fn heard(&self) -> (&str, &str) {
        let sender = || self.sources.iter().find(|source| source.kind == Source::Sender);
        let is_sender = self.party.everybody.source == Source::Sender && !self.fallback;
        match (&self.track, is_sender.then(sender).flatten()) {
            (Some(track), _) => (&track.title, &track.artist),
            (None, Some(sender)) => (&sender.title.title, &sender.title.artist),
            (None, None) => ("", ""),
        }
    }

    /// Returns what the party knows of the track that plays, while the sound is at the same one.
    pub fn now(&self) -> Option<&NowView<TrackView>> {
        let heard = self.track.as_ref().map(|track| track.id);
        self.party.everybody.now.as_ref().filter(|now| Some(now.track.id) == heard)
    }
}

/// What the box does.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Name of the box.
    pub name: String,
    /// Version of the firmware.
    pub version: String,
    /// The channels in the hosts' order; never empty.
    pub channels: Vec<Arc<ChannelStatus>>,
    /// Channels that this board can encode, as far as it was measured.
    pub channels_estimate: usize,
    /// What is shown of the box itself.
    pub panel: Arc<Panel>,
}

impl Snapshot {
    /// Returns the first channel: the one that addresses without a channel mean.
    pub fn first(&self) -> &Arc<ChannelStatus> {
        self.channels.first().expect("an evening has at least one channel")
    }

    /// Returns the channel `id`, if there is one.
    pub fn channel(&self, id: ChannelId) -> Option<&Arc<ChannelStatus>> {
        self.channels.iter().find(|status| status.channel.id == id)
    }
}

/// Listeners by way of listening.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Listeners {
    /// Over WebRTC.
    pub live: usize,
    /// Over MP3.
    pub pocket: usize,
}

impl Listeners {
    /// Returns how many they are, whichever way they listen.
    pub const fn total(self) -> usize {
        self.live + self.pocket
    }
}
