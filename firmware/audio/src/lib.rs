//! PCM in, packets out: everything that touches samples.
//!
//! The straight line through this room is `capture`/`decode` → `mixer` → `encode` → a [`packet::PacketSink`]. It knows
//! nothing of phones, HTTP or party rules. Without features only the plain values remain ([`pcm`], [`time`],
//! [`packet`]), which is all that the `net` room may see.

pub mod deck;
pub mod encode;
pub mod packet;
pub mod pcm;
pub mod time;
