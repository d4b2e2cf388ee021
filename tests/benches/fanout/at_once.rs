//! Offer to first packet when a crowd presses the button at the same instant: real HTTP, real sockets.
//!
//! Every client has its connection to the web server open already, as a loaded page has. The clients' own cryptography
//! runs on this machine too, on one thread: it is part of the times and is printed beside them.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use audio::packet::{Encoding, PacketDuration, PacketSink};
use net::control::SourceKind;
use net::http::{App, Config, serve};
use net::rtc::config::Clocks;
use net::rtc::dtls::Identity;
use net::rtc::sim::{Phone, Setup};
use net::rtc::{Handle, spawn};
use net::status::{Snapshot, StreamStatus};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::{Barrier, mpsc, oneshot, watch};
use tokio::task::LocalSet;

use super::{LOOPBACK, config, packet, percentile, thread_cpu_ns};

/// Longest wait for a client's first packet.
const FIRST_MAX: Duration = Duration::from_secs(30);

/// What all clients share.
struct Crowd {
    identity: Identity,
    clocks: Clocks,
    http: SocketAddr,
    udp: SocketAddr,
    ready: Barrier,
}

/// Lets `count` clients post at once and prints when they heard their first packet.
pub(super) fn measure(count: usize) {
    let config = config();
    let clocks = config.clocks;
    let (handle, mut sinks, fan_out) = spawn(SocketAddr::from((LOOPBACK, 0)), config).expect("a fan-out");
    let mut sink = sinks.remove(0);
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
    let crowd = Rc::new(Crowd { identity, clocks, http, udp: handle.local_addr(), ready });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let before = thread_cpu_ns("fan-out");
    let mut times = runtime.block_on(LocalSet::new().run_until(async {
        let clients: Vec<_> = (0..count).map(|n| tokio::task::spawn_local(one(Rc::clone(&crowd), n))).collect();
        let mut times = Vec::with_capacity(count);
        for client in clients {
            times.push(client.await.expect("a client that hears"));
        }
        times
    }));
    let fan_out_ms = (thread_cpu_ns("fan-out") - before) as f64 / 1e6;
    println!(
        "{count:>5} POSTs at once: offer to first packet p50 {:6.1} ms, p95 {:6.1} ms; the fan-out's thread worked {:.1} ms",
        percentile(&mut times, 50),
        percentile(&mut times, 95),
        fan_out_ms,
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
    let web = thread::spawn(move || {
        let (_keep, snapshot) = watch::channel(Arc::new(party()));
        let (commands, _commands) = mpsc::channel(1);
        let app = App { config: Config::default(), rtc, mp3: Vec::new(), snapshot, commands, gauges: Arc::new(|_| {}) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).expect("a runtime with sockets");
            let stopped = async { drop(stopped.await) };
            serve(listener, app, stopped).await;
        });
    });
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
    crowd.ready.wait().await;
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

fn party() -> Snapshot {
    Snapshot {
        name: "Bench".into(),
        version: "0".into(),
        playing: true,
        source: SourceKind::Files,
        sources: Vec::new(),
        fallback: false,
        track: None,
        streams: vec![StreamStatus { id: "main".into(), live: true }],
    }
}
