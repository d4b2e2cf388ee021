//! Pairing as tables: who asks, who presses, and what both sides learn.

mod floods;

use std::collections::HashSet;
use std::net::IpAddr;

use base::Time;

use super::*;

const NONE: [Key; 0] = [];

fn key(n: u8) -> Key {
    Key([n; 32])
}

fn phone(n: u8) -> Phone {
    Phone { address: IpAddr::from([10, 0, 0, n]), browser: "Chrome".into(), system: "Android".into() }
}

fn pairing() -> Pairing {
    Pairing::new(Vec::new(), 1)
}

/// The instant so many milliseconds after the start.
fn at(ms: u64) -> Time {
    Time::ZERO.plus_millis(ms)
}

/// Phone `n` asks from its own address under key `n`, bringing no other key.
fn ask(pairing: &mut Pairing, now: u64, n: u8) -> Result<State, AskError> {
    pairing.ask(at(now), key(n), phone(n), &NONE)
}

/// Phone `n` asks, and the button is pressed for it.
fn pair(pairing: &mut Pairing, now: u64, n: u8) {
    ask(pairing, now, n).unwrap();
    assert!(matches!(pairing.press(at(now)), Outcome::Paired { .. }));
}

fn is_host(pairing: &mut Pairing, now: u64, n: u8) -> bool {
    matches!(pairing.state(at(now), &[key(n)]), State::Host { .. })
}

fn label(n: u8) -> Label {
    Label::of(&key(n))
}

fn from(n: u8) -> IpAddr {
    phone(n).address
}

#[test]
fn a_press_pairs_exactly_the_phone_that_asks() {
    let mut pairing = pairing();
    assert_eq!(ask(&mut pairing, 0, 1), Ok(State::Asking { label: label(1), remaining_ms: WAIT_MS }));
    assert_eq!(pairing.state(at(20_000), &[key(1)]), State::Asking { label: label(1), remaining_ms: 40_000 });
    assert_eq!(pairing.press(at(WAIT_MS - 1)), Outcome::Paired { label: label(1), from: from(1) });
    assert_eq!(pairing.state(at(WAIT_MS), &[key(1)]), State::Host { id: 1, label: label(1) });
    assert_eq!(pairing.state(at(WAIT_MS), &[key(2)]), State::Guest);
    assert_eq!(pairing.state(at(WAIT_MS), &NONE), State::Guest);
}

#[test]
fn without_a_press_a_request_runs_out_and_both_sides_learn_it() {
    let mut pairing = pairing();
    ask(&mut pairing, 0, 1).unwrap();
    pairing.take_news();
    assert_eq!(pairing.state(at(WAIT_MS), &[key(1)]), State::Ended(Why::Lapsed));
    assert_eq!(pairing.take_news(), [Outcome::Lapsed { label: label(1), from: from(1) }]);
}

#[test]
fn a_late_press_is_told_at_the_box_and_to_no_phone() {
    let mut pairing = pairing();
    ask(&mut pairing, 0, 1).unwrap();
    assert_eq!(pairing.state(at(WAIT_MS), &[key(1)]), State::Ended(Why::Lapsed));
    assert_eq!(pairing.press(at(WAIT_MS)), Outcome::Late { label: label(1) });
    assert_eq!(pairing.state(at(WAIT_MS), &[key(1)]), State::Ended(Why::Lapsed));
    let again = pairing.ask(at(WAIT_MS + 1), key(2), phone(1), &[key(1)]);
    assert_eq!(again, Ok(State::Asking { label: label(2), remaining_ms: WAIT_MS }), "it waits like any other");
    assert_eq!(pairing.press(at(WAIT_MS + 2)), Outcome::Paired { label: label(2), from: from(1) });
    assert_eq!(pairing.view(at(WAIT_MS + 3)).open_until, None);
}

#[test]
fn a_press_while_nobody_asks_pairs_nobody_until_the_next() {
    let mut pairing = pairing();
    assert_eq!(pairing.press(at(0)), Outcome::Opened);
    assert_eq!(pairing.view(at(1)).open_until, Some(at(WAIT_MS)));
    assert_eq!(ask(&mut pairing, 150, 1), Ok(State::Asking { label: label(1), remaining_ms: WAIT_MS }));
    let view = pairing.view(at(151));
    assert_eq!((view.asking, view.open_until), (vec![label(1)], None), "now somebody is to be paired");
    assert!(!is_host(&mut pairing, WAIT_MS, 1), "however long");
    assert_eq!(pairing.press(at(WAIT_MS + 1)), Outcome::Paired { label: label(1), from: from(1) });
}

