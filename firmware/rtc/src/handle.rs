//! How the rest of the box talks to the fan-out's thread: [`Handle`] for signaling and for streams that come and go.
//!
//! It never waits for the thread to take something: what does not fit is refused.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::{PacketDuration, StreamId};
use tokio::sync::oneshot;

use super::api::{
    Answer, Command, Invitation, ListenerStats, Offer, OfferError, Patched, SendOffer, SessionError, SessionId,
    StreamError,
};
use super::config::{STREAMS_MAX, StreamConfig};
use super::networks::Networks;
use super::sink::{self, Ring, Sink, StreamState};
use super::stats::{Board, Stats};
use super::wake::Waker;

/// Requests that wait for the thread. It takes them within milliseconds; when that many wait, a further one is refused
/// as unavailable, and phones retry.
pub const REQUESTS_MAX: usize = 256;

/// What the thread shows to everybody.
pub(super) struct Shared {
    pub(super) board: Board,
    pub(super) ring_drops: Arc<AtomicU64>,
    pub(super) address: SocketAddr,
    /// The streams that were added and not removed, in that order. The thread does not look at it: handles agree here on
    /// what they have asked it for.
    pub(super) streams: Mutex<Vec<(StreamId, Arc<StreamState>)>>,
}

impl Shared {
    pub(super) fn new(address: SocketAddr) -> Self {
        let ring_drops = Arc::new(AtomicU64::new(0));
        Self { board: Board::default(), ring_drops, address, streams: Mutex::new(Vec::new()) }
    }

    fn streams(&self) -> MutexGuard<'_, Vec<(StreamId, Arc<StreamState>)>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) enum Request {
    Command(Command),
    AddStream(StreamConfig, Ring),
    AddRelayed(StreamId, Ring),
    RemoveStream(StreamId, Option<StreamId>),
    Networks(Networks),
    Shutdown(oneshot::Sender<()>),
}

/// Talks to the fan-out from anywhere. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    pub(super) requests: SyncSender<Request>,
    pub(super) waker: Arc<Waker>,
    pub(super) shared: Arc<Shared>,
}

impl Handle {
    /// Opens a session.
    ///
    /// # Errors
    /// When the offer cannot be answered, a limit is reached, or the thread is too busy or gone.
    pub async fn offer(&self, offer: Offer) -> Result<Answer, OfferError> {
        let asked = self.ask(|reply| Command::Offer(offer, reply));
        asked.await.unwrap_or(Err(OfferError::Unavailable))
    }

    /// Opens a session that hears nothing until it is switched to a stream ([`Self::switch`]).
    ///
    /// # Errors
    /// When the offer cannot be answered, somebody else would have to go for it, or the thread is too busy or gone.
    pub async fn prepare(&self, offer: Offer) -> Result<Answer, OfferError> {
        let asked = self.ask(|reply| Command::Prepare(offer, reply));
        asked.await.unwrap_or(Err(OfferError::Unavailable))
    }

    /// Writes an offer of a stream, in which `local_addr` is the first of our addresses.
    ///
    /// # Errors
    /// When there is no such stream, or the thread is too busy or gone.
    pub async fn invite(&self, stream: StreamId, local_addr: IpAddr) -> Result<Invitation, OfferError> {
        let asked = self.ask(|reply| Command::Invite(stream, local_addr, reply));
        asked.await.unwrap_or(Err(OfferError::Unavailable))
    }

    /// Opens the session of `invitation`, to which the SDP of `answer` is the answer.
    ///
    /// # Errors
    /// When the answer cannot be used, a limit is reached, or the thread is too busy or gone.
    pub async fn accept(&self, answer: Offer, invitation: Invitation) -> Result<SessionId, OfferError> {
        let asked = self.ask(|reply| Command::Accept(answer, invitation, reply));
        asked.await.unwrap_or(Err(OfferError::Unavailable))
    }

    /// Opens a sender's session.
    ///
    /// # Errors
    /// When the offer cannot be answered, a limit is reached, or the thread is too busy or gone.
    pub async fn send(&self, offer: SendOffer) -> Result<Answer, OfferError> {
        let asked = self.ask(|reply| Command::Send(offer, reply));
        asked.await.unwrap_or(Err(OfferError::Unavailable))
    }

    /// Trickles or restarts ICE. `if_match` is the `If-Match` header without quotes.
    ///
    /// # Errors
    /// When there is no such session, its generation is another, or the fragment cannot be read.
    pub async fn patch(
        &self,
        session: SessionId,
        sdp_fragment: String,
        if_match: Option<String>,
    ) -> Result<Patched, SessionError> {
        let asked = self.ask(|reply| Command::Patch { session, sdp_fragment, if_match, reply });
        asked.await.unwrap_or(Err(SessionError::Unavailable))
    }

