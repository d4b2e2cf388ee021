//! Offer to first packet when a crowd presses the button at the same instant: real HTTP, real sockets.
//!
//! Every client has its connection to the web server open already, as a loaded page has. The clients' own cryptography
//! runs on this machine too, on one thread. So the CPU of each part is printed beside the times, and how long all of it
//! takes at least: no order of the work can be quicker on these cores, and on phones the clients' part is elsewhere.

use std::cell::OnceCell;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use base::{Encoding, PacketDuration, PacketSink};
use rtc::config::Clocks;
use rtc::dtls::Identity;
use rtc::sim::{Phone, Setup};
use rtc::{Handle, spawn};
use tests::venue::{self, LOOPBACK};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::{Barrier, mpsc, oneshot, watch};
use tokio::task::LocalSet;
use web::http::{App, Hubs, serve};

use super::{cpu_ns, packet, percentile, thread_cpu_ns};

/// Longest wait for a client's first packet.
const FIRST_MAX: Duration = Duration::from_secs(30);

/// What all clients share.
struct Crowd {
    identity: Identity,
    clocks: Clocks,
    http: SocketAddr,
    udp: SocketAddr,
    ready: Barrier,
    /// CPU of all parts when everybody asked.
    before: OnceCell<Work>,
}

/// CPU of each part in nanoseconds.
#[derive(Clone, Copy, Debug)]
struct Work {
    fan_out: u64,
    web: u64,
    clients: u64,
}

impl Work {
    /// Until now; called on the clients' thread.
    fn now() -> Self {
        let clients = cpu_ns(Path::new("/proc/thread-self"));
        Self { fan_out: thread_cpu_ns("fan-out"), web: thread_cpu_ns("web"), clients }
    }
}

/// Lets `count` clients post at once and prints when they heard their first packet.
pub(super) fn measure(count: usize) {
    let config = venue::fan_out();
    let clocks = config.clocks;
    let (handle, fan_out) = spawn(SocketAddr::from((LOOPBACK, 0)), config).expect("a fan-out");
    let mut sink = handle.add_stream(venue::stream("main")).expect("the first stream");
    let playing = Arc::new(AtomicBool::new(true));
    let go_on = Arc::clone(&playing);
    let pacer = thread::spawn(move || {
        for number in 0.. {
            if !go_on.load(Ordering::Relaxed) {
                return;
            }
            sink.publish(Encoding::Opus(PacketDuration::Ms20), packet(number));
            thread::sleep(Duration::from_millis(20));
        }
    });
    let (http, stop, web) = start_web(&handle);
    let identity = Identity::generate().expect("a certificate");
    let ready = Barrier::new(count);
    let before = OnceCell::new();
    let crowd = Rc::new(Crowd { identity, clocks, http, udp: handle.local_addr(), ready, before });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut times = runtime.block_on(LocalSet::new().run_until(async {
        let clients: Vec<_> = (0..count).map(|n| tokio::task::spawn_local(one(Rc::clone(&crowd), n))).collect();
        let mut times = Vec::with_capacity(count);
        for client in clients {
            times.push(client.await.expect("a client that hears"));
        }
        times
    }));
    let (before, after) = (crowd.before.get().expect("everybody asked"), Work::now());
    let parts = [after.fan_out - before.fan_out, after.web - before.web, after.clients - before.clients];
    let (p50, p95) = (percentile(&mut times, 50), percentile(&mut times, 95));
    println!("{count:>5} POSTs at once: offer to first packet p50 {p50:6.1} ms, p95 {p95:6.1} ms");
    let [ours, pages, theirs] = parts.map(|ns| ns as f64 / 1e3 / count as f64);
    println!("      CPU per join: fan-out {ours:.0} us, web server {pages:.0} us, these clients {theirs:.0} us");
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let most = (0.95 * count as f64) / 1e3;
    let (all, own) = (most * (ours + pages + theirs) / cores as f64, most * ours);
    println!(
        "      so 95 % of them take at least {all:.1} ms on {cores} cores, {own:.1} ms of them on the fan-out's thread"
    );
    let _ = stop.send(());
    web.join().expect("the web server does not panic");
    playing.store(false, Ordering::Relaxed);
    pacer.join().expect("the pacer does not panic");
    runtime.block_on(handle.shutdown());
    fan_out.join().expect("the fan-out does not panic");
}

