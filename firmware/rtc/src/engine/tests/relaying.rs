//! Streams that are a sender's as it came: every payload to every listener, in the sender's numbering, over one source.

use base::{PacketDuration, PacketInlet, SentPacket, StreamId};

use super::world::{World, named, stream_id};
use crate::api::{OfferError, SendOffer};
use crate::sim::{Heard, Setup};

/// An Opus packet of 20 ms (its first byte says so) that names its number.
fn payload(n: u64) -> Vec<u8> {
    [&[0xfc][..], &n.to_be_bytes(), &vec![n as u8; 90 + n as usize % 80]].concat()
}

struct Nowhere;

impl PacketInlet for Nowhere {
    fn take(&mut self, _: SentPacket<'_>) {}
}

/// A box with a relayed stream, and its sender: its number among the phones.
fn relayed(world: &mut World, id: &str) -> (StreamId, usize) {
    let stream = named(id);
    world.engine.add_relayed(stream).unwrap();
    let n = world.phones.len();
    let mut phone = world.new_phone(n, Setup::Actpass);
    let (local_addr, remote_addr) = (world.box_address.ip(), [10, 0, 9, n as u8].into());
    let (sdp, inlet) = (phone.offer_to_send(), Box::new(Nowhere));
    let offer = SendOffer { stream, sdp, local_addr, remote_addr, guest: None, refuses_video: false, inlet };
    let answer = world.engine.send(world.now, offer).unwrap();
    assert!(phone.answer(world.now, &answer.sdp, world.box_address));
    world.phones.push((std::net::SocketAddr::from(([10, 0, 9, n as u8], 40_000)), phone));
    world.settle();
    assert!(world.phones[n].1.is_joined());
    (stream, n)
}

/// Lets the sender send these, 20 ms apart, each with its own place in its time.
fn send(world: &mut World, sender: usize, numbers: impl IntoIterator<Item = u64>) {
    for n in numbers {
        world.pass(20, true);
        world.phones[sender].1.send_sound(n, n as u32 * 960, &payload(n));
        world.settle();
    }
}

/// What phone `n` has heard: the places in its numbering since the first, and the payloads.
fn heard(world: &World, n: usize) -> Vec<(u16, Vec<u8>)> {
    let all: &[Heard] = &world.phones[n].1.heard;
    all.iter().map(|one| (one.sequence.wrapping_sub(all[0].sequence), one.payload.clone())).collect()
}

#[test]
fn every_listener_hears_what_was_sent_byte_for_byte_and_in_the_senders_numbering() {
    let mut world = World::new();
    let (stream, sender) = relayed(&mut world, "stream_a");
    let durations = PacketDuration::ALL.into_iter().cycle().take(50);
    let listeners: Vec<usize> = durations.map(|d| world.join_to(stream, Some(d)).0).collect();
    send(&mut world, sender, 65_500..65_600);
    let sent: Vec<(u16, Vec<u8>)> = (0..100).map(|n| (n as u16, payload(65_500 + n))).collect();
    for n in listeners {
        assert_eq!(heard(&world, n), sent);
        let all = &world.phones[n].1.heard;
        assert!(all.windows(2).all(|two| two[1].timestamp.wrapping_sub(two[0].timestamp) == 960));
        assert!(all.iter().all(|one| one.ssrc == all[0].ssrc && one.payload_type == 111));
    }
    let stats = world.engine.stats();
    assert_eq!(
        (stats.packets_received_total, stats.packets_relayed_total, stats.packets_sent_total),
        (100, 100, 5_000)
    );
    assert!(!world.phones[sender].1.heard.iter().any(|_| true), "the sender hears nothing");
}

#[test]
fn what_is_lost_on_the_way_here_is_a_hole_and_what_comes_late_fills_it() {
    let mut world = World::new();
    let (stream, sender) = relayed(&mut world, "stream_a");
    let (n, _) = world.join_to(stream, None);
    send(&mut world, sender, [10, 11, 14, 15]);
    let (late, _) = world.join_to(stream, None);
    send(&mut world, sender, [12, 16, 12, 18, 17]);
    let places = |n| heard(&world, n).into_iter().map(|(place, _)| place).collect::<Vec<_>>();
    assert_eq!(places(n), [0, 1, 4, 5, 2, 6, 8, 7]);
    for (place, bytes) in heard(&world, n) {
        assert_eq!(bytes, payload(10 + u64::from(place)), "each in its place");
    }
    assert_eq!(places(late), [0, 1, 3, 2], "of what was before it, it has the newest packet");
    // What never came cannot be sent again; what came late can.
    let first = world.phones[n].1.heard[0].sequence;
    world.phones[n].1.nack(&[first + 3]);
    world.settle();
    assert_eq!(world.engine.stats().nacks_answered_total, 0);
    world.phones[n].1.nack(&[first + 2]);
    world.settle();
    assert_eq!(world.phones[n].1.heard.last().unwrap().payload, payload(12));
}

#[test]
fn a_listener_goes_from_a_channel_to_a_relayed_stream_and_back_over_one_source() {
    let mut world = World::new();
    let (stream, sender) = relayed(&mut world, "stream_a");
    let (n, answer) = world.join(Some(PacketDuration::Ms40));
    let (mut number, mut media) = (0, 0);
    let mut both = |world: &mut World, packets: usize| {
        for _ in 0..packets {
            world.play(2);
            world.phones[sender].1.send_sound(number, media, &payload(number));
            world.settle();
            (number, media) = (number + 1, media + 960);
        }
    };
    both(&mut world, 10);
    for round in 0..6 {
        world.switch(answer.session, if round % 2 == 0 { stream } else { stream_id() });
        both(&mut world, 10);
    }
    let all = &world.phones[n].1.heard;
    for two in all.windows(2) {
        assert_eq!((two[1].ssrc, two[1].sequence), (two[0].ssrc, two[0].sequence.wrapping_add(1)));
        let step = two[1].timestamp.wrapping_sub(two[0].timestamp);
        assert!((480..=4 * 960).contains(&step), "{step} ticks");
    }
    let of_sender = all.iter().filter(|one| one.payload.first() == Some(&0xfc)).count();
    assert!((24..=30).contains(&of_sender), "{of_sender}");
    assert_eq!(all.last().unwrap().payload[0], 0, "it hears the channel again");
    assert_eq!(world.engine.listeners()[0].duration, PacketDuration::Ms40, "as long as it wants them there");
}

#[test]
fn a_removed_stream_takes_sender_and_listeners_with_it_and_nobody_else() {
    let mut world = World::new();
    let (stream, sender) = relayed(&mut world, "stream_a");
    let (n, _) = world.join_to(stream, None);
    let (stays, _) = world.join(None);
    send(&mut world, sender, 0..3);
    world.remove(stream, None);
    world.settle();
    assert!(world.phones[sender].1.ended.is_some() && world.phones[n].1.bye && !world.phones[stays].1.bye);
    assert_eq!(world.engine.stats().listeners, [(stream_id(), 1)]);
    // Its packets are nobody's any more.
    send(&mut world, sender, 3..5);
    assert_eq!(world.engine.stats().packets_relayed_total, 3);
}

#[test]
fn a_sender_of_a_channel_is_not_relayed() {
    let mut world = World::new();
    let (n, _) = world.join(None);
    let (_, sender) = relayed(&mut world, "stream_a");
    send(&mut world, sender, 0..5);
    assert!(world.phones[n].1.heard.is_empty());
}

#[test]
fn who_waits_for_an_offer_gets_one_and_hears() {
    let mut world = World::new();
    let (stream, sender) = relayed(&mut world, "stream_a");
    assert!(matches!(world.engine.invite(named("nowhere"), world.box_address.ip()), Err(OfferError::UnknownStream)));
    let invitation = world.engine.invite(stream, world.box_address.ip()).unwrap();
    for line in
        ["a=setup:actpass", "a=sendonly", "a=ice-lite", "a=group:BUNDLE 0", "a=mid:0", "a=rtpmap:111 opus/48000/2"]
    {
        assert!(invitation.sdp.contains(&format!("{line}\r\n")), "{line}: {}", invitation.sdp);
    }
    assert_eq!(world.engine.places(), (1, 1), "only the sender: an offer costs nothing");
    let n = world.phones.len();
    let mut phone = world.new_phone(n, Setup::Active);
    let address = std::net::SocketAddr::from(([10, 0, 1, n as u8], 40_000));
    let answer = |sdp: String| crate::api::Offer {
        stream,
        sdp,
        local_addr: world.box_address.ip(),
        remote_addr: address.ip(),
        guest: None,
        duration: None,
    };
    let (good, bad) = (answer(phone.offer()), answer("v=0".to_owned()));
    assert!(world.engine.accept_invitation(world.now, &bad, invitation.clone()).is_err());
    let session = world.engine.accept_invitation(world.now, &good, invitation.clone()).unwrap();
    assert_eq!(session, invitation.session);
    let twice = world.engine.accept_invitation(world.now, &good, invitation.clone());
    assert!(matches!(twice, Err(OfferError::NotAcceptable(_))), "{twice:?}");
    assert!(phone.answer(world.now, &invitation.sdp, world.box_address));
    world.phones.push((address, phone));
    world.settle();
    assert!(world.phones[n].1.is_joined());
    send(&mut world, sender, 0..10);
    assert_eq!(heard(&world, n).len(), 10);
    // Listeners are steered the same, however they came.
    world.switch(session, stream_id());
    // The sender's packets came in a time in which the channel did not play.
    world.play(60);
    assert!(heard(&world, n).len() > 12);
}
