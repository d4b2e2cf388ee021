//! The queue as hosts see it: adding, moving, removing, taking back; what is open follows it.

use base::{GuestId, ItemId, Origin, TrackId};

use super::{HOST, Pump, catalogue, guest, request};
use crate::{At, BOOSTS_MAX, By, Change, Done, How, Input, Refused, Repeat, Settings, What};

#[test]
fn what_a_host_adds_is_heard_next_without_a_break_and_then_the_catalogue_goes_on() {
    let mut pump = Pump::new();
    pump.add(50, At::End);
    pump.add(60, At::End);
    pump.add(70, At::Next);
    assert_eq!((pump.heard(), pump.waiting()), (1, vec![70, 50, 60]));
    assert_eq!([(); 5].map(|()| pump.heard_next()), [70, 50, 60, 2, 3]);
    let how: Vec<_> = pump.party.history().iter().map(|played| (played.track.0, played.by, played.how)).collect();
    let by = Some(By::Host);
    let played = |track, by| (track, by, How::Played);
    assert_eq!(how, [played(2, None), played(60, by), played(50, by), played(70, by), played(1, None)]);
}

#[test]
fn every_place_can_be_reached_and_what_is_before_it_keeps_its_place() {
    let mut pump = Pump::new();
    let items: Vec<_> = (50..55).map(|track| pump.add(track, At::End)).collect();
    pump.ask(HOST, What::Move(items[4], 1)).unwrap();
    assert_eq!(pump.waiting(), [50, 54, 51, 52, 53]);
    pump.ask(HOST, What::Move(items[0], 99)).unwrap();
    assert_eq!(pump.waiting(), [54, 51, 52, 53, 50]);
    pump.ask(HOST, What::Move(items[3], 0)).unwrap();
    assert_eq!(pump.waiting(), [53, 54, 51, 52, 50]);
    let voted = pump.add(56, At::End);
    for number in 1..5 {
        pump.ask(guest(number), What::Vote(voted, true)).unwrap();
    }
    assert_eq!(pump.waiting(), [53, 54, 51, 52, 50, 56], "no vote overtakes what a host has put somewhere");
    assert_eq!(pump.ask(HOST, What::Move(ItemId(999), 0)), Err(Refused::NoSuchItem));
    assert_eq!(pump.heard_next(), 53);
}

#[test]
fn what_is_heard_is_not_touched_when_what_comes_next_changes() {
    let mut pump = Pump::new();
    let heard = pump.current;
    let item = pump.add(50, At::End);
    let other = pump.add(51, At::End);
    pump.ask(HOST, What::Move(other, 0)).unwrap();
    pump.ask(HOST, What::Remove(other)).unwrap();
    pump.ask(HOST, What::Remove(item)).unwrap();
    assert_eq!((pump.current, pump.heard_next()), (heard, 2));
}

#[test]
fn a_track_that_began_while_it_was_being_closed_is_heard_and_leaves_the_queue() {
    let mut pump = Pump::new();
    pump.add(50, At::End);
    // The pump goes on to 50, and before it can say so a host wants 60.
    let (before, next) = (pump.current.unwrap(), pump.cued.pop_front().unwrap());
    pump.current = Some(next);
    pump.add(60, At::Next);
    pump.tell(Input::TrackStarted(next.0));
    pump.tell(Input::TrackEnded(before.0));
    assert_eq!((pump.heard(), pump.waiting()), (50, vec![60]));
    assert_eq!((pump.heard_next(), pump.heard_next()), (60, 2));
}

#[test]
fn all_a_host_does_to_the_queue_can_be_taken_back_one_by_one() {
    let mut pump = Pump::new();
    let mut seen = Vec::new();
    let mut items = Vec::new();
    for track in 50..54 {
        seen.push(pump.standing());
        items.push(pump.add(track, At::End));
    }
    for wish in [What::Move(items[2], 0), What::Remove(items[1]), What::Move(items[0], 2), What::Clear] {
        seen.push(pump.standing());
        pump.ask(HOST, wish).unwrap();
    }
    assert!(pump.waiting().is_empty());
    while let Some(before) = seen.pop() {
        assert!(pump.party.queue().can_undo());
        pump.ask(HOST, What::Undo).unwrap();
        assert_eq!(pump.standing(), before);
    }
    assert_eq!(pump.ask(HOST, What::Undo), Err(Refused::NothingToUndo));
}

