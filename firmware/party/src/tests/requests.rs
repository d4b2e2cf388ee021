//! What guests ask for: in turn, within limits, with votes, boosts and reasons.

use std::collections::{BTreeMap, BTreeSet};

use base::{GuestId, Time};

use super::{Dice, HOST, Pump, guest, hearing, request};
use crate::{At, BOOSTS_MAX, By, Change, Decline, Done, Input, Refused, Requests, Settings, Standing, What, Why};

fn auto() -> Settings {
    Settings { requests: Requests::Auto, per_guest_max: 20, ..Settings::default() }
}

#[test]
fn a_request_waits_until_it_is_approved_and_is_then_heard() {
    let mut pump = Pump::new();
    let request = pump.pending(1, 50);
    assert!(pump.waiting().is_empty());
    pump.ask(HOST, What::Approve(request)).unwrap();
    assert_eq!((pump.waiting(), pump.heard_next()), (vec![50], 50));
    assert_eq!(pump.party.view().by, Some(By::Guest(GuestId(1))));
    assert_eq!(pump.party.requests().get(request), None, "it has been heard");
    assert_eq!(pump.ask(HOST, What::Approve(request)), Err(Refused::NoSuchRequest));
}

#[test]
fn each_guest_has_a_turn_before_anybody_has_another() {
    let mut pump = Pump::of(auto(), 100);
    for track in 50..54 {
        pump.wish(1, track);
    }
    pump.wish(2, 60);
    pump.wish(2, 61);
    pump.wish(3, 70);
    assert_eq!(pump.waiting(), [50, 60, 70, 51, 61, 52, 53]);
    assert_eq!(pump.heard_next(), 50);
    pump.wish(4, 80);
    assert_eq!(pump.waiting(), [60, 70, 80, 51, 61, 52, 53], "a newcomer joins the round that is heard");
    pump.add(90, At::End);
    assert_eq!(pump.waiting(), [60, 70, 80, 90, 51, 61, 52, 53], "hosts take turns like a guest");
}

#[test]
fn who_was_heard_in_a_round_waits_for_the_next_and_a_newcomer_does_not() {
    let mut pump = Pump::of(auto(), 100);
    pump.wish(1, 50);
    assert_eq!(pump.heard_next(), 50);
    pump.wish(1, 51);
    pump.wish(2, 60);
    assert_eq!(pump.waiting(), [60, 51]);
    assert_eq!([pump.heard_next(), pump.heard_next()], [60, 51]);
    pump.wish(1, 52);
    pump.wish(3, 70);
    assert_eq!(pump.waiting(), [70, 52], "it is the same in every round");
}

#[test]
fn what_a_guest_takes_back_lets_the_rest_of_theirs_move_up() {
    let mut pump = Pump::of(auto(), 100);
    let first = pump.wish(1, 50);
    pump.wish(1, 51);
    pump.wish(2, 60);
    assert_eq!(pump.ask(guest(2), What::Remove(first)), Err(Refused::NotYours));
    pump.ask(guest(1), What::Remove(first)).unwrap();
    assert_eq!(pump.waiting(), [51, 60]);
    assert_eq!(pump.party.requests().waiting_of(GuestId(1)), 1);
}

#[test]
fn votes_order_a_round_and_can_be_taken_back() {
    let mut pump = Pump::of(auto(), 100);
    let items: Vec<_> = (1..=3).map(|number| pump.wish(number, 50 + u64::from(number))).collect();
    pump.wish(1, 59);
    let vote = |pump: &mut Pump, number, item, on| pump.ask(guest(number), What::Vote(item, on));
    for _ in 0..2 {
        vote(&mut pump, 9, items[2], true).unwrap();
    }
    assert_eq!((pump.waiting(), pump.party.queue().get(items[2]).unwrap().votes()), (vec![53, 51, 52, 59], 1));
    vote(&mut pump, 9, items[1], true).unwrap();
    vote(&mut pump, 8, items[1], true).unwrap();
    assert_eq!(pump.waiting(), [52, 53, 51, 59]);
    for _ in 0..2 {
        vote(&mut pump, 9, items[2], false).unwrap();
    }
    assert_eq!((pump.waiting(), pump.party.queue().get(items[2]).unwrap().votes()), (vec![52, 51, 53, 59], 0));
    assert_eq!(vote(&mut pump, 1, items[0], true), Err(Refused::OwnItem));
    assert_eq!(pump.ask(HOST, What::Vote(items[0], true)), Err(Refused::NotAGuest));
}

