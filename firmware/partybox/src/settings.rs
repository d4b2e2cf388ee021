//! The settings that hosts make on the page: kept in the state folder, laid over configuration and card file when the box starts,
//! and over the box that runs where that is possible.
//!
//! One rule, as in `card`: the last word holds. What a host has set wins over both files, until its line in the card's file is
//! edited; options of the command line win over all. Decides nothing of what a setting does.

pub mod backup;
mod keeper;
mod kept;
mod keys;
mod layers;

pub use keeper::{Keeper, Left};
pub use kept::{FILE, Kept};
pub use keys::{FIXED, KEYS, Key};
pub use layers::{Layers, laid, lookup};
