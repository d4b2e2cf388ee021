//! Counters of encoder and decoder calls of the whole process: they show that a relayed stream is neither decoded nor encoded.

use std::sync::atomic::{AtomicU64, Ordering};

/// Frames that were decoded, recovered or concealed of senders' packets.
static DECODED: AtomicU64 = AtomicU64::new(0);

/// Frames that were encoded, in whatever format.
static ENCODED: AtomicU64 = AtomicU64::new(0);

/// What is counted since the program began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Times that the decoder of a sender's packets was called.
    pub decoded: u64,
    /// Times that an encoder was called.
    pub encoded: u64,
}

/// Returns what was counted.
pub fn totals() -> Totals {
    Totals { decoded: DECODED.load(Ordering::Relaxed), encoded: ENCODED.load(Ordering::Relaxed) }
}

#[cfg(feature = "symphonia")]
pub(crate) fn note_decoded() {
    DECODED.fetch_add(1, Ordering::Relaxed);
}

#[cfg(any(feature = "opus", feature = "mp3"))]
pub(crate) fn note_encoded() {
    ENCODED.fetch_add(1, Ordering::Relaxed);
}
