//! Senders on virtual time: clocks that differ, radios that lose, delay and reorder, phones that fall asleep.

use std::collections::BTreeMap;

use base::{Encoding, MediaTime, Packet, PacketDuration, PacketInlet, PacketSink, SentPacket, Time};

use super::delay::{DELAY_MS_MAX, DELAY_MS_MIN, Delay};
use super::status::{SenderNumbers, SenderState};
use super::{SenderInput, SenderSource};
use crate::encode::{Encode, Opus, OpusConfig, Profile};
use crate::pcm::{BLOCK_FRAMES, Block, Frame, SILENCE};
use crate::source::{Delivery, Source};

/// A sequence of numbers from 0 to 1 that looks random and is always the same.
struct Dice(u32);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(self.0 >> 8) / f64::from(1 << 24)
    }
}

/// `hours` of a sender whose clock is `ppm` off and whose packets of 20 ms are up to `jitter_us` late, without sound. Returns
/// the delay, the range of its level after two minutes in ms, and how often something was needed that had not arrived.
fn simulate(hours: f64, ppm: f64, jitter_us: f64) -> (Delay, [f64; 2], u32) {
    let (mut delay, mut dice) = (Delay::new(), Dice(7));
    let tick_us = 1e6 / 48_000.0 / (1.0 + ppm * 1e-6);
    // Packets arrive in their order: a late one holds up those behind it, as a radio's queue does.
    let mut arrival_us = 0.0_f64;
    let (mut sent, mut here, mut position) = (0_i64, 0_i64, None::<f64>);
    let (mut range_ms, mut dry) = ([f64::MAX, 0.0_f64], 0);
    for block in 1..=(hours * 360_000.0) as u64 {
        let now_us = block as f64 * 10_000.0;
        loop {
            if arrival_us == 0.0 {
                arrival_us = (here as f64 + 960.0) * tick_us + dice.roll() * jitter_us;
            }
            if arrival_us > now_us {
                break;
            }
            delay.arrived(Time::from_micros(arrival_us as u64), sent);
            sent += 960;
            here = sent;
            arrival_us = arrival_us.max((here as f64 + 960.0) * tick_us + dice.roll() * jitter_us);
        }
        let now = Time::from_micros(now_us as u64);
        let Some(at) = position.or_else(|| delay.start(now, 0).map(|from| from as f64)) else { continue };
        let speed = delay.run(now, at as i64).expect("nothing piles up");
        let behind = at + 480.0 * speed;
        dry += u32::from(behind > here as f64);
        position = Some(behind);
        if block > 12_000 {
            let level_ms = delay.level_us() as f64 / 1e3;
            range_ms = [range_ms[0].min(level_ms), range_ms[1].max(level_ms)];
        }
    }
    (delay, range_ms, dry)
}

#[test]
fn ten_hours_at_100_ppm_neither_run_dry_nor_grow() {
    for (ppm, jitter_us) in [(100.0, 5_000.0), (-100.0, 20_000.0)] {
        let (delay, [least_ms, most_ms], dry) = simulate(10.0, ppm, jitter_us);
        let case = format!("{ppm} ppm, {jitter_us} us of jitter: {least_ms} to {most_ms} ms, {}", delay.drift_ppm());
        assert_eq!((dry, delay.resets()), (0, 0), "{case}");
        assert!((delay.drift_ppm() - ppm).abs() < 20.0, "{case}");
        assert!(least_ms > DELAY_MS_MIN - 6.0 && most_ms < DELAY_MS_MIN + 8.0, "{case}");
    }
}

#[test]
fn the_delay_follows_the_jitter_up_and_down_within_its_bounds() {
    let (_, [least_ms, most_ms], _) = simulate(0.2, 0.0, 200_000.0);
    assert!(most_ms < DELAY_MS_MAX + 40.0 && least_ms > DELAY_MS_MAX - 40.0, "{least_ms} to {most_ms} ms");
}

/// Keeps the packets of 20 ms.
#[derive(Default)]
struct Kept(Vec<Packet>);

impl PacketSink for Kept {
    fn wants(&self, encoding: Encoding) -> bool {
        encoding == Encoding::Opus(PacketDuration::Ms20)
    }

    fn publish(&mut self, _: Encoding, packet: Packet) {
        self.0.push(packet);
    }
}

