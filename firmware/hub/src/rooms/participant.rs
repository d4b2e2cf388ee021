//! Somebody in a room, as others are shown them.

use serde::{Deserialize, Serialize};

/// The identity of somebody's stay in a room. Counts up while the box runs; who comes back has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ParticipantId(pub u64);

/// Somebody in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Participant {
    /// Their identity.
    pub id: ParticipantId,
    /// What others are shown; nobody else in the room is called so.
    pub name: String,
}
