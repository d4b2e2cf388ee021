//! Files in, 48 kHz stereo frames out.
//!
//! Files are hostile, so nothing here parses one in the box's own process: [`open`] and [`probe`] start a decoder
//! process ([`worker`]) that is locked in before it reads the first byte, can be killed at any time, and talks back
//! over a small checked protocol. This room knows nothing of queues: it plays one track into one [`crate::deck`].

mod aac;
mod ac3;
mod adts;
mod arriving;
mod bare;
mod disguise;
mod downmix;
mod dts;
mod file;
mod flac;
mod hardening;
mod id3;
#[cfg(feature = "pump")]
pub(crate) mod live;
mod mp4;
mod mpeg;
mod ogg;
mod opus;
mod packet;
mod resampled;
mod speex;
mod spliced;
mod stream;
mod symphonia;
mod walk;
mod wave;
mod window;
pub mod wire;
pub mod worker;

use std::fmt;
use std::io::{self, Read, Seek};

pub use self::hardening::lock_in;
pub use self::packet::Ear;
pub use self::stream::{Broken, Cut, Event, OPEN_MAX, Outcome, STALL_MAX, WorkerCommand, hear, open, open_cut, probe};
pub(crate) use self::stream::{Said, begin, listen};
use crate::pcm::Frame;

/// What a file says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrackInfo {
    /// The title tag, at most [`TEXT_CHARS_MAX`] characters without control characters.
    pub title: Option<String>,
    /// The artist tag, limited likewise.
    pub artist: Option<String>,
    /// Length in milliseconds, if the file tells.
    pub duration_ms: Option<u64>,
}

/// The longest title, artist or reason kept, in characters; longer ones are cut.
pub const TEXT_CHARS_MAX: usize = 200;

/// Largest magnitude let through, +18 dB over full scale. Float files may hold anything; nothing a limiter could save
/// lies above it.
const LEVEL_MAX: f32 = 8.0;

/// What a file is read through.
trait Source: Read + Seek + Send + Sync {}

impl<T: Read + Seek + Send + Sync> Source for T {}

/// The device seam: a decoder of one file, positioned at its start.
trait Decode {
    /// What the file says about itself.
    fn info(&self) -> &TrackInfo;

    /// Frames per second of what the last [`Decode::read`] brought, and before the first of what it will bring.
    fn rate_hz(&self) -> u32;

    /// Moves to `to_ms` milliseconds after the start, exactly; past the end is the end.
    fn seek(&mut self, to_ms: u64) -> Result<(), Error>;

    /// Appends the next frames to `out`; `false` at the end of the track.
    fn read(&mut self, out: &mut Vec<Frame>) -> Result<bool, Error>;
}

/// Why a file does not play, or plays no further. Trying the same file again does not help, except with
/// [`Error::Open`] and [`Error::Worker`].
#[derive(Debug)]
pub enum Error {
    /// The system does not let the file be opened or read.
    Open(io::Error),
    /// It is a directory, a device or a pipe.
    NotAFile,
    /// It has no bytes.
    Empty,
    /// No known kind of sound file.
    Unrecognised,
    /// A known container without any sound in it.
    NoSound,
    /// Known, but not playable here; says what.
    Unsupported(String),
    /// The contents break the rules of their format; says where.
    Damaged(String),
    /// The decoder process failed, not (or not provably) the file.
    Worker(WorkerError),
}

/// How a decoder process died that was killed from outside.
pub(crate) const KILLED: &str = "it was killed";

/// What went wrong with a decoder process.
#[derive(Debug)]
pub enum WorkerError {
    /// It could not be started.
    Spawn(io::Error),
    /// It could not lock itself in and therefore did not open the file.
    NotHardened(String),
    /// It ended in the middle of its work: this is how it died, in words.
    Died(String),
    /// It did nothing for too long and was killed.
    Stalled,
    /// It broke the protocol and was killed: this is how.
    Protocol(&'static str),
}

impl Error {
    /// Whether it is the system that refuses, whatever the file: another time it may not. A storage that answers too late is part
    /// of it, though a file may cause the same.
    pub fn is_systems(&self) -> bool {
        use WorkerError::{Died, NotHardened, Spawn, Stalled};
        match self {
            Self::Open(_) | Self::Worker(Spawn(_) | NotHardened(_) | Stalled) => true,
            // Nothing in a file kills a process in this way: the system was short of memory.
            Self::Worker(Died(how)) => how == KILLED,
            _ => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(source) => write!(f, "cannot be read: {source}"),
            Self::NotAFile => write!(f, "is not a file"),
            Self::Empty => write!(f, "is empty"),
            Self::Unrecognised => write!(f, "is not a sound file of a kind this box knows"),
            Self::NoSound => write!(f, "holds no sound"),
            Self::Unsupported(what) => write!(f, "cannot be played here: {what}"),
            Self::Damaged(what) => write!(f, "is damaged: {what}"),
            Self::Worker(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for WorkerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spawn(source) => write!(f, "was not opened: the decoder does not start: {source}"),
            Self::NotHardened(what) => write!(f, "was not opened: the decoder cannot be locked in: {what}"),
            Self::Died(how) => write!(f, "made the decoder fail ({how})"),
            Self::Stalled => write!(f, "kept the decoder busy for too long"),
            Self::Protocol(what) => write!(f, "made the decoder talk nonsense ({what})"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Open(source) | Self::Worker(WorkerError::Spawn(source)) => Some(source),
            _ => None,
        }
    }
}

/// `sample` as a number within [`LEVEL_MAX`].
fn sane(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-LEVEL_MAX, LEVEL_MAX) } else { 0.0 }
}

/// `text` fit to be shown: without control characters, trimmed, at most [`TEXT_CHARS_MAX`] characters.
fn shown(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).take(TEXT_CHARS_MAX).collect();
    plain.trim().to_owned()
}
