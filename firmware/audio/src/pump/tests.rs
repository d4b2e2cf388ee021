//! The pump on virtual time: what it makes, when, and what it publishes.

mod sources;

use std::sync::atomic::{AtomicBool, AtomicU64};

use base::{CueId, Encoding, Packet, PacketDuration};

use super::*;
use crate::deck::pair;
use crate::limiter::DELAY;
use crate::mixer::CUED_MAX;
use crate::sim::{Collector, CountingEncoder};

fn pump() -> (Pump, Controls, Collector) {
    let collector = Collector::default();
    let encoders: Vec<Box<dyn Encode>> = vec![Box::new(collector.clone()), Box::new(CountingEncoder::default())];
    let timeline = Timeline::starting_at(Time::from_micros(500));
    let sinks: Vec<Box<dyn PacketSink>> = vec![Box::new(collector.clone())];
    let (pump, controls, _) = new(timeline, MediaTime::ZERO, MixPlan::default(), Vec::new(), encoders, sinks);
    (pump, controls, collector)
}

/// A sink that wants 20 ms Opus while its switch is on, and counts the packets it gets.
#[derive(Clone, Default)]
struct Phone {
    listens: Arc<AtomicBool>,
    packets: Arc<AtomicU64>,
}

impl PacketSink for Phone {
    fn wants(&self, encoding: Encoding) -> bool {
        encoding == Encoding::Opus(PacketDuration::Ms20) && self.listens.load(Ordering::Relaxed)
    }

