//! A venue without limits, for benches: a fan-out that lets in as many phones as a bench brings, all from one address,
//! and a box that plays.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{ChannelId, PacketDuration, StreamId, Time, Timeline};
use rtc::config::{Clocks, Config, Limits, StreamConfig};
use web::status::{ChannelStatus, Snapshot};

/// The only address of the venue and of all its guests.
pub const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// More phones, and offers in a second, than any bench brings.
const MANY: usize = 4_096;

/// Returns the configuration of a fan-out on any free port of the loopback.
pub fn fan_out() -> Config {
    let clocks = Clocks { zero: Instant::now(), unix_at_zero: Duration::from_secs(1_700_000_000) };
    let limits = Limits {
        listeners: MANY,
        sessions_per_address: MANY,
        handshakes: MANY,
        offers_per_second: MANY as u32,
        offers_burst: MANY as u32,
    };
    Config { timeline: Timeline::starting_at(Time::ZERO), addresses: vec![LOOPBACK], port: 0, limits, clocks }
}

/// Returns the configuration of a server that hands on as many offers as that fan-out takes.
pub fn http() -> web::http::Config {
    let limits = web::http::limits::Limits { fan_out: fan_out().limits, ..Default::default() };
    web::http::Config { limits, ..Default::default() }
}

/// Returns a stream of 20 ms packets at 64 kbit/s.
///
/// # Panics
/// When `id` is no legal name.
pub fn stream(id: &str) -> StreamConfig {
    let id = StreamId::new(id).expect("a valid id");
    StreamConfig { id, duration: PacketDuration::Ms20, bitrate_bps: 64_000, in_band_fec: false }
}

/// Returns what pages see there.
///
/// # Panics
/// Never: the channel's name is a legal one.
pub fn playing() -> Snapshot {
    let id = ChannelId::new("main").expect("a valid id");
    let channels = vec![Arc::new(ChannelStatus::starting(id))];
    Snapshot { name: "Bench".into(), version: "0".into(), channels, channels_estimate: 1, panel: Default::default() }
}
