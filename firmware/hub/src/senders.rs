//! Tokens with which programs may send, and who sends to which channel, at which fader. What a sender's sound does is not here.

use std::collections::BTreeMap;

use base::{ChannelId, GuestId};
use serde::Serialize;

use crate::fader::Fader;
use crate::text::shown;

/// Tokens at once: every desk, phone and program of a large party. A further one is refused.
pub const TOKENS_MAX: usize = 32;

/// The identity of a token. Counts up while the box runs. No secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct TokenId(pub u32);

/// The identity of one connection of a sender. Counts up while the box runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct SendingId(pub u32);

/// Allows the holder of its secret to send. The box keeps only a hash of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its identity.
    pub id: TokenId,
    /// The name that a host gave its holder.
    pub name: String,
    /// The channel it is for; `None`: any.
    pub channel: Option<ChannelId>,
    hash: [u8; 32],
}

/// By what right somebody sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// By this token.
    Token(TokenId),
    /// As this guest, whom a host has made DJ.
    Guest(GuestId),
    /// As a host.
    Host,
}

/// Most senders that a channel may have at once: as many as the mixer has places for beside line-in and a voice.
pub const TOGETHER_MAX: usize = 4;

/// Where a sender's sound comes into a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// One of the channel's places for senders: below [`TOGETHER_MAX`].
    Sender(u8),
    /// The place of a host who speaks over the music.
    Voice,
}

/// Somebody who sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// The identity of the connection.
    pub id: SendingId,
    /// By what right.
    pub who: Who,
    /// What others are shown.
    pub name: String,
    /// Which of the channel's places for senders it has.
    pub place: u8,
    /// How loud it is heard. Outlasts a connection that the same sender replaces.
    pub fader: Fader,
}

/// What a channel lets a new sender do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How many may send to it at once: 1 to [`TOGETHER_MAX`].
    pub together_max: usize,
    /// Whether the new one ends the others where there is no place left.
    pub takes_over: bool,
}

/// A connection that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Began {
    /// Its identity.
    pub id: SendingId,
    /// Where its sound comes in.
    pub place: Place,
    /// The connections that it replaces, which are to be ended.
    pub replaced: Vec<SendingId>,
}

/// Why something is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Others send to the channel, and there is no place left; a host may take over.
    Taken {
        /// Who, as it is shown.
        name: String,
    },
    /// There are [`TOKENS_MAX`] tokens.
    TooManyTokens,
    /// The name is empty.
    NoName,
}

/// Who may send, and who does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Senders {
    tokens: Vec<Token>,
    /// Of each channel, the one that began first first.
    on: BTreeMap<ChannelId, Vec<Sending>>,
    /// Of each channel, the host who speaks over it.
    voices: BTreeMap<ChannelId, SendingId>,
    last_token: u32,
    last_sending: u32,
}

impl Senders {
    /// Adds a token of whose secret `hash` is known, for `channel` or for any.
    ///
    /// # Errors
    /// [`Refused::TooManyTokens`], [`Refused::NoName`].
    pub fn issue(&mut self, name: &str, channel: Option<ChannelId>, hash: [u8; 32]) -> Result<TokenId, Refused> {
        if self.tokens.len() >= TOKENS_MAX {
            return Err(Refused::TooManyTokens);
        }
        let name = shown(name).ok_or(Refused::NoName)?;
        self.last_token += 1;
        let id = TokenId(self.last_token);
        self.tokens.push(Token { id, name, channel, hash });
        Ok(id)
    }

    /// Returns every token, oldest first.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Returns the token of whose secret this is the hash, if it is for `channel`.
    pub fn find(&self, hash: &[u8; 32], channel: ChannelId) -> Option<&Token> {
        let fits = |token: &&Token| token.hash == *hash && token.channel.is_none_or(|only| only == channel);
        self.tokens.iter().find(fits)
    }

    /// Returns the token of whose secret this is the hash, whichever channel it is for.
    pub fn holder(&self, hash: &[u8; 32]) -> Option<&Token> {
        self.tokens.iter().find(|token| token.hash == *hash)
    }

    /// Returns whether this is the hash of the secret of the token `id`.
    pub fn is_secret_of(&self, id: TokenId, hash: &[u8; 32]) -> bool {
        self.tokens.iter().any(|token| token.id == id && token.hash == *hash)
    }

    /// Removes a token; returns who sent with it and is to be ended, or `None` if there is no such token.
    pub fn revoke(&mut self, id: TokenId) -> Option<Vec<SendingId>> {
        let at = self.tokens.iter().position(|token| token.id == id)?;
        self.tokens.remove(at);
        Some(self.end_all(|who| who == Who::Token(id)))
    }

