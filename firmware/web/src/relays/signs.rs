//! What shows that a relayed stream is heard, and that its sender is gone.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base::{PacketInlet, SentPacket};
use tokio::sync::Notify;

/// Signs of life of what carries a stream. Set from the fan-out's thread, which must not wait.
#[derive(Debug, Default)]
pub(super) struct Signs {
    /// Its first packet has come.
    pub(super) is_heard: AtomicBool,
    /// Its sender was answered: until then, its end is that of an attempt.
    pub(super) is_answered: AtomicBool,
    /// Its sender is gone.
    pub(super) is_gone: AtomicBool,
    /// Whether its packets go somewhere else from now on.
    is_turned: AtomicBool,
    /// Where they go besides to listeners.
    next: Mutex<Ear>,
}

/// Where packets go besides.
#[derive(Default)]
struct Ear(Option<Box<dyn PacketInlet>>);

impl fmt::Debug for Ear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ear").field(&self.0.is_some()).finish()
    }
}

impl Signs {
    /// Has the packets go to `ear`, besides to listeners, from the next one on.
    pub(super) fn turn_to(&self, ear: Option<Box<dyn PacketInlet>>) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Ear(ear);
        self.is_turned.store(true, Ordering::Release);
    }
}

/// The way in of a relayed stream's packets, which looks at none of them.
pub(super) struct Watched {
    /// Notified of every sign.
    wake: Arc<Notify>,
    signs: Arc<Signs>,
    ear: Ear,
}

impl Watched {
    pub(super) fn new(wake: Arc<Notify>, signs: Arc<Signs>) -> Self {
        Self { wake, signs, ear: Ear::default() }
    }
}

impl PacketInlet for Watched {
    fn take(&mut self, packet: SentPacket<'_>) {
        if self.signs.is_turned.load(Ordering::Acquire)
            && let Ok(mut next) = self.signs.next.try_lock()
        {
            // Where somebody turns it at this very moment, the next packet follows. What was heard with before goes back, so that
            // it is not this thread that frees it.
            self.signs.is_turned.store(false, Ordering::Release);
            std::mem::swap(&mut self.ear, &mut next);
        }
        if let Some(ear) = &mut self.ear.0 {
            ear.take(packet);
        }
        // Whoever waits is woken once per stream, not per packet.
        if !self.signs.is_heard.load(Ordering::Relaxed) {
            self.signs.is_heard.store(true, Ordering::Release);
            self.wake.notify_one();
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.signs.is_gone.store(true, Ordering::Release);
        self.wake.notify_one();
    }
}