#[test]
fn what_guests_do_in_between_survives_taking_back() {
    let mut pump = Pump::new();
    let theirs = pump.wish(1, 50);
    let other = pump.wish(2, 51);
    pump.ask(guest(3), What::Vote(theirs, true)).unwrap();
    pump.ask(HOST, What::Remove(theirs)).unwrap();
    pump.ask(guest(3), What::Vote(other, true)).unwrap();
    pump.wish(4, 52);
    pump.ask(HOST, What::Undo).unwrap();
    assert_eq!(pump.waiting(), [50, 51, 52]);
    assert_eq!(pump.party.queue().get(theirs).unwrap().votes(), 1);
    assert_eq!(pump.party.queue().get(other).unwrap().votes(), 1);
}

#[test]
fn one_is_repeated_until_it_is_skipped() {
    let mut pump = Pump::new();
    pump.set(Change { repeat: Some(Repeat::One), ..Change::default() });
    assert_eq!([(); 3].map(|()| pump.heard_next()), [1, 1, 1]);
    pump.add(50, At::End);
    assert_eq!(pump.heard_next(), 1);
    pump.ask(HOST, What::Next).unwrap();
    assert_eq!((pump.heard(), pump.heard_next()), (50, 50));
    pump.set(Change { repeat: Some(Repeat::Off), ..Change::default() });
    assert_eq!(pump.heard_next(), 2);
}

#[test]
fn repeating_all_brings_back_what_hosts_added_and_not_what_guests_asked_for() {
    let mut pump = Pump::of(Settings { repeat: Repeat::All, ..Settings::default() }, 100);
    pump.add(50, At::End);
    pump.wish(1, 60);
    pump.add(51, At::End);
    assert_eq!([(); 6].map(|()| pump.heard_next()), [50, 60, 51, 50, 51, 50]);
}

#[test]
fn the_track_before_comes_back_and_then_the_one_it_interrupted() {
    let mut pump = Pump::new();
    assert_eq!(pump.ask(HOST, What::Previous), Err(Refused::NothingBefore));
    pump.add(50, At::End);
    assert_eq!([pump.heard_next(), pump.heard_next()], [50, 2]);
    pump.ask(HOST, What::Previous).unwrap();
    assert_eq!((pump.heard(), pump.waiting()), (50, vec![2]));
    pump.ask(HOST, What::Previous).unwrap();
    assert_eq!((pump.heard(), pump.waiting()), (1, vec![50, 2]));
    assert_eq!([(); 3].map(|()| pump.heard_next()), [50, 2, 3]);
}

#[test]
fn what_was_asked_for_does_not_play_by_itself_soon_after() {
    let mut pump = Pump::of(Settings::default(), 5);
    pump.add(2, At::End);
    assert_eq!(pump.party.upcoming(3), [3, 4, 5].map(TrackId));
    assert_eq!([(); 3].map(|()| pump.heard_next()), [2, 3, 4]);
}

#[test]
fn an_item_that_cannot_be_played_is_left_out_and_its_guest_is_told() {
    let mut pump = Pump::new();
    let item = pump.wish(1, 50);
    let request = pump.party.queue().get(item).unwrap().request.unwrap();
    pump.wish(2, 51);
    let cue = pump.cued[0].0;
    pump.tell(Input::TrackBroken(cue));
    assert_eq!((pump.waiting(), pump.cued[0].1.0), (vec![51], 51));
    let standing = pump.party.requests().get(request).unwrap().standing;
    assert_eq!(standing, crate::Standing::Declined(crate::Decline::Broken));
    assert_eq!(pump.ask(HOST, What::Add(TrackId(50), At::End)), Err(Refused::NoSuchTrack));
}

#[test]
fn a_crossfade_is_set_while_it_plays_and_settings_out_of_range_change_nothing() {
    let mut pump = Pump::new();
    pump.set(Change { crossfade_ms: Some(4_000), ..Change::default() });
    assert_eq!((pump.mixes, pump.party.settings().crossfade_ms), (1, 4_000));
    let before = pump.party.settings().clone();
    let wrong = Change { shuffle: Some(true), crossfade_ms: Some(60_000), ..Change::default() };
    assert!(matches!(pump.ask(HOST, What::Set(wrong)), Err(Refused::Setting(_))));
    assert_eq!(pump.party.settings(), &before);
}

