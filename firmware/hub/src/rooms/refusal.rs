//! Why something is refused in a room, as codes with values; whoever shows them has the words.

/// Why something is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomRefused {
    /// The name is empty. Another one is taken.
    NoName,
    /// There is no room of this code (any more).
    NoSuchRoom,
    /// There are as many rooms as may be; one ends when its last participant leaves.
    TooManyRooms {
        /// So many.
        max: usize,
    },
    /// The room has as many participants as one may have.
    RoomFull {
        /// So many.
        max: usize,
    },
    /// Whoever asks is in no room.
    NotInARoom,
    /// Whoever asks is in a room already.
    InARoom,
    /// Nobody of this number is in the room.
    NoSuchParticipant,
    /// Only the DJ may do this, or it may be said to the DJ only.
    NotTheDj,
    /// Somebody is DJ, and hands over or not.
    HasADj,
}

impl RoomRefused {
    /// Returns the word for the reason, which never changes.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoName => "no-name",
            Self::NoSuchRoom => "no-such-room",
            Self::TooManyRooms { .. } => "too-many-rooms",
            Self::RoomFull { .. } => "room-full",
            Self::NotInARoom => "not-in-a-room",
            Self::InARoom => "in-a-room",
            Self::NoSuchParticipant => "no-such-participant",
            Self::NotTheDj => "not-the-dj",
            Self::HasADj => "has-a-dj",
        }
    }

    /// Returns the limit that was reached, if it was one.
    pub fn max(self) -> Option<usize> {
        match self {
            Self::TooManyRooms { max } | Self::RoomFull { max } => Some(max),
            _ => None,
        }
    }
}
