//! Hearing another stream over the same connection: nothing is heard twice, nothing is left out that is there.

use base::PacketDuration;

use super::world::{World, named, stream_id};
use crate::api::SessionError;
use crate::config::HANDSHAKE_MS_MAX;
use crate::sim::Setup;

const ALL: [PacketDuration; 4] = PacketDuration::ALL;

/// A world with a second stream, `other`, of mark 1, and on each stream one resident per duration, so that all packets
/// are made.
fn two_streams() -> World {
    let mut world = World::new();
    let other = world.add("other", 1);
    for stream in [stream_id(), other] {
        ALL.into_iter().for_each(|duration| drop(world.join_to(stream, Some(duration))));
    }
    world.play(24);
    world
}

#[test]
fn numbers_and_time_go_on_and_no_sound_is_left_out_whatever_the_durations_and_the_phase() {
    for (main_lag, other_lag) in [(0, 0), (0, 1), (1, 0), (0, 7)] {
        let mut world = two_streams();
        (world.programmes[0].lag, world.programmes[1].lag) = (main_lag, other_lag);
        for duration in ALL {
            let (n, answer) = world.join(Some(duration));
            world.play(24);
            for phase in 1..14 {
                for (stream, mark) in [(named("other"), 1), (stream_id(), 0)] {
                    world.switch(answer.session, stream);
                    let before = world.phones[n].1.heard.len();
                    world.play(24 + phase);
                    let heard = world.marked_frames(n);
                    let first = world.phones[n].1.heard[..before].iter().map(|heard| heard.payload.len() / 8).sum();
                    assert!(heard[first..].iter().all(|frame| frame.0 == mark), "only the stream it is on");
                    assert!(world.phones[n].1.heard.len() > before, "it is heard");
                    let told = world.engine.listeners().into_iter().find(|l| l.session == answer.session).unwrap();
                    assert_eq!((told.stream, told.duration), (stream, duration), "the choice of duration stays");
                }
            }
            assert_eq!(world.hole(n), 0, "{duration:?}, {main_lag} and {other_lag} blocks late");
        }
    }
}

#[test]
fn a_stream_that_is_ahead_is_entered_where_the_other_was_left() {
    let mut world = two_streams();
    let (n, answer) = world.join(None);
    world.programmes[0].lag = 9;
    world.play(30);
    let before = world.marked_frames(n);
    world.switch(answer.session, named("other"));
    world.settle();
    let heard = world.marked_frames(n);
    assert_eq!(heard.len(), before.len() + 10, "what the other stream has sent already comes at once");
    assert_eq!(heard[before.len()], (1, before.last().unwrap().1 + 480));
    world.switch(answer.session, stream_id());
    world.play(8);
    assert_eq!(world.marked_frames(n).len(), heard.len(), "and then its own is not repeated");
    world.play(20);
    assert_eq!(world.hole(n), 0);
}

#[test]
fn a_switch_in_the_middle_of_frames_that_cannot_be_joined_leaves_nothing_out() {
    for duration in ALL {
        let mut world = two_streams();
        world.unjoined = true;
        let (n, answer) = world.join(Some(duration));
        world.play(24);
        for phase in 1..14 {
            for stream in [named("other"), stream_id()] {
                world.switch(answer.session, stream);
                world.play(24 + phase);
                world.unjoined = !world.unjoined;
            }
        }
        assert_eq!(world.hole(n), 0, "{duration:?}");
    }
}

#[test]
fn a_duration_asked_for_just_before_or_after_a_switch_is_kept() {
    for (from, to) in ALL.into_iter().flat_map(|from| ALL.map(|to| (from, to))) {
        let mut world = two_streams();
        let (n, answer) = world.join(Some(from));
        for phase in 1..14 {
            world.engine.set_duration(answer.session, from).unwrap();
            world.play(24 + phase);
            let stream = if phase % 2 == 0 { stream_id() } else { named("other") };
            if phase % 3 == 0 {
                world.switch(answer.session, stream);
                world.engine.set_duration(answer.session, to).unwrap();
            } else {
                world.engine.set_duration(answer.session, to).unwrap();
                world.play(phase % 3);
                world.switch(answer.session, stream);
            }
            world.play(24 + phase);
            let told = world.engine.listeners().into_iter().find(|l| l.session == answer.session).unwrap();
            assert_eq!((told.stream, told.duration), (stream, to));
        }
        assert_eq!(world.hole(n), 0, "{from:?} to {to:?}");
    }
}

#[test]
fn a_stream_to_which_nobody_listened_begins_as_soon_as_its_encoder_can() {
    for duration in ALL {
        for phase in 0..12 {
            let mut world = World::new();
            let asleep = world.add("other", 1);
            // Its encoder begins after where the listener is, too.
            world.programmes[0].lag = phase % 3;
            let (n, answer) = world.join(Some(duration));
            world.play(24 + phase as usize);
            assert_eq!(world.wants(asleep), [false; 4]);
            let before = world.phones[n].1.heard.len();
            world.switch(answer.session, asleep);
            assert_eq!(world.wants(stream_id()), [false; 4], "what nobody hears costs nothing");
            // Two packets of 20 ms; one block is enough where somebody wants its packets.
            world.play(if duration == PacketDuration::Ms10 { 1 } else { 4 });
            assert!(world.phones[n].1.heard.len() > before, "{duration:?} is heard as soon as can be");
            world.play(33);
            let only = ALL.map(|each| each == duration);
            assert_eq!(world.wants(asleep), only);
            assert!(world.marked_frames(n).last().unwrap().0 == 1);
            // What its encoder had begun when it was woken up, and what the longer packets had kept back.
            assert!(world.hole(n) <= duration.ticks() + 960, "{duration:?}: {}", world.hole(n));
        }
    }
}

