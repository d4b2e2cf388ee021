//! Line-in on virtual time: clocks that differ, periods that jitter, plugs that are pulled.

mod bench;
mod taps;

use std::sync::atomic::Ordering;

use base::Time;

use super::*;
use crate::capture::{Error, Format};
use crate::pcm::Frame;
use crate::sim::{Card, CardPace};
use crate::source::Delivery;
use bench::{Bench, FAST_PERIODS, phase, tone};

/// A card's level on its own, without sound: `hours` of a card `ppm` off with periods of `period` frames that arrive
/// up to `jitter_us` late. Returns the level and the range of delay after the first two minutes.
fn simulate(hours: f64, ppm: f64, rate_hz: u32, period: u64, jitter_us: u64) -> (Level, u64, u64) {
    let mut level = Level::new(rate_hz, period as usize);
    let card_us = 1e6 / (f64::from(rate_hz) * (1.0 + ppm * 1e-6));
    let (mut arrived, mut taken, mut position, mut seed) = (0_u64, 0_u64, 0.0_f64, 7_u32);
    let (mut least_us, mut most_us) = (u64::MAX, 0);
    let mut next_us = period as f64 * card_us;
    let mut speed = 1.0;
    for block in 1..=(hours * 360_000.0) as u64 {
        let now_us = block * 10_000;
        while next_us <= now_us as f64 {
            arrived += period;
            level.arrived(Stamp { at: Time::from_micros(next_us as u64), total_frames: arrived });
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let jitter = f64::from(seed >> 8) / f64::from(1 << 24) * jitter_us as f64;
            // A late period does not make the next one late.
            next_us = (arrived + period) as f64 * card_us + jitter;
        }
        let needed_at = position + 480.0 * f64::from(rate_hz) / 48_000.0 * speed;
        let needed = (needed_at.ceil() as u64).saturating_sub(taken);
        if let Decision::Run { discard_frames, speed: next_speed } =
            level.decide(Time::from_micros(now_us), (arrived - taken) as usize, needed as usize)
        {
            position = needed_at + discard_frames as f64;
            taken += needed + discard_frames as u64;
            level.consumed(needed as usize);
            speed = next_speed;
        }
        if block > 12_000 {
            least_us = least_us.min(level.delay_us());
            most_us = most_us.max(level.delay_us());
        }
    }
    (level, least_us, most_us)
}

#[test]
fn ten_hours_at_200_ppm_neither_run_dry_nor_slip() {
    for (ppm, rate_hz, period) in [(200.0, 48_000, 240), (-199.0, 44_100, 441)] {
        let (level, least_us, most_us) = simulate(10.0, ppm, rate_hz, period, 0);
        let case = format!("{ppm} ppm at {rate_hz} Hz in periods of {period}: {least_us} to {most_us} us");
        assert_eq!((level.underruns(), level.slips()), (0, 0), "{case}");
        assert!((level.drift_ppm() - ppm).abs() < 2.0, "{case}, drift {}", level.drift_ppm());
        assert!(most_us - least_us < 1_500, "{case}");
        let period_us = period * 1_000_000 / u64::from(rate_hz);
        assert!(most_us < period_us + 5_500, "{case}");
    }
}

#[test]
fn an_hour_at_1000_ppm_neither_runs_dry_nor_slips() {
    for ppm in [1_000.0, -1_000.0] {
        let (level, least_us, most_us) = simulate(1.0, ppm, 48_000, 240, 0);
        assert_eq!((level.underruns(), level.slips()), (0, 0), "{ppm} ppm: {least_us} to {most_us} us");
        assert!((level.drift_ppm() - ppm).abs() < 2.0);
    }
}

#[test]
fn jitter_of_a_whole_period_is_ridden_over_up_to_periods_of_20_ms() {
    for (period, jitter_us) in [(240, 5_000), (480, 10_000), (960, 20_000)] {
        for ppm in [-200.0, 200.0] {
            let (level, least_us, most_us) = simulate(1.0, ppm, 48_000, period, jitter_us);
            let case = format!("{ppm} ppm, periods of {period}: {least_us} to {most_us} us");
            // Until the longest gap has been seen once, one refill is what it costs.
            assert!(level.underruns() <= 1 && level.slips() == 0, "{case}, {} underruns", level.underruns());
            assert!((level.drift_ppm() - ppm).abs() < 30.0, "{case}, drift {}", level.drift_ppm());
        }
    }
}

