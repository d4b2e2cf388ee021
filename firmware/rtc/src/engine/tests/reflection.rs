//! What the box sends to addresses that nobody has proven: never a byte more than came from there, in any state of a session.

use std::net::SocketAddr;

use super::world::World;
use crate::config::{CONSENT_MS_MAX, HANDSHAKE_MS_MAX};
use crate::networks::Networks;
use crate::sim::Setup;

/// Somebody who has nothing to do with the party, as a forged sender names it.
fn victim() -> SocketAddr {
    "10.0.9.9:9".parse().unwrap()
}

/// A check of phone `n` as it would send it now.
fn check_of(world: &mut World, n: usize) -> Vec<u8> {
    let kept = world.phones[n].1.outbox.take();
    world.phones[n].1.check();
    let check = world.phones[n].1.outbox.take().remove(0).1;
    world.phones[n].1.outbox.datagrams = kept;
    check
}

/// Hands the box `bytes` as if they came from the victim; returns how many bytes the victim gets at once.
fn forge(world: &mut World, bytes: &[u8]) -> usize {
    let before = std::mem::take(&mut world.out.datagrams);
    world.engine.handle_datagram(world.now, victim(), &mut bytes.to_vec(), &mut world.out);
    let sent = world.out.datagrams.iter().filter(|(to, _)| *to == victim()).map(|(_, bytes)| bytes.len()).sum();
    world.out.datagrams.splice(0..0, before);
    sent
}

#[test]
fn whoever_knows_the_password_gets_a_victim_no_more_bytes_than_it_spends_before_joining() {
    for setup in [Setup::Actpass, Setup::Active, Setup::Passive] {
        for checks in [1, 2, 30] {
            let mut world = World::new();
            let (n, _) = world.phone(setup, None);
            let check = check_of(&mut world, n);
            world.phones[n].1.outbox.take();
            let mut spent = 0;
            for _ in 0..checks {
                spent += check.len();
                forge(&mut world, &check);
                // A hello, a report, garbage: none of it counts from there.
                for other in [vec![22; 200], vec![0x80, 201, 0, 7], vec![0x80; 40]] {
                    assert_eq!(forge(&mut world, &other), 0);
                    spent += other.len();
                }
                world.pass(100, false);
            }
            world.pass(HANDSHAKE_MS_MAX + 1_000, false);
            let checks_spent = check.len() * checks;
            assert!(world.strayed <= checks_spent, "{setup:?}: {} bytes for {checks_spent}", world.strayed);
            let ratio = world.strayed as f64 / checks_spent as f64;
            println!("{setup:?}, {checks} forged checks before joining: {ratio:.2} bytes sent for each");
            assert!(world.strayed > 0 && spent > 0, "it is asked");
            assert_eq!(world.engine.stats().joins_total, 0);
        }
    }
}

#[test]
fn a_joined_guest_gets_a_victim_no_sound_and_no_more_bytes_than_it_spends() {
    let mut world = World::new();
    let (n, _) = world.join(None);
    world.phones[n].1.heard.clear();
    let (mut spent, before) = (0, world.strayed);
    for _ in 0..50 {
        let check = check_of(&mut world, n);
        spent += check.len();
        forge(&mut world, &check);
        world.play(10);
    }
    assert!(world.strayed - before <= spent, "{} bytes for {spent}", world.strayed - before);
    println!("joined: {:.2} bytes sent for each", (world.strayed - before) as f64 / spent as f64);
    assert_eq!(world.phones[n].1.heard.len(), 250, "the sound goes on where it went");
}

#[test]
fn only_the_number_that_was_sent_there_proves_an_address() {
    let mut world = World::new();
    let (n, _) = world.join(None);
    let check = check_of(&mut world, n);
    // Asked at its own address, it answers; with another number, and from elsewhere, that is no answer.
    let own = world.phones[n].0;
    world.phones[n].0 = "10.0.9.8:1".parse().unwrap();
    world.phones[n].1.check();
    let (_, mut question) = {
        let from = world.phones[n].0;
        let (_, mut bytes) = world.phones[n].1.outbox.take().remove(0);
        world.engine.handle_datagram(world.now, from, &mut bytes, &mut world.out);
        world.out.take().remove(0)
    };
    world.phones[n].1.receive(world.now, &mut question);
    let (_, answer) = world.phones[n].1.outbox.take().remove(0);
    world.phones[n].0 = own;
    let spent = check.len();
    forge(&mut world, &check);
    assert_eq!(forge(&mut world, &answer), 0, "another address's number");
    for at in 8..20 {
        let mut guessed = answer.clone();
        guessed[at] ^= 1;
        assert_eq!(forge(&mut world, &guessed), 0, "a number that was not asked");
    }
    world.out.take();
    world.play(20);
    assert!(world.strayed <= spent, "no sound for it");
}

