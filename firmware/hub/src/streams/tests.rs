//! The life of streams, and a thousand lives that leave nothing behind.

use super::*;

const LIMITS: Limits = Limits { connections: 4, senders: 2, receivers: 2, streams: 3, unheard_ms: 600_000 };

fn at(seconds: u64) -> Time {
    Time::from_micros(seconds * 1_000_000)
}

fn stream(name: &str) -> StreamId {
    StreamId::new(name).unwrap()
}

/// A registry with a stream that can be received, and its sender.
fn with_stream() -> (Streams, ConnectionId, StreamId) {
    let (mut streams, id) = (Streams::new(LIMITS), stream("stream_a"));
    let sender = streams.connect().unwrap();
    streams.create(at(0), sender, id, (Who::Host, "Ann")).unwrap();
    assert!(streams.activate(at(1), id) && !streams.activate(at(2), id));
    (streams, sender, id)
}

#[test]
fn a_stream_is_created_active_ended_removed_in_this_order_only() {
    let (mut streams, id) = (Streams::new(LIMITS), stream("stream_a"));
    let sender = streams.connect().unwrap();
    streams.create(at(0), sender, id, (Who::Host, " Ann\u{202e}\n")).unwrap();
    let state = |streams: &Streams| streams.get(id).map(|stream| (stream.state, stream.since));
    assert_eq!((state(&streams), streams.active().len()), (Some((State::Created, at(0))), 0));
    assert_eq!(streams.has_room(id, 0), Err(StreamRefused::NoSuchStream), "nothing can be heard yet");
    assert!(!streams.remove(id), "it has not ended");
    streams.activate(at(1), id);
    assert_eq!((state(&streams), streams.active()[0].name.as_str()), (Some((State::Active, at(1))), "Ann"));
    assert_eq!(streams.stop(at(2), sender), Some(id));
    assert_eq!((state(&streams), streams.active().len()), (Some((State::Ended, at(2))), 0));
    assert!(!streams.activate(at(3), id) && !streams.end(at(3), id), "ended is ended");
    assert_eq!(streams.create(at(3), sender, id, (Who::Host, "")), Err(StreamRefused::Duplicate));
    assert!(streams.remove(id) && !streams.remove(id));
    assert_eq!(state(&streams), None);
}

#[test]
fn a_connection_does_one_thing_and_takes_it_along() {
    let (mut streams, sender, id) = with_stream();
    let receiver = streams.connect().unwrap();
    assert_eq!(streams.receive(at(2), sender, id, 0), Err(StreamRefused::Busy));
    streams.receive(at(2), receiver, id, 0).unwrap();
    assert_eq!(streams.receive(at(2), receiver, id, 0), Err(StreamRefused::Busy));
    assert_eq!(streams.create(at(2), receiver, stream("b"), (Who::Host, "")), Err(StreamRefused::Busy));
    assert_eq!(streams.get(id).unwrap().receivers(), 1);
    assert_eq!(streams.disconnect(at(3), receiver), None);
    assert_eq!(streams.get(id).unwrap().receivers(), 0);
    assert_eq!(streams.receive(at(3), receiver, id, 0), Err(StreamRefused::NoSuchConnection));
    let receiver = streams.connect().unwrap();
    streams.receive(at(3), receiver, id, 0).unwrap();
    assert_eq!(streams.disconnect(at(4), sender), Some(id), "at once");
    assert_eq!(streams.role(receiver), Some(Role::Idle), "who received it is free");
    // A channel's stream is received without being known here.
    streams.receive(at(5), receiver, stream("main"), 9_999).unwrap();
    assert_eq!(streams.role(receiver), Some(Role::Receives(stream("main"))));
    assert_eq!(streams.stop(at(6), receiver), None);
}

#[test]
fn every_limit_refuses_and_gives_way_again() {
    let (mut streams, first, id) = with_stream();
    let [a, b, c] = [(); 3].map(|()| streams.connect().unwrap());
    assert_eq!(streams.connect(), Err(StreamRefused::TooManyConnections { limit: 4 }));
    streams.receive(at(2), a, id, 0).unwrap();
    assert_eq!(streams.receive(at(2), b, id, 2), Err(StreamRefused::TooManyReceivers { limit: 2 }));
    streams.receive(at(2), b, id, 1).unwrap();
    assert_eq!(streams.receive(at(2), c, id, 1), Err(StreamRefused::TooManyReceivers { limit: 2 }));
    streams.create(at(2), c, stream("b"), (Who::Host, "")).unwrap();
    streams.stop(at(3), a);
    assert_eq!(streams.create(at(3), a, stream("c"), (Who::Host, "")), Err(StreamRefused::TooManySenders { limit: 2 }));
    streams.stop(at(3), first);
    streams.stop(at(3), c);
    streams.create(at(4), a, stream("c"), (Who::Host, "")).unwrap();
    let full = Err(StreamRefused::TooManyStreams { limit: 3 });
    assert_eq!(streams.create(at(4), c, stream("d"), (Who::Host, "")), full, "ended is not removed");
    streams.remove(id);
    streams.create(at(4), c, stream("d"), (Who::Host, "")).unwrap();
    streams.disconnect(at(5), b);
    assert!(streams.connect().is_ok());
}