/// What the network does to a packet.
#[derive(Clone, Copy, Default)]
struct Network {
    loss: f64,
    jitter_us: f64,
    /// The sender's clock, ppm fast.
    ppm: f64,
}

/// A phone that sends a tone of 1 kHz, the network, and a channel's input.
struct Bench {
    opus: Opus,
    kept: Kept,
    network: Network,
    dice: Dice,
    inlet: Option<Box<dyn PacketInlet>>,
    input: SenderInput,
    source: SenderSource,
    /// Packets under way by their arrival, in the order in which they were sent where that is the same.
    air: BTreeMap<(u64, u64), (u32, Vec<u8>)>,
    now_us: u64,
    sent_blocks: u64,
    /// The sender's clock when its next block is there.
    sender_us: f64,
    /// What is added to time stamps.
    offset: u32,
    is_awake: bool,
}

impl Bench {
    fn new(network: Network) -> Self {
        let input = SenderInput::new();
        let config =
            OpusConfig { inband_fec: true, expected_loss_percent: 5, bitrate_bps: 32_000, ..OpusConfig::default() };
        Self {
            opus: Opus::new(Profile::Default, config).unwrap(),
            kept: Kept::default(),
            network,
            dice: Dice(1),
            inlet: Some(input.open().unwrap()),
            source: input.source(),
            input,
            air: BTreeMap::new(),
            now_us: 0,
            sent_blocks: 0,
            sender_us: 0.0,
            offset: u32::MAX - 48_000,
            is_awake: true,
        }
    }

    fn send(&mut self) {
        while self.sender_us <= self.now_us as f64 {
            let mut block = Block::SILENT;
            for (n, frame) in block.frames.iter_mut().enumerate() {
                let phase = (self.sent_blocks * 480 + n as u64) as f64 / 48.0 * std::f64::consts::TAU;
                *frame = [0.5 * phase.sin() as f32; 2];
            }
            self.opus.encode(MediaTime::from_ticks(self.sent_blocks * 480), &block, &mut self.kept);
            self.sent_blocks += 1;
            self.sender_us += 10_000.0 / (1.0 + self.network.ppm * 1e-6);
            for packet in std::mem::take(&mut self.kept.0) {
                let lost = self.dice.roll() < self.network.loss;
                let arrival = self.sender_us + 1_000.0 + self.dice.roll() * self.network.jitter_us;
                if self.is_awake && !lost {
                    let ticks = packet.media_time.as_ticks();
                    let timestamp = (ticks as u32).wrapping_add(self.offset);
                    self.air.insert((arrival as u64, ticks), (timestamp, packet.payload.to_vec()));
                }
            }
        }
    }

    /// Lets a block pass.
    fn block(&mut self) -> (Delivery, [Frame; BLOCK_FRAMES]) {
        self.now_us += 10_000;
        self.send();
        while let Some(entry) = self.air.first_entry().filter(|entry| entry.key().0 <= self.now_us) {
            let arrived = Time::from_micros(entry.key().0);
            let (timestamp, payload) = entry.remove();
            if let Some(inlet) = &mut self.inlet {
                inlet.take(SentPacket { arrived, timestamp, payload: &payload });
            }
        }
        let mut out = [SILENCE; BLOCK_FRAMES];
        let delivery = self.source.pull(Time::from_micros(self.now_us), &mut out);
        (delivery, out)
    }

    /// Lets blocks pass until one is sound; returns how many.
    fn until_sound(&mut self, most: u32) -> Option<u32> {
        (1..=most).find(|_| matches!(self.block().0, Delivery::Sound(_)))
    }

    /// Lets blocks pass until one is not; returns how many were.
    fn until_silence(&mut self, most: u32) -> Option<u32> {
        (0..most).find(|_| !matches!(self.block().0, Delivery::Sound(_)))
    }

    /// The radio is busy for so many blocks, and then everything comes at once. Returns what was delivered meanwhile.
    fn hold_up(&mut self, blocks: u32) -> Vec<Delivery> {
        let (mut delivered, mut held) = (Vec::new(), Vec::new());
        for _ in 0..blocks {
            self.now_us += 10_000;
            self.send();
            held.extend(std::mem::take(&mut self.air).into_values());
            let mut out = [SILENCE; BLOCK_FRAMES];
            delivered.push(self.source.pull(Time::from_micros(self.now_us), &mut out));
        }
        let arrived = Time::from_micros(self.now_us);
        for (timestamp, payload) in held {
            self.inlet.as_mut().unwrap().take(SentPacket { arrived, timestamp, payload: &payload });
        }
        delivered
    }