#[test]
fn who_asks_after_the_press_before_the_owner_is_not_who_the_next_press_means() {
    let mut pairing = pairing();
    assert_eq!(pairing.press(at(0)), Outcome::Opened);
    ask(&mut pairing, 150, 1).unwrap();
    ask(&mut pairing, 2_000, 2).unwrap();
    let shown = pairing.press(at(3_000));
    assert_eq!(shown, Outcome::Shown { label: label(2), from: from(2), asking: 2 }, "who asked last is at the box");
    assert!(!is_host(&mut pairing, 3_000, 1) && !is_host(&mut pairing, 3_000, 2));
    assert_eq!(pairing.press(at(5_000)), Outcome::Paired { label: label(2), from: from(2) });
    assert!(!is_host(&mut pairing, 5_000, 1));
}

#[test]
fn nobody_is_awaited_any_more_after_a_minute_or_a_press() {
    let mut pairing = pairing();
    pairing.press(at(0));
    pairing.pass(at(WAIT_MS));
    assert_eq!(pairing.take_news()[1], Outcome::Closed { by_press: false });
    assert_eq!(pairing.press(at(WAIT_MS)), Outcome::Opened);
    assert_eq!(pairing.press(at(WAIT_MS + 5_000)), Outcome::Closed { by_press: true });
    assert_eq!(pairing.view(at(WAIT_MS + 5_000)).open_until, None);
}

#[test]
fn with_several_each_press_shows_the_next_number_and_a_second_one_confirms_it() {
    let mut pairing = pairing();
    for n in 1..=3 {
        ask(&mut pairing, 0, n).unwrap();
    }
    let shows = |n| Outcome::Shown { label: label(n), from: from(n), asking: 3 };
    for (round, n) in [3, 2, 1, 3].into_iter().enumerate() {
        let now = at(1 + round as u64 * CONFIRM_MS);
        assert_eq!((pairing.press(now), pairing.view(now).shown), (shows(n), Some(label(n))));
        for n in 1..=3 {
            assert!(matches!(pairing.state(now, &[key(n)]), State::Asking { .. }), "no phone learns of it");
        }
    }
    let late = 1 + 4 * CONFIRM_MS;
    assert_eq!(pairing.view(at(late)).shown, None);
    assert_eq!(pairing.press(at(late)), shows(2), "too late to mean the number before");
    assert_eq!(pairing.press(at(late + CONFIRM_MS - 1)), Outcome::Paired { label: label(2), from: from(2) });
    assert!(is_host(&mut pairing, late + CONFIRM_MS, 2));
    assert_eq!(pairing.hosts().len(), 1);
}

#[test]
fn a_number_that_nobody_can_have_read_is_not_confirmed() {
    let mut pairing = pairing();
    ask(&mut pairing, 0, 1).unwrap();
    ask(&mut pairing, 0, 2).unwrap();
    assert!(matches!(pairing.press(at(0)), Outcome::Shown { .. }));
    assert_eq!(pairing.press(at(READ_MS - 1)), Outcome::SamePress);
    assert_eq!(pairing.press(at(READ_MS)), Outcome::Paired { label: label(2), from: from(2) });
}

#[test]
fn a_number_that_is_gone_is_not_confirmed_nor_is_another_in_its_place() {
    let mut pairing = pairing();
    ask(&mut pairing, 0, 1).unwrap();
    ask(&mut pairing, 0, 2).unwrap();
    assert!(matches!(pairing.press(at(0)), Outcome::Shown { .. }));
    pairing.abort(at(1), &[key(2)]);
    assert_eq!(pairing.view(at(1)).shown, None);
    assert_eq!(pairing.press(at(READ_MS)), Outcome::Shown { label: label(1), from: from(1), asking: 1 });
    assert!(pairing.hosts().is_empty(), "who is left alone need not be whom the press means");
    pairing.abort(at(READ_MS), &[key(1)]);
    ask(&mut pairing, READ_MS + WAIT_MS, 3).unwrap();
    assert!(matches!(pairing.press(at(READ_MS + WAIT_MS)), Outcome::Paired { .. }), "that is forgotten after a minute");
}

#[test]
fn who_asks_when_another_request_has_just_run_out_is_not_whom_a_late_press_means() {
    let mut pairing = pairing();
    ask(&mut pairing, 0, 1).unwrap();
    ask(&mut pairing, WAIT_MS + 100, 2).unwrap();
    let shown = Outcome::Shown { label: label(2), from: from(2), asking: 1 };
    assert_eq!(pairing.press(at(WAIT_MS + 200)), shown);
    assert!(!is_host(&mut pairing, WAIT_MS + 200, 2));
    pairing.abort(at(WAIT_MS + 300), &[key(2)]);
    // The same phone, under whichever address, is no other.
    pairing.ask(at(4 * WAIT_MS), key(3), phone(3), &NONE).unwrap();
    pairing.ask(at(4 * WAIT_MS + 1), key(4), phone(4), &[key(3)]).unwrap();
    assert_eq!(pairing.press(at(4 * WAIT_MS + 2)), Outcome::Paired { label: label(4), from: from(4) });
}

