//! Who sends sound to the box, as a value between HTTP and whoever shows it: the rules of [`hub`] behind one lock.
//!
//! What is sent goes from the fan-out straight to the channel's sound; here is only who it is, and whether they still are. No
//! secret is kept, only its hash.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::rand;
use base::{ChannelId, GuestId, PacketInlet, Rate, RateLimit, SentPacket, Time, Verdict};
use hub::{Refused, SendingId, TokenId, Who};
use rtc::api::SessionId;

use crate::pairing::{SECRET_BYTES, Secret};

/// Opens a channel's input for a sender: returns where its packets go, or `None` if the system has no memory for it.
pub type Open = Arc<dyn Fn() -> Option<Box<dyn PacketInlet>> + Send + Sync>;

/// The inputs for senders of all channels, and how each is opened.
pub type Intakes = Arc<BTreeMap<ChannelId, Open>>;

/// Wrong tokens that are looked at, ten a second; more are refused unread, whoever brings them. A token has 128 bits, so that this
/// only saves work.
const WRONG_TOKENS: RateLimit = RateLimit::new(Rate { per_1000_s: 10_000, burst: 10 });

/// Why somebody may not send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// Nothing was brought that lets anybody send to the channel.
    Token,
    /// Too many wrong tokens came within a second.
    TooMany,
}

/// A connection of a sender.
#[derive(Debug)]
struct Live {
    /// Its media session, once it is answered.
    session: Option<SessionId>,
    is_alive: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Book {
    senders: hub::Senders,
    live: BTreeMap<SendingId, Live>,
    wrong: RateLimit,
}

impl Book {
    /// Forgets connections that have ended.
    fn prune(&mut self) {
        let Self { senders, live, .. } = self;
        live.retain(|id, live| {
            let is_alive = live.is_alive.load(Ordering::Acquire);
            if !is_alive {
                senders.end(*id);
            }
            is_alive
        });
    }

    /// Returns the media sessions of these connections, which are to be ended.
    fn sessions(&mut self, ended: impl IntoIterator<Item = SendingId>) -> Vec<SessionId> {
        ended.into_iter().filter_map(|id| self.live.remove(&id)?.session).collect()
    }
}

/// Who sends. Cloning gives another handle to the same.
#[derive(Clone, Debug)]
pub struct Senders(Arc<Mutex<Book>>);

impl Default for Senders {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Book {
            senders: hub::Senders::default(),
            live: BTreeMap::new(),
            wrong: WRONG_TOKENS,
        })))
    }
}

/// A connection that has begun, and whose it was before.
pub(crate) struct Begun {
    id: SendingId,
    is_alive: Arc<AtomicBool>,
    /// The media session that it replaces.
    pub(crate) replaced: Option<SessionId>,
}

/// The way in of a sender's packets, which says when it ends.
struct Watched {
    inlet: Box<dyn PacketInlet>,
    is_alive: Arc<AtomicBool>,
}

impl PacketInlet for Watched {
    fn take(&mut self, packet: SentPacket<'_>) {
        self.inlet.take(packet);
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.is_alive.store(false, Ordering::Release);
    }
}

impl Begun {
    /// Returns `inlet` as one whose end is the connection's.
    pub(crate) fn watch(&self, inlet: Box<dyn PacketInlet>) -> Box<dyn PacketInlet> {
        Box::new(Watched { inlet, is_alive: Arc::clone(&self.is_alive) })
    }

    /// Gives the connection up before anything came of it.
    pub(crate) fn abandon(self) {
        self.is_alive.store(false, Ordering::Release);
    }
}

/// Somebody who sends, for the hosts' list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OnAir {
    pub(crate) channel: ChannelId,
    pub(crate) name: String,
    pub(crate) token: Option<TokenId>,
    pub(crate) guest: Option<GuestId>,
}

impl Senders {
    /// The book stays right whatever panicked elsewhere: it is only ever changed in one step.
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a token for whoever a host calls `name`, and returns it with its secret, which nobody can ask for again.
    ///
    /// # Errors
    /// The rules refuse it; `None` inside: the system has no random bytes.
    pub(crate) fn issue(&self, name: &str, channel: Option<ChannelId>) -> Result<Option<(TokenId, Secret)>, Refused> {
        let mut bytes = [0; SECRET_BYTES];
        if rand::fill(&mut bytes).is_err() {
            return Ok(None);
        }
        let secret = Secret::new(bytes);
        let id = self.book().senders.issue(name, channel, secret.key().0)?;
        Ok(Some((id, secret)))
    }

    /// Removes a token and returns the media sessions to be ended; `None` if there is no such token.
    pub(crate) fn revoke(&self, id: TokenId) -> Option<Vec<SessionId>> {
        let mut book = self.book();
        let ended = book.senders.revoke(id)?;
        Some(book.sessions(ended))
    }

    /// Returns the token that a sender to `channel` brings as `text`, and its name.
    ///
    /// # Errors
    /// It is none, or too many wrong ones came.
    pub(crate) fn check(&self, text: &str, channel: ChannelId, now: Time) -> Result<(TokenId, String), Unknown> {
        let mut book = self.book();
        let hash = Secret::from_hex(text.as_bytes()).map(|secret| secret.key().0);
        if let Some(token) = hash.and_then(|hash| book.senders.find(&hash, channel)) {
            return Ok((token.id, token.name.clone()));
        }
        match book.wrong.event(now) {
            Verdict::Write { .. } => Err(Unknown::Token),
            _ => Err(Unknown::TooMany),
        }
    }

