//! The WebRTC fan-out: receive-only listeners on one UDP socket and one thread.

pub mod api;
