//! The spectrum of what a channel plays, for pages that draw it: bands and a level, 20 times per second of sound.
//!
//! Each spectrum bears the media time at the middle of its window, so that a page can draw it when it plays that moment. Runs apart from the pump ([`crate::tap`]) and only while blocks come. It decides nothing and draws nothing.
//! The only file that names the rustfft crate.

use std::fmt;
use std::sync::Arc;

use base::MediaTime;
use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};

use crate::pcm::{CHANNELS, Frame, SAMPLE_RATE_HZ};
use crate::tap::{Outflow, Taken, WAKE_TICKS};

/// Bands of a spectrum.
pub const BANDS: usize = 20;

/// Time between two spectra: 20 in a second.
pub const EVERY_TICKS: u64 = WAKE_TICKS;

/// The lowest band begins and the highest ends here; each is as wide as the others to the ear.
const LOWEST_HZ: f32 = 45.0;
const HIGHEST_HZ: f32 = 16_000.0;

/// Length of the FFT window in frames, 85 ms at 48 kHz: bins of 11.7 Hz, which tell the lowest bands apart.
const WINDOW: usize = 4_096;

/// What is quieter counts as this, in dB.
pub const FLOOR_DB: f32 = -90.0;

/// How loud it is at one moment. A sine at full scale has 0 dB, as a level and in its band.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spectrum {
    /// The moment on the timeline.
    pub at: MediaTime,
    /// Level of both channels together in the 50 ms around it.
    pub level_db: f32,
    /// Level within each band, lowest first.
    pub bands_db: [f32; BANDS],
}

/// Makes spectra of what flows out of a tap.
pub struct Analyzer {
    flow: Outflow,
    /// Frames not yet done with, oldest first, and where the first of them lies.
    frames: Vec<Frame>,
    start: u64,
    fft: Arc<dyn Fft<f32>>,
    window: Vec<f32>,
    buffer: Vec<Complex32>,
    scratch: Vec<Complex32>,
    /// The first bin of each band, and behind the last.
    edges: [usize; BANDS + 1],
    /// What the powers of bins are to be multiplied with.
    scale: f32,
    made_total: u64,
}

impl fmt::Debug for Analyzer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Analyzer").field("made_total", &self.made_total).finish_non_exhaustive()
    }
}

