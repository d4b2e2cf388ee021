//! A thousand sockets that want something of the box over and over, somebody who listens beside them, and a witness that says what
//! the machine itself kept everybody waiting for.
//!
//! Lateness is how much less sound has come than time has gone by, beyond what was so at the beginning: a player that holds
//! less than that falls silent. The witness is a metronome of the test's own that goes the same way, over a socket.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::time::MissedTickBehavior;

/// Requests in one write of a socket.
const PIPELINED: usize = 16;

/// Sound of MP3 at 128 kbit/s, bytes per second.
const MP3_BYTES_PER_S: u32 = 16_000;

/// One frame of it, and its length in time.
const FRAME_BYTES: usize = 384;
const FRAME: Duration = Duration::from_millis(24);

/// How long a receiver waits for anything at all.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// How often a slow client sends a byte, and for how long a pace is kept.
const CRAWL: Duration = Duration::from_millis(250);

/// Time between two connections of one socket, at least.
const AGAIN: Duration = Duration::from_millis(250);

/// Offers of one beat are sent at once.
const BEAT: Duration = Duration::from_millis(10);

/// What each socket of a flood does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Asks for a path, many times in one write, and waits for no answer.
    Pipelines(String),
    /// Begins to send a body to a path, and goes on byte by byte.
    Crawls(&'static str),
    /// Opens a WebSocket at a path, and goes when it is open.
    Opens(&'static str),
    /// Sends this SDP offer to a path, all sockets together so many times per second.
    Offers(&'static str, String, u32),
    /// Says nothing.
    IsSilent,
}

/// Sockets that want something until this is dropped.
#[derive(Debug)]
pub struct Flood {
    answered: Arc<AtomicU64>,
    // Its tasks end with it.
    runtime: Option<Runtime>,
}

/// What the sockets of a flood share.
#[derive(Debug)]
struct Shared {
    to: SocketAddr,
    manner: Manner,
    /// Bytes of answers.
    answered: Arc<AtomicU64>,
    /// Offers that may be sent.
    due: Semaphore,
}

impl Flood {
    /// Opens `sockets` connections to the box at `to` from the addresses that `from` says, if it says any.
    ///
    /// # Panics
    /// When the system has no thread.
    pub fn begin(to: SocketAddr, manner: &Manner, sockets: usize, from: fn(usize) -> Option<Ipv4Addr>) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let answered = Arc::<AtomicU64>::default();
        let due = Semaphore::new(0);
        let shared = Arc::new(Shared { to, manner: manner.clone(), answered: Arc::clone(&answered), due });
        for n in 0..sockets {
            let shared = Arc::clone(&shared);
            runtime.spawn(async move {
                // Whom the box turns away comes again, as floods do, as often as leaves this machine time for anybody else.
                let mut again = tokio::time::interval(AGAIN);
                again.set_missed_tick_behavior(MissedTickBehavior::Delay);
                loop {
                    again.tick().await;
                    _ = shared.flood(from(n)).await;
                }
            });
        }
        if let Manner::Offers(_, _, per_second) = *manner {
            runtime.spawn(async move {
                let mut beat = tokio::time::interval(BEAT);
                loop {
                    beat.tick().await;
                    let more = per_second as usize * BEAT.as_millis() as usize / 1_000;
                    // Nobody catches up on what the machine was too busy for.
                    shared.due.add_permits(more.saturating_sub(shared.due.available_permits()));
                }
            });
        }
        Self { answered, runtime: Some(runtime) }
    }

    /// Returns the bytes that were answered so far.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(SILENCE_MAX);
        }
    }
}

impl Shared {
    /// What one socket does until it ends.
    async fn flood(&self, from: Option<Ipv4Addr>) -> io::Result<()> {
        let socket = TcpSocket::new_v4()?;
        if let Some(from) = from {
            socket.bind((from, 0).into())?;
        }
        let mut stream = socket.connect(self.to).await?;
        let host = format!("Host: {}\r\n", self.to);
        match &self.manner {
            Manner::Pipelines(path) => {
                let request = format!("GET {path} HTTP/1.1\r\n{host}\r\n").repeat(PIPELINED);
                let (mut from_box, mut to_box) = stream.into_split();
                let asking = async {
                    loop {
                        to_box.write_all(request.as_bytes()).await?;
                    }
                };
                tokio::select! { asked = asking => asked, heard = self.hear(&mut from_box) => heard }
            }
            Manner::Crawls(path) => {
                let head = format!("POST {path} HTTP/1.1\r\n{host}Content-Length: 10000\r\n");
                let (mut from_box, mut to_box) = stream.into_split();
                let media = if path.contains("whep") { "application/sdp" } else { "application/octet-stream" };
                let crawling = async {
                    to_box.write_all(format!("{head}Content-Type: {media}\r\n\r\n").as_bytes()).await?;
                    self.answered.fetch_add(1, Ordering::Relaxed);
                    let mut beat = tokio::time::interval(CRAWL);
                    loop {
                        beat.tick().await;
                        to_box.write_all(b"v").await?;
                    }
                };
                tokio::select! { crawled = crawling => crawled, heard = self.hear(&mut from_box) => heard }
            }
            Manner::Opens(path) => {
                let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                               Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
                stream.write_all(format!("GET {path} HTTP/1.1\r\n{host}{upgrade}\r\n").as_bytes()).await?;
                self.hear_once(&mut stream).await
            }
            Manner::Offers(path, offer, _) => {
                let head = format!("POST {path} HTTP/1.1\r\n{host}Content-Type: application/sdp\r\n");
                let request = format!("{head}Content-Length: {}\r\n\r\n{offer}", offer.len());
                loop {
                    self.due.acquire().await.map_err(io::Error::other)?.forget();
                    stream.write_all(request.as_bytes()).await?;
                    self.hear_once(&mut stream).await?;
                }
            }
            Manner::IsSilent => {
                self.answered.fetch_add(1, Ordering::Relaxed);
                self.hear(&mut stream).await
            }
        }
    }

