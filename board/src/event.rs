//! What the room reports: presses, turns, and what is wrong with the wiring.
//!
//! Values only. Each event carries the kernel's time stamp of what caused it, not the time at which it was read.

use std::fmt;
use std::sync::{Arc, Mutex};

use base::Time;

use crate::function::{Button, Function};
use crate::gesture::Gesture;

/// Where events go, from whichever thread.
pub(crate) type Emit = Arc<Mutex<dyn FnMut(Event) + Send>>;

/// Something happened at the box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, by the kernel's stamp of the edge; for what becomes true by waiting, the instant at which it became true.
    pub at: Time,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A button was used.
    Press {
        /// Which.
        button: Button,
        /// How.
        gesture: Gesture,
    },
    /// The knob was turned.
    Turn {
        /// Clicks, clockwise counted positive; never 0.
        steps: i32,
    },
    /// Something does not work. Reported once until it works again; it is retried meanwhile.
    Trouble {
        /// What.
        part: Part,
        /// Why.
        problem: Problem,
        /// How it is to be wired, for the person at the box: one line.
        advice: String,
    },
    /// Something works (again) that was reported in a [`What::Trouble`].
    Well {
        /// What.
        part: Part,
    },
}

/// A thing that can be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The GPIO chip, by its label.
    Chip(String),
    /// One line.
    Line {
        /// What it is for.
        function: Function,
        /// Its number on the chip.
        line: u32,
    },
    /// The display.
    Display {
        /// The bus' device file.
        bus: String,
        /// Its address on the bus.
        address: u8,
    },
}

/// Why something does not work. Each is retried for ever, because a cable or another program can mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is not there: not wired, not switched on in the system's configuration, or no such line.
    Missing,
    /// Another program or the kernel itself uses it.
    Busy,
    /// This program may not use it: the installation's fault.
    Denied,
    /// It was there and went away.
    Gone,
    /// Anything else the system says, as its error number.
    Device(i32),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chip(label) => write!(f, "GPIO chip {label}"),
            Self::Line { function, line } => write!(f, "{function} (line {line})"),
            Self::Display { bus, address } => write!(f, "display ({bus}, address {address:#04x})"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("is not there"),
            Self::Busy => f.write_str("is used by another program"),
            Self::Denied => f.write_str("may not be used by this program"),
            Self::Gone => f.write_str("went away"),
            Self::Device(errno) => write!(f, "fails: {}", std::io::Error::from_raw_os_error(*errno)),
        }
    }
}
