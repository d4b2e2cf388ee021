//! The WebRTC fan-out: receive-only listeners on one UDP socket and one thread.
//!
//! [`spawn`] starts it. [`engine::Engine`] is the same without socket and thread, for simulated parties. Listeners are
//! receive-only, so each is a small state machine: an ICE-lite agent that answers proven checks, a DTLS association, an
//! SRTP context, a little RTCP. A packet is protected per listener from the one shared payload into the send batch;
//! nothing is allocated per packet. Peers that send are not served here.

pub mod api;
pub mod batch;
pub mod config;
pub mod dtls;
pub mod engine;
mod handle;
mod history;
mod rtcp;
mod rtp;
mod sdp;
mod session;
pub mod sim;
mod sink;
pub mod srtp;
pub mod stats;
mod stun;
#[cfg(test)]
mod tests;
mod thread;
pub mod transmit;
mod wake;
mod wheel;

use std::fmt;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use base::Time;
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};

pub use handle::{Handle, REQUESTS_MAX};
pub use sink::{RING_PACKETS, Sink};

use config::Config;
use dtls::{Identity, IdentityError};
use engine::Engine;
use handle::{Request, Shared};
use wake::Waker;

/// Send buffer of the socket in bytes: packets to 1,000 listeners count about 1.3 KB each in it.
const SEND_BUFFER_BYTES: i32 = 4 << 20;

/// Receive buffer of the socket in bytes: of 1,000 listeners that join at once each has one datagram here at a time,
/// and a hello counts 2.5 KB in it. What does not fit is lost, and its phone sends it again after some 100 ms.
const RECEIVE_BUFFER_BYTES: i32 = 4 << 20;

/// Why the fan-out could not start.
#[derive(Debug)]
pub enum SpawnError {
    /// The UDP address cannot be used: the configuration's fault, or another program has it.
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The system refuses a thread, a descriptor or random numbers.
    System(io::Error),
    /// No certificate can be made.
    Identity(IdentityError),
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind { address, source } => write!(f, "cannot use UDP {address} for listeners: {source}"),
            Self::System(source) => write!(f, "cannot start the fan-out: {source}"),
            Self::Identity(source) => source.fmt(f),
        }
    }
}

impl std::error::Error for SpawnError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Bind { source, .. } | Self::System(source) => Some(source),
            Self::Identity(source) => Some(source),
        }
    }
}

/// Starts the fan-out's thread on `bind`, without streams, and returns how to talk to it and the thread, which ends after
/// [`Handle::shutdown`] or when its socket fails for good. `config.port` is replaced by the port that was really bound.
///
/// # Errors
/// When the address cannot be used or the system refuses something.
pub fn spawn(bind: SocketAddr, mut config: Config) -> Result<(Handle, JoinHandle<()>), SpawnError> {
    let bound = UdpSocket::bind(bind).and_then(|socket| {
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        Ok((socket, address))
    });
    let (socket, address) = bound.map_err(|source| SpawnError::Bind { address: bind, source })?;
    batch::set_buffers(&socket, SEND_BUFFER_BYTES, RECEIVE_BUFFER_BYTES);
    config.port = address.port();
    let clocks = config.clocks;
    let now = move || Time::from_micros(clocks.zero.elapsed().as_micros() as u64);
    let rng = StdRng::try_from_rng(&mut SysRng).map_err(|e| SpawnError::System(io::Error::other(e)))?;
    let identity = Identity::generate().map_err(SpawnError::Identity)?;
    let waker = Arc::new(Waker::new().map_err(SpawnError::System)?);
    let shared = Arc::new(Shared::new(address));
    let (requests, receiver) = mpsc::sync_channel::<Request>(REQUESTS_MAX);
    let engine = Engine::new(config, identity, rng, now());
    let turn = thread::Loop {
        engine,
        socket,
        waker: Arc::clone(&waker),
        requests: receiver,
        rings: Vec::new(),
        shared: Arc::clone(&shared),
        unreadable: thread::UNREADABLE,
        now: Box::new(now),
    };
    let run = move || {
        if let Err(error) = turn.run() {
            log::error!("the fan-out has ended: {error}");
        }
    };
    let thread = std::thread::Builder::new().name("fan-out".to_owned()).spawn(run).map_err(SpawnError::System)?;
    Ok((Handle { requests, waker, shared }, thread))
}