    /// The party has ended: no token and no DJ outlives it. Returns who is to be ended.
    pub fn end_party(&mut self) -> Vec<SendingId> {
        self.tokens.clear();
        self.end_all(|who| who != Who::Host)
    }

    /// A guest is no DJ any more; returns who is to be ended.
    pub fn end_guest(&mut self, guest: GuestId) -> Vec<SendingId> {
        self.end_all(|who| who == Who::Guest(guest))
    }

    /// Ends all senders of `channel`; returns them.
    pub fn end_channel(&mut self, channel: ChannelId) -> Vec<SendingId> {
        self.on.remove(&channel).unwrap_or_default().into_iter().map(|sending| sending.id).collect()
    }

    /// One sender of `channel` shall be ended; returns whether it sends.
    pub fn end_one(&mut self, channel: ChannelId, id: SendingId) -> bool {
        let sends = self.sending(channel).iter().any(|sending| sending.id == id);
        if sends {
            self.end(id);
        }
        sends
    }

    fn end_all(&mut self, is_over: impl Fn(Who) -> bool) -> Vec<SendingId> {
        let mut ended = Vec::new();
        for on in self.on.values_mut() {
            ended.extend(on.extract_if(.., |sending| is_over(sending.who)).map(|sending| sending.id));
        }
        self.on.retain(|_, on| !on.is_empty());
        ended
    }

    /// Somebody begins to send to `channel`. Whoever does so already and lost its network keeps its place and its fader.
    ///
    /// # Errors
    /// [`Refused::Taken`].
    pub fn begin(&mut self, channel: ChannelId, who: Who, name: &str, terms: Terms) -> Result<Began, Refused> {
        let id = SendingId(self.last_sending + 1);
        let name = shown(name).unwrap_or_default();
        let on = self.on.entry(channel).or_default();
        if let Some(before) = on.iter_mut().find(|sending| sending.who == who) {
            let replaced = vec![std::mem::replace(&mut before.id, id)];
            before.name = name;
            self.last_sending += 1;
            return Ok(Began { id, place: Place::Sender(before.place), replaced });
        }
        let is_full = on.len() >= terms.together_max;
        if is_full && !terms.takes_over {
            return Err(Refused::Taken { name: together(on.iter().map(|sending| sending.name.as_str())) });
        }
        let replaced = if is_full { on.drain(..).map(|sending| sending.id).collect() } else { Vec::new() };
        let is_free = |place: &u8| on.iter().all(|sending| sending.place != *place);
        // Fewer send than there are places.
        let place = (0..TOGETHER_MAX as u8).find(is_free).unwrap_or_default();
        on.push(Sending { id, who, name, place, fader: Fader::FULL });
        self.last_sending += 1;
        Ok(Began { id, place: Place::Sender(place), replaced })
    }

    /// Starts a host's voice over `channel`, in place of the one before.
    pub fn begin_voice(&mut self, channel: ChannelId) -> Began {
        self.last_sending += 1;
        let id = SendingId(self.last_sending);
        let replaced = self.voices.insert(channel, id).into_iter().collect();
        Began { id, place: Place::Voice, replaced }
    }

    /// Sets the fader of a sender of `channel`; returns whether it sends.
    pub fn set_fader(&mut self, channel: ChannelId, id: SendingId, fader: Fader) -> bool {
        let on = self.on.get_mut(&channel).into_iter().flatten().find(|sending| sending.id == id);
        on.map(|sending| sending.fader = fader).is_some()
    }

    /// A connection has ended.
    pub fn end(&mut self, id: SendingId) {
        for on in self.on.values_mut() {
            on.retain(|sending| sending.id != id);
        }
        self.on.retain(|_, on| !on.is_empty());
        self.voices.retain(|_, voice| *voice != id);
    }

    /// Returns who sends to `channel`, the one that began first first.
    pub fn sending(&self, channel: ChannelId) -> &[Sending] {
        self.on.get(&channel).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the connection of the host who speaks over `channel`.
    pub fn voice(&self, channel: ChannelId) -> Option<SendingId> {
        self.voices.get(&channel).copied()
    }

    /// Returns everybody who sends, and to which channel.
    pub fn all(&self) -> impl Iterator<Item = (ChannelId, &Sending)> {
        self.on.iter().flat_map(|(channel, on)| on.iter().map(|sending| (*channel, sending)))
    }
}

/// Returns the names of those who play together, as they are shown in every language.
pub fn together<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    names.join(" + ")
}

#[cfg(test)]
mod tests;
