//! Who sends sound to the box, as a value between HTTP and whoever shows it: the rules of [`hub`] behind one lock.
//!
//! What is sent goes from the fan-out straight to the channel's sound; here is only who it is, and whether they still are. No
//! secret is kept, only its hash.

mod seams;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::rand;
use base::{ChannelId, GuestId, PacketInlet, Rate, RateLimit, SentPacket, StreamInlet, Time, Verdict};
use hub::{Refused, SendingId, Token, TokenId, Who};
use rtc::api::SessionId;
use tokio::sync::Notify;

#[cfg(test)]
pub(crate) use self::seams::TITLE_CHARS_MAX;
pub(crate) use self::seams::line;
pub use self::seams::{Heard, Intake, Intakes, News, OnNews, Open, OpenStream, Title, WaitsUs};
use crate::pairing::{SECRET_BYTES, Secret};

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
    /// How its stream of bytes is ended, if it sends one.
    cut: Option<Cut>,
    title: Title,
    is_alive: Arc<AtomicBool>,
}

/// Ends a stream of bytes: what is heard of it, and its connection.
#[derive(Clone, Debug)]
struct Cut {
    is_cut: Arc<AtomicBool>,
    hung_up: Arc<Notify>,
}

/// A connection on which a stream comes. Dropping it says that the sender is gone.
#[derive(Debug)]
pub(crate) struct Streaming {
    is_alive: Arc<AtomicBool>,
    /// Notified when the connection shall end.
    pub(crate) hung_up: Arc<Notify>,
}

impl Drop for Streaming {
    fn drop(&mut self) {
        self.is_alive.store(false, Ordering::Release);
    }
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

    /// Ends what these connections send, and returns their media sessions, which are to be ended.
    fn sessions(&mut self, ended: impl IntoIterator<Item = SendingId>) -> Vec<SessionId> {
        let mut sessions = Vec::new();
        for live in ended.into_iter().filter_map(|id| self.live.remove(&id)) {
            if let Some(Cut { is_cut, hung_up }) = live.cut {
                is_cut.store(true, Ordering::Release);
                hung_up.notify_one();
            }
            sessions.extend(live.session);
        }
        sessions
    }

    /// Returns the connection of the sender of `channel` if its media session is this one.
    fn sends(&mut self, channel: ChannelId, session: SessionId) -> Option<SendingId> {
        self.prune();
        let id = self.senders.sending(channel)?.id;
        self.live.get(&id).filter(|live| live.session == Some(session)).map(|_| id)
    }

    /// Whether wrong tokens are too many to be looked at.
    fn refuse_token(&mut self, now: Time) -> Unknown {
        match self.wrong.event(now) {
            Verdict::Write { .. } => Unknown::Token,
            _ => Unknown::TooMany,
        }
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
    pub(crate) id: SendingId,
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
        Err(book.refuse_token(now))
    }

    /// Returns the token that a sender brings as `text`, whichever channel it is for.
    ///
    /// # Errors
    /// It is none, or too many wrong ones came.
    pub(crate) fn holder(&self, text: &str, now: Time) -> Result<Token, Unknown> {
        let mut book = self.book();
        let hash = Secret::from_hex(text.as_bytes()).map(|secret| secret.key().0);
        let found = hash.and_then(|hash| book.senders.holder(&hash).cloned());
        found.ok_or_else(|| book.refuse_token(now))
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
        let live = Live { session: None, cut: None, title: Title::default(), is_alive: Arc::clone(&is_alive) };
        book.live.insert(id, live);
        Ok(Begun { id, is_alive, replaced })
    }

    /// A connection that has begun is answered. Returns `false` if it was replaced or revoked meanwhile: then its session is to
    /// be ended.
    pub(crate) fn answered(&self, begun: &Begun, session: SessionId) -> bool {
        let mut book = self.book();
        let live = book.live.get_mut(&begun.id);
        live.map(|live| live.session = Some(session)).is_some()
    }

    /// A connection that has begun brings a stream of bytes, which goes into `inlet`. Returns `None` if it was replaced or revoked
    /// meanwhile.
    pub(crate) fn streams(&self, begun: Begun, inlet: &StreamInlet) -> Option<Streaming> {
        let mut book = self.book();
        let live = book.live.get_mut(&begun.id)?;
        let hung_up = Arc::<Notify>::default();
        live.cut = Some(Cut { is_cut: Arc::clone(&inlet.is_cut), hung_up: Arc::clone(&hung_up) });
        Some(Streaming { is_alive: begun.is_alive, hung_up })
    }

    /// The stream of a connection cannot be heard any further: it is hung up once what was heard of it is over.
    pub(crate) fn failed(&self, id: SendingId) {
        let book = self.book();
        if let Some(cut) = book.live.get(&id).and_then(|live| live.cut.as_ref()) {
            cut.hung_up.notify_one();
        }
    }

    /// The stream of a connection says itself what plays in it.
    pub(crate) fn plays(&self, id: SendingId, title: Title) {
        if let Some(live) = self.book().live.get_mut(&id) {
            live.title = title;
        }
    }

    /// The holder of `token` says what plays at the sender of `channel`. Returns whether that is theirs.
    pub(crate) fn entitle(&self, channel: ChannelId, token: TokenId, title: Title) -> bool {
        let mut book = self.book();
        book.prune();
        let theirs = book.senders.sending(channel).filter(|sending| sending.who == Who::Token(token));
        let id = theirs.map(|sending| sending.id);
        let live = id.and_then(|id| book.live.get_mut(&id));
        live.map(|live| live.title = title).is_some()
    }

    /// The media session of the sender of `channel` says what plays. Returns whether it is that sender's.
    pub(crate) fn entitle_session(&self, channel: ChannelId, session: SessionId, title: Title) -> bool {
        let mut book = self.book();
        let id = book.sends(channel, session);
        let live = id.and_then(|id| book.live.get_mut(&id));
        live.map(|live| live.title = title).is_some()
    }

    /// Returns whether `session` is that of the sender of `channel`.
    pub(crate) fn is_sending(&self, channel: ChannelId, session: SessionId) -> bool {
        self.book().sends(channel, session).is_some()
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

    /// Returns who sends to `channel`, and what plays there; `None` if nobody does.
    pub fn heard(&self, channel: ChannelId) -> Option<Heard> {
        let mut book = self.book();
        book.prune();
        let sending = book.senders.sending(channel)?;
        let title = book.live.get(&sending.id).map(|live| live.title.clone()).unwrap_or_default();
        Some(Heard { name: sending.name.clone(), title })
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
mod tests;
