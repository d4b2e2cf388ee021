//! The configuration: its keys, their defaults and the ranges that are allowed.
//!
//! `partybox.toml` beside this crate is the reference for people; a test holds the two together. Reading and checking
//! only: nothing here opens a device or a socket.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use log::LevelFilter;
use serde::{Deserialize, Serialize};

use crate::buttons::Buttons;
use crate::night::Night;
use crate::wifi::{PASSPHRASE_LETTERS, SSID_BYTES_MAX, is_passphrase, is_ssid};

/// The reference file, for `--print-config`.
pub const REFERENCE: &str = include_str!("../partybox.toml");

/// Largest configuration file that is read, bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Bit rates that MPEG-1 layer III allows at 48 kHz (ISO 11172-3 table of bit rates) and that suit music.
const MP3_BITRATES_BPS: [u32; 8] = [64_000, 96_000, 128_000, 160_000, 192_000, 224_000, 256_000, 320_000];

/// Everything that can be configured. Units and ranges are in `partybox.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "each key is documented once, for its users, in partybox.toml")]
pub struct Config {
    pub name: String,
    pub listen: SocketAddr,
    pub host_from: Vec<String>,
    pub night: Night,
    pub source: SourceConfig,
    pub line_in: LineInConfig,
    pub opus: OpusConfig,
    pub mp3: Mp3Config,
    pub webrtc: WebRtcConfig,
    pub http: HttpConfig,
    pub wifi: WifiConfig,
    pub board: board::Config,
    pub buttons: Buttons,
    pub state: StateConfig,
    pub log: LogConfig,
}

/// What plays after start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "documented in partybox.toml")]
pub enum Start {
    Files,
    LineIn,
}

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

section! {
    /// `[source]`
    SourceConfig {
        start: Start = Start::Files,
        music: PathBuf = PathBuf::new(),
        crossfade_ms: u16 = 0,
        pause_fade_ms: u16 = 200,
        source_fade_ms: u16 = 1_000,
        stop_fade_ms: u16 = 3_000,
    }
}

section! {
    /// `[line_in]`
    LineInConfig { device: String = String::new(), period_ms: u8 = 5 }
}

section! {
    /// `[opus]`
    OpusConfig {
        bitrate_bps: u32 = 128_000,
        complexity: u8 = 5,
        fec: bool = true,
        expected_loss_percent: u8 = 5,
        packet_ms: u8 = 20,
    }
}

section! {
    /// `[mp3]`
    Mp3Config { bitrates_bps: Vec<u32> = vec![128_000], burst_ms: u16 = 0, listeners_max: usize = 500 }
}

section! {
    /// `[webrtc]`
    WebRtcConfig { udp_port: u16 = 0, listeners_max: usize = 1_000, sessions_per_address_max: usize = 8 }
}

section! {
    /// `[http]`
    HttpConfig {
        connections_max: usize = 1_024,
        connections_per_address_max: usize = 16,
        names: Vec<String> = vec!["party.internal".to_owned()],
    }
}

section! {
    /// `[wifi]`
    WifiConfig { ssid: String = String::new(), passphrase: String = String::new(), own: bool = false }
}

section! {
    /// `[state]`
    StateConfig { folder: PathBuf = PathBuf::new() }
}

section! {
    /// `[log]`
    LogConfig { level: Level = Level(LevelFilter::Info) }
}

/// A level of the log, written in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Level(pub LevelFilter);

impl Serialize for Level {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.as_str().to_ascii_lowercase())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: "Partybox".to_owned(),
            listen: SocketAddr::from(([0, 0, 0, 0], 8080)),
            host_from: Vec::new(),
            night: Night::default(),
            source: SourceConfig::default(),
            line_in: LineInConfig::default(),
            opus: OpusConfig::default(),
            mp3: Mp3Config::default(),
            webrtc: WebRtcConfig::default(),
            http: HttpConfig::default(),
            wifi: WifiConfig::default(),
            board: board::Config::default(),
            buttons: Buttons::default(),
            state: StateConfig::default(),
            log: LogConfig::default(),
        }
    }
}

