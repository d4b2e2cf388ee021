//! Files that guests bring: who may, what becomes of the wish, and for how long each is needed.

use base::{GuestId, TrackId};

use super::{HOST, Pump, guest, request};
use crate::{
    At, By, Change, Decline, Done, HEARD_FILES_MAX, Input, Party, Refused, RequestState, Requests, Settings, Source,
    What,
};

/// The `n`th file that guests bring.
fn file(n: u64) -> TrackId {
    TrackId(TrackId::BROUGHT.start + n)
}

fn bring(pump: &mut Pump, number: u32, n: u64) -> Result<Done, Refused> {
    pump.ask(guest(number), What::Bring(file(n)))
}

fn needed(pump: &Pump) -> Vec<u64> {
    let mut files: Vec<u64> = pump.party.files().map(|track| track.0 - TrackId::BROUGHT.start).collect();
    files.sort_unstable();
    files
}

fn taking(files: Requests) -> Pump {
    Pump::of(Settings { files, ..Settings::default() }, 100)
}

/// Brings a file that is let in at once.
fn let_in(pump: &mut Pump, number: u32, n: u64) {
    let brought = bring(pump, number, n);
    assert!(matches!(brought, Ok(Done::Admitted(_))), "{brought:?}");
}

#[test]
fn a_file_waits_like_a_song_is_heard_in_its_turn_and_needed_until_the_party_ends() {
    let mut pump = Pump::new();
    pump.add(50, At::End);
    assert_eq!(pump.ask(guest(1), What::Offer), Ok(Done::Plainly));
    let Ok(Done::Pending(wish)) = bring(&mut pump, 1, 1) else { panic!("it waits to be approved") };
    assert_eq!((needed(&pump), pump.waiting()), (vec![1], vec![50]));
    pump.ask(HOST, What::Approve(wish)).unwrap();
    assert_eq!(pump.heard_next(), 50);
    assert_eq!(pump.heard_next(), file(1).0);
    assert_eq!(pump.party.view().by, Some(By::Guest(GuestId(1))));
    pump.heard_next();
    assert_eq!(needed(&pump), [1], "a host may still keep it");
    pump.ask(HOST, What::End).unwrap();
    assert!(needed(&pump).is_empty());
}

#[test]
fn a_file_goes_into_the_queue_at_once_if_the_host_wants_that_and_takes_fair_turns() {
    let mut pump = taking(Requests::Auto);
    pump.wish(2, 60);
    let_in(&mut pump, 1, 1);
    let_in(&mut pump, 1, 2);
    pump.wish(2, 61);
    assert_eq!(pump.waiting(), [60, file(1).0, file(2).0, 61]);
}

#[test]
fn no_file_comes_where_none_is_taken() {
    let refused = |settings: Settings| {
        let mut pump = Pump::of(settings, 100);
        let offered = pump.ask(guest(1), What::Offer);
        assert_eq!(bring(&mut pump, 1, 1), offered, "the same before and after it was sent");
        assert!(needed(&pump).is_empty());
        offered.unwrap_err()
    };
    assert_eq!(refused(Settings { files: Requests::Off, ..Settings::default() }), Refused::FilesOff);
    assert_eq!(refused(Settings { own_only: true, ..Settings::default() }), Refused::FilesOff);
    assert_eq!(refused(Settings { requests: Requests::Off, ..Settings::default() }), Refused::RequestsOff);
    let mut pump = taking(Requests::Off);
    let dj = crate::Asker { leads: true, ..guest(1) };
    assert!(matches!(pump.ask(dj, What::Bring(file(1))), Ok(Done::Admitted(_))), "who leads needs no leave");
    pump.ask(HOST, What::End).unwrap();
    assert_eq!((pump.ask(guest(1), What::Offer), bring(&mut pump, 1, 2)), (Err(Refused::Ended), Err(Refused::Ended)));
    assert_eq!(pump.ask(crate::Asker::BOX, What::Offer), Err(Refused::Ended));
    assert_eq!(Pump::new().ask(crate::Asker::BOX, What::Offer), Err(Refused::NotAGuest));
}

#[test]
fn one_guest_has_only_so_many_files_waiting_and_they_count_as_wishes_too() {
    let mut pump = taking(Requests::Auto);
    let_in(&mut pump, 1, 1);
    let_in(&mut pump, 1, 2);
    assert_eq!(pump.ask(guest(1), What::Offer), Err(Refused::TooManyFiles));
    assert_eq!(bring(&mut pump, 1, 3), Err(Refused::TooManyFiles));
    let_in(&mut pump, 2, 4);
    pump.set(Change { files_per_guest_max: Some(10), ..Change::default() });
    let_in(&mut pump, 1, 3);
    assert_eq!(bring(&mut pump, 1, 5), Err(Refused::TooMany), "as many as wishes of a guest may wait");
    assert_eq!(needed(&pump), [1, 2, 3, 4]);
    assert_eq!(pump.heard_next(), file(1).0);
    let_in(&mut pump, 1, 5);
}

