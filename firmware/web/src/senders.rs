//! Who sends sound to the box, as a value between HTTP and whoever shows it: the rules of [`hub`] behind one lock.
//!
//! What is sent goes from the fan-out straight to the channel's sound; here is only who it is, and whether they still are. No
//! secret is kept, only its hash.

mod connection;
mod seams;
mod title;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::rand;
use base::{ChannelId, GuestId, Rate, RateLimit, StreamInlet, Time, Verdict};
use hub::{Began, Fader, Place, Refused, SendingId, Terms, Token, TokenId, Who};
use rtc::api::SessionId;
use tokio::sync::Notify;

use self::connection::Cut;
pub(crate) use self::connection::{Begun, Streaming};
pub use self::seams::{Arrives, Arriving, Heard, Intake, Intakes, News, OnNews, Open, OpenStream, shown};
#[cfg(test)]
pub(crate) use self::title::TITLE_CHARS_MAX;
pub use self::title::Title;
pub(crate) use self::title::line;
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

    /// Returns the connection to `channel` whose media session is this one, and its place.
    fn sends(&mut self, channel: ChannelId, session: SessionId) -> Option<(SendingId, Place)> {
        self.prune();
        let voice = self.senders.voice(channel).map(|id| (id, Place::Voice));
        let sending = self.senders.sending(channel).iter().map(|one| (one.id, Place::Sender(one.place)));
        let is_its = |(id, _): &(SendingId, Place)| self.live.get(id).is_some_and(|live| live.session == Some(session));
        sending.chain(voice).find(is_its)
    }

    /// Keeps what begins, and ends what it replaces.
    fn admit(&mut self, Began { id, place, replaced }: Began) -> Begun {
        let replaced = self.sessions(replaced);
        let is_alive = Arc::new(AtomicBool::new(true));
        let live = Live { session: None, cut: None, title: Title::default(), is_alive: Arc::clone(&is_alive) };
        self.live.insert(id, live);
        Begun { id, place, is_alive, replaced }
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

/// Somebody who sends, for the hosts' list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OnAir {
    pub(crate) channel: ChannelId,
    pub(crate) id: SendingId,
    pub(crate) name: String,
    pub(crate) fader: Fader,
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
    /// Others do already, and there is no place beside them.
    pub(crate) fn begin(&self, channel: ChannelId, who: Who, name: &str, terms: Terms) -> Result<Begun, Refused> {
        let mut book = self.book();
        book.prune();
        let began = book.senders.begin(channel, who, name, terms)?;
        Ok(book.admit(began))
    }

    /// A host begins to speak over `channel`.
    pub(crate) fn begin_voice(&self, channel: ChannelId) -> Begun {
        let mut book = self.book();
        book.prune();
        let began = book.senders.begin_voice(channel);
        book.admit(began)
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

    /// The holder of `token` says what plays at a sender of `channel`. Returns whether there is one of theirs.
    pub(crate) fn entitle(&self, channel: ChannelId, token: TokenId, title: Title) -> bool {
        let mut book = self.book();
        book.prune();
        let mut theirs = book.senders.sending(channel).iter().filter(|sending| sending.who == Who::Token(token));
        let id = theirs.next().map(|sending| sending.id);
        let live = id.and_then(|id| book.live.get_mut(&id));
        live.map(|live| live.title = title).is_some()
    }

    /// The media session of a sender of `channel` says what plays. Returns whether it is one's.
    pub(crate) fn entitle_session(&self, channel: ChannelId, session: SessionId, title: Title) -> bool {
        let mut book = self.book();
        let id = book.sends(channel, session);
        let live = id.and_then(|(id, _)| book.live.get_mut(&id));
        live.map(|live| live.title = title).is_some()
    }

    /// Returns where the sound of `session` comes into `channel`, and its connection; `None` if it does not.
    pub(crate) fn place(&self, channel: ChannelId, session: SessionId) -> Option<(SendingId, Place)> {
        self.book().sends(channel, session)
    }

    /// Sets the fader of a sender of `channel`. Returns whether it sends.
    pub(crate) fn set_fader(&self, channel: ChannelId, id: SendingId, fader: Fader) -> bool {
        let mut book = self.book();
        book.prune();
        book.senders.set_fader(channel, id, fader)
    }

    /// One sender of `channel` shall be ended: returns its media session, if it has one; `None` if it does not send.
    pub(crate) fn end_one(&self, channel: ChannelId, id: SendingId) -> Option<Vec<SessionId>> {
        let mut book = self.book();
        book.prune();
        let sends = book.senders.end_one(channel, id);
        sends.then(|| book.sessions([id]))
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

    /// Ends all senders of `channel`; returns the media sessions to be closed.
    pub(crate) fn end_channel(&self, channel: ChannelId) -> Vec<SessionId> {
        let mut book = self.book();
        book.prune();
        let ended = book.senders.end_channel(channel);
        book.sessions(ended)
    }

    /// Returns who sends to `channel`, and what plays there; the one that began first first.
    pub fn heard(&self, channel: ChannelId) -> Vec<Heard> {
        let mut book = self.book();
        book.prune();
        let one = |sending: &hub::Sending| Heard {
            id: sending.id,
            name: sending.name.clone(),
            title: book.live.get(&sending.id).map(|live| live.title.clone()).unwrap_or_default(),
            place: sending.place,
            fader: sending.fader,
        };
        book.senders.sending(channel).iter().map(one).collect()
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
            id: sending.id,
            name: sending.name.clone(),
            fader: sending.fader,
            token: if let Who::Token(token) = sending.who { Some(token) } else { None },
            guest: if let Who::Guest(guest) = sending.who { Some(guest) } else { None },
        };
        book.senders.all().map(one).collect()
    }
}

#[cfg(test)]
mod tests;
