//! The feed of each channel: its state as pages follow it, once as a whole and from then on by its changes.
//!
//! `render` makes JSON of what everybody may see, `you` of what only one role and one phone may, `about` of what hosts may
//! know of channels as such; a [`Feed`] (`patches`) keeps a channel's newest state and the last changes, so that a phone that
//! was away is sent only what it missed; a [`Subscriber`] is what one phone knows so far; `publish` watches the box and keeps
//! the [`Feeds`]. Sockets are HTTP's business.

mod about;
pub(crate) mod fields;
pub(crate) mod patch;
mod patches;
mod position;
mod publish;
pub(crate) mod render;
mod subscriber;
pub(crate) mod you;

pub(crate) use about::about_channel;
pub(crate) use patches::{Feed, Feeds};
pub(crate) use publish::{Sources, publish};
pub(crate) use subscriber::Subscriber;
pub(crate) use you::Viewer;

#[cfg(test)]
mod tests;