#[test]
fn a_second_press_in_impatience_pairs_nobody_else() {
    let mut pairing = pairing();
    ask(&mut pairing, 0, 1).unwrap();
    pairing.press(at(1_000));
    ask(&mut pairing, 1_001, 2).unwrap();
    assert_eq!(pairing.press(at(1_000 + SAME_PRESS_MS - 1)), Outcome::SamePress);
    assert!(!is_host(&mut pairing, 3_000, 2), "nobody slips in");
    pairing.abort(at(3_000), &[key(2)]);
    assert_eq!(pairing.press(at(1_000 + SAME_PRESS_MS)), Outcome::Opened);
}

#[test]
fn forgetting_takes_everything_back_at_once() {
    let mut pairing = pairing();
    ask(&mut pairing, 0, 1).unwrap();
    pairing.press(at(0));
    ask(&mut pairing, 1, 2).unwrap();
    ask(&mut pairing, 1, 3).unwrap();
    assert!(matches!(pairing.press(at(3_000)), Outcome::Shown { .. }));
    assert_eq!(pairing.forget(at(3_001)), Outcome::Forgotten { hosts: 1 });
    for n in 1..=3 {
        assert_eq!(pairing.state(at(3_002), &[key(n)]), State::Ended(Why::Forgotten));
    }
    assert_eq!(pairing.view(at(3_002)).shown, None);
    assert_eq!(pairing.press(at(10_000)), Outcome::Opened);
    pairing.forget(at(10_001));
    assert_eq!(pairing.view(at(10_002)).open_until, None, "nobody is awaited, either");
}

#[test]
fn a_host_can_be_removed_and_its_number_is_never_given_again() {
    let mut pairing = pairing();
    pair(&mut pairing, 0, 1);
    pair(&mut pairing, 3_000, 2);
    assert_eq!(pairing.revoke(at(3_001), 2), Ok(Outcome::Revoked { label: label(2) }));
    assert_eq!(pairing.revoke(at(3_001), 2), Err(NoSuchHost));
    assert_eq!(pairing.state(at(3_001), &[key(2)]), State::Ended(Why::Revoked));
    assert!(is_host(&mut pairing, 3_001, 1), "the other one stays");
    pair(&mut pairing, 6_000, 3);
    assert_eq!(pairing.state(at(6_001), &[key(3)]), State::Host { id: 3, label: label(3) });
    let known = Pairing::new(pairing.hosts().to_vec(), 0);
    assert_eq!(known.next_id(), 4, "not even after a restart that lost count");
}

#[test]
fn a_host_that_asks_stays_what_it_is() {
    let mut pairing = pairing();
    ask(&mut pairing, 0, 1).unwrap();
    pairing.press(at(0));
    assert_eq!(pairing.ask(at(1), key(9), phone(1), &[key(7), key(1)]), Ok(State::Host { id: 1, label: label(1) }));
    assert_eq!(pairing.state(at(1), &[key(9)]), State::Guest, "the new key means nothing");
}

#[test]
fn who_asks_again_replaces_the_earlier_request() {
    let mut pairing = pairing();
    ask(&mut pairing, 0, 1).unwrap();
    pairing.ask(at(1), key(2), phone(1), &NONE).unwrap();
    assert_eq!(pairing.state(at(2), &[key(1)]), State::Ended(Why::Replaced), "same address, another browser");
    pairing.ask(at(2), key(3), phone(9), &[key(2)]).unwrap();
    assert_eq!(pairing.state(at(2), &[key(2)]), State::Ended(Why::Replaced), "same browser, another address");
    assert_eq!(pairing.press(at(3)), Outcome::Paired { label: label(3), from: from(9) });
}

#[test]
fn a_phone_can_take_its_request_back() {
    let mut pairing = pairing();
    ask(&mut pairing, 0, 1).unwrap();
    pairing.abort(at(1), &[key(2)]);
    assert!(matches!(pairing.state(at(1), &[key(1)]), State::Asking { .. }), "not by another key");
    pairing.abort(at(1), &[key(1)]);
    assert_eq!(pairing.state(at(1), &[key(1)]), State::Ended(Why::Aborted));
    assert_eq!(pairing.press(at(2)), Outcome::Opened);
}