#[test]
fn a_drifting_card_keeps_its_pitch_and_its_waveform() {
    // The tone's period divides 100 ms, so that the phase of every 100 ms would stand still on a perfect clock.
    const HZ: f64 = 1_000.0;
    for (rate_hz, period_frames, ppm) in [(48_000, 240, -200.0), (44_100, 441, 200.0)] {
        let format = Format { rate_hz, period_frames };
        let mut bench = Bench::new(Card::new(format, ppm, CardPace::Virtual, tone(f64::from(rate_hz), HZ, 0.5)));
        bench.card.set_jitter_us(2_000);
        bench.blocks_until_sound(10).unwrap();
        let frames: Vec<Frame> = (0..12_000).flat_map(|_| bench.block().expect("no hole")).collect();
        // No step larger than the tone's own slope: 0.5·2π·1000/48000, and a little for the filter.
        let step = frames[4_800..].windows(2).map(|pair| (pair[1][0] - pair[0][0]).abs()).fold(0.0, f32::max);
        assert!(step < 0.0656, "{ppm} ppm: a step of {step}");
        // Once settled, each second's pitch is the card's own within half a cent (289 ppm).
        let phases: Vec<f64> = frames[48_000 * 60..].chunks_exact(4_800).map(|chunk| phase(chunk, HZ)).collect();
        for second in phases.windows(11) {
            let turns: f64 = second.windows(2).map(|pair| (pair[1] - pair[0] + 1.5).rem_euclid(1.0) - 0.5).sum();
            let off_ppm = turns / HZ * 1e6;
            assert!((off_ppm - ppm).abs() < 100.0, "{ppm} ppm: pitch is off by {off_ppm} ppm");
        }
    }
}

#[test]
fn a_replugged_card_is_heard_again_within_a_second() {
    let mut bench = Bench::new(Card::new(FAST_PERIODS, 0.0, CardPace::Virtual, tone(48_000.0, 440.0, 0.5)));
    assert_eq!(bench.source.state(), LineState::Opening);
    bench.blocks_until_sound(5).expect("sound at once");
    for _ in 0..3 {
        bench.card.set_plugged(false);
        bench.block();
        assert!(bench.block().is_none(), "an unplugged card is silent within a block");
        assert_eq!(bench.delivery, Delivery::Gone, "and known to be gone");
        (0..200).for_each(|_| assert!(bench.block().is_none()));
        assert_eq!(bench.source.state(), LineState::NoDevice(Error::NotFound));
        bench.card.set_plugged(true);
        let blocks = bench.blocks_until_sound(100).expect("sound within 1 s");
        assert!(blocks < 60, "{blocks} blocks");
        assert_eq!(bench.source.state(), LineState::Signal);
    }
    assert_eq!(bench.status().device.opened.load(Ordering::Relaxed), 4);
}

#[test]
fn an_overrun_is_counted_and_silences_nothing() {
    let mut bench = Bench::new(Card::new(FAST_PERIODS, 0.0, CardPace::Virtual, tone(48_000.0, 440.0, 0.5)));
    bench.blocks_until_sound(5).expect("sound at once");
    for overruns in 1..=3 {
        bench.card.xrun();
        (0..10).for_each(|_| assert!(bench.block().is_some()));
        assert_eq!(bench.status().device.xruns.load(Ordering::Relaxed), overruns);
    }
    assert_eq!(bench.status().device.opened.load(Ordering::Relaxed), 1, "no reason to open it again");
}

#[test]
fn a_card_that_hangs_is_reopened() {
    let mut bench = Bench::new(Card::new(FAST_PERIODS, 0.0, CardPace::Virtual, tone(48_000.0, 440.0, 0.5)));
    bench.blocks_until_sound(5).unwrap();
    bench.card.set_muted(true);
    (0..40).for_each(|_| _ = bench.block());
    assert_eq!(bench.delivery, Delivery::Late, "late, but not gone");
    (0..60).for_each(|_| _ = bench.block());
    assert_eq!(bench.status().device.opened.load(Ordering::Relaxed), 2, "opened again, and given time to start");
    assert_eq!(bench.source.state(), LineState::NoDevice(Error::Stalled), "it opens, but does not count");
    (0..300).for_each(|_| _ = bench.block());
    assert_eq!(bench.status().device.opened.load(Ordering::Relaxed), 3, "but not for ever");
    bench.card.set_muted(false);
    assert!(bench.blocks_until_sound(100).is_some());
}

#[test]
fn a_stalled_pump_starts_afresh_instead_of_staying_behind() {
    let mut bench = Bench::new(Card::new(FAST_PERIODS, 0.0, CardPace::Virtual, tone(48_000.0, 440.0, 0.5)));
    bench.blocks_until_sound(5).unwrap();
    (0..100).for_each(|_| _ = bench.block());
    let before_us = bench.status().delay_us.load(Ordering::Relaxed);
    bench.pass_ms(1_000);
    assert!(bench.block().is_none(), "too much has piled up: start afresh");
    assert!(bench.blocks_until_sound(5).is_some());
    (0..10).for_each(|_| _ = bench.block());
    let after_us = bench.status().delay_us.load(Ordering::Relaxed);
    assert!(after_us < before_us + 3_000, "{before_us} us before, {after_us} us after");
    assert!(bench.status().overflow_frames.load(Ordering::Relaxed) > 0);
    assert_eq!(bench.status().slips.load(Ordering::Relaxed), 1);
}
