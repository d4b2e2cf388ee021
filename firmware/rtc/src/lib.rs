//! The WebRTC fan-out: listeners that only receive, and senders that only send, on one UDP socket and one thread.
//!
//! [`spawn`] starts it. [`engine::Engine`] is the same without socket and thread, for simulated parties. A peer does one thing,
//! so each is a small state machine: an ICE-lite agent that answers proven checks, a DTLS association, an
//! SRTP context, a little RTCP. A packet is protected per listener from the one shared payload into the send batch;
//! nothing is allocated per packet. A sender's packets are opened and handed on as they arrive ([`base::PacketInlet`]); what
//! becomes of them is not known here. Those of a stream that is relayed ([`engine::Engine::add_relayed`]) go to its listeners as well. Peers that do both, and data channels, are not served.
//!
//! From an offer to a packet, with the engine and a simulated phone instead of sockets. The engine is told the time and every
//! datagram, and what it sends is in `out` after each call; a datagram may be lost, and who misses it asks again:
//!
//! ```
//! # use std::{net::SocketAddr, time::{Duration, Instant}};
//! # use base::{MediaTime, Packet, PacketDuration, StreamId, Time, Timeline};
//! # use rand::{SeedableRng, rngs::StdRng};
//! # use rtc::{api::Offer, config::{Clocks, Config, Limits, StreamConfig}, dtls::Identity, engine::Engine};
//! # use rtc::{sim::{Phone, Setup}, transmit::Outbox};
//! # let here: SocketAddr = "10.0.0.1:5000".parse()?;
//! # let there: SocketAddr = "10.0.0.2:40000".parse()?;
//! # let clocks = Clocks { zero: Instant::now(), unix_at_zero: Duration::from_secs(1_700_000_000) };
//! # let (now, identity, timeline) = (Time::ZERO, Identity::generate()?, Timeline::starting_at(Time::ZERO));
//! # let config = Config { timeline, addresses: vec![here.ip()], port: here.port(), limits: Limits::default(), clocks };
//! let mut engine = Engine::new(config, identity.clone(), StdRng::seed_from_u64(1), now);
//! let (stream, duration) = (StreamId::new("main")?, PacketDuration::Ms20);
//! engine.add_stream(StreamConfig { id: stream, duration, bitrate_bps: 128_000, in_band_fec: false })?;
//! let mut phone = Phone::new(identity, clocks, "phone", Setup::Actpass);
//! let offer = Offer { stream, sdp: phone.offer(), local_addr: here.ip(), remote_addr: there.ip(), guest: None, duration: None };
//! let answer = engine.offer(now, &offer).expect("there is room");
//! phone.answer(now, &answer.sdp, here);
//! let mut out = Outbox::default();
//! let carry = |engine: &mut Engine, phone: &mut Phone, out: &mut Outbox| {
//!     phone.outbox.take().iter_mut().for_each(|(_, bytes)| engine.handle_datagram(now, there, bytes, out));
//!     out.take().iter_mut().for_each(|(_, bytes)| phone.receive(now, bytes));
//! };
//! // Checks and the handshake, until the phone has its keys.
//! (0..20).for_each(|_| carry(&mut engine, &mut phone, &mut out));
//! assert!(phone.is_joined() && engine.wants(stream, duration));
//! let packet = Packet { media_time: MediaTime::ZERO, payload: bytes::Bytes::from_static(b"Opus") };
//! engine.handle_packet(now, stream, duration, packet, &mut out);
//! carry(&mut engine, &mut phone, &mut out);
//! assert_eq!(phone.heard[0].payload, b"Opus");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod api;
pub mod batch;
pub mod config;
pub mod dtls;
pub mod engine;
mod handle;
mod history;
pub mod networks;
mod proof;
mod rtcp;
mod rtp;
mod sdp;
mod sender;
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
    batch::keep_refusals(&socket);
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
