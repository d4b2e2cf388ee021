//! The engine on virtual time, with simulated phones.

mod floods;
mod hostile;
mod joining;
mod reflection;
mod relaying;
mod senders;
mod sound;
mod standby;
mod streams;
mod switching;
mod world;
