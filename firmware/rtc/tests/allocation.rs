//! The fan-out's thread asks for no memory while there is sound: not for a packet, a timer, a report or a check, not
//! for a packet after a switch, and not for a sender's packet that goes to listeners as it came.
//!
//! Counts Rust's allocations on the calling thread. What the cipher library does inside is not seen here; it works in the
//! buffers that it is given.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use base::{MediaTime, Packet, PacketDuration, PacketInlet, SentPacket, StreamId, Time, Timeline};
use bytes::Bytes;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rtc::api::{Offer, SendOffer, SessionId};
use rtc::config::{Clocks, Config, Limits, StreamConfig};
use rtc::dtls::Identity;
use rtc::engine::Engine;
use rtc::sim::{Phone, Setup};
use rtc::transmit::{DATAGRAM_BYTES_MAX, Outbox, Transmit};

/// Listeners of each stream, one packet duration after the other.
const LISTENERS: usize = 24;

/// Takes datagrams and forgets them.
struct Drain {
    buffer: [u8; DATAGRAM_BYTES_MAX],
    sent: u64,
    /// Whether it breaks the rule.
    wasteful: bool,
}

impl Transmit for Drain {
    fn buffer(&mut self) -> &mut [u8] {
        &mut self.buffer
    }

    fn send(&mut self, _: SocketAddr, len: usize) {
        self.sent += 1;
        if self.wasteful {
            std::hint::black_box(self.buffer[..len].to_vec());
        }
    }
}

/// Two streams with joined listeners, on virtual time.
struct Bench {
    engine: Engine,
    drain: Drain,
    now: Time,
    media: u64,
    streams: [StreamId; 2],
    phones: Vec<(SocketAddr, Phone, SessionId)>,
}

impl Bench {
    fn new() -> Self {
        let clocks = Clocks { zero: Instant::now(), unix_at_zero: Duration::from_secs(1_700_000_000) };
        let ours = SocketAddr::from(([10, 0, 0, 1], 5_000));
        let limits = Limits { sessions_per_address: 1_000, ..Limits::default() };
        let timeline = Timeline::starting_at(Time::ZERO);
        let config = Config { timeline, addresses: vec![ours.ip()], port: ours.port(), limits, clocks };
        let identity = Identity::generate().expect("a certificate");
        let mut engine = Engine::new(config, identity.clone(), StdRng::seed_from_u64(1), Time::ZERO);
        let streams = ["red", "blue"].map(|id| StreamId::new(id).expect("a valid id"));
        let duration = PacketDuration::Ms20;
        for id in streams {
            let stream = StreamConfig { id, duration, bitrate_bps: 128_000, in_band_fec: false };
            engine.add_stream(stream).expect("there is room");
        }
        let drain = Drain { buffer: [0; DATAGRAM_BYTES_MAX], sent: 0, wasteful: false };
        let mut bench = Self { engine, drain, now: Time::ZERO, media: 0, streams, phones: Vec::new() };
        for n in 0..2 * LISTENERS {
            let phone = Phone::new(identity.clone(), clocks, &format!("p{n}"), Setup::Actpass);
            bench.join(phone, n, ours);
        }
        bench.first_packet();
        bench
    }

    fn join(&mut self, mut phone: Phone, n: usize, ours: SocketAddr) {
        let from = SocketAddr::from(([10, 0, 1, n as u8], 4_000));
        let duration = Some(PacketDuration::ALL[n / 2 % 4]);
        let (stream, sdp) = (self.streams[n % 2], phone.offer());
        let offer = Offer { stream, sdp, local_addr: ours.ip(), remote_addr: from.ip(), guest: None, duration };
        let answer = self.engine.offer(self.now, &offer).expect("an answer");
        assert!(phone.answer(self.now, &answer.sdp, ours));
        let mut out = Outbox::default();
        while !phone.outbox.datagrams.is_empty() {
            for (_, mut bytes) in phone.outbox.take() {
                self.engine.handle_datagram(self.now, from, &mut bytes, &mut out);
            }
            out.take().into_iter().for_each(|(_, mut bytes)| phone.receive(self.now, &mut bytes));
        }
        assert!(phone.is_joined());
        self.phones.push((from, phone, answer.session));
    }

