//! One connection of a sender while it lives: how its end is noticed, and how it is brought about.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base::{PacketInlet, SentPacket};
use hub::{Place, SendingId};
use rtc::api::SessionId;
use tokio::sync::Notify;

/// Ends a stream of bytes: what is heard of it, and its connection.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub(super) is_cut: Arc<AtomicBool>,
    pub(super) hung_up: Arc<Notify>,
}

/// A connection on which a stream comes. Dropping it says that the sender is gone.
#[derive(Debug)]
pub(crate) struct Streaming {
    pub(super) is_alive: Arc<AtomicBool>,
    /// Notified when the connection shall end.
    pub(crate) hung_up: Arc<Notify>,
}

impl Drop for Streaming {
    fn drop(&mut self) {
        self.is_alive.store(false, Ordering::Release);
    }
}

/// A connection that has begun, and whose it was before.
pub(crate) struct Begun {
    pub(crate) id: SendingId,
    /// Where its sound comes in.
    pub(crate) place: Place,
    pub(super) is_alive: Arc<AtomicBool>,
    /// The media sessions that it replaces.
    pub(crate) replaced: Vec<SessionId>,
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

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").field("id", &self.id).finish_non_exhaustive()
    }
}
