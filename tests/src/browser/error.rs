//! What goes wrong with a browser, in words for the message of a failed test.

use std::fmt;

/// What went wrong with the browser.
#[derive(Debug)]
pub enum BrowserError {
    /// chromedriver could not be started, or ended at once.
    Start(std::io::Error),
    /// chromedriver did not answer.
    Silent(ureq::Error),
    /// chromedriver or the page refused: the command and what was said.
    Refused {
        /// The WebDriver command, as method and path.
        command: String,
        /// The driver's own words.
        message: String,
    },
    /// The browser hung up, or does not answer.
    Lost(std::io::Error),
    /// The answer was not what the protocol promises.
    Malformed(&'static str),
    /// A picture could not be written.
    Write(std::io::Error),
}

impl fmt::Display for BrowserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(error) => write!(f, "chromedriver does not start: {error}"),
            Self::Silent(error) => write!(f, "chromedriver does not answer: {error}"),
            Self::Refused { command, message } => write!(f, "{command}: {message}"),
            Self::Lost(error) => write!(f, "the browser does not answer: {error}"),
            Self::Malformed(what) => write!(f, "the browser's answer has no {what}"),
            Self::Write(error) => write!(f, "the picture cannot be written: {error}"),
        }
    }
}

impl std::error::Error for BrowserError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Start(error) | Self::Lost(error) | Self::Write(error) => Some(error),
            Self::Silent(error) => Some(error),
            Self::Refused { .. } | Self::Malformed(_) => None,
        }
    }
}
