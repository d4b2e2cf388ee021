//! Line-in as a device: the seam between sound cards and the rest of the house.
//!
//! [`Capture`] is one opened device, [`Open`] the way to (re)open it. The real ones are `alsa` and `pipe`; a simulated one lies in
//! [`crate::sim`]. Nothing here knows rings, clocks or what the sound is for.

#[cfg(feature = "alsa")]
mod alsa;
#[cfg(feature = "alsa")]
mod name;
#[cfg(feature = "alsa")]
mod pipe;
mod sample;

use std::fmt;

use crate::pcm::Frame;

#[cfg(feature = "alsa")]
pub use alsa::Alsa;
#[cfg(feature = "alsa")]
pub use pipe::Pipe;
pub use sample::SampleFormat;

/// Most frames one [`Capture::read`] may bring: 20 ms at 192 kHz, rounded up. Longer periods come in several reads.
pub const READ_FRAMES_MAX: usize = 4_096;

/// Longest time [`Capture::read`] may wait for sound, in ms.
pub const READ_WAIT_MS: u32 = 100;

/// What an opened device delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Frames per second, nominally: 8 000 to 192 000.
    pub rate_hz: u32,
    /// Frames the device delivers at a time.
    pub period_frames: usize,
}

/// What one read brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Frames written to the start of the buffer; 0 if nothing came in time.
    pub frames: usize,
    /// Overruns and suspends that were recovered on the way; sound was lost at each.
    pub xruns: u32,
}

/// An opened capture device.
pub trait Capture: Send {
    /// What the device delivers. It never changes; a device that changes its mind ends with an error.
    fn format(&self) -> Format;

    /// Waits at most [`READ_WAIT_MS`] for sound and moves it into `out` (at most [`READ_FRAMES_MAX`] frames). Must not
    /// allocate, lock or log. After an error the device is of no more use and is to be dropped.
    fn read(&mut self, out: &mut [Frame]) -> Result<Read, Error>;
}

/// Returns the names of the sound cards that record now, as [`Alsa`] takes them; quick, since it opens none.
#[cfg(feature = "alsa")]
pub fn recording() -> Vec<String> {
    name::recording(std::path::Path::new(name::SYSFS_SOUND))
}

/// A way to open one named device, again and again.
pub trait Open: Send {
    /// Opens and starts the device.
    fn open(&mut self) -> Result<Box<dyn Capture>, Error>;
}

/// Why there is no line-in. All of these are retried for ever, because any of them ends when somebody plugs the right
/// cable in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// No device of that name: not plugged in, or a wrong name in the configuration.
    NotFound,
    /// Another program holds the device.
    Busy,
    /// This program may not use the device: the installation's fault.
    Denied,
    /// The device offers no rate, format or channel count that is understood.
    Unsupported,
    /// The device went away.
    Unplugged,
    /// The device is there but has delivered nothing for [`crate::line::STALL_MS`] (a fresh one for
    /// [`crate::line::FIRST_SOUND_MS`]).
    Stalled,
    /// Anything else the operating system says, as its error number.
    Device(i32),
}

impl Error {
    /// The error as a number that fits an atomic.
    pub(crate) fn code(self) -> u32 {
        match self {
            Self::NotFound => 1,
            Self::Busy => 2,
            Self::Denied => 3,
            Self::Unsupported => 4,
            Self::Unplugged => 5,
            Self::Stalled => 6,
            Self::Device(errno) => 0x1_0000 | (errno as u32 & 0xffff),
        }
    }

    /// The error that has this number.
    pub(crate) fn from_code(code: u32) -> Self {
        match code {
            1 => Self::NotFound,
            2 => Self::Busy,
            3 => Self::Denied,
            4 => Self::Unsupported,
            5 => Self::Unplugged,
            6 => Self::Stalled,
            other => Self::Device((other & 0xffff) as i32),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "no such device"),
            Self::Busy => write!(f, "another program uses it"),
            Self::Denied => write!(f, "not allowed to use it"),
            Self::Unsupported => write!(f, "it offers no usable format"),
            Self::Unplugged => write!(f, "it was unplugged"),
            Self::Stalled => write!(f, "it delivers nothing"),
            Self::Device(errno) => write!(f, "{}", std::io::Error::from_raw_os_error(*errno)),
        }
    }
}

impl std::error::Error for Error {}
