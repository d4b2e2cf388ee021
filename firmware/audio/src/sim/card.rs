//! A sound card with a crystal of its own that can be unplugged, jitter and fall silent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::Time;

use crate::capture::{Capture, Error, Format, Open, READ_WAIT_MS, Read};
use crate::clock::Clock;
use crate::pcm::Frame;

/// Whose time a card keeps.
#[derive(Clone, Copy, Debug)]
pub enum CardPace {
    /// The test's: [`Card::set_now`] moves it and reads never wait.
    Virtual,
    /// The clock's: reads wait for the next period like a real card's.
    Real(Clock),
}

/// A card and its cable; copies are the same card. Opened by [`Open::open`].
#[derive(Clone)]
pub struct Card {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    format: Format,
    pace: CardPace,
    rate_hz: f64,
    signal: Box<dyn FnMut(u64) -> Frame + Send>,
    now: Time,
    plugged: bool,
    muted: bool,
    jitter_us: u64,
    xruns: u32,
    plugs: u64,
    opened_at: Arc<Mutex<Option<Time>>>,
}

struct Opened {
    card: Card,
    plug: u64,
    origin: Time,
    delivered: u64,
    seed: u32,
}

impl Card {
    /// A plugged-in card that delivers periods as `format` says, by a crystal that is `ppm` parts per million fast.
    /// `signal` is asked for each frame, counted from the moment the device is opened.
    pub fn new(format: Format, ppm: f64, pace: CardPace, signal: impl FnMut(u64) -> Frame + Send + 'static) -> Self {
        let inner = Inner {
            format,
            pace,
            rate_hz: f64::from(format.rate_hz) * (1.0 + ppm * 1e-6),
            signal: Box::new(signal),
            now: Time::ZERO,
            plugged: true,
            muted: false,
            jitter_us: 0,
            xruns: 0,
            plugs: 0,
            opened_at: Arc::default(),
        };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// Moves the time of a [`CardPace::Virtual`] card.
    pub fn set_now(&self, now: Time) {
        self.lock().now = now;
    }

    /// Pulls the plug or puts it back in.
    pub fn set_plugged(&self, plugged: bool) {
        let mut inner = self.lock();
        inner.plugs += u64::from(inner.plugged && !plugged);
        inner.plugged = plugged;
    }

    /// Has the card stay there but deliver nothing.
    pub fn set_muted(&self, muted: bool) {
        self.lock().muted = muted;
    }

    /// Delivers each period up to `jitter_us` late, by a fixed pseudo-random sequence.
    pub fn set_jitter_us(&self, jitter_us: u64) {
        self.lock().jitter_us = jitter_us;
    }

    /// Has the next read report an overrun.
    pub fn xrun(&self) {
        self.lock().xruns += 1;
    }

    /// When the card was last opened: the instant at which its frame 0 was recorded.
    pub fn opened_at(&self) -> Arc<Mutex<Option<Time>>> {
        Arc::clone(&self.lock().opened_at)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn now(&self) -> Time {
        match self.pace {
            CardPace::Virtual => self.now,
            CardPace::Real(clock) => clock.now(),
        }
    }
}

impl Open for Card {
    fn open(&mut self) -> Result<Box<dyn Capture>, Error> {
        let inner = self.lock();
        if !inner.plugged {
            return Err(Error::NotFound);
        }
        let (plug, origin) = (inner.plugs, inner.now());
        *inner.opened_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(origin);
        drop(inner);
        Ok(Box::new(Opened { card: self.clone(), plug, origin, delivered: 0, seed: 1 }))
    }
}

impl Capture for Opened {
    fn format(&self) -> Format {
        self.card.lock().format
    }

    fn read(&mut self, out: &mut [Frame]) -> Result<Read, Error> {
        let mut inner = self.card.lock();
        if !inner.plugged || inner.plugs != self.plug {
            return Err(Error::Unplugged);
        }
        let period = inner.format.period_frames as u64;
        let jitter_us = u64::from(self.seed >> 8) * inner.jitter_us / (1 << 24);
        let due_s = (self.delivered + period) as f64 / inner.rate_hz;
        let due = self.origin.plus_micros((due_s * 1e6) as u64 + jitter_us);
        if inner.muted || inner.now() < due {
            if let CardPace::Real(clock) = inner.pace {
                let wait_us = due.micros_since(clock.now()).clamp(100, u64::from(READ_WAIT_MS) * 1_000);
                let late = inner.muted || wait_us == u64::from(READ_WAIT_MS) * 1_000;
                drop(inner);
                std::thread::sleep(Duration::from_micros(wait_us));
                return if late { Ok(Read::default()) } else { self.read(out) };
            }
            return Ok(Read::default());
        }
        self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let frames = (period as usize).min(out.len());
        for (n, frame) in out[..frames].iter_mut().enumerate() {
            *frame = (inner.signal)(self.delivered + n as u64);
        }
        self.delivered += period;
        Ok(Read { frames, xruns: std::mem::take(&mut inner.xruns) })
    }
}
