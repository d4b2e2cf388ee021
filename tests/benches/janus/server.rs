//! Our side: this program as a server with the fan-out behind WHEP, fed with the payload of RTP packets over UDP.
//!
//! No encoder, no MP3, no pages to speak of: what Janus's streaming plug-in does, and no more.

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use audio::packet::{Encoding, Packet, PacketDuration, PacketSink};
use audio::time::{MediaTime, Time, Timeline};
use bytes::Bytes;
use net::control::SourceKind;
use net::http::App;
use net::rtc::Sink;
use net::rtc::api::StreamId;
use net::rtc::config::{Clocks, Config, Limits, StreamConfig};
use net::status::{Snapshot, StreamStatus};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use super::{RTP_HEADER_BYTES, Running, Subject};

/// The argument with which this program is the server.
pub(super) const ARGUMENT: &str = "--serve";

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Starts this program as the server.
pub(super) fn start() -> Subject {
    let program = std::env::current_exe().expect("a program has a path");
    let mut command = Command::new(program);
    let mut child = command.arg(ARGUMENT).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut said = BufReader::new(child.stdout.take().expect("it is piped"));
    let process = Running(child);
    let mut line = || {
        let mut line = String::new();
        said.read_line(&mut line).expect("it says where it is");
        line.trim().parse::<SocketAddr>().expect("an address")
    };
    let (feed, http) = (line(), line());
    Subject { process, feed, join: ["whep".to_owned(), http.to_string()] }
}

/// Prints where it takes RTP and where HTTP, and serves until it is ended.
pub(super) fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (handle, mut sinks, _thread) = net::rtc::spawn(SocketAddr::from((LOOPBACK, 0)), config()).expect("a fan-out");
    let feed = UdpSocket::bind((LOOPBACK, 0)).expect("a socket");
    println!("{}", feed.local_addr().expect("a bound socket"));
    let sink = sinks.remove(0);
    std::thread::spawn(move || publish(&feed, sink));
    let (_keep, snapshot) = watch::channel(Arc::new(party()));
    let (commands, _commands) = mpsc::channel(1);
    let app = App {
        config: net::http::Config::default(),
        rtc: handle.into(),
        mp3: Vec::new(),
        snapshot,
        commands,
        pairing: net::pairing::Pairing::default(),
        gauges: Arc::new(|_| {}),
    };
    runtime.block_on(async {
        let listener = TcpListener::bind((LOOPBACK, 0)).await.expect("a free port");
        println!("{}", listener.local_addr().expect("a bound socket"));
        std::io::stdout().flush().expect("written");
        net::http::serve(listener, app, std::future::pending()).await;
    });
}

/// Hands the payload of every RTP packet to the fan-out.
fn publish(feed: &UdpSocket, mut sink: Sink) {
    let mut bytes = [0; 2_048];
    for number in 0.. {
        let count = feed.recv(&mut bytes).expect("a bound socket");
        let payload = Bytes::copy_from_slice(&bytes[RTP_HEADER_BYTES..count]);
        let packet = Packet { media_time: MediaTime::from_ticks(number * 960), payload };
        sink.publish(Encoding::Opus(PacketDuration::Ms20), packet);
    }
}

fn config() -> Config {
    let many = 4_096;
    let clocks = Clocks { zero: Instant::now(), unix_at_zero: Duration::from_secs(1_700_000_000) };
    let stream = StreamConfig {
        id: StreamId::new("main").expect("a valid id"),
        timeline: Timeline::starting_at(Time::ZERO),
        duration: PacketDuration::Ms20,
        bitrate_bps: 64_000,
        in_band_fec: false,
    };
    let limits = Limits {
        listeners: many,
        sessions_per_address: many,
        handshakes: many,
        offers_per_second: 4_096,
        offers_burst: 4_096,
    };
    Config { streams: vec![stream], addresses: vec![LOOPBACK], port: 0, limits, clocks }
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
