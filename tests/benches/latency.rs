//! From capture to the listener's socket: how long the box holds on to line-in sound.
//!
//! A simulated card delivers a click every 250 ms in real time through the real line-in, pump, Opus encoder and fan-out
//! to one simulated phone that joined over loopback. The delay runs from the instant the card recorded the click to two
//! ends: the packet that holds it is published, and the phone's socket has received it, which is a little later than
//! its first byte was handed to the kernel. It is printed as a ratio of the budget: a period, a block, a frame and
//! 5 ms. Each click lies at another phase of period, block and frame. Not in it: the encoder's look-ahead, which
//! shifts the sound within the packets (6.5 ms with libopus' `AUDIO` application, 2.5 ms with `RESTRICTED_LOWDELAY`) and
//! is heard at the far end. `cargo bench -p tests --bench latency`.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use audio::capture::Format;
use audio::clock::Clock;
use audio::encode::{self, Encode, Profile};
use audio::line;
use audio::mixer::{Decibels, MixPlan};
use audio::pcm::{BLOCK_FRAMES, Block};
use audio::pump;
use audio::sim::{Card, CardPace};
use audio::status::Status;
use base::{Encoding, MediaTime, Packet, PacketDuration, PacketSink, StreamId, Time, Timeline};
use bytes::Bytes;
use rtc::api::Offer;
use rtc::config::{Clocks, Config, Limits, StreamConfig};
use rtc::dtls::Identity;
use rtc::sim::{Phone, Setup};
use rtc::{Handle, Sink, spawn};
use tests::wait;

/// Clicks that are measured, after [`SETTLE`] ones that are not.
const CLICKS: usize = 80;
const SETTLE: usize = 8;

/// Frames between clicks: 250 ms and a bit, so that phases of 20 ms are swept.
const EVERY_FRAMES: u64 = 12_000 + 97;

/// The card's format: periods of 5 ms.
const FORMAT: Format = Format { rate_hz: 48_000, period_frames: 240 };

/// How fast the card's crystal runs, in parts per million.
const CARD_PPM: f64 = 30.0;

/// Half of a click's peak after resampling: what counts as having heard it.
const HEARD: f32 = 0.2;

/// The phone's signs of life.
const CHECK_EVERY: Duration = Duration::from_secs(2);

/// How long all clicks may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Finds clicks in the blocks on their way to the encoder and tells where on the timeline they are.
struct Watch {
    clicks: Arc<Mutex<Vec<MediaTime>>>,
    quiet_until: MediaTime,
}

impl Encode for Watch {
    fn is_wanted(&self, _sink: &dyn PacketSink) -> bool {
        true
    }

    fn encode(&mut self, at: MediaTime, block: &Block, _sink: &mut dyn PacketSink) {
        let heard = block.frames.iter().position(|frame| frame[0].abs() > HEARD);
        if let Some(n) = heard.filter(|_| at >= self.quiet_until) {
            self.quiet_until = at + 10 * BLOCK_FRAMES as u64;
            self.clicks.lock().expect("no thread panics").push(at + n as u64);
        }
    }

    fn reset(&mut self) {}
}

/// A packet as it was published: from where on the timeline, when, and what.
type Published = (MediaTime, Time, Bytes);

/// Notes when each packet was published and passes it on to the fan-out.
struct Publications {
    clock: Clock,
    duration: PacketDuration,
    fan_out: Sink,
    log: Arc<Mutex<Vec<Published>>>,
}

impl PacketSink for Publications {
    fn wants(&self, encoding: Encoding) -> bool {
        self.fan_out.wants(encoding)
    }

    fn publish(&mut self, encoding: Encoding, packet: Packet) {
        if encoding == Encoding::Opus(self.duration) {
            let note = (packet.media_time, self.clock.now(), packet.payload.clone());
            self.log.lock().expect("no thread panics").push(note);
        }
        self.fan_out.publish(encoding, packet);
    }
}

/// What the phone received: RTP timestamp, when, and the Opus packet.
type Received = (u32, Time, Vec<u8>);

