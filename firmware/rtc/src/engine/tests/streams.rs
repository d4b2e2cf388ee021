//! Streams that come and go, and what becomes of those who hear them.

use super::world::{World, named, stream_config, stream_id};
use crate::api::{OfferError, StreamError};
use crate::config::Limits;
use crate::config::STREAMS_MAX;
use crate::dtls::Ended;
use crate::sim::Setup;

#[test]
fn who_hears_a_removed_stream_goes_on_with_its_successor() {
    let mut world = World::new();
    let other = world.add("other", 1);
    let phones: Vec<usize> = (0..3).map(|_| world.join_to(other, None).0).collect();
    world.join(None);
    let (joining, _) = world.phone_for(other, Setup::Actpass, None);
    world.play(9);
    world.remove(other, Some(stream_id()));
    world.play(12);
    for n in phones {
        assert_eq!((world.marked_frames(n)[0].0, world.marked_frames(n).last().unwrap().0), (1, 0));
        assert_eq!(world.hole(n), 0);
    }
    assert!(world.phones[joining].1.is_joined());
    assert_eq!(world.engine.stats().listeners, [(stream_id(), 5)]);
    assert!(world.engine.listeners().iter().all(|listener| listener.stream == stream_id()));
}

#[test]
fn without_a_successor_they_are_told_good_bye() {
    let mut world = World::new();
    let other = world.add("other", 1);
    let (n, _) = world.join_to(other, None);
    let (stays, _) = world.join(None);
    world.phone_for(other, Setup::Actpass, None);
    world.phones[2].1.outbox.take();
    world.remove(other, None);
    world.settle();
    assert_eq!((world.phones[n].1.bye, world.phones[n].1.ended), (true, Some(Ended::Closed)));
    let stats = world.engine.stats();
    assert_eq!((stats.listeners, stats.handshaking), (vec![(stream_id(), 1)], 0));
    let from = world.phones[n].0.ip();
    assert_eq!(world.offer_to(other, world.phones[n].1.offer(), from, None).unwrap_err(), OfferError::UnknownStream);
    world.play(4);
    assert!(!world.phones[stays].1.bye && world.hole(stays) == 0);
}

#[test]
fn a_stream_added_again_begins_with_nobody_and_nothing() {
    // One phone that comes again and again.
    let mut world = World::with(Limits { sessions_per_address: 100, ..Limits::default() });
    let mut dirty = 0;
    for round in 1..40 {
        let other = world.add("other", round);
        assert_eq!((world.wants(other), world.engine.stats().listeners[1]), ([false; 4], (other, 0)));
        let (n, answer) = world.join(None);
        world.play(6);
        world.switch(answer.session, other);
        world.play(6);
        assert_eq!(world.marked_frames(n).last().unwrap().0, round, "not a packet of an earlier one");
        let successor = (round % 2 == 0).then(stream_id);
        world.remove(other, successor);
        world.settle();
        if successor.is_some() {
            world.engine.delete(world.now, answer.session, &mut world.out).unwrap();
        }
        world.settle();
        dirty += world.listening();
        world.phones.clear();
    }
    assert_eq!((dirty, world.wants(stream_id())), (0, [false; 4]));
    assert_eq!(world.engine.places(), (1, 0), "one place, used again and again");
}

#[test]
fn ids_are_unique_and_there_is_a_limit() {
    let mut world = World::new();
    assert_eq!(world.engine.add_stream(stream_config(stream_id())), Err(StreamError::Duplicate(stream_id())));
    for n in 1..STREAMS_MAX {
        world.add(&format!("s{n}"), 0);
    }
    let one_more = stream_config(named("one-more"));
    assert_eq!(world.engine.add_stream(one_more), Err(StreamError::Full { limit: STREAMS_MAX }));
    let mut remove = |id: &str, successor: Option<&str>| {
        world.engine.remove_stream(world.now, named(id), successor.map(named), &mut world.out)
    };
    assert_eq!(remove("one-more", None), Err(StreamError::Unknown(named("one-more"))));
    assert_eq!(remove("s1", Some("one-more")), Err(StreamError::Unknown(named("one-more"))));
    assert_eq!(remove("s1", Some("s1")), Err(StreamError::Unknown(named("s1"))));
    assert_eq!(remove("s1", Some("s2")), Ok(()));
    assert_eq!(world.engine.add_stream(one_more), Ok(()));
}

#[test]
fn a_stream_is_wanted_from_the_offer_on_and_the_first_packet_is_there_when_the_handshake_is_done() {
    let mut world = World::new();
    assert_eq!(world.wants(stream_id()), [false; 4], "nobody is there");
    let (n, _) = world.phone(Setup::Actpass, None);
    assert_eq!(world.wants(stream_id()), [false, true, false, false], "somebody is about to join");
    world.settle();
    assert_eq!((world.phones[n].1.is_joined(), world.phones[n].1.heard.len()), (true, 0));
    world.play(2);
    assert_eq!(world.phones[n].1.heard.len(), 1, "one packet's duration after an instant join");
    world.phones[n].1.leave();
    world.settle();
    assert_eq!(world.wants(stream_id()), [false; 4]);
}
