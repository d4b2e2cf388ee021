//! Phones: everything that leaves the box by network.
//!
//! [`rtc`] is the WebRTC fan-out (WHEP offers in, protected packets out); the rest is HTTP: pages, MP3 bodies, events,
//! health and metrics. This room knows packets, sockets and JSON; it does not know PCM, pins or party rules.

pub mod rtc;