    fn numbers(&self) -> SenderNumbers {
        self.input.status().numbers()
    }
}

#[test]
fn a_sender_is_heard_within_100_ms_and_not_before_its_delay() {
    let mut bench = Bench::new(Network::default());
    let blocks = bench.until_sound(20).expect("sound");
    assert!((6..=10).contains(&blocks), "after {blocks} blocks");
    (0..500).for_each(|_| assert!(matches!(bench.block().0, Delivery::Sound(_))));
    let SenderNumbers { state, concealed_frames_total, waits_total, delay_us, .. } = bench.numbers();
    assert_eq!((state, concealed_frames_total, waits_total), (SenderState::Signal, 0, 0));
    assert!((35_000..50_000).contains(&delay_us), "{delay_us} us");
}

#[test]
fn loss_of_5_percent_with_80_ms_of_jitter_and_reordering_is_continuous_sound() {
    let mut bench = Bench::new(Network { loss: 0.05, jitter_us: 80_000.0, ppm: 0.0 });
    bench.until_sound(50).expect("sound");
    // Until the slowest packet has been seen once.
    (0..300).for_each(|_| _ = bench.block());
    let before = bench.numbers();
    for n in 0..6_000 {
        let (delivery, frames) = bench.block();
        assert!(matches!(delivery, Delivery::Sound(_)), "block {n}: {:?}", bench.numbers());
        assert!(frames.as_flattened().iter().all(|sample| sample.abs() < 0.9), "block {n}");
    }
    let after = bench.numbers();
    assert_eq!(after.waits_total, before.waits_total);
    let made_good = after.recovered_frames_total + after.concealed_frames_total
        - before.recovered_frames_total
        - before.concealed_frames_total;
    let share = made_good as f64 / (6_000.0 * 480.0);
    assert!((0.03..0.08).contains(&share), "{share} of the sound was made good: {after:?}");
    assert!(after.delay_us < 130_000, "{after:?}");
}

#[test]
fn a_phone_that_falls_asleep_is_bridged_for_a_moment_and_comes_back_by_itself() {
    let mut bench = Bench::new(Network { jitter_us: 10_000.0, ..Network::default() });
    bench.until_sound(20).unwrap();
    for asleep_blocks in [100, 1_000] {
        (0..500).for_each(|_| _ = bench.block());
        bench.is_awake = false;
        let blocks = bench.until_silence(50).expect("silence");
        assert!((4..=20).contains(&blocks), "{blocks} blocks from the last packet to silence");
        assert_eq!(bench.numbers().state, SenderState::Waiting);
        (0..asleep_blocks).for_each(|_| assert_eq!(bench.block().0, Delivery::Late));
        bench.is_awake = true;
        let blocks = bench.until_sound(50).expect("it comes back");
        assert!(blocks <= 16, "{blocks} blocks");
    }
}

#[test]
fn a_burst_that_comes_late_is_played_with_more_delay_and_none_of_it_is_left_out() {
    let mut bench = Bench::new(Network::default());
    bench.until_sound(20).unwrap();
    (0..500).for_each(|_| _ = bench.block());
    let before = bench.numbers();
    let delivered = bench.hold_up(8);
    assert!(delivered.iter().all(|delivery| matches!(delivery, Delivery::Sound(_))), "{delivered:?}");
    (0..100).for_each(|n| assert!(matches!(bench.block().0, Delivery::Sound(_)), "block {n}"));
    let after = bench.numbers();
    assert_eq!((after.refused_total, after.waits_total), (before.refused_total, before.waits_total));
    assert!(after.delay_us > before.delay_us + 20_000, "{before:?} {after:?}");
}

#[test]
fn a_sender_that_is_held_up_again_and_again_is_heard_in_between_and_not_later_and_later() {
    let mut bench = Bench::new(Network::default());
    bench.until_sound(20).unwrap();
    for round in 0..40 {
        bench.hold_up(5 + round * 7 % 40);
        bench.until_sound(30).unwrap_or_else(|| panic!("round {round}: {:?}", bench.numbers()));
        (0..20 + round * 13 % 60).for_each(|_| _ = bench.block());
        assert!(bench.numbers().delay_us < 350_000, "round {round}: {:?}", bench.numbers());
    }
    (0..20_000).for_each(|n| assert!(matches!(bench.block().0, Delivery::Sound(_)), "block {n}"));
    assert!(bench.numbers().delay_us < 60_000, "{:?}", bench.numbers());
    assert!(bench.numbers().drift_ppm.abs() < 100.0, "{:?}", bench.numbers());
}

