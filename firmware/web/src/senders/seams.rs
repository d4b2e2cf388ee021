//! The seams between who sends, whoever makes sound of it, and whoever shows it.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::{ChannelId, PacketInlet, StreamInlet};
use hub::{Fader, Place, SendingId, together};

use super::title::Title;
use crate::status::SourceState;

/// Opens one of a channel's places for a sender: returns where its packets go, or `None` if the system has no memory for it.
pub type Open = Arc<dyn Fn(Place) -> Option<Box<dyn PacketInlet>> + Send + Sync>;

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

/// Opens one of a channel's places for a sender of a stream of bytes: returns where they go, or `None` if the system refuses
/// something.
pub type OpenStream = Arc<dyn Fn(Place, OnNews) -> Option<StreamInlet> + Send + Sync>;

/// What becomes of what comes in at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arriving {
    /// What is heard of it.
    pub state: SourceState,
    /// How long what came last waits until it is played, in microseconds, as it was measured last.
    pub waits_us: u64,
}

/// Returns what becomes of what comes in at one of a channel's places.
pub type Arrives = Arc<dyn Fn(Place) -> Arriving + Send + Sync>;

/// A channel's input for senders, by what they send.
#[derive(Clone)]
pub struct Intake {
    /// Opus packets.
    pub packets: Open,
    /// A stream of bytes that says itself what it is.
    pub stream: OpenStream,
    /// What becomes of either.
    pub arrives: Arrives,
}

/// The inputs for senders of all channels.
pub type Intakes = Arc<BTreeMap<ChannelId, Intake>>;

/// Who sends to a channel, and what plays there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The connection.
    pub id: SendingId,
    /// The sender's name.
    pub name: String,
    /// What it says that plays.
    pub title: Title,
    /// Which of the channel's places for senders it has.
    pub place: u8,
    /// How loud it is heard.
    pub fader: Fader,
}

/// Returns the name of who sends to a channel and what plays there, as others are shown it; both are empty if nobody does. Where
/// several play together, the artists are those who play, whatever they play.
pub fn shown(heard: &[Heard]) -> (String, Title) {
    let name = together(heard.iter().map(|one| one.name.as_str()));
    match heard {
        [one] => (name, one.title.clone()),
        several => {
            let title = together(several.iter().map(|one| one.title.title.as_str()));
            let artist = if title.is_empty() { String::new() } else { name.clone() };
            (name, Title { title, artist })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_plays_alone_is_shown_as_it_says_and_two_by_both_names() {
        let one = |n: u32, name: &str, title: &str, artist: &str| Heard {
            id: SendingId(n),
            name: name.to_owned(),
            title: Title { title: title.to_owned(), artist: artist.to_owned() },
            place: 0,
            fader: Fader::FULL,
        };
        let (ann, bob) = (one(1, "Ann", "Red", "The Reds"), one(2, "Bob", "Blue", ""));
        let title = |title: &str, artist: &str| Title { title: title.to_owned(), artist: artist.to_owned() };
        assert_eq!(shown(&[]), (String::new(), Title::default()));
        assert_eq!(shown(std::slice::from_ref(&ann)), ("Ann".to_owned(), title("Red", "The Reds")));
        assert_eq!(shown(&[ann.clone(), bob]), ("Ann + Bob".to_owned(), title("Red + Blue", "Ann + Bob")));
        assert_eq!(shown(&[ann, one(2, "Bob", "", "")]).1, title("Red", "Ann + Bob"));
        assert_eq!(shown(&[one(1, "Ann", "", ""), one(2, "Bob", "", "")]), ("Ann + Bob".to_owned(), title("", "")));
    }
}
