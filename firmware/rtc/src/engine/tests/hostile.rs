//! What strangers and guests may try: nothing is told to whoever has not proven itself.

use std::net::SocketAddr;

use super::world::World;
use crate::config::HANDSHAKE_MS_MAX;
use crate::sim::Setup;

fn stranger() -> SocketAddr {
    "10.9.9.9:9".parse().unwrap()
}

#[test]
fn strangers_get_not_a_byte() {
    let mut world = World::new();
    let (n, _) = world.phone(Setup::Actpass, None);
    let check = world.phones[n].1.outbox.datagrams[0].1.clone();
    // Without its checksum, so that only the proof is wrong.
    let mut bad_integrity = check[..check.len() - 8].to_vec();
    bad_integrity[3] -= 8;
    *bad_integrity.last_mut().unwrap() ^= 1;
    let mut unknown = check.clone();
    unknown[24] ^= 1;
    let mut bare = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    bare.extend([7; 12]);
    let client_hello: Vec<u8> = [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 30].into_iter().chain([1; 30]).collect();
    let mut tries = vec![bad_integrity, unknown, bare, client_hello, vec![0x80; 40], vec![0x80, 201, 0, 1], vec![]];
    tries.extend((0..=255).map(|first| vec![first; 30]));
    for mut bytes in tries {
        world.engine.handle_datagram(world.now, stranger(), &mut bytes, &mut world.out);
        assert!(world.out.take().is_empty(), "{bytes:?}");
    }
    assert!(world.engine.stats().strangers_total > 200);
    world.settle();
    assert!(world.phones[n].1.is_joined(), "the true phone is not disturbed");
}

#[test]
fn a_client_hello_from_elsewhere_does_not_disturb_a_join() {
    let mut world = World::new();
    let (n, _) = world.phone(Setup::Actpass, None);
    world.prove(n);
    let hellos = world.phones[n].1.outbox.datagrams.clone();
    for (_, hello) in hellos {
        world.engine.handle_datagram(world.now, stranger(), &mut hello.clone(), &mut world.out);
        assert!(world.out.take().is_empty());
    }
    world.settle();
    assert!(world.phones[n].1.is_joined());
}

#[test]
fn a_phone_with_another_certificate_than_it_said_does_not_join() {
    let mut world = World::new();
    let (n, _) = world.phone(Setup::Actpass, None);
    let mut offer = world.phones[n].1.offer();
    let at = offer.find("sha-256 ").unwrap() + 8;
    let other = if &offer[at..at + 2] == "00" { "01" } else { "00" };
    offer.replace_range(at..at + 2, other);
    let answer = world.offer_of(offer, world.phones[n].0.ip(), None).unwrap();
    world.phones[n].1.outbox.take();
    let (now, to) = (world.now, world.box_address);
    assert!(world.phones[n].1.answer(now, &answer.sdp, to));
    world.settle();
    // It might be forged, so the true one is waited for.
    world.pass(HANDSHAKE_MS_MAX, false);
    assert_eq!(world.engine.stats().joins_total, 0);
    assert_eq!(world.engine.stats().handshaking, 0);
}

#[test]
fn an_answer_to_a_check_is_not_larger_than_the_check() {
    let mut world = World::new();
    let (n, _) = world.phone(Setup::Actpass, None);
    let (_, mut check) = world.phones[n].1.outbox.take().remove(0);
    let from = world.phones[n].0;
    world.engine.handle_datagram(world.now, from, &mut check, &mut world.out);
    let replies = world.out.take();
    assert!(replies.len() == 1 && replies[0].1.len() <= check.len());
}

#[test]
fn a_replayed_report_and_a_forged_bye_change_nothing() {
    let mut world = World::new();
    let (n, _) = world.join(None);
    world.play(4);
    world.phones[n].1.report(0, 0, 0);
    let (_, report) = world.phones[n].1.outbox.datagrams[0].clone();
    world.settle();
    let before = world.engine.stats().strangers_total;
    let from = world.phones[n].0;
    world.engine.handle_datagram(world.now, from, &mut report.clone(), &mut world.out);
    let mut bye = vec![0x81, 203, 0, 1, 0, 0, 0, 1];
    bye.extend([0; 30]);
    world.engine.handle_datagram(world.now, from, &mut bye, &mut world.out);
    assert_eq!(world.engine.stats().strangers_total, before + 2);
    assert_eq!(world.listening(), 1);
}

#[test]
fn a_guest_cannot_take_the_address_of_another() {
    let mut world = World::new();
    let (a, _) = world.join(None);
    let (b, _) = world.join(None);
    let victim = world.phones[a].0;
    world.phones[b].1.check();
    let (_, mut check) = world.phones[b].1.outbox.take().remove(0);
    world.engine.handle_datagram(world.now, victim, &mut check, &mut world.out);
    assert!(world.out.take().is_empty());
    world.play(4);
    assert_eq!((world.phones[a].1.heard.len(), world.phones[b].1.heard.len()), (2, 2));
}

