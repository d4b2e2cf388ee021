//! The seams between who sends, whoever makes sound of it, and whoever shows it.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::{ChannelId, PacketInlet, StreamInlet};

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

/// A channel's input for senders, by what they send.
#[derive(Clone)]
pub struct Intake {
    /// Opus packets.
    pub packets: Open,
    /// A stream of bytes that says itself what it is.
    pub stream: OpenStream,
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

/// Who sends to a channel, and what plays there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The sender's name.
    pub name: String,
    /// What it says that plays.
    pub title: Title,
}
