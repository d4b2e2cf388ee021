//! What 500 MP3 listeners cost: our fan-out against Icecast2 on the same bytes, in one run, as a ratio of CPU time.
//!
//! Each server runs in a process of its own and its CPU time (user and system) is read from /proc; the clients are in
//! this process and only read. Icecast gets its bytes by HTTP PUT, ours from a thread of its own process; both get one
//! frame of 384 bytes every 24 ms, and neither sends a burst at the start. Prints why when Icecast is not installed.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use base::{Encoding, MediaTime, Packet, PacketSink, StreamId};
use bytes::Bytes;
use tests::{processor, venue, wait};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use web::http::{App, Config, Hubs};

/// Listeners, as in the goal: at most half of Icecast's CPU at 500.
const LISTENERS: usize = 500;

/// How long CPU time is measured once all listeners hear.
const WINDOW: Duration = Duration::from_secs(20);

/// How long a server may take to listen, and its listeners to hear.
const START_LIMIT: Duration = Duration::from_secs(60);

/// One frame at 128 kbit/s and 48 kHz.
const FRAME_BYTES: usize = 384;
const FRAME_TIME: Duration = Duration::from_millis(24);
const BITRATE_BPS: u32 = 128_000;

/// The argument with which this program is the server.
const SERVE: &str = "--serve";

fn main() {
    if std::env::args().any(|arg| arg == SERVE) {
        return serve();
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let ours = runtime.block_on(measure_ours());
    println!("mp3_fanout: partybox  {ours}");
    if !Path::new("/usr/bin/icecast2").exists() {
        println!("mp3_fanout: not compared: /usr/bin/icecast2 is not installed (Debian package icecast2)");
        return;
    }
    let theirs = runtime.block_on(measure_icecast());
    println!("mp3_fanout: icecast2  {theirs}");
    let ratio = ours.cpu_ms_per_mb() / theirs.cpu_ms_per_mb();
    println!("mp3_fanout: ratio of CPU time for the same bytes {ratio:.2} (goal: at most 0.50)");
}

/// What one server needed.
struct Cost {
    cpu_ms: f64,
    seconds: f64,
    bytes: u64,
}

impl Cost {
    fn cpu_ms_per_mb(&self) -> f64 {
        self.cpu_ms / (self.bytes as f64 / 1e6)
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let percent = self.cpu_ms / self.seconds / 10.0;
        let rate = self.bytes as f64 / self.seconds / 1e6;
        write!(
            f,
            "{LISTENERS} listeners, {rate:.2} MB/s, {percent:.1} % of one core, {:.2} ms per MB",
            self.cpu_ms_per_mb()
        )
    }
}

/// Ends a child whatever happens.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn measure_ours() -> Cost {
    let program = std::env::current_exe().expect("a program has a path");
    let mut child =
        Command::new(program).arg(SERVE).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let out = child.stdout.take().expect("it is piped");
    let child = Running(child);
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line).expect("it prints its address");
    let address: SocketAddr = line.trim().parse().expect("an address");
    measure(address, child.0.id()).await
}

async fn measure_icecast() -> Cost {
    let dir = tempfile::tempdir().expect("a directory");
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let config = icecast_config(port, dir.path());
    let file = dir.path().join("icecast.xml");
    std::fs::write(&file, config).expect("written");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(dir.path(), open).expect("set");
    let quiet = Stdio::null;
    let child = Command::new("/usr/bin/icecast2").arg("-c").arg(&file).stdout(quiet()).stderr(quiet()).spawn();
    let child = Running(child.expect("it starts"));
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut source = connect(address).await;
    // "source:bench" in base64.
    let head = b"PUT /stream/main.mp3 HTTP/1.1\r\nHost: x\r\nAuthorization: Basic c291cmNlOmJlbmNo\r\n\
                 Content-Type: audio/mpeg\r\nExpect: 100-continue\r\nTransfer-Encoding: identity\r\n\r\n";
    source.write_all(head).await.expect("taken");
    let mut answer = [0; 1_024];
    let count = source.read(&mut answer).await.expect("an answer");
    assert!(answer[..count].starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&answer[..count]));
    let feeding = tokio::spawn(async move {
        let mut pace = tokio::time::interval(FRAME_TIME);
        loop {
            pace.tick().await;
            if source.write_all(&frame()).await.is_err() {
                return;
            }
        }
    });
    let cost = measure(address, child.0.id()).await;
    feeding.abort();
    cost
}

/// A server that is starting is tried again for a while.
async fn connect(address: SocketAddr) -> TcpStream {
    let connected = || std::net::TcpStream::connect(address).ok();
    let socket = tokio::task::block_in_place(|| wait::until(START_LIMIT, connected));
    let socket = socket.unwrap_or_else(|| panic!("cannot connect to {address}"));
    socket.set_nonblocking(true).and_then(|()| TcpStream::from_std(socket)).expect("a socket")
}

