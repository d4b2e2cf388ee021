//! Many channels of one line-in, and a source of another kind, on virtual time.

use std::f64::consts::TAU;

use super::*;
use crate::capture::Format;
use crate::line::{self, Feeder, TAPS_MAX};
use crate::mixer::Decibels;
use crate::sim::{Card, CardPace};

/// The tone, one period of which is longer than anything that could lie between two channels.
const HZ: f64 = 100.0;

/// Frames in one period of the tone.
const PERIOD: f64 = 480.0;

/// How far the sound of one channel may lie from that of another, in frames: 1.5 ms, within which the fit keeps one tap's own
/// delay. Each follows the card by itself, from another moment on.
const APART_MAX: f64 = 72.0;

/// Where in the tone's period `frames` begin, in frames.
fn place(frames: &[Frame]) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, frame) in frames.iter().enumerate() {
        let (sin, cos) = (TAU * HZ * n as f64 / 48_000.0).sin_cos();
        re += f64::from(frame[0]) * cos;
        im -= f64::from(frame[0]) * sin;
    }
    im.atan2(re) / TAU * PERIOD
}

/// A card 150 ppm fast that plays `HZ`, and the capture thread's end of it.
struct Desk {
    card: Card,
    feeder: Feeder,
    source: line::LineSource,
    timeline: Timeline,
    channels: Vec<(Pump, Controls, Collector)>,
    now: Time,
}

impl Desk {
    fn new() -> Self {
        let tone = |n: u64| [(0.5 * (TAU * HZ * n as f64 / 44_100.0).sin()) as f32; 2];
        let card = Card::new(Format { rate_hz: 44_100, period_frames: 221 }, 150.0, CardPace::Virtual, tone);
        let (feeder, source) = line::pair(Box::new(card.clone()));
        let timeline = Timeline::starting_at(Time::ZERO);
        Self { card, feeder, source, timeline, channels: Vec::new(), now: Time::ZERO }
    }

    /// Opens a channel that hears line-in.
    fn open(&mut self) {
        let plan = MixPlan { decks: Decibels::SILENCE, ..MixPlan::default() }.with_source(0, Decibels::UNITY);
        let collector = Collector::default();
        let first = self.timeline.next_packet_start(self.now.plus_millis(50));
        let line: Box<dyn Source> = Box::new(self.source.tap().unwrap());
        let encoders: Vec<Box<dyn Encode>> = vec![Box::new(collector.clone())];
        let (pump, controls, _) = new(self.timeline, first, plan, vec![line], encoders, Vec::new());
        self.channels.push((pump, controls, collector));
    }

    fn pass_ms(&mut self, ms: u64) {
        for _ in 0..ms {
            self.now = self.now.plus_millis(1);
            let now = self.now;
            self.card.set_now(now);
            (0..2).for_each(|_| _ = self.feeder.step(&mut || now));
            self.channels.iter_mut().for_each(|(pump, ..)| run_until(pump, now));
        }
    }
}

#[test]
fn eight_channels_of_one_line_in_have_the_same_sound_at_the_same_place() {
    let mut desk = Desk::new();
    for _ in 0..TAPS_MAX {
        desk.open();
        desk.pass_ms(130);
    }
    desk.pass_ms(2_000);
    let last = |collector: &Collector| {
        let collected = collector.collected();
        let blocks = &collected.blocks[collected.blocks.len() - 10..];
        let frames: Vec<Frame> = blocks.iter().flat_map(|(_, block)| block.frames).collect();
        (blocks[0].0, place(&frames), meter::peak(&frames))
    };
    let (at, first, _) = last(&desk.channels[0].2);
    for (_, controls, collector) in &desk.channels {
        let (other_at, place, peak) = last(collector);
        assert_eq!(other_at, at, "on one timeline");
        let apart = (place - first + PERIOD / 2.0).rem_euclid(PERIOD) - PERIOD / 2.0;
        println!("{apart:+.1} frames apart, level {peak:.4}");
        assert!(apart.abs() < APART_MAX, "{apart} frames apart");
        assert!((peak - 0.5).abs() < 0.01, "{peak}");
        let status = controls.status();
        assert_eq!((status.line_underruns_total, status.line_slips_total, status.late_blocks_total), (0, 0, 0));
        assert!(collector.collected().blocks[0].0.as_ticks().is_multiple_of(5_760));
    }
}

/// A source that plays a constant, and breaks off now and then.
struct Call(std::vec::IntoIter<Delivery>);

impl Source for Call {
    fn pull(&mut self, _: Time, out: &mut [Frame; BLOCK_FRAMES]) -> Delivery {
        out.fill([0.25; 2]);
        self.0.next().unwrap_or(Delivery::Gone)
    }
}

#[test]
fn a_source_of_another_kind_needs_no_rules_of_its_own() {
    let whole = Delivery::Sound(BLOCK_FRAMES);
    let deliveries = [vec![whole; 30], vec![Delivery::Sound(100), Delivery::Late], vec![whole; 10]].concat();
    let call: Box<dyn Source> = Box::new(Call(deliveries.into_iter()));
    let gone: Box<dyn Source> = Box::new(Call(Vec::new().into_iter()));
    let collector = Collector::default();
    let plan = MixPlan { decks: Decibels::SILENCE, ..MixPlan::default() }.with_source(1, Decibels::UNITY);
    let encoders: Vec<Box<dyn Encode>> = vec![Box::new(collector.clone())];
    let timeline = Timeline::starting_at(Time::ZERO);
    let (mut pump, controls, mut plans) = new(timeline, MediaTime::ZERO, plan, vec![gone, call], encoders, Vec::new());
    controls.cue(finished(1, &[[-0.5; 2]; 96_000])).unwrap();
    let mut run_to = |block: u64| {
        (0..=block).for_each(|n| run_until(&mut pump, Time::from_micros(n * 10_000)));
        *collector.collected().frames().last().unwrap()
    };
    assert_eq!(run_to(20), [0.25; 2]);
    assert_eq!(run_to(41), [0.25; 2], "a hiccup is bridged");
    assert_eq!(controls.status().cue, None, "and no reason to play a track");
    assert_eq!(run_to(60), [-0.5; 2], "a call that has ended is");
    let events: Vec<Event> = std::iter::from_fn(|| controls.poll_event()).collect();
    let started = Event::TrackStarted { cue: CueId(1), at: MediaTime::from_ticks(42 * 480) };
    assert_eq!(events, [Event::SourceBack { index: 1 }, Event::SourceLost { index: 1 }, started]);
    plans.publish(MixPlan { fallback_to_decks: false, ..plan });
    assert_eq!(run_to(80), SILENCE);
}
