//! Our side: this program as a server with the fan-out behind WHEP, fed with the payload of RTP packets over UDP.
//!
//! No encoder, no MP3, no pages to speak of: what Janus's streaming plug-in does, and no more.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Command, Stdio};
use std::sync::Arc;

use base::{Encoding, MediaTime, Packet, PacketDuration, PacketSink};
use bytes::Bytes;
use rtc::Sink;
use tests::venue::{LOOPBACK, fan_out, playing, stream};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use web::http::{App, Hubs};

use super::{RTP_HEADER_BYTES, Running, Subject};

/// The argument with which this program is the server.
pub(super) const ARGUMENT: &str = "--serve";

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
    let (handle, _thread) = rtc::spawn(SocketAddr::from((LOOPBACK, 0)), fan_out()).expect("a fan-out");
    let feed = UdpSocket::bind((LOOPBACK, 0)).expect("a socket");
    println!("{}", feed.local_addr().expect("a bound socket"));
    let sink = handle.add_stream(stream("main")).expect("the first stream");
    std::thread::spawn(move || publish(&feed, sink));
    let (_keep, snapshot) = watch::channel(Arc::new(playing()));
    let (commands, _commands) = mpsc::channel(1);
    let app = App {
        config: tests::venue::http(),
        rtc: handle.into(),
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
        zero: std::time::Instant::now(),
        gauges: Arc::new(|_| {}),
    };
    runtime.block_on(async {
        let listener = TcpListener::bind((LOOPBACK, 0)).await.expect("a free port");
        println!("{}", listener.local_addr().expect("a bound socket"));
        std::io::stdout().flush().expect("written");
        web::http::serve(listener, app, std::future::pending()).await;
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