#[test]
fn a_packet_sent_before_a_switch_is_sent_again_from_the_stream_that_it_came_from() {
    let mut world = two_streams();
    let (n, answer) = world.join(None);
    world.play(12);
    let lost = world.phones[n].1.heard.last().unwrap().clone();
    world.switch(answer.session, named("other"));
    world.play(6);
    let lost_there = world.phones[n].1.heard.last().unwrap().clone();
    world.switch(answer.session, stream_id());
    world.play(6);
    world.phones[n].1.nack(&[lost.sequence, lost_there.sequence]);
    world.settle();
    let heard = &world.phones[n].1.heard;
    assert_eq!(heard[heard.len() - 2..], [lost.clone(), lost_there.clone()]);
    // Where the stream is gone, also if another has taken its id, nothing comes.
    world.remove(named("other"), Some(stream_id()));
    world.add("other", 2);
    world.switch(answer.session, named("other"));
    world.play(6);
    let before = world.phones[n].1.heard.len();
    world.phones[n].1.nack(&[lost_there.sequence, lost.sequence]);
    world.settle();
    let heard = &world.phones[n].1.heard;
    assert_eq!((heard.len(), heard.last()), (before + 1, Some(&lost)));
}

#[test]
fn both_streams_want_the_right_packets_at_once() {
    let mut world = World::new();
    let other = world.add("other", 1);
    let (_, short) = world.join(Some(PacketDuration::Ms10));
    let (_, long) = world.join(Some(PacketDuration::Ms60));
    world.play(30);
    assert_eq!(world.wants(stream_id()), [true, false, false, true]);
    world.switch(short.session, other);
    assert_eq!(world.wants(stream_id()), [false, false, false, true]);
    assert!(world.wants(other)[0]);
    world.play(30);
    assert_eq!(world.wants(other), [true, false, false, false]);
    world.switch(long.session, other);
    assert_eq!((world.wants(stream_id()), world.wants(other)[3]), ([false; 4], true));
    world.switch(long.session, stream_id());
    world.engine.delete(world.now, short.session, &mut world.out).unwrap();
    assert_eq!((world.wants(other), world.wants(stream_id())[3]), ([false; 4], true));
}

#[test]
fn who_switches_while_joining_joins_where_it_switched_to() {
    let mut world = World::new();
    let other = world.add("other", 1);
    let (n, answer) = world.phone(Setup::Actpass, Some(PacketDuration::Ms60));
    assert_eq!((world.wants(stream_id())[1], world.wants(other)[1]), (true, false));
    world.switch(answer.session, other);
    assert_eq!((world.wants(stream_id())[1], world.wants(other)[1]), (false, true));
    (0..4).for_each(|_| world.block());
    world.settle();
    assert_eq!(world.engine.stats().listeners, [(stream_id(), 0), (other, 1)]);
    assert_eq!(world.phones[n].1.heard.len(), 1, "the newest packet comes at once");
    world.play(30);
    assert!(world.marked_frames(n).iter().all(|frame| frame.0 == 1));
    assert_eq!(world.hole(n), 0);
    let (_, silent) = world.phone(Setup::Actpass, None);
    world.switch(silent.session, other);
    world.phones.pop();
    world.pass(HANDSHAKE_MS_MAX + 100, true);
    assert_eq!((world.wants(other), world.engine.stats().handshaking), ([false, false, false, true], 0));
}

#[test]
fn a_switch_to_nowhere_or_of_nobody_is_refused_and_changes_nothing() {
    let mut world = two_streams();
    let (n, answer) = world.join(None);
    world.play(8);
    let mut switch = |session, to: &str| world.engine.switch(world.now, session, named(to), &mut world.out);
    assert_eq!(switch(answer.session, "none"), Err(SessionError::UnknownStream));
    assert_eq!(switch(crate::api::SessionId(7), "other"), Err(SessionError::Unknown));
    assert_eq!(switch(answer.session, "main"), Ok(()), "it is there already");
    world.play(8);
    assert_eq!((world.hole(n), world.marked_frames(n).last().unwrap().0), (0, 0));
}

#[test]
fn a_thousand_switches_between_two_packets_send_nothing_and_cost_no_sound() {
    for duration in ALL {
        let mut world = two_streams();
        let (n, answer) = world.join(Some(duration));
        world.play(24);
        for _ in 0..4 {
            for _ in 0..500 {
                world.switch(answer.session, named("other"));
                world.switch(answer.session, stream_id());
            }
            world.switch(answer.session, named("other"));
            assert!(world.out.datagrams.is_empty(), "nobody is sent more for switching more");
            world.play(12);
            assert_eq!(world.marked_frames(n).last().unwrap().0, 1);
            world.switch(answer.session, stream_id());
            world.play(13);
        }
        assert_eq!(world.hole(n), 0, "{duration:?}");
        assert_eq!(world.engine.stats().faults_total, 0);
    }
}