#[test]
fn a_boost_goes_before_votes_within_its_round_and_there_are_few() {
    let mut pump = Pump::of(auto(), 100);
    let items: Vec<_> = (1..=5).map(|number| pump.wish(number, 50 + u64::from(number))).collect();
    pump.ask(guest(9), What::Vote(items[1], true)).unwrap();
    pump.ask(guest(9), What::Boost(items[2])).unwrap();
    assert_eq!(pump.waiting(), [53, 52, 51, 54, 55]);
    assert_eq!(pump.ask(guest(8), What::Boost(items[2])), Err(Refused::AlreadyBoosted));
    let boosts: Vec<_> = [0, 1, 3, 4].map(|n: usize| pump.ask(guest(9), What::Boost(items[n])).is_ok()).into();
    assert_eq!(boosts.iter().filter(|granted| **granted).count(), usize::from(BOOSTS_MAX) - 1);
    assert_eq!(pump.party.boosts_left(GuestId(9)), 0);
}

#[test]
fn every_item_says_why_it_stands_where_it_stands() {
    let mut pump = Pump::of(auto(), 100);
    let items: Vec<_> = (1..=3).map(|number| pump.wish(number, 50 + u64::from(number))).collect();
    pump.wish(1, 59);
    pump.add(90, At::Next);
    pump.ask(guest(9), What::Vote(items[1], true)).unwrap();
    pump.ask(guest(9), What::Boost(items[2])).unwrap();
    let explained = pump.party.queue().explained();
    let why: Vec<_> = explained.iter().map(|(item, why)| (item.track.0, &why[..])).collect();
    let expected: [(u64, &[Why]); 5] = [
        (90, &[Why::Pinned]),
        (53, &[Why::Boost]),
        (52, &[Why::Turn { before: 1 }, Why::Votes { votes: 1 }]),
        (51, &[Why::Turn { before: 2 }, Why::Oldest]),
        (59, &[Why::WaitingTurn { round: 1 }, Why::Turn { before: 2 }, Why::Oldest]),
    ];
    assert_eq!(why, expected);
}

#[test]
fn what_waits_or_was_heard_of_late_cannot_be_asked_for_and_nobody_can_ask_for_all() {
    let mut pump = Pump::new();
    let ask = |pump: &mut Pump, number, track| pump.ask(guest(number), request(track));
    assert_eq!(ask(&mut pump, 1, 1), Err(Refused::AlreadyQueued), "it is heard now");
    pump.pending(1, 50);
    assert_eq!(ask(&mut pump, 2, 50), Err(Refused::AlreadyQueued));
    pump.add(51, At::End);
    assert_eq!(ask(&mut pump, 2, 51), Err(Refused::AlreadyQueued));
    assert_eq!([pump.heard_next(), pump.heard_next()], [51, 2]);
    assert_eq!(ask(&mut pump, 2, 51), Err(Refused::RecentlyPlayed));
    pump.now = pump.now.plus_millis(31 * 60_000);
    pump.pending(2, 51);
    assert_eq!(ask(&mut pump, 1, 999), Err(Refused::NoSuchTrack));
    pump.pending(1, 60);
    pump.pending(1, 61);
    assert_eq!(ask(&mut pump, 1, 62), Err(Refused::TooMany));
    pump.set(Change { requests: Some(Requests::Off), ..Change::default() });
    assert_eq!(ask(&mut pump, 3, 63), Err(Refused::RequestsOff));
    assert_eq!(pump.ask(HOST, request(63)), Err(Refused::NotAGuest));
}

#[test]
fn a_guest_sees_what_became_of_a_request_and_only_the_last_ones_are_kept() {
    let mut pump = Pump::new();
    let first = pump.pending(1, 50);
    assert_eq!(pump.ask(guest(2), What::Withdraw(first)), Err(Refused::NoSuchRequest));
    pump.ask(HOST, What::Decline(first)).unwrap();
    assert_eq!(pump.party.requests().get(first).unwrap().standing, Standing::Declined(Decline::Declined));
    let second = pump.pending(1, 51);
    pump.ask(HOST, What::Approve(second)).unwrap();
    pump.ask(HOST, What::Clear).unwrap();
    assert_eq!(pump.party.requests().get(second).unwrap().standing, Standing::Declined(Decline::Removed));
    pump.ask(HOST, What::Undo).unwrap();
    assert!(matches!(pump.party.requests().get(second).unwrap().standing, Standing::Queued(_)));
    pump.ask(guest(1), What::Withdraw(second)).unwrap();
    assert!(pump.waiting().is_empty());
    for track in 60..80 {
        let request = pump.pending(1, track);
        pump.ask(HOST, What::Decline(request)).unwrap();
    }
    assert_eq!(pump.party.requests().iter().count(), 5);
}

