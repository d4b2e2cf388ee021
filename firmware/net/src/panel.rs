//! What the box itself tells, besides the party: where it is, its radio, its power, its firmware, its line-in.
//!
//! Filled in by whoever looks after these; what nobody has told is `None`. Values only.

use std::fmt;

use serde::Serialize;

/// Everything of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    /// Where the page can be opened, the best address first.
    pub urls: Vec<String>,
    /// What a phone scans to join the network.
    pub join: Option<JoinCode>,
    /// The place on the stream's timeline at which the track's position was true, in ticks of 48 kHz.
    pub media_time: u64,
    /// How loud line-in is, while it is used.
    pub line_level: Option<LineLevel>,
    /// The box's own Wi-Fi, if it has one.
    pub radio: Option<RadioStatus>,
    /// Its power, where the board tells.
    pub power: Option<PowerStatus>,
    /// The firmware's update, where there can be one.
    pub update: Option<UpdateStatus>,
}

/// The text of a QR code that joins the network. Holds its passphrase, so no log may show it.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinCode(pub String);

impl fmt::Debug for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinCode(…)")
    }
}

/// How loud line-in is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LineLevel {
    /// Highest peak of late in dBFS; `None` for silence.
    pub peak_dbfs: Option<f32>,
    /// Whether it was too loud for its converter of late.
    pub clipped: bool,
}

/// The box's own Wi-Fi.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RadioStatus {
    /// Phones that have joined it.
    pub guests: u32,
    /// Phones that it takes.
    pub guests_max: u32,
    /// Whether there is little room left.
    pub nearly_full: bool,
    /// What it is made with.
    pub chipset: String,
}

impl RadioStatus {
    /// Whether no further phone can join.
    pub fn is_full(&self) -> bool {
        self.guests >= self.guests_max
    }
}

/// The box's power.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PowerStatus {
    /// Whether the voltage is too low now.
    pub undervoltage: bool,
    /// Whether it was since the start.
    pub undervoltage_seen: bool,
    /// Whether the processor is slowed down because of heat or power.
    pub throttled: bool,
    /// Temperature of the processor, °C.
    pub temperature_c: Option<f32>,
    /// Voltage of the supply.
    pub volt: Option<f32>,
}

/// How far an update of the firmware is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateState {
    /// There is none.
    #[default]
    None,
    /// The file is coming in.
    Receiving,
    /// Its signature is being checked.
    Verifying,
    /// It is being written.
    Writing,
    /// It is there, and runs after a restart.
    RestartNeeded,
    /// It runs, and has to prove itself.
    Trying,
    /// It runs and has.
    Confirmed,
    /// It did not work, so the one before runs again.
    RolledBack,
    /// It was not taken.
    Refused,
}

/// An update of the firmware.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct UpdateStatus {
    /// How far it is.
    pub state: UpdateState,
    /// Share of the present step that is done, 0 to 1, if it is known.
    pub progress: Option<f32>,
    /// The version it brings.
    pub version: Option<String>,
    /// Why it was not taken or did not last; pages have a sentence for each.
    pub why: Option<String>,
}