    /// Changes a listener's packet duration without a gap.
    ///
    /// # Errors
    /// When there is no such session.
    pub async fn set_duration(&self, session: SessionId, duration: PacketDuration) -> Result<(), SessionError> {
        let asked = self.ask(|reply| Command::SetDuration { session, duration, reply });
        asked.await.unwrap_or(Err(SessionError::Unavailable))
    }

    /// Lets a listener hear another stream over the same connection, from its next packet on.
    ///
    /// # Errors
    /// When there is no such session or stream.
    pub async fn switch(&self, session: SessionId, stream: StreamId) -> Result<(), SessionError> {
        let asked = self.ask(|reply| Command::Switch { session, stream, reply });
        asked.await.unwrap_or(Err(SessionError::Unavailable))
    }

    /// Adds a stream and returns where its packets go. Does not wait: whatever is asked of the fan-out afterwards finds
    /// the stream there.
    ///
    /// # Errors
    /// When there is one of this id already, there are too many, or the thread is too busy or gone.
    pub fn add_stream(&self, config: StreamConfig) -> Result<Sink, StreamError> {
        self.add(config.id, |ring| Request::AddStream(config, ring))
    }

    /// Adds a stream whose packets are a sender's, as they come: of the first who offers to send for it. Does not wait.
    ///
    /// # Errors
    /// When there is one of this id already, there are too many, or the thread is too busy or gone.
    pub fn add_relayed(&self, id: StreamId) -> Result<(), StreamError> {
        self.add(id, |ring| Request::AddRelayed(id, ring)).map(drop)
    }

    fn add(&self, id: StreamId, request: impl FnOnce(Ring) -> Request) -> Result<Sink, StreamError> {
        let mut streams = self.shared.streams();
        if streams.iter().any(|(other, _)| *other == id) {
            return Err(StreamError::Duplicate(id));
        }
        if streams.len() >= STREAMS_MAX {
            return Err(StreamError::Full { limit: STREAMS_MAX });
        }
        let (sink, ring) = sink::pair(id, &self.waker, &self.shared.ring_drops);
        let state = Arc::clone(&ring.state);
        if !self.request(request(ring)) {
            return Err(StreamError::Unavailable);
        }
        streams.push((id, state));
        Ok(sink)
    }

    /// Removes a stream. Its listeners are switched to `successor`; without one, they are told good-bye. Does not wait;
    /// the stream's [`Sink`] wants nothing from here on, and its id can be added again.
    ///
    /// # Errors
    /// When there is no such stream or successor, both are the same, or the thread is too busy or gone; then nothing
    /// changes.
    pub fn remove_stream(&self, id: StreamId, successor: Option<StreamId>) -> Result<(), StreamError> {
        let mut streams = self.shared.streams();
        let at = streams.iter().position(|(stream, _)| *stream == id).ok_or(StreamError::Unknown(id))?;
        if let Some(other) = successor.filter(|other| *other == id || streams.iter().all(|(id, _)| id != other)) {
            return Err(StreamError::Unknown(other));
        }
        if !self.request(Request::RemoveStream(id, successor)) {
            return Err(StreamError::Unavailable);
        }
        let (_, state) = streams.remove(at);
        state.removed.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Hears and speaks to `networks` only, from the thread's next turn on. Does not wait; returns `false` if the thread is too
    /// busy or gone.
    #[must_use]
    pub fn set_networks(&self, networks: Networks) -> bool {
        self.request(Request::Networks(networks))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When there is no such session.
    pub async fn delete(&self, session: SessionId) -> Result<(), SessionError> {
        let asked = self.ask(|reply| Command::Delete { session, reply });
        asked.await.unwrap_or(Err(SessionError::Unavailable))
    }

    /// Returns the totals, and how many listen to each stream. The thread writes them at the end of each of its turns.
    pub fn stats(&self) -> Stats {
        let streams = self.shared.streams();
        let listeners = streams.iter().map(|(id, state)| (*id, state.listeners.load(Ordering::Relaxed))).collect();
        let ring_drops_total = self.shared.ring_drops.load(Ordering::Relaxed);
        Stats { listeners, ring_drops_total, ..self.shared.board.read() }
    }

    /// Every joined listener; empty if the thread is too busy or gone.
    pub async fn listeners(&self) -> Vec<ListenerStats> {
        self.ask(Command::Listeners).await.unwrap_or_default()
    }

    /// The socket's address, with the port that was really bound.
    pub fn local_addr(&self) -> SocketAddr {
        self.shared.address
    }

    /// Says good-bye to every listener and closes the socket. Returns when that is done.
    pub async fn shutdown(&self) {
        let (done, wait) = oneshot::channel();
        if self.request(Request::Shutdown(done)) {
            // An error means that the thread is gone already.
            let _ = wait.await;
        }
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        if self.request(Request::Command(command(reply))) { answer.await.ok() } else { None }
    }

    fn request(&self, request: Request) -> bool {
        let taken = self.requests.try_send(request).is_ok();
        if taken {
            self.waker.wake();
        }
        taken
    }
}
