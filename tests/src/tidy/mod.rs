//! House rules as functions of text: what every file of this repository must and must not contain.
//!
//! A rule takes a path and a text and returns what breaks it; nothing here decides which files a rule applies to
//! (`it/tidy.rs` does). Rules read text, not syntax trees: they are meant to be obvious, not complete.

pub mod arrows;
pub mod circles;
pub mod code;
pub mod repository;
pub mod rules;
pub mod web;

use std::fmt;

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Path relative to the repository, with the line if there is one: `firmware/x.rs:12`.
    pub place: String,
    /// What is wrong and what to do instead.
    pub what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl Breach {
    /// A breach in a whole file.
    pub fn of_file(path: &str, what: impl Into<String>) -> Self {
        Self { place: path.to_owned(), what: what.into() }
    }

    /// A breach in the line with this index (counted from 0).
    pub fn of_line(path: &str, index: usize, what: impl Into<String>) -> Self {
        Self { place: format!("{path}:{}", index + 1), what: what.into() }
    }
}

/// Fails the calling test with a list if there is any breach.
pub fn assert_none(rule: &str, breaches: &[Breach]) {
    let list: Vec<String> = breaches.iter().map(Breach::to_string).collect();
    assert!(list.is_empty(), "{rule}: {} breach(es)\n{}", list.len(), list.join("\n"));
}