#[test]
fn one_address_may_ask_so_often_and_no_more() {
    let mut pairing = pairing();
    for n in 0..ASKS_PER_ADDRESS_MAX as u8 {
        pairing.ask(at(u64::from(n)), key(n), phone(1), &NONE).unwrap();
    }
    let refused = pairing.ask(at(1_000), key(99), phone(1), &NONE);
    assert_eq!(refused, Err(AskError::TooOften { retry_ms: ASKED_WITHIN_MS - 1_000 }));
    assert!(matches!(pairing.state(at(1_000), &[key(5)]), State::Asking { .. }), "the running request stays");
    assert!(ask(&mut pairing, 1_000, 2).is_ok(), "others may");
    assert!(pairing.ask(at(ASKED_WITHIN_MS), key(99), phone(1), &NONE).is_ok());
}

#[test]
fn one_address_may_wait_so_long_and_no_longer() {
    let mut pairing = pairing();
    ask(&mut pairing, 0, 1).unwrap();
    pairing.ask(at(WAIT_MS), key(2), phone(1), &NONE).unwrap();
    let refused = pairing.ask(at(2 * WAIT_MS), key(3), phone(1), &NONE);
    assert_eq!(refused, Err(AskError::TooOften { retry_ms: ASKED_WITHIN_MS - 2 * WAIT_MS }));
    assert!(pairing.ask(at(ASKED_WITHIN_MS - 1), key(3), phone(1), &NONE).is_err());
    assert!(pairing.ask(at(ASKED_WITHIN_MS), key(3), phone(1), &NONE).is_ok());
}

#[test]
fn a_request_that_was_taken_back_counts_only_for_as_long_as_it_waited() {
    let mut pairing = pairing();
    for n in 0..4 {
        pairing.ask(at(20_000 * u64::from(n)), key(n), phone(1), &NONE).unwrap();
        pairing.abort(at(20_000 * u64::from(n) + 10_000), &[key(n)]);
    }
    assert!(pairing.ask(at(80_000), key(9), phone(1), &NONE).is_ok(), "40 s and a whole minute are less than two");
}

#[test]
fn when_all_places_are_taken_the_one_goes_whose_address_asked_most() {
    let mut pairing = pairing();
    for n in 0..ASKS_MAX as u8 {
        ask(&mut pairing, u64::from(n), n).unwrap();
    }
    pairing.ask(at(90), key(60), phone(3), &NONE).unwrap();
    assert!(ask(&mut pairing, 100, 50).is_ok(), "a newcomer finds a place");
    assert_eq!(pairing.state(at(101), &[key(60)]), State::Ended(Why::Crowded));
    let from = from(3);
    assert!(pairing.take_news().contains(&Outcome::Crowded { label: label(60), from }));
    // Among equals, who has waited longest.
    assert!(ask(&mut pairing, 200, 51).is_ok());
    assert_eq!(pairing.state(at(201), &[key(0)]), State::Ended(Why::Crowded));
    let most = pairing.ask(at(300), key(61), phone(3), &NONE);
    assert_eq!(most, Err(AskError::TooManyAsk { retry_ms: WAIT_MS - 299 }), "who asked most itself has to wait");
    assert!(pairing.ask(at(300), key(62), phone(4), &NONE).is_ok(), "who replaces its own needs no further place");
    assert_eq!(pairing.asks.len(), ASKS_MAX);
}

#[test]
fn addresses_that_cost_nothing_give_way_first() {
    let mut pairing = pairing();
    for n in 0..ASKS_MAX as u8 {
        let address = if n == 5 { "fe80::5".parse().unwrap() } else { from(n) };
        pairing.ask(at(u64::from(n)), key(n), Phone { address, ..phone(n) }, &NONE).unwrap();
    }
    ask(&mut pairing, 100, 50).unwrap();
    assert_eq!(pairing.state(at(101), &[key(5)]), State::Ended(Why::Crowded));
}

#[test]
fn no_host_is_pushed_out_when_every_place_is_taken() {
    let mut pairing = pairing();
    for n in 1..=HOSTS_MAX as u8 {
        pair(&mut pairing, u64::from(n) * 3_000, n);
    }
    assert_eq!(ask(&mut pairing, 100_000, 101), Err(AskError::HostsFull));
    pairing.revoke(at(100_000), 1).unwrap();
    pair(&mut pairing, 100_000, 101);
    assert_eq!(pairing.hosts().len(), HOSTS_MAX);
    assert!(is_host(&mut pairing, 100_001, 2) && is_host(&mut pairing, 100_001, 101));
    let labels: HashSet<Label> = pairing.hosts().iter().map(|host| host.label).collect();
    assert_eq!(labels.len(), HOSTS_MAX, "people can tell them apart");
}

#[test]
fn labels_have_two_digits_and_go_round() {
    assert_eq!((Label::new(9), Label::new(100)), (None, None));
    let last = Label::new(99).unwrap();
    assert_eq!((last.to_string(), last.next().number()), ("99".to_owned(), 10));
    for n in 0..=255 {
        assert!((10..=99).contains(&label(n).number()));
    }
}
