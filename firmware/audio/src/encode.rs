//! Blocks in, packets out: the seam at which sound becomes bytes.
//!
//! One [`Encode`] stands for one encoder of one channel. Encoders know the timeline only through the
//! [`MediaTime`] of each block. They do not know who listens, only whether anybody does
//! ([`PacketSink::wants`]), and they never wait. [`OnDemand`] runs one only while something it makes is wanted.

#[cfg(feature = "mp3")]
mod mp3;
mod on_demand;
#[cfg(feature = "opus")]
mod opus;
#[cfg(feature = "opus")]
mod repacketize;

use std::fmt;

use base::{MediaTime, PacketSink};

#[cfg(feature = "mp3")]
pub use self::mp3::{MP3_DELAY_TICKS, MP3_FRAME_TICKS, Mp3};
pub use self::on_demand::OnDemand;
#[cfg(feature = "opus")]
pub use self::opus::{Opus, OpusConfig, Profile};
use crate::pcm::Block;
#[cfg(any(feature = "opus", feature = "mp3"))]
use crate::pcm::Frame;

/// An encoder: fed one block at a time on the pump's thread, it publishes each packet as soon as it is complete.
pub trait Encode: Send {
    /// Returns whether `sink` wants anything that this encoder makes. While it does not, the encoder is not called.
    fn is_wanted(&self, sink: &dyn PacketSink) -> bool;

    /// Encodes the 10 ms block whose first frame is at `at`, and publishes to `sink` every packet that this completes and
    /// that it wants. After a reset and at the start the sound fades in, so that the first packet does not click.
    ///
    /// If `at` is not where the previous block ended, partial packets from before the hole are dropped as by
    /// [`Encode::reset`]: a packet never holds sound from two sides of a hole.
    fn encode(&mut self, at: MediaTime, block: &Block, sink: &mut dyn PacketSink);

    /// Returns how many packets could not be encoded since the start; listeners hear a gap for each.
    fn failures_total(&self) -> u64 {
        0
    }

    /// Drops partial packets and the encoder's memory of earlier sound. Costs nothing if nothing was encoded since the
    /// last time.
    fn reset(&mut self);
}

/// Multiplies the first frames of an encoder's sound with a raised cosine that rises over all of `frames`: an encoder that
/// starts in the middle of a wave would start with a click.
#[cfg(any(feature = "opus", feature = "mp3"))]
fn fade_in(frames: &mut [Frame]) {
    let length = frames.len() as f32;
    for (n, frame) in frames.iter_mut().enumerate() {
        let gain = 0.5 - 0.5 * (std::f32::consts::PI * n as f32 / length).cos();
        *frame = frame.map(|sample| sample * gain);
    }
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
