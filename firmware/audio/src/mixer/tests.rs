//! What the mixer promises, heard frame by frame.

mod together;

use super::strip::PATIENCE_BLOCKS;
use super::*;
use crate::deck::{DeckFeed, pair};

const LOST: Event = Event::SourceLost { index: 0 };
const BACK: Event = Event::SourceBack { index: 0 };

/// Collects what the mixer publishes.
#[derive(Default)]
struct Log {
    events: Vec<Event>,
    retired: Vec<CueId>,
}

impl Outlet for Log {
    fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    fn retire(&mut self, deck: Deck) {
        self.retired.push(deck.cue());
    }
}

/// A mixer, what it published and what it played.
struct Desk {
    mixer: Mixer,
    plan: MixPlan,
    log: Log,
    out: Vec<Frame>,
    blocks: u64,
}

const DECKS: MixPlan = MixPlan {
    sources: [Decibels::SILENCE; SOURCES_MAX],
    over: [false; SOURCES_MAX],
    decks: Decibels::UNITY,
    ramp_ms: 50,
    crossfade_ms: 0,
    fallback_to_decks: true,
};
const LINE: MixPlan = MixPlan { decks: Decibels::SILENCE, ..DECKS }.with_source(0, Decibels::UNITY);

impl Desk {
    fn new(plan: MixPlan) -> Self {
        Self { mixer: Mixer::new(plan, 1), plan, log: Log::default(), out: Vec::new(), blocks: 0 }
    }

    /// Mixes one block with `line` (none: the device is gone) and returns it.
    fn block(&mut self, line: &[Frame]) -> &[Frame] {
        self.block_from(if line.is_empty() { FromSource::Gone } else { FromSource::Sound(line) })
    }

    fn block_from(&mut self, line: FromSource<'_>) -> &[Frame] {
        self.block_of(&[line]);
        &self.out[self.out.len() - BLOCK_FRAMES..]
    }