#[test]
fn what_nobody_receives_for_ten_minutes_ends_and_so_does_what_never_began() {
    let (mut streams, _, id) = with_stream();
    assert!(streams.check(at(600), |_| 0).is_empty());
    assert!(streams.check(at(601 + 599), |_| 1).is_empty(), "somebody hears it who is no connection");
    let receiver = streams.connect().unwrap();
    streams.receive(at(1_300), receiver, id, 1).unwrap();
    assert!(streams.check(at(9_000), |_| 0).is_empty(), "a connection receives it");
    streams.stop(at(9_100), receiver);
    assert!(streams.check(at(9_699), |_| 0).is_empty());
    assert_eq!(streams.check(at(9_700), |_| 0), [id]);
    assert!(streams.check(at(20_000), |_| 0).is_empty(), "once");
    streams.create(at(20_000), receiver, stream("b"), (Who::Host, "")).unwrap();
    assert!(streams.check(at(20_059), |_| 0).is_empty());
    assert_eq!(streams.check(at(20_060), |_| 0), [stream("b")]);
    assert_eq!(streams.role(receiver), Some(Role::Idle));
}

#[test]
fn a_right_that_is_gone_takes_its_streams_along_and_no_others() {
    let (mut streams, _, _) = with_stream();
    let guest = streams.connect().unwrap();
    let who = Who::Guest(base::GuestId(1));
    streams.create(at(2), guest, stream("b"), (who, "Bob")).unwrap();
    assert_eq!(streams.end_all(at(3), |right| right == who), [stream("b")]);
    assert!(streams.end_all(at(4), |right| right != Who::Host).is_empty());
    assert_eq!(streams.active().len(), 1);
}

/// A generator whose numbers repeat with its seed (Knuth's MMIX).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

#[test]
fn a_thousand_random_lives_keep_the_limits_and_leave_nothing_behind() {
    for seed in 0..1_000 {
        let (mut random, mut streams) = (Random(seed), Streams::new(LIMITS));
        let (mut open, mut removed, mut now) = (Vec::new(), 0_u32, 0);
        for step in 0..60 {
            now += random.below(120) as u64;
            let connection = (!open.is_empty()).then(|| open[random.below(open.len())]);
            let some_stream = stream(&format!("stream_{}", random.below(5)));
            match (random.below(9), connection) {
                (0 | 1, _) => open.extend(streams.connect()),
                (2, Some(id)) => {
                    // Killed: nobody says good-bye.
                    open.retain(|other| *other != id);
                    streams.disconnect(at(now), id);
                }
                (3, Some(id)) => _ = streams.create(at(now), id, some_stream, (Who::Host, "x")),
                (4, _) => _ = streams.activate(at(now), some_stream),
                (5, Some(id)) if streams.get(some_stream).is_some() => {
                    _ = streams.receive(at(now), id, some_stream, random.below(3))
                }
                (6, Some(id)) => _ = streams.stop(at(now), id),
                (7, _) => removed += u32::from(streams.remove(some_stream)),
                _ => _ = streams.check(at(now), |_| 0),
            }
            check_whole(&streams, open.len(), &format!("seed {seed}, step {step}"));
        }
        for id in open {
            streams.disconnect(at(now), id);
        }
        assert!(streams.all().all(|stream| stream.state == State::Ended), "seed {seed}");
        for n in 0..5 {
            removed += u32::from(streams.remove(stream(&format!("stream_{n}"))));
        }
        let began = Streams { last: streams.last, ..Streams::new(LIMITS) };
        assert_eq!(streams, began, "seed {seed}, {removed} removed");
    }
}

/// Fails unless both sides say the same and no limit is exceeded.
fn check_whole(streams: &Streams, open: usize, at: &str) {
    assert_eq!(streams.connections(), open, "{at}");
    assert!(open <= LIMITS.connections && streams.senders() <= LIMITS.senders, "{at}");
    assert!(streams.all().count() <= LIMITS.streams, "{at}");
    for stream in streams.all() {
        let is_sent = streams.role(stream.sender) == Some(Role::Sends(stream.id));
        assert_eq!(is_sent, stream.state != State::Ended, "{at}: {stream:?}");
        assert!(stream.receivers() <= LIMITS.receivers, "{at}: {stream:?}");
        for receiver in &stream.receivers {
            assert_eq!(streams.role(*receiver), Some(Role::Receives(stream.id)), "{at}: {stream:?}");
        }
    }
    for (id, role) in &streams.connections {
        let Role::Receives(stream) = role else { continue };
        let known = streams.get(*stream).is_none_or(|stream| stream.receivers.contains(id));
        assert!(known, "{at}: {id:?} receives {stream}");
    }
}