#[test]
fn a_sender_that_is_too_slow_is_heard_as_far_as_it_goes_and_wholly_once_it_keeps_up() {
    let mut bench = Bench::new(Network { ppm: -20_000.0, ..Network::default() });
    bench.until_sound(20).unwrap();
    let sound = (0..6_000).filter(|_| matches!(bench.block().0, Delivery::Sound(_))).count();
    assert!(sound > 5_000, "{sound} of 6000 blocks");
    bench.network.ppm = 0.0;
    (0..300).for_each(|_| _ = bench.block());
    (0..1_000).for_each(|n| assert!(matches!(bench.block().0, Delivery::Sound(_)), "block {n}: {:?}", bench.numbers()));
}

#[test]
fn whoever_hangs_up_is_gone_and_another_takes_over() {
    let mut bench = Bench::new(Network::default());
    bench.until_sound(20).unwrap();
    bench.inlet = Some(bench.input.open().unwrap());
    bench.until_silence(1).expect("the first is not heard any more");
    assert!(bench.until_sound(20).is_some(), "the second is");
    bench.inlet = None;
    bench.until_silence(20).unwrap();
    assert_eq!((bench.block().0, bench.numbers().state), (Delivery::Gone, SenderState::Off));
}

#[test]
fn time_stamps_that_leap_are_a_new_beginning() {
    let mut bench = Bench::new(Network::default());
    bench.until_sound(20).unwrap();
    for leap in [48_000 * 30, 48_000_u32.wrapping_mul(60).wrapping_neg(), 1 << 31, 48_000_u32.wrapping_neg()] {
        (0..300).for_each(|_| _ = bench.block());
        bench.offset = bench.offset.wrapping_add(leap);
        _ = bench.until_silence(60);
        assert!(bench.until_sound(60).is_some(), "a leap by {leap}");
        (0..100).for_each(|n| assert!(matches!(bench.block().0, Delivery::Sound(_)), "a leap by {leap}: block {n}"));
    }
}

#[test]
fn a_drifting_sender_keeps_its_waveform() {
    for ppm in [-100.0, 100.0] {
        let mut bench = Bench::new(Network { ppm, jitter_us: 15_000.0, loss: 0.0 });
        bench.until_sound(20).unwrap();
        (0..1_000).for_each(|_| _ = bench.block());
        let before = bench.numbers();
        let mut last = None::<f32>;
        for n in 0..12_000 {
            let (delivery, frames) = bench.block();
            assert!(matches!(delivery, Delivery::Sound(_)), "{ppm} ppm, block {n}");
            // No step larger than the tone's own slope, 0.5·2π·1000/48000, and what the codec adds.
            for [left, _] in frames {
                assert!(
                    last.is_none_or(|last| (left - last).abs() < 0.1),
                    "{ppm} ppm, block {n}: from {last:?} to {left}"
                );
                last = Some(left);
            }
        }
        let after = bench.numbers();
        assert_eq!(after.concealed_frames_total, before.concealed_frames_total, "{ppm} ppm");
        assert!((after.drift_ppm - ppm).abs() < 60.0, "{ppm} ppm: {after:?}");
    }
}

#[test]
fn what_is_no_sound_at_all_is_refused_without_harm() {
    let input = SenderInput::new();
    let (mut inlet, mut source, mut dice) = (input.open().unwrap(), input.source(), Dice(3));
    let mut out = [SILENCE; BLOCK_FRAMES];
    for n in 1..3_000_u64 {
        let arrived = Time::from_micros(n * 10_000);
        for _ in 0..(dice.roll() * 4.0) as u32 {
            let payload: Vec<u8> = (0..(dice.roll() * 1_600.0) as usize).map(|_| (dice.roll() * 256.0) as u8).collect();
            let timestamp = if dice.roll() < 0.1 { (dice.roll() * 4e9) as u32 } else { n as u32 * 480 };
            inlet.take(SentPacket { arrived, timestamp, payload: &payload });
        }
        source.pull(arrived, &mut out);
        assert!(out.as_flattened().iter().all(|sample| sample.is_finite()));
    }
    assert!(input.status().numbers().refused_total > 0);
}