#[test]
fn the_end_of_a_party_forgets_everything_about_its_guests() {
    let mut pump = Pump::new();
    let item = pump.wish(1, 50);
    pump.pending(2, 51);
    pump.ask(guest(3), What::Vote(item, true)).unwrap();
    pump.ask(guest(3), What::Boost(item)).unwrap();
    pump.now = pump.now.plus_millis(30_000);
    pump.ask(guest(3), What::SkipVote(true)).unwrap();
    pump.heard_next();
    pump.wish(1, 60);
    let last = pump.wish(1, 61);
    pump.ask(HOST, What::Remove(last)).unwrap();
    pump.ask(HOST, What::End).unwrap();
    let party = &pump.party;
    assert!(party.queue().is_empty() && !party.queue().can_undo());
    assert_eq!((party.requests().iter().count(), party.history().iter().count()), (0, 0));
    assert_eq!((party.skip_votes().len(), party.boosts_left(GuestId(3))), (0, BOOSTS_MAX));
    assert!(!party.session().live && !party.view().playing && party.view().by.is_none());
    assert!(!format!("{party:?}").contains("GuestId"), "{party:?}");
    assert_eq!(pump.ask(guest(1), request(70)), Err(Refused::Ended));
    pump.heard_next();
    pump.heard_next();
    assert_eq!(pump.party.history().iter().count(), 0, "what is heard while it fades out is no history");
    pump.ask(HOST, What::Start(Some(" Garden\u{202e} party ".into()))).unwrap();
    assert_eq!((pump.party.session().title.as_str(), pump.party.view().playing), ("Garden party", true));
    pump.ask(HOST, What::End).unwrap();
    pump.ask(HOST, What::Toggle).unwrap();
    assert!(pump.party.session().live, "the box's own button begins a party, too");
}

#[test]
fn a_party_goes_on_after_a_restart_where_it_was_but_knows_no_guest() {
    let mut pump = Pump::new();
    pump.add(50, At::Next);
    for (number, track) in [(1, 60), (1, 61), (2, 62), (3, 63)] {
        pump.wish(number, track);
    }
    pump.add(51, At::End);
    let item = pump.party.queue().items().find(|item| item.track.0 == 63).unwrap().id;
    pump.ask(guest(1), What::Vote(item, true)).unwrap();
    pump.set(Change { per_guest_max: Some(7), ..Change::default() });
    pump.ask(HOST, What::Turn(-3)).unwrap();
    let saved = pump.party.saved();
    // In the meantime somebody has edited the configuration.
    let configured = Settings { per_guest_max: 2, crossfade_ms: 3_000, ..Settings::default() };
    let mut again = Pump::of(configured, 0);
    again.party.resume(&saved);
    again.tell(catalogue(1..=100));
    // The first of them was opened at once and is heard now.
    assert_eq!(again.heard(), pump.waiting()[0]);
    assert_eq!(again.waiting(), pump.waiting()[1..]);
    assert_eq!((again.party.settings().per_guest_max, again.party.settings().crossfade_ms), (7, 3_000));
    let origins = again.party.origins();
    assert_eq!((origins.per_guest_max, origins.crossfade_ms), (Origin::Page, Origin::File));
    assert_eq!(origins.recent_min, Origin::Default);
    assert_eq!((again.party.view().volume.db(), again.party.plan().tracks_db), (-6.0, -6.0));
    assert!(!format!("{:?}", again.party.queue()).contains("GuestId"));
    let voted = again.party.queue().items().find(|item| item.track.0 == 63).unwrap();
    assert_eq!(voted.votes(), 1);
    assert!(matches!(again.ask(guest(9), request(70)), Ok(Done::Pending(_))));
}

#[test]
fn what_people_change_is_to_be_saved_and_what_plays_by_itself_is_not() {
    let mut pump = Pump::new();
    let before = pump.party.saved_revision();
    pump.heard_next();
    pump.heard_next();
    pump.now = pump.now.plus_millis(30_000);
    pump.ask(guest(1), What::SkipVote(true)).unwrap();
    assert_eq!(pump.party.saved_revision(), before);
    pump.ask(HOST, What::Turn(-1)).unwrap();
    let turned = pump.party.saved_revision();
    assert!(turned > before);
    assert!(pump.ask(HOST, What::Volume(pump.party.view().volume.db())).is_ok());
    assert_eq!(pump.party.saved_revision(), turned, "nothing has changed");
    pump.add(50, At::End);
    let added = pump.party.saved_revision();
    assert!(added > before);
    let item = pump.party.queue().items().next().expect("the one that was added").id;
    pump.ask(guest(1), What::Vote(item, true)).unwrap();
    let voted = pump.party.saved_revision();
    assert!(voted > added, "who is told that a vote counts finds it after a restart");
    pump.heard_next();
    assert!(pump.party.saved_revision() > voted, "an item that was heard must not come back");
}
