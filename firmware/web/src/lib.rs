//! HTTP: pages, signaling, events, host commands, health and metrics in [`http`], MP3 bodies in [`mp3`].
//!
//! The one room that knows axum. It knows packets, sockets and JSON; it does not know PCM, pins or party rules, and
//! WebRTC only as offers and answers that it carries to and from `rtc`.

pub mod control;
pub mod decoding;
mod door;
mod fair_queue;
mod feed;
mod gate;
pub mod guests;
pub mod http;
pub mod metrics;
pub mod mp3;
pub mod pairing;
pub mod panel;
pub mod portal;
mod relays;
mod rooms;
pub mod senders;
pub mod settings;
mod statistics;
pub mod status;
pub mod track;
pub mod visual;

pub use ipnet::IpNet;

/// Waits until `stop` says so, or its other end is gone. Unlike `wait_for` it keeps no lock when it is done.
async fn stopped(stop: &mut tokio::sync::watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
