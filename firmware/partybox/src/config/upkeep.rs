//! The sections about the box itself: what it keeps and what it logs. Nothing in them has a range.

use std::path::PathBuf;

use log::LevelFilter;
use serde::{Deserialize, Serialize};

section! {
    /// `[state]`
    StateConfig { folder: PathBuf = PathBuf::new() }
}

section! {
    /// `[update]`
    UpdateConfig { inbox: PathBuf = PathBuf::new() }
}

section! {
    /// `[log]`
    LogConfig { level: Level = Level(LevelFilter::Info) }
}

/// A level of the log, written in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Level(pub LevelFilter);

impl Serialize for Level {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.as_str().to_ascii_lowercase())
    }
}
