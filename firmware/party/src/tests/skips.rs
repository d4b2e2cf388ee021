//! Votes to skip: whose count, how many are enough, how soon and how often; as tables, and as a walk in which nobody
//! gets a song away that they do not hear.

use std::collections::{BTreeMap, BTreeSet};

use base::GuestId;

use super::{Dice, HOST, Pump, guest, hearing};
use crate::{Audience, Change, Done, Input, Refused, Settings, Source, What};

/// A party whose first song has been heard for longer than a song is safe.
fn under_way(settings: Settings) -> Pump {
    let mut pump = Pump::of(settings, 1_000);
    pump.now = pump.now.plus_millis(100_000);
    pump
}

fn vote(pump: &mut Pump, number: u32) -> Result<Done, Refused> {
    pump.ask(guest(number), What::SkipVote(true))
}

#[test]
fn enough_votes_skip_what_is_heard_and_do_not_count_for_the_next() {
    let mut pump = under_way(Settings::default());
    assert_eq!(pump.party.skips_needed(), 5, "half of ten");
    for number in [1, 2, 3, 4, 4] {
        vote(&mut pump, number).unwrap();
    }
    pump.ask(guest(4), What::SkipVote(false)).unwrap();
    vote(&mut pump, 5).unwrap();
    assert_eq!(pump.heard(), 1);
    vote(&mut pump, 4).unwrap();
    assert_eq!((pump.heard(), pump.party.skip_votes().len()), (2, 0));
    assert_eq!(pump.party.history().iter().next().map(|played| played.skipped_by), Some(5), "everybody sees how many");
    pump.ask(HOST, What::Next).unwrap();
    assert_eq!(
        pump.party.history().iter().next().map(|played| played.skipped_by),
        Some(0),
        "a host's is nobody's vote"
    );
}

#[test]
fn so_many_votes_are_needed_of_so_many_listeners() {
    let table = [(0, 1), (1, 1), (2, 2), (3, 2), (4, 2), (5, 3), (10, 5), (11, 6)];
    let mut pump = under_way(Settings::default());
    for (listening, needed) in table {
        pump.tell(hearing(0..listening));
        assert_eq!(pump.party.skips_needed(), needed, "{listening} listen");
        // Who listens by another program counts as somebody who may like the song.
        let others = listening.saturating_sub(1) as usize;
        let guests = (0..listening.min(1)).map(GuestId).collect();
        pump.tell(Input::Listening(Audience { guests, others }));
        assert_eq!(pump.party.skips_needed(), needed, "{listening} listen, most of them by another program");
    }
    pump.set(Change { skip_votes_min: Some(4), ..Change::default() });
    for (listening, needed) in [(1, 1), (2, 4), (6, 4), (10, 5)] {
        pump.tell(hearing(0..listening));
        assert_eq!(pump.party.skips_needed(), needed, "{listening} listen");
    }
    pump.set(Change { skip_share: Some(0.0), ..Change::default() });
    assert_eq!(pump.party.skips_needed(), 0);
    assert_eq!(vote(&mut pump, 1), Err(Refused::NothingToSkip));
}

#[test]
fn who_does_not_hear_the_channel_has_no_say() {
    let mut pump = under_way(Settings::default());
    pump.tell(hearing([1]));
    for number in 2..50 {
        assert_eq!(vote(&mut pump, number), Err(Refused::NotListening));
    }
    assert_eq!(pump.heard(), 1);
    pump.tell(hearing([1, 2, 3, 4]));
    vote(&mut pump, 2).unwrap();
    pump.tell(hearing([1, 3, 4]));
    assert_eq!(pump.party.skip_votes(), [], "who has gone does not decide");
    vote(&mut pump, 3).unwrap();
    assert_eq!(pump.heard(), 1);
    pump.tell(hearing([1, 2, 3, 4]));
    assert_eq!(pump.heard(), 2, "a vote counts again when its guest hears again");
}

#[test]
fn those_who_were_against_it_may_go() {
    let mut pump = under_way(Settings::default());
    for number in [1, 2] {
        vote(&mut pump, number).unwrap();
    }
    assert_eq!(pump.heard(), 1);
    pump.tell(hearing([1, 2, 3]));
    assert_eq!(pump.heard(), 2);
}

