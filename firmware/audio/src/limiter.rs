//! The last thing before the encoders: no true peak leaves above −1 dBTP.
//!
//! A look-ahead limiter. The gain that each frame needs is held over the look-ahead, so that the fade into it, a moving
//! average as long as the look-ahead, is complete when the peak comes out. Sound below the ceiling passes bit-exactly,
//! only later. It does not raise quiet sound and has no make-up gain.

#[cfg(test)]
mod tests;
mod true_peak;

use true_peak::{DELAY_FRAMES, TruePeak};

use crate::pcm::{Block, Frame, SAMPLE_RATE_HZ, SILENCE};

/// The ceiling: −1 dBTP (EBU R 128 and the streaming services' advice: room for what lossy coding adds), less 0.1 dB
/// for what an eightfold detector can miss between its samples.
pub const CEILING: f32 = 0.881_05;

/// Frames over which the gain fades to what a peak needs: 1 ms, short enough to stay within the delay budget and long
/// enough not to crackle on low notes.
const ATTACK_FRAMES: usize = 46;

/// Frames a required gain is held: the attack, and the neighbours of a peak between two frames.
const HOLD_FRAMES: usize = ATTACK_FRAMES + 2;

/// Time constant with which the gain recovers: 80 ms.
const RELEASE_S: f64 = 0.08;

/// A gain this close to one is one: less than a thousandth of a decibel.
const UNITY_WITHIN: f64 = 1e-4;

/// Frames by which the limiter delays sound: 1.23 ms.
pub const DELAY: usize = DELAY_FRAMES + HOLD_FRAMES - 1;

/// The limiter of one channel. Left and right get the same gain, so that the picture does not move.
pub struct Limiter {
    detector: TruePeak,
    delayed: [Frame; DELAY],
    needed: [f32; HOLD_FRAMES],
    reductions: [f64; ATTACK_FRAMES],
    reduction_sum: f64,
    /// Frames since the last reduction entered the average.
    unity_run: usize,
    held: f64,
    release: f64,
    count: usize,
    deepest: f32,
}

impl Default for Limiter {
    fn default() -> Self {
        Self::new()
    }
}

impl Limiter {
    /// A limiter full of silence.
    pub fn new() -> Self {
        Self {
            detector: TruePeak::new(),
            delayed: [SILENCE; DELAY],
            needed: [1.0; HOLD_FRAMES],
            reductions: [0.0; ATTACK_FRAMES],
            reduction_sum: 0.0,
            unity_run: ATTACK_FRAMES,
            held: 1.0,
            release: 1.0 - (-1.0 / (RELEASE_S * f64::from(SAMPLE_RATE_HZ))).exp(),
            count: 0,
            deepest: 1.0,
        }
    }

    /// Limits `block` in place; what comes out went in [`DELAY`] frames before.
    pub fn process(&mut self, block: &mut Block) {
        self.deepest = 1.0;
        for frame in &mut block.frames {
            let needed = CEILING / self.detector.push(*frame).max(CEILING);
            let gain = self.gain(needed);
            self.deepest = self.deepest.min(gain);
            let slot = &mut self.delayed[self.count % DELAY];
            let out = std::mem::replace(slot, *frame);
            *frame = if gain < 1.0 { out.map(|sample| sample * gain) } else { out };
            self.count = self.count.wrapping_add(1);
        }
    }

    /// The smallest gain used in the last block: 1 if it was not limited.
    pub fn gain_min(&self) -> f32 {
        self.deepest
    }

    /// The gain for the frame that comes out, given what the one that entered the detector needs.
    fn gain(&mut self, needed: f32) -> f32 {
        self.needed[self.count % HOLD_FRAMES] = needed;
        let floor = f64::from(self.needed.iter().copied().fold(1.0, f32::min));
        self.held = if floor < self.held { floor } else { self.held + (floor - self.held) * self.release };
        if self.held > 1.0 - UNITY_WITHIN && floor == 1.0 {
            self.held = 1.0;
        }
        let reduction = 1.0 - self.held;
        self.unity_run = if reduction > 0.0 { 0 } else { self.unity_run + 1 };
        let oldest = std::mem::replace(&mut self.reductions[self.count % ATTACK_FRAMES], reduction);
        self.reduction_sum += reduction - oldest;
        if self.unity_run >= ATTACK_FRAMES {
            // Exactly nothing: rounding errors must not outlive what caused them.
            self.reduction_sum = 0.0;
            return 1.0;
        }
        (1.0 - self.reduction_sum / ATTACK_FRAMES as f64) as f32
    }
}
