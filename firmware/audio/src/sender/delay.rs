//! How long a sender's packets wait before they are heard, and how fast they are played to keep it so.
//!
//! Pure: arrivals and positions in, speeds out. A packet that took as little time as any of late is the measure: by it every
//! moment has a place on the sender's timeline that could have arrived by then. The delay is how far playing lags behind that
//! place, and the target is what the slowest packet of late needed more. Levels measured so neither saw up and down with the
//! packets nor with their jitter; what is left is the drift of two clocks, for [`crate::drift::Controller`].

use base::Time;

use crate::drift::Controller;
use crate::pcm::{BLOCK_FRAMES, SAMPLE_RATE_HZ};

/// Least delay, ms: less than two packets of 20 ms is no buffer, and a phone's radio is never quieter.
pub const DELAY_MS_MIN: f64 = 40.0;

/// Largest delay that jitter is answered with, ms; what comes later than that is lost.
pub const DELAY_MS_MAX: f64 = 120.0;

/// Delay beyond the jitter of arrivals, ms: a block is needed at once, and two threads have to wake.
const MARGIN_MS: f64 = 13.0;

/// How long the quickest and the slowest arrival are remembered, s: between one and two of these.
const WINDOW_S: f64 = 10.0;

/// A level that is farther from its target than this has stepped, because arrivals say something else than before, ms: the
/// drift of two clocks moves it by 3 ms at most before it is caught.
const STEP_MS: f64 = 5.0;

/// Delay beyond what is wanted at which the surplus is left out instead of played off, ms: only a sender that was held up for
/// long, or whose time stamps jump, piles up so much.
const OVERFULL_MS: f64 = 200.0;

/// How fast the target moves, relative to playing: 1,000 ppm, 1.7 cents.
const TARGET_SLEW: f64 = 1e-3;

/// The same while there is far too much delay, [`FAR_MS`]: 1,900 ppm, which with the controller's is what the resampler can do.
const TARGET_SLEW_FAR: f64 = 1.9e-3;

/// How much delay is far too much, ms.
const FAR_MS: f64 = 60.0;

/// Ticks of the sender's timeline in a millisecond.
const TICKS_PER_MS: f64 = SAMPLE_RATE_HZ as f64 / 1e3;

/// The quickest and the slowest arrival of a window: box's time less the sender's, in ticks.
#[derive(Clone, Copy, Debug)]
struct Transit {
    least: f64,
    most: f64,
}

impl Transit {
    fn joined(self, other: Option<Self>) -> Self {
        other.map_or(self, |other| Self { least: self.least.min(other.least), most: self.most.max(other.most) })
    }
}

/// The delay of one sender.
#[derive(Clone, Debug)]
pub struct Delay {
    controller: Controller,
    /// The running window and the one before.
    windows: [Option<Transit>; 2],
    window_start: f64,
    target: f64,
    level: f64,
    /// Whether playing was held up since the last block, so that the delay has grown on purpose.
    is_stretched: bool,
    resets: u64,
}

impl Default for Delay {
    fn default() -> Self {
        Self::new()
    }
}

impl Delay {
    /// Returns the delay of a sender of whom nothing has arrived.
    pub fn new() -> Self {
        Self {
            controller: Controller::new(f64::from(SAMPLE_RATE_HZ)),
            windows: [None; 2],
            window_start: 0.0,
            target: DELAY_MS_MIN * TICKS_PER_MS,
            level: 0.0,
            is_stretched: false,
            resets: 0,
        }
    }

    /// Records that the packet that begins at `ticks` of the sender's timeline arrived at `at`.
    pub fn arrived(&mut self, at: Time, ticks: i64) {
        let at = ticks_of(at);
        let transit = at - ticks as f64;
        if self.windows[0].is_none() {
            self.window_start = at;
        } else if at - self.window_start > WINDOW_S * 1e3 * TICKS_PER_MS {
            self.windows = [None, self.windows[0]];
            self.window_start = at;
        }
        self.windows[0] = Some(Transit { least: transit, most: transit }.joined(self.windows[0]));
    }

    fn transit(&self) -> Option<Transit> {
        self.windows[0].map(|running| running.joined(self.windows[1])).or(self.windows[1])
    }

    /// Returns the delay that arrivals ask for, in ticks.
    fn wanted(&self) -> f64 {
        let jitter = self.transit().map_or(0.0, |transit| transit.most - transit.least);
        (jitter + MARGIN_MS * TICKS_PER_MS).clamp(DELAY_MS_MIN * TICKS_PER_MS, DELAY_MS_MAX * TICKS_PER_MS)
    }

    /// Returns how far `position` lags at `now` behind what could have arrived, in ticks.
    fn level(&self, now: Time, position: i64) -> Option<f64> {
        self.transit().map(|transit| ticks_of(now) - transit.least - position as f64)
    }

    /// Returns from which place of the sender's timeline on to play at `now`, when `oldest` is the first there is; `None`
    /// while the buffer is being filled.
    pub fn start(&mut self, now: Time, oldest: i64) -> Option<i64> {
        // What was needed before, but not what had piled up.
        let target = self.wanted().max(self.target.min(DELAY_MS_MAX * TICKS_PER_MS));
        let level = self.level(now, oldest)?;
        if level < target {
            return None;
        }
        let from = oldest + (level - target) as i64;
        self.controller.refilled();
        (self.target, self.level, self.is_stretched) = (target, target, false);
        Some(from)
    }

    /// Returns the speed at which the block due at `now` is played from `position` on, relative to nominal: above 1 is
    /// faster. `None` if so much has piled up that it is better left out.
    pub fn run(&mut self, now: Time, position: i64) -> Option<f64> {
        self.level = self.level(now, position)?;
        if std::mem::take(&mut self.is_stretched) {
            self.target = self.level.max(self.target);
        }
        let (wanted, block) = (self.wanted(), BLOCK_FRAMES as f64);
        if self.level - wanted > OVERFULL_MS * TICKS_PER_MS {
            return None;
        }
        if (self.level - self.target).abs() > STEP_MS * TICKS_PER_MS {
            self.target = self.level;
        }
        let is_far = self.target - wanted > FAR_MS * TICKS_PER_MS;
        let slew = block * if is_far { TARGET_SLEW_FAR } else { TARGET_SLEW };
        let slewed = (wanted - self.target).clamp(-slew, slew);
        self.target += slewed;
        let error = self.level - self.target;
        // What the target moves by is played off directly, so that the controller learns nothing but the drift.
        Some(self.controller.step(error) - slewed / block)
    }

    /// Says that playing was held up: something was bridged that is still to come.
    pub fn stretched(&mut self) {
        self.is_stretched = true;
    }

    /// Forgets arrivals, but neither the drift nor how much delay was needed: the sender has begun again.
    pub fn reset(&mut self) {
        self.windows = [None; 2];
        self.resets += 1;
    }

    /// Returns the delay in microseconds.
    pub fn level_us(&self) -> u64 {
        (self.level.max(0.0) / TICKS_PER_MS * 1e3) as u64
    }

    /// Returns how much faster than nominal the sender's clock runs, in parts per million.
    pub fn drift_ppm(&self) -> f64 {
        self.controller.drift_ppm()
    }

    /// Returns how often the sender has begun again.
    pub fn resets(&self) -> u64 {
        self.resets
    }
}

fn ticks_of(time: Time) -> f64 {
    time.as_micros() as f64 * 0.048
}
