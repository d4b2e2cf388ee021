//! What was read of the card's file, beside the settings that it changed: values that go along with the configuration.
//!
//! Reads nothing and decides nothing; `card` does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use appliance::card_file::Problem;
use appliance::config::Which;

/// What was read of the card's file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CardFile {
    /// Where it is.
    pub path: PathBuf,
    /// What each key that holds is, as TOML; secrets are not among them.
    pub said: BTreeMap<String, String>,
    /// The name that the owner chose for the box's own network.
    pub ssid: Option<String>,
    /// The passphrase of whichever network it is about.
    pub passphrase: Option<Secret>,
    /// Whether there is a line for a passphrase, which may be blank.
    pub has_passphrase: bool,
    /// Keys that are not what they were when the file was last read: they win over what hosts have set since then.
    pub news: BTreeSet<String>,
    /// What is wrong with the file.
    pub problems: Vec<Problem>,
}

/// A secret, and how it is blanked.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// The secret.
    pub text: String,
    /// Where in the file its value is, bytes.
    pub at: usize,
    /// What is written over it.
    pub blank: Vec<u8>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

impl CardFile {
    /// Returns whether the file says what `key` is.
    pub fn says(&self, key: &str) -> bool {
        self.said.contains_key(key)
    }

    /// Returns which rules of the network satisfy `is`, by their keys.
    pub fn rules(&self, is: impl Fn(&str) -> bool) -> Which {
        Which { portal: is("wifi.portal"), forward: is("wifi.forward"), cable: is("wifi.cable") }
    }
}
