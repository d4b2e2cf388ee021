//! Blocks in, packets out: the seam at which sound becomes bytes.
//!
//! One [`Encode`] stands for one encoder of one channel. Encoders know the timeline only through the
//! [`MediaTime`] of each block. They do not know who listens, only whether anybody does
//! ([`PacketSink::wants`]), and they never wait.

#[cfg(feature = "mp3")]
mod mp3;
#[cfg(feature = "opus")]
mod opus;
#[cfg(feature = "opus")]
mod repacketize;

use std::fmt;

use base::{MediaTime, PacketSink};

#[cfg(feature = "mp3")]
pub use self::mp3::{MP3_DELAY_TICKS, MP3_FRAME_TICKS, Mp3};
#[cfg(feature = "opus")]
pub use self::opus::{Opus, OpusConfig, Profile};
use crate::pcm::Block;

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

/// Why an encoder could not be made. A retry with the same configuration does not help.
#[derive(Debug)]
pub enum Error {
    /// The configuration asks for something outside the allowed range.
    OutOfRange {
        /// The key, as in the configuration file.
        field: &'static str,
        /// What was asked for.
        value: u32,
        /// What is allowed, in words.
        allowed: &'static str,
    },
    /// The codec library refused; its own words. Most likely out of memory.
    Codec {
        /// Which library.
        library: &'static str,
        /// What it said.
        reason: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { field, value, allowed } => write!(f, "{field} is {value}, but must be {allowed}"),
            Self::Codec { library, reason } => write!(f, "{library} refused to start: {reason}"),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(all(test, feature = "opus", feature = "mp3"))]
mod tests;
