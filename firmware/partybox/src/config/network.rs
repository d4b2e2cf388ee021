//! The sections about phones: WebRTC, HTTP and the Wi-Fi they are in.

use std::net::{IpAddr, Ipv6Addr};
use std::ops::Deref;

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
    WhipConfig {
        refuse_video: bool = false,
        together_max: usize = 2,
    }
}

section! {
    /// `[rooms]`
    RoomsConfig {
        rooms_max: usize = 16,
        participants_max: usize = 16,
    }
}

section! {
    /// `[streams]`
    StreamsConfig {
        connections_max: usize = 256,
        senders_max: usize = 10,
        receivers_max: usize = 200,
        streams_max: usize = 10,
        unheard_minutes: u64 = 10,
    }
}

section! {
    /// `[http]`
    HttpConfig {
        https_port: u16 = 0,
        connections_max: usize = 1_024,
        connections_per_address_max: usize = 16,
        pages_max: usize = 960,
        guests_per_address_max: usize = 64,
        names: Names = Names(vec!["party.internal".to_owned()]),
        url: String = String::new(),
        proxies: Vec<String> = Vec::new(),
        embed: Vec<String> = Vec::new(),
        metrics_from: Vec<String> = Vec::new(),
    }
}

/// Names of the box, as they are compared: in small letters, without spaces around them and without a dot at the end; an address of
/// IPv6 in brackets, as it stands in an address of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct Names(Vec<String>);

impl From<Vec<String>> for Names {
    fn from(names: Vec<String>) -> Self {
        let normal = |name: &String| {
            let name = name.trim().trim_end_matches('.').to_ascii_lowercase();
            ipv6(&name).map_or(name, |address| format!("[{address}]"))
        };
        Self(names.iter().map(normal).collect())
    }
}

impl Deref for Names {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.0
    }
}

/// Longest name that DNS knows, letters (RFC 1035 section 2.3.4).
const NAME_CHARS_MAX: usize = 253;

/// Longest address of the page, letters: what a QR code holds that phones read from across a room.
const URL_CHARS_MAX: usize = 120;

impl RoomsConfig {
    pub(super) fn check(&self) -> Result<(), Error> {
        within("rooms.rooms_max", self.rooms_max, 1, 64)?;
        within("rooms.participants_max", self.participants_max, 2, 64)
    }
}

impl WhipConfig {
    pub(super) fn check(&self) -> Result<(), Error> {
        within("whip.together_max", self.together_max, 1, hub::TOGETHER_MAX)
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

impl StreamsConfig {
    pub(super) fn check(&self) -> Result<(), Error> {
        within("streams.connections_max", self.connections_max, 1, 5_000)?;
        within("streams.senders_max", self.senders_max, 0, 16)?;
        within("streams.receivers_max", self.receivers_max, 1, 5_000)?;
        within("streams.streams_max", self.streams_max, 0, 16)?;
        within("streams.unheard_minutes", self.unheard_minutes, 1, 1_440)
    }

    /// Returns the same as the rules of streams take it.
    pub(crate) fn limits(&self) -> hub::Limits {
        hub::Limits {
            connections: self.connections_max,
            senders: self.senders_max,
            receivers: self.receivers_max,
            streams: self.streams_max,
            unheard_ms: self.unheard_minutes * 60_000,
        }
    }
}

impl HttpConfig {
    /// `listen_port` is that of the same pages without TLS.
    pub(super) fn check(&self, listen_port: u16) -> Result<(), Error> {
        let allowed = "another port than 443, which phones try first and shall find closed, and than that of `listen`; 0 for none";
        let port = self.https_port;
        ensure("http.https_port", port, port == 0 || port != 443 && port != listen_port, allowed)?;
        within("http.connections_max", self.connections_max, 64, 20_000)?;
        within("http.connections_per_address_max", self.connections_per_address_max, 4, 20_000)?;
        within("http.pages_max", self.pages_max, 16, 20_000)?;
        within("http.guests_per_address_max", self.guests_per_address_max, 1, 1_000)?;
        for name in self.names.iter() {
            let allowed = "names or addresses without port, such as party.example.org";
            ensure("http.names", name, is_name(name) || ipv6(name).is_some(), allowed)?;
        }
        let allowed = "an address without path, such as https://party.example.org, or nothing";
        ensure("http.url", &self.url, self.url.is_empty() || is_origin(self.url.trim_end_matches('/')), allowed)?;
        for network in &self.proxies {
            ensure("http.proxies", network, parse_network(network).is_some(), "an address or ADDRESS/BITS")?;
        }
        for network in &self.metrics_from {
            ensure("http.metrics_from", network, parse_network(network).is_some(), "an address or ADDRESS/BITS")?;
        }
        for origin in &self.embed {
            let allowed = "origins, such as http://homeassistant.local:8123, or \"*\"";
            ensure("http.embed", origin, origin == "*" || is_origin(origin), allowed)?;
        }
        Ok(())
    }

    /// Connections that one address may hold: as configured, and two for each guest that may come by it.
    pub fn connections_of_address(&self) -> usize {
        self.connections_per_address_max.max(2 * self.guests_per_address_max.saturating_sub(Self::GUESTS_PER_ADDRESS))
    }

    /// Sessions that one address may hold beside what is configured: one for each guest that may come by it, where that is more
    /// than usual.
    pub fn sessions_of_address(&self, configured: usize) -> usize {
        configured.max(self.guests_per_address_max.saturating_sub(Self::GUESTS_PER_ADDRESS))
    }

    /// Guests of one address for whom what one address may hold is enough as it stands.
    const GUESTS_PER_ADDRESS: usize = 16;

    /// The networks of `proxies`; what `HttpConfig::check` refuses is left out.
    pub fn proxy_networks(&self) -> Vec<IpNet> {
        self.proxies.iter().filter_map(|text| parse_network(text)).collect()
    }

    /// The networks of `metrics_from`; what `HttpConfig::check` refuses is left out.
    pub fn metrics_networks(&self) -> Vec<IpNet> {
        self.metrics_from.iter().filter_map(|text| parse_network(text)).collect()
    }

    /// The address of the page from outside, with a slash at its end, if one is configured.
    pub fn outer_url(&self) -> Option<String> {
        let url = self.url.trim_end_matches('/');
        (!url.is_empty()).then(|| format!("{url}/"))
    }
}

/// Returns the address of IPv6 that a text is, in brackets or not.
fn ipv6(text: &str) -> Option<Ipv6Addr> {
    text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text).parse().ok()
}

/// Returns whether a text is a name that can stand in an address: letters, digits, hyphens and dots of ASCII.
fn is_name(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (1..=NAME_CHARS_MAX).contains(&text.len()) && text.bytes().all(is_letter)
}

/// Returns whether a text is scheme, name and port, and nothing else.
fn is_origin(text: &str) -> bool {
    let place = text.strip_prefix("https://").or(text.strip_prefix("http://"));
    place.is_some_and(|place| {
        let (name, port) = place.rsplit_once(':').map_or((place, None), |(name, port)| (name, Some(port)));
        text.len() <= URL_CHARS_MAX && is_name(name) && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|p| p > 0))
    })
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
