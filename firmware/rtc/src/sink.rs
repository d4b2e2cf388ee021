//! How a stream's sound gets to the fan-out's thread: [`Sink`], a ring, and what the thread shows of the stream.
//!
//! It never waits: what does not fit is dropped, and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use base::{Encoding, Packet, PacketDuration, PacketSink, StreamId};
use rtrb::{Consumer, Producer, RingBuffer};

use super::wake::Waker;

/// Packets that wait for the thread, per stream: a third of a second of the default profile with all others beside it.
/// When it is full, the thread hangs, and newer packets are dropped and counted.
pub const RING_PACKETS: usize = 64;

/// What the thread shows of one stream to everybody.
#[derive(Default)]
pub(super) struct StreamState {
    pub(super) wants: [AtomicBool; 4],
    pub(super) listeners: AtomicUsize,
    /// Whether somebody has asked to remove it; true before the thread has done so.
    pub(super) removed: AtomicBool,
}

/// The thread's end of one stream's ring.
pub(super) struct Ring {
    pub(super) stream: StreamId,
    pub(super) packets: Consumer<(PacketDuration, Packet)>,
    pub(super) state: Arc<StreamState>,
}

/// Takes one stream's Opus packets from the pump. When the stream has been removed, it wants nothing and drops what it is
/// given.
pub struct Sink {
    packets: Producer<(PacketDuration, Packet)>,
    state: Arc<StreamState>,
    waker: Arc<Waker>,
    drops: Arc<AtomicU64>,
}

/// Makes both ends of the ring of `stream`. What finds it full is counted in `drops`.
pub(super) fn pair(stream: StreamId, waker: &Arc<Waker>, drops: &Arc<AtomicU64>) -> (Sink, Ring) {
    let (producer, consumer) = RingBuffer::new(RING_PACKETS);
    let state = Arc::new(StreamState::default());
    let (waker, drops) = (Arc::clone(waker), Arc::clone(drops));
    let sink = Sink { packets: producer, state: Arc::clone(&state), waker, drops };
    (sink, Ring { stream, packets: consumer, state })
}

impl PacketSink for Sink {
    fn wants(&self, encoding: Encoding) -> bool {
        let Encoding::Opus(duration) = encoding else { return false };
        let removed = self.state.removed.load(Ordering::Relaxed);
        !removed && self.state.wants[duration.index()].load(Ordering::Relaxed)
    }

    fn publish(&mut self, encoding: Encoding, packet: Packet) {
        let Encoding::Opus(duration) = encoding else { return };
        if self.state.removed.load(Ordering::Relaxed) {
            return;
        }
        if self.packets.push((duration, packet)).is_ok() {
            self.waker.wake();
        } else {
            self.drops.fetch_add(1, Ordering::Relaxed);
        }
    }
}
