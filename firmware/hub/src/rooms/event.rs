//! What participants of a room are told, with the names that it has on the wire.

use serde::Serialize;

use super::participant::{Participant, ParticipantId};

/// What happens in a room, as its participants are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// Somebody came in. The DJ offers sound to them.
    ParticipantJoined {
        /// Who.
        participant: Participant,
    },
    /// Somebody is gone.
    ParticipantLeft {
        /// Who.
        id: ParticipantId,
    },
    /// From now on this one plays, and offers sound to all others.
    DjChanged {
        /// Who.
        dj: ParticipantId,
    },
    /// The DJ is gone, and nobody plays: whoever takes over first is the next one. Who was lost is so again on coming back before
    /// that.
    DjLost {
        /// Who it was.
        id: ParticipantId,
        /// What they were called.
        name: String,
    },
    /// Somebody came back in place of this participant, whose connection is over.
    Replaced,
}

/// What one participant is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Who.
    pub to: ParticipantId,
    /// What.
    pub event: Event,
}