    /// Lets every phone hear a packet, so that it has something to talk about.
    fn first_packet(&mut self) {
        let mut out = Outbox::default();
        self.now = self.now.plus_millis(20);
        for id in self.streams {
            let packet =
                Packet { media_time: MediaTime::from_ticks(self.media), payload: Bytes::from_static(b"sound") };
            self.engine.handle_packet(self.now, id, PacketDuration::Ms20, packet, &mut out);
        }
        self.media += 960;
        for (to, mut bytes) in out.take() {
            let phone = self.phones.iter_mut().find(|(from, ..)| *from == to).map(|(_, phone, _)| phone);
            phone.expect("one of them").receive(self.now, &mut bytes);
        }
    }

    /// Lets `blocks` blocks of 10 ms pass; returns what the engine allocated for packets and timers.
    fn run(&mut self, blocks: usize) -> u64 {
        let mut allocated = 0;
        for _ in 0..blocks {
            self.now = self.now.plus_millis(10);
            self.media += 480;
            let (engine, drain, now) = (&mut self.engine, &mut self.drain, self.now);
            for (id, duration) in self.streams.into_iter().flat_map(|id| PacketDuration::ALL.map(|d| (id, d))) {
                if self.media.is_multiple_of(duration.ticks()) && engine.wants(id, duration) {
                    let media_time = MediaTime::from_ticks(self.media - duration.ticks());
                    // As encoders make them: such a payload asks for memory when it is shared for the first time.
                    let packet = Packet { media_time, payload: Bytes::copy_from_slice(&[7; 160]) };
                    allocated += measure(|| engine.handle_packet(now, id, duration, packet, drain)).count_total;
                }
            }
            allocated += measure(|| engine.handle_timeout(now, drain)).count_total;
        }
        allocated
    }

    /// Lets every phone say something; returns what the engine allocated for it.
    fn hear(&mut self, says: impl Fn(&mut Phone)) -> u64 {
        let mut allocated = 0;
        for (from, phone, _) in &mut self.phones {
            says(phone);
            for (_, mut bytes) in phone.outbox.take() {
                let (engine, drain, now) = (&mut self.engine, &mut self.drain, self.now);
                allocated += measure(|| engine.handle_datagram(now, *from, &mut bytes, drain)).count_total;
            }
        }
        allocated
    }

    /// Switches everybody to the other stream; returns what the engine allocated for it.
    fn switch_all(&mut self) -> u64 {
        let mut allocated = 0;
        for told in self.engine.listeners() {
            let other = self.streams[usize::from(told.stream == self.streams[0])];
            let (engine, drain, now) = (&mut self.engine, &mut self.drain, self.now);
            let switch = || engine.switch(now, told.session, other, drain).expect("both are there");
            allocated += measure(switch).count_total;
        }
        allocated
    }
}

#[test]
fn packets_reports_and_timers_allocate_nothing() {
    let mut bench = Bench::new();
    bench.run(50);
    let before = bench.drain.sent;
    // Two rounds of reports, and several turns of the timers' wheel.
    assert_eq!(bench.run(1_200), 0);
    let per_stream = (LISTENERS / 4) as u64 * (1_200 + 600 + 300 + 200);
    assert!(bench.drain.sent - before > 2 * per_stream, "all packets, and reports");
}

#[test]
fn checks_and_reports_of_listeners_allocate_nothing() {
    let mut bench = Bench::new();
    bench.run(20);
    assert_eq!(bench.hear(Phone::check), 0);
    assert_eq!(bench.hear(|phone| phone.report(3, 4, 5)), 0);
    assert_eq!(bench.engine.listeners().iter().filter(|listener| listener.link.is_some()).count(), 2 * LISTENERS);
    let first = |phone: &Phone| phone.heard[0].sequence;
    assert_eq!(bench.hear(|phone| phone.nack(&[first(phone), first(phone) + 1])), 0);
    assert!(bench.engine.stats().nacks_answered_total >= 2 * LISTENERS as u64);
}

