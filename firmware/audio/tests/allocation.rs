//! The sound threads ask for no memory while there is sound: the capture step nothing at all, the pump's step only the
//! payloads of its packets (and, of those it also keeps, the count of owners).
//!
//! Counts Rust's allocations on the calling thread. What libopus and LAME do inside is not seen here; both make all they
//! need when they are started.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use allocation_counter::measure;
use audio::capture::Format;
use audio::deck;
use audio::encode::{Encode, Mp3, Opus, OpusConfig, Profile};
use audio::gauge::Gauge;
use audio::line::{self, Feeder, LineSource};
use audio::mixer::{Decibels, MixPlan, PlanWriter, SOURCES_MAX};
use audio::pcm::{Block, Frame};
use audio::pump::{self, Controls, Pump, Step};
use audio::sim::{Card, CardPace};
use audio::source::Source;
use audio::spectrum::Analyzer;
use audio::tap;
use base::{CueId, Encoding, MediaTime, Packet, PacketSink, Time, Timeline};

/// Line-in at full level with decks beneath it, so that both are at work.
const PLAN: MixPlan = MixPlan {
    sources: [Decibels::SILENCE; SOURCES_MAX],
    over: [false; SOURCES_MAX],
    decks: Decibels::UNITY,
    ramp_ms: 50,
    crossfade_ms: 100,
    fallback_to_decks: true,
}
.with_source(0, Decibels::UNITY);

/// Wants everything and counts what it drops.
#[derive(Clone, Default)]
struct Counter(Arc<AtomicU64>);

impl PacketSink for Counter {
    fn wants(&self, _: Encoding) -> bool {
        true
    }

    fn publish(&mut self, _: Encoding, _: Packet) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// An encoder that breaks the rule.
struct Wasteful;

impl Encode for Wasteful {
    fn is_wanted(&self, _: &dyn PacketSink) -> bool {
        true
    }

    fn encode(&mut self, _: MediaTime, block: &Block, _: &mut dyn PacketSink) {
        std::hint::black_box(Box::new(block.frames[0]));
    }

    fn reset(&mut self) {}
}

/// Two channels that hear one line-in, on virtual time. What is measured is the capture thread, and the pump of the first
/// channel, which mixes line-in with decks.
struct Bench {
    card: Card,
    feeder: Feeder,
    source: LineSource,
    pump: Pump,
    controls: Controls,
    plans: PlanWriter,
    other: Option<Pump>,
    now: Time,
}

impl Bench {
    fn new(encoders: Vec<Box<dyn Encode>>, sinks: Vec<Box<dyn PacketSink>>) -> Self {
        let tone = |n: u64| [(n as f32 * 0.05).sin() * 0.9; 2];
        let card = Card::new(Format { rate_hz: 44_100, period_frames: 221 }, 150.0, CardPace::Virtual, tone);
        let (feeder, source) = line::pair(Box::new(card.clone()));
        let (pump, controls, plans) = channel(&source, encoders, sinks, Time::ZERO);
        let (other, ..) = channel(&source, Vec::new(), Vec::new(), Time::ZERO);
        let mut bench = Self { card, feeder, source, pump, controls, plans, other: Some(other), now: Time::ZERO };
        // What is made once per device or on first use is made in the first second.
        bench.run(1_000);
        bench
    }

    /// Cues two tracks of 300 ms that fade into one another.
    fn cue(&self) {
        for cue in 1..=2 {
            let frames: Vec<Frame> = (0..14_400).map(|n| [(n as f32 * 0.02).sin(); 2]).collect();
            let (mut feed, deck) = deck::pair(CueId(cue), frames.len());
            feed.push(&frames);
            feed.finish();
            self.controls.cue(deck).expect("there is room for two");
        }
    }

