//! What plays by itself where a channel has a folder or a playlist of its own, and what guests may then ask for.

use std::collections::BTreeSet;

use base::{CueId, TrackId};

use super::{Dice, HOST, Pump, catalogue, guest, request};
use crate::{At, Change, Done, Input, Order, Refused, Requests, Settings, What};

/// The news that these tracks are the channel's own.
fn own(tracks: impl IntoIterator<Item = u64>) -> Input {
    Input::Repertoire(Some(tracks.into_iter().map(TrackId).collect()))
}

fn heard<const N: usize>(pump: &mut Pump) -> [u64; N] {
    std::array::from_fn(|_| pump.heard_next())
}

#[test]
fn what_plays_by_itself_comes_from_the_channels_own_in_its_order_once_a_round() {
    let mut pump = Pump::new();
    assert_eq!(pump.heard(), 1);
    pump.tell(own([70, 60, 70, 65]));
    assert_eq!(pump.heard(), 1, "what is heard is heard to its end");
    assert_eq!(pump.party.upcoming(3), [70, 60, 65].map(TrackId));
    assert_eq!(heard(&mut pump), [70, 60, 65, 70, 60], "what is listed twice is heard once a round");
    assert!(!pump.party.has_lost_repertoire());
    pump.tell(Input::Repertoire(None));
    assert_eq!(heard(&mut pump), [65, 66], "everything again, from where it is");
}

#[test]
fn what_was_open_next_from_elsewhere_is_closed_at_once_and_what_may_stay_is_not() {
    let mut pump = Pump::new();
    let next = pump.cued[0].1;
    pump.tell(own([50, next.0, 51]));
    assert_eq!((pump.replaced, pump.cued[0].1), (0, next), "it is of the channel's own");
    pump.tell(own([50, 51]));
    assert_eq!((pump.replaced, pump.cued[0].1), (1, TrackId(50)));
}

#[test]
fn a_list_that_is_edited_goes_on_behind_what_is_heard() {
    let mut pump = Pump::new();
    pump.tell(own([10, 20, 30]));
    assert_eq!(heard(&mut pump), [10, 20]);
    pump.tell(own([15, 20, 25, 30]));
    assert_eq!(heard(&mut pump), [30, 15, 20, 25], "what is open next may stay");
}

#[test]
fn a_place_that_is_gone_or_holds_nothing_that_plays_never_silences_the_channel() {
    let mut pump = Pump::new();
    pump.tell(own([]));
    assert!(pump.party.has_lost_repertoire());
    assert_eq!(heard(&mut pump), [2, 3], "everything stands in");
    pump.tell(own([900, 901]));
    assert!(pump.party.has_lost_repertoire(), "what there is not cannot play");
    // It is plugged in again.
    pump.tell(catalogue((1..=100).chain([900, 901])));
    assert!(!pump.party.has_lost_repertoire());
    assert_eq!(heard(&mut pump), [900, 901, 900]);
    // Both turn out to be damaged.
    for _ in 0..2 {
        let (cue, track) = pump.cued.pop_front().expect("something is open next");
        assert!([900, 901].contains(&track.0));
        pump.tell(Input::CueFailed(cue));
    }
    assert!(pump.party.has_lost_repertoire() && pump.party.view().has_tracks);
    assert!(pump.heard_next() <= 100);
    pump.tell(catalogue((1..=100).chain([900, 901])));
    assert!(!pump.party.has_lost_repertoire(), "a new list is another chance");
}

#[test]
fn guests_ask_for_everything_unless_the_host_keeps_them_to_the_channels_own() {
    let settings = Settings { requests: Requests::Auto, recent_min: 0, per_guest_max: 20, ..Settings::default() };
    let mut pump = Pump::of(settings, 100);
    pump.tell(own([50, 51, 52]));
    assert!(matches!(pump.ask(guest(1), request(10)), Ok(Done::Admitted(_))));
    pump.set(Change { own_only: Some(true), ..Change::default() });
    assert_eq!(pump.ask(guest(1), request(11)), Err(Refused::NotInRepertoire(TrackId(11))));
    assert_eq!(pump.ask(guest(1), request(999)), Err(Refused::NoSuchTrack));
    assert!(matches!(pump.ask(guest(1), request(52)), Ok(Done::Admitted(_))));
    let mut dj = guest(2);
    dj.leads = true;
    assert!(matches!(pump.ask(dj, request(12)), Ok(Done::Admitted(_))), "who leads asks for anything");
    assert!(matches!(pump.ask(HOST, What::Add(TrackId(13), At::End)), Ok(Done::Queued(_))));
    pump.tell(own([]));
    assert!(matches!(pump.ask(guest(1), request(14)), Ok(Done::Admitted(_))), "there is nothing to keep to");
    pump.tell(Input::Repertoire(None));
    assert!(matches!(pump.ask(guest(1), request(15)), Ok(Done::Admitted(_))), "everything is the channel's own");
}

#[test]
fn whatever_comes_and_goes_only_the_channels_own_comes_by_itself_while_any_of_it_plays() {
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let mut order = Order::new(seed);
        let (mut there, mut own, mut broken) = (BTreeSet::new(), None::<Vec<TrackId>>, BTreeSet::new());
        for step in 0..200 {
            match dice.roll(6) {
                0 => {
                    there = (0..dice.roll(20)).map(|_| TrackId(dice.roll(30))).collect();
                    broken.clear();
                    order.replace(there.iter().copied().collect());
                }
                1 => {
                    own = (dice.roll(4) > 0).then(|| (0..dice.roll(8)).map(|_| TrackId(dice.roll(40))).collect());
                    order.set_own(own.clone());
                }
                2 => {
                    let track = TrackId(dice.roll(30));
                    broken.insert(track);
                    order.mark_unplayable(track);
                }
                3 => order.set_shuffle(dice.roll(2) == 0),
                _ => {}
            }
            let plays = |track: &TrackId| there.contains(track) && !broken.contains(track);
            let mine: BTreeSet<TrackId> = own.iter().flatten().copied().filter(plays).collect();
            let all: BTreeSet<TrackId> = there.iter().copied().filter(plays).collect();
            let lost = own.is_some() && mine.is_empty();
            let wanted = if own.is_none() || lost { all } else { mine };
            let told = format!("seed {seed}, step {step}: {own:?} of {there:?} without {broken:?}");
            assert_eq!((order.is_standing_in(), order.has_playable()), (lost, !wanted.is_empty()), "{told}");
            let mut cursor = order.cursor();
            let round: Vec<TrackId> = (0..wanted.len()).filter_map(|_| order.advance(&mut cursor, |_| false)).collect();
            assert_eq!(round.iter().copied().collect::<BTreeSet<_>>(), wanted, "{told}");
            if let Some(track) = order.advance(&mut order.cursor(), |_| false) {
                order.started(track);
            }
        }
    }
}

#[test]
fn a_title_that_becomes_known_is_told_and_changes_nothing_else() {
    let mut pump = Pump::new();
    let (before, saved) = (pump.party.revision(), pump.party.saved_revision());
    let open = (pump.current, pump.cued.clone());
    pump.tell(Input::Described(TrackId(5)));
    assert!(pump.party.revision() > before);
    assert_eq!((pump.party.saved_revision(), (pump.current, pump.cued.clone())), (saved, open));
    assert_ne!(pump.cued[0].0, CueId(0));
}
