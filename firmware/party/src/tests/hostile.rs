//! Long walks over anything that anybody can send: nothing panics, every limit holds, the music goes on, and what hosts
//! did is taken back exactly.

use std::collections::BTreeSet;

use base::{CueId, GuestId, ItemId, RequestId, Time, TrackId};

use super::{Dice, FADES, HOST, Pump, catalogue, guest, hearing, request};
use crate::{
    Asker, At, Change, Entry, HISTORY_MAX, Input, PENDING_MAX, Party, QUEUE_MAX, Reaction, Repeat, Requests, Settings,
    Source, Standing, What, Which,
};

/// Any wish about anything that may be there.
fn any_wish(dice: &mut Dice, pump: &Pump) -> What {
    let known: Vec<ItemId> = pump.party.queue().items().map(|item| item.id).collect();
    let item = match known.len() {
        0 => ItemId(dice.roll(50)),
        count => known[dice.roll(count as u64) as usize],
    };
    let request = RequestId(dice.roll(1 + pump.party.requests().iter().last().map_or(0, |last| last.id.0)));
    let track = TrackId(dice.roll(1_500));
    match dice.roll(36) {
        0..5 => What::Request(track),
        5..10 => What::Add(track, if dice.roll(2) == 0 { At::Next } else { At::End }),
        10..13 => What::Move(item, dice.roll(20) as usize),
        13 => What::Remove(item),
        14 if dice.roll(20) == 0 => What::Clear,
        15 | 16 => What::Undo,
        17 => What::Withdraw(request),
        18 | 19 => What::Approve(request),
        20 => What::Decline(request),
        21 => What::Boost(item),
        22 => What::SkipVote(dice.roll(3) > 0),
        23 => What::Set(any_change(dice)),
        24 => What::Previous,
        25 if dice.roll(3) == 0 => What::Unset(Which { shuffle: true, crossfade_ms: true, ..Which::default() }),
        26 if dice.roll(50) == 0 => What::End,
        27 => What::Volume(f32::from_bits(dice.roll(1 << 31) as u32)),
        28 => What::Forget(GuestId(dice.roll(60) as u32)),
        30 => What::Love(dice.roll(3) > 0),
        31 => What::React(Reaction::ALL[dice.roll(5) as usize]),
        32 => What::Seek(dice.roll(400_000)),
        33 => What::TalkOver(dice.roll(3) > 0),
        34 => What::Offer,
        35 => What::Bring(TrackId(TrackId::BROUGHT.start - 5 + dice.roll(300))),
        29 => What::Start(Some("\u{0}\u{202e}x".repeat(dice.roll(40) as usize))),
        _ => What::Vote(item, dice.roll(3) > 0),
    }
}

fn any_change(dice: &mut Dice) -> Change {
    Change {
        own_only: Some(dice.roll(2) == 0),
        files: Some([Requests::Auto, Requests::Approve, Requests::Off][dice.roll(3) as usize]),
        files_per_guest_max: Some(dice.roll(12) as u8),
        requests: Some([Requests::Auto, Requests::Approve, Requests::Off][dice.roll(3) as usize]),
        shuffle: Some(dice.roll(2) == 0),
        repeat: Some([Repeat::Off, Repeat::All, Repeat::One][dice.roll(3) as usize]),
        per_guest_max: Some(dice.roll(25) as u8),
        recent_min: Some(dice.roll(2) as u16),
        skip_share: Some(dice.roll(12) as f64 / 10.0),
        skip_votes_min: Some(dice.roll(5) as u8),
        skip_after_s: Some(dice.roll(30) as u16),
        skip_pause_s: Some(dice.roll(90) as u16),
        reactions: Some(dice.roll(2) == 0),
        fill_silence: Some(dice.roll(2) == 0),
        duck_db: Some(dice.roll(45) as u8),
        together: Some(dice.roll(2) == 0),
        ..Change::default()
    }
}

/// Any folder or playlist, most of whose tracks may be gone, or none.
fn any_repertoire(dice: &mut Dice) -> Input {
    let count = dice.roll(30);
    let tracks = (0..count).map(|_| TrackId(dice.roll(2_000))).collect();
    Input::Repertoire((dice.roll(4) > 0).then_some(tracks))
}

fn check_limits(pump: &Pump) {
    let party = &pump.party;
    assert!(party.queue().len() <= QUEUE_MAX && party.requests().pending().count() <= PENDING_MAX);
    assert!(party.history().iter().count() <= HISTORY_MAX && party.upcoming(3).len() <= 3);
    let explained = party.queue().explained();
    assert_eq!(explained.len(), party.queue().len());
    assert!(explained.iter().all(|(_, why)| !why.is_empty()));
    let mut ids: Vec<ItemId> = explained.iter().map(|(item, _)| item.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), party.queue().len(), "an item stands in two places");
    for request in party.requests().iter() {
        if let Standing::Queued(item) = request.standing {
            assert!(party.queue().get(item).is_some(), "{request:?} is nowhere");
        }
    }
    let brought = party.queue().items().map(|item| item.track).chain(party.requests().pending().map(|one| one.track));
    let files: BTreeSet<TrackId> = party.files().collect();
    assert!(
        brought.filter(|track| track.is_brought()).all(|track| files.contains(&track)),
        "a file that waits is gone"
    );
    let queue = party.page_view().everybody.queue;
    assert!(queue.order.iter().eq(explained.iter().map(|(item, _)| &item.id)) && queue.items.len() == ids.len());
    let first: Vec<ItemId> = party.queue().first(2).iter().map(|item| item.id).collect();
    assert!(explained.iter().map(|(item, _)| item.id).take(2).eq(first));
}

