//! Listens to sound as a person with a meter would: level, pitch, gaps, and how far two recordings are apart.
//!
//! Works on mono samples at full scale ±1.0. It decides nothing: tests compare its figures with what was played.

use crate::dice::Dice;

/// Root mean square in dBFS, where a full-scale sine reads −3.01 dB; −200 for silence.
pub fn level_db(samples: &[f32]) -> f64 {
    if samples.is_empty() {
        return -200.0;
    }
    let power: f64 = samples.iter().map(|s| f64::from(*s) * f64::from(*s)).sum::<f64>() / samples.len() as f64;
    if power <= 1e-20 { -200.0 } else { 10.0 * power.log10() }
}

/// The pitch of each half second, Hz; 0 where there is none.
pub fn pitches(samples: &[f32], rate_hz: u32) -> Vec<f64> {
    samples.chunks_exact(rate_hz as usize / 2).map(|half| pitch_hz(half, rate_hz).unwrap_or(0.0)).collect()
}

/// The pitch of a tone in Hz, from its positive-going zero crossings, each interpolated. `None` for fewer than three.
pub fn pitch_hz(samples: &[f32], rate_hz: u32) -> Option<f64> {
    let mut crossings = Vec::new();
    for (at, pair) in samples.windows(2).enumerate() {
        if pair[0] < 0.0 && pair[1] >= 0.0 {
            let part = f64::from(-pair[0]) / f64::from(pair[1] - pair[0]);
            crossings.push(at as f64 + part);
        }
    }
    let (first, last) = (crossings.first()?, crossings.last()?);
    (crossings.len() >= 3).then(|| (crossings.len() - 1) as f64 * f64::from(rate_hz) / (last - first))
}

/// Level of the tone of `hz` in the samples, dBFS: a full-scale sine of it reads 0; −200 for none.
pub fn tone_db(samples: &[f32], hz: f64, rate_hz: u32) -> f64 {
    let (mut re, mut im, mut weight) = (0.0, 0.0, 0.0);
    for (n, sample) in samples.iter().enumerate() {
        // Hann's window, so that a loud tone elsewhere leaks nothing into this one.
        let window = (std::f64::consts::PI * (n as f64 + 0.5) / samples.len() as f64).sin().powi(2);
        let (sin, cos) = (std::f64::consts::TAU * hz * n as f64 / f64::from(rate_hz)).sin_cos();
        re += window * f64::from(*sample) * cos;
        im += window * f64::from(*sample) * sin;
        weight += window;
    }
    let amplitude = 2.0 * re.hypot(im) / f64::max(weight, 1e-9);
    if amplitude <= 1e-10 { -200.0 } else { 20.0 * amplitude.log10() }
}

/// A stretch of near silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// First silent sample.
    pub start: usize,
    /// Samples of silence.
    pub samples: usize,
}

/// Stretches of at least `least` samples that never exceed `threshold`, in sound that should have none.
pub fn gaps(samples: &[f32], threshold: f32, least: usize) -> Vec<Gap> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, sample) in samples.iter().chain(std::iter::once(&f32::INFINITY)).enumerate() {
        if sample.abs() > threshold {
            if at - start >= least {
                found.push(Gap { start, samples: at - start });
            }
            start = at + 1;
        }
    }
    found
}

/// The part of a recording in which something sounds: from the first to the last sample above `threshold`.
pub fn sounding(samples: &[f32], threshold: f32) -> &[f32] {
    let loud = |sample: &f32| sample.abs() > threshold;
    match (samples.iter().position(loud), samples.iter().rposition(loud)) {
        (Some(first), Some(last)) => &samples[first..=last],
        _ => &[],
    }
}

/// How well `heard` matches `played` when it starts `lag` samples into `played`: 1.0 is the same wave form at any level.
pub fn likeness(played: &[f32], heard: &[f32], lag: usize) -> f64 {
    let count = heard.len().min(played.len().saturating_sub(lag));
    let (mut product, mut left, mut right) = (0.0_f64, 1e-12_f64, 1e-12_f64);
    for (a, b) in played[lag.min(played.len())..].iter().zip(&heard[..count]) {
        let (a, b) = (f64::from(*a), f64::from(*b));
        product += a * b;
        left += a * a;
        right += b * b;
    }
    product / (left * right).sqrt()
}

/// Where `heard` lies in `played`, as the lag in samples and the [`likeness`] there. Looks at lags below `lags`.
///
/// Direct correlation of every eighth lag with a decimated copy, then of every lag near the best: good to one sample for
/// music and noise, ambiguous (as it must be) for a steady tone.
pub fn find(played: &[f32], heard: &[f32], lags: usize) -> (usize, f64) {
    const COARSE: usize = 8;
    let thin = |samples: &[f32]| -> Vec<f32> {
        samples.chunks(COARSE).map(|chunk| chunk.iter().sum::<f32>() / chunk.len() as f32).collect()
    };
    let (thin_played, thin_heard) = (thin(played), thin(heard));
    let coarse = (0..lags.div_ceil(COARSE)).map(|lag| (lag, likeness(&thin_played, &thin_heard, lag)));
    let (rough, _) = best(coarse);
    let from = (rough * COARSE).saturating_sub(2 * COARSE);
    best((from..from + 4 * COARSE + 1).map(|lag| (lag, likeness(played, heard, lag))))
}

fn best(candidates: impl Iterator<Item = (usize, f64)>) -> (usize, f64) {
    candidates.fold((0, f64::NEG_INFINITY), |best, next| if next.1 > best.1 { next } else { best })
}

