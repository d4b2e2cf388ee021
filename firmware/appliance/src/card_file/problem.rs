//! What can be wrong with the card's file, as values: pages translate the code, and the file beside it says all in English.
//!
//! Never contains a secret. What is allowed is stated by the check that refuses.

use std::fmt;

use serde::Serialize;

/// Letters of a detail that are kept: a line on a screen.
const DETAIL_LETTERS_MAX: usize = 200;

/// Letters of a key that are kept: more than the longest that there is.
const KEY_LETTERS_MAX: usize = 60;

/// One thing that is wrong with the file that an owner edits on the card; it was left out, and the rest of the file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Line of the file, counted from 1.
    pub line: Option<usize>,
    /// The key, with its section; empty where it is not about one.
    pub key: String,
    /// What is wrong.
    pub code: Code,
    /// More about it, in English: what is allowed, or what the parser or the system said.
    pub detail: String,
}

/// What can be wrong with the card's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The file is larger than any such file can be; nothing of it was read.
    TooLarge,
    /// The file cannot be read.
    Unreadable,
    /// This is not TOML.
    Syntax,
    /// There is no such key.
    Unknown,
    /// There is such a key, but not for this file.
    NotHere,
    /// The key cannot have this value.
    Value,
    /// What was read cannot be kept, so a secret stays in the file.
    NotKept,
    /// There is more that is wrong.
    More,
}

impl Problem {
    /// Returns one that is about the `key` in this line; texts from a file are cut and made one line.
    pub fn new(line: Option<usize>, key: &str, code: Code, detail: &str) -> Self {
        let cut =
            |text: &str, letters_max| text.chars().take(letters_max).collect::<String>().replace(char::is_control, " ");
        Self { line, key: cut(key, KEY_LETTERS_MAX), code, detail: cut(detail, DETAIL_LETTERS_MAX) }
    }

    /// Returns one that is about the whole file.
    pub fn of_file(code: Code, detail: &str) -> Self {
        Self::new(None, "", code, detail)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(match self.code {
            Code::TooLarge => "the file is too large, and nothing of it counts",
            Code::Unreadable => "the file cannot be read",
            Code::Syntax => "this cannot be read",
            Code::Unknown => "there is no such key",
            Code::NotHere => "this cannot be set in this file",
            Code::Value => "this value is not possible",
            Code::NotKept => "this cannot be kept, so it stays in the file",
            Code::More => "there is more",
        })?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, " ({})", self.detail) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_one_short_line_that_names_line_key_and_what_is_allowed() {
        let problem = Problem::new(Some(3), "wifi.country", Code::Value, "allowed is two\ncapital letters");
        let said = "line 3: wifi.country: this value is not possible (allowed is two capital letters)";
        assert_eq!(problem.to_string(), said);
        let long = Problem::new(None, &"k".repeat(9_999), Code::Unknown, &"d".repeat(9_999));
        assert!(long.to_string().len() < 300, "{long}");
        assert_eq!(Problem::of_file(Code::More, "").to_string(), "there is more");
    }
}
