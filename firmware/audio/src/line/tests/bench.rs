//! A line-in whose card, capture thread and pumps all stand on virtual time.

use std::f64::consts::TAU;
use std::sync::Arc;

use base::Time;

use crate::capture::Format;
use crate::line::status::LineStatus;
use crate::line::{Feeder, LineIn, LineSource, NextStep, pair};
use crate::pcm::{BLOCK_FRAMES, Frame, SILENCE};
use crate::sim::Card;
use crate::source::{Delivery, Source};

pub(super) const FAST_PERIODS: Format = Format { rate_hz: 48_000, period_frames: 240 };

/// A card with one tap; tests add others.
pub(super) struct Bench {
    pub(super) card: Card,
    pub(super) feeder: Feeder,
    pub(super) source: LineSource,
    pub(super) line: LineIn,
    /// What the last pull of `line` delivered.
    pub(super) delivery: Delivery,
    pub(super) now: Time,
    wait_until: Time,
}

impl Bench {
    pub(super) fn new(card: Card) -> Self {
        let (feeder, source) = pair(Box::new(card.clone()));
        Self::with(card, feeder, source)
    }

    /// The bench of a line-in whose device plays what `card` does.
    pub(super) fn with(card: Card, feeder: Feeder, source: LineSource) -> Self {
        let line = source.tap().unwrap();
        Self { card, feeder, source, line, delivery: Delivery::Gone, now: Time::ZERO, wait_until: Time::ZERO }
    }

    /// Lets time pass in steps of 1 ms for the capture thread; nobody pulls.
    pub(super) fn pass_ms(&mut self, ms: u64) {
        for _ in 0..ms {
            self.now = self.now.plus_millis(1);
            self.card.set_now(self.now);
            let now = self.now;
            if now < self.wait_until {
                continue;
            }
            for _ in 0..4 {
                if let NextStep::WaitMs(ms) = self.feeder.step(&mut || now) {
                    self.wait_until = now.plus_millis(ms);
                    break;
                }
            }
        }
    }

    /// Lets 10 ms pass and returns the block, if there was one.
    pub(super) fn block(&mut self) -> Option<[Frame; BLOCK_FRAMES]> {
        self.pass_ms(10);
        let (delivery, block) = pull(&mut self.line, self.now);
        self.delivery = delivery;
        (delivery == Delivery::Sound(BLOCK_FRAMES)).then_some(block)
    }

    /// Pulls blocks until sound comes, at most `limit`; returns how many were empty.
    pub(super) fn blocks_until_sound(&mut self, limit: u32) -> Option<u32> {
        (0..limit).find(|_| self.block().is_some())
    }

    pub(super) fn status(&self) -> Arc<LineStatus> {
        status(&self.line)
    }
}

/// What `line` brings for the block due at `now`.
pub(super) fn pull(line: &mut LineIn, now: Time) -> (Delivery, [Frame; BLOCK_FRAMES]) {
    let mut out = [SILENCE; BLOCK_FRAMES];
    (line.pull(now, &mut out), out)
}

pub(super) fn status(line: &LineIn) -> Arc<LineStatus> {
    line.line_status().unwrap()
}

pub(super) fn tone(rate_hz: f64, hz: f64, amplitude: f64) -> impl FnMut(u64) -> Frame + Send + 'static {
    move |n| [(amplitude * (TAU * hz * n as f64 / rate_hz).sin()) as f32; 2]
}

/// Phase of the tone of `hz` in `frames`, in turns.
pub(super) fn phase(frames: &[Frame], hz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, frame) in frames.iter().enumerate() {
        let (sin, cos) = (TAU * hz * n as f64 / 48_000.0).sin_cos();
        re += f64::from(frame[0]) * cos;
        im -= f64::from(frame[0]) * sin;
    }
    im.atan2(re) / TAU
}
