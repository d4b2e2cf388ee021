//! Blocks in, packets out: the seam at which sound becomes bytes.
//!
//! One [`Encode`] stands for one encoder of one channel. Encoders know the timeline only through the
//! [`MediaTime`] of each block. They do not know who listens, only whether anybody does
//! ([`PacketSink::wants`]), and they never wait.

use crate::packet::PacketSink;
use crate::pcm::Block;
use crate::time::MediaTime;

/// An encoder: fed one block at a time on the pump's thread, it publishes each packet as soon as it is complete.
pub trait Encode: Send {
    /// Feeds the 10 ms block whose first frame is at `at`, and hands every packet that this completes to `sink`.
    ///
    /// If `at` is not where the previous block ended, partial packets from before the hole are dropped as by
    /// [`Encode::reset`]: a packet never holds sound from two sides of a hole.
    fn encode(&mut self, at: MediaTime, block: &Block, sink: &mut dyn PacketSink);

    /// Forgets partial packets and the encoder's memory of earlier sound.
    fn reset(&mut self);
}
