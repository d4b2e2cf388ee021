//! The channels of the box: a [`Programme`] each, in a map that grows and shrinks while the box runs.
//!
//! Carries values between rules, pumps, tracks and pages until nothing is left to carry. Decides nothing: what a channel
//! plays is its party's business, which channels there are the evening's.

mod channels;
mod decoded;
mod details;
mod ear;
mod estimate;
mod intake;
mod lookup;
mod memory;
mod mix;
mod programme;
mod remedy;
mod roster;
mod sights;
mod supplies;
mod suspects;
mod tracks;
mod view;

pub(crate) use channels::Channels;
pub(crate) use decoded::decode;
pub(crate) use estimate::Estimate;
pub(crate) use intake::shown_state;
#[cfg(test)]
pub(crate) use lookup::Found;
pub(crate) use lookup::{Answer, Lookup};
pub(crate) use memory::{FIRST, forget_crossfades};
pub(crate) use programme::{Listening, Programme};
pub(crate) use roster::Roster;
pub(crate) use supplies::{Gauged, Supplies, encoders, mp3_config};
pub(crate) use suspects::Suspects;
pub(crate) use tracks::{NEWS_MAX, News};

/// Returns whether this is a text as the channels' file of this name is; `None` if they have no such file.
pub(crate) fn is_whole(name: &str, text: &str) -> Option<bool> {
    memory::is_whole(name, text).or_else(|| roster::is_whole(name, text))
}

#[cfg(test)]
mod tests;
