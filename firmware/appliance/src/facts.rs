//! Facts about the box as a thing (network, radio, power, updates), as pages and the rest of the program follow them: values
//! only.
//!
//! Says nothing of single stations or people. Who finds these facts out is in the other files of this room; the words in
//! which pages get them are the API's.

use std::net::IpAddr;

use serde::Serialize;

use crate::card_file::Problem;
use crate::clock::ClockFacts;
use crate::config::{Cable, Portal};
use crate::rules::{Below, Origins};

/// The box's own network, as HTTP needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// What phones are answered when they ask for the internet.
    pub portal: Portal,
    /// Where such questions arrive: nowhere else are they answered.
    pub probed_at: IpAddr,
    /// Where our own page is, with a slash at its end.
    pub page: String,
    /// Whether stations get on to the internet when the box has it.
    pub forward: bool,
    /// What the cable leads to.
    pub cable: Cable,
    /// Who said so.
    pub origins: Origins,
    /// What holds where hosts have said nothing.
    pub below: Below,
}

/// The box's radio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Radio {
    /// Stations in its network.
    #[serde(rename = "guests")]
    pub stations: u16,
    /// Stations that may be in it.
    #[serde(rename = "guests_max")]
    pub stations_max: u16,
    /// Whether 80 % of the places are in use.
    pub nearly_full: bool,
    /// Whether all places are in use, so that whoever tries to join is refused. How many tried is not known: hostapd
    /// writes that to its debugging log only.
    pub full: bool,
    /// What radio it is.
    pub chipset: String,
}

/// The box's power and temperature.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Power {
    /// Whether the voltage is too low now; `None` on a machine without a driver that measures it.
    pub undervoltage: Option<bool>,
    /// Whether it was seen to be at some time since the box started.
    pub undervoltage_seen: bool,
    /// Whether the processor is slowed down because of heat.
    pub throttled: bool,
    /// Temperature of the processor.
    pub temperature_c: Option<f32>,
    /// Voltage of the supply, where it is measured.
    pub volt: Option<f32>,
    /// What to warn the host of, politely: `undervoltage`, `hot` or `throttled`.
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

/// Why what the box is entrusted with now is lost when it is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forgets {
    /// What it keeps can be read and no longer written.
    ReadOnly,
    /// There is no room left for it.
    Full,
    /// It is refused, or not written in time.
    Refused,
    /// The box has no place for it.
    Nowhere,
    /// What it kept cannot be read. Nothing is written in its place until a host says so.
    Lost,
    /// That place is erased now, and the box restarts.
    Making,
    /// It could not be.
    Failed,
}

/// What is wrong with the box's own network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum NetworkTrouble {
    /// The rules of what guests may reach cannot be loaded: cables stay apart, and nothing is forwarded.
    NoRules,
    /// There is no radio, because its firmware is missing.
    NoFirmware {
        /// The files, by the names that its driver asked for.
        files: Vec<String>,
    },
}

/// Everything.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Facts {
    /// The box's own network; `None` where it has none.
    #[serde(skip)]
    pub network: Option<Network>,
    /// Its radio; `None` where it has none.
    pub radio: Option<Radio>,
    /// Its power; `None` where it is not known.
    pub power: Option<Power>,
    /// Its update; `None` on a machine that is not updated like this.
    pub update: Option<Update>,
    /// Why it will forget; `None` while it keeps what it is entrusted with.
    pub forgets: Option<Forgets>,
    /// What is wrong with the file that its owner edits on its card; `None` where it reads none.
    pub card_problems: Option<Vec<Problem>>,
    /// What is wrong with its own network.
    pub network_trouble: Option<NetworkTrouble>,
    /// Who has set its clock.
    #[serde(skip)]
    pub clock: ClockFacts,
}

impl Facts {
    /// Returns whether an update is being written, so that the box must not be switched off.
    pub fn is_updating(&self) -> bool {
        self.update.as_ref().is_some_and(|update| update.state == UpdateState::Writing)
    }

    /// Returns how much of the radio's room stations have, percent.
    pub fn fullness_percent(&self) -> usize {
        let radio = self.radio.as_ref().filter(|radio| radio.stations_max > 0);
        radio.map_or(0, |radio| usize::from(radio.stations) * 100 / usize::from(radio.stations_max))
    }
}
