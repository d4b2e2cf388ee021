//! How much sound lies in the ring, seen through periods, blocks and jitter, and what to do about it.
//!
//! Sound arrives in periods and leaves in blocks, so a count of frames saws up and down by a period and beats between
//! the two clocks for minutes. Therefore the level is taken between arrivals: frames that have arrived, plus those the
//! card has certainly recorded since, less those taken. The sound itself is not touched here.

use base::Time;

use crate::drift::Controller;
use crate::pcm::{BLOCK_FRAMES, SAMPLE_RATE_HZ};

/// When how many frames had arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// When the last of them was handed over.
    pub at: Time,
    /// Frames since the device was opened.
    pub total_frames: u64,
}

/// Sound kept beyond the longest gap between arrivals: 3 ms, for the wake-up of two threads.
const MARGIN_S: f64 = 0.003;

/// Longest gap between arrivals that is planned for: 80 ms. A device that stops for longer than that is heard to stop.
const GAP_S_MAX: f64 = 0.08;

/// How long the longest gap is remembered, in s: between one and two of these.
const GAP_WINDOW_S: f64 = 30.0;

/// Sound beyond the target that is thrown away rather than played off: 60 ms. Only a stalled pump piles up so much.
const OVERFULL_S: f64 = 0.06;

/// How fast the target may move while playing: 100 ppm, a sixth of a cent.
const TARGET_SLEW: f64 = 1e-4;

/// What to do in this block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    /// Deliver nothing: the buffer is being filled.
    Wait,
    /// Deliver a block.
    Run {
        /// Throw this many frames away first.
        discard_frames: usize,
        /// Consume frames this much faster than nominal.
        speed: f64,
    },
}

/// The level of one opened device's ring.
#[derive(Clone, Debug)]
pub struct Level {
    rate_hz: f64,
    controller: Controller,
    last: Option<Stamp>,
    /// Longest gap in the running and in the previous window, in s.
    gaps_s: [f64; 2],
    gap_window_start: Time,
    taken_frames: u64,
    target_frames: f64,
    level_frames: f64,
    filling: bool,
    underruns: u64,
    slips: u64,
}

impl Level {
    /// Returns the level of a device that delivers `period_frames` at a time, nominally `rate_hz` frames per second.
    pub fn new(rate_hz: u32, period_frames: usize) -> Self {
        let rate_hz = f64::from(rate_hz);
        let period_s = (period_frames as f64 / rate_hz).min(GAP_S_MAX);
        Self {
            rate_hz,
            controller: Controller::new(rate_hz),
            last: None,
            gaps_s: [period_s; 2],
            gap_window_start: Time::ZERO,
            taken_frames: 0,
            target_frames: (period_s + MARGIN_S) * rate_hz,
            level_frames: 0.0,
            filling: true,
            underruns: 0,
            slips: 0,
        }
    }

    /// Records an arrival.
    pub fn arrived(&mut self, stamp: Stamp) {
        if let Some(last) = self.last {
            let gap_s = (stamp.at.micros_since(last.at) as f64 / 1e6).min(GAP_S_MAX);
            self.gaps_s[0] = self.gaps_s[0].max(gap_s);
            if stamp.at.micros_since(self.gap_window_start) as f64 > GAP_WINDOW_S * 1e6 {
                self.gaps_s = [gap_s, self.gaps_s[0]];
                self.gap_window_start = stamp.at;
            }
        } else {
            self.gap_window_start = stamp.at;
        }
        self.last = Some(stamp);
    }

    /// Returns what to do about the block due at `scheduled`, with `ready_frames` in the ring of which the block needs
    /// `needed_frames`.
    pub fn decide(&mut self, scheduled: Time, ready_frames: usize, needed_frames: usize) -> Decision {
        let gap_s = self.gaps_s[0].max(self.gaps_s[1]);
        let wanted_frames = (gap_s + MARGIN_S) * self.rate_hz;
        let block_frames = self.rate_hz * BLOCK_FRAMES as f64 / f64::from(SAMPLE_RATE_HZ);
        self.level_frames = self.recorded_frames(scheduled, gap_s) - self.taken_frames as f64 - block_frames;
        if self.filling {
            self.target_frames = wanted_frames;
            // The first block also fills the resampler's memory: counted here, else it would be missing afterwards.
            let left_frames = self.level_frames + block_frames - needed_frames as f64;
            if ready_frames < needed_frames || left_frames < self.target_frames {
                return Decision::Wait;
            }
            self.filling = false;
            self.controller.refilled();
            let surplus = (left_frames - self.target_frames) as usize;
            let discard_frames = surplus.min(ready_frames - needed_frames);
            self.taken_frames += discard_frames as u64;
            return Decision::Run { discard_frames, speed: 1.0 + self.controller.drift_ppm() * 1e-6 };
        }
        let slew = TARGET_SLEW * block_frames;
        self.target_frames += (wanted_frames - self.target_frames).clamp(-slew, slew);
        let error = self.level_frames - self.target_frames;
        if ready_frames < needed_frames {
            self.underruns += 1;
            self.filling = true;
            return Decision::Wait;
        }
        if error > OVERFULL_S * self.rate_hz {
            self.slips += 1;
            self.filling = true;
            return Decision::Wait;
        }
        Decision::Run { discard_frames: 0, speed: self.controller.step(error) }
    }

    /// Records that `frames` frames were consumed for a block.
    pub fn consumed(&mut self, frames: usize) {
        self.taken_frames += frames as u64;
    }

    /// Returns the frames that the card has recorded by `now`, delivered or not.
    fn recorded_frames(&self, now: Time, gap_s: f64) -> f64 {
        let Some(last) = self.last else { return 0.0 };
        let since_s = (now.as_micros() as f64 - last.at.as_micros() as f64) / 1e6;
        // A device that is late by more than its longest gap has stopped: what was not delivered is not there.
        last.total_frames as f64 + since_s.min(gap_s) * self.rate_hz
    }

    /// Returns the age of the youngest frame in a block that is delivered now, in microseconds: the line's share of the delay.
    pub fn delay_us(&self) -> u64 {
        (self.level_frames.max(0.0) / self.rate_hz * 1e6) as u64
    }

    /// Returns how much faster than nominal the card runs, in parts per million.
    pub fn drift_ppm(&self) -> f64 {
        self.controller.drift_ppm()
    }

    /// Returns how often the ring ran dry while playing.
    pub fn underruns(&self) -> u64 {
        self.underruns
    }

    /// Returns how often sound was thrown away because too much had piled up.
    pub fn slips(&self) -> u64 {
        self.slips
    }
}
