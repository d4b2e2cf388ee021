//! Where the engine leaves its datagrams: a buffer to write into and a word that it is full. No sockets here.

use std::net::SocketAddr;

/// Room for one datagram in bytes: 60 ms of Opus at 256 kbit/s with all headers. A larger packet is not sent and
/// counted as an error.
pub const DATAGRAM_BYTES_MAX: usize = 2_048;

/// Takes datagrams. The engine writes into the buffer and then either sends it or forgets it.
pub trait Transmit {
    /// The buffer of the next datagram, [`DATAGRAM_BYTES_MAX`] long, with any content.
    fn buffer(&mut self) -> &mut [u8];

    /// Sends the first `len` bytes of the buffer to `to`.
    fn send(&mut self, to: SocketAddr, len: usize);
}

/// Keeps datagrams in memory: for tests and simulated parties.
#[derive(Debug)]
pub struct Outbox {
    buffer: Box<[u8; DATAGRAM_BYTES_MAX]>,
    /// What was sent, oldest first.
    pub datagrams: Vec<(SocketAddr, Vec<u8>)>,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { buffer: Box::new([0; DATAGRAM_BYTES_MAX]), datagrams: Vec::new() }
    }
}

impl Outbox {
    /// Takes everything out.
    pub fn take(&mut self) -> Vec<(SocketAddr, Vec<u8>)> {
        std::mem::take(&mut self.datagrams)
    }
}

impl Transmit for Outbox {
    fn buffer(&mut self) -> &mut [u8] {
        &mut self.buffer[..]
    }

    fn send(&mut self, to: SocketAddr, len: usize) {
        self.datagrams.push((to, self.buffer[..len].to_vec()));
    }
}