/// The value below which a share (0.0 to 1.0) of `values` lies, nearest rank. NaN for no values.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(rank).copied().unwrap_or(f64::NAN)
}

/// A sine of `hz` with this peak.
pub fn sine(hz: f64, peak: f32, rate_hz: u32, samples: usize) -> Vec<f32> {
    let step = std::f64::consts::TAU * hz / f64::from(rate_hz);
    (0..samples).map(|n| (step * n as f64).sin() as f32 * peak).collect()
}

/// Notes of random pitch and length without a pause: its level never changes, so every gap shows, and no two places
/// of it are alike, so a recording of it can be placed to the sample.
pub fn melody(seed: u64, peak: f32, rate_hz: u32, samples: usize) -> Vec<f32> {
    let mut dice = Dice::seeded(seed);
    let (mut phase, mut step, mut left) = (0.0_f64, 0.0_f64, 0_u64);
    let note = |dice: &mut Dice| 220.0 * 2.0_f64.powf(dice.below(36) as f64 / 12.0);
    let mut next = || {
        if left == 0 {
            left = u64::from(rate_hz) / 1_000 * (80 + dice.below(120));
            step = std::f64::consts::TAU * note(&mut dice) / f64::from(rate_hz);
        }
        left -= 1;
        phase += step;
        phase.sin() as f32 * peak
    };
    (0..samples).map(|_| next()).collect()
}

/// Where a recording of `played` begins in it, judged by the recording's first half second, and how well all of the
/// recording matches from there on. `played` is taken to repeat.
pub fn place(played: &[f32], heard: &[f32], rate_hz: u32) -> (usize, f64) {
    let repeated = [played, played].concat();
    let start = &heard[..heard.len().min(rate_hz as usize / 2)];
    let (lag, _) = find(&repeated, start, played.len());
    (lag, likeness(&repeated, heard, lag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(samples: usize) -> Vec<f32> {
        let mut dice = Dice::seeded(5);
        (0..samples).map(|_| dice.below(20_001) as f32 / 10_000.0 - 1.0).collect()
    }

    #[test]
    fn a_full_scale_sine_reads_minus_three_and_its_own_pitch() {
        let tone = sine(997.0, 1.0, 48_000, 48_000);
        assert!((level_db(&tone) + 3.01).abs() < 0.01);
        assert!((pitch_hz(&tone, 48_000).unwrap() - 997.0).abs() < 0.05);
        assert!((level_db(&sine(997.0, 0.5, 48_000, 48_000)) + 9.03).abs() < 0.01);
        assert_eq!(level_db(&[]), -200.0);
        assert_eq!(pitch_hz(&[0.0; 100], 48_000), None);
    }

    #[test]
    fn a_gap_is_found_where_it_is_and_zero_crossings_are_none() {
        let mut tone = sine(440.0, 0.5, 48_000, 48_000);
        assert!(gaps(&tone, 0.001, 48).is_empty());
        tone[10_000..10_240].fill(0.0);
        let found = gaps(&tone, 0.001, 48);
        assert_eq!(found.len(), 1);
        assert!(found[0].start.abs_diff(10_000) < 4 && found[0].samples.abs_diff(240) < 8, "{found:?}");
    }

    #[test]
    fn a_gap_at_the_end_is_a_gap() {
        assert_eq!(gaps(&[0.0; 100], 0.001, 50), [Gap { start: 0, samples: 100 }]);
    }

    #[test]
    fn the_sounding_part_is_cut_out() {
        let mut recording = vec![0.0; 100];
        recording.extend([0.5; 10]);
        recording.extend([0.0; 50]);
        assert_eq!(sounding(&recording, 0.1), [0.5; 10]);
        assert!(sounding(&[0.0; 5], 0.1).is_empty());
    }

    #[test]
    fn a_delayed_copy_is_found_to_the_sample_at_any_level() {
        let played = noise(20_000);
        let heard: Vec<f32> = played[3_217..13_217].iter().map(|s| s * 0.3).collect();
        let (lag, likeness) = find(&played, &heard, 8_000);
        assert_eq!(lag, 3_217);
        assert!(likeness > 0.999);
    }

    #[test]
    fn a_tone_is_found_beside_a_louder_one() {
        let both: Vec<f32> = sine(997.0, 0.5, 48_000, 48_000)
            .iter()
            .zip(sine(1_499.0, 0.005, 48_000, 48_000))
            .map(|(a, b)| a + b)
            .collect();
        assert!((tone_db(&both, 997.0, 48_000) + 6.02).abs() < 0.1);
        assert!((tone_db(&both, 1_499.0, 48_000) + 46.02).abs() < 0.5);
        assert!(tone_db(&both, 3_000.0, 48_000) < -80.0);
    }

    #[test]
    fn other_sound_is_not_alike() {
        let mut dice = Dice::seeded(99);
        let other: Vec<f32> = (0..10_000).map(|_| dice.below(2_001) as f32 / 1_000.0 - 1.0).collect();
        assert!(find(&noise(20_000), &other, 8_000).1 < 0.2);
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(percentile(&values, 0.5), 2.0);
        assert_eq!(percentile(&values, 0.95), 4.0);
        assert!(percentile(&[], 0.5).is_nan());
    }

    #[test]
    fn a_recording_is_placed_across_the_seam_of_a_repeat() {
        let song = melody(1, 0.5, 48_000, 96_000);
        assert!(gaps(&song, 0.01, 240).is_empty());
        let heard: Vec<f32> = song[80_000..].iter().chain(&song[..40_000]).copied().collect();
        let (lag, likeness) = place(&song, &heard, 48_000);
        assert_eq!(lag, 80_000);
        assert!(likeness > 0.999);
    }
}