    /// Lets `ms` pass; returns what the capture thread and the pump allocated.
    fn run(&mut self, ms: u64) -> (u64, u64) {
        let (mut captured, mut pumped) = (0, 0);
        for _ in 0..ms {
            self.now = self.now.plus_millis(1);
            let now = self.now;
            self.card.set_now(now);
            let feeder = &mut self.feeder;
            captured += measure(|| (0..4).for_each(|_| _ = feeder.step(&mut || now))).count_total;
            let pump = &mut self.pump;
            pumped += measure(|| while pump.step(now) == Step::Made {}).count_total;
            if let Some(other) = &mut self.other {
                while other.step(now) == Step::Made {}
            }
        }
        (captured, pumped)
    }
}

/// A channel that hears `source`, whose first block is due from `now` on.
fn channel(
    source: &LineSource,
    encoders: Vec<Box<dyn Encode>>,
    sinks: Vec<Box<dyn PacketSink>>,
    now: Time,
) -> (Pump, Controls, PlanWriter) {
    let timeline = Timeline::starting_at(Time::ZERO);
    let line: Box<dyn Source> = Box::new(source.tap().expect("there is room for a tap"));
    pump::new(timeline, timeline.next_packet_start(now), PLAN, vec![line], encoders, sinks)
}

#[test]
fn capture_and_mixer_allocate_nothing() {
    let mut bench = Bench::new(Vec::new(), Vec::new());
    bench.cue();
    assert_eq!(bench.run(1_000), (0, 0));
    assert_eq!(bench.controls.status().line_opened_total, 1);
    assert!(bench.controls.status().limiter_gain_db < 0.0, "it had something to do");
}

#[test]
fn a_plan_costs_the_pump_nothing() {
    let mut bench = Bench::new(Vec::new(), Vec::new());
    for n in 0..50 {
        let gain = if n % 2 == 0 { Decibels::SILENCE } else { Decibels::UNITY };
        bench.plans.publish(PLAN.with_source(0, gain));
        assert_eq!(bench.run(20), (0, 0));
    }
}

#[test]
fn taps_come_and_go_at_the_cost_of_who_adds_them() {
    let mut bench = Bench::new(Vec::new(), Vec::new());
    for _ in 0..3 {
        bench.other = None;
        assert_eq!(bench.run(100), (0, 0), "one has gone");
        let added = measure(|| bench.other = Some(channel(&bench.source, Vec::new(), Vec::new(), bench.now).0));
        assert!(added.count_total > 10, "it is made here");
        assert_eq!(bench.run(300), (0, 0), "another one has come");
    }
    assert_eq!(bench.controls.status().line_opened_total, 1);
}

#[test]
fn a_lost_device_costs_the_pump_nothing() {
    let mut bench = Bench::new(Vec::new(), Vec::new());
    bench.cue();
    bench.card.set_plugged(false);
    assert_eq!(bench.run(100).1, 0);
    assert!(bench.controls.status().standing_in);
    bench.card.set_plugged(true);
    assert_eq!(bench.run(1_000).1, 0);
    assert_eq!(bench.controls.status().line_opened_total, 2);
}

#[test]
fn encoders_allocate_the_payloads_and_nothing_else() {
    let config = OpusConfig::default();
    let encoders: Vec<Box<dyn Encode>> = vec![
        Box::new(Opus::new(Profile::Default, config).expect("libopus works")),
        Box::new(Opus::new(Profile::LowDelay, config).expect("libopus works")),
        Box::new(Mp3::new(128_000).expect("LAME works")),
    ];
    let packets = Counter::default();
    let mut bench = Bench::new(encoders, vec![Box::new(packets.clone())]);
    bench.cue();
    let before = packets.0.load(Ordering::Relaxed);
    let (captured, pumped) = bench.run(1_200);
    let published = packets.0.load(Ordering::Relaxed) - before;
    // 10, 20, 40 and 60 ms of Opus and 24 ms of MP3 in 1.2 s.
    assert_eq!(published, 120 + 60 + 30 + 20 + 50);
    // Those of 20 ms are kept for the longer ones: the count of their owners comes on top.
    assert_eq!((captured, pumped), (0, published + 60));
}

#[test]
fn a_second_sink_costs_one_count_of_owners_per_packet() {
    let opus = Opus::new(Profile::LowDelay, OpusConfig::default()).expect("libopus works");
    let sinks = [Counter::default(), Counter::default(), Counter::default()];
    let list = sinks.iter().map(|sink| Box::new(sink.clone()) as Box<dyn PacketSink>).collect();
    let mut bench = Bench::new(vec![Box::new(opus)], list);
    let before = sinks.each_ref().map(|sink| sink.0.load(Ordering::Relaxed));
    let (captured, pumped) = bench.run(1_000);
    for (sink, before) in sinks.iter().zip(before) {
        assert_eq!(sink.0.load(Ordering::Relaxed) - before, 100);
    }
    // The payload, and the count that all of its owners share, however many they are.
    assert_eq!((captured, pumped), (0, 2 * 100));
}

#[test]
fn who_measures_costs_the_pump_nothing() {
    let mut bench = Bench::new(Vec::new(), Vec::new());
    let viewers = Arc::new(AtomicUsize::new(0));
    let [(mixed, sent), (source, brought)] = [(); 2].map(|()| tap::pair(Arc::clone(&viewers), || {}));
    let (pump, controls, plans) = channel(&bench.source, Vec::new(), Vec::new(), bench.now);
    (bench.pump, bench.controls, bench.plans) = (pump.with_tap(mixed).with_source_taps([source]), controls, plans);
    let (mut spectra, mut readings) = (Analyzer::new(sent), Gauge::new(brought));
    bench.run(1_000);
    let count = |spectra: &mut Analyzer, readings: &mut Gauge| {
        (std::iter::from_fn(|| spectra.make()).count(), std::iter::from_fn(|| readings.read()).count())
    };
    assert_eq!(count(&mut spectra, &mut readings), (0, 0), "nobody looks");
    viewers.store(1, Ordering::Relaxed);
    let (mut made, mut read) = (0, 0);
    for _ in 0..20 {
        assert_eq!(bench.run(50), (0, 0));
        let (spectra, readings) = count(&mut spectra, &mut readings);
        (made, read) = (made + spectra, read + readings);
    }
    // One in 50 ms, and one in 100; of the first there must be something before and after it.
    assert!((18..=20).contains(&made) && (9..=10).contains(&read), "{made}, {read}");
}

#[test]
fn an_allocation_would_be_noticed() {
    let mut bench = Bench::new(vec![Box::new(Wasteful)], Vec::new());
    assert_eq!(bench.run(1_000), (0, 100));
}
