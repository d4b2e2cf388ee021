//! What the box remembers of the card's file: what it said when it was last read, and the secrets that were taken over from it.
//!
//! Values and their text, in a file of the state folder. What an edit wins over is decided by whoever reads it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The name of the file in the state folder.
pub const FILE: &str = "card";

/// Version of the shape.
const VERSION: u32 = 1;

/// What is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Memory {
    version: u32,
    /// The passphrase that was taken over last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passphrase: Option<String>,
    /// What each key was when the file was last read, as TOML.
    pub said: BTreeMap<String, String>,
}

impl Memory {
    /// Parses what was kept; nothing is remembered if that is not whole.
    pub fn parse(text: &str) -> Self {
        toml::from_str(text).ok().filter(|memory: &Self| memory.version == VERSION).unwrap_or_default()
    }

    /// Returns the text in which it is kept.
    pub fn to_toml(&self) -> String {
        toml::to_string(&Self { version: VERSION, ..self.clone() }).expect("texts are a table")
    }

    /// Returns whether `key` is `value` now and was not when the file was last read.
    pub fn is_news(&self, key: &str, value: &str) -> bool {
        self.said.get(key).is_none_or(|said| said != value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again_and_nothing_else() {
        let said = [("wifi.country", "\"DE\""), ("name", "\"a \\\"b\\\"\"")];
        let said = said.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let memory = Memory { passphrase: Some("se\"cret".to_owned()), said, ..Memory::default() };
        let read = Memory::parse(&memory.to_toml());
        assert_eq!((&read.passphrase, &read.said), (&memory.passphrase, &memory.said));
        assert!(!read.is_news("wifi.country", "\"DE\"") && read.is_news("wifi.country", "\"FR\""));
        assert!(read.is_news("wifi.band", "\"5\""));
        for wrong in ["", "version = 2\n[said]\n", "version = 1\nx = 1\n", "\0"] {
            assert_eq!(Memory::parse(wrong), Memory::default(), "{wrong}");
        }
    }
}
