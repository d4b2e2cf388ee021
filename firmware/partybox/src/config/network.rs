//! The sections about phones: WebRTC, HTTP and the Wi-Fi they are in.

use std::net::IpAddr;

use appliance::config::Wifi;
use appliance::credentials::{PASSPHRASE_LETTERS, SSID_BYTES_MAX, is_passphrase, is_ssid};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::error::{Error, ensure, within};

/// Most guests of one radio: the largest association identifier (IEEE 802.11 section 9.4.1.8).
const GUESTS_MAX: u16 = 2_007;

section! {
    /// `[webrtc]`
    WebRtcConfig {
        udp_port: u16 = 0,
        listeners_max: usize = 1_000,
        sessions_per_address_max: usize = 8,
        networks: Vec<String> = Vec::new(),
    }
}

section! {
    /// `[whip]`
    WhipConfig { refuse_video: bool = false }
}

section! {
    /// `[http]`
    HttpConfig {
        connections_max: usize = 1_024,
        connections_per_address_max: usize = 16,
        pages_max: usize = 960,
        names: Vec<String> = vec!["party.internal".to_owned()],
    }
}

impl WebRtcConfig {
    pub(super) fn check(&self) -> Result<(), Error> {
        for network in &self.networks {
            ensure("webrtc.networks", network, parse_network(network).is_some(), "an address or ADDRESS/BITS")?;
        }
        within("webrtc.listeners_max", self.listeners_max, 1, 5_000)?;
        within("webrtc.sessions_per_address_max", self.sessions_per_address_max, 1, 5_000)
    }
}

impl HttpConfig {
    pub(super) fn check(&self) -> Result<(), Error> {
        within("http.connections_max", self.connections_max, 64, 20_000)?;
        within("http.connections_per_address_max", self.connections_per_address_max, 4, 20_000)?;
        within("http.pages_max", self.pages_max, 16, 20_000)
    }
}

/// Returns the network that a text names: `ADDRESS/BITS`, or an address alone.
pub(super) fn parse_network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// Checks the section `[wifi]`, whose keys are the appliance's.
pub(super) fn check_wifi(wifi: &Wifi) -> Result<(), Error> {
    let Wifi { ssid, passphrase, own, country, guests_max, .. } = wifi;
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
