//! The fan-out against its floor: CPU per packet, memory per listener, offer to first packet.
//!
//! The floor is what the kernel takes for the same number of equally long, already protected packets to the same
//! addresses through the same batches. Listeners are simulated phones on loopback that really joined; while CPU is
//! measured their sockets are emptied between bursts for either side, because the kernel drops into a full one for less.
//! Quote the ratios, not the microseconds: those move with the machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use audio::packet::{Encoding, Packet, PacketDuration, PacketSink};
use audio::time::{MediaTime, Time, Timeline};
use bytes::Bytes;
use net::rtc::api::{Offer, StreamId};
use net::rtc::batch::BatchSender;
use net::rtc::config::{Clocks, Config, Limits, StreamConfig};
use net::rtc::dtls::Identity;
use net::rtc::engine::Engine;
use net::rtc::sim::{Phone, Setup};
use net::rtc::transmit::{Outbox, Transmit};
use net::rtc::{Handle, Sink, spawn};
use rand::SeedableRng;
use rand::rngs::StdRng;

/// Payload of a 20 ms packet at 64 kbit/s, as in the reference measurements.
const PAYLOAD: [u8; 160] = [0xfc; 160];

/// Bytes that sealing adds to a payload with AES-GCM: header and tag.
const SEALED_EXTRA: usize = 28;

/// Between bursts: several times faster than real time, so that the bench is short, but with rest between bursts.
const BURST_EVERY: Duration = Duration::from_millis(4);

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

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

fn offer(sdp: String) -> Offer {
    let stream = StreamId::new("main").expect("a valid id");
    Offer { stream, sdp, local_addr: LOOPBACK, remote_addr: LOOPBACK, duration: None }
}

fn packet(number: u64) -> Packet {
    Packet { media_time: MediaTime::from_ticks(number * 960), payload: Bytes::from_static(&PAYLOAD) }
}

/// CPU time of the thread `name` in nanoseconds, as the scheduler counts it.
fn thread_cpu_ns(name: &str) -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux lists threads");
    let named = tasks
        .flatten()
        .map(|task| task.path())
        .find(|path| std::fs::read_to_string(path.join("comm")).is_ok_and(|comm| comm.trim_end() == name));
    let stat = named.and_then(|path| std::fs::read_to_string(path.join("schedstat")).ok());
    let nanos = stat.and_then(|stat| stat.split(' ').next()?.parse().ok());
    nanos.expect("the thread runs and the kernel counts its time")
}

fn resident_kb() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells a process about itself");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).expect("VmRSS is a number")
}

/// Phones on real sockets.
struct Phones {
    clocks: Clocks,
    all: Vec<(UdpSocket, Phone, Option<Instant>)>,
}

impl Phones {
    /// Reads every socket and sends what the phones have to say.
    fn turn(&mut self) {
        let mut bytes = [0; 2_048];
        for (socket, phone, first) in &mut self.all {
            let now = self.clocks.time(Instant::now());
            while let Ok(len) = socket.recv(&mut bytes) {
                phone.receive(now, &mut bytes[..len]);
            }
            if phone.poll_timeout().is_some_and(|at| at <= now) {
                phone.handle_timeout(now);
            }
            if !phone.heard.is_empty() && first.is_none() {
                *first = Some(Instant::now());
            }
            for (to, bytes) in phone.outbox.take() {
                // A full buffer on loopback is as good as a lost packet.
                let _ = socket.send_to(&bytes, to);
            }
        }
    }

    fn joined(&self) -> usize {
        self.all.iter().filter(|(_, phone, _)| phone.is_joined()).count()
    }
}

/// Joins `count` phones and returns them with the times from offer to first packet.
fn join(count: usize, handle: &Handle, sink: &mut Sink, clocks: Clocks, number: &mut u64) -> (Phones, Vec<Duration>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let identity = Identity::generate().expect("a certificate");
    let to = handle.local_addr();
    let mut phones = Phones { clocks, all: Vec::with_capacity(count) };
    let mut asked = Vec::with_capacity(count);
    let mut next_packet = Instant::now();
    let give_up = Instant::now() + Duration::from_secs(60);
    while phones.joined() < count || phones.all.iter().any(|(_, _, first)| first.is_none()) {
        assert!(Instant::now() < give_up, "only {} of {count} joined", phones.joined());
        if phones.all.len() < count {
            let socket = UdpSocket::bind((LOOPBACK, 0)).expect("a socket per listener (see `ulimit -n`)");
            socket.set_nonblocking(true).expect("sockets can");
            let ufrag = format!("p{}", phones.all.len());
            let mut phone = Phone::new(identity.clone(), clocks, &ufrag, Setup::Actpass);
            asked.push(Instant::now());
            let answer = runtime.block_on(handle.offer(offer(phone.offer()))).expect("an answer");
            assert!(phone.answer(clocks.time(Instant::now()), &answer.sdp, to));
            phones.all.push((socket, phone, None));
        }
        if Instant::now() >= next_packet {
            sink.publish(Encoding::Opus(PacketDuration::Ms20), packet(*number));
            *number += 1;
            next_packet += Duration::from_millis(20);
        }
        phones.turn();
    }
    let firsts = phones.all.iter().zip(&asked);
    let times = firsts.filter_map(|((_, _, first), asked)| Some(first.as_ref()?.duration_since(*asked))).collect();
    (phones, times)
}

/// Lets a burst go out and empties the sockets.
fn rest(phones: &Phones) {
    thread::sleep(BURST_EVERY);
    let mut bytes = [0; 2_048];
    for (socket, ..) in &phones.all {
        while socket.recv(&mut bytes).is_ok() {}
    }
}