    /// Returns whether `text` is the secret of the token `id`.
    pub(crate) fn is_secret_of(&self, id: TokenId, text: &str) -> bool {
        let secret = Secret::from_hex(text.as_bytes());
        secret.is_some_and(|secret| self.book().senders.is_secret_of(id, &secret.key().0))
    }

    /// Somebody begins to send to `channel`.
    ///
    /// # Errors
    /// Somebody else does already, and this one does not take over.
    pub(crate) fn begin(&self, channel: ChannelId, who: Who, name: &str, takes_over: bool) -> Result<Begun, Refused> {
        let mut book = self.book();
        book.prune();
        let (id, replaced) = book.senders.begin(channel, who, name, takes_over)?;
        let replaced = book.sessions(replaced).pop();
        let is_alive = Arc::new(AtomicBool::new(true));
        book.live.insert(id, Live { session: None, is_alive: Arc::clone(&is_alive) });
        Ok(Begun { id, is_alive, replaced })
    }

    /// A connection that has begun is answered. Returns `false` if it was replaced or revoked meanwhile: then its session is to
    /// be ended.
    pub(crate) fn answered(&self, begun: &Begun, session: SessionId) -> bool {
        let mut book = self.book();
        let live = book.live.get_mut(&begun.id);
        live.map(|live| live.session = Some(session)).is_some()
    }

    /// The party has ended: returns the media sessions to be ended.
    pub(crate) fn end_party(&self) -> Vec<SessionId> {
        let mut book = self.book();
        let ended = book.senders.end_party();
        book.sessions(ended)
    }

    /// A guest is no DJ any more: returns the media sessions to be ended.
    pub(crate) fn end_guest(&self, guest: GuestId) -> Vec<SessionId> {
        let mut book = self.book();
        let ended = book.senders.end_guest(guest);
        book.sessions(ended)
    }

    /// The sender of `channel` shall be ended: returns its media session; `None` if nobody sends.
    pub(crate) fn end_channel(&self, channel: ChannelId) -> Option<SessionId> {
        let mut book = self.book();
        book.prune();
        let ended = book.senders.end_channel(channel)?;
        book.sessions([ended]).pop()
    }

    /// Returns the name of who sends to `channel`; `None` if nobody does.
    pub fn name(&self, channel: ChannelId) -> Option<String> {
        let mut book = self.book();
        book.prune();
        book.senders.sending(channel).map(|sending| sending.name.clone())
    }

    /// Returns the tokens with the names that hosts gave them, and the channel that each is for.
    pub(crate) fn tokens(&self) -> Vec<(TokenId, String, Option<ChannelId>)> {
        let book = self.book();
        book.senders.tokens().iter().map(|token| (token.id, token.name.clone(), token.channel)).collect()
    }

    /// Returns everybody who sends.
    pub(crate) fn on_air(&self) -> Vec<OnAir> {
        let mut book = self.book();
        book.prune();
        let one = |(channel, sending): (ChannelId, &hub::Sending)| OnAir {
            channel,
            name: sending.name.clone(),
            token: if let Who::Token(token) = sending.who { Some(token) } else { None },
            guest: if let Who::Guest(guest) = sending.who { Some(guest) } else { None },
        };
        book.senders.all().map(one).collect()
    }
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nowhere;

    impl PacketInlet for Nowhere {
        fn take(&mut self, _: SentPacket<'_>) {}
    }

    #[test]
    fn whoever_is_gone_holds_no_channel() {
        let (senders, channel) = (Senders::default(), ChannelId::new("main").unwrap());
        let first = senders.begin(channel, Who::Guest(GuestId(1)), "Ann", false).unwrap();
        let inlet = first.watch(Box::new(Nowhere));
        assert!(senders.answered(&first, SessionId(1)));
        assert!(senders.begin(channel, Who::Guest(GuestId(2)), "Bob", false).is_err());
        assert_eq!(senders.name(channel).as_deref(), Some("Ann"));
        drop(inlet);
        assert_eq!(senders.name(channel), None);
        assert!(senders.begin(channel, Who::Guest(GuestId(2)), "Bob", false).is_ok());
    }

    #[test]
    fn a_revoked_token_ends_what_was_sent_with_it_even_before_it_is_answered() {
        let (senders, channel) = (Senders::default(), ChannelId::new("main").unwrap());
        let (token, secret) = senders.issue("Desk", None).unwrap().unwrap();
        assert_eq!(senders.check(&secret.to_hex(), channel, Time::ZERO), Ok((token, "Desk".to_owned())));
        let begun = senders.begin(channel, Who::Token(token), "Desk", false).unwrap();
        assert!(senders.answered(&begun, SessionId(7)));
        assert_eq!(senders.revoke(token), Some(vec![SessionId(7)]));
        assert!(!senders.answered(&begun, SessionId(7)));
        assert_eq!(senders.check(&secret.to_hex(), channel, Time::ZERO), Err(Unknown::Token));
    }

    #[test]
    fn wrong_tokens_are_looked_at_ten_times_a_second() {
        let (senders, channel) = (Senders::default(), ChannelId::new("main").unwrap());
        let (_, secret) = senders.issue("Desk", None).unwrap().unwrap();
        for n in 0..20 {
            let expected = if n < 10 { Unknown::Token } else { Unknown::TooMany };
            assert_eq!(senders.check("nonsense", channel, Time::ZERO), Err(expected), "{n}");
        }
        assert!(senders.check(&secret.to_hex(), channel, Time::ZERO).is_ok(), "the right one counts all the same");
        assert_eq!(senders.check("", channel, Time::from_micros(2_000_000)), Err(Unknown::Token));
    }
}