#[test]
fn no_packet_after_a_switch_allocates() {
    let mut bench = Bench::new();
    bench.run(50);
    for phase in 0..30 {
        bench.switch_all();
        assert_eq!(bench.run(1 + phase % 13), 0, "in phase {phase}");
    }
    assert_eq!(bench.switch_all(), 0, "and neither does a switch, once the lists are as long as they get");
}

#[test]
fn the_first_packets_of_a_stream_that_everybody_has_just_chosen_allocate_nothing() {
    let mut bench = Bench::new();
    bench.run(50);
    let green = StreamId::new("green").expect("a valid id");
    let config = StreamConfig { id: green, duration: PacketDuration::Ms20, bitrate_bps: 128_000, in_band_fec: false };
    bench.engine.add_stream(config).expect("there is room");
    for told in bench.engine.listeners() {
        bench.engine.switch(bench.now, told.session, green, &mut bench.drain).expect("both are there");
    }
    bench.streams[0] = green;
    assert_eq!(bench.run(50), 0);
    assert!(bench.engine.listeners().iter().any(|told| told.duration == PacketDuration::Ms60), "they have changed");
}

struct Nowhere;

impl PacketInlet for Nowhere {
    fn take(&mut self, _: SentPacket<'_>) {}
}

#[test]
fn a_senders_packets_that_are_relayed_allocate_nothing() {
    let mut bench = Bench::new();
    let (stream, ours) = (StreamId::new("stream_a").expect("a valid id"), SocketAddr::from(([10, 0, 0, 1], 5_000)));
    bench.engine.add_relayed(stream).expect("there is room");
    for told in bench.engine.listeners() {
        bench.engine.switch(bench.now, told.session, stream, &mut bench.drain).expect("both are there");
    }
    let clocks = Clocks { zero: Instant::now(), unix_at_zero: Duration::ZERO };
    let mut sender = Phone::new(Identity::generate().expect("a certificate"), clocks, "sender", Setup::Actpass);
    let from = SocketAddr::from(([10, 0, 2, 1], 4_000));
    let (local_addr, remote_addr, inlet) = (ours.ip(), from.ip(), Box::new(Nowhere));
    let sdp = sender.offer_to_send();
    let offer = SendOffer { stream, sdp, local_addr, remote_addr, guest: None, refuses_video: false, inlet };
    let answer = bench.engine.send(bench.now, offer).expect("an answer");
    assert!(sender.answer(bench.now, &answer.sdp, ours));
    let mut out = Outbox::default();
    while !sender.outbox.datagrams.is_empty() {
        for (_, mut bytes) in sender.outbox.take() {
            bench.engine.handle_datagram(bench.now, from, &mut bytes, &mut out);
        }
        out.take().into_iter().for_each(|(_, mut bytes)| sender.receive(bench.now, &mut bytes));
    }
    let mut relay = |numbers: std::ops::Range<u64>| {
        let mut allocated = 0;
        for n in numbers {
            bench.now = bench.now.plus_millis(20);
            // Every eleventh is lost, and every seventh twice as large as the others.
            let payload = vec![0xfc; if n % 7 == 0 { 1_200 } else { 600 }];
            sender.send_sound(n, n as u32 * 960, &payload);
            for (_, mut bytes) in sender.outbox.take().into_iter().filter(|_| n % 11 != 0) {
                let (engine, drain, now) = (&mut bench.engine, &mut bench.drain, bench.now);
                allocated += measure(|| engine.handle_datagram(now, from, &mut bytes, drain)).count_total;
            }
        }
        allocated
    };
    // Both rooms for payloads are shared for the first time.
    relay(0..150);
    assert_eq!(relay(150..2_000), 0);
    assert!(bench.drain.sent > 1_800 * 2 * LISTENERS as u64, "{}", bench.drain.sent);
}

#[test]
fn an_allocation_would_be_noticed() {
    let mut bench = Bench::new();
    bench.run(50);
    bench.drain.wasteful = true;
    let before = bench.drain.sent;
    let allocated = bench.run(10);
    assert_eq!(allocated, bench.drain.sent - before);
    assert!(allocated > 0);
}
