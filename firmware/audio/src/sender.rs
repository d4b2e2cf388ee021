//! Sound that a sender sends to one channel: a phone, a desk, another program, each at its own pace.
//!
//! A [`SenderInput`] belongs to a channel. Opening it makes everything that one sender needs (buffers, decoder, resampler), and
//! returns the inlet into which its packets go; the other half is handed to the channel's pump, where [`SenderSource`] is a
//! [`crate::source::Source`] like line-in. Whoever opens it again takes over: the sender before is not heard any more.
//!
//! Packets wait in a jitter buffer that holds 40 to 120 ms, as their arrival asks for ([`delay`]). What is lost is recovered
//! from the packet after it or concealed by libopus (`playout`); what is only late is bridged for a moment, and then there is
//! no source, so that the mixer's rules do the rest. The sender's clock is fitted to the box's like a sound card's.
//!
//! A program that knows no WebRTC sends a stream of bytes instead ([`SenderInput::open_stream`]): a decoder process takes them,
//! and what it makes of them waits for 1 s, or 1.5 s where it comes in pieces of up to a second (`stream`, `depth`).
//!
//! Who may send, and what is heard, is decided elsewhere; there is no RTP here.

pub mod delay;
mod depth;
mod feed;
mod input;
mod packets;
mod playout;
pub mod status;
mod stream;
#[cfg(test)]
mod tests;

pub use feed::PARCELS;
pub use input::{OpenError, SenderInput, SenderSource};
pub use packets::{PACKETS_MAX, PAYLOAD_BYTES_MAX};
pub use stream::{Notify, StreamSaid};