    /// Mixes one block of what each source brings.
    fn block_of(&mut self, from: &[FromSource<'_>]) {
        let mut block = Block::SILENT;
        let at = MediaTime::from_ticks(self.blocks * BLOCK_FRAMES as u64);
        self.mixer.mix(self.plan, at, from, &mut block, &mut self.log);
        self.out.extend_from_slice(&block.frames);
        self.blocks += 1;
    }

    fn blocks(&mut self, count: u32, line: &[Frame]) {
        (0..count).for_each(|_| _ = self.block(line));
    }

    fn step_max(&self) -> f32 {
        self.out.windows(2).map(|pair| (pair[1][0] - pair[0][0]).abs()).fold(0.0, f32::max)
    }
}

/// A finished deck of `frames`.
fn finished(cue: u64, frames: &[Frame]) -> Deck {
    let (mut feed, deck) = pair(CueId(cue), frames.len().max(1));
    assert_eq!(feed.push(frames), frames.len());
    feed.finish();
    deck
}

/// A deck that holds `frames` and whose decoder is still at work.
fn unfinished(cue: u64, frames: &[Frame]) -> (DeckFeed, Deck) {
    let (mut feed, deck) = pair(CueId(cue), 96_000);
    assert_eq!(feed.push(frames), frames.len());
    (feed, deck)
}

/// Frames counted upwards from `first`, small enough to be exact.
fn counted(first: usize, count: usize) -> Vec<Frame> {
    (first..first + count).map(|n| [n as f32 / 65_536.0; 2]).collect()
}

const ONE: [Frame; BLOCK_FRAMES] = [[0.5; 2]; BLOCK_FRAMES];

#[test]
fn tracks_follow_each_other_to_the_frame() {
    let mut desk = Desk::new(DECKS);
    desk.mixer.cue(finished(1, &counted(0, 1_234))).unwrap();
    desk.mixer.cue(finished(2, &counted(1_234, 2_000))).unwrap();
    desk.blocks(6, &[]);
    // The very first block fades in after silence; from then on every frame is what the decoder said.
    assert_eq!(desk.out[BLOCK_FRAMES..2_880], counted(0, 2_880)[BLOCK_FRAMES..]);
    let started = |cue, at| Event::TrackStarted { cue: CueId(cue), at: MediaTime::from_ticks(at) };
    let expected = [started(1, 0), Event::TrackEnded { cue: CueId(1), frames: 1_234 }, started(2, 1_234)];
    assert_eq!(desk.log.events, expected);
    assert_eq!(desk.log.retired, [1].map(CueId));
    assert_eq!(desk.mixer.position(), Some((CueId(2), 2_880 - 1_234)));
}

#[test]
fn a_paused_deck_stays_at_its_frame() {
    let mut desk = Desk::new(DECKS);
    desk.mixer.cue(finished(1, &counted(0, 40_000))).unwrap();
    desk.blocks(4, &[]);
    desk.plan.decks = Decibels::SILENCE;
    desk.blocks(20, &[]);
    let paused = desk.mixer.position().unwrap();
    assert_eq!(paused, (CueId(1), 4 * 480 + 2_400), "it played on for the ramp of 50 ms only");
    assert_eq!(desk.block(&[]), Block::SILENT.frames);
    desk.plan.decks = Decibels::UNITY;
    desk.blocks(10, &[]);
    assert_eq!(desk.mixer.position(), Some((CueId(1), paused.1 + 4_800)));
    assert_eq!(desk.out.last(), counted(0, 40_000).get(paused.1 as usize + 4_799));
    assert!(desk.step_max() < 0.001, "{}", desk.step_max());
}

#[test]
fn a_crossfade_overlaps_tracks_with_equal_power() {
    let mut desk = Desk::new(MixPlan { crossfade_ms: 100, ..DECKS });
    // Left only and right only, so that both gains can be read off.
    desk.mixer.cue(finished(1, &[[0.5, 0.0]; 10_000])).unwrap();
    desk.mixer.cue(finished(2, &[[0.0, 0.5]; 10_000])).unwrap();
    desk.blocks(31, &[]);
    let fade = &desk.out[5_200..10_000];
    for frame in fade {
        let power = (frame[0] * frame[0] + frame[1] * frame[1]) / 0.25;
        assert!((power - 1.0).abs() < 1e-3, "{frame:?}");
    }
    assert!((fade[2_400][0] - fade[2_400][1]).abs() < 1e-3, "half way both are equally loud");
    assert_eq!(desk.out[10_000], [0.0, 0.5]);
    assert!(desk.log.events.contains(&Event::TrackStarted { cue: CueId(2), at: MediaTime::from_ticks(5_200) }));
    assert!(desk.log.events.contains(&Event::TrackEnded { cue: CueId(1), frames: 10_000 }));
    assert_eq!(desk.mixer.position(), Some((CueId(2), 31 * 480 - 5_200)));
}

#[test]
fn skipping_fades_to_the_next_track_or_to_silence_and_never_clicks() {
    let mut desk = Desk::new(DECKS);
    for (track, level) in [(1, 0.5), (2, -0.5)] {
        desk.mixer.cue(finished(track, &[[level; 2]; 48_000])).unwrap();
    }
    desk.blocks(5, &[]);
    desk.mixer.skip(&mut desk.log);
    desk.blocks(1, &[]);
    // In the middle of the first fade.
    desk.mixer.cue(finished(3, &[[0.5; 2]; 48_000])).unwrap();
    desk.mixer.skip(&mut desk.log);
    desk.blocks(10, &[]);
    assert_eq!(desk.mixer.position().unwrap().0, CueId(3));
    assert_eq!(desk.log.retired, [1, 2].map(CueId));
    desk.mixer.skip(&mut desk.log);
    desk.blocks(10, &[]);
    assert_eq!(desk.log.retired, [1, 2, 3].map(CueId));
    assert_eq!(desk.out.last(), Some(&SILENCE));
    assert!(desk.step_max() < 0.005, "{}", desk.step_max());
}

#[test]
fn a_skip_while_paused_is_done_at_once() {
    let mut desk = Desk::new(MixPlan { decks: Decibels::SILENCE, ..DECKS });
    desk.plan.decks = Decibels::UNITY;
    desk.mixer.cue(finished(1, &[[0.5; 2]; 48_000])).unwrap();
    desk.mixer.cue(finished(2, &[[0.5; 2]; 48_000])).unwrap();
    desk.blocks(2, &[]);
    desk.plan.decks = Decibels::SILENCE;
    desk.blocks(20, &[]);
    desk.mixer.skip(&mut desk.log);
    assert_eq!(desk.log.retired, [1].map(CueId));
    desk.plan.decks = Decibels::UNITY;
    desk.blocks(1, &[]);
    assert_eq!(desk.mixer.position(), Some((CueId(2), 480)));
}

#[test]
fn a_dead_line_in_is_replaced_within_one_block_and_comes_back_by_itself() {
    let mut desk = Desk::new(LINE);
    desk.mixer.cue(finished(1, &[[-0.5; 2]; 90_000])).unwrap();
    desk.blocks(20, &ONE);
    assert_eq!(desk.out.last(), Some(&[0.5; 2]));
    assert_eq!(desk.mixer.position(), None, "the deck waits meanwhile");
    desk.block(&[]);
    assert_eq!(desk.mixer.position(), Some((CueId(1), 480)), "the very block in which it is gone has the deck in it");
    assert!(desk.mixer.standing_in());
    desk.blocks(20, &[]);
    assert_eq!(desk.out.last(), Some(&[-0.5; 2]));
    desk.blocks(9, &ONE);
    assert!(desk.mixer.standing_in(), "a plug that wiggles does not flap");
    desk.blocks(1, &[]);
    desk.blocks(20, &ONE);
    assert!(!desk.mixer.standing_in());
    assert_eq!(desk.out.last(), Some(&[0.5; 2]));
    assert!(desk.step_max() < 0.005, "{}", desk.step_max());
    let line: Vec<_> = desk
        .log
        .events
        .iter()
        .filter(|event| matches!(event, Event::SourceLost { .. } | Event::SourceBack { .. }))
        .collect();
    assert_eq!(line, [&BACK, &LOST, &BACK]);
}

#[test]
fn without_decks_a_dead_line_in_becomes_gentle_silence() {
    let mut desk = Desk::new(LINE);
    desk.blocks(20, &ONE);
    let alive = desk.out.len();
    desk.block(&ONE[..77]);
    desk.blocks(5, &[]);
    let edge = Desk { out: desk.out[alive - 1..].to_vec(), ..Desk::new(LINE) };
    assert!(edge.step_max() < 0.001, "a cut steps by {}", edge.step_max());
    assert_eq!(desk.out.last(), Some(&SILENCE));
    desk.block(&ONE);
    assert!(desk.mixer.is_alive(0), "nothing stands in, so it is back at once");
}

#[test]
fn a_line_in_that_is_merely_late_is_bridged_with_silence_before_the_decks_come_in() {
    let mut desk = Desk::new(LINE);
    desk.mixer.cue(finished(1, &[[-0.5; 2]; 90_000])).unwrap();
    desk.blocks(20, &ONE);
    for late_blocks in 1..PATIENCE_BLOCKS {
        desk.block(&ONE[..100]);
        (1..late_blocks).for_each(|_| _ = desk.block_from(FromSource::Late));
        desk.blocks(5, &ONE);
        assert_eq!(desk.out.last(), Some(&[0.5; 2]), "it goes on at once after {late_blocks} blocks");
    }
    assert_eq!((desk.mixer.position(), desk.mixer.standing_in()), (None, false));
    assert_eq!(desk.log.events, [BACK], "a hiccup is no event");
    (1..PATIENCE_BLOCKS).for_each(|_| _ = desk.block_from(FromSource::Late));
    assert_eq!(desk.out.last(), Some(&SILENCE));
    desk.block_from(FromSource::Late);
    assert_eq!(desk.mixer.position(), Some((CueId(1), 480)), "now its patience is at an end");
    assert!(desk.mixer.standing_in() && desk.log.events.contains(&LOST));
    assert!(desk.step_max() < 0.005, "{}", desk.step_max());
}

#[test]
fn decks_stay_out_of_it_unless_the_plan_lets_them_in() {
    let mut desk = Desk::new(MixPlan { fallback_to_decks: false, ..LINE });
    desk.mixer.cue(finished(1, &[[-0.5; 2]; 4_800])).unwrap();
    desk.blocks(5, &ONE);
    desk.blocks(20, &[]);
    assert_eq!((desk.mixer.position(), desk.out.last()), (None, Some(&SILENCE)));
}

#[test]
fn changing_from_decks_to_line_in_is_an_equal_power_crossfade() {
    let mut desk = Desk::new(DECKS);
    desk.mixer.cue(finished(1, &[[0.5, 0.0]; 48_000])).unwrap();
    let line = [[0.0, 0.5]; BLOCK_FRAMES];
    desk.blocks(5, &line);
    desk.plan = LINE;
    desk.blocks(5, &line);
    for frame in &desk.out[2_400..4_800] {
        let power = (frame[0] * frame[0] + frame[1] * frame[1]) / 0.25;
        assert!((power - 1.0).abs() < 1e-3, "{frame:?}");
    }
    assert_eq!(desk.block(&line)[0], [0.0, 0.5]);
}

#[test]
fn a_starving_deck_is_bridged_reported_once_and_goes_on() {
    let mut desk = Desk::new(DECKS);
    let (mut feed, deck) = unfinished(1, &[[0.5; 2]; 1_000]);
    desk.mixer.cue(deck).unwrap();
    desk.blocks(6, &[]);
    assert_eq!(desk.mixer.position(), Some((CueId(1), 1_000)));
    feed.push(&[[0.5; 2]; 5_000]);
    desk.blocks(6, &[]);
    let starved = desk.log.events.iter().filter(|event| matches!(event, Event::Starved { .. })).count();
    assert_eq!(starved, 1);
    assert_eq!(desk.out.last(), Some(&[0.5; 2]));
    assert!(desk.step_max() < 0.004, "{}", desk.step_max());
}

#[test]
fn a_deck_that_is_still_being_opened_is_waited_for_in_silence() {
    let mut desk = Desk::new(DECKS);
    let (mut feed, deck) = unfinished(1, &[]);
    desk.mixer.cue(deck).unwrap();
    desk.blocks(3, &[]);
    assert!(desk.out.iter().all(|frame| *frame == SILENCE));
    feed.push(&ONE);
    assert_eq!(desk.block(&[]), ONE, "nothing is cut off its beginning");
    assert!(!desk.log.events.contains(&Event::Starved { cue: CueId(1) }));
}

#[test]
fn what_is_no_number_is_silence() {
    let mut desk = Desk::new(DECKS.with_source(0, Decibels::UNITY));
    desk.mixer.cue(finished(1, &[[f32::NAN, f32::INFINITY]; 480])).unwrap();
    desk.blocks(3, &[[f32::NEG_INFINITY, 1e30]; BLOCK_FRAMES]);
    assert!(desk.out.as_flattened().iter().all(|sample| sample.abs() <= SAMPLE_MAX));
}

#[test]
fn no_more_than_the_allowed_decks_wait() {
    let mut desk = Desk::new(DECKS);
    for cue in 0..CUED_MAX as u64 {
        desk.mixer.cue(finished(cue, &ONE)).unwrap();
    }
    assert_eq!(desk.mixer.cue(finished(9, &ONE)).unwrap_err().cue(), CueId(9));
    assert_eq!(desk.mixer.clear_next(&mut desk.log), CUED_MAX);
    assert_eq!(desk.log.retired, [0, 1].map(CueId));
}

#[test]
fn no_sequence_of_wishes_and_faults_clicks_or_breaks_the_clock() {
    let mut seed = 42_u32;
    let mut dice = |sides: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) % sides
    };
    let mut desk = Desk::new(DECKS);
    let mut track = 0;
    for _ in 0..5_000 {
        match dice(12) {
            0 => desk.mixer.skip(&mut desk.log),
            1 => _ = desk.mixer.clear_next(&mut desk.log),
            2 | 3 => {
                track += 1;
                _ = desk.mixer.cue(finished(track, &vec![[0.25; 2]; dice(30_000) as usize]));
            }
            4 => desk.plan.crossfade_ms = dice(1_000) as u16,
            5 => desk.plan.sources[0] = [Decibels::UNITY, Decibels::SILENCE, Decibels::MAX][dice(3) as usize],
            6 => desk.plan.decks = [Decibels::UNITY, Decibels::SILENCE][dice(2) as usize],
            7 => desk.plan.ramp_ms = dice(500) as u16,
            _ => {}
        }
        let delivered = [480, 480, 480, 0, dice(481) as usize][dice(5) as usize];
        desk.block(&vec![[0.25; 2]; delivered]);
    }
    // Everything plays the same constant, so that any step is a click; gains move by 12 dB in no less than 5 ms.
    assert!(desk.step_max() < 0.03, "{}", desk.step_max());
    assert_eq!(desk.out.len(), 5_000 * BLOCK_FRAMES);
}
