//! What shows that a relayed stream is heard, and that its sender is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
}

/// The way in of a relayed stream's packets, which looks at none of them.
pub(super) struct Watched {
    /// Notified of every sign.
    pub(super) wake: Arc<Notify>,
    pub(super) signs: Arc<Signs>,
}

impl PacketInlet for Watched {
    fn take(&mut self, _: SentPacket<'_>) {
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