/// Nanoseconds of CPU per packet of the fan-out.
fn measure_fanout(bursts: usize, phones: &Phones, handle: &Handle, sink: &mut Sink, number: &mut u64) -> f64 {
    let sent_before = handle.stats().packets_sent_total;
    let before = thread_cpu_ns("fan-out");
    for _ in 0..bursts {
        sink.publish(Encoding::Opus(PacketDuration::Ms20), packet(*number));
        *number += 1;
        rest(phones);
    }
    let wanted = sent_before + (bursts * phones.all.len()) as u64;
    let give_up = Instant::now() + Duration::from_secs(10);
    while handle.stats().packets_sent_total < wanted && Instant::now() < give_up {
        thread::sleep(Duration::from_millis(1));
    }
    let sent = handle.stats().packets_sent_total - sent_before;
    assert_eq!(handle.stats().ring_drops_total, 0, "the fan-out keeps up");
    (thread_cpu_ns("fan-out") - before) as f64 / sent as f64
}

/// Nanoseconds of CPU per packet of sending alone.
fn measure_floor(bursts: usize, phones: &Phones, targets: &[SocketAddr]) -> f64 {
    let socket = UdpSocket::bind((LOOPBACK, 0)).expect("a socket");
    let (go, wait) = std::sync::mpsc::channel::<()>();
    thread::scope(|scope| {
        let run = move || {
            let mut sender = BatchSender::new(&socket).expect("a bound socket");
            let before = thread_cpu_ns("floor");
            while wait.recv().is_ok() {
                for &to in targets {
                    let len = PAYLOAD.len() + SEALED_EXTRA;
                    sender.buffer()[0] = 0x80;
                    sender.send(to, len);
                }
                sender.flush();
            }
            (thread_cpu_ns("floor") - before) as f64 / (bursts * targets.len()) as f64
        };
        let floor = thread::Builder::new().name("floor".to_owned()).spawn_scoped(scope, run).expect("a thread");
        for _ in 0..bursts {
            go.send(()).expect("the floor's thread waits");
            rest(phones);
        }
        drop(go);
        floor.join().expect("the floor's thread does not panic")
    })
}

/// Kilobytes of resident memory per joined listener. Phones are dropped as soon as they have joined, so that the next
/// one uses their memory again and only the engine grows.
fn memory_kb(listeners: usize) -> f64 {
    let config = config();
    let clocks = config.clocks;
    let identity = Identity::generate().expect("a certificate");
    let mut engine = Engine::new(config, identity.clone(), StdRng::seed_from_u64(1), Time::ZERO);
    let mut out = Outbox::default();
    let (ours, now) = (SocketAddr::from((LOOPBACK, 1)), Time::from_micros(1_000));
    let mut before = 0;
    // The first few warm up what is allocated once.
    for n in 0..listeners + 20 {
        if n == 20 {
            before = resident_kb();
        }
        let from = SocketAddr::from(([10, 0, (n / 250) as u8, (n % 250) as u8], 4_000));
        let mut phone = Phone::new(identity.clone(), clocks, "phone", Setup::Actpass);
        let answer = engine.offer(now, &offer(phone.offer())).expect("an answer");
        assert!(phone.answer(now, &answer.sdp, ours));
        while !phone.outbox.datagrams.is_empty() || !out.datagrams.is_empty() {
            for (_, mut bytes) in phone.outbox.take() {
                engine.handle_datagram(now, from, &mut bytes, &mut out);
            }
            for (_, mut bytes) in out.take() {
                phone.receive(now, &mut bytes);
            }
        }
        assert!(phone.is_joined());
    }
    assert_eq!(engine.stats().listeners, [listeners + 20]);
    (resident_kb().saturating_sub(before)) as f64 / listeners as f64
}

fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    times[(times.len() - 1) * percent / 100].as_secs_f64() * 1_000.0
}

fn main() {
    println!("fan-out: {} bytes of Opus per packet; goals: ratio 1.25, 32 KB per listener, p95 25 ms", PAYLOAD.len());
    for listeners in [200, 1_000] {
        println!("memory at {listeners:>5} listeners: {:6.1} KB per listener", memory_kb(listeners));
    }
    for listeners in [1, 50, 200, 1_000] {
        let config = config();
        let clocks = config.clocks;
        let (handle, mut sinks, thread) = spawn(SocketAddr::from((LOOPBACK, 0)), config).expect("a fan-out");
        let (mut sink, mut number) = (sinks.remove(0), 0);
        let (phones, mut times) = join(listeners, &handle, &mut sink, clocks, &mut number);
        let targets: Vec<SocketAddr> =
            phones.all.iter().map(|(socket, ..)| socket.local_addr().expect("a bound socket")).collect();
        let bursts = (40_000 / listeners).clamp(100, 500);
        // Two rounds in opposite order: whatever drifts meets both.
        let (a, b) = (
            measure_fanout(bursts, &phones, &handle, &mut sink, &mut number),
            measure_floor(bursts, &phones, &targets),
        );
        let (d, c) = (
            measure_floor(bursts, &phones, &targets),
            measure_fanout(bursts, &phones, &handle, &mut sink, &mut number),
        );
        let (fanout, floor) = ((a + c) / 2_000.0, (b + d) / 2_000.0);
        println!(
            "{listeners:>5} listeners: {fanout:6.2} us per packet, floor {floor:6.2} us, ratio {:5.2}; \
             offer to first packet p50 {:6.1} ms, p95 {:6.1} ms",
            fanout / floor,
            percentile(&mut times, 50),
            percentile(&mut times, 95),
        );
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(handle.shutdown());
        thread.join().expect("the fan-out does not panic");
    }
}
