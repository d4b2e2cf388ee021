//! The configuration: its keys, their defaults and the ranges that are allowed.
//!
//! `partybox.toml` beside this crate is the reference for people; a test holds the two together. Reading and checking
//! only: nothing here opens a device or a socket. Each section and its ranges are in a file of `config/`.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use appliance::clock::is_zone;
use appliance::config::Wifi;
use appliance::night::Night;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::buttons::Buttons;

/// A section: a struct whose every key has a default, and no other key is taken.
macro_rules! section {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $type:ty = $default:expr),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        #[allow(missing_docs, reason = "each key is documented once, for its users, in partybox.toml")]
        pub struct $name { $(pub $field: $type),+ }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default),+ }
            }
        }
    };
}

mod card;
mod error;
mod network;
mod sound;
mod upkeep;

pub use card::{CardFile, Secret};
pub use error::Error;
use error::ensure;
use network::parse_network;
pub use network::{HttpConfig, Names, RoomsConfig, StreamsConfig, WebRtcConfig, WhipConfig};
pub use sound::{GuestFilesConfig, LineInConfig, Mp3Config, OpusConfig, SourceConfig, Start};
pub use upkeep::{Level, LogConfig, StateConfig, UpdateConfig};

/// The reference file, for `--print-config`.
pub const REFERENCE: &str = include_str!("../partybox.toml");

/// Largest configuration file that is read, bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Everything that can be configured. Units and ranges are in `partybox.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "each key is documented once, for its users, in partybox.toml")]
pub struct Config {
    pub name: String,
    pub listen: SocketAddr,
    pub host_from: Vec<String>,
    pub night: Night,
    pub time_zone: String,
    pub source: SourceConfig,
    pub guest_files: GuestFilesConfig,
    pub line_in: LineInConfig,
    pub opus: OpusConfig,
    pub mp3: Mp3Config,
    pub webrtc: WebRtcConfig,
    pub whip: WhipConfig,
    pub rooms: RoomsConfig,
    pub streams: StreamsConfig,
    pub http: HttpConfig,
    pub wifi: Wifi,
    pub board: board::Config,
    pub buttons: Buttons,
    pub state: StateConfig,
    pub update: UpdateConfig,
    pub log: LogConfig,
    /// What was read of the card's file; `None` where none is read.
    #[serde(skip)]
    pub card: Option<CardFile>,
    /// Keys that options of the command line have set: these win over everything.
    #[serde(skip)]
    pub command: BTreeSet<&'static str>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: "Partybox".to_owned(),
            listen: SocketAddr::from(([0, 0, 0, 0], 8080)),
            host_from: Vec::new(),
            night: Night::default(),
            time_zone: String::new(),
            source: SourceConfig::default(),
            guest_files: GuestFilesConfig::default(),
            line_in: LineInConfig::default(),
            opus: OpusConfig::default(),
            mp3: Mp3Config::default(),
            webrtc: WebRtcConfig::default(),
            whip: WhipConfig::default(),
            rooms: RoomsConfig::default(),
            streams: StreamsConfig::default(),
            http: HttpConfig::default(),
            wifi: Wifi::default(),
            board: board::Config::default(),
            buttons: Buttons::default(),
            state: StateConfig::default(),
            update: UpdateConfig::default(),
            log: LogConfig::default(),
            card: None,
            command: BTreeSet::new(),
        }
    }
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// The file cannot be read, is too large, or [`Config::parse`] refuses its text.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let read_error = |source| Error::Read { path: path.to_owned(), source };
        if std::fs::metadata(path).map_err(read_error)?.len() > FILE_BYTES_MAX {
            return Err(Error::TooLarge { path: path.to_owned() });
        }
        Self::parse(&std::fs::read_to_string(path).map_err(read_error)?)
    }

    /// Parses and checks a text.
    ///
    /// # Errors
    /// Not TOML, an unknown key, a value of the wrong kind or outside its range.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text.as_bytes()[..start].iter().filter(|&&byte| byte == b'\n').count() + 1;
            Error::Syntax { line, message: error.message().replace(char::is_control, " ") }
        })?;
        config.check()?;
        Ok(config)
    }

    /// The networks of `host_from`; what [`Config::check`] refuses is left out.
    pub fn host_networks(&self) -> Vec<IpNet> {
        self.host_from.iter().filter_map(|text| parse_network(text)).collect()
    }

    /// The networks of `webrtc.networks`; `None` if it names none, which means those the box is in.
    pub fn guests_networks(&self) -> Option<Vec<(IpAddr, u8)>> {
        let named = self.webrtc.networks.iter().filter_map(|text| parse_network(text));
        let networks: Vec<_> = named.map(|network| (network.addr(), network.prefix_len())).collect();
        (!networks.is_empty()).then_some(networks)
    }

    /// Checks every range; called again after command-line options were merged in.
    ///
    /// # Errors
    /// The first value outside its range.
    pub fn check(&self) -> Result<(), Error> {
        let name_length = self.name.chars().count();
        ensure("name", &self.name, (1..=40).contains(&name_length), "1 to 40 characters")?;
        for network in &self.host_from {
            ensure("host_from", network, parse_network(network).is_some(), "an address or ADDRESS/BITS")?;
        }
        let zone = &self.time_zone;
        ensure(
            "time_zone",
            zone,
            is_zone(zone),
            "the name of a time zone that this system knows, such as Europe/Berlin",
        )?;
        self.source.check()?;
        self.guest_files.check()?;
        self.line_in.check()?;
        let needs_device = self.source.start == Start::LineIn && self.line_in.device.is_empty();
        ensure("source.start", "line-in", !needs_device, "\"files\" while line_in.device is empty")?;
        self.opus.check()?;
        self.mp3.check()?;
        self.webrtc.check()?;
        self.whip.check()?;
        self.rooms.check()?;
        self.streams.check()?;
        self.http.check(self.listen.port())?;
        network::check_wifi(&self.wifi)?;
        if let Some(button) = self.buttons.impossible() {
            let key = "buttons.repeat";
            ensure(key, button.label(), false, "a button that repeats, without double, long and held")?;
        }
        self.wiring().map(drop)
    }

    /// What is wired to this very machine.
    ///
    /// # Errors
    /// The board's configuration cannot be.
    pub fn wiring(&self) -> Result<board::Wiring, Error> {
        board::Wiring::resolve(&self.board, &board::wiring::machine()).map_err(Error::Board)
    }
}

#[cfg(test)]
mod tests;
