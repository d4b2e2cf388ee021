//! Why a configuration was refused, and the two checks that most keys need.
//!
//! A message names the key, its value and what is allowed, in one line.

use std::fmt;
use std::path::PathBuf;

use super::FILE_BYTES_MAX;

/// Why a configuration was refused. Always the user's to mend; a retry without a change is of no use.
#[derive(Debug)]
pub enum Error {
    /// The file cannot be read.
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is larger than any configuration can be.
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// The text is not TOML, has an unknown key or a value of the wrong kind.
    Syntax {
        /// Line, counted from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// The board cannot be wired like this.
    Board(board::wiring::Error),
    /// A value is outside its range.
    Range {
        /// The key, with its section.
        key: &'static str,
        /// The value as given.
        value: String,
        /// What is allowed.
        allowed: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => write!(f, "cannot read the configuration {}: {source}", path.display()),
            Self::TooLarge { path } => {
                write!(f, "the configuration {} is larger than {FILE_BYTES_MAX} bytes", path.display())
            }
            Self::Syntax { line, message } => write!(f, "configuration, line {line}: {message}"),
            Self::Board(error) => write!(f, "configuration: {error}"),
            Self::Range { key, value, allowed } => write!(f, "configuration: {key} = {value}, allowed is {allowed}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Refuses a number outside its range.
pub(super) fn within<T: PartialOrd + fmt::Display + Copy>(
    key: &'static str,
    value: T,
    min: T,
    max: T,
) -> Result<(), Error> {
    ensure(key, value, value >= min && value <= max, format!("{min} to {max}"))
}

/// Refuses `value` unless `holds`.
pub(super) fn ensure(
    key: &'static str,
    value: impl fmt::Display,
    holds: bool,
    allowed: impl Into<String>,
) -> Result<(), Error> {
    // A text may hold line ends and worse; the message stays one line.
    let value = || value.to_string().replace(char::is_control, " ");
    if holds { Ok(()) } else { Err(Error::Range { key, value: value(), allowed: allowed.into() }) }
}
