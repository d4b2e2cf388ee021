//! The sound threads ask for no memory while there is sound: the capture step nothing at all, the pump's step only the
//! payloads of its packets (and, of those it also keeps, the count of owners).
//!
//! Counts Rust's allocations on the calling thread. What libopus and LAME do inside is not seen here; both make all they
//! need when they are started.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use allocation_counter::measure;
use audio::capture::Format;
use audio::deck;
use audio::encode::{Encode, Mp3, Opus, OpusConfig, Profile};
use audio::line::{self, Feeder};
use audio::mixer::{Decibels, MixPlan};
use audio::pcm::{Block, Frame};
use audio::pump::{self, Controls, Pump, Step};
use audio::sim::{Card, CardPace};
use base::{CueId, Encoding, MediaTime, Packet, PacketSink, Time};

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
    fn encode(&mut self, _: MediaTime, block: &Block, _: &mut dyn PacketSink) {
        std::hint::black_box(Box::new(block.frames[0]));
    }

    fn reset(&mut self) {}
}

/// A line-in and a pump that mixes it with decks, on virtual time.
struct Bench {
    card: Card,
    feeder: Feeder,
    pump: Pump,
    controls: Controls,
    now: Time,
}

impl Bench {
    fn new(encoders: Vec<Box<dyn Encode>>, sink: Counter) -> Self {
        let tone = |n: u64| [(n as f32 * 0.05).sin() * 0.9; 2];
        let card = Card::new(Format { rate_hz: 44_100, period_frames: 221 }, 150.0, CardPace::Virtual, tone);
        let (feeder, line) = line::pair(Box::new(card.clone()));
        let plan = MixPlan { line_in: Decibels::UNITY, crossfade_ms: 100, ..MixPlan::default() };
        let (pump, controls) = pump::new(Time::ZERO, plan, Some(line), encoders, Box::new(sink));
        let mut bench = Self { card, feeder, pump, controls, now: Time::ZERO };
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
        }
        (captured, pumped)
    }
}

#[test]
fn capture_and_mixer_allocate_nothing() {
    let mut bench = Bench::new(Vec::new(), Counter::default());
    bench.cue();
    assert_eq!(bench.run(1_000), (0, 0));
    assert_eq!(bench.controls.status().line_opened_total, 1);
    assert!(bench.controls.status().limiter_gain_db < 0.0, "it had something to do");
}

#[test]
fn a_lost_device_costs_the_pump_nothing() {
    let mut bench = Bench::new(Vec::new(), Counter::default());
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
    let mut bench = Bench::new(encoders, packets.clone());
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
fn an_allocation_would_be_noticed() {
    let mut bench = Bench::new(vec![Box::new(Wasteful)], Counter::default());
    assert_eq!(bench.run(1_000), (0, 100));
}