/// Joins `handle` and receives until `stop`.
fn listen(clock: Clock, clocks: Clocks, handle: &Handle, stop: &AtomicBool) -> Vec<Received> {
    let socket = UdpSocket::bind((LOOPBACK, 0)).expect("a socket");
    socket.set_read_timeout(Some(Duration::from_millis(50))).expect("sockets can");
    let identity = Identity::generate().expect("a certificate");
    let mut phone = Phone::new(identity, clocks, "phone", Setup::Actpass);
    let stream = StreamId::new("main").expect("a valid id");
    let offer =
        Offer { stream, sdp: phone.offer(), local_addr: LOOPBACK, remote_addr: LOOPBACK, guest: None, duration: None };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let answer = runtime.block_on(handle.offer(offer)).expect("an answer");
    assert!(phone.answer(clock.now(), &answer.sdp, handle.local_addr()));
    let (mut bytes, mut received, mut checked) = ([0; 2_048], Vec::new(), Instant::now());
    while !stop.load(Ordering::Relaxed) {
        for (to, bytes) in phone.outbox.take() {
            socket.send_to(&bytes, to).expect("loopback takes it");
        }
        if let Ok(length) = socket.recv(&mut bytes) {
            let now = clock.now();
            phone.receive(now, &mut bytes[..length]);
            received.extend(phone.heard.drain(..).map(|heard| (heard.timestamp, now, heard.payload)));
        }
        if phone.poll_timeout().is_some_and(|at| at <= clock.now()) {
            phone.handle_timeout(clock.now());
        }
        if phone.is_joined() && checked.elapsed() > CHECK_EVERY {
            checked = Instant::now();
            phone.check();
        }
    }
    received
}

fn fan_out(timeline: Timeline, clocks: Clocks, duration: PacketDuration) -> (Handle, Sink, thread::JoinHandle<()>) {
    let stream = StreamConfig {
        id: StreamId::new("main").expect("a valid id"),
        duration,
        bitrate_bps: 128_000,
        in_band_fec: false,
    };
    let config = Config { timeline, addresses: vec![LOOPBACK], port: 0, limits: Limits::default(), clocks };
    let (handle, thread) = spawn((LOOPBACK, 0).into(), config).expect("a fan-out");
    let sink = handle.add_stream(stream).expect("the first stream");
    (handle, sink, thread)
}

