//! The fan-out against its floor: CPU per packet, memory per listener, offer to first packet; ways to send; ciphers.
//!
//! The floor is what the kernel takes for the same number of equally long, already protected packets to the same
//! addresses through the same batches. Listeners are simulated phones on loopback that really joined; while CPU is
//! measured their sockets are emptied between bursts for either side, because the kernel drops into a full one for
//! less. Quote the ratios, not the microseconds: those move with the machine. The phones get AES-256-GCM, as Chromium
//! does (tests/it asserts it). Clients like GStreamer's know AES-CM with HMAC-SHA1 only; so the last rows show sealing
//! and sending alone with each cipher, each against its own floor. What the fan-out takes beyond such a row is its own
//! bookkeeping, whatever the cipher.
//!
//! Numbers as arguments replace the numbers of listeners; `crowd` shows only the joins at once, `switching` only what it
//! costs when everybody switches to another stream at once, `ciphers` the last rows. `OPENSSL_ia32cap='~0x200000200000000'` hides AES and carry-less multiplication from the cipher library, to
//! stand in for the small boards, whose cores lack them.

#[path = "fanout/at_once.rs"]
mod at_once;
#[path = "fanout/phones.rs"]
mod phones;
#[path = "fanout/switching.rs"]
mod switching;
#[path = "fanout/ways.rs"]
mod ways;

use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::Duration;

use base::{Encoding, MediaTime, Packet, PacketDuration, PacketSink, Time};
use bytes::Bytes;
use phones::Phones;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rtc::api::Offer;
use rtc::dtls::Identity;
use rtc::engine::Engine;
use rtc::sim::{Phone, Setup};
use rtc::srtp::Profile;
use rtc::transmit::Outbox;
use rtc::{Handle, Sink, spawn};
use tests::venue::{LOOPBACK, fan_out, stream};
use tests::wait;
use ways::Way;

/// Payload of a 20 ms packet at 64 kbit/s, as in the reference measurements.
const PAYLOAD: [u8; 160] = [0xfc; 160];

/// Between bursts: several times faster than real time, so that the bench is short, but with rest between bursts.
const BURST_EVERY: Duration = Duration::from_millis(4);

fn offer(sdp: String) -> Offer {
    Offer { stream: stream("main").id, sdp, local_addr: LOOPBACK, remote_addr: LOOPBACK, guest: None, duration: None }
}

fn packet(number: u64) -> Packet {
    Packet { media_time: MediaTime::from_ticks(number * 960), payload: Bytes::from_static(&PAYLOAD) }
}

/// CPU time of a thread in nanoseconds, as the scheduler counts it; `task` is its folder in `/proc`.
fn cpu_ns(task: &Path) -> u64 {
    let stat = std::fs::read_to_string(task.join("schedstat")).ok();
    let nanos = stat.and_then(|stat| stat.split(' ').next()?.parse().ok());
    nanos.expect("the thread runs and the kernel counts its time")
}

/// The same for the thread `name`.
fn thread_cpu_ns(name: &str) -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux lists threads");
    let named = tasks
        .flatten()
        .map(|task| task.path())
        .find(|path| std::fs::read_to_string(path.join("comm")).is_ok_and(|comm| comm.trim_end() == name));
    cpu_ns(&named.expect("the thread runs"))
}

fn resident_kb() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells a process about itself");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).expect("VmRSS is a number")
}

/// Nanoseconds of CPU per packet of the fan-out.
fn measure_fanout(bursts: usize, phones: &Phones, handle: &Handle, sink: &mut Sink, number: &mut u64) -> f64 {
    let sent_before = handle.stats().packets_sent_total;
    let before = thread_cpu_ns("fan-out");
    for _ in 0..bursts {
        sink.publish(Encoding::Opus(PacketDuration::Ms20), packet(*number));
        *number += 1;
        phones.rest();
    }
    let wanted = sent_before + (bursts * phones.sockets().len()) as u64;
    wait::comes_true(Duration::from_secs(10), || handle.stats().packets_sent_total >= wanted);
    let sent = handle.stats().packets_sent_total - sent_before;
    assert_eq!(handle.stats().ring_drops_total, 0, "the fan-out keeps up");
    (thread_cpu_ns("fan-out") - before) as f64 / sent as f64
}

/// Kilobytes of resident memory per joined listener. Phones are dropped as soon as they have joined, so that the next
/// one uses their memory again and only the engine grows.
fn memory_kb(listeners: usize) -> f64 {
    let config = fan_out();
    let clocks = config.clocks;
    let identity = Identity::generate().expect("a certificate");
    let mut engine = Engine::new(config, identity.clone(), StdRng::seed_from_u64(1), Time::ZERO);
    engine.add_stream(stream("main")).expect("the first stream");
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
    assert_eq!(engine.stats().listeners_in_all(), listeners + 20);
    (resident_kb().saturating_sub(before)) as f64 / listeners as f64
}

fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    times[(times.len() - 1) * percent / 100].as_secs_f64() * 1_000.0
}

/// A fan-out with its joined listeners.
struct Party {
    handle: Handle,
    thread: thread::JoinHandle<()>,
    sink: Sink,
    number: u64,
    phones: Phones,
    /// From offer to first packet.
    times: Vec<Duration>,
    /// CPU of the fan-out's thread per join, in microseconds.
    join_us: f64,
}

