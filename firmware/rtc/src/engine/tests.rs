//! The engine on virtual time, with simulated phones.

mod hostile;
mod joining;
mod sound;
mod streams;
mod switching;
mod world;
