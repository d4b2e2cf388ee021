//! Pairing as tables: who asks, who presses, and what both sides learn.

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
fn a_late_press_tells_so_and_pairs_whoever_asks_again() {
    let mut pairing = pairing();
    ask(&mut pairing, 0, 1).unwrap();
    assert_eq!(pairing.press(at(WAIT_MS)), Outcome::Late { label: label(1) });
    assert_eq!(pairing.state(at(WAIT_MS), &[key(1)]), State::Ended(Why::Late));
    let again = pairing.ask(at(WAIT_MS + 1), key(2), phone(1), &[key(1)]);
    assert_eq!(again, Ok(State::Host { id: 1, label: label(2) }));
    assert_eq!(pairing.view(at(WAIT_MS + 2)).open_until, None, "one press, one phone");
}

#[test]
fn a_press_while_nobody_asks_pairs_the_first_that_does() {
    let mut pairing = pairing();
    assert_eq!(pairing.press(at(0)), Outcome::Opened);
    assert_eq!(pairing.view(at(1)).open_until, Some(at(WAIT_MS)));
    assert_eq!(ask(&mut pairing, WAIT_MS - 1, 1), Ok(State::Host { id: 1, label: label(1) }));
    assert!(matches!(ask(&mut pairing, WAIT_MS - 1, 2), Ok(State::Asking { .. })));
}

#[test]
fn an_open_pairing_closes_by_itself_or_by_a_press() {
    let mut pairing = pairing();
    pairing.press(at(0));
    assert!(matches!(ask(&mut pairing, WAIT_MS, 1), Ok(State::Asking { .. })), "too late");
    assert_eq!(pairing.take_news()[1], Outcome::Closed { by_press: false });
    pairing.abort(at(WAIT_MS), &[key(1)]);
    assert_eq!(pairing.press(at(WAIT_MS)), Outcome::Opened);
    assert_eq!(pairing.press(at(WAIT_MS + 5_000)), Outcome::Closed { by_press: true });
    assert!(matches!(ask(&mut pairing, WAIT_MS + 5_001, 2), Ok(State::Asking { .. })));
}

#[test]
fn a_press_while_several_ask_pairs_nobody() {
    let mut pairing = pairing();
    for n in 1..=3 {
        ask(&mut pairing, 0, n).unwrap();
    }
    assert_eq!(pairing.view(at(0)).asking.len(), 3);
    assert_eq!(pairing.press(at(1)), Outcome::Several { asking: 3 });
    for n in 1..=3 {
        assert_eq!(pairing.state(at(2), &[key(n)]), State::Ended(Why::Several));
    }
    assert_eq!(pairing.view(at(2)).open_until, None);
    assert_eq!(pairing.press(at(3)), Outcome::Opened, "the next press is a new one");
}

#[test]
fn a_second_press_in_impatience_does_not_open_pairing() {
    let mut pairing = pairing();
    ask(&mut pairing, 0, 1).unwrap();
    pairing.press(at(1_000));
    assert_eq!(pairing.press(at(1_000 + SAME_PRESS_MS - 1)), Outcome::SamePress);
    assert!(matches!(ask(&mut pairing, 3_000, 2), Ok(State::Asking { .. })), "nobody slips in");
    pairing.abort(at(3_000), &[key(2)]);
    assert_eq!(pairing.press(at(1_000 + SAME_PRESS_MS)), Outcome::Opened);
}

#[test]
fn forgetting_takes_everything_back_at_once() {
    let mut pairing = pairing();
    pairing.press(at(0));
    ask(&mut pairing, 0, 1).unwrap();
    ask(&mut pairing, 1, 2).unwrap();
    assert_eq!(pairing.forget(at(2)), Outcome::Forgotten { hosts: 1 });
    for n in [1, 2] {
        assert_eq!(pairing.state(at(3), &[key(n)]), State::Ended(Why::Forgotten));
    }
    pairing.press(at(10_000));
    pairing.forget(at(10_001));
    assert!(matches!(ask(&mut pairing, 10_002, 3), Ok(State::Asking { .. })), "an open pairing is closed as well");
}

