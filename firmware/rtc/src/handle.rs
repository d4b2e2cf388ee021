//! How the rest of the box talks to the fan-out's thread: [`Handle`] for signaling, [`Sink`] for sound.
//!
//! Neither ever waits for the thread to take something: what does not fit is refused or dropped, and counted.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};

use base::{Encoding, Packet, PacketDuration, PacketSink};
use rtrb::{Consumer, Producer};
use tokio::sync::oneshot;

use super::api::{Answer, Command, ListenerStats, Offer, OfferError, Patched, SessionError, SessionId};
use super::stats::Stats;
use super::wake::Waker;

/// Requests that wait for the thread. It takes them within milliseconds; when that many wait, a further one is refused
/// as unavailable, and phones retry.
pub const REQUESTS_MAX: usize = 256;

/// Packets that wait for the thread, per stream: a third of a second of the default profile with all others beside it.
/// When it is full, the thread hangs, and newer packets are dropped and counted.
pub const RING_PACKETS: usize = 64;

pub(super) type RingReader = Consumer<(PacketDuration, Packet)>;

/// What the thread shows to everybody.
pub(super) struct Shared {
    pub(super) wants: Vec<[AtomicBool; 4]>,
    pub(super) stats: Mutex<Stats>,
    pub(super) ring_drops: AtomicU64,
    pub(super) address: SocketAddr,
}

pub(super) enum Request {
    Command(Command),
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

    /// Ends a session.
    ///
    /// # Errors
    /// When there is no such session.
    pub async fn delete(&self, session: SessionId) -> Result<(), SessionError> {
        let asked = self.ask(|reply| Command::Delete { session, reply });
        asked.await.unwrap_or(Err(SessionError::Unavailable))
    }

    /// The totals.
    pub fn stats(&self) -> Stats {
        let mut stats = self.shared.stats.lock().unwrap_or_else(PoisonError::into_inner).clone();
        stats.ring_drops_total = self.shared.ring_drops.load(Ordering::Relaxed);
        stats
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

/// Takes one stream's Opus packets from the pump.
pub struct Sink {
    pub(super) stream: usize,
    pub(super) ring: Producer<(PacketDuration, Packet)>,
    pub(super) waker: Arc<Waker>,
    pub(super) shared: Arc<Shared>,
}

impl PacketSink for Sink {
    fn wants(&self, encoding: Encoding) -> bool {
        match encoding {
            Encoding::Opus(duration) => self.shared.wants[self.stream][duration.index()].load(Ordering::Relaxed),
            Encoding::Mp3 { .. } => false,
        }
    }

    fn publish(&mut self, encoding: Encoding, packet: Packet) {
        let Encoding::Opus(duration) = encoding else { return };
        if self.ring.push((duration, packet)).is_ok() {
            self.waker.wake();
        } else {
            self.shared.ring_drops.fetch_add(1, Ordering::Relaxed);
        }
    }
}
