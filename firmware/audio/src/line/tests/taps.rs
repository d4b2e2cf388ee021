//! Several taps of one card: they come, go, get stuck and lose their device, and none of them feels the others.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use super::bench::{Bench, FAST_PERIODS, pull, status, tone};
use crate::capture::{Capture, Error, Open};
use crate::line::{LineIn, LineSource, LineState, NextStep, TAPS_MAX, TooManyTaps, pair};
use crate::pcm::{BLOCK_FRAMES, Frame};
use crate::sim::{Card, CardPace};
use crate::source::Delivery;

/// The steepest slope of the tone below, and a little for the filter: a gap or a slip makes a larger step.
const STEP_MAX: f32 = 0.03;

/// A bench with a card that plays 440 Hz at half scale.
fn bench() -> Bench {
    Bench::new(Card::new(FAST_PERIODS, 100.0, CardPace::Virtual, tone(48_000.0, 440.0, 0.5)))
}

/// Lets 10 ms pass, pulls the bench's own line, which must deliver, and appends the sound to `heard`.
fn unbroken(bench: &mut Bench, heard: &mut Vec<Frame>) {
    heard.extend(bench.block().expect("the first tap goes on"));
}

fn assert_whole(heard: &[Frame]) {
    let step = heard.windows(2).map(|pair| (pair[1][0] - pair[0][0]).abs()).fold(0.0, f32::max);
    assert!(step < STEP_MAX, "a step of {step}");
}

fn delivers(line: &mut LineIn, bench: &Bench) -> bool {
    pull(line, bench.now).0 == Delivery::Sound(BLOCK_FRAMES)
}

/// Lets blocks pass until `line` delivers, at most `limit`, and returns how many were empty.
fn blocks_until_sound(line: &mut LineIn, bench: &mut Bench, limit: u32) -> Option<u32> {
    (0..limit).find(|_| {
        bench.block();
        delivers(line, bench)
    })
}

#[test]
fn a_tap_that_comes_later_is_heard_at_once_and_disturbs_nobody() {
    let mut bench = bench();
    bench.blocks_until_sound(5).unwrap();
    let mut heard = Vec::new();
    (0..50).for_each(|_| unbroken(&mut bench, &mut heard));
    let mut lines = Vec::new();
    for _ in 1..TAPS_MAX {
        lines.push(bench.source.tap().unwrap());
        let mut empty = 0;
        for _ in 0..20 {
            unbroken(&mut bench, &mut heard);
            empty += lines.iter_mut().map(|line| usize::from(!delivers(line, &bench))).sum::<usize>();
        }
        assert!(empty <= 1, "the last one needs no more than one block to fill its buffer, not {empty}");
    }
    assert_whole(&heard);
    assert!(lines.iter().all(|line| status(line).underruns.load(Ordering::Relaxed) == 0));
}

#[test]
fn a_tap_added_while_the_device_is_lost_is_heard_when_it_is_back() {
    let mut bench = bench();
    bench.blocks_until_sound(5).unwrap();
    bench.card.set_plugged(false);
    (0..10).for_each(|_| _ = bench.block());
    let mut line = bench.source.tap().unwrap();
    bench.block();
    assert_eq!(pull(&mut line, bench.now).0, Delivery::Gone);
    bench.card.set_plugged(true);
    assert!(blocks_until_sound(&mut line, &mut bench, 60).is_some());
    assert!(bench.block().is_some() && delivers(&mut line, &bench), "both of them");
}

#[test]
fn a_tap_that_is_handed_over_while_the_plug_is_pulled_is_not_lost() {
    let mut bench = bench();
    bench.blocks_until_sound(5).unwrap();
    // Made for the device that is open, and fetched by the capture thread after that one was given up.
    let mut line = bench.source.tap().unwrap();
    bench.card.set_plugged(false);
    (0..10).for_each(|_| _ = bench.block());
    assert_eq!(pull(&mut line, bench.now).0, Delivery::Gone);
    bench.card.set_plugged(true);
    assert!(blocks_until_sound(&mut line, &mut bench, 60).is_some());
}

