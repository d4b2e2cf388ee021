//! Which keys of the configuration an owner may set in the card's file: those that hosts may set on the page. All others say how
//! the box is put together.
//!
//! Holds no list of its own; what a key means stands in `partybox.toml`.

use crate::settings;

/// The key of `[board]` that is a table: each pin in it counts by itself.
pub(super) const PINS: &str = "pins";

/// Returns the section (empty for the first ones) and the name of each key that may be set, in the order of the page. A button is
/// one key, whose value is a table.
pub fn keys() -> Vec<(&'static str, &'static str)> {
    let mut keys: Vec<_> = settings::KEYS.iter().map(|key| of_file(key.name)).collect();
    keys.dedup();
    keys
}

/// Returns the section and the key in it under which a setting stands in a file.
fn of_file(name: &'static str) -> (&'static str, &'static str) {
    let (section, rest) = name.split_once('.').unwrap_or(("", name));
    (section, rest.split('.').next().unwrap_or(rest))
}

/// Returns whether the `key` of this section may be set.
pub(super) fn may_be_set(section: &str, key: &str) -> bool {
    settings::KEYS.iter().any(|known| of_file(known.name) == (section, key))
}

/// Returns whether there is such a section.
pub(super) fn is_section(name: &str) -> bool {
    !name.is_empty() && settings::KEYS.iter().any(|known| of_file(known.name).0 == name)
}