#[test]
fn nothing_that_anybody_sends_breaks_a_rule_or_stops_the_music() {
    for seed in 0..8 {
        let (mut dice, mut pump) = (Dice(seed), Pump::of(Settings::default(), 1_000));
        for step in 0..3_000 {
            pump.now = pump.now.plus_millis(dice.roll(5_000));
            let asker = Asker { guest: Some(GuestId(dice.roll(60) as u32)), leads: dice.roll(3) == 0, is_host: false };
            let asker = if dice.roll(6) == 0 { HOST } else { asker };
            let wish = any_wish(&mut dice, &pump);
            let told = format!("seed {seed}, step {step}: {asker:?} {wish:?}");
            let before = pump.party.revision();
            let granted = pump.ask(asker, wish).is_ok();
            assert!(!granted || pump.party.revision() > before, "{told}: nobody is told");
            match dice.roll(12) {
                0 => drop(pump.heard_next()),
                1 => pump.tell(Input::Pass),
                2 => pump.tell(hearing(0..dice.roll(70) as u32)),
                3 => pump.tell(Input::TrackBroken(CueId(dice.roll(300)))),
                4 => pump.tell(Input::TrackEnded(CueId(100_000 + dice.roll(300)))),
                5 => pump.tell(catalogue(0..900 + dice.roll(200))),
                6 => drop(pump.ask(HOST, What::Next)),
                7 => drop(pump.ask(HOST, What::Select(Source::Files))),
                8 => pump.tell(any_repertoire(&mut dice)),
                _ => {}
            }
            assert!(pump.current.is_some(), "{told}: silence");
            if step % 10 == 0 {
                check_limits(&pump);
            }
        }
        assert_replays(&pump, seed);
    }
}

/// The log of a party, written down and read again, leads to the same party.
fn assert_replays(pump: &Pump, seed: u64) {
    let written: Vec<(u64, String)> =
        pump.log.iter().map(|(at, entry)| (at.as_micros(), serde_json::to_string(entry).unwrap())).collect();
    let mut again = Party::new(Source::Files, FADES, Settings::default(), 1);
    for (micros, text) in &written {
        let entry: Entry = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        again.replay(Time::from_micros(*micros), entry);
    }
    assert!(again == pump.party, "seed {seed}: {} entries lead to another party", written.len());
}

#[test]
fn whatever_hosts_did_is_taken_back_exactly() {
    for seed in 0..100 {
        let (mut dice, mut pump) = (Dice(seed), Pump::of(Settings::default(), 1_000));
        for _ in 0..30 {
            let wish = any_wish(&mut dice, &pump);
            // The music stands still here, and so must what it depends on.
            if !matches!(wish, What::Set(_) | What::Unset(_) | What::End | What::Previous | What::SkipVote(_)) {
                _ = pump.ask(if dice.roll(2) == 0 { HOST } else { guest(dice.roll(9) as u32) }, wish);
            }
        }
        let mut seen = Vec::new();
        for _ in 0..8 {
            let wish = any_wish(&mut dice, &pump);
            if matches!(wish, What::Add(..) | What::Move(..) | What::Remove(_) | What::Clear) {
                let before = pump.standing();
                if pump.ask(HOST, wish).is_ok() && (pump.standing() != before || pump.party.queue().is_empty()) {
                    seen.push(before);
                }
            }
        }
        let mut taken_back = 0;
        while let Some(before) = seen.pop() {
            while pump.standing() != before {
                assert!(pump.ask(HOST, What::Undo).is_ok(), "seed {seed}");
                taken_back += 1;
            }
        }
        assert!(taken_back <= 8, "seed {seed}");
    }
}

#[test]
fn a_queue_that_is_full_takes_no_more_and_taking_back_does_not_overfill_it() {
    let mut pump = Pump::of(Settings { requests: Requests::Auto, ..Settings::default() }, 2_000);
    for track in 0..QUEUE_MAX as u64 {
        pump.add(100 + track, At::End);
    }
    assert!(pump.ask(HOST, What::Add(TrackId(1_900), At::End)).is_err());
    assert!(pump.ask(guest(1), request(1_900)).is_err());
    pump.ask(HOST, What::Clear).unwrap();
    for number in 0..QUEUE_MAX as u32 {
        pump.wish(number, 1_000 + u64::from(number));
    }
    pump.ask(HOST, What::Undo).unwrap();
    check_limits(&pump);
    assert_eq!(pump.party.queue().len(), QUEUE_MAX);
}