#[test]
fn a_lost_device_is_lost_and_back_for_every_tap() {
    let mut bench = bench();
    let mut lines: Vec<LineIn> = (0..3).map(|_| bench.source.tap().unwrap()).collect();
    for opened in 1..=4 {
        for line in &mut lines {
            assert!(blocks_until_sound(line, &mut bench, 60).is_some());
        }
        assert_eq!(bench.status().device.opened.load(Ordering::Relaxed), opened);
        bench.card.set_plugged(false);
        (0..2).for_each(|_| _ = bench.block());
        for line in &mut lines {
            assert_eq!(pull(line, bench.now).0, Delivery::Gone);
        }
        bench.card.set_plugged(true);
    }
}

#[test]
fn a_stuck_tap_loses_sound_alone() {
    let mut bench = bench();
    // One before and one after it in the capture thread's list.
    let (mut stuck, mut other) = (bench.source.tap().unwrap(), bench.source.tap().unwrap());
    bench.blocks_until_sound(5).unwrap();
    delivers(&mut other, &bench);
    let mut heard = Vec::new();
    for _ in 0..50 {
        unbroken(&mut bench, &mut heard);
        assert!(delivers(&mut other, &bench) && delivers(&mut stuck, &bench));
    }
    for _ in 0..200 {
        unbroken(&mut bench, &mut heard);
        assert!(delivers(&mut other, &bench));
    }
    let lost = |line: &LineIn| status(line).overflow_frames.load(Ordering::Relaxed);
    assert!(lost(&stuck) > 48_000, "{} frames", lost(&stuck));
    assert_eq!((lost(&bench.line), lost(&other)), (0, 0));
    assert!(!delivers(&mut stuck, &bench), "what it has is old");
    for _ in 0..50 {
        unbroken(&mut bench, &mut heard);
        delivers(&mut stuck, &bench);
    }
    assert!(delivers(&mut stuck, &bench), "and on it goes");
    assert_eq!(status(&stuck).slips.load(Ordering::Relaxed), 1);
    assert_whole(&heard);
}

#[test]
fn a_stuck_tap_keeps_no_device_from_being_opened_and_finds_the_open_one() {
    let mut bench = bench();
    let mut stuck = bench.source.tap().unwrap();
    for opened in 1..=9 {
        bench.blocks_until_sound(60).expect("the device is opened again");
        assert_eq!(bench.status().device.opened.load(Ordering::Relaxed), opened);
        bench.card.set_plugged(opened == 9);
        (0..2).for_each(|_| _ = bench.block());
        bench.card.set_plugged(true);
    }
    assert!(blocks_until_sound(&mut stuck, &mut bench, 5).is_some(), "it has slept through eight devices");
    (0..60).for_each(|_| _ = bench.block());
    assert!(blocks_until_sound(&mut stuck, &mut bench, 5).is_some(), "and what it hears is the ninth");
}

#[test]
fn a_ninth_tap_is_refused_until_one_is_dropped() {
    let mut bench = bench();
    let mut lines: Vec<LineIn> = (1..TAPS_MAX).map(|_| bench.source.tap().unwrap()).collect();
    bench.pass_ms(10);
    let ninth = bench.source.tap().err();
    assert_eq!(ninth, Some(TooManyTaps));
    assert_eq!(ninth.unwrap().to_string(), "line-in feeds 8 channels already, which is the most it can");
    lines.pop();
    // The capture thread has not noticed yet.
    lines.push(bench.source.tap().expect("there is room again"));
    assert!(bench.source.tap().is_err());
}

#[test]
fn whoever_adds_and_drops_without_end_is_refused_and_fills_no_memory() {
    let mut bench = bench();
    bench.block();
    let added = (0..1_000).filter(|_| bench.source.tap().is_ok()).count();
    assert_eq!(added, TAPS_MAX, "what the capture thread has not fetched is bounded");
    bench.pass_ms(1);
    let mut lines = Vec::new();
    lines.extend((1..TAPS_MAX).map(|_| bench.source.tap().expect("it has fetched them")));
    assert!(blocks_until_sound(&mut lines[0], &mut bench, 5).is_some());
}

