//! Phones: everything that leaves the box by network.
//!
//! [`rtc`] is the WebRTC fan-out (WHEP offers in, protected packets out); [`mp3`] is the fan-out of MP3 over HTTP;
//! [`http`] is the server: pages, signaling, events, host commands, health and metrics. This room knows packets,
//! sockets and JSON; it does not know PCM, pins or party rules.

pub mod appliance;
pub mod control;
mod gate;
pub mod guests;
pub mod http;
mod live;
pub mod metrics;
pub mod mp3;
pub mod pairing;
pub mod panel;
pub mod party_view;
pub mod portal;
pub mod ratelimit;
pub mod rtc;
pub mod status;

pub use ipnet::IpNet;

/// Waits until `stop` says so, or its other end is gone. Unlike `wait_for` it keeps no lock when it is done.
async fn stopped(stop: &mut tokio::sync::watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
