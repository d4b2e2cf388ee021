//! What hosts have set, as a file: how it outlasts a restart.
//!
//! Values by key, as TOML. A key that this version does not know stays in it, so that an update and a roll-back lose nothing.

use std::collections::BTreeMap;

use appliance::state::{Error, Folder, peek};
use serde::{Deserialize, Serialize};
use toml::Value;

/// The file's name in the state folder.
pub const FILE: &str = "settings";

/// Version of the shape.
const VERSION: u32 = 1;

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    version: u32,
    /// Whether the first host was asked what this box needs to know.
    #[serde(default)]
    pub asked: bool,
    /// Values by key.
    #[serde(default)]
    pub set: BTreeMap<String, Value>,
}

impl Kept {
    /// Parses what was kept; nothing is known if that is not whole.
    pub fn parse(text: &str) -> Self {
        toml::from_str(text).ok().filter(|kept: &Self| kept.version == VERSION).unwrap_or_default()
    }

    /// Returns whether this is such a text.
    pub fn is_whole(text: &str) -> bool {
        Self::parse(text).version == VERSION
    }

    /// Reads what is kept in this folder.
    pub fn read(folder: &std::path::Path) -> Self {
        peek(folder, FILE).map(|text| Self::parse(&text)).unwrap_or_default()
    }

    /// Reads the same in a folder that is this box's; what is not whole is set aside.
    pub fn open(folder: &Folder) -> Self {
        let text = folder.read(FILE).inspect_err(|error| log::warn!("what hosts had set is not known: {error}"));
        let Ok(Some(text)) = text else { return Self::default() };
        let kept = Self::parse(&String::from_utf8_lossy(&text));
        if kept.version != VERSION {
            let foreign = folder.set_aside(FILE);
            log::warn!("what hosts had set is not known: {foreign}");
        }
        kept
    }

    /// Returns the text in which it is kept.
    pub fn to_toml(&self) -> String {
        toml::to_string(&Self { version: VERSION, ..self.clone() }).expect("values by key are a table")
    }

    /// Returns the same once the first host was asked.
    #[must_use]
    pub fn after_asking(&self) -> Self {
        Self { asked: true, ..self.clone() }
    }

    /// Leaves out what is said elsewhere since: every key for which `is_news` holds, and those above and below it. Returns
    /// whether there was any.
    pub fn forget<'a>(&mut self, news: impl IntoIterator<Item = &'a str>) -> bool {
        let before = self.set.len();
        for news in news {
            self.set.retain(|key, _| !concerns(key, news));
        }
        self.set.len() != before
    }

    /// Writes it. When this returns, it is on the storage.
    ///
    /// # Errors
    /// The storage refuses.
    pub fn write(&self, folder: &Folder) -> Result<(), Error> {
        folder.write(FILE, self.to_toml().as_bytes())
    }
}

/// Returns whether two keys are the same, or one is in the table that the other is.
pub(super) fn concerns(one: &str, other: &str) -> bool {
    let within = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
    one == other || within(one, other) || within(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_what_this_version_does_not_know_stays() {
        let set = [("name", Value::from("Gar\"den")), ("opus.fec", false.into()), ("stars.max", 3.into())];
        let set = set.map(|(key, value)| (key.to_owned(), value)).into();
        let kept = Kept { asked: true, set, ..Kept::default() };
        let read = Kept::parse(&kept.to_toml());
        assert_eq!((read.asked, &read.set), (true, &kept.set));
        for wrong in ["", "version = 2\n[set]\nname = \"x\"", "set = 3", "\0"] {
            assert_eq!(Kept::parse(wrong), Kept::default(), "{wrong}");
        }
    }

    #[test]
    fn news_of_a_table_concern_what_is_in_it_and_of_what_is_in_it_the_table() {
        let keys = ["buttons.play.short", "board.pins", "name", "names"];
        let mut kept = Kept { set: keys.map(|key| (key.to_owned(), 1.into())).into(), ..Kept::default() };
        assert!(kept.forget(["buttons.play", "board.pins.play-button", "name"]));
        assert_eq!(kept.set.keys().collect::<Vec<_>>(), ["names"]);
        assert!(!kept.forget(["name"]));
    }
}
