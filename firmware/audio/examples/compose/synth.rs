//! Sounds: plucks, pads, bass, drums and the room around them, all on a loop of fixed length.
//!
//! Every position is taken modulo the loop, effects run over it twice: the end flows into the start.

use std::f32::consts::TAU;

use audio::pcm::{Frame, SAMPLE_RATE_HZ, SILENCE};

const RATE: f32 = SAMPLE_RATE_HZ as f32;

/// A loop being filled: the dry sound, what goes to the echo and the room, and how far the pads are held down.
pub(crate) struct Loop {
    dry: Vec<Frame>,
    send: Vec<Frame>,
    duck: Vec<f32>,
}

/// Where a note is placed.
#[derive(Clone, Copy)]
pub(crate) struct At {
    /// Seconds from the start of the loop.
    pub(crate) seconds: f32,
    /// Linear level.
    pub(crate) level: f32,
    /// −1 left to 1 right.
    pub(crate) pan: f32,
    /// Share that goes to echo and room.
    pub(crate) send: f32,
}

pub(crate) fn hz(midi: i32) -> f32 {
    440.0 * 2_f32.powf((midi - 69) as f32 / 12.0)
}

/// Noise from −1 to 1, the same in every run.
pub(crate) fn noise(seed: u32) -> f32 {
    let mixed = (seed ^ seed >> 16).wrapping_mul(0x45D9_F3B3);
    let mixed = (mixed ^ mixed >> 15).wrapping_mul(0x2C1B_3C6D);
    (mixed ^ mixed >> 16) as f32 / (u32::MAX / 2) as f32 - 1.0
}

impl Loop {
    pub(crate) fn new(seconds: f32) -> Self {
        let frames = (seconds * RATE) as usize;
        Self { dry: vec![SILENCE; frames], send: vec![SILENCE; frames], duck: vec![1.0; frames] }
    }

    /// Adds `seconds` of `sound`, a function of the time since its start.
    fn add(&mut self, at: At, seconds: f32, mut sound: impl FnMut(f32) -> f32) {
        let angle = (at.pan.clamp(-1.0, 1.0) + 1.0) * TAU / 8.0;
        let gains = [angle.cos(), angle.sin()];
        let start = (at.seconds * RATE) as usize;
        for index in 0..(seconds * RATE) as usize {
            let value = at.level * sound(index as f32 / RATE);
            let place = (start + index) % self.dry.len();
            for (side, gain) in gains.into_iter().enumerate() {
                self.dry[place][side] += value * gain;
                self.send[place][side] += value * gain * at.send;
            }
        }
    }

    /// An electric piano: one sine bent by another.
    pub(crate) fn pluck(&mut self, at: At, midi: i32, seconds: f32) {
        let pitch = hz(midi);
        let decay = 1.6 + 300.0 / pitch;
        self.add(at, seconds + 1.2, |t| {
            let body = (-t * decay).exp() * (1.0 - (-t * 900.0).exp());
            let release = (1.0 - (t - seconds).max(0.0) / 1.2).max(0.0);
            let bend = 1.4 * (-t * 6.0).exp() * (TAU * pitch * t).sin()
                + 0.25 * (-t * 25.0).exp() * (TAU * pitch * 14.0 * t).sin();
            release * body * (TAU * pitch * t + bend).sin()
        });
    }

    /// A bell for melodies: few partials, long.
    pub(crate) fn bell(&mut self, at: At, midi: i32, seconds: f32) {
        let pitch = hz(midi);
        self.add(at, seconds + 1.5, |t| {
            let attack = 1.0 - (-t * 120.0).exp();
            let release = (1.0 - (t - seconds).max(0.0) / 1.5).clamp(0.0, 1.0);
            let vibrato = 0.004 * (TAU * 4.8 * t).sin() * (t * 2.0).min(1.0);
            let tone = |n: f32, level: f32, decay: f32| {
                level * (-t * decay).exp() * (TAU * pitch * n * t * (1.0 + vibrato / (1.0 + t))).sin()
            };
            attack
                * release
                * release
                * (tone(1.0, 1.0, 0.9) + tone(2.0, 0.35, 1.8) + tone(3.01, 0.12, 3.5) + tone(5.03, 0.05, 7.0))
        });
    }

    /// A held chord tone: two slightly detuned voices, soft on top, held down by the kick.
    pub(crate) fn pad(&mut self, at: At, midi: i32, seconds: f32, brightness: f32) {
        let duck = std::mem::take(&mut self.duck);
        let start = (at.seconds * RATE) as usize;
        for (voice, detune) in [(-1.0, 0.9975), (1.0, 1.0025)] {
            let pitch = hz(midi) * detune;
            let at = At { pan: at.pan + 0.6 * voice, ..at };
            self.add(at, seconds + 1.5, |t| {
                let rise = (t / (0.35 * seconds)).min(1.0);
                let fall = (1.0 - (t - seconds).max(0.0) / 1.5).max(0.0);
                let shade = brightness * (0.75 + 0.25 * (TAU * 0.13 * t + voice).sin());
                let mut sum = 0.0;
                let mut weight = 1.0;
                for harmonic in 1..=9 {
                    let n = harmonic as f32;
                    sum += weight / n * (TAU * pitch * n * t + n * voice).sin();
                    weight *= shade;
                }
                let held = duck[(start + (t * RATE) as usize) % duck.len()];
                rise * rise * fall * held * sum
            });
        }
        self.duck = duck;
    }