#[test]
fn sound_follows_a_phone_after_one_more_round_trip_and_goes_on_at_the_old_address_until_then() {
    let mut world = World::new();
    let (n, _) = world.join(None);
    world.phones[n].1.heard.clear();
    let (old, new) = (world.phones[n].0, "10.0.9.9:1234".parse().unwrap());
    world.phones[n].1.check();
    let (_, mut check) = world.phones[n].1.outbox.take().remove(0);
    world.engine.handle_datagram(world.now, new, &mut check, &mut world.out);
    let asked = world.out.take();
    assert!(asked.len() == 1 && asked[0].0 == new && asked[0].1.len() <= check.len());
    world.block();
    world.block();
    assert!(world.out.take().iter().all(|(to, _)| *to == old), "sound goes on");
    world.phones[n].0 = new;
    world.phones[n].1.receive(world.now, &mut asked[0].1.clone());
    let answered = world.phones[n].1.checks_answered;
    world.settle();
    assert_eq!(world.phones[n].1.checks_answered, answered + 1, "its check is answered with the proof");
    world.play(4);
    assert_eq!(world.phones[n].1.heard.len(), 2);
    // And back again, where it is still known: at once.
    world.phones[n].0 = old;
    world.phones[n].1.check();
    world.settle();
    world.play(4);
    assert_eq!(world.phones[n].1.heard.len(), 4);
}

#[test]
fn a_listener_that_answers_no_question_is_let_go_whatever_else_it_sends() {
    let mut world = World::new();
    let (n, _) = world.join(None);
    world.phones[n].1.is_deaf = true;
    for _ in 0..CONSENT_MS_MAX / 1_000 {
        world.pass(1_000, true);
        world.phones[n].1.report(0, 0, 0);
        world.settle();
    }
    world.pass(1_000, true);
    assert_eq!((world.listening(), world.engine.stats().lost_total), (0, 1));
}

#[test]
fn sound_stops_where_it_is_refused_and_goes_on_as_soon_as_the_phone_answers() {
    let mut world = World::new();
    let (n, _) = world.join(None);
    let at = world.phones[n].0;
    // A refusal that was forged: the phone is there and is heard again after a round trip.
    world.engine.handle_refusal(world.now, at, &mut world.out);
    world.settle();
    world.phones[n].1.heard.clear();
    world.play(4);
    assert_eq!(world.phones[n].1.heard.len(), 2);
    // More of them within a second cost nothing.
    world.engine.handle_refusal(world.now, at, &mut world.out);
    assert!(world.out.take().is_empty());
    world.play(4);
    assert_eq!(world.phones[n].1.heard.len(), 4);
    // A phone that is gone: one question, and then not a byte.
    world.pass(2_000, false);
    world.phones[n].1.is_deaf = true;
    world.engine.handle_refusal(world.now, at, &mut world.out);
    assert_eq!(world.out.take().len(), 1);
    let sent = {
        world.play(100);
        world.pass(CONSENT_MS_MAX - 5_000, false);
        world.engine.handle_refusal(world.now, at, &mut world.out);
        world.settle()
    };
    assert_eq!((sent, world.engine.stats().refused_total), (0, 4));
    world.pass(10_000, false);
    assert_eq!((world.listening(), world.engine.stats().lost_total), (0, 1));
}

#[test]
fn nothing_is_sent_outside_the_guests_own_networks() {
    let mut world = World::new();
    world.engine.set_networks(Networks::new([("10.0.0.0".parse().unwrap(), 16)]));
    let (n, _) = world.join(None);
    let check = check_of(&mut world, n);
    let outside: SocketAddr = "203.0.113.7:3478".parse().unwrap();
    world.engine.handle_datagram(world.now, outside, &mut check.clone(), &mut world.out);
    assert!(world.out.take().is_empty());
    world.play(4);
    assert_eq!(world.phones[n].1.heard.len(), 2, "the others hear on");
}

#[test]
fn a_phone_proves_its_address_among_many_that_are_forged_in_its_name() {
    let mut world = World::new();
    let (n, _) = world.phone(Setup::Actpass, None);
    let check = check_of(&mut world, n);
    world.phones[n].1.outbox.take();
    for round in 0..3_u8 {
        for other in 0..20 {
            let other = SocketAddr::from(([10, 0, 50 + round, other], 9));
            world.engine.handle_datagram(world.now, other, &mut check.clone(), &mut world.out);
        }
        world.out.take();
        world.phones[n].1.check();
        world.settle();
    }
    world.pass(1_000, false);
    assert!(world.phones[n].1.is_joined());
}
