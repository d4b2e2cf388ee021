//! The far end of the line without codecs or phones: an encoder that counts, a sink that collects.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::{Encoding, MediaTime, Packet, PacketDuration, PacketSink};
use bytes::Bytes;

use crate::encode::Encode;
use crate::pcm::{Block, Frame};

/// An encoder whose packets hold nothing: it counts how often it is called and publishes an empty packet for every
/// 20 ms.
#[derive(Clone, Default)]
pub struct CountingEncoder {
    calls: Arc<AtomicU64>,
    half: Option<MediaTime>,
}

impl CountingEncoder {
    /// Returns the counter of calls; it stays valid after the encoder was handed to a pump.
    pub fn calls(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.calls)
    }
}

impl Encode for CountingEncoder {
    fn is_wanted(&self, sink: &dyn PacketSink) -> bool {
        sink.wants(Encoding::Opus(PacketDuration::Ms20))
    }

    fn encode(&mut self, at: MediaTime, block: &Block, sink: &mut dyn PacketSink) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        match self.half.take() {
            Some(first) if at == first + block.frames.len() as u64 => {
                let packet = Packet { media_time: first, payload: Bytes::new() };
                sink.publish(Encoding::Opus(PacketDuration::Ms20), packet);
            }
            _ => self.half = Some(at),
        }
    }

    fn reset(&mut self) {
        self.half = None;
    }
}

/// What a [`Collector`] has collected.
#[derive(Debug, Default)]
pub struct Collected {
    /// The packets, in order.
    pub packets: Vec<(Encoding, Packet)>,
    /// The blocks with their positions, in order.
    pub blocks: Vec<(MediaTime, Block)>,
}

impl Collected {
    /// Returns all frames of all blocks in one piece.
    pub fn frames(&self) -> Vec<Frame> {
        self.blocks.iter().flat_map(|(_, block)| block.frames).collect()
    }
}

/// Both an encoder that keeps the blocks it is given and a sink that keeps packets; copies keep them together.
#[derive(Clone, Default)]
pub struct Collector {
    collected: Arc<Mutex<Collected>>,
}

impl Collector {
    /// Locks and returns what has been collected so far.
    pub fn collected(&self) -> MutexGuard<'_, Collected> {
        self.collected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Encode for Collector {
    /// Blocks are kept whether anybody wants packets or not.
    fn is_wanted(&self, _sink: &dyn PacketSink) -> bool {
        true
    }

    fn encode(&mut self, at: MediaTime, block: &Block, _sink: &mut dyn PacketSink) {
        self.collected().blocks.push((at, block.clone()));
    }

    fn reset(&mut self) {}
}

impl PacketSink for Collector {
    fn wants(&self, _encoding: Encoding) -> bool {
        true
    }

    fn publish(&mut self, encoding: Encoding, packet: Packet) {
        self.collected().packets.push((encoding, packet));
    }
}