#[test]
fn of_so_many_guests_each_is_heard_within_as_many_turns() {
    for seed in 0..20 {
        let (mut dice, mut pump) = (Dice(seed), Pump::of(auto(), 1_000));
        let guests = 2 + dice.roll(12) as u32;
        let mut owner = BTreeMap::new();
        let mut track = 100;
        for number in 0..guests {
            for _ in 0..=dice.roll(6) {
                track += 1;
                pump.wish(number, track);
                owner.insert(track, number);
            }
        }
        let items: Vec<_> = pump.party.queue().items().map(|item| item.id).collect();
        for _ in 0..100 {
            let (number, item) = (guests + dice.roll(20) as u32, items[dice.roll(items.len() as u64) as usize]);
            pump.ask(guest(number), What::Vote(item, dice.roll(3) > 0)).unwrap();
        }
        let heard: BTreeSet<_> = (0..guests).map(|_| owner[&pump.heard_next()]).collect();
        assert_eq!(heard.len(), guests as usize, "seed {seed}");
    }
}

#[test]
fn nobody_waits_for_ever_whatever_the_others_ask_vote_and_boost() {
    for seed in 0..5 {
        let (mut dice, mut pump) = (Dice(seed), Pump::of(auto(), 10_000));
        let mut track = 100;
        let mut ask = |pump: &mut Pump, number| {
            track += 1;
            (track, pump.wish(number, track))
        };
        for number in 1..20 {
            ask(&mut pump, number);
        }
        let (mine, _) = ask(&mut pump, 1);
        let mut turns = 0;
        while pump.heard() != mine {
            turns += 1;
            // Nineteen others twice, and newcomers for 50 turns of either round and those in between, are heard first.
            assert!(turns < 2 * 19 + 3 * 50, "seed {seed}");
            // New phones without end, each with a wish that everybody is for; and the old ones ask again.
            let (_, item) = ask(&mut pump, 1_000 + dice.roll(1 << 20) as u32);
            for number in 0..5 {
                pump.ask(guest(500 + number), What::Vote(item, true)).unwrap();
            }
            ask(&mut pump, 2 + dice.roll(18) as u32);
            pump.heard_next();
        }
    }
}

#[test]
fn a_guest_that_comes_back_under_the_same_number_finds_everything_as_it_was() {
    // Nothing in the rules is told when a page is opened or closed: the order depends on wishes alone. Two parties in
    // which the same wishes come with other reading in between are alike.
    let run = |looks: bool| {
        let (mut dice, mut pump) = (Dice(3), Pump::of(auto(), 1_000));
        for track in 100..200 {
            pump.wish(dice.roll(9) as u32, track);
            if looks {
                pump.party.queue().explained();
                pump.tell(Input::Pass);
                pump.tell(hearing(0..dice.0 as u32 % 7));
            }
        }
        pump.standing()
    };
    assert_eq!(run(false), run(true));
}

#[test]
fn who_is_forgotten_leaves_items_without_a_name_and_no_votes() {
    let mut pump = Pump::new();
    let theirs = pump.wish(1, 50);
    let other = pump.wish(2, 51);
    pump.ask(guest(1), What::Vote(other, true)).unwrap();
    pump.pending(1, 52);
    pump.ask(HOST, What::Forget(GuestId(1))).unwrap();
    assert_eq!(pump.party.queue().get(theirs).unwrap().by, By::Nobody);
    assert_eq!((pump.party.queue().get(other).unwrap().votes(), pump.party.requests().pending().count()), (0, 0));
}

#[test]
fn two_hundred_guests_who_vote_at_random_replace_an_open_track_now_and_then_only() {
    let (mut dice, mut pump) = (Dice(5), Pump::of(auto(), 1_000));
    let items: Vec<_> = (1..=40).map(|number| pump.wish(number, 100 + u64::from(number))).collect();
    let before = pump.replaced;
    for vote in 0..4_000 {
        pump.now = Time::ZERO.plus_millis(60_000 + vote * 5);
        let (number, item) = (100 + dice.roll(200) as u32, items[dice.roll(40) as usize]);
        let done = pump.ask(guest(number), What::Vote(item, dice.roll(2) == 0));
        assert_eq!(done, Ok(Done::Plainly));
        if vote % 50 == 0 {
            pump.tell(Input::Pass);
        }
    }
    assert!((1..=11).contains(&(pump.replaced - before)), "{} in 20 s", pump.replaced - before);
    pump.now = pump.now.plus_millis(2_000);
    pump.tell(Input::Pass);
    assert_eq!(pump.cued[0].1.0, pump.waiting()[0], "what is open is what people see at the top");
}

#[test]
fn guests_of_the_next_party_replace_an_open_track_no_sooner_than_any() {
    let mut pump = Pump::of(auto(), 100);
    pump.now = Time::ZERO.plus_millis(100_000);
    pump.add(50, At::End);
    pump.now = pump.now.plus_millis(10_000);
    pump.ask(HOST, What::End).unwrap();
    pump.ask(HOST, What::Start(None)).unwrap();
    let before = pump.replaced;
    pump.ask(guest(1), request(60)).unwrap();
    assert_eq!(pump.replaced, before, "the end of the party has replaced one just now");
    pump.now = pump.now.plus_millis(2_000);
    pump.tell(Input::Pass);
    assert_eq!((pump.replaced, pump.heard_next()), (before + 1, 60));
}
