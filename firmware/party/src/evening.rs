//! Which channels the evening has: their names, colours and order.
//!
//! Pure, like the rules of one channel. What a channel plays is its own party's business ([`crate::Party`]); starting
//! and ending what a channel is made of is done by whoever asks here, as the answer says.

use base::ChannelId;

use crate::channel::{CHANNEL_NAME_CHARS_MAX, CHANNELS_MAX, Channel, ChannelWish, Color, LATEST};
use crate::repertoire::Repertoire;
use crate::text::shown;
use crate::wish::Refused;

/// What a wish about a channel has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// There is another channel, the last one.
    Added,
    /// The channels are the same; a name, a colour, a repertoire or their order has changed.
    Described,
    /// The channel is gone; whoever listens to it goes on with this one.
    Removed {
        /// The first channel that is left.
        successor: ChannelId,
    },
}

/// The channels of an evening, at least one and at most [`CHANNELS_MAX`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evening {
    channels: Vec<Channel>,
}

impl Evening {
    /// Returns an evening with the one channel `first`, which has the first colour and no name of its own.
    pub fn new(first: ChannelId) -> Self {
        let (color, repertoire) = (Color::default(), Repertoire::All);
        let channel = Channel { id: first, name: String::new(), color, repertoire };
        Self { channels: vec![channel] }
    }

    /// Returns an evening with `channels`, as far as the rules allow them; `None` if none is left.
    pub fn resume(channels: &[Channel]) -> Option<Self> {
        let mut evening = Self { channels: Vec::new() };
        for Channel { id, name, color, repertoire } in channels.iter().cloned() {
            // What breaks a rule was not written by this box: it is left out.
            let (name, color, repertoire) = (Some(name), Some(color), Some(repertoire));
            _ = evening.ask(id, ChannelWish::Put { name, color, repertoire });
        }
        (!evening.channels.is_empty()).then_some(evening)
    }

    /// Returns the channels in their order.
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// Returns what the channel `id` plays by itself.
    pub fn repertoire_of(&self, id: ChannelId) -> &Repertoire {
        let channel = self.channels.iter().find(|channel| channel.id == id);
        channel.map_or(&Repertoire::All, |channel| &channel.repertoire)
    }

    /// Grants a wish about the channel `id`, and returns what has changed.
    ///
    /// # Errors
    /// Why it is refused; then nothing has changed.
    pub fn ask(&mut self, id: ChannelId, wish: ChannelWish) -> Result<Changed, Refused> {
        let place = self.channels.iter().position(|channel| channel.id == id);
        match (wish, place) {
            (ChannelWish::Put { name, color, repertoire }, _) => self.put(id, place, name, color, repertoire),
            (_, None) => Err(Refused::NoSuchChannel),
            (ChannelWish::Move(to), Some(place)) => {
                let channel = self.channels.remove(place);
                self.channels.insert(to.min(self.channels.len()), channel);
                Ok(Changed::Described)
            }
            (ChannelWish::Remove, Some(_)) if self.channels.len() == 1 => Err(Refused::LastChannel),
            (ChannelWish::Remove, Some(place)) => {
                self.channels.remove(place);
                Ok(Changed::Removed { successor: self.channels[0].id })
            }
        }
    }

    fn put(
        &mut self,
        id: ChannelId,
        place: Option<usize>,
        name: Option<String>,
        color: Option<Color>,
        repertoire: Option<Repertoire>,
    ) -> Result<Changed, Refused> {
        if id.as_str() == LATEST {
            return Err(Refused::ReservedName);
        }
        if place.is_none() && self.channels.len() == CHANNELS_MAX {
            return Err(Refused::ChannelsFull);
        }
        let is_free = |color: &Color| !self.channels.iter().any(|other| other.id != id && other.color == *color);
        if color.is_some_and(|color| !is_free(&color)) {
            return Err(Refused::ColorTaken);
        }
        if repertoire.as_ref().is_some_and(|repertoire| !repertoire.is_legal()) {
            return Err(Refused::NoSuchPlace);
        }
        let name = name.map(|name| shown(&name, CHANNEL_NAME_CHARS_MAX).ok_or(Refused::BadText)).transpose()?;
        if let Some(place) = place {
            let channel = &mut self.channels[place];
            channel.name = name.unwrap_or_else(|| channel.name.clone());
            channel.color = color.unwrap_or(channel.color);
            channel.repertoire = repertoire.unwrap_or_else(|| channel.repertoire.clone());
            return Ok(Changed::Described);
        }
        let free = color.or_else(|| Color::ALL.into_iter().find(is_free)).ok_or(Refused::ChannelsFull)?;
        let (name, repertoire) = (name.unwrap_or_default(), repertoire.unwrap_or_default());
        self.channels.push(Channel { id, name, color: free, repertoire });
        Ok(Changed::Added)
    }
}
