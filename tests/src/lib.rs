//! The simulated party and real clients, shared by the tests in `it/` and the benchmarks.

pub mod browser;
pub mod caller;
pub mod card;
pub mod crowd;
pub mod dice;
pub mod distrust;
pub mod firefox;
pub mod guest;
pub mod guests;
pub mod hear;
pub mod host;
pub mod hostile;
pub mod link;
pub mod listener;
pub mod machine;
pub mod metrics;
pub mod phone;
pub mod processor;
pub mod program;
pub mod records;
pub mod sound;
pub mod terminal;
pub mod tidy;
pub mod venue;
pub mod wav;
pub mod world;
