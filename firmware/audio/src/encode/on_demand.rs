//! Runs an encoder only while somebody wants what it makes.
//!
//! The only place where that is decided. A channel nobody hears encodes nothing; its mixer goes on, so that whoever comes
//! hears the present at once.

use base::{MediaTime, PacketSink};

use super::Encode;
use crate::pcm::Block;

/// An encoder that pauses while it is not wanted, and starts afresh after each pause.
pub struct OnDemand {
    encoder: Box<dyn Encode>,
    blocks_total: u64,
}

impl OnDemand {
    /// Returns `encoder`, paused until it is wanted.
    pub fn new(encoder: Box<dyn Encode>) -> Self {
        Self { encoder, blocks_total: 0 }
    }

    /// Encodes `block` if `sink` wants anything that the encoder makes, else lets it forget what it has heard.
    ///
    /// The encoder is reset when a pause begins, not when it ends: the first packet after it, for which somebody waits, is
    /// made without delay.
    pub fn encode(&mut self, at: MediaTime, block: &Block, sink: &mut dyn PacketSink) {
        if self.encoder.is_wanted(sink) {
            self.blocks_total += 1;
            self.encoder.encode(at, block, sink);
        } else {
            self.encoder.reset();
        }
    }

    /// Returns how many blocks were encoded since the start, because somebody wanted them.
    pub fn blocks_total(&self) -> u64 {
        self.blocks_total
    }

    /// Returns how many packets could not be encoded since the start.
    pub fn failures_total(&self) -> u64 {
        self.encoder.failures_total()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use base::{Encoding, Packet};

    use super::*;

    /// A sink that wants everything or nothing.
    struct Wants(bool);

    impl PacketSink for Wants {
        fn wants(&self, _: Encoding) -> bool {
            self.0
        }

        fn publish(&mut self, _: Encoding, _: Packet) {}
    }

    /// An encoder that writes down how it is called.
    struct Recorder(Arc<Mutex<String>>);

    impl Encode for Recorder {
        fn is_wanted(&self, sink: &dyn PacketSink) -> bool {
            sink.wants(Encoding::Mp3 { bitrate_bps: 128_000 })
        }

        fn encode(&mut self, _: MediaTime, _: &Block, _: &mut dyn PacketSink) {
            self.0.lock().unwrap().push('e');
        }

        fn reset(&mut self) {
            self.0.lock().unwrap().push('r');
        }
    }

    #[test]
    fn the_pause_and_not_the_first_packet_after_it_waits_for_the_reset() {
        let calls = Arc::default();
        let mut encoder = OnDemand::new(Box::new(Recorder(Arc::clone(&calls))));
        for is_wanted in [true, true, false, false, true] {
            encoder.encode(MediaTime::ZERO, &Block::SILENT, &mut Wants(is_wanted));
        }
        assert_eq!((calls.lock().unwrap().as_str(), encoder.blocks_total()), ("eerre", 3));
    }
}