#[test]
fn a_song_has_its_first_seconds_for_itself() {
    let mut pump = Pump::new();
    pump.tell(hearing([1]));
    assert_eq!(vote(&mut pump, 1), Err(Refused::SkipTooEarly { wait_s: 20 }));
    pump.now = pump.now.plus_millis(19_001);
    assert_eq!(vote(&mut pump, 1), Err(Refused::SkipTooEarly { wait_s: 1 }));
    pump.now = pump.now.plus_millis(999);
    assert_eq!((vote(&mut pump, 1), pump.heard()), (Ok(Done::Plainly), 2));
    pump.set(Change { skip_after_s: Some(0), skip_pause_s: Some(0), ..Change::default() });
    assert_eq!((vote(&mut pump, 1), pump.heard()), (Ok(Done::Plainly), 3), "a host may have it otherwise");
}

#[test]
fn whose_vote_has_skipped_a_song_waits_before_the_next_and_the_others_do_not() {
    let mut pump = under_way(Settings { skip_after_s: 0, ..Settings::default() });
    pump.tell(hearing([1, 2, 3, 4]));
    vote(&mut pump, 1).unwrap();
    vote(&mut pump, 2).unwrap();
    assert_eq!(pump.heard(), 2);
    assert_eq!(vote(&mut pump, 1), Err(Refused::SkippedLately { wait_s: 60 }));
    vote(&mut pump, 3).unwrap();
    pump.now = pump.now.plus_millis(59_500);
    assert_eq!(vote(&mut pump, 2), Err(Refused::SkippedLately { wait_s: 1 }));
    pump.now = pump.now.plus_millis(500);
    assert_eq!((vote(&mut pump, 2), pump.heard()), (Ok(Done::Plainly), 3));
    pump.ask(HOST, What::End).unwrap();
    pump.ask(HOST, What::Start(None)).unwrap();
    assert_eq!(pump.party.skip_pauses().count(), 0, "the next party knows nothing of it");
}

#[test]
fn line_in_has_nothing_to_skip() {
    let mut pump = under_way(Settings::default());
    pump.tell(Input::LineIn(true));
    pump.ask(HOST, What::Select(Source::LineIn)).unwrap();
    assert_eq!(vote(&mut pump, 1), Err(Refused::NothingToSkip));
}

/// Whatever guests with and without sound send, in any order and however fast: every skip had enough votes of guests who
/// heard the song, no sooner than the song was safe, and none of them had skipped another one too shortly before.
#[test]
fn no_song_goes_but_by_those_who_hear_it_late_enough_and_not_too_often() {
    let mut skips = 0;
    for seed in 0..15 {
        let mut dice = Dice(seed);
        let settings = Settings {
            skip_share: [0.1, 0.5, 1.0][dice.roll(3) as usize],
            skip_votes_min: 1 + dice.roll(4) as u8,
            skip_after_s: dice.roll(30) as u16,
            skip_pause_s: dice.roll(120) as u16,
            ..Settings::default()
        };
        let mut pump = Pump::of(settings.clone(), 1_000);
        let mut present: BTreeSet<u32> = BTreeSet::new();
        let mut votes: BTreeSet<u32> = BTreeSet::new();
        let mut last: BTreeMap<u32, u64> = BTreeMap::new();
        let (mut begun_ms, mut ms) = (0, 0);
        for step in 0..1_000 {
            ms += dice.roll(1_500);
            pump.now = base::Time::ZERO.plus_millis(ms);
            let before = pump.heard();
            match dice.roll(10) {
                0 => {
                    present = (0..12).filter(|_| dice.roll(2) == 0).collect();
                    pump.tell(hearing(present.iter().copied()));
                }
                1 => pump.tell(Input::Pass),
                _ => {
                    let (number, on) = (dice.roll(20) as u32, dice.roll(8) > 0);
                    if pump.ask(guest(number), What::SkipVote(on)).is_ok() {
                        if on {
                            votes.insert(number)
                        } else {
                            votes.remove(&number)
                        };
                    }
                }
            }
            if pump.heard() == before {
                continue;
            }
            skips += 1;
            let told = format!("seed {seed}, step {step}, {settings:?}");
            let counted: Vec<u32> = votes.intersection(&present).copied().collect();
            let share = (settings.skip_share * present.len() as f64).ceil() as usize;
            let enough = if present.len() == 1 { 1 } else { share.max(settings.skip_votes_min.into()) };
            assert!(counted.len() >= enough, "{told}: {counted:?} of {present:?}");
            assert!(ms - begun_ms >= u64::from(settings.skip_after_s) * 1_000, "{told}: too early");
            for number in counted {
                let since = last.insert(number, ms).map_or(u64::MAX, |at| ms - at);
                assert!(since >= u64::from(settings.skip_pause_s) * 1_000, "{told}: {number} again after {since} ms");
            }
            (begun_ms, votes) = (ms, BTreeSet::new());
        }
    }
    assert!(skips > 100, "the walk has skipped {skips} songs: it proves nothing");
}