    /// A round bass with a little of the octave.
    pub(crate) fn bass(&mut self, at: At, midi: i32, seconds: f32) {
        let pitch = hz(midi);
        self.add(at, seconds + 0.08, |t| {
            let envelope =
                (1.0 - (-t * 250.0).exp()) * (-t * 1.3).exp() * (1.0 - (t - seconds).max(0.0) / 0.08).max(0.0);
            let tone =
                (TAU * pitch * t).sin() + 0.35 * (TAU * 2.0 * pitch * t).sin() + 0.12 * (TAU * 3.0 * pitch * t).sin();
            envelope * (1.5 * tone).tanh()
        });
    }

    /// A soft kick, which also holds the pads down for a moment.
    pub(crate) fn kick(&mut self, at: At, depth: f32) {
        self.add(at, 0.45, |t| {
            let phase = TAU * (48.0 * t + 4.2 * (1.0 - (-t * 28.0).exp()));
            (-t * 9.0).exp() * (1.0 - (-t * 1_500.0).exp()) * phase.sin()
        });
        let start = (at.seconds * RATE) as usize;
        for index in 0..(0.35 * RATE) as usize {
            let t = index as f32 / RATE;
            let place = (start + index) % self.duck.len();
            self.duck[place] = self.duck[place].min(1.0 - depth * (-t * 9.0).exp());
        }
    }

    /// Filtered noise with a decay: hats, shakers, brushes. `edge` from 0 (dull) to 1 (only the top).
    pub(crate) fn hiss(&mut self, at: At, seconds: f32, edge: f32) {
        let seed = (at.seconds * 1_000.0) as u32 * 7_919;
        let (mut slow, mut count) = (0.0, 0);
        self.add(at, seconds * 5.0, |t| {
            count += 1;
            let raw = noise(seed.wrapping_add(count));
            slow += (raw - slow) * (0.05 + 0.75 * edge);
            (-t / seconds).exp() * (1.0 - (-t * 2_000.0).exp()) * (raw - slow)
        });
    }

    /// A snare played with brushes: a dull tone under noise.
    pub(crate) fn snare(&mut self, at: At) {
        self.add(At { level: at.level * 0.5, ..at }, 0.2, |t| (-t * 24.0).exp() * (TAU * 185.0 * t).sin());
        self.hiss(at, 0.075, 0.25);
    }

    /// Adds echo and room, and brings the whole to `gain_db`, bending what would exceed full scale.
    pub(crate) fn finish(self, echo_seconds: f32, gain_db: f32) -> Vec<Frame> {
        let echo = echo(&self.send, (echo_seconds * RATE) as usize);
        let room = room(&self.send);
        let gain = 10_f32.powf(gain_db / 20.0);
        let bend = |sample: f32| 0.84 * (gain * sample / 0.84).tanh();
        let frames = self.dry.iter().zip(&echo).zip(&room);
        frames
            .map(|((dry, echo), room)| [0, 1].map(|side| bend(dry[side] + 0.5 * echo[side] + 0.35 * room[side])))
            .collect()
    }
}

/// Echoes that cross from side to side.
fn echo(input: &[Frame], delay: usize) -> Vec<Frame> {
    let count = input.len();
    let mut out = vec![SILENCE; count];
    for index in 0..2 * count {
        let (now, then) = (index % count, (index + count - delay) % count);
        out[now] = [input[then][1] * 0.6 + out[then][1] * 0.42, input[then][0] * 0.6 + out[then][0] * 0.42];
    }
    out
}

/// A small room: eight damped combs (Schroeder's) per side, tuned a little differently left and right.
fn room(input: &[Frame]) -> Vec<Frame> {
    let count = input.len();
    let mut out = vec![SILENCE; count];
    for (comb, delay) in [1_557, 1_617, 1_491, 1_422, 1_277, 1_356, 1_188, 1_116].into_iter().enumerate() {
        for side in 0..2 {
            let delay = delay + 23 * side;
            let mut line = vec![0.0_f32; count];
            let mut dull = 0.0;
            for index in 0..2 * count {
                let (now, then) = (index % count, (index + count - delay) % count);
                dull += (line[then] - dull) * 0.7;
                line[now] = input[now][side] + 0.83 * dull;
            }
            let sign = if comb % 2 == 0 { 0.16 } else { -0.16 };
            out.iter_mut().zip(&line).for_each(|(frame, value)| frame[side] += sign * value);
        }
    }
    out
}