    /// Counts what comes until the end.
    async fn hear(&self, from_box: &mut (impl AsyncReadExt + Unpin)) -> io::Result<()> {
        loop {
            self.hear_once(from_box).await?;
        }
    }

    async fn hear_once(&self, from_box: &mut (impl AsyncReadExt + Unpin)) -> io::Result<()> {
        let mut bytes = [0; 8_192];
        match from_box.read(&mut bytes).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.answered.fetch_add(count as u64, Ordering::Relaxed);
                Ok(())
            }
        }
    }
}

/// Somebody who receives a stream that has an even pace, and knows how late it was at worst.
#[derive(Debug)]
pub struct Listener {
    ends: Arc<AtomicBool>,
    worst_us: Arc<AtomicU64>,
    thread: JoinHandle<()>,
    /// What it listens to, which ends with this.
    _metronome: Option<mpsc::Sender<()>>,
}

impl Listener {
    /// Listens to the MP3 of the box at `to`, which has one bit rate of 128 kbit/s.
    ///
    /// # Panics
    /// When the box does not answer with sound; the thread does when the stream ends.
    pub fn of(to: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(to).expect("the box is there");
        write!(stream, "GET /stream/main.mp3 HTTP/1.1\r\nHost: {to}\r\n\r\n").expect("it is asked");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a head");
            head.extend(byte);
        }
        assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
        Self::to(stream, None)
    }

    /// Listens to a metronome in this process: whatever it is late by, the machine is.
    ///
    /// # Panics
    /// When the system has no socket or thread.
    pub fn witness() -> Self {
        let door = TcpListener::bind("127.0.0.1:0").expect("a port");
        let stream = TcpStream::connect(door.local_addr().expect("it is bound")).expect("a connection");
        let (mut beats, _) = door.accept().expect("it has come");
        let (metronome, over) = mpsc::channel::<()>();
        thread::spawn(move || {
            let begun = Instant::now();
            for n in 0_u32.. {
                let left = (begun + FRAME * n).saturating_duration_since(Instant::now());
                let goes_on = over.recv_timeout(left) == Err(mpsc::RecvTimeoutError::Timeout);
                if !goes_on || beats.write_all(&[0; FRAME_BYTES]).is_err() {
                    return;
                }
            }
        });
        Self::to(stream, Some(metronome))
    }

    fn to(mut stream: TcpStream, metronome: Option<mpsc::Sender<()>>) -> Self {
        stream.set_read_timeout(Some(SILENCE_MAX)).expect("a limit");
        let (ends, worst_us) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let (until, worst) = (Arc::clone(&ends), Arc::clone(&worst_us));
        let listen = move || {
            let (mut bytes, mut piece) = (0_u64, [0; 4_096]);
            let mut first = None;
            while !until.load(Ordering::Relaxed) {
                let length = stream.read(&mut piece).expect("the stream goes on");
                assert!(length > 0, "the stream ended");
                bytes += length as u64;
                // What had waited when this began came early: the earliest is what everything is late against.
                let early = Duration::from_micros(bytes * 1_000_000 / u64::from(MP3_BYTES_PER_S));
                let now = Instant::now();
                let due = *first.get_or_insert(now) + early;
                let late = now.saturating_duration_since(due);
                worst.fetch_max(late.as_micros() as u64, Ordering::Relaxed);
                if due > now {
                    first = first.map(|first| first - (due - now));
                }
            }
        };
        Self { ends, worst_us, thread: thread::spawn(listen), _metronome: metronome }
    }

    /// Returns the worst lateness since the last call.
    pub fn worst(&self) -> Duration {
        Duration::from_micros(self.worst_us.swap(0, Ordering::Relaxed))
    }

    /// Ends.
    ///
    /// # Panics
    /// When the stream broke off.
    pub fn end(self) {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.join().expect("it has listened");
    }
}