#[test]
fn a_host_can_be_removed_and_its_number_is_never_given_again() {
    let mut pairing = pairing();
    for n in 1..=2 {
        ask(&mut pairing, 0, n).unwrap();
        pairing.press(at(0));
    }
    assert_eq!(pairing.revoke(at(1), 2), Ok(Outcome::Revoked { label: label(2) }));
    assert_eq!(pairing.revoke(at(1), 2), Err(NoSuchHost));
    assert_eq!(pairing.state(at(1), &[key(2)]), State::Ended(Why::Revoked));
    assert!(is_host(&mut pairing, 1, 1), "the other one stays");
    ask(&mut pairing, 2, 3).unwrap();
    pairing.press(at(2));
    assert_eq!(pairing.state(at(3), &[key(3)]), State::Host { id: 3, label: label(3) });
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
fn only_so_many_wait_at_once() {
    let mut pairing = pairing();
    for n in 0..ASKS_MAX as u8 {
        ask(&mut pairing, u64::from(n), n).unwrap();
    }
    assert_eq!(ask(&mut pairing, 100, 50), Err(AskError::TooManyAsk { retry_ms: WAIT_MS - 100 }));
    assert!(pairing.ask(at(100), key(60), phone(0), &NONE).is_ok(), "who replaces its own needs no further place");
}

#[test]
fn no_host_is_pushed_out_when_every_place_is_taken() {
    let mut pairing = pairing();
    for n in 1..HOSTS_MAX as u8 {
        ask(&mut pairing, 0, n).unwrap();
        pairing.press(at(0));
    }
    ask(&mut pairing, 0, 100).unwrap();
    pairing.press(at(0));
    assert_eq!(ask(&mut pairing, 1, 101), Err(AskError::HostsFull));
    pairing.revoke(at(2), 1).unwrap();
    ask(&mut pairing, 2, 101).unwrap();
    pairing.press(at(3));
    assert_eq!(pairing.hosts().len(), HOSTS_MAX);
    assert!(is_host(&mut pairing, 3, 2) && is_host(&mut pairing, 3, 101));
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

/// Whatever hostile phones do, nobody is host but by a press: at most one per press, and only one who asked.
#[test]
fn nobody_becomes_host_without_a_press_of_their_own() {
    // Knuth's MMIX generator, as in the tests of the party.
    let mut seed = 7_u64;
    let mut pairing = pairing();
    let (mut now_ms, mut presses, mut paired) = (0, 0, 0);
    for _ in 0..50_000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (pick, n) = ((seed >> 33) % 16, (seed >> 40) as u8 % 12);
        now_ms += (seed >> 50) % 9_000;
        let before = pairing.hosts().len();
        match pick {
            0..=7 => drop(pairing.ask(at(now_ms), key((seed >> 44) as u8), phone(n), &[key(n)])),
            8 => pairing.abort(at(now_ms), &[key(n)]),
            9 => drop(pairing.revoke(at(now_ms), u64::from(n))),
            10 if n == 0 => drop(pairing.forget(at(now_ms))),
            11 => {
                presses += 1;
                pairing.press(at(now_ms));
            }
            _ => pairing.pass(at(now_ms)),
        }
        paired += pairing.hosts().len().saturating_sub(before);
        assert!(paired <= presses, "seed {seed}");
        assert!(pairing.hosts().len() <= HOSTS_MAX && pairing.asks.len() <= ASKS_MAX);
        assert!(pairing.ended.len() <= ENDED_MAX && pairing.asked.len() <= ASKED_MAX);
        let view = pairing.view(at(now_ms));
        assert!(view.asking.is_empty() || view.open_until.is_none(), "who asks while it is open is host at once");
        pairing.take_news();
    }
    assert!(paired > 100, "{paired}");
}
