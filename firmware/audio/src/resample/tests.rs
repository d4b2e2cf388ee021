//! Lengths to the frame, levels and pitch, and how far aliases and images are down.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::f64::consts::TAU;

use super::*;

fn tone(rate_hz: u32, hz: f64, frames: usize) -> Vec<Frame> {
    let sample = |index: usize| (TAU * hz * index as f64 / f64::from(rate_hz)).sin() as f32;
    (0..frames).map(|index| [0.5 * sample(index), sample(index)]).collect()
}

/// Feeds in uneven pieces, as decoders do.
fn resampled(rate_hz: u32, frames: &[Frame]) -> Vec<Frame> {
    let mut resample = Resample::new(rate_hz).unwrap();
    let mut out = Vec::new();
    for (index, piece) in frames.chunks(1_152).enumerate() {
        let (head, tail) = piece.split_at(piece.len() * (index % 3) / 3);
        resample.push(head, &mut out).unwrap();
        resample.push(tail, &mut out).unwrap();
    }
    resample.finish(&mut out).unwrap();
    out
}

/// Amplitude of `hz` on the right channel, by correlation over a Hann window.
fn amplitude(frames: &[Frame], hz: f64) -> f64 {
    let count = frames.len() as f64;
    let (mut re, mut im, mut weight) = (0.0, 0.0, 0.0);
    for (index, frame) in frames.iter().enumerate() {
        let window = 0.5 - 0.5 * (TAU * index as f64 / count).cos();
        let phase = TAU * hz * index as f64 / f64::from(SAMPLE_RATE_HZ);
        re += window * f64::from(frame[1]) * phase.cos();
        im += window * f64::from(frame[1]) * phase.sin();
        weight += window;
    }
    2.0 * re.hypot(im) / weight
}

fn db(ratio: f64) -> f64 {
    20.0 * ratio.max(1e-12).log10()
}

fn rms(frames: &[Frame]) -> f64 {
    let sum: f64 = frames.iter().map(|frame| f64::from(frame[1]) * f64::from(frame[1])).sum();
    (sum / frames.len() as f64).sqrt()
}

#[test]
fn every_rate_gives_the_exact_length_and_the_tone_in_its_place() {
    for rate_hz in [4_000, 8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 44_101, 48_000, 88_200, 96_000, 192_000] {
        let frames = rate_hz as usize * 3 / 2 + 7;
        let out = resampled(rate_hz, &tone(rate_hz, 440.0, frames));
        let due = (frames as f64 * 48_000.0 / f64::from(rate_hz)).round() as usize;
        assert_eq!(out.len(), due, "{rate_hz} Hz");
        // Against the tone itself at 48 kHz: pitch, level and place in one.
        let ideal = tone(SAMPLE_RATE_HZ, 440.0, due);
        let worst = (4_800..due - 4_800)
            .map(|index| {
                f64::from((out[index][1] - ideal[index][1]).abs())
                    .max(f64::from((out[index][0] - ideal[index][0]).abs()))
            })
            .fold(0.0, f64::max);
        // Where the filter has an odd length, half a frame of its delay cannot be taken off.
        let slack = if rate_hz == 44_101 { TAU * 440.0 / 48_000.0 } else { 1e-4 };
        assert!(worst < slack, "{rate_hz} Hz: off by {worst}");
    }
}

#[test]
fn at_44100_hz_the_filter_is_flat_to_20_khz_and_images_are_110_db_down() {
    for hz in [100.0, 1_000.0, 10_000.0, 19_000.0, 20_000.0] {
        let out = resampled(44_100, &tone(44_100, hz, 88_200));
        let middle = &out[9_600..86_400];
        let level = db(amplitude(middle, hz));
        assert!(level.abs() < 0.05, "{hz} Hz comes out at {level} dB");
    }
    // 20 kHz at 44.1 kHz mirrors to 24.1 kHz, which 48 kHz would fold to 23.9 kHz.
    let out = resampled(44_100, &tone(44_100, 20_000.0, 88_200));
    let image = db(amplitude(&out[9_600..86_400], 23_900.0));
    assert!(image < -110.0, "image at {image} dB");
}

#[test]
fn what_would_alias_is_110_db_down() {
    for hz in [25_000.0, 30_000.0, 40_000.0] {
        let out = resampled(96_000, &tone(96_000, hz, 192_000));
        let left = db(rms(&out[9_600..86_400]) * std::f64::consts::SQRT_2);
        assert!(left < -110.0, "{hz} Hz leaves {left} dB");
    }
}

#[test]
fn nothing_in_gives_nothing_out() {
    assert!(resampled(44_100, &[]).is_empty());
}

#[test]
fn absurd_rates_are_refused() {
    for rate_hz in [0, 1, 999, 768_001, u32::MAX] {
        assert_eq!(Resample::new(rate_hz).err(), Some(Error::Rate(rate_hz)));
    }
}