#[test]
fn nobody_else_can_ask_for_a_file_and_no_song_of_the_box_can_be_brought() {
    let mut pump = taking(Requests::Auto);
    assert_eq!(pump.ask(guest(1), What::Bring(TrackId(5))), Err(Refused::NoSuchTrack));
    assert_eq!(pump.ask(guest(1), request(file(1).0)), Err(Refused::NoSuchTrack));
    let_in(&mut pump, 1, 1);
    assert_eq!(pump.ask(guest(2), request(file(1).0)), Err(Refused::NoSuchTrack));
    assert_eq!(bring(&mut pump, 2, 1), Err(Refused::NoSuchTrack), "it is there already");
    let item = pump.party.queue().items().next().unwrap().id;
    pump.ask(guest(2), What::Vote(item, true)).unwrap();
    assert!(pump.party.wished().is_empty(), "it is no song that others are shown to wish for");
}

#[test]
fn what_is_declined_taken_back_or_left_behind_is_needed_no_more() {
    let mut pump = Pump::new();
    let waits = |pump: &mut Pump, number, n| match bring(pump, number, n) {
        Ok(Done::Pending(wish)) => wish,
        other => panic!("{other:?}"),
    };
    let declined = waits(&mut pump, 1, 1);
    pump.ask(HOST, What::Decline(declined)).unwrap();
    assert!(needed(&pump).is_empty());
    let own = waits(&mut pump, 1, 2);
    pump.ask(guest(1), What::Withdraw(own)).unwrap();
    assert!(needed(&pump).is_empty());
    waits(&mut pump, 1, 3);
    let queued = waits(&mut pump, 1, 4);
    pump.ask(HOST, What::Approve(queued)).unwrap();
    pump.ask(HOST, What::Forget(GuestId(1))).unwrap();
    assert_eq!(needed(&pump), [4], "what is in the queue stays when its guest leaves");
}

#[test]
fn what_a_host_took_out_is_needed_as_long_as_that_can_be_taken_back() {
    let mut pump = taking(Requests::Auto);
    let_in(&mut pump, 1, 1);
    let item = pump.party.queue().items().next().unwrap().id;
    pump.ask(HOST, What::Remove(item)).unwrap();
    assert_eq!(needed(&pump), [1]);
    pump.ask(HOST, What::Undo).unwrap();
    assert_eq!(pump.waiting(), [file(1).0]);
    pump.ask(HOST, What::Remove(item)).unwrap();
    for track in 10..21 {
        pump.add(track, At::End);
    }
    assert!(needed(&pump).is_empty());
}

#[test]
fn a_file_that_is_broken_is_told_to_its_guest_and_needed_no_more() {
    let mut pump = taking(Requests::Auto);
    let_in(&mut pump, 1, 1);
    let cue = pump.cued.front().unwrap().0;
    pump.cued.clear();
    pump.tell(Input::CueFailed(cue));
    let view = pump.party.page_view();
    let wish = &view.guests[&GuestId(1)].requests[0];
    assert_eq!((wish.state, wish.why), (RequestState::Declined, Some(Decline::Broken)));
    assert!(needed(&pump).is_empty());
}

#[test]
fn of_files_that_were_heard_the_last_can_be_kept() {
    let mut pump = taking(Requests::Auto);
    for n in 0..HEARD_FILES_MAX as u64 + 2 {
        let_in(&mut pump, 1, n);
        assert_eq!(pump.heard_next(), file(n).0);
    }
    assert_eq!((needed(&pump).len(), needed(&pump)[0]), (HEARD_FILES_MAX, 2));
}

#[test]
fn files_in_the_queue_outlast_a_restart_and_are_heard_after_it() {
    let mut pump = taking(Requests::Auto);
    let_in(&mut pump, 1, 1);
    pump.ask(HOST, What::Set(Change { files: Some(Requests::Approve), ..Change::default() })).unwrap();
    bring(&mut pump, 2, 2).unwrap();
    let mut party = Party::new(Source::Files, super::FADES, Settings::default(), 1);
    party.resume(&pump.party.saved());
    pump.party = party;
    (pump.current, pump.cued) = (None, [].into());
    pump.tell(super::catalogue(1..=100));
    assert_eq!(needed(&pump), [1], "who had not been answered asks again");
    assert_eq!(pump.heard(), file(1).0);
}
