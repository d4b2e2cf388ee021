//! Simulated devices beside the real ones: a sound card, an encoder that counts, a sink that collects.
//!
//! For tests and benchmarks of this and other rooms; the box itself never uses them.

mod card;
mod ends;

pub use card::{Card, CardPace};
pub use ends::{Collected, Collector, CountingEncoder};
