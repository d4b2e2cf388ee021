//! Hearts, reactions, what is wanted most and the evening's list, as tables.

use super::*;
use crate::{By, EVENING_MAX, How, REACTION_PAUSE_MS, Reaction, Requests};

fn auto() -> Settings {
    Settings { requests: Requests::Auto, ..Settings::default() }
}

fn hearts(pump: &Pump) -> u32 {
    pump.party.page_view().everybody.now.expect("it plays").hearts
}

#[test]
fn votes_for_a_song_are_its_hearts_when_it_plays_and_others_may_add_theirs() {
    let mut pump = Pump::of(auto(), 100);
    let item = pump.wish(1, 50);
    pump.ask(guest(2), What::Vote(item, true)).unwrap();
    assert_eq!(hearts(&pump), 0, "what plays before it has none of them");
    pump.heard_next();
    assert_eq!((pump.heard(), hearts(&pump)), (50, 1));
    pump.ask(guest(3), What::Love(true)).unwrap();
    pump.ask(guest(3), What::Love(true)).unwrap();
    assert_eq!(hearts(&pump), 2, "a guest has one heart to give");
    assert_eq!(pump.ask(guest(1), What::Love(true)), Err(Refused::OwnItem));
    let view = pump.party.page_view();
    let of = |number| view.of_guest(Some(GuestId(number))).heart;
    assert_eq!([1, 2, 3, 4].map(of), [false, true, true, false]);
    pump.ask(guest(2), What::Love(false)).unwrap();
    assert_eq!(hearts(&pump), 1);
    pump.heard_next();
    let played = pump.party.page_view().everybody.history[0].clone();
    assert_eq!((played.track, played.hearts, played.how), (TrackId(50), 1, How::Played));
    assert_eq!(hearts(&pump), 0, "the next song begins with none");
}

#[test]
fn who_is_forgotten_takes_the_heart_along() {
    let mut pump = Pump::new();
    pump.ask(guest(3), What::Love(true)).unwrap();
    pump.ask(HOST, What::Forget(GuestId(3))).unwrap();
    assert_eq!(hearts(&pump), 0);
}

#[test]
fn a_guest_reacts_once_a_second_and_others_are_not_held_up() {
    let mut pump = Pump::new();
    let fire = What::React(Reaction::Fire);
    pump.ask(guest(1), fire.clone()).unwrap();
    assert_eq!(pump.ask(guest(1), What::React(Reaction::Wow)), Err(Refused::ReactedJustNow));
    pump.ask(guest(2), fire.clone()).unwrap();
    pump.now = pump.now.plus_millis(REACTION_PAUSE_MS);
    pump.ask(guest(1), What::React(Reaction::Wow)).unwrap();
    let counted: Vec<_> = pump.party.page_view().everybody.reactions.into_iter().collect();
    assert_eq!(counted, [(Reaction::Fire, 2), (Reaction::Wow, 1)]);
    pump.set(Change { reactions: Some(false), ..Change::default() });
    assert_eq!(pump.ask(guest(5), fire.clone()), Err(Refused::ReactionsOff));
    pump.set(Change { reactions: Some(true), ..Change::default() });
    pump.ask(HOST, What::Pause).unwrap();
    assert_eq!(pump.ask(guest(5), fire.clone()), Err(Refused::NothingPlays));
    pump.ask(HOST, What::Play).unwrap();
    assert_eq!(pump.ask(HOST, fire), Err(Refused::NotAGuest));
    pump.ask(HOST, What::End).unwrap();
    assert!(pump.party.page_view().everybody.reactions.is_empty(), "the next party counts from nothing");
}

#[test]
fn what_is_asked_for_voted_for_and_loved_is_wanted_most() {
    let mut pump = Pump::of(auto(), 100);
    let one = pump.wish(1, 50);
    let two = pump.wish(2, 60);
    for number in [3, 4] {
        pump.ask(guest(number), What::Vote(two, true)).unwrap();
    }
    pump.ask(guest(5), What::Vote(one, true)).unwrap();
    pump.ask(guest(5), What::Vote(one, false)).unwrap();
    pump.ask(guest(6), What::Love(true)).unwrap();
    assert_eq!(pump.party.wished(), [(TrackId(60), 3), (TrackId(1), 1), (TrackId(50), 1)]);
    let request = pump.party.requests().iter().find(|request| request.track == TrackId(50)).unwrap().id;
    pump.ask(guest(1), What::Withdraw(request)).unwrap();
    assert_eq!(pump.party.wished(), [(TrackId(60), 3), (TrackId(1), 1)], "what nobody wants any more is not listed");
    pump.ask(HOST, What::End).unwrap();
    assert_eq!(pump.party.wished(), []);
}

#[test]
fn the_evening_is_kept_whole_with_times_and_after_its_end_without_names_until_the_next() {
    let mut pump = Pump::of(auto(), 100);
    pump.wish(1, 50);
    for _ in 0..30 {
        pump.heard_next();
    }
    let evening = pump.party.page_view().evening;
    assert_eq!((evening.len(), pump.party.page_view().everybody.history.len()), (30, crate::HISTORY_MAX));
    let times: Vec<u64> = evening.iter().map(|played| played.at_ms).collect();
    assert_eq!(&times[..3], [0, 180_000, 360_000]);
    assert!(evening[1].by.is_some());
    let last = pump.heard();
    pump.ask(HOST, What::End).unwrap();
    let view = pump.party.page_view();
    assert_eq!(view.everybody.history, []);
    assert_eq!((view.evening.len(), view.evening[30].track), (31, TrackId(last)), "with what was heard at the end");
    assert!(view.evening.iter().all(|played| played.by.is_none()));
    pump.ask(HOST, What::Start(None)).unwrap();
    assert_eq!(pump.party.page_view().evening, []);
}

#[test]
fn an_evening_without_end_is_bounded() {
    let mut history = crate::History::default();
    for track in 0..2 * EVENING_MAX as u64 {
        let (by, how) = (Some(By::Host), How::Played);
        history.end(crate::Played { track: TrackId(track), by, how, skipped_by: 0, begun: Time::ZERO, hearts: 0 });
    }
    assert_eq!(history.evening().count(), EVENING_MAX);
    assert_eq!(history.evening().last().map(|played| played.track), Some(TrackId(2 * EVENING_MAX as u64 - 1)));
}
