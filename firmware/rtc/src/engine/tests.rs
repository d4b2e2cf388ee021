//! The engine on virtual time, with simulated phones.

mod floods;
mod hostile;
mod joining;
mod reflection;
mod senders;
mod sound;
mod streams;
mod switching;
mod world;