#[test]
fn damaged_datagrams_of_a_guest_end_at_most_its_own_session() {
    let mut world = World::new();
    let (a, _) = world.join(None);
    let (b, _) = world.join(None);
    world.phones[b].1.report(0, 0, 0);
    world.phones[b].1.check();
    world.phones[b].1.close();
    let samples = world.phones[b].1.outbox.take();
    let from = world.phones[b].0;
    for (_, sample) in samples {
        for at in 0..sample.len() {
            for flip in [1, 0x80, 0xff] {
                let mut bytes = sample.clone();
                bytes[at] ^= flip;
                world.engine.handle_datagram(world.now, from, &mut bytes, &mut world.out);
                world.engine.handle_datagram(world.now, from, &mut sample.clone()[..at], &mut world.out);
            }
        }
    }
    world.out.take();
    assert_eq!(world.engine.stats().faults_total, 0);
    world.play(4);
    assert_eq!(world.phones[a].1.heard.len(), 2);
}

#[test]
fn ten_thousand_spoofed_hellos_during_a_hundred_joins_lose_none() {
    let mut world = World::new();
    let phones: Vec<_> = (0..100).map(|_| world.phone(Setup::Actpass, None).0).collect();
    // A true hello, as anybody can record one, from addresses that no check has proven: strangers' and phones' own.
    let mut other = World::new();
    let (n, _) = other.phone(Setup::Actpass, None);
    other.prove(n);
    let (_, hello) = other.phones[n].1.outbox.take().remove(0);
    let mut spoofed = 0_u32;
    for &n in &phones {
        for _ in 0..100 {
            let [_, b, c, d] = spoofed.to_be_bytes();
            let stranger = SocketAddr::from(([172, 16 | b, c, d], 5_000));
            let from = if spoofed.is_multiple_of(2) { stranger } else { world.phones[n].0 };
            world.engine.handle_datagram(world.now, from, &mut hello.clone(), &mut world.out);
            assert!(world.out.take().is_empty(), "not a byte for {from}");
            spoofed += 1;
        }
        // Carries every phone's datagrams one step on: handshakes and spoofed hellos overlap.
        let at = world.phones[n].0;
        for (_, mut bytes) in world.phones[n].1.outbox.take() {
            world.engine.handle_datagram(world.now, at, &mut bytes, &mut world.out);
        }
        for (to, mut bytes) in world.out.take() {
            assert_eq!(to, at);
            world.phones[n].1.receive(world.now, &mut bytes);
        }
    }
    world.settle();
    let stats = world.engine.stats();
    assert_eq!((spoofed, stats.joins_total, stats.handshake_failures_total), (10_000, 100, 0));
    assert_eq!(stats.strangers_total, 10_000);
    println!("{spoofed} hellos from unproven addresses during {} joins: none lost, not a byte sent", phones.len());
}

#[test]
fn forged_alerts_and_garbage_from_a_phones_own_address_do_not_end_its_handshake() {
    let head = |kind: u8, len: u8| vec![kind, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, len];
    let mut forgeries: Vec<Vec<u8>> = (20..64).map(|first| vec![first; 30]).collect();
    for kind in [20, 21, 23, 24, 25] {
        forgeries.extend([[head(kind, 30), vec![1; 30]].concat(), [head(kind, 2), vec![2, 40]].concat()]);
        forgeries.extend([head(kind, 30), head(kind, 0)]);
    }
    for forgery in forgeries {
        let mut world = World::new();
        let (n, _) = world.phone(Setup::Actpass, None);
        let from = world.phones[n].0;
        // The check and our question; the forgery; the answer; the forgery again; the true hello; and so on.
        for _ in 0..4 {
            for (_, mut bytes) in world.phones[n].1.outbox.take() {
                world.engine.handle_datagram(world.now, from, &mut bytes, &mut world.out);
            }
            world.engine.handle_datagram(world.now, from, &mut forgery.clone(), &mut world.out);
            for (_, mut bytes) in world.out.take() {
                world.phones[n].1.receive(world.now, &mut bytes);
            }
        }
        world.settle();
        world.pass(2_000, false);
        assert_eq!(world.engine.stats().joins_total, 1, "{forgery:?}");
    }
}

