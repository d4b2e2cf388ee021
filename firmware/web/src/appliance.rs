//! The box as a thing that stands somewhere: its own network, its power, its updates; values between HTTP and whoever looks
//! after them.
//!
//! [`Facts`] are watched and say nothing of guests; what a host asks for goes through a queue. Nothing is decided here.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use party::Origin;
use serde::Serialize;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use crate::portal;

/// Requests waiting to be done. If that many wait, whoever does them is stuck, and a further one is refused with 503.
pub const REQUESTS_WAITING_MAX: usize = 8;

/// The box's own network, as HTTP needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// What phones are told when they ask for the internet.
    pub portal: portal::Mode,
    /// Where such questions arrive: nowhere else are they answered.
    pub probed_at: IpAddr,
    /// Where our own page is, with a slash at its end.
    pub page: String,
    /// Whether guests get on to the internet when the box has it.
    pub forward: bool,
    /// Whether the cable leads to more access points of this network, and not to the house's.
    pub cable_to_guests: bool,
    /// Who said so.
    pub origins: NetworkOrigins,
}

/// The origin of each rule of the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NetworkOrigins {
    /// Of [`Network::portal`].
    pub portal: Origin,
    /// Of [`Network::forward`].
    pub forward: Origin,
    /// Of [`Network::cable_to_guests`].
    pub cable: Origin,
}

/// What a host wants of the network; what is left out stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetworkWish {
    /// What phones are told when they ask for the internet.
    pub portal: Option<portal::Mode>,
    /// Whether guests get there.
    pub forward: Option<bool>,
    /// Whether the cable leads to more access points of this network.
    pub cable_to_guests: Option<bool>,
}

/// The box's radio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Radio {
    /// Phones that have joined.
    pub guests: u16,
    /// Phones that may.
    pub guests_max: u16,
    /// Whether 80 % of the places are taken.
    pub nearly_full: bool,
    /// Whether all places are taken, so that whoever tries to join is refused. Nobody tells how many tried: hostapd says
    /// so to its debugging log only.
    pub full: bool,
    /// What radio it is.
    pub chipset: String,
}

/// The box's power and temperature.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Power {
    /// Whether the voltage is too low now.
    pub undervoltage: bool,
    /// Whether it was at some time since the box started.
    pub undervoltage_seen: bool,
    /// Whether the processor is slowed down because of heat.
    pub throttled: bool,
    /// Temperature of the processor.
    pub temperature_c: Option<f32>,
    /// Voltage of the supply, where it is measured.
    pub volt: Option<f32>,
    /// What to tell the host of it, politely: `undervoltage`, `hot` or `throttled`.
    pub warning: Option<&'static str>,
}

/// How far an update is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateState {
    /// There is none.
    #[default]
    None,
    /// One lies on a stick, and waits for a host's word.
    Found,
    /// It is on its way to the box.
    Receiving,
    /// Its signature is checked; nothing is written yet.
    Verifying,
    /// It is written beside what runs now.
    Writing,
    /// It is there and begins with the next start.
    RestartNeeded,
    /// It runs for the first time and must play before it may stay.
    Trying,
    /// It has played and stays.
    Confirmed,
    /// It did not play; what ran before runs again.
    RolledBack,
    /// It is not for this box; nothing has changed.
    Refused,
}

/// The update.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Update {
    /// How far it is.
    pub state: UpdateState,
    /// How much of this step is done, 0 to 1.
    pub progress: Option<f32>,
    /// The version that it brings, once known.
    pub version: Option<String>,
    /// Why it was refused or did not stay: `wrong-key`, `wrong-board`, `older`, `damaged`, `no-space`,
    /// `interrupted` (the box went off or stopped each time it was written), `failed`.
    pub why: Option<String>,
}

/// Why the box forgets what it is told now when it is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forgets {
    /// What it keeps can be read and no longer written.
    ReadOnly,
    /// What it kept cannot be read. Nothing is written in its place until a host says so.
    Lost,
    /// That place is made anew now, and the box restarts.
    Making,
    /// It could not be.
    Failed,
}

/// Everything.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Facts {
    /// The box's own network; `None` where it has none.
    #[serde(skip)]
    pub network: Option<Network>,
    /// Its radio; `None` where it has none.
    pub radio: Option<Radio>,
    /// Its power; `None` where it cannot be told.
    pub power: Option<Power>,
    /// Its update; `None` on a machine that is not updated like this.
    pub update: Option<Update>,
    /// Why it will forget; `None` while it keeps what it is told.
    pub forgets: Option<Forgets>,
}

/// What a host asks for. Dropping the reply counts as being busy.
#[derive(Debug)]
pub enum Request {
    /// Let the network be like this from now on.
    SetNetwork {
        /// How.
        wish: NetworkWish,
        /// Told once it is kept.
        reply: oneshot::Sender<Result<(), Refused>>,
    },
    /// Take the update that lies on a stick.
    TakeFromStick {
        /// Told once it is on its way.
        reply: oneshot::Sender<Result<(), Refused>>,
    },
    /// Begin with the new version.
    Restart {
        /// Told before it happens.
        reply: oneshot::Sender<Result<(), Refused>>,
    },
    /// Make the place anew in which the box keeps things, and restart.
    StartAnew {
        /// Told before it happens.
        reply: oneshot::Sender<Result<(), Refused>>,
    },
}

/// The two names of an update that comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbox {
    /// While it is not whole.
    pub part: PathBuf,
    /// Afterwards.
    pub whole: PathBuf,
}

impl Inbox {
    /// Makes the part the whole. When this returns, it is on the storage under its name; when the power fails before,
    /// there is no whole. Waits for the storage.
    ///
    /// # Errors
    /// The storage refuses; the part may be left.
    pub fn complete(&self) -> io::Result<()> {
        library::durable::rename(&self.part, &self.whole)
    }
}

/// Why it was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// A stable code, for pages.
    pub code: &'static str,
    /// The reason in words.
    pub why: &'static str,
}

/// HTTP's end.
#[derive(Clone, Debug)]
pub struct Appliance {
    /// What is so.
    pub facts: watch::Receiver<Arc<Facts>>,
    /// What hosts ask.
    pub requests: mpsc::Sender<Request>,
    /// Where an update comes in; `None` on a machine that is not updated like this.
    pub inbox: Option<Inbox>,
    /// The inbox for one update at a time, from a stick or by HTTP.
    pub receiving: Arc<Semaphore>,
}

/// The other end.
#[derive(Debug)]
pub struct Keeper {
    /// What is so.
    pub facts: watch::Sender<Arc<Facts>>,
    /// What hosts ask.
    pub requests: mpsc::Receiver<Request>,
    /// The inbox for one update at a time, from a stick or by HTTP.
    pub receiving: Arc<Semaphore>,
}

/// Both ends.
pub fn channel() -> (Appliance, Keeper) {
    let (facts_in, facts) = watch::channel(Arc::default());
    let (requests, requests_out) = mpsc::channel(REQUESTS_WAITING_MAX);
    let receiving = Arc::new(Semaphore::new(1));
    let keeper = Keeper { facts: facts_in, requests: requests_out, receiving: Arc::clone(&receiving) };
    (Appliance { facts, requests, inbox: None, receiving }, keeper)
}