impl Analyzer {
    /// Returns what makes spectra of `flow`.
    pub fn new(flow: Outflow) -> Self {
        let fft = FftPlanner::new().plan_fft_forward(WINDOW);
        let hann = |n: usize| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / WINDOW as f32).cos();
        let window: Vec<f32> = (0..WINDOW).map(hann).collect();
        let energy: f32 = window.iter().map(|w| w * w).sum();
        let scratch = vec![Complex32::default(); fft.get_inplace_scratch_len()];
        Self {
            flow,
            frames: Vec::with_capacity(2 * WINDOW),
            start: 0,
            fft,
            window,
            buffer: vec![Complex32::default(); WINDOW],
            scratch,
            edges: edges(),
            // Both channels are in one transform, and half of its power lies in the mirrored bins. A sine at full scale
            // has a mean square of a half.
            scale: 2.0 / (energy * WINDOW as f32),
            made_total: 0,
        }
    }

    /// Whether more may come.
    pub fn is_open(&self) -> bool {
        self.flow.is_open()
    }

    /// Returns how many spectra were made.
    pub fn made_total(&self) -> u64 {
        self.made_total
    }

    /// Makes the next spectrum, if enough has come for it.
    pub fn make(&mut self) -> Option<Spectrum> {
        loop {
            if let Some(spectrum) = self.ready() {
                return Some(spectrum);
            }
            let taken = self.flow.take()?;
            self.append(&taken);
        }
    }

    fn append(&mut self, (at, frames): &Taken) {
        if at.as_ticks() != self.start + self.frames.len() as u64 {
            // Nobody looked for a while, or blocks were lost: what lies on two sides of a hole is no sound.
            self.frames.clear();
            self.start = at.as_ticks();
        }
        self.frames.extend_from_slice(frames);
    }

    /// Makes the spectrum of the first moment around which all is there.
    fn ready(&mut self) -> Option<Spectrum> {
        let half = WINDOW as u64 / 2;
        let at = (self.start + half).next_multiple_of(EVERY_TICKS);
        let from = (at - half - self.start) as usize;
        let around = self.frames.get(from..from + WINDOW)?;
        for ((bin, frame), weight) in self.buffer.iter_mut().zip(around).zip(&self.window) {
            *bin = Complex32::new(frame[0] * weight, frame[1] * weight);
        }
        self.fft.process_with_scratch(&mut self.buffer, &mut self.scratch);
        // The left channel is the real part and the right one the imaginary: the power of a bin and of its mirror image
        // together is twice that of both channels.
        let power = |bin: usize| self.buffer[bin].norm_sqr() + self.buffer[WINDOW - bin].norm_sqr();
        let bands_db = std::array::from_fn(|band| {
            let sum: f32 = (self.edges[band]..self.edges[band + 1]).map(power).sum();
            decibels(sum * self.scale / CHANNELS as f32)
        });
        let near = (EVERY_TICKS / 2) as usize;
        let hop = around[WINDOW / 2 - near..WINDOW / 2 + near].as_flattened();
        let mean_square = hop.iter().map(|sample| sample * sample).sum::<f32>() / hop.len() as f32;
        let spectrum = Spectrum { at: MediaTime::from_ticks(at), level_db: decibels(2.0 * mean_square), bands_db };
        // The next moment needs what lies half a window before it.
        let done = (at + EVERY_TICKS - half - self.start) as usize;
        self.frames.drain(..done.min(self.frames.len()));
        self.start += done as u64;
        self.made_total += 1;
        Some(spectrum)
    }
}

/// The first bin of each band: equal steps of pitch, and at least one bin each.
fn edges() -> [usize; BANDS + 1] {
    let hz = |band: usize| LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ).powf(band as f32 / BANDS as f32);
    let bin = |hz: f32| (hz * WINDOW as f32 / SAMPLE_RATE_HZ as f32).round() as usize;
    let mut edges = std::array::from_fn(|band| bin(hz(band)));
    for band in 1..=BANDS {
        edges[band] = edges[band].max(edges[band - 1] + 1);
    }
    edges
}

