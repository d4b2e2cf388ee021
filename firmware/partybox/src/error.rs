//! Why the box cannot start or go on, for the person who started it.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use audio::encode;
use audio::line::TooManyTaps;
use rtc::SpawnError;
use rtc::api::StreamError;

use crate::supervise::Trouble;
use crate::{config, stock};

/// Why the box cannot start or go on.
#[derive(Debug)]
pub enum Error {
    /// The page's address cannot be used: the user's to change.
    Listen(SocketAddr, io::Error),
    /// The WebRTC fan-out does not start; if its port cannot be used, that is the user's to change.
    FanOut(SpawnError),
    /// The board cannot be as it is configured: the user's to change.
    Config(config::Error),
    /// The demo tracks cannot be unpacked.
    Stock(stock::Error),
    /// The music cannot be listed: if it is the folder, that is the user's to change.
    Music(library::Error),
    /// An encoder cannot be made.
    Encoder(encode::Error),
    /// The WebRTC fan-out takes no further stream: it is busy, which a retry helps, or has as many as it can.
    Stream(StreamError),
    /// Line-in feeds as many channels as it can: one must be removed.
    LineIn(TooManyTaps),
    /// The system has no thread, signal or event for us.
    System(io::Error),
    /// Something essential ended or hangs.
    Trouble(Trouble),
}

impl Error {
    /// The exit code: 2 if the user can mend it by other options, else 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Listen(..) | Self::FanOut(SpawnError::Bind { .. }) | Self::Config(_) => 2,
            Self::Music(library::Error::Root { .. }) => 2,
            Self::Stock(_)
            | Self::Music(_)
            | Self::FanOut(_)
            | Self::Encoder(_)
            | Self::Stream(_)
            | Self::LineIn(_)
            | Self::System(_)
            | Self::Trouble(_) => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(address, error) => {
                write!(f, "cannot listen on {address}: {error}; choose another with --listen ADDR:PORT")
            }
            Self::FanOut(error @ SpawnError::Bind { .. }) => {
                write!(f, "{error}; choose another port with webrtc.udp_port or --listen")
            }
            Self::FanOut(error) => error.fmt(f),
            Self::Stock(error) => error.fmt(f),
            Self::Music(error @ library::Error::Root { .. }) => write!(f, "{error}; name another with --music"),
            Self::Music(error) => error.fmt(f),
            Self::Config(error) => error.fmt(f),
            Self::Stream(error) => write!(f, "cannot add a stream: {error}"),
            Self::LineIn(error) => error.fmt(f),
            Self::Encoder(error) => write!(f, "cannot encode: {error}"),
            Self::System(error) => write!(f, "the system refuses: {error}"),
            Self::Trouble(Trouble::Died(name)) => write!(f, "the {name} thread has ended; the box must be restarted"),
            Self::Trouble(Trouble::Silent) => write!(f, "what is sent is silent; the box must be restarted"),
            Self::Trouble(Trouble::Stuck) => write!(f, "no sound is being made; the box must be restarted"),
        }
    }
}

impl std::error::Error for Error {}
