//! What phones hear: the right packets, without gaps, and again when they ask.

use base::{MediaTime, PacketDuration, Time, Timeline};

use super::world::{World, stream_id};
use crate::sim::Setup;

#[test]
fn every_listener_hears_the_same_payload_with_its_own_numbers() {
    let mut world = World::new();
    for _ in 0..3 {
        world.join(None);
    }
    world.play(20);
    let heard: Vec<_> = world.phones.iter().map(|(_, phone)| &phone.heard).collect();
    assert_eq!(heard[0].len(), 10);
    for other in &heard[1..] {
        for (a, b) in heard[0].iter().zip(other.iter()) {
            assert_eq!((&a.payload, a.ssrc, a.timestamp, a.payload_type), (&b.payload, b.ssrc, b.timestamp, 111));
        }
        assert_ne!(heard[0][0].sequence, other[0].sequence);
        let steps = other.windows(2).map(|pair| pair[1].sequence.wrapping_sub(pair[0].sequence));
        assert!(steps.into_iter().all(|step| step == 1));
    }
}

#[test]
fn changing_between_all_durations_leaves_no_gap_and_repeats_nothing() {
    let mut world = World::new();
    let (n, answer) = world.join(None);
    world.play(8);
    for from in PacketDuration::ALL {
        for to in PacketDuration::ALL {
            for duration in [from, to] {
                world.engine.set_duration(answer.session, duration).unwrap();
                world.play(25);
                assert_eq!(world.engine.listeners()[0].duration, duration, "{from:?} to {to:?}");
            }
        }
    }
    let frames = world.frames(n);
    assert!(frames.len() > 700);
    assert!(frames.windows(2).all(|pair| pair[1] == pair[0] + 480), "{frames:?}");
}

#[test]
fn changing_durations_leaves_no_gap_where_frames_cannot_be_joined() {
    for from in PacketDuration::ALL {
        for to in PacketDuration::ALL {
            let mut world = World::new();
            let (n, answer) = world.join(None);
            world.play(8);
            // Whatever the phase in which the frames stop being joined, and in which the change is asked for.
            for phase in 1..13 {
                world.engine.set_duration(answer.session, from).unwrap();
                world.play(24 + phase);
                world.unjoined = !world.unjoined;
                world.engine.set_duration(answer.session, to).unwrap();
                world.play(24 + phase);
                assert_eq!(world.engine.listeners()[0].duration, to, "{from:?} to {to:?}");
            }
            let heard = &world.phones[n].1.heard;
            let frames = world.frames(n);
            assert!(frames.windows(2).all(|pair| pair[1] == pair[0] + 480), "{from:?} to {to:?}: {frames:?}");
            let zero = heard[0].timestamp.wrapping_sub(frames[0] as u32);
            for packet in heard {
                let start = u64::from_be_bytes(packet.payload[..8].try_into().unwrap());
                assert_eq!(packet.timestamp.wrapping_sub(zero), start as u32, "RTP time is media time");
            }
        }
    }
}

#[test]
fn a_listener_who_asks_for_long_packets_starts_at_once_and_changes_without_a_gap() {
    let mut world = World::new();
    let (n, _) = world.phone(Setup::Actpass, Some(PacketDuration::Ms60));
    (0..7).for_each(|_| world.block());
    world.settle();
    assert_eq!(world.phones[n].1.heard.len(), 1);
    world.play(60);
    let frames = world.frames(n);
    assert!(frames.windows(2).all(|pair| pair[1] == pair[0] + 480));
    assert_eq!(world.phones[n].1.heard.last().unwrap().payload.len(), 6 * 8);
}

#[test]
fn only_wanted_durations_are_asked_for() {
    let mut world = World::new();
    let wanted = |world: &World| world.wants(stream_id());
    assert_eq!(wanted(&world), [false; 4]);
    let (n, _) = world.phone(Setup::Actpass, Some(PacketDuration::Ms40));
    assert_eq!(wanted(&world), [false, true, false, false], "somebody is about to join");
    world.settle();
    assert_eq!(wanted(&world), [false, true, true, false]);
    world.play(30);
    assert_eq!(wanted(&world), [false, false, true, false]);
    world.phones[n].1.leave();
    world.settle();
    assert_eq!(wanted(&world), [false; 4]);
}

#[test]
fn a_nack_brings_the_same_packet_again_within_the_budget() {
    let mut world = World::new();
    let (n, _) = world.join(None);
    world.play(40);
    let heard = world.phones[n].1.heard.clone();
    let lost = &heard[heard.len() - 3];
    world.phones[n].1.nack(&[lost.sequence]);
    world.settle();
    assert_eq!(world.phones[n].1.heard.last(), Some(lost));
    for _ in 0..50 {
        world.phones[n].1.nack(&[lost.sequence]);
        world.settle();
    }
    let stats = world.engine.stats();
    // Ten were saved at the start; twenty packets cannot earn more, because the store was full.
    assert_eq!((stats.nacks_answered_total, stats.nacks_over_budget_total), (10, 41));
    world.phones[n].1.nack(&[heard[0].sequence.wrapping_sub(1), lost.sequence.wrapping_add(1_000)]);
    let before = world.phones[n].1.heard.len();
    world.settle();
    assert_eq!(world.phones[n].1.heard.len(), before, "what was never sent does not come");
}

#[test]
fn sender_reports_tie_rtp_time_to_the_timeline_and_reports_give_loss_and_round_trip() {
    let mut world = World::new();
    let (n, _) = world.join(None);
    world.play(8);
    world.pass(12_000, true);
    let reports = world.phones[n].1.reports.clone();
    assert!((4..=6).contains(&reports.len()), "{}", reports.len());
    let first = &world.phones[n].1.heard[0];
    let zero = first.timestamp.wrapping_sub(u64::from_be_bytes(first.payload[..8].try_into().unwrap()) as u32);
    for (ntp, timestamp) in reports {
        let media = MediaTime::from_ticks(u64::from(timestamp.wrapping_sub(zero)));
        let time = Timeline::starting_at(Time::ZERO).to_time(media);
        let apart = (world.clocks.ntp(time) as i64 - ntp as i64) as f64 / f64::from(u32::MAX);
        assert!(apart.abs() < 0.000_05, "{apart} s");
    }
    world.phones[n].1.report(64, 480, 0);
    world.settle();
    let link = world.engine.listeners()[0].link.unwrap();
    assert_eq!((link.loss, link.jitter_us), (0.25, 10_000));
    assert!(link.round_trip_us.is_some());
}
