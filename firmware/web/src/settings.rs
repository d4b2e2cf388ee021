//! The settings of the box, as values between HTTP and whoever keeps them: what each key of the configuration is, who said so,
//! what it may be, and what hosts ask to be changed.
//!
//! Nothing is decided here. What a key means stands in `partybox.toml`; what a party is set to is elsewhere ([`party`]).

use std::borrow::Cow;

use appliance::clock::{ClockFacts, NotSet};
use base::Origin;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

pub use serde_json::{Map, Value};

/// Requests waiting for the loop. If that many wait it is stuck, and a further one is refused with 503.
pub const REQUESTS_WAITING_MAX: usize = 8;

/// What a value of a key may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Kind {
    /// A text.
    Text {
        /// Shortest, letters.
        min: u32,
        /// Longest, letters.
        max: u32,
    },
    /// A text that nobody but hosts may see, or nothing.
    Secret {
        /// Shortest, letters.
        min: u32,
        /// Longest, letters.
        max: u32,
    },
    /// A whole number.
    Number {
        /// Smallest.
        min: u32,
        /// Largest.
        max: u32,
    },
    /// Yes or no.
    Switch,
    /// One of these.
    Choice {
        /// All that may be chosen.
        choices: &'static [&'static str],
    },
    /// One of these numbers.
    NumberChoice {
        /// All that may be chosen.
        choices: &'static [u32],
    },
    /// One or more of these numbers, the first being the one that counts where only one can.
    Numbers {
        /// All that may be chosen.
        choices: &'static [u32],
    },
    /// Any texts.
    Texts,
    /// A stretch of the day, `HH:MM-HH:MM`, or nothing.
    Hours,
    /// A country by its two letters of ISO 3166, or nothing.
    Country,
    /// A table of pins, by what is wired there.
    Pins,
    /// Something else, which is shown and cannot be set here.
    Other,
}

/// When a changed value holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Takes {
    /// At once.
    Now,
    /// When the box starts the next time.
    Restart,
    /// It cannot be set by hosts: it says how the box is put together.
    Never,
    /// It is set elsewhere, by this address.
    Elsewhere(&'static str),
}

/// A value and whose word it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    /// The value.
    pub value: Value,
    /// Who said so.
    pub origin: Origin,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Setting {
    /// The key, with its section.
    pub key: Cow<'static, str>,
    /// What is said of it last, and by whom.
    #[serde(flatten)]
    pub said: Said,
    /// What it is where nobody says anything.
    pub default: Value,
    /// What it would go back to, were a host's word taken back; nothing where no host has said anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back: Option<Said>,
    /// What it may be.
    #[serde(flatten)]
    pub kind: Kind,
    /// Texts that are possible now, of which any other may be said as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<String>,
    /// When a change holds.
    pub takes: Takes,
    /// Whether the box must be restarted before the value holds.
    pub pending: bool,
    /// What is allowed, where a host's word had to be left out because it is not possible any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Settings {
    /// Each key, section by section.
    pub settings: Vec<Setting>,
    /// Whether something holds only after a restart.
    pub pending: bool,
    /// Whether nobody has said yet in which country the box is and what it is called: the first host may be asked.
    pub asks: bool,
    /// Who has set the system's clock; filled in with the answer.
    pub clock: ClockFacts,
}

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such key.
    Unknown {
        /// As it was asked for.
        key: String,
    },
    /// Hosts may not set this key here.
    NotHere {
        /// The key.
        key: String,
        /// Where it is said instead: an address, `command` for the command line, or `file`.
        at: &'static str,
    },
    /// The key cannot have this value.
    Value {
        /// The key.
        key: String,
        /// The value; not that of a secret.
        value: String,
        /// What is allowed.
        allowed: String,
    },
    /// It cannot be kept: the storage refuses.
    NotKept,
}

/// Something of a backup that was left out, while the rest was taken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LeftOut {
    /// What it is called in the backup.
    pub name: String,
    /// The reason.
    pub why: Reason,
}

/// Why something of a backup was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// This version does not know it.
    Unknown,
    /// This box cannot be set so.
    Impossible,
    /// It is not whole.
    Damaged,
    /// It is no name of a playlist among the box's music.
    BadName,
    /// It is larger, or there are more of it, than can be.
    TooLarge,
    /// The box has no folder of music, or the storage refuses.
    NotWritten,
    /// It was left out already when the backup was made.
    NotSaved,
}

/// Why nothing of a backup was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRestored {
    /// It is none.
    NoBackup,
    /// It is one of a later shape, which this version cannot read.
    TooNew,
    /// It cannot be kept: the storage refuses.
    NotKept,
}

/// What came of it.
pub type Outcome = Result<Settings, Refused>;

/// What hosts ask. Dropping a reply counts as a box that is too busy.
#[derive(Debug)]
pub enum Request {
    /// What all settings are.
    Read {
        /// The answer.
        reply: oneshot::Sender<Settings>,
    },
    /// To set some, or to take back what a host had set, which is `null`; all of it or nothing.
    Change {
        /// By key.
        some: Map<String, Value>,
        /// What all settings are then; answered once they are kept.
        reply: oneshot::Sender<Outcome>,
    },
    /// Never to ask the first host again.
    Asked {
        /// Answered once that is kept.
        reply: oneshot::Sender<Outcome>,
    },
    /// What the box keeps, as one value.
    Backup {
        /// Whether with its hosts.
        hosts: bool,
        /// The answer.
        reply: oneshot::Sender<Value>,
    },
    /// To take the place of what the box keeps, from the next start on.
    Restore {
        /// What a [`Self::Backup`] was answered, perhaps by another version.
        backup: Value,
        /// What of it was left out. Answered once it is kept.
        reply: oneshot::Sender<Result<Vec<LeftOut>, NotRestored>>,
    },
    /// To learn what time it is, where the box has no clock that knows.
    Clock {
        /// Milliseconds since 1970, by a host's phone.
        unix_ms: u64,
        /// Whether the system's clock is to be set as well.
        set: bool,
        /// What came of it.
        reply: oneshot::Sender<Result<(), NotSet>>,
    },
    /// To begin again with what was set; answered before that happens.
    Restart {
        /// The answer.
        reply: oneshot::Sender<()>,
    },
}

/// The way for requests and its other end.
pub fn channel() -> (mpsc::Sender<Request>, mpsc::Receiver<Request>) {
    mpsc::channel(REQUESTS_WAITING_MAX)
}
