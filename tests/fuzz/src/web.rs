//! The real web server on a loopback socket, with a party and a fan-out behind it that answer everything.
//!
//! Server, party and client share one thread, so that an input meets them in the same order every time; the simulated
//! fan-out has its own and answers whatever it is asked, and so have MP3 bodies. Time limits are not the point here: a client says when it has
//! nothing more to send.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{ChannelId, StreamId, Time};
use party::Refused;
use web::control::{COMMANDS_WAITING_MAX, Command, Unmet};
use web::http::{App, Config, Hubs, serve};
use web::mp3::{self, Carrier, Sink, hub};
use web::pairing::{Asked, Hosts, Keeper, Request, SECRET_BYTES, Secret, Standing};
use rtc::api::{self, Answer, OfferError, Patched, SessionError, SessionId};
use web::status::{ChannelStatus, Snapshot};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::yield_now;

/// The session that every accepted offer gets.
const SESSION: SessionId = SessionId(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);

/// Opens a live connection.
const UPGRADE: &[u8] = b"GET /api/party/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// Opens a connection to the rooms.
const ROOMS: &[u8] = b"GET /ws/rooms HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// Longest wait for the server to close a connection on which nothing more can come.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often the other tasks get a turn before the client hangs up: more than the steps from a request to its answer.
const TURNS: usize = 24;

/// Most bytes of answers kept: the largest page is smaller.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A running server.
pub struct Web {
    runtime: Runtime,
    address: SocketAddr,
    // Only kept: without them bodies and events would end.
    _carrier: Carrier,
    _feed: Sink,
    _snapshot: watch::Sender<Arc<Snapshot>>,
}

impl Default for Web {
    fn default() -> Self {
        Self::new()
    }
}

impl Web {
    /// Starts it.
    ///
    /// # Panics
    /// When the machine has no loopback or no signals.
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a loopback address");
        let address = listener.local_addr().expect("a bound socket");
        // Rust's own start ignores this signal; the fuzzer's, which is C++, leaves it deadly, and every client that
        // hangs up early would count as a crash.
        _ = runtime.block_on(async { signal(SignalKind::pipe()) }).expect("a handler");
        let (snapshot, snapshots) = watch::channel(Arc::new(party()));
        let main = StreamId::new("main").expect("a valid id");
        let (carrier, _thread) = Carrier::start().expect("a thread");
        let (mp3, feed) = hub(main, &mp3::Config::default(), &snapshots, &carrier);
        let (commands, asked) = mpsc::channel(COMMANDS_WAITING_MAX);
        let (phones, keeper) = web::pairing::channel();
        // Loopback is a host, so that every route is reached; guests' refusals are the table tests' business.
        let host_from = vec!["127.0.0.0/8".parse().expect("a network")];
        let app = App {
            config: Config { host_from, ..Config::default() },
            rtc: rtc::sim::fan_out(fan_out).expect("a thread").into(),
            mp3: watch::channel(Hubs::from([mp3])).1,
            snapshot: snapshots,
            audience: watch::Sender::default(),
            commands,
            pairing: phones,
            library: None,
            settings: web::settings::channel().0,
            senders: web::senders::Senders::default(),
            decode: Arc::new(|_| None),
            visuals: web::visual::Visuals::default(),
            intakes: watch::channel(web::senders::Intakes::default()).1,
            appliance: appliance::channel().0,
            zero: std::time::Instant::now(),
            gauges: Arc::new(|_| {}),
        };
        runtime.spawn(obey(asked));
        runtime.spawn(pairing(keeper));
        runtime.spawn(serve(listener, app, std::future::pending()));
        Self { runtime, address, _carrier: carrier, _feed: feed, _snapshot: snapshot }
    }

    /// Sends `bytes` as what a client says over a connection for streams.
    ///
    /// # Panics
    /// As [`Self::connection`].
    pub fn streams(&mut self, bytes: &[u8]) {
        let upgrade = UPGRADE.strip_prefix(b"GET /api/party/live").expect("that is what it opens");
        self.connection(&[&b"GET /ws"[..], upgrade, bytes].concat());
    }

    /// Sends `bytes` as what a phone says over a live connection.
    ///
    /// # Panics
    /// As [`Self::connection`].
    pub fn live(&mut self, bytes: &[u8]) {
        self.connection(&[UPGRADE, bytes].concat());
    }

    /// Sends each line of `lines` as a message of a page on a connection to the rooms.
    ///
    /// # Panics
    /// As [`Self::connection`].
    pub fn room(&mut self, lines: &[u8]) {
        let mut bytes = ROOMS.to_vec();
        for line in lines.split(|byte| *byte == b'\n') {
            let length = u16::try_from(line.len()).unwrap_or(u16::MAX);
            // A whole text, masked with zeros, which changes nothing.
            bytes.extend([&[0x81, 0x80 | 126][..], &length.to_be_bytes(), &[0; 4]].concat());
            bytes.extend(&line[..usize::from(length)]);
        }
        self.connection(&bytes);
    }

    /// Sends `bytes` on a new connection, hangs up, and looks at what came back.
    ///
    /// # Panics
    /// When the server does not answer in HTTP, fails by its own fault, or does not close.
    pub fn connection(&mut self, bytes: &[u8]) {
        let mut socket = TcpStream::connect(self.address).expect("the server takes connections");
        socket.set_nonblocking(true).expect("sockets can");
        let mut answer = Vec::new();
        self.runtime.block_on(async {
            let mut rest = bytes;
            while !rest.is_empty() {
                match socket.write(rest) {
                    Ok(sent) => rest = &rest[sent..],
                    Err(error) if error.kind() == ErrorKind::WouldBlock => read(&mut socket, &mut answer),
                    // The server may refuse and close before it has read everything.
                    Err(_) => break,
                }
                yield_now().await;
            }
            for _ in 0..TURNS {
                yield_now().await;
            }
            let _ = socket.shutdown(std::net::Shutdown::Write);
            let given_up = Instant::now() + PATIENCE;
            while read_on(&mut socket, &mut answer) && !endless(&answer) && answer.len() < ANSWER_BYTES_MAX {
                assert!(Instant::now() < given_up, "the server keeps a connection on which nothing can come");
                yield_now().await;
            }
        });
        judge(&answer);
    }
}