    fn publish(&mut self, _: Encoding, _: Packet) {
        self.packets.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_channel_nobody_hears_encodes_nothing_and_one_that_many_hear_encodes_once() {
    let phones: Vec<Phone> = (0..3).map(|_| Phone::default()).collect();
    let (encoder, collector) = (CountingEncoder::default(), Collector::default());
    let calls = encoder.calls();
    let encoders: Vec<Box<dyn Encode>> = vec![Box::new(encoder), Box::new(collector.clone())];
    let sinks = phones.iter().map(|phone| Box::new(phone.clone()) as Box<dyn PacketSink>).collect();
    let timeline = Timeline::starting_at(Time::ZERO);
    let (mut pump, controls, _) = new(timeline, MediaTime::ZERO, MixPlan::default(), Vec::new(), encoders, sinks);
    controls.cue(finished(1, &[[0.5; 2]; 48_000])).unwrap();
    let mut end_ms = 0;
    let mut count = |listening: usize| {
        phones.iter().enumerate().for_each(|(n, phone)| phone.listens.store(n < listening, Ordering::Relaxed));
        let before = calls.load(Ordering::Relaxed);
        for _ in 0..10 {
            run_until(&mut pump, Time::from_micros(end_ms * 1_000));
            end_ms += 10;
        }
        calls.load(Ordering::Relaxed) - before
    };
    assert_eq!([0, 1, 3, 0, 2].map(&mut count), [0, 10, 10, 0, 10]);
    let packets: Vec<u64> = phones.iter().map(|phone| phone.packets.load(Ordering::Relaxed)).collect();
    assert_eq!(packets, [15, 10, 5]);
    assert_eq!(collector.collected().blocks.len(), 50, "the mixer goes on");
    assert_eq!(controls.status().cue, Some((CueId(1), 24_000)));
}

#[test]
fn a_pump_that_starts_later_lies_on_the_same_timeline() {
    let timeline = Timeline::starting_at(Time::from_micros(500));
    let (first, collector) = (MediaTime::from_ticks(5_760), Collector::default());
    let (encoders, sinks): (Vec<Box<dyn Encode>>, _) = (vec![Box::new(collector.clone())], Vec::new());
    let (mut pump, ..) = new(timeline, first, MixPlan::default(), Vec::new(), encoders, sinks);
    assert_eq!(pump.step(Time::from_micros(500)), Step::Wait(Time::from_micros(120_500)));
    run_until(&mut pump, Time::from_micros(130_500));
    let starts: Vec<u64> = collector.collected().blocks.iter().map(|(at, _)| at.as_ticks()).collect();
    assert_eq!(starts, [5_760, 6_240]);
}

#[test]
fn a_first_block_between_two_blocks_is_the_next_one() {
    let timeline = Timeline::starting_at(Time::ZERO);
    let first = MediaTime::from_ticks(481);
    let (mut pump, ..) = new(timeline, first, MixPlan::default(), Vec::new(), Vec::new(), Vec::new());
    assert_eq!(pump.step(Time::ZERO), Step::Wait(Time::from_micros(20_000)));
}

/// Steps until nothing is due at `now`.
fn run_until(pump: &mut Pump, now: Time) {
    while pump.step(now) == Step::Made {}
}

fn finished(cue: u64, frames: &[Frame]) -> Deck {
    let (mut feed, deck) = pair(CueId(cue), frames.len().max(1));
    feed.push(frames);
    deck
}

#[test]
fn a_block_is_made_every_10_ms_and_stamped_with_its_instant() {
    let (mut pump, controls, collector) = pump();
    assert_eq!(pump.step(Time::from_micros(499)), Step::Wait(Time::from_micros(500)));
    assert_eq!(pump.step(Time::from_micros(500)), Step::Made);
    assert_eq!(pump.step(Time::from_micros(500)), Step::Wait(Time::from_micros(10_500)));
    (1..100).for_each(|n| run_until(&mut pump, Time::from_micros(500 + n * 10_000)));
    let collected = collector.collected();
    assert_eq!(collected.blocks.len(), 100);
    assert_eq!((controls.status().first_block_us, controls.status().blocks_total), (500, 100));
    assert_eq!(collected.blocks[99].0, MediaTime::from_ticks(99 * 480));
    assert_eq!(pump.timeline().to_time(collected.blocks[99].0), Time::from_micros(990_500));
    assert_eq!(collected.packets.len(), 50);
    assert_eq!(collected.packets[1].1.media_time, MediaTime::from_ticks(960));
}

#[test]
fn a_short_delay_is_caught_up_and_a_long_one_leaves_a_hole() {
    let (mut pump, controls, collector) = pump();
    run_until(&mut pump, Time::from_micros(500));
    run_until(&mut pump, Time::from_micros(200_500));
    assert_eq!(collector.collected().blocks.len(), 21, "nothing is left out after 200 ms");
    let status = controls.status();
    assert_eq!((status.late_blocks_total, status.hole_blocks_total), (18, 0));
    run_until(&mut pump, Time::from_micros(5_000_500));
    let collected = collector.collected();
    let last = collected.blocks.last().unwrap().0;
    assert_eq!(pump.timeline().to_time(last), Time::from_micros(5_000_500), "the timeline is still true");
    assert_eq!(collected.blocks.len(), 22);
    assert_eq!(controls.status().hole_blocks_total, 479);
}

#[test]
fn a_cued_deck_is_heard_reported_and_handed_back() {
    let (mut pump, controls, collector) = pump();
    let sound: Vec<Frame> = (0..4_800).map(|n| [(n as f32 * 0.1).sin() * 0.5; 2]).collect();
    controls.cue(finished(7, &sound)).unwrap();
    run_until(&mut pump, Time::from_micros(60_500));
    assert_eq!(controls.status().cue, Some((CueId(7), 7 * 480)));
    assert!((controls.status().out_peak_dbfs + 6.0).abs() < 0.1);
    run_until(&mut pump, Time::from_micros(150_500));
    let heard = collector.collected().frames();
    assert_eq!(heard[480 + DELAY..4_800 + DELAY], sound[480..], "after its fade-in the deck is heard bit-exactly");
    let events: Vec<Event> = std::iter::from_fn(|| controls.poll_event()).collect();
    let started = Event::TrackStarted { cue: CueId(7), at: MediaTime::ZERO };
    assert_eq!(events, [started, Event::TrackEnded { cue: CueId(7), frames: 4_800 }]);
    assert_eq!(controls.status().cue, None);
}

#[test]
fn no_more_decks_wait_than_allowed_wherever_they_are() {
    let (mut pump, controls, _collector) = pump();
    let deck = |cue| finished(cue, &[[0.1; 2]; 48_000]);
    for cue in 0..CUED_MAX as u64 {
        controls.cue(deck(cue)).unwrap();
    }
    assert_eq!(controls.cue(deck(9)).unwrap_err().cue(), CueId(9));
    run_until(&mut pump, Time::from_micros(500));
    controls.cue(deck(3)).expect("one has started, so there is room");
    assert!(controls.cue(deck(4)).is_err());
    controls.clear_next();
    run_until(&mut pump, Time::from_micros(10_500));
    for cue in 5..5 + CUED_MAX as u64 {
        controls.cue(deck(cue)).expect("cleared");
    }
    controls.skip();
    run_until(&mut pump, Time::from_micros(100_500));
    assert_eq!(controls.status().cue.unwrap().0, CueId(5));
}

#[test]
fn events_nobody_fetches_push_out_the_oldest_and_are_counted() {
    let (mut pump, controls, _collector) = pump();
    for n in 0..100_u64 {
        controls.cue(finished(n, &[[0.1; 2]; 480])).unwrap();
        run_until(&mut pump, Time::from_micros(500 + n * 10_000));
    }
    assert!(controls.status().events_lost_total > 0);
    let last = std::iter::from_fn(|| controls.poll_event()).last();
    assert!(matches!(last, Some(Event::TrackEnded { .. } | Event::TrackStarted { .. })));
}

#[test]
fn the_waker_is_called_only_when_there_is_news() {
    let (mut pump, controls, _collector) = pump();
    let calls = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counter = Arc::clone(&calls);
    assert!(controls.set_waker(move || _ = counter.fetch_add(1, Ordering::Relaxed)));
    run_until(&mut pump, Time::from_micros(100_500));
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    controls.cue(finished(1, &[[0.1; 2]; 48_000])).unwrap();
    run_until(&mut pump, Time::from_micros(200_500));
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[test]
fn a_stopped_pump_stops() {
    let (mut pump, controls, _collector) = pump();
    controls.stop();
    assert_eq!(pump.step(Time::from_micros(500)), Step::Stop);
}

#[test]
fn a_mix_that_gets_lost_shows_in_the_levels_and_a_renewed_pump_plays_what_was_cued() {
    let (mut pump, controls, collector) = pump();
    let tone: Vec<Frame> = (0..480_000).map(|n| [(n as f32 * 0.06).sin() * 0.5; 2]).collect();
    let mut now_ms = 0;
    let mut levels = |pump: &mut Pump| {
        let before = now_ms;
        while now_ms < before + 250 {
            now_ms += 10;
            run_until(pump, Time::from_micros(500 + now_ms * 1_000));
        }
        controls.drain_levels()
    };
    controls.cue(finished(1, &tone)).unwrap();
    levels(&mut pump);
    let well = levels(&mut pump);
    assert!(
        well.supplied > 0.45 && well.mixed.peak > 0.45 && well.mixed.audible > 0.4 && well.blocks == 25,
        "{well:?}"
    );
    pump.parts.mixer.is_dead = true;
    levels(&mut pump);
    let lost = levels(&mut pump);
    assert!(lost.supplied > 0.45 && lost.mixed.peak == 0.0 && lost.mixed.audible < 1e-4, "{lost:?}");
    controls.cue(finished(2, &tone)).unwrap();
    assert!(controls.renew(vec![Box::new(collector.clone())]));
    levels(&mut pump);
    let renewed = levels(&mut pump);
    assert!(renewed.supplied > 0.45 && renewed.mixed.peak > 0.45, "{renewed:?}");
    let events: Vec<Event> = std::iter::from_fn(|| controls.poll_event()).collect();
    let ended = events.iter().position(|event| matches!(event, Event::TrackEnded { cue: CueId(1), .. }));
    let started = events.iter().position(|event| matches!(event, Event::TrackStarted { cue: CueId(2), .. }));
    assert!(ended.is_some() && ended < started, "{events:?}");
    assert_eq!(controls.status().cue.map(|(cue, _)| cue), Some(CueId(2)));
}
