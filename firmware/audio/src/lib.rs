//! PCM in, packets out: everything that touches samples.
//!
//! The straight line through this room is `capture`/`decode` → `mixer` → `encode` → a [`base::PacketSink`]. It knows
//! nothing of phones, HTTP or party rules. Without features only the plain values remain ([`pcm`], [`deck`]).

#[cfg(feature = "pump")]
pub mod capture;
#[cfg(feature = "pump")]
pub mod clock;
pub mod deck;
#[cfg(feature = "symphonia")]
pub mod decode;
#[cfg(feature = "pump")]
pub mod drift;
pub mod encode;
#[cfg(feature = "pump")]
pub mod limiter;
#[cfg(feature = "pump")]
pub mod line;
#[cfg(feature = "symphonia")]
pub mod loudness;
#[cfg(feature = "pump")]
pub mod meter;
#[cfg(feature = "pump")]
pub mod mixer;
pub mod pcm;
#[cfg(feature = "pump")]
pub mod pump;
#[cfg(feature = "symphonia")]
pub mod resample;
#[cfg(feature = "pump")]
pub mod sim;
#[cfg(feature = "pump")]
pub mod sinks;
#[cfg(feature = "pump")]
pub mod source;
#[cfg(feature = "pump")]
pub mod status;
#[cfg(feature = "pump")]
pub mod thread;