/// Lets all listeners join, waits until each hears, and measures one window.
async fn measure(address: SocketAddr, pid: u32) -> Cost {
    let received = Arc::new(AtomicU64::new(0));
    let hearing = Arc::new(AtomicU64::new(0));
    let mut listeners = Vec::new();
    for _ in 0..LISTENERS {
        let (received, hearing) = (Arc::clone(&received), Arc::clone(&hearing));
        let mut socket = connect(address).await;
        let head = format!("GET /stream/main.mp3 HTTP/1.1\r\nHost: {address}\r\n\r\n");
        listeners.push(tokio::spawn(async move {
            socket.write_all(head.as_bytes()).await.expect("taken");
            let mut buffer = vec![0; 16 * 1_024];
            let mut total = 0;
            loop {
                let count = socket.read(&mut buffer).await.unwrap_or(0);
                if count == 0 {
                    return;
                }
                received.fetch_add(count as u64, Ordering::Relaxed);
                // More than a head: sound.
                if total <= 2_000 && total + count > 2_000 {
                    hearing.fetch_add(1, Ordering::Relaxed);
                }
                total += count;
            }
        }));
    }
    let all_hear = || hearing.load(Ordering::Relaxed) >= LISTENERS as u64;
    let hear = tokio::task::block_in_place(|| wait::comes_true(START_LIMIT, all_hear));
    assert!(hear, "only {} listeners hear", hearing.load(Ordering::Relaxed));
    let (cpu, bytes, begun) = (processor::time(pid), received.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(WINDOW).await;
    let cost = Cost {
        cpu_ms: (processor::time(pid) - cpu).as_secs_f64() * 1e3,
        seconds: begun.elapsed().as_secs_f64(),
        bytes: received.load(Ordering::Relaxed) - bytes,
    };
    let lost = listeners.iter().filter(|listener| listener.is_finished()).count();
    assert_eq!(lost, 0, "listeners whose connection the server ended");
    listeners.iter().for_each(tokio::task::JoinHandle::abort);
    cost
}

fn frame() -> [u8; FRAME_BYTES] {
    let mut frame = [0x55; FRAME_BYTES];
    frame[..4].copy_from_slice(&[0xff, 0xfb, 0x90, 0x64]);
    frame
}

fn icecast_config(port: u16, dir: &Path) -> String {
    let dir = dir.display();
    format!(
        "<icecast><limits><clients>1000</clients><sources>2</sources><queue-size>524288</queue-size>\
         <client-timeout>30</client-timeout><header-timeout>15</header-timeout><source-timeout>10</source-timeout>\
         <burst-size>0</burst-size></limits>\
         <authentication><source-password>bench</source-password><relay-password>bench</relay-password>\
         <admin-user>admin</admin-user><admin-password>bench</admin-password></authentication>\
         <hostname>localhost</hostname>\
         <listen-socket><port>{port}</port><bind-address>127.0.0.1</bind-address></listen-socket>\
         <paths><basedir>{dir}</basedir><logdir>{dir}</logdir><webroot>/usr/share/icecast2/web</webroot>\
         <adminroot>/usr/share/icecast2/admin</adminroot></paths>\
         <logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>1</loglevel></logging>\
         <security><chroot>0</chroot><changeowner><user>nobody</user><group>nogroup</group></changeowner></security>\
         </icecast>"
    )
}

/// This program as the server: prints its address and serves until its input ends.
fn serve() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let (_keep, snapshots) = watch::channel(Arc::new(venue::playing()));
    let stream = StreamId::new("main").expect("a good id");
    let (carrier, _thread) = web::mp3::Carrier::start().expect("a thread");
    let (hub, mut feed) = web::mp3::hub(stream, &web::mp3::Config::default(), &snapshots, &carrier);
    let (commands, _commands) = mpsc::channel(1);
    let app = App {
        config: Config::default(),
        rtc: rtc::sim::fan_out(drop).expect("a thread").into(),
        mp3: watch::channel(Hubs::from([hub])).1,
        senders: web::senders::Senders::default(),
        intakes: watch::channel(web::senders::Intakes::default()).1,
        snapshot: snapshots,
        audience: watch::Sender::default(),
        commands,
        decode: Arc::new(|_| None),
        visuals: web::visual::Visuals::default(),
        pairing: web::pairing::Pairing::default(),
        library: None,
        settings: web::settings::channel().0,
        appliance: appliance::channel().0,
        zero: Instant::now(),
        gauges: Arc::new(|_| {}),
    };
    std::thread::spawn(move || {
        let begun = Instant::now();
        let payload = Bytes::copy_from_slice(&frame());
        for n in 0_u32.. {
            std::thread::sleep((begun + FRAME_TIME * n).saturating_duration_since(Instant::now()));
            let encoding = Encoding::Mp3 { bitrate_bps: BITRATE_BPS };
            if feed.wants(encoding) {
                let packet =
                    Packet { media_time: MediaTime::from_ticks(u64::from(n) * 1_152), payload: payload.clone() };
                feed.publish(encoding, packet);
            }
        }
    });
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_line(&mut String::new());
        std::process::exit(0);
    });
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        println!("{}", listener.local_addr().expect("it is bound"));
        std::io::stdout().flush().expect("written");
        web::http::serve(listener, app, std::future::pending()).await;
    });
}