/// The web server on a thread of its own: where it is, how to end it, and the thread.
fn start_web(handle: &Handle) -> (SocketAddr, oneshot::Sender<()>, thread::JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel();
    let listener = std::net::TcpListener::bind((LOOPBACK, 0)).expect("a free port");
    listener.set_nonblocking(true).expect("sockets can");
    let address = listener.local_addr().expect("a bound socket");
    let rtc = handle.clone().into();
    let work = move || {
        let (_keep, snapshot) = watch::channel(Arc::new(venue::playing()));
        let (commands, _commands) = mpsc::channel(1);
        let app = App {
            config: venue::http(),
            rtc,
            mp3: watch::channel(Hubs::from([])).1,
            senders: web::senders::Senders::default(),
            intakes: watch::channel(web::senders::Intakes::default()).1,
            snapshot,
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
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).expect("a runtime with sockets");
            let stopped = async { drop(stopped.await) };
            serve(listener, app, stopped).await;
        });
    };
    let web = thread::Builder::new().name("web".to_owned()).spawn(work).expect("a thread");
    (address, stop, web)
}

/// One client, from its open connection to its first packet.
async fn one(crowd: Rc<Crowd>, number: usize) -> Duration {
    let socket = UdpSocket::bind((LOOPBACK, 0)).await.expect("a socket per listener (see `ulimit -n`)");
    let mut connection = TcpStream::connect(crowd.http).await.expect("the server takes connections");
    let mut phone = Phone::new(crowd.identity.clone(), crowd.clocks, &format!("p{number}"), Setup::Actpass);
    let offer = phone.offer();
    let head = format!(
        "POST /whep/main HTTP/1.1\r\nHost: {}\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n",
        crowd.http,
        offer.len()
    );
    if crowd.ready.wait().await.is_leader() {
        crowd.before.set(Work::now()).expect("one leads");
    }
    let asked = Instant::now();
    connection.write_all((head + &offer).as_bytes()).await.expect("a taken offer");
    let answer = answer(&mut connection).await;
    let now = || crowd.clocks.time(Instant::now());
    assert!(phone.answer(now(), &answer, crowd.udp), "an answer that lacks something: {answer}");
    let mut bytes = [0; 2_048];
    while phone.heard.is_empty() {
        assert!(asked.elapsed() < FIRST_MAX, "client {number} hears nothing");
        for (to, bytes) in phone.outbox.take() {
            // A full buffer on loopback is as good as a lost packet.
            let _ = socket.send_to(&bytes, to).await;
        }
        let wait = phone.poll_timeout().map_or(1_000, |at| at.as_micros().saturating_sub(now().as_micros()) / 1_000);
        match tokio::time::timeout(Duration::from_millis(wait.max(1)), socket.recv(&mut bytes)).await {
            Ok(count) => phone.receive(now(), &mut bytes[..count.expect("a bound socket")]),
            Err(_) => phone.handle_timeout(now()),
        }
    }
    asked.elapsed()
}

/// Reads one answer of known length and returns its body.
async fn answer(connection: &mut TcpStream) -> String {
    let mut all = String::new();
    let mut buffer = [0; 8_192];
    loop {
        let count = connection.read(&mut buffer).await.expect("an answer");
        assert!(count > 0, "the server closed: {all}");
        all += str::from_utf8(&buffer[..count]).expect("an answer is text");
        let Some((head, body)) = all.split_once("\r\n\r\n") else { continue };
        assert!(head.starts_with("HTTP/1.1 201"), "refused: {all}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if length.is_some_and(|length: usize| body.len() >= length) {
            return body.to_owned();
        }
    }
}
