//! Pairing among phones that ask without end, in virtual time: whom a press means, what anybody learns, and who gets through.

use super::*;

/// Knuth's MMIX generator, as in the tests of the party.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Milliseconds until somebody does something again: mostly seconds, and now and then long enough to forget who was there.
    fn pause_ms(&mut self) -> u64 {
        let longest = match self.below(12) {
            0 => 300_000,
            1..=5 => 400,
            _ => 9_000,
        };
        self.below(longest)
    }
}

/// A key that was never given before.
fn fresh(n: u64) -> Key {
    let mut key = Key([0; 32]);
    key.0[..8].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    key.0[8..16].copy_from_slice(&n.to_le_bytes());
    key
}

/// What phones and people do, at random: who asks under which key, and everything else.
fn act(dice: &mut Dice, pairing: &mut Pairing, now: Time, n: u64) -> Option<Result<State, AskError>> {
    let address = dice.below(12) as u8;
    let before = fresh(n.saturating_sub(dice.below(8)));
    match dice.below(12) {
        0..=7 => return Some(pairing.ask(now, fresh(n), phone(address), &[before])),
        8 => pairing.abort(now, &[before]),
        9 => {
            let host = pairing.hosts().get(dice.below(20) as usize).map_or(0, |host| host.id);
            _ = pairing.revoke(now, host);
        }
        10 if dice.below(12) == 0 => drop(pairing.forget(now)),
        _ => pairing.pass(now),
    }
    None
}

/// Whatever phones do, nobody is host but by a press that came after their request, while theirs was the number that the box
/// showed; and no address waits longer than it may.
#[test]
fn nobody_becomes_host_without_a_press_for_the_number_that_is_shown() {
    let (mut dice, mut pairing) = (Dice(7), pairing());
    let (mut now_ms, mut by_showing, mut by_being_alone) = (0, 0, 0);
    for n in 0..50_000 {
        now_ms += dice.pause_ms();
        let now = at(now_ms);
        let before = pairing.hosts().to_vec();
        if dice.below(4) > 0 {
            act(&mut dice, &mut pairing, now, n);
            let new = pairing.hosts().iter().find(|host| !before.contains(host));
            assert_eq!(new, None, "step {n}");
        } else {
            let view = pairing.view(now);
            let outcome = pairing.press(now);
            let new: Vec<Label> =
                pairing.hosts().iter().filter(|host| !before.contains(host)).map(|host| host.label).collect();
            match outcome {
                Outcome::Paired { label, .. } => {
                    assert_eq!(new, [label]);
                    let is_shown = view.shown == Some(label);
                    assert!(is_shown || view.shown.is_none() && view.asking == [label], "step {n}: {view:?}");
                    *(if is_shown { &mut by_showing } else { &mut by_being_alone }) += 1;
                }
                _ => assert!(new.is_empty(), "step {n}: {outcome:?}"),
            }
        }
        assert!(pairing.hosts().len() <= HOSTS_MAX && pairing.asks.len() <= ASKS_MAX);
        assert!(pairing.ended.len() <= ENDED_MAX && pairing.asked.len() <= history::ASKED_MAX);
        let view = pairing.view(now);
        assert!(view.asking.is_empty() || view.open_until.is_none(), "who asks is who is told of");
        assert!(view.shown.is_none_or(|label| view.asking.contains(&label)), "a number of somebody who asks");
        pairing.take_news();
    }
    println!("{by_showing} by a number that was shown, {by_being_alone} who asked alone");
    assert!(by_showing > 100 && by_being_alone > 100, "{by_showing} and {by_being_alone}");
}

/// Two boxes at which phones do the same; at one of them somebody presses now and then. As long as that makes nobody host,
/// both answer every phone alike, to the letter.
#[test]
fn no_phone_learns_of_a_press_that_does_not_make_it_host() {
    let mut dice = Dice(11);
    let (mut presses, mut shown, mut opened) = (0, 0, 0);
    for round in 0..400 {
        let (mut pressed, mut calm) = (pairing(), pairing());
        let mut now_ms = 0;
        for n in 0..200 {
            now_ms += dice.pause_ms();
            let now = at(now_ms);
            if dice.below(3) == 0 {
                match pressed.press(now) {
                    Outcome::Paired { .. } => break,
                    Outcome::Shown { .. } => shown += 1,
                    Outcome::Opened | Outcome::Late { .. } => opened += 1,
                    _ => {}
                }
                presses += 1;
            } else {
                let seed = dice.0;
                let there = act(&mut Dice(seed), &mut pressed, now, n);
                let here = act(&mut dice, &mut calm, now, n);
                assert_eq!(there, here, "round {round}, step {n}");
            }
            for n in n.saturating_sub(40)..=n {
                let states = [&mut pressed, &mut calm].map(|pairing| pairing.state(now, &[fresh(n)]));
                assert_eq!(states[0], states[1], "round {round}, phone {n}");
            }
        }
    }
    println!("{presses} presses, of which {shown} showed a number and {opened} had people asked");
    assert!(shown > 100 && opened > 100, "{shown} and {opened}");
}

