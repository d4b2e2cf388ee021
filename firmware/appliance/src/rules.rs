//! The rules of the box's own network: what the configuration says of portal, internet and cable, and what hosts have changed.
//!
//! Values and their text. Where the text is kept and what follows from a rule is decided elsewhere.

use base::Origin;
use serde::{Deserialize, Serialize};

use crate::config::{Cable, Portal, Which, Wifi};

/// The name of the file in the state folder that keeps what hosts have changed.
pub const FILE: &str = "network";

/// Version of the shape in which that is kept.
const VERSION: u32 = 2;

/// What a host may choose about the box's own network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// What phones are answered when they ask for the internet.
    pub portal: Portal,
    /// Whether stations get there.
    pub forward: bool,
    /// What the cable leads to.
    pub cable: Cable,
}

/// Some of the rules: a host's wish, or all that hosts have changed. What is left out stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// See [`Rules::portal`].
    pub portal: Option<Portal>,
    /// See [`Rules::forward`].
    pub forward: Option<bool>,
    /// See [`Rules::cable`].
    pub cable: Option<Cable>,
}

/// The origin of each rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Origins {
    /// Of [`Rules::portal`].
    pub portal: Origin,
    /// Of [`Rules::forward`].
    pub forward: Origin,
    /// Of [`Rules::cable`].
    pub cable: Origin,
}

/// A [`Change`] as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Left out by the version that kept all rules that held, whoever said them.
    #[serde(default)]
    version: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    portal: Option<Portal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forward: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cable: Option<Cable>,
}

/// The rules as the files say, which hold again where a host takes his word back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Below {
    /// The rules.
    pub rules: Rules,
    /// The origin of each.
    pub origins: Origins,
}

impl Below {
    /// Returns the `configured` rules, of which the card's file `said` some.
    pub fn new(configured: Rules, said: Which) -> Self {
        Self { rules: configured, origins: Change::default().origins(&configured, said) }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::of(&Wifi::default())
    }
}

impl Which {
    /// Returns the rule of this name alone; `None` if there is none.
    pub fn named(name: &str) -> Option<Self> {
        let none = Self::default();
        Some(match name {
            "portal" => Self { portal: true, ..none },
            "forward" => Self { forward: true, ..none },
            "cable" => Self { cable: true, ..none },
            _ => return None,
        })
    }
}

impl Rules {
    /// Returns the configured rules.
    pub fn of(config: &Wifi) -> Self {
        Self { portal: config.portal, forward: config.forward, cable: config.cable }
    }

    /// Returns these rules with `change`.
    #[must_use]
    pub fn with(self, change: &Change) -> Self {
        Self {
            portal: change.portal.unwrap_or(self.portal),
            forward: change.forward.unwrap_or(self.forward),
            cable: change.cable.unwrap_or(self.cable),
        }
    }
}

impl Change {
    /// Returns those of `rules` that are not as in `before`.
    fn between(before: &Rules, rules: &Rules) -> Self {
        Self {
            portal: (before.portal != rules.portal).then_some(rules.portal),
            forward: (before.forward != rules.forward).then_some(rules.forward),
            cable: (before.cable != rules.cable).then_some(rules.cable),
        }
    }

    /// Parses what was kept; nothing is changed if that is not whole. Of a snapshot of all rules, those that are not the
    /// defaults count as changed.
    pub fn parse(text: &str) -> Self {
        let Ok(File { version, portal, forward, cable }) = toml::from_str(text) else { return Self::default() };
        let kept = Self { portal, forward, cable };
        let default = Rules::default();
        match version {
            None => Self::between(&default, &default.with(&kept)),
            Some(VERSION) => kept,
            Some(_) => Self::default(),
        }
    }

    /// Returns whether this is a text that [`Self::parse`] understands.
    pub fn is_whole(text: &str) -> bool {
        toml::from_str(text).is_ok_and(|File { version, .. }| version.is_none_or(|version| version == VERSION))
    }

    /// Returns the text in which it is kept.
    pub fn to_toml(self) -> String {
        let Self { portal, forward, cable } = self;
        toml::to_string(&File { version: Some(VERSION), portal, forward, cable }).expect("four values are a table")
    }

    /// Adds those of `wish` that are not as in `now`: whoever sends all has changed those.
    #[must_use]
    pub fn and(self, now: &Rules, wish: &Self) -> Self {
        let new = Self::between(now, &now.with(wish));
        Self {
            portal: new.portal.or(self.portal),
            forward: new.forward.or(self.forward),
            cable: new.cable.or(self.cable),
        }
    }

    /// Removes the overrides of `which`, so that the configured values apply again: a host has reset them, or the card's file has
    /// been edited since.
    #[must_use]
    pub fn without(self, which: Which) -> Self {
        Self {
            portal: self.portal.filter(|_| !which.portal),
            forward: self.forward.filter(|_| !which.forward),
            cable: self.cable.filter(|_| !which.cable),
        }
    }

    /// Returns the origin of each rule, where hosts have changed these over the `configured` ones, of which the card's file
    /// `said` some.
    pub fn origins(&self, configured: &Rules, said: Which) -> Origins {
        let default = Rules::default();
        Origins {
            portal: Origin::of(self.portal.as_ref(), &configured.portal, &default.portal).or_card(said.portal),
            forward: Origin::of(self.forward.as_ref(), &configured.forward, &default.forward).or_card(said.forward),
            cable: Origin::of(self.cable.as_ref(), &configured.cable, &default.cable).or_card(said.cable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_is_read_and_the_rest_is_the_configurations() {
        let config = Wifi { portal: Portal::Off, forward: true, ..Wifi::default() };
        let rules = |text: &str| Rules::of(&config).with(&Change::parse(text));
        for damaged in ["", "forward = 3", "version = 3\nforward = false"] {
            assert_eq!(rules(damaged), Rules::of(&config), "{damaged}");
        }
        let now = Rules::of(&config);
        let wish = Change { portal: Some(Portal::Off), forward: Some(false), ..Change::default() };
        let change = Change::default().and(&now, &wish);
        assert_eq!((change.portal, change.forward), (None, Some(false)), "what holds already was not changed");
        assert_eq!(Change::parse(&change.to_toml()), change);
        assert_eq!(rules(&change.to_toml()), Rules { forward: false, ..now }, "the default wins if it was chosen");
        let snapshot = "portal = \"quiet\"\nforward = false\ncable = \"guests\"\n";
        assert_eq!(rules(snapshot), Rules { cable: Cable::Guests, ..now }, "of the version before");
    }

    #[test]
    fn what_the_cards_file_says_anew_is_no_hosts_word_any_more() {
        let changed = Change { portal: Some(Portal::Off), forward: Some(true), cable: Some(Cable::Guests) };
        let said = Which { portal: true, cable: true, forward: false };
        let left = changed.without(said);
        assert_eq!(left, Change { forward: Some(true), ..Change::default() });
        let origins = left.origins(&Rules::of(&Wifi::default()), said);
        assert_eq!(origins, Origins { portal: Origin::Card, forward: Origin::Page, cable: Origin::Card });
    }
}
