//! Why a wiring was refused: each message names the board, the function or line, and what is allowed.

use std::fmt;

use crate::config;
use crate::function::Function;

/// Why a wiring was refused. Always the user's to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A value of the configuration is out of range.
    Config(config::Error),
    /// The board has no such line, or the header does not carry it.
    NoSuchLine {
        /// Which board.
        board: String,
        /// What for.
        function: Function,
        /// The line.
        line: u32,
        /// The lines that can be used.
        allowed: String,
    },
    /// One line is used for two things.
    LineTwice {
        /// Which board.
        board: String,
        /// The line.
        line: u32,
        /// What for, first.
        first: String,
        /// And what for as well.
        second: String,
        /// Lines that are free.
        free: String,
    },
    /// The table does not have the function, and the configuration does not say which line.
    LineMissing {
        /// Which board.
        board: String,
        /// What for.
        function: Function,
        /// The lines that are free.
        free: String,
    },
    /// Only one half of the rotary encoder is wired.
    HalfRotary {
        /// Which board.
        board: String,
        /// The half that is missing.
        missing: Function,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::NoSuchLine { board, function, line, allowed } => {
                write!(f, "board {board}: {function} cannot be on line {line}; lines of its header are {allowed}")
            }
            Self::LineTwice { board, line, first, second, free } => {
                write!(f, "board {board}: line {line} is used for {first} and for {second}; free are {free}")
            }
            Self::LineMissing { board, function, free } => {
                write!(f, "board {board}: {function} needs a line; free are {free}")
            }
            Self::HalfRotary { board, missing } => {
                write!(f, "board {board}: {missing} is not wired, but the other half of the encoder is")
            }
        }
    }
}

impl std::error::Error for Error {}
