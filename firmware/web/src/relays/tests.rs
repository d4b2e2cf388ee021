//! Relayed streams, as the box keeps them.

use base::SentPacket;

use super::id::ID_PREFIX;
use super::*;

fn relays() -> Relays {
    Relays::new(Limits::default(), Instant::now())
}

fn packet() -> SentPacket<'static> {
    SentPacket { arrived: Time::ZERO, timestamp: 0, payload: &[0xfc] }
}

#[test]
fn a_stream_can_be_heard_from_its_first_packet_until_its_sender_is_gone() {
    let relays = relays();
    let sender = relays.connect().unwrap();
    let stream = relays.create(sender.id, Who::Host, "Ann").unwrap().unwrap();
    assert!(stream.as_str().starts_with(ID_PREFIX), "{stream}");
    let mut inlet = relays.carry(sender.id, stream).unwrap();
    assert!(relays.carry(sender.id, stream).is_none(), "once");
    relays.answered(sender.id, stream);
    assert_eq!(relays.take_stock(|_| 0), (vec![], vec![]));
    assert!(relays.list().is_empty(), "nothing has come");
    let mut changes = relays.changes();
    inlet.take(packet());
    assert_eq!(relays.take_stock(|_| 0), (vec![], vec![]));
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    let listed = relays.list();
    assert_eq!((listed[0].id, listed[0].name.as_str(), listed[0].pocket), (stream, "Ann", 0));
    inlet.take(packet());
    relays.take_stock(|_| 0);
    assert!(!changes.has_changed().unwrap(), "one packet more is no news");
    drop(inlet);
    assert_eq!(relays.take_stock(|_| 0), (vec![], vec![stream]));
    assert!(changes.has_changed().unwrap() && relays.list().is_empty());
    assert_eq!(relays.role(sender.id), Role::Idle);
    assert_eq!(relays.take_stock(|_| 0).1, [stream], "until it is removed");
    relays.removed(stream);
    assert_eq!(relays.take_stock(|_| 0).1, []);
    assert_eq!(relays.totals(), Totals { begun: 1, ended: 1, full: 0 });
}

#[test]
fn a_connection_that_is_dropped_takes_its_stream_and_its_session_along() {
    let relays = relays();
    let (sender, receiver) = (relays.connect().unwrap(), relays.connect().unwrap());
    let stream = relays.create(sender.id, Who::Host, "").unwrap().unwrap();
    relays.carry(sender.id, stream).unwrap().take(packet());
    relays.take_stock(|_| 0);
    relays.receive(receiver.id, stream, 0).unwrap();
    assert!(relays.joined(receiver.id, stream, SessionId(7)));
    drop(receiver);
    assert_eq!(relays.take_stock(|_| 0), (vec![SessionId(7)], vec![]));
    drop(sender);
    assert_eq!(relays.take_stock(|_| 0), (vec![], vec![stream]));
    relays.removed(stream);
    assert_eq!(relays.counts(), (0, 0));
}

#[test]
fn what_is_answered_too_late_is_ended() {
    let relays = relays();
    let (sender, receiver) = (relays.connect().unwrap(), relays.connect().unwrap());
    let stream = relays.create(sender.id, Who::Host, "").unwrap().unwrap();
    let mut inlet = relays.carry(sender.id, stream).unwrap();
    inlet.take(packet());
    relays.take_stock(|_| 0);
    relays.receive(receiver.id, stream, 0).unwrap();
    relays.stop(sender.id);
    assert_eq!(relays.take_stock(|_| 0).1, [stream]);
    relays.removed(stream);
    relays.answered(sender.id, stream);
    assert_eq!(relays.take_stock(|_| 0).1, [stream], "once more, because it was carried after that");
    relays.removed(stream);
    assert_eq!(relays.take_stock(|_| 0).1, []);
    assert!(!relays.joined(receiver.id, stream, SessionId(7)));
}

#[test]
fn an_attempt_that_fails_leaves_its_stream_for_another() {
    let relays = relays();
    let sender = relays.connect().unwrap();
    let stream = relays.create(sender.id, Who::Host, "").unwrap().unwrap();
    drop(relays.carry(sender.id, stream).unwrap());
    assert_eq!(relays.take_stock(|_| 0), (vec![], vec![]));
    relays.put_down(stream);
    assert!(relays.carry(sender.id, stream).is_some());
    assert_eq!(relays.role(sender.id), Role::Sends(stream));
}

#[test]
fn the_latest_stream_is_whichever_came_last() {
    let relays = relays();
    let id = |name: &str| StreamId::new(name).unwrap();
    assert_eq!(relays.latest(|_| true), None);
    relays.note_channels([id("red")]);
    relays.note_channels([id("red"), id("blue")]);
    assert_eq!(relays.latest(|_| true), Some(id("blue")));
    let sender = relays.connect().unwrap();
    let stream = relays.create(sender.id, Who::Host, "").unwrap().unwrap();
    assert_eq!(relays.latest(|_| true), Some(id("blue")), "not before it can be heard");
    let mut inlet = relays.carry(sender.id, stream).unwrap();
    inlet.take(packet());
    relays.take_stock(|_| 0);
    assert_eq!(relays.latest(|_| true), Some(stream));
    relays.note_channels([id("red"), id("blue"), id("green")]);
    assert_eq!(relays.latest(|_| true), Some(id("green")));
    relays.note_channels([id("red")]);
    assert_eq!(relays.latest(|_| true), Some(stream));
    drop(sender);
    assert_eq!(relays.latest(|_| true), Some(id("red")));
}

#[test]
fn limits_are_counted_where_they_refuse() {
    let limits = Limits { connections: 1, streams: 0, ..Limits::default() };
    let relays = Relays::new(limits, Instant::now());
    let first = relays.connect().unwrap();
    assert_eq!(relays.connect().map(drop), Err(StreamRefused::TooManyConnections { limit: 1 }));
    let refused = relays.create(first.id, Who::Host, "");
    assert_eq!(refused, Err(StreamRefused::TooManyStreams { limit: 0 }));
    assert_eq!(relays.receive(first.id, StreamId::new("main").unwrap(), 0), Ok(()));
    assert_eq!(relays.receive(first.id, StreamId::new("main").unwrap(), 0), Err(StreamRefused::Busy));
    assert_eq!(relays.totals().full, 2);
}