impl Party {
    fn new(listeners: usize) -> Self {
        let config = fan_out();
        let clocks = config.clocks;
        let (handle, thread) = spawn(SocketAddr::from((LOOPBACK, 0)), config).expect("a fan-out");
        let (mut sink, mut number) = (handle.add_stream(stream("main")).expect("the first stream"), 0);
        let (phones, times) = phones::join(listeners, &handle, &mut sink, clocks, &mut number);
        let join_us = thread_cpu_ns("fan-out") as f64 / 1_000.0 / listeners as f64;
        Self { handle, thread, sink, number, phones, times, join_us }
    }

    fn close(self) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(self.handle.shutdown());
        self.thread.join().expect("the fan-out does not panic");
    }

    fn waits(&mut self) -> String {
        let (p50, p95) = (percentile(&mut self.times, 50), percentile(&mut self.times, 95));
        format!("offer to first packet p50 {p50:6.1} ms, p95 {p95:6.1} ms; {:5.0} us of CPU per join", self.join_us)
    }
}

/// One row: the fan-out against the floor.
fn compare(listeners: usize) {
    let mut party = Party::new(listeners);
    let bursts = (40_000 / listeners).clamp(100, 500);
    // Rounds in mirrored order: whatever drifts meets both.
    let (mut fanout, mut floor) = (0.0, 0.0);
    for fanout_first in [true, false, false, true] {
        for turn in [fanout_first, !fanout_first] {
            let Party { phones, handle, sink, number, .. } = &mut party;
            if turn {
                fanout += measure_fanout(bursts / 2, phones, handle, sink, number) / 4_000.0;
            } else {
                floor += ways::cpu_ns(Way::Protected(Profile::AeadAes256Gcm), bursts / 2, phones) / 4_000.0;
            }
        }
    }
    let ratio = fanout / floor;
    let joins = party.handle.stats().joins_by_profile;
    assert_eq!(
        joins[Profile::AeadAes256Gcm.index()],
        listeners as u64,
        "the floor's packets are as long as the others"
    );
    let waits = party.waits();
    println!("{listeners:>5} listeners: {fanout:6.2} us per packet, floor {floor:6.2} us, ratio {ratio:5.2}; {waits}");
    party.close();
}

/// One row per cipher: sealing and sending against its floor.
fn compare_ciphers(listeners: usize) {
    let party = Party::new(listeners);
    let profiles = [Profile::AeadAes256Gcm, Profile::AeadAes128Gcm, Profile::Aes128CmSha1_80];
    for profile in profiles {
        let ways = [Way::Sealed(profile), Way::Protected(profile)];
        let mut us = [0.0; 2];
        // In mirrored order, as above.
        for turn in [0, 1, 1, 0, 0, 1, 1, 0] {
            us[turn] += ways::cpu_ns(ways[turn], 100, &party.phones) / 4_000.0;
        }
        let [sealed, floor] = us;
        let ratio = sealed / floor;
        let name = profile.name();
        println!(
            "  {listeners} sealed with {name}: {sealed:5.2} us per packet, floor {floor:5.2} us, ratio {ratio:5.2}"
        );
    }
    party.close();
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let asked: Vec<usize> = words.iter().filter_map(|argument| argument.parse().ok()).collect();
    println!("fan-out: {} bytes of Opus per packet; goals: ratio 1.25, 32 KB per listener, p95 25 ms", PAYLOAD.len());
    if !asked.is_empty() {
        return asked.into_iter().for_each(compare);
    }
    match words.iter().find(|word| ["crowd", "switching", "ciphers"].contains(&word.as_str())) {
        Some(word) if word == "crowd" => return at_once::measure(200),
        Some(word) if word == "switching" => return switching::measure(200),
        Some(_) => return compare_ciphers(200),
        None => {}
    }
    for listeners in [200, 1_000] {
        println!("memory at {listeners:>5} listeners: {:6.1} KB per listener", memory_kb(listeners));
    }
    [1, 50, 200, 1_000].into_iter().for_each(compare);
    at_once::measure(200);
    switching::measure(200);
    let party = Party::new(200);
    let mut reference = None;
    for way in [Way::Protected(Profile::AeadAes256Gcm), Way::Sendto, Way::GsoPairs] {
        let ns = (0..2).map(|_| ways::cpu_ns(way, 100, &party.phones)).fold(f64::MAX, f64::min);
        let ratio = ns / *reference.get_or_insert(ns);
        println!("  200 listeners by {way:?}: {:6.2} us per packet, {ratio:5.2} of sendmmsg", ns / 1_000.0);
    }
    party.close();
    compare_ciphers(200);
    let mut reference = None;
    for profile in [Profile::AeadAes128Gcm, Profile::AeadAes256Gcm, Profile::Aes128CmSha1_80] {
        let ns = (0..3).map(|_| ways::sealing_ns(profile, 200)).fold(f64::MAX, f64::min);
        let ratio = ns / *reference.get_or_insert(ns);
        println!("  sealing with {profile:?}: {ns:5.0} ns per packet, {ratio:5.2} of AES-128-GCM");
    }
}
