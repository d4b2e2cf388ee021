//! The seams between who sends, whoever makes sound of it, and whoever shows it.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::{ChannelId, PacketInlet, StreamInlet};

/// Longest title or artist, in characters; longer ones are cut.
pub(crate) const TITLE_CHARS_MAX: usize = 200;

/// Opens a channel's input for a sender: returns where its packets go, or `None` if the system has no memory for it.
pub type Open = Arc<dyn Fn() -> Option<Box<dyn PacketInlet>> + Send + Sync>;

/// What is found out about a stream after it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// It says what plays in it; both may be empty.
    Plays(Title),
    /// It cannot be heard, or no further, for this reason.
    Failed(String),
}

/// Told from a thread that must not wait.
pub type OnNews = Box<dyn FnMut(News) + Send>;

/// Opens a channel's input for a sender of a stream of bytes: returns where they go, or `None` if the system refuses something.
pub type OpenStream = Arc<dyn Fn(OnNews) -> Option<StreamInlet> + Send + Sync>;

/// Returns how long what a sender brought last waits at a channel until it is played, in microseconds.
pub type WaitsUs = Arc<dyn Fn() -> u64 + Send + Sync>;

/// A channel's input for senders, by what they send.
#[derive(Clone)]
pub struct Intake {
    /// Opus packets.
    pub packets: Open,
    /// A stream of bytes that says itself what it is.
    pub stream: OpenStream,
    /// Returns how long packets wait until they are played, in microseconds, as it was measured last.
    pub waits_us: WaitsUs,
}

/// The inputs for senders of all channels.
pub type Intakes = Arc<BTreeMap<ChannelId, Intake>>;

/// What plays at a sender, as it says itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    /// Title; may be empty.
    pub title: String,
    /// Artist; may be empty.
    pub artist: String,
}

impl Title {
    /// Returns what a sender says as others are shown it: each in one line, cut to [`TITLE_CHARS_MAX`].
    pub(crate) fn shown(title: &str, artist: &str) -> Self {
        Self { title: line(title), artist: line(artist) }
    }
}

/// Returns a text in one line, cut.
pub(crate) fn line(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).take(TITLE_CHARS_MAX).collect();
    plain.trim().to_owned()
}

/// Who sends to a channel, and what plays there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The sender's name.
    pub name: String,
    /// What it says that plays.
    pub title: Title,
}
