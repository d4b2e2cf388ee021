//! A channel as guests see it, and what can be wanted of one.
//!
//! Values; which of them may be together is the evening's business.

use base::ChannelId;
use serde::{Deserialize, Serialize};

use crate::repertoire::Repertoire;

/// Most channels of an evening: one for each colour.
pub const CHANNELS_MAX: usize = Color::ALL.len();

/// Longest name of a channel, characters: what fits on a phone's button.
pub const CHANNEL_NAME_CHARS_MAX: usize = 24;

/// The name under which addresses mean the newest channel, so that none can be called so.
pub const LATEST: &str = "latest";

/// The colour of a channel. Each goes with a shape and a name of its own, so that nobody has to tell colours apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Color {
    /// A circle.
    #[default]
    Red,
    /// A triangle.
    Green,
    /// A square.
    Blue,
    /// A star.
    Yellow,
    /// A diamond.
    Purple,
    /// A hexagon.
    Orange,
    /// A cross.
    Teal,
    /// A heart.
    Pink,
}

impl Color {
    /// Every colour, in the order in which channels get them.
    pub const ALL: [Self; 8] =
        [Self::Red, Self::Green, Self::Blue, Self::Yellow, Self::Purple, Self::Orange, Self::Teal, Self::Pink];

    /// Returns its name in every API.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Yellow => "yellow",
            Self::Purple => "purple",
            Self::Orange => "orange",
            Self::Teal => "teal",
            Self::Pink => "pink",
        }
    }

    /// Returns the colour named `id`, if there is one.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|color| color.id() == id)
    }
}

/// A programme that guests can choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Its identity.
    pub id: ChannelId,
    /// What it is called; empty: by its colour, in each guest's language.
    pub name: String,
    /// Its colour; no two channels share one.
    pub color: Color,
    /// What it plays by itself. Left out of what was written before there was a choice.
    #[serde(default, skip_serializing_if = "Repertoire::is_all")]
    pub repertoire: Repertoire,
}

/// What can be wanted of a channel as such.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelWish {
    /// Let there be this channel, called and coloured like this. What is left out stays as it is; a channel that is added
    /// has no name of its own, the first colour that no other has, and plays everything.
    Put {
        /// Its name: at most [`CHANNEL_NAME_CHARS_MAX`] characters; empty: by its colour.
        #[serde(default)]
        name: Option<String>,
        /// Its colour.
        #[serde(default)]
        color: Option<Color>,
        /// What it plays by itself.
        #[serde(default)]
        repertoire: Option<Repertoire>,
    },
    /// Put it where the channel of that index stands, counted from 0; a larger index is the end.
    Move(usize),
    /// Remove it.
    Remove,
}
