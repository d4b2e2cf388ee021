//! What the limiter promises, measured by a meter that shares nothing with its detector.

use std::f64::consts::PI;

use super::*;
use crate::pcm::BLOCK_FRAMES;

/// True peak by brute force: 16 points per frame, a Hann-windowed sinc over 128 frames, in `f64`.
fn true_peak_db(frames: &[Frame]) -> f64 {
    const HALF: i64 = 64;
    let mut peak = 0.0_f64;
    for n in HALF..frames.len() as i64 - HALF {
        for step in 0..16 {
            let fraction = f64::from(step) / 16.0;
            let mut value = 0.0;
            for k in 1 - HALF..=HALF {
                let x = fraction - k as f64;
                let sinc = if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) };
                let window = 0.5 + 0.5 * (PI * x / (HALF as f64 + 1.0)).cos();
                value += f64::from(frames[(n + k) as usize][0]) * sinc * window;
            }
            peak = peak.max(value.abs());
        }
    }
    20.0 * peak.log10()
}

/// Runs `blocks` blocks of `signal` through a limiter.
fn limited(blocks: usize, signal: impl Fn(usize) -> f64) -> Vec<Frame> {
    let mut limiter = Limiter::new();
    let mut out = Vec::new();
    for index in 0..blocks {
        let mut block = Block::SILENT;
        for (n, frame) in block.frames.iter_mut().enumerate() {
            *frame = [signal(index * BLOCK_FRAMES + n) as f32; 2];
        }
        limiter.process(&mut block);
        out.extend_from_slice(&block.frames);
    }
    out
}

#[test]
fn no_steady_sine_leaves_above_minus_1_dbtp() {
    // fs/4 at 45° is the classic: samples at −3 dB of the true peak. 19.9 kHz is where few-fold oversampling misses most.
    for (hz, amplitude) in [(12_000.0, 1.41), (12_000.0, 1.0), (997.0, 4.0), (19_900.0, 1.2), (6_857.0, 2.0)] {
        let out = limited(6, |n| amplitude * (2.0 * PI * hz * n as f64 / 48_000.0 + PI / 4.0).sin());
        let peak = true_peak_db(&out);
        assert!(peak <= -0.9, "{hz} Hz: {peak} dBTP");
        let settled = true_peak_db(&out[1_440..]);
        assert!(settled > -1.6, "{hz} Hz is pressed down to {settled} dBTP");
    }
}

#[test]
fn bursts_steps_and_noise_stay_below_minus_1_dbtp() {
    let mut seed = 1_u32;
    let noise: Vec<f64> = (0..4_800)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(seed >> 8) / f64::from(1 << 23) - 1.0
        })
        .collect();
    let burst = |n: usize| if n % 1_000 < 40 { 1.4 * (PI * n as f64 / 2.0 + PI / 4.0).sin() } else { 0.01 };
    let peak = true_peak_db(&limited(8, burst));
    assert!(peak <= -0.9, "bursts: {peak} dBTP");
    // Smoothed once: white noise up to the Nyquist frequency has no defined true peak for a finite meter.
    let smooth = |n: usize| 2.0 * (noise[n] + 2.0 * noise[n.max(1) - 1] + noise[n.max(2) - 2]) / 4.0;
    let peak = true_peak_db(&limited(8, smooth));
    assert!(peak <= -0.9, "noise: {peak} dBTP");
}

#[test]
fn sound_below_the_ceiling_passes_bit_exactly_but_later() {
    let signal = |n: usize| 0.88 * (2.0 * PI * 440.0 * n as f64 / 48_000.0).sin();
    let out = limited(4, signal);
    for (n, frame) in out[DELAY..].iter().enumerate() {
        assert_eq!(frame[0], signal(n) as f32, "frame {n}");
    }
}

#[test]
fn after_a_peak_the_gain_comes_all_the_way_back() {
    let signal = |n: usize| if n < 480 { 3.0 } else { 0.5 };
    let out = limited(200, signal);
    assert_eq!(out[out.len() - 1][0], 0.5);
    assert!(out[600][0] < 0.45, "the release is not instant");
}

#[test]
fn the_delay_is_within_its_share_of_the_budget() {
    assert!(DELAY as f64 / 48.0 <= 1.5, "{DELAY} frames");
}