/// Why a configuration was refused. Always the user's to mend; a retry without a change is of no use.
#[derive(Debug)]
pub enum Error {
    /// The file cannot be read.
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is larger than any configuration can be.
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// The text is not TOML, has an unknown key or a value of the wrong kind.
    Syntax {
        /// Line, counted from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// The board cannot be wired like this.
    Board(board::wiring::Error),
    /// A value is outside its range.
    Range {
        /// The key, with its section.
        key: &'static str,
        /// The value as given.
        value: String,
        /// What is allowed.
        allowed: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => write!(f, "cannot read the configuration {}: {source}", path.display()),
            Self::TooLarge { path } => {
                write!(f, "the configuration {} is larger than {FILE_BYTES_MAX} bytes", path.display())
            }
            Self::Syntax { line, message } => write!(f, "configuration, line {line}: {message}"),
            Self::Board(error) => write!(f, "configuration: {error}"),
            Self::Range { key, value, allowed } => write!(f, "configuration: {key} = {value}, allowed is {allowed}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read { source, .. } => Some(source),
            _ => None,
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
        within("source.crossfade_ms", self.source.crossfade_ms, 0, 12_000)?;
        within("source.pause_fade_ms", self.source.pause_fade_ms, 5, 5_000)?;
        within("source.source_fade_ms", self.source.source_fade_ms, 5, 12_000)?;
        within("source.stop_fade_ms", self.source.stop_fade_ms, 5, 12_000)?;
        within("line_in.period_ms", self.line_in.period_ms, 2, 20)?;
        let needs_device = self.source.start == Start::LineIn && self.line_in.device.is_empty();
        ensure("source.start", "line-in", !needs_device, "\"files\" while line_in.device is empty")?;
        within("opus.bitrate_bps", self.opus.bitrate_bps, 16_000, 510_000)?;
        within("opus.complexity", self.opus.complexity, 0, 10)?;
        within("opus.expected_loss_percent", self.opus.expected_loss_percent, 0, 30)?;
        ensure(
            "opus.packet_ms",
            self.opus.packet_ms,
            [10, 20, 40, 60].contains(&self.opus.packet_ms),
            "10, 20, 40 or 60",
        )?;
        let rates = &self.mp3.bitrates_bps;
        let known = !rates.is_empty() && rates.iter().all(|rate| MP3_BITRATES_BPS.contains(rate));
        ensure("mp3.bitrates_bps", format!("{rates:?}"), known, format!("one or more of {MP3_BITRATES_BPS:?}"))?;
        within("mp3.burst_ms", self.mp3.burst_ms, 0, 1_000)?;
        within("mp3.listeners_max", self.mp3.listeners_max, 1, 5_000)?;
        within("webrtc.listeners_max", self.webrtc.listeners_max, 1, 5_000)?;
        within("webrtc.sessions_per_address_max", self.webrtc.sessions_per_address_max, 1, 5_000)?;
        within("http.connections_max", self.http.connections_max, 64, 20_000)?;
        within("http.connections_per_address_max", self.http.connections_per_address_max, 4, 20_000)?;
        self.check_wifi()?;
        if let Some(button) = self.buttons.impossible() {
            let key = "buttons.repeat";
            ensure(key, button.label(), false, "a button that repeats, without double, long and held")?;
        }
        self.wiring().map(drop)
    }

    fn check_wifi(&self) -> Result<(), Error> {
        let WifiConfig { ssid, passphrase, own } = &self.wifi;
        ensure(
            "wifi.ssid",
            ssid,
            ssid.is_empty() || !own && is_ssid(ssid),
            format!("1 to {SSID_BYTES_MAX} bytes without control characters, or nothing, as with wifi.own"),
        )?;
        let (shortest, longest) = (PASSPHRASE_LETTERS.start(), PASSPHRASE_LETTERS.end());
        let allowed = format!("{shortest} to {longest} letters of ASCII, or nothing");
        // Not the passphrase itself: refusals end up in logs.
        ensure("wifi.passphrase", "(not shown)", is_passphrase(passphrase), allowed)
    }

    /// What is wired to this very machine.
    ///
    /// # Errors
    /// The board's configuration cannot be.
    pub fn wiring(&self) -> Result<board::Wiring, Error> {
        board::Wiring::resolve(&self.board, &board::wiring::machine()).map_err(Error::Board)
    }
}

/// `ADDRESS/BITS`, or an address alone.
fn parse_network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn within<T: PartialOrd + fmt::Display + Copy>(key: &'static str, value: T, min: T, max: T) -> Result<(), Error> {
    ensure(key, value, value >= min && value <= max, format!("{min} to {max}"))
}

fn ensure(key: &'static str, value: impl fmt::Display, holds: bool, allowed: impl Into<String>) -> Result<(), Error> {
    // A text may hold line ends and worse; the message stays one line.
    let value = || value.to_string().replace(char::is_control, " ");
    if holds { Ok(()) } else { Err(Error::Range { key, value: value(), allowed: allowed.into() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The message for a text that must be refused.
    fn refusal(text: &str) -> String {
        Config::parse(text).expect_err("this must be refused").to_string()
    }

    #[test]
    fn the_reference_file_holds_every_key_with_its_default() {
        let written: toml::Table = toml::from_str(REFERENCE).unwrap();
        let defaults = toml::Table::try_from(Config::default()).unwrap();
        assert_eq!(written, defaults);
        assert_eq!(Config::parse(REFERENCE).unwrap(), Config::default());
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(Config::parse("").unwrap(), Config::default());
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let message = refusal("name = \"x\"\n[opus]\nbitrate = 1\n");
        assert!(message.contains("line 3") && message.contains("`bitrate`"), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }

    #[test]
    fn values_outside_their_range_are_named_with_the_range() {
        assert_eq!(
            refusal("[opus]\nbitrate_bps = 1\n"),
            "configuration: opus.bitrate_bps = 1, allowed is 16000 to 510000"
        );
        for text in [
            "name = \"\"",
            "host_from = [\"10.0.0.0/33\"]",
            "[opus]\npacket_ms = 30",
            "[mp3]\nbitrates_bps = []",
            "[mp3]\nbitrates_bps = [127000]",
            "[source]\nstart = \"line-in\"",
            "[http]\nconnections_max = 0",
        ] {
            assert!(refusal(text).contains("allowed is"), "{text}");
        }
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_one_clear_line() {
        for text in ["listen = 80", "listen = \"nowhere\"", "[source]\nstart = \"radio\"", "[[name]]", "\u{0}"] {
            assert_eq!(refusal(text).lines().count(), 1, "{text}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let message = Config::load(Path::new("/nonexistent/x.toml")).expect_err("no such file").to_string();
        assert!(message.contains("/nonexistent/x.toml"), "{message}");
    }
}
