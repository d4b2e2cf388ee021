//! Sessions that stand by: what they cost others, when they hear, when they go.

use std::net::{IpAddr, SocketAddr};

use super::world::{World, named, stream_id};
use crate::api::{Answer, Offer, OfferError, SessionError};
use crate::config::{Limits, STANDBY_MS_MAX};
use crate::sim::{Phone, Setup};

impl World {
    fn prepare(&mut self, sdp: String, from: IpAddr) -> Result<Answer, OfferError> {
        let local_addr = self.box_address.ip();
        let offer = Offer { stream: stream_id(), sdp, local_addr, remote_addr: from, guest: None, duration: None };
        self.engine.prepare(self.now, &offer)
    }

    /// A phone that stands by, with its handshake done.
    fn standing(&mut self) -> (usize, Answer) {
        let address = SocketAddr::from(([10, 0, 1, 1 + self.phones.len() as u8], 40_000));
        self.standing_at(address).unwrap()
    }

    fn standing_at(&mut self, address: SocketAddr) -> Result<(usize, Answer), OfferError> {
        let phone = self.new_phone(self.phones.len(), Setup::Actpass);
        let answer = self.prepare(phone.offer(), address.ip())?;
        Ok((self.joined(address, phone, &answer), answer))
    }

    fn listening_at(&mut self, address: SocketAddr) -> Result<usize, OfferError> {
        let phone = self.new_phone(self.phones.len(), Setup::Actpass);
        let answer = self.offer_of(phone.offer(), address.ip(), None)?;
        Ok(self.joined(address, phone, &answer))
    }

    fn joined(&mut self, address: SocketAddr, mut phone: Phone, answer: &Answer) -> usize {
        assert!(phone.answer(self.now, &answer.sdp, self.box_address));
        self.phones.push((address, phone));
        self.settle();
        let n = self.phones.len() - 1;
        assert!(self.phones[n].1.is_joined());
        n
    }
}

#[test]
fn who_stands_by_is_no_listener_and_nothing_is_encoded_for_it() {
    let mut world = World::new();
    let (n, _) = world.standing();
    world.play(10);
    assert_eq!((world.listening(), world.engine.listeners().len(), world.engine.stats().joins_total), (0, 0, 0));
    assert_eq!(world.wants(stream_id()), [false; 4]);
    assert!(world.phones[n].1.heard.is_empty());
}

#[test]
fn who_stands_by_hears_with_the_next_packet_after_it_is_switched() {
    let mut world = World::new();
    let green = world.add("green", 1);
    for stream in [stream_id(), green] {
        let (n, answer) = world.standing();
        world.switch(answer.session, stream);
        world.play(4);
        assert_eq!(world.phones[n].1.heard.len(), 2, "{stream}");
        world.hole(n);
    }
    assert_eq!((world.listening(), world.engine.stats().joins_total), (2, 2));
    assert_eq!(world.wants(green), [false, true, false, false]);
}

#[test]
fn a_tap_before_the_handshake_is_done_is_heard_when_it_is() {
    let mut world = World::new();
    let mut phone = world.new_phone(0, Setup::Actpass);
    let answer = world.prepare(phone.offer(), [10, 0, 1, 1].into()).unwrap();
    assert!(phone.answer(world.now, &answer.sdp, world.box_address));
    world.phones.push((([10, 0, 1, 1], 40_000).into(), phone));
    world.switch(answer.session, stream_id());
    assert_eq!(world.wants(stream_id()), [false, true, false, false], "it is about to join");
    (0..4).for_each(|_| world.block());
    world.settle();
    assert_eq!((world.phones[0].1.heard.len(), world.listening()), (1, 1));
}

#[test]
fn who_stands_by_for_too_long_is_told_and_goes() {
    let mut world = World::new();
    let (n, answer) = world.standing();
    world.pass(STANDBY_MS_MAX - 1_000, true);
    assert!(world.phones[n].1.ended.is_none());
    world.pass(1_100, true);
    assert!(world.phones[n].1.ended.is_some());
    assert_eq!(world.engine.switch(world.now, answer.session, stream_id(), &mut world.out), Err(SessionError::Unknown));
    assert_eq!(world.engine.stats().lost_total, 0);
    // Whoever hears by then stays.
    let (n, answer) = world.standing();
    world.switch(answer.session, stream_id());
    world.pass(STANDBY_MS_MAX + 1_000, true);
    assert!(world.phones[n].1.ended.is_none());
}

#[test]
fn who_stands_by_takes_nobodys_place_and_gives_way() {
    let mut world = World::with(Limits { listeners: 2, ..Limits::default() });
    world.join(None);
    let (_, first) = world.standing();
    let sdp = world.sdp();
    let refused = world.prepare(sdp, [10, 9, 9, 9].into());
    assert_eq!(refused.unwrap_err(), OfferError::Full { limit: 2 }, "nobody goes for who only stands by");
    assert_eq!(world.engine.stats().refusals.full_total, 0, "nobody was turned away who wanted to hear");
    world.join(None);
    assert_eq!(world.listening(), 2);
    let gone = world.engine.switch(world.now, first.session, stream_id(), &mut world.out);
    assert_eq!(gone, Err(SessionError::Unknown));
    let sdp = world.sdp();
    assert_eq!(world.offer_of(sdp, [10, 9, 9, 9].into(), None).unwrap_err(), OfferError::Full { limit: 2 });
}

#[test]
fn who_stands_by_gives_way_to_listeners_of_its_own_address() {
    let mut world = World::with(Limits { sessions_per_address: 2, ..Limits::default() });
    let at = |port| SocketAddr::from(([10, 7, 7, 7], port));
    let other = world.standing().1;
    let standing = [1, 2].map(|port| world.standing_at(at(port)).unwrap().1);
    let limit = OfferError::TooManyFromAddress { limit: 2 };
    assert_eq!(world.standing_at(at(3)).unwrap_err(), limit);
    // Who may hold two sessions earns an offer in 16 s.
    world.pass(64_000, true);
    for port in [3, 4] {
        world.listening_at(at(port)).unwrap();
    }
    assert_eq!(world.listening_at(at(5)).unwrap_err(), limit);
    let mut switch = |answer: &Answer| world.engine.switch(world.now, answer.session, stream_id(), &mut world.out);
    assert_eq!(standing.each_ref().map(&mut switch), [Err(SessionError::Unknown), Err(SessionError::Unknown)]);
    assert_eq!(switch(&other), Ok(()), "another address's stands by on");
}

#[test]
fn who_stands_by_outlives_a_stream_that_is_replaced() {
    let mut world = World::new();
    let (n, answer) = world.standing();
    let green = world.add("green", 1);
    world.remove(stream_id(), Some(green));
    assert_eq!((world.listening(), world.wants(green)), (0, [false; 4]));
    world.switch(answer.session, named("green"));
    world.play(4);
    assert_eq!((world.phones[n].1.heard.len(), world.listening()), (2, 1));
}