/// Lets a phone join while each of `forged` comes from its own address before datagram `at` of the phone; returns how
/// many datagrams the phone sent until it had joined.
fn join_beside(forged: &[Vec<u8>], at: usize) -> usize {
    let mut world = World::new();
    let (n, _) = world.phone(Setup::Actpass, None);
    let from = world.phones[n].0;
    let mut sent = 0;
    while !world.phones[n].1.outbox.datagrams.is_empty() {
        for (_, mut bytes) in world.phones[n].1.outbox.take() {
            if sent == at {
                for forgery in forged {
                    world.engine.handle_datagram(world.now, from, &mut forgery.clone(), &mut world.out);
                }
            }
            sent += 1;
            world.engine.handle_datagram(world.now, from, &mut bytes, &mut world.out);
        }
        for (_, mut bytes) in world.out.take() {
            world.phones[n].1.receive(world.now, &mut bytes);
        }
    }
    world.settle();
    world.pass(2_000, false);
    let stats = world.engine.stats();
    assert_eq!((stats.joins_total, stats.faults_total), (1, 0), "before datagram {at}: {:?}", forged.first());
    world.phones[n].1.heard.clear();
    world.play(2);
    assert_eq!(world.phones[n].1.heard.len(), 1, "before datagram {at}: {:?}", forged.first());
    sent
}

/// A plaintext handshake record with one message of `length`, of which `body` is carried from `offset` on.
fn handshake_record(kind: u8, sequence: u8, length: u8, offset: u8, body: &[u8]) -> Vec<u8> {
    let message = [kind, 0, 0, length, 0, sequence, 0, 0, offset, 0, 0, body.len() as u8];
    let header = [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, (message.len() + body.len()) as u8];
    [&header[..], &message, body].concat()
}

#[test]
fn no_forged_handshake_message_from_a_phones_own_address_ends_its_join_at_any_stage() {
    let stages = join_beside(&[], usize::MAX);
    assert!(stages >= 4, "a check, an answer, a hello, and the rest");
    for kind in [0, 1, 2, 3, 4, 11, 12, 13, 14, 15, 16, 20, 24, 99] {
        for sequence in 0..4 {
            let body = [1; 30];
            let whole = handshake_record(kind, sequence, 30, 0, &body);
            let start = handshake_record(kind, sequence, 90, 0, &body);
            let middle = handshake_record(kind, sequence, 90, 30, &body);
            let empty = handshake_record(kind, sequence, 0, 0, &[]);
            // As a certificate this one is well-formed.
            let list = [&[0, 0, 27, 0, 0, 24][..], &[1; 24]].concat();
            let certificate = handshake_record(kind, sequence, 30, 0, &list);
            for at in 0..stages {
                let forged = [&whole, &start, &middle, &empty, &certificate].map(Vec::clone);
                join_beside(&forged, at);
            }
        }
    }
}

#[test]
fn true_hellos_of_others_from_a_phones_own_address_do_not_end_its_join() {
    for at in 0..join_beside(&[], usize::MAX) {
        join_beside(&[true_hello(), true_hello(), true_hello()], at);
    }
}

/// The hello of a phone of its own.
fn true_hello() -> Vec<u8> {
    let mut world = World::new();
    let (n, _) = world.phone(Setup::Actpass, None);
    world.prove(n);
    world.phones[n].1.outbox.take().remove(0).1
}

#[test]
fn every_forged_hello_draws_the_same_request_and_no_handshake() {
    let mut world = World::new();
    let (n, _) = world.phone(Setup::Actpass, None);
    world.prove(n);
    let from = world.phones[n].0;
    let mut drawn = Vec::new();
    for forged in [true_hello(), true_hello(), true_hello()] {
        for _ in 0..100 {
            world.engine.handle_datagram(world.now, from, &mut forged.clone(), &mut world.out);
            for (to, request) in world.out.take() {
                assert_eq!(to, from);
                assert!(request.len() <= forged.len(), "not a byte more than came");
                drawn.push(request);
            }
        }
    }
    assert_eq!(drawn.len(), 300, "one for each");
    drawn.dedup();
    assert_eq!(drawn.len(), 1, "the phone takes all but the first for repeated");
    // An echo of another cookie, as somebody else was sent one, is nothing.
    let mut other = World::new();
    let (m, _) = other.phone(Setup::Actpass, None);
    other.prove(m);
    let at = other.phones[m].0;
    let mut echo = None;
    for _ in 0..2 {
        let (_, bytes) = other.phones[m].1.outbox.take().remove(0);
        other.engine.handle_datagram(other.now, at, &mut bytes.clone(), &mut other.out);
        for (_, mut bytes) in other.out.take() {
            other.phones[m].1.receive(other.now, &mut bytes);
        }
        echo = Some(bytes);
    }
    let mut echo = echo.unwrap();
    world.engine.handle_datagram(world.now, from, &mut echo, &mut world.out);
    assert_eq!(world.out.take(), []);
    world.settle();
    assert_eq!(world.engine.stats().joins_total, 1);
}
