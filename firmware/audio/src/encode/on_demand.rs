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
}

impl OnDemand {
    /// Returns `encoder`, paused until it is wanted.
    pub fn new(encoder: Box<dyn Encode>) -> Self {
        Self { encoder }
    }

    /// Encodes `block` if `sink` wants anything that the encoder makes, else lets it forget what it has heard.
    ///
    /// The encoder is reset when a pause begins, not when it ends: the first packet after it, for which somebody waits, is
    /// made without delay.
    pub fn encode(&mut self, at: MediaTime, block: &Block, sink: &mut dyn PacketSink) {
        if self.encoder.is_wanted(sink) {
            self.encoder.encode(at, block, sink);
        } else {
            self.encoder.reset();
        }
    }
}
