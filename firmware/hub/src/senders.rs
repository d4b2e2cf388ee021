//! Tokens with which programs may send, and who sends to which channel.

use std::collections::BTreeMap;

use base::{ChannelId, GuestId};
use serde::Serialize;

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

/// Somebody who sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// The identity of the connection.
    pub id: SendingId,
    /// By what right.
    pub who: Who,
    /// What others are shown.
    pub name: String,
}

/// Why something is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Somebody else sends to the channel; a host may take over.
    Taken {
        /// Who.
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
    on: BTreeMap<ChannelId, Sending>,
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

    /// The sender of `channel` shall be ended; returns who that is.
    pub fn end_channel(&mut self, channel: ChannelId) -> Option<SendingId> {
        self.on.remove(&channel).map(|sending| sending.id)
    }

    fn end_all(&mut self, is_over: impl Fn(Who) -> bool) -> Vec<SendingId> {
        self.on.extract_if(.., |_, sending| is_over(sending.who)).map(|(_, sending)| sending.id).collect()
    }

    /// Somebody begins to send to `channel`. Returns the connection, and the one that it replaces: the same sender's, which
    /// lost its network, or another's if the new one `takes_over`.
    ///
    /// # Errors
    /// [`Refused::Taken`].
    pub fn begin(
        &mut self,
        channel: ChannelId,
        who: Who,
        name: &str,
        takes_over: bool,
    ) -> Result<(SendingId, Option<SendingId>), Refused> {
        if let Some(other) = self.on.get(&channel).filter(|other| other.who != who && !takes_over) {
            return Err(Refused::Taken { name: other.name.clone() });
        }
        self.last_sending += 1;
        let id = SendingId(self.last_sending);
        let name = shown(name).unwrap_or_default();
        let replaced = self.on.insert(channel, Sending { id, who, name });
        Ok((id, replaced.map(|replaced| replaced.id)))
    }

    /// A connection has ended.
    pub fn end(&mut self, id: SendingId) {
        self.on.retain(|_, sending| sending.id != id);
    }

    /// Returns who sends to `channel`.
    pub fn sending(&self, channel: ChannelId) -> Option<&Sending> {
        self.on.get(&channel)
    }

    /// Returns every channel to which somebody sends, and who.
    pub fn all(&self) -> impl Iterator<Item = (ChannelId, &Sending)> {
        self.on.iter().map(|(channel, sending)| (*channel, sending))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::NAME_CHARS_MAX;

    fn channel(name: &str) -> ChannelId {
        ChannelId::new(name).unwrap()
    }

    #[test]
    fn a_token_is_for_its_channel_or_for_any_and_only_until_it_is_revoked() {
        let mut senders = Senders::default();
        let (red, blue) = (channel("red"), channel("blue"));
        let desk = senders.issue("Desk", Some(red), [1; 32]).unwrap();
        senders.issue(" \u{202e}Phone\n", None, [2; 32]).unwrap();
        assert_eq!(senders.tokens()[1].name, "Phone");
        assert_eq!(senders.find(&[1; 32], red).map(|token| token.id), Some(desk));
        assert_eq!(senders.find(&[1; 32], blue), None);
        assert!(senders.find(&[2; 32], blue).is_some() && senders.find(&[3; 32], red).is_none());
        assert_eq!(senders.holder(&[1; 32]).map(|token| (token.id, token.channel)), Some((desk, Some(red))));
        assert_eq!(senders.holder(&[3; 32]), None);
        let (sending, _) = senders.begin(red, Who::Token(desk), "Desk", false).unwrap();
        assert_eq!(senders.revoke(desk), Some(vec![sending]));
        assert_eq!((senders.find(&[1; 32], red), senders.sending(red)), (None, None));
        assert_eq!(senders.revoke(desk), None);
    }

    #[test]
    fn a_channel_has_one_sender_who_may_come_back_but_not_be_pushed_aside() {
        let mut senders = Senders::default();
        let (red, ann, bob) = (channel("red"), Who::Guest(GuestId(1)), Who::Guest(GuestId(2)));
        let (first, _) = senders.begin(red, ann, "Ann", false).unwrap();
        let (again, replaced) = senders.begin(red, ann, "Ann", false).unwrap();
        assert_eq!(replaced, Some(first));
        assert_eq!(senders.begin(red, bob, "Bob", false), Err(Refused::Taken { name: "Ann".to_owned() }));
        // What is said late of a connection that was replaced ends nothing.
        senders.end(first);
        assert_eq!(senders.sending(red).map(|sending| sending.id), Some(again));
        let (of_bob, replaced) = senders.begin(red, bob, "Bob", true).unwrap();
        assert_eq!(replaced, Some(again));
        assert_eq!(senders.end_guest(GuestId(2)), [of_bob]);
        assert!(senders.begin(channel("blue"), ann, "Ann", false).is_ok());
    }

    #[test]
    fn nothing_but_a_host_outlives_the_party() {
        let mut senders = Senders::default();
        let token = senders.issue("Desk", None, [1; 32]).unwrap();
        senders.begin(channel("red"), Who::Token(token), "Desk", false).unwrap();
        senders.begin(channel("blue"), Who::Guest(GuestId(1)), "Ann", false).unwrap();
        senders.begin(channel("green"), Who::Host, "", false).unwrap();
        assert_eq!(senders.end_party().len(), 2);
        assert!(senders.tokens().is_empty());
        assert_eq!(senders.all().map(|(channel, _)| channel).collect::<Vec<_>>(), [channel("green")]);
    }

    #[test]
    fn there_are_only_so_many_tokens_and_each_has_a_name() {
        let mut senders = Senders::default();
        assert_eq!(senders.issue(" \n", None, [0; 32]), Err(Refused::NoName));
        for n in 0..TOKENS_MAX {
            senders.issue(&"x".repeat(1_000), None, [n as u8; 32]).unwrap();
        }
        assert_eq!(senders.issue("more", None, [99; 32]), Err(Refused::TooManyTokens));
        assert_eq!(senders.tokens()[0].name.len(), NAME_CHARS_MAX);
    }
}
