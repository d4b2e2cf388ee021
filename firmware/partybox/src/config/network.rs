//! The sections about phones: WebRTC, HTTP and the Wi-Fi they are in.

use serde::{Deserialize, Serialize};

use super::error::{Error, ensure, within};
use crate::wifi::{PASSPHRASE_LETTERS, SSID_BYTES_MAX, is_passphrase, is_ssid};

/// Most guests of one radio: the largest association identifier (IEEE 802.11 section 9.4.1.8).
const GUESTS_MAX: u16 = 2_007;

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
    WifiConfig {
        ssid: String = String::new(),
        passphrase: String = String::new(),
        own: bool = false,
        country: String = String::new(),
        band: Band = Band::Auto,
        guests_max: u16 = 0,
        portal: Portal = Portal::Quiet,
        forward: bool = false,
        cable: Cable = Cable::House,
    }
}

/// Where the box's own network is in the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Band {
    /// 5 GHz where country and radio allow it, else 2.4 GHz.
    #[serde(rename = "auto")]
    Auto,
    /// 5 GHz or nothing.
    #[serde(rename = "5")]
    Five,
    /// 2.4 GHz: reaches farther, is fuller.
    #[serde(rename = "2.4")]
    TwoPointFour,
}

/// What the box's Ethernet cable leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cable {
    /// The network of the house, which gives the box an address, and perhaps the internet.
    #[default]
    House,
    /// More access points, or guests with a cable: they are in the box's own network.
    Guests,
}

/// What phones are told when they ask whether the box's own network leads to the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Portal {
    /// Whatever keeps them in the network without a word.
    Quiet,
    /// The same, but Android shows a page that says what to do next.
    SignIn,
    /// Nothing.
    Off,
}

impl WebRtcConfig {
    pub(super) fn check(&self) -> Result<(), Error> {
        within("webrtc.listeners_max", self.listeners_max, 1, 5_000)?;
        within("webrtc.sessions_per_address_max", self.sessions_per_address_max, 1, 5_000)
    }
}

impl HttpConfig {
    pub(super) fn check(&self) -> Result<(), Error> {
        within("http.connections_max", self.connections_max, 64, 20_000)?;
        within("http.connections_per_address_max", self.connections_per_address_max, 4, 20_000)
    }
}

impl WifiConfig {
    pub(super) fn check(&self) -> Result<(), Error> {
        let Self { ssid, passphrase, own, country, guests_max, .. } = self;
        ensure(
            "wifi.ssid",
            ssid,
            ssid.is_empty() || !own && is_ssid(ssid),
            format!("1 to {SSID_BYTES_MAX} bytes without control characters, or nothing, as with wifi.own"),
        )?;
        let (shortest, longest) = (PASSPHRASE_LETTERS.start(), PASSPHRASE_LETTERS.end());
        let allowed = format!("{shortest} to {longest} letters of ASCII, or nothing");
        // Not the passphrase itself: refusals end up in logs.
        ensure("wifi.passphrase", "(not shown)", is_passphrase(passphrase), allowed)?;
        let is_country = country.is_empty() || country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
        ensure("wifi.country", country, is_country, "two capital letters of ISO 3166, such as DE, or nothing")?;
        within("wifi.guests_max", *guests_max, 0, GUESTS_MAX)
    }
}