/// An owner who asks at `start_ms` and presses as the box tells; `false` if their request ran out before they were host.
fn owner_gets_through(pairing: &mut Pairing, start_ms: u64, mut phones: impl FnMut(&mut Pairing, u64)) -> bool {
    const OWNER: u8 = 200;
    let mut own = None;
    let mut press_ms = start_ms + 2_000;
    for now_ms in (start_ms..start_ms + WAIT_MS).step_by(500) {
        phones(pairing, now_ms);
        if now_ms == start_ms {
            let asks = ask(pairing, now_ms, OWNER).expect("an owner who has not asked before may");
            own = if let State::Asking { label, .. } = asks { Some(label) } else { None };
        } else if now_ms >= press_ms {
            match pairing.press(at(now_ms)) {
                Outcome::Paired { label, .. } => return Some(label) == own,
                Outcome::Shown { label, .. } if Some(label) == own => press_ms = now_ms + 2_000,
                // Somebody else's: when it is no longer shown, the next.
                Outcome::Shown { .. } => press_ms = now_ms + CONFIRM_MS + 500,
                Outcome::SamePress => press_ms = now_ms + 500,
                other => panic!("at {now_ms} ms: {other:?}"),
            }
        }
    }
    false
}

/// Asks from these addresses, each as soon as its last request is about to end, for 20 minutes.
fn flood(addresses: std::ops::RangeInclusive<u8>) -> impl FnMut(&mut Pairing, u64) {
    let (mut n, mut due_ms) = (1_000, 0);
    move |pairing, now_ms| {
        while due_ms <= now_ms {
            for address in addresses.clone() {
                n += 1;
                // Refused or not: it tries again.
                _ = pairing.ask(at(due_ms), fresh(n), phone(address), &NONE);
            }
            due_ms += 50_000;
        }
    }
}

#[test]
fn neither_one_phone_that_asks_without_end_nor_eight_keep_the_owner_out() {
    for addresses in [1..=1, 1..=8, 1..=30] {
        for start_s in (0..1_200).step_by(7) {
            let (mut pairing, mut others) = (pairing(), flood(addresses.clone()));
            others(&mut pairing, start_s * 1_000);
            let through = owner_gets_through(&mut pairing, start_s * 1_000, &mut others);
            assert!(through, "asked at {start_s} s, beside {addresses:?}: {:?}", pairing.hosts());
            assert_eq!(pairing.hosts().len(), 1, "and nobody else is host");
        }
    }
}

/// However an address asks, by the second or at random: it waits for no longer than it may within any such time, and may ask
/// again when it was told.
#[test]
fn no_address_waits_longer_than_it_may() {
    let mut dice = Dice(3);
    for round in 0..40 {
        let mut pairing = pairing();
        let (mut now_ms, mut told) = (0, 0);
        let mut waits: Vec<(u64, u64)> = Vec::new();
        for n in 0..600 {
            now_ms += if round == 0 { 1_000 } else { dice.below(20_000) };
            let mut answer = pairing.ask(at(now_ms), fresh(n), phone(1), &NONE);
            if let Err(AskError::TooOften { retry_ms }) = answer
                && dice.below(3) == 0
            {
                now_ms += retry_ms;
                told += 1;
                answer = pairing.ask(at(now_ms), fresh(n), phone(1), &NONE);
                assert!(answer.is_ok(), "round {round}: {answer:?}, told to wait for {retry_ms} ms");
            }
            if answer.is_err() {
                continue;
            }
            if let Some(last) = waits.last_mut() {
                last.1 = last.1.min(now_ms);
            }
            let is_taken_back = dice.below(4) == 0;
            if is_taken_back {
                pairing.abort(at(now_ms), &[fresh(n)]);
            }
            waits.push((now_ms, if is_taken_back { now_ms } else { now_ms + WAIT_MS }));
        }
        for &(_, end) in &waits {
            let begin = end.saturating_sub(ASKED_WITHIN_MS);
            let waited: u64 = waits.iter().map(|wait| wait.1.min(end).saturating_sub(wait.0.max(begin))).sum();
            assert!(waited <= ASKING_MS_MAX, "round {round}: {waited} ms before {end} ms");
        }
        assert!(waits.len() > 10 && told > 5, "{} requests, told {told} times", waits.len());
    }
}