#[test]
fn a_tap_dropped_in_the_middle_leaves_the_others_whole_and_its_memory_to_who_comes_next() {
    let mut bench = bench();
    let (mut first, mut second) = (bench.source.tap().unwrap(), bench.source.tap().unwrap());
    bench.blocks_until_sound(5).unwrap();
    let mut heard = Vec::new();
    for _ in 0..20 {
        unbroken(&mut bench, &mut heard);
        assert!(delivers(&mut first, &bench) && delivers(&mut second, &bench));
    }
    let gone = Arc::downgrade(&status(&first));
    drop(first);
    for _ in 0..20 {
        unbroken(&mut bench, &mut heard);
        assert!(delivers(&mut second, &bench));
    }
    assert!(gone.upgrade().is_some(), "the capture thread frees nothing while there is sound");
    let mut third = bench.source.tap().unwrap();
    assert!(gone.upgrade().is_none());
    assert!(blocks_until_sound(&mut third, &mut bench, 5).is_some());
    assert_whole(&heard);
}

#[test]
fn the_capture_thread_goes_on_without_taps_and_ends_with_the_last_handle() {
    let Bench { card, mut feeder, source, line, mut now, .. } = bench();
    drop(line);
    for _ in 0..100 {
        now = now.plus_millis(1);
        card.set_now(now);
        assert_eq!(feeder.step(&mut || now), NextStep::Again);
    }
    assert_eq!(source.state(), LineState::Signal, "it is known what the card delivers");
    let (other, line) = (source.clone(), source.tap().unwrap());
    drop(source);
    drop(other);
    assert_eq!(feeder.step(&mut || now), NextStep::Again, "a tap is enough");
    drop(line);
    assert_eq!(feeder.step(&mut || now), NextStep::Stop);
}

/// A device that is asked for another tap in the middle of being opened.
struct Meanwhile {
    card: Card,
    source: Arc<OnceLock<LineSource>>,
    added: Arc<Mutex<Vec<LineIn>>>,
}

impl Open for Meanwhile {
    fn open(&mut self) -> Result<Box<dyn Capture>, Error> {
        let line = self.source.get().unwrap().tap().unwrap();
        self.added.lock().unwrap().push(line);
        self.card.open()
    }
}

#[test]
fn a_tap_added_while_the_device_is_being_opened_is_not_lost() {
    let card = Card::new(FAST_PERIODS, 0.0, CardPace::Virtual, tone(48_000.0, 440.0, 0.5));
    let (source, added) = (Arc::default(), Arc::default());
    let device = Meanwhile { card: card.clone(), source: Arc::clone(&source), added: Arc::clone(&added) };
    let (feeder, handle) = pair(Box::new(device));
    source.set(handle.clone()).ok().unwrap();
    let mut bench = Bench::with(card, feeder, handle);
    bench.blocks_until_sound(5).unwrap();
    let mut line = added.lock().unwrap().pop().unwrap();
    assert!(blocks_until_sound(&mut line, &mut bench, 5).is_some());
}

#[test]
fn taps_that_come_and_go_on_another_thread_while_the_plug_wiggles_all_hear_in_the_end() {
    let mut bench = bench();
    let source = bench.source.clone();
    // Refused while the capture thread has not fetched those before it.
    let tap = || {
        let tried = (0..10_000_000).find_map(|_| source.tap().inspect_err(|_| thread::yield_now()).ok());
        tried.expect("there is room again at some time")
    };
    let mut lines = thread::scope(|scope| {
        let adding = scope.spawn(|| {
            let mut lines: Vec<LineIn> = Vec::new();
            for round in 0..60 {
                lines.truncate(round % 5);
                lines.push(tap());
            }
            lines
        });
        let mut round = 0;
        while !adding.is_finished() {
            round += 1;
            bench.card.set_plugged(round % 7 > 1);
            bench.block();
        }
        adding.join().unwrap()
    });
    bench.card.set_plugged(true);
    for line in &mut lines {
        assert!(blocks_until_sound(line, &mut bench, 100).is_some());
    }
}
