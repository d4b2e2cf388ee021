//! A thousand sockets that ask one thing of the box over and over and wait for no answer, somebody who listens beside them,
//! and a witness that says what the machine itself kept everybody waiting for.
//!
//! Lateness is how much less sound has come than time has gone by, beyond what was so at the beginning: a player that holds
//! less than that falls silent. The witness is a metronome of the test's own that goes the same way, over a socket.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};

/// Requests in one write of a socket.
const PIPELINED: usize = 16;

/// Sound of MP3 at 128 kbit/s, bytes per second.
const MP3_BYTES_PER_S: u32 = 16_000;

/// One frame of it, and its length in time.
const FRAME_BYTES: usize = 384;
const FRAME: Duration = Duration::from_millis(24);

/// How long a receiver waits for anything at all.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// Sockets that ask until this is dropped.
#[derive(Debug)]
pub struct Flood {
    answered: Arc<AtomicU64>,
    // Its tasks end with it.
    runtime: Option<Runtime>,
}

impl Flood {
    /// Opens `sockets` connections to the box at `to`, each of which asks for `path`.
    ///
    /// # Panics
    /// When the system has no thread.
    pub fn begin(to: SocketAddr, path: &str, sockets: usize) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let answered = Arc::<AtomicU64>::default();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {to}\r\n\r\n").repeat(PIPELINED);
        for _ in 0..sockets {
            let (request, answered) = (request.clone(), Arc::clone(&answered));
            runtime.spawn(async move {
                // Whom the box turns away comes again, as floods do.
                loop {
                    _ = ask(to, request.as_bytes(), &answered).await;
                    tokio::task::yield_now().await;
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

/// Asks without end, and counts what comes back.
async fn ask(to: SocketAddr, request: &[u8], answered: &AtomicU64) -> io::Result<()> {
    let (mut from_box, mut to_box) = tokio::net::TcpStream::connect(to).await?.into_split();
    let asking = async {
        loop {
            to_box.write_all(request).await?;
        }
    };
    let hearing = async {
        let mut bytes = vec![0; 16_384];
        loop {
            match from_box.read(&mut bytes).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => answered.fetch_add(count as u64, Ordering::Relaxed),
            };
        }
    };
    tokio::select! { asked = asking => asked, heard = hearing => heard }
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