fn read(socket: &mut TcpStream, answer: &mut Vec<u8>) {
    read_on(socket, answer);
}

/// Reads what is there; `false` at the end of the connection.
fn read_on(socket: &mut TcpStream, answer: &mut Vec<u8>) -> bool {
    let mut buffer = [0; 16_384];
    match socket.read(&mut buffer) {
        Ok(0) => false,
        Ok(count) => {
            answer.extend_from_slice(&buffer[..count]);
            true
        }
        Err(error) => error.kind() == ErrorKind::WouldBlock,
    }
}

/// Whether the answer is one that goes on for as long as the listener stays.
fn endless(answer: &[u8]) -> bool {
    let has = |what: &[u8]| answer.windows(what.len()).any(|part| part == what);
    has(b"audio/mpeg") || has(b"text/event-stream")
}

fn judge(answer: &[u8]) {
    let Some(status) = answer.get(..12) else {
        assert!(answer.is_empty(), "half a status line: {answer:?}");
        return;
    };
    let digits = status.strip_prefix(b"HTTP/1.1 ").or_else(|| status.strip_prefix(b"HTTP/1.0 "));
    let code: Option<u16> = digits.and_then(|digits| str::from_utf8(digits).ok()?.parse().ok());
    assert!(code.is_some_and(|code| (100..500).contains(&code) || code == 503 || code == 505), "{status:?}");
}

fn party() -> Snapshot {
    let id = ChannelId::new("main").expect("a valid id");
    Snapshot {
        name: "Partybox".into(),
        version: "0.1.0".into(),
        channels: vec![Arc::new(ChannelStatus::starting(id))],
        channels_estimate: 1,
        panel: Default::default(),
    }
}

/// A party that obeys every second time.
async fn obey(mut asked: mpsc::Receiver<Command>) {
    let mut obeys = false;
    while let Some(Command { reply, .. }) = asked.recv().await {
        obeys = !obeys;
        let _ = reply.send(if obeys { Ok(party::Done::Plainly) } else { Err(Unmet::Refused(Refused::NothingToSkip)) });
    }
}

/// Pairing by the real rules; the button is pressed after every request, three seconds after the one before.
async fn pairing(mut keeper: Keeper) {
    let mut rules = party::pairing::Pairing::new(Vec::new(), 1);
    let mut now = Time::ZERO;
    while let Some(request) = keeper.requests.recv().await {
        match request {
            Request::Ask { phone, keys, reply } => {
                let secret = Secret::new([7; SECRET_BYTES]);
                let state = rules.ask(now, secret.key(), phone, &keys);
                let _ = reply.send(state.map(|state| Asked { state, secret: Some(secret), kept: true }));
            }
            Request::State { keys, reply } => {
                _ = reply.send(Standing { state: rules.state(now, &keys), kept: true });
            }
            Request::Abort { keys, reply } => {
                rules.abort(now, &keys);
                let _ = reply.send(());
            }
            Request::Hosts { reply } => drop(reply.send(rules.hosts().to_vec())),
            Request::Revoke { id, reply } => drop(reply.send(rules.revoke(now, id).map(drop).map_err(Into::into))),
        }
        rules.press(now);
        now = now.plus_millis(3_000);
        rules.take_news();
        keeper.hosts.send_replace(Hosts::new(rules.hosts().iter().map(|host| host.key)));
    }
}

/// A fan-out that knows one session and takes what begins like SDP.
fn fan_out(command: api::Command) {
    let known = |session| if session == SESSION { Ok(()) } else { Err(SessionError::Unknown) };
    match command {
        api::Command::Offer(offer, reply) => {
            let answer = Answer { session: SESSION, sdp: "v=0\r\n".into(), etag: "e1".into() };
            let sdp = offer.sdp.starts_with("v=0");
            let _ = reply.send(if sdp { Ok(answer) } else { Err(OfferError::Malformed("no v=0".into())) });
        }
        api::Command::Send(offer, reply) => {
            let answer = Answer { session: SESSION, sdp: "v=0\r\n".into(), etag: "e1".into() };
            let sdp = offer.sdp.starts_with("v=0");
            let _ = reply.send(if sdp { Ok(answer) } else { Err(OfferError::Malformed("no v=0".into())) });
        }
        api::Command::Invite(stream, _, reply) => drop(reply.send(Ok(rtc::sim::invitation(SESSION, stream)))),
        api::Command::Accept(_, invitation, reply) => drop(reply.send(Ok(invitation.session))),
        api::Command::Patch { session, reply, .. } => {
            let _ = reply.send(known(session).map(|()| Patched::Trickled));
        }
        api::Command::SetDuration { session, reply, .. } | api::Command::Delete { session, reply } => {
            let _ = reply.send(known(session));
        }
        // Dropping the reply says that the fan-out is busy.
        _ => {}
    }
}