/// A power in dB, no less than [`FLOOR_DB`].
fn decibels(power: f32) -> f32 {
    (10.0 * power.log10()).max(FLOOR_DB)
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::pcm::BLOCK_FRAMES;
    use crate::tap;

    /// Spectra of a second of what `sound` is at each frame.
    fn spectra(sound: impl Fn(u64) -> Frame) -> Vec<Spectrum> {
        let (mut tap, flow) = tap::pair(Arc::new(AtomicUsize::new(1)), || {});
        let mut analyzer = Analyzer::new(flow);
        let mut made = Vec::new();
        for block in 0..100 {
            let start = block * BLOCK_FRAMES as u64;
            let frames = std::array::from_fn(|n| sound(start + n as u64));
            tap.hear(MediaTime::from_ticks(start), &frames);
            made.extend(std::iter::from_fn(|| analyzer.make()));
        }
        assert_eq!(analyzer.made_total(), made.len() as u64);
        made
    }

    fn sine(hz: f32, amplitude: f32) -> impl Fn(u64) -> f32 {
        move |n| amplitude * (TAU * (hz * n as f32 / SAMPLE_RATE_HZ as f32).fract()).sin()
    }

    /// The band of a frequency, by what the bands are said to be.
    fn band(hz: f32) -> usize {
        ((hz / LOWEST_HZ).ln() / (HIGHEST_HZ / LOWEST_HZ).ln() * BANDS as f32) as usize
    }

    fn near(a: f32, b: f32) -> bool {
        (a - b).abs() < 0.5
    }

    #[test]
    fn a_tone_has_its_level_in_its_band_and_next_to_none_elsewhere() {
        for (hz, amplitude) in [(1_100.0, 1.0), (1_100.0, 0.1), (5_000.0, 0.5), (12_000.0, 0.01)] {
            let tone = sine(hz, amplitude);
            let db = 20.0 * amplitude.log10();
            for Spectrum { bands_db, level_db, .. } in spectra(|n| [tone(n); 2]) {
                assert!(near(level_db, db), "{hz} Hz, {db} dB: {level_db} dB");
                assert!(near(bands_db[band(hz)], db), "{hz} Hz, {db} dB: {bands_db:?}");
                let others = bands_db.iter().enumerate().filter(|(n, _)| *n != band(hz));
                assert!(others.into_iter().all(|(_, other)| *other < db - 30.0), "{hz} Hz: {bands_db:?}");
            }
        }
    }

    #[test]
    fn two_tones_stand_in_two_bands_whichever_channel_they_are_in() {
        let (low, high) = (sine(300.0, 0.5), sine(3_000.0, 0.05));
        for Spectrum { bands_db, .. } in spectra(|n| [low(n), high(n)]) {
            // Half of both channels' power is silence.
            assert!(near(bands_db[band(300.0)], -9.0) && near(bands_db[band(3_000.0)], -29.0), "{bands_db:?}");
            assert!(bands_db[band(1_000.0)] < -70.0, "{bands_db:?}");
        }
        let against = spectra(|n| [low(n), -low(n)]);
        assert!(
            against.iter().all(|spectrum| near(spectrum.bands_db[band(300.0)], -6.0)),
            "out of phase is not silence"
        );
    }

    #[test]
    fn silence_is_the_floor() {
        let silent = spectra(|_| [0.0; 2]);
        assert!(silent.iter().all(|one| one.level_db == FLOOR_DB && one.bands_db == [FLOOR_DB; BANDS]));
        // The first moment has half a window before it: 50 ms. Behind the last one there is half a window, too.
        let stamps: Vec<u64> = silent.iter().map(|one| one.at.as_ticks() / EVERY_TICKS).collect();
        assert_eq!(stamps, (1..20).collect::<Vec<_>>());
    }

    #[test]
    fn a_stamp_is_the_moment_that_is_shown() {
        let tone = sine(1_000.0, 0.5);
        // Sound from 300 ms to 600 ms.
        let gated = |n: u64| if (14_400..28_800).contains(&n) { [tone(n); 2] } else { [0.0; 2] };
        for Spectrum { at, level_db, bands_db } in spectra(gated) {
            let ms = at.as_ticks() / 48;
            if (325..=575).contains(&ms) {
                assert!(near(level_db, -6.0), "{ms} ms: {level_db}");
            }
            if !(275..=625).contains(&ms) {
                assert_eq!(level_db, FLOOR_DB, "{ms} ms");
            }
            if !(250..=650).contains(&ms) {
                assert_eq!(bands_db, [FLOOR_DB; BANDS], "{ms} ms");
            }
        }
    }

    #[test]
    fn a_hole_is_no_sound() {
        let (mut tap, flow) = tap::pair(Arc::new(AtomicUsize::new(1)), || {});
        let mut analyzer = Analyzer::new(flow);
        let mut made = Vec::new();
        for block in (0..50).chain(1_000..1_050) {
            tap.hear(MediaTime::from_ticks(block * 480), &[[0.1; 2]; BLOCK_FRAMES]);
            made.extend(std::iter::from_fn(|| analyzer.make()));
        }
        let stamps: Vec<u64> = made.iter().map(|one| one.at.as_ticks() / EVERY_TICKS).collect();
        assert_eq!(stamps, (1..10).chain(201..210).collect::<Vec<_>>());
    }

    #[test]
    fn every_band_has_a_bin_of_its_own_and_they_rise() {
        let edges = edges();
        assert!(edges.windows(2).all(|pair| pair[0] < pair[1]), "{edges:?}");
        assert!(edges[0] >= 1 && edges[BANDS] <= WINDOW / 2, "{edges:?}");
    }
}