fn measure(profile: Profile, duration: PacketDuration) {
    let clock = Clock::start();
    let clocks = Clocks { zero: clock.zero(), unix_at_zero: Duration::from_secs(1_700_000_000) };
    let (recorded, clicks) = (Arc::<Mutex<Vec<u64>>>::default(), Arc::<Mutex<Vec<MediaTime>>>::default());
    let published: Arc<Mutex<Vec<Published>>> = Arc::default();
    let timeline = Timeline::starting_at(clock.now());
    let (handle, fan_out, fan_out_thread) = fan_out(timeline, clocks, duration);

    let log = Arc::clone(&recorded);
    let card = Card::new(FORMAT, CARD_PPM, CardPace::Real(clock), move |n| {
        if n % EVERY_FRAMES == 0 && n > 0 {
            log.lock().expect("no thread panics").push(n);
        }
        // A click two frames long, so that the resampler's filter leaves its peak alone.
        if n > 0 && n % EVERY_FRAMES < 2 { [0.5; 2] } else { [0.0; 2] }
    });
    let opened = card.opened_at();
    let (feeder, source) = line::pair(Box::new(card));
    let line = source.tap().expect("there is room for one tap");
    // The capture thread ends with the pump's tap.
    drop(source);
    let opus = encode::Opus::new(profile, encode::OpusConfig::default()).expect("libopus works");
    let watch = Watch { clicks: Arc::clone(&clicks), quiet_until: MediaTime::ZERO };
    let sink = Publications { clock, duration, fan_out, log: Arc::clone(&published) };
    let plan = MixPlan { decks: Decibels::SILENCE, ..MixPlan::default() }.with_source(0, Decibels::UNITY);
    let encoders: Vec<Box<dyn Encode>> = vec![Box::new(watch), Box::new(opus)];
    let first = timeline.next_packet_start(clock.now());
    let (pump, controls, _) = pump::new(timeline, first, plan, vec![Box::new(line)], encoders, vec![Box::new(sink)]);
    let stop = AtomicBool::new(false);
    let received = thread::scope(|scope| {
        let phone = scope.spawn(|| listen(clock, clocks, &handle, &stop));
        let threads = [thread::spawn(move || line::run(feeder, clock)), thread::spawn(move || pump::run(pump, clock))];
        let heard = || clicks.lock().expect("no thread panics").len() >= CLICKS + SETTLE;
        assert!(wait::comes_true(PATIENCE, heard), "clicks do not come");
        controls.stop();
        threads.into_iter().for_each(|thread| thread.join().expect("no thread panics"));
        stop.store(true, Ordering::Relaxed);
        phone.join().expect("the phone does not panic")
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(handle.shutdown());
    fan_out_thread.join().expect("the fan-out does not panic");

    let opened = opened.lock().expect("no thread panics").expect("the card was opened");
    let frame_us = 1e6 / (f64::from(FORMAT.rate_hz) * (1.0 + CARD_PPM * 1e-6));
    let published = published.lock().expect("no thread panics");
    let zero = timestamp_zero(&published, &received);
    let (recorded, clicks) = (recorded.lock().expect("no thread panics"), clicks.lock().expect("no thread panics"));
    let (mut to_packet_ms, mut to_socket_ms) = (Vec::new(), Vec::new());
    for (frame, click) in recorded.iter().zip(clicks.iter()).skip(SETTLE) {
        let recorded_us = opened.as_micros() as f64 + *frame as f64 * frame_us;
        let since_ms = |then: Time| (then.as_micros() as f64 - recorded_us) / 1e3;
        let holds = |(start, ..): &&Published| *click >= *start && *click - *start < duration.ticks();
        let Some((start, at, _)) = published.iter().find(holds) else { continue };
        to_packet_ms.push(since_ms(*at));
        let timestamp = (start.as_ticks() as u32).wrapping_add(zero);
        let arrived = received.iter().find(|(heard, ..)| *heard == timestamp);
        to_socket_ms.extend(arrived.map(|(_, at, _)| since_ms(*at)));
    }
    let budget_ms = FORMAT.period_frames as f64 / 48.0 + 10.0 + f64::from(duration.millis()) + 5.0;
    println!("frames of {} ms, budget {budget_ms:.1} ms:", duration.millis());
    report("capture to packet", to_packet_ms, budget_ms);
    report("capture to the phone's socket", to_socket_ms, budget_ms);
    told(&controls.status());
}

/// The RTP timestamp of media time zero, from the first packet received whose contents were published only once.
fn timestamp_zero(published: &[Published], received: &[Received]) -> u32 {
    let mut found = received.iter().filter_map(|(timestamp, _, payload)| {
        let mut same = published.iter().filter(|(.., bytes)| *bytes == payload[..]);
        let (start, ..) = same.next()?;
        same.next().is_none().then(|| timestamp.wrapping_sub(start.as_ticks() as u32))
    });
    let zero = found.next().expect("the phone heard a click");
    assert!(found.all(|other| other == zero), "timestamps follow the timeline");
    zero
}

fn report(what: &str, mut delays_ms: Vec<f64>, budget_ms: f64) {
    assert!(delays_ms.len() > CLICKS * 9 / 10, "{what}: only {} of {CLICKS} clicks", delays_ms.len());
    delays_ms.sort_by(f64::total_cmp);
    let share = |share: f64| delays_ms[((delays_ms.len() - 1) as f64 * share) as usize];
    println!("  {what}, {} clicks:", delays_ms.len());
    for (name, value) in [("p50", share(0.5)), ("p95", share(0.95)), ("max", share(1.0))] {
        println!("    {name}: {value:6.2} ms = {:.2} of the budget", value / budget_ms);
    }
}

fn told(status: &Status) {
    println!(
        "  line delay {} us, {} late blocks, {} underruns, {} xruns; the encoder's look-ahead comes on top of the sound",
        status.line_delay_us, status.late_blocks_total, status.line_underruns_total, status.line_xruns_total
    );
}

fn main() {
    measure(Profile::Default, PacketDuration::Ms20);
    measure(Profile::LowDelay, PacketDuration::Ms10);
}
