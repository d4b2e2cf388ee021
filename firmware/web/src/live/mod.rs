//! The party as it happens: one state for all phones, told once as a whole and from then on by its changes.
//!
//! `state` says what everybody may see and what only one phone may; `story` keeps the newest state and the last changes,
//! so that a phone that was away is told only what it missed; `follower` is what one phone has been told so far;
//! `publish` watches the party and makes both. Sockets are HTTP's business.

mod follower;
pub(crate) mod patch;
mod position;
mod publish;
pub(crate) mod state;
mod story;

pub(crate) use follower::Follower;
pub(crate) use publish::{Sources, publish};
pub(crate) use story::Story;

#[cfg(test)]
mod tests;
