//! Peers that send: what of theirs is handed on, and when they are gone.

use std::sync::{Arc, Mutex};

use base::{PacketInlet, SentPacket};

use super::world::{World, named, stream_id};
use crate::api::{OfferError, Patched, SendOffer, SessionError, SessionId};
use crate::sim::Setup;

/// Keeps what arrives, and whether more may come.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Vec<u8>>>>, Arc<()>);

impl PacketInlet for Kept {
    fn take(&mut self, packet: SentPacket<'_>) {
        self.0.lock().unwrap().push(packet.payload.to_vec());
    }
}

impl Kept {
    fn payloads(&self) -> Vec<Vec<u8>> {
        self.0.lock().unwrap().clone()
    }

    fn is_open(&self) -> bool {
        Arc::strong_count(&self.1) > 1
    }
}

fn offer(world: &World, sdp: String, kept: &Kept) -> SendOffer {
    let (local_addr, remote_addr) = (world.box_address.ip(), "10.0.9.9".parse().unwrap());
    let inlet = Box::new(kept.clone());
    SendOffer { stream: stream_id(), sdp, local_addr, remote_addr, guest: None, refuses_video: false, inlet }
}

/// A sender that has joined: its number among the phones, its session, and where its packets go.
fn sender(world: &mut World, setup: Setup) -> (usize, SessionId, Kept) {
    let (kept, n) = (Kept::default(), world.phones.len());
    let mut phone = world.new_phone(n, setup);
    let asked = offer(world, phone.offer_to_send(), &kept);
    let answer = world.engine.send(world.now, asked).unwrap();
    assert!(answer.sdp.contains("a=recvonly\r\n"), "{}", answer.sdp);
    assert!(phone.answer(world.now, &answer.sdp, world.box_address));
    world.phones.push((std::net::SocketAddr::from(([10, 0, 9, n as u8], 40_000)), phone));
    world.settle();
    assert!(world.phones[n].1.is_joined(), "{setup:?}");
    (n, answer.session, kept)
}

#[test]
fn what_a_sender_sends_is_handed_on_whoever_began_the_handshake() {
    for setup in [Setup::Actpass, Setup::Active, Setup::Passive] {
        let mut world = World::new();
        let (listener, _) = world.join(None);
        let (n, _, kept) = sender(&mut world, setup);
        for index in 65_534..65_540 {
            world.phones[n].1.send_sound(index, index as u32 * 960, &index.to_be_bytes());
        }
        // A packet that comes twice counts once.
        world.phones[n].1.send_sound(65_539, 0, b"again");
        world.settle();
        assert_eq!(kept.payloads(), (65_534..65_540_u64).map(|index| index.to_be_bytes().to_vec()).collect::<Vec<_>>());
        let stats = world.engine.stats();
        assert_eq!((stats.sender_joins_total, stats.packets_received_total), (1, 6), "{setup:?}");
        assert_eq!((world.listening(), stats.joins_total), (1, 1), "a sender is no listener");
        assert_eq!(world.engine.listeners().len(), 1);
        world.play(10);
        assert!(!world.phones[listener].1.heard.is_empty());
        assert!(
            world.phones[n].1.heard.is_empty() && world.phones[n].1.reports.is_empty(),
            "and nothing is sent to it"
        );
    }
}

#[test]
fn sound_is_a_sign_of_life_and_silence_is_none() {
    let mut world = World::new();
    let (n, _, kept) = sender(&mut world, Setup::Actpass);
    world.phones[n].1.is_deaf = true;
    for second in 0..60 {
        world.phones[n].1.send_sound(second, 0, b"sound");
        world.pass(1_000, false);
        assert!(kept.is_open(), "second {second}");
    }
    world.pass(31_000, false);
    assert!(!kept.is_open());
    assert_eq!(world.engine.stats().lost_total, 1);
}

#[test]
fn a_sender_ends_with_its_session_its_channel_or_itself() {
    let mut world = World::new();
    let (n, session, kept) = sender(&mut world, Setup::Actpass);
    world.engine.delete(world.now, session, &mut world.out).unwrap();
    world.settle();
    assert!(!kept.is_open() && world.phones[n].1.ended.is_some());
    let (n, _, kept) = sender(&mut world, Setup::Actpass);
    world.phones[n].1.close();
    world.settle();
    assert!(!kept.is_open());
    let (_, _, kept) = sender(&mut world, Setup::Actpass);
    let other = world.add("other", 1);
    world.remove(stream_id(), Some(other));
    assert!(!kept.is_open(), "it is not moved as listeners are");
}

#[test]
fn a_sender_cannot_be_steered_like_a_listener() {
    let mut world = World::new();
    let (_, session, kept) = sender(&mut world, Setup::Actpass);
    let other = world.add("other", 1);
    assert_eq!(world.engine.switch(world.now, session, other, &mut world.out), Err(SessionError::Unknown));
    assert_eq!(world.engine.set_duration(session, base::PacketDuration::Ms40), Err(SessionError::Unknown));
    let candidates = "a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n";
    assert_eq!(world.engine.patch(session, candidates, None), Ok(Patched::Trickled));
    let anew = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n";
    assert_eq!(world.engine.patch(session, anew, None), Err(SessionError::NoRestart));
    assert!(kept.is_open());
    assert!(!world.engine.wants(stream_id(), base::PacketDuration::Ms20), "nothing is encoded for it");
}

#[test]
fn a_refused_sender_leaves_nothing_behind() {
    let mut world = World::new();
    let kept = Kept::default();
    let listens = offer(&world, world.sdp(), &kept);
    assert!(matches!(world.engine.send(world.now, listens), Err(OfferError::NotAcceptable(_))));
    let asked = SendOffer { stream: named("nowhere"), ..offer(&world, world.sdp(), &kept) };
    assert!(matches!(world.engine.send(world.now, asked), Err(OfferError::UnknownStream)));
    assert!(!kept.is_open());
    assert_eq!(world.engine.stats().handshaking, 0);
}
