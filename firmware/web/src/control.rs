//! What people may ask of the party over HTTP, as values. What each means is decided by whoever reads the other end.

use std::fmt;

use party::{Asker, Done, Wish};
use tokio::sync::oneshot;

/// Commands waiting for the party's loop: more than there are guests who tap in the same moment. It takes them in far
/// less than a millisecond each; if that many wait, it is stuck, and a further one is refused with 503 rather than kept.
pub const COMMANDS_WAITING_MAX: usize = 256;

/// A source a host can choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// The tracks in local storage.
    Files,
    /// The line-in socket.
    LineIn,
}

impl SourceKind {
    /// Every source.
    pub const ALL: [Self; 2] = [Self::Files, Self::LineIn];

    /// Its name in every API.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::LineIn => "line-in",
        }
    }

    /// The source named `id`, if there is one.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.id() == id)
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Let the music play.
    Play,
    /// Pause it.
    Pause,
    /// Go on to the next track.
    Next,
    /// Take the sound from this source.
    Source(SourceKind),
    /// Something about queue, requests, votes, settings, or the party as a whole.
    Wish(Wish),
}

/// Why a well-formed command was refused by the party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It makes no sense now (nothing to skip, source not there); the text says why, for the host. 409.
    NotNow(String),
    /// The rules do not grant it.
    Rules(party::Refused),
    /// The party is going down or stuck. 503.
    Unavailable,
}

/// An action and the place for its outcome.
#[derive(Debug)]
pub struct Command {
    /// What to do.
    pub action: Action,
    /// Who asks.
    pub by: Asker,
    /// Where the outcome goes. Dropping it counts as [`Refused::Unavailable`].
    pub reply: oneshot::Sender<Result<Done, Refused>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_found_by_its_own_id() {
        for source in SourceKind::ALL {
            assert_eq!(SourceKind::from_id(source.id()), Some(source));
        }
        assert_eq!(SourceKind::from_id("Files"), None);
    }
}
