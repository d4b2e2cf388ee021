//! The capture thread: opens the device, moves its sound into the ring, and starts over whenever it fails, for ever.
//!
//! While there is sound it neither allocates nor locks nor logs; it counts. The step is apart from the loop around it,
//! so that it can be tested without a thread.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base::Time;
use rtrb::{Consumer, Producer};

use super::{Feed, LineStatus, Session, Stamp, session};
use crate::capture::{Capture, Error, Format, Open, READ_FRAMES_MAX};
use crate::clock::Clock;
use crate::pcm::{Frame, SILENCE};

/// Longest wait between two attempts to open a device, in ms: a device plugged in is heard within a second,
/// of which this is the largest part.
pub const RETRY_MS_MAX: u64 = 250;

/// First wait after a device was lost, in ms. It doubles up to [`RETRY_MS_MAX`].
const RETRY_MS_MIN: u64 = 50;

/// A device that has delivered and then delivers nothing for so long, in ms, is taken for dead and reopened.
pub const STALL_MS: u64 = 500;

/// Time a device has for its first sound, in ms. Some open at once and take seconds to start (PulseAudio's null sink:
/// two); opening them again only makes them start over.
pub const FIRST_SOUND_MS: u64 = 3_000;

/// What the loop is to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Step again at once.
    Again,
    /// Step again after so many ms.
    WaitMs(u64),
    /// The pump's end is gone.
    Stop,
}

/// An opened device and where its sound goes.
struct Running {
    device: Box<dyn Capture>,
    feed: Feed,
    heard_at: Time,
    announced: bool,
}

/// The capture thread's end of a line-in.
pub struct Feeder {
    open: Box<dyn Open>,
    sessions: Producer<Box<Session>>,
    retired: Consumer<Box<Session>>,
    running: Option<Running>,
    buffer: Vec<Frame>,
    retry_ms: u64,
    /// The last failure that was logged: only changes are.
    logged: Option<Error>,
    status: Arc<LineStatus>,
}

impl Feeder {
    pub(super) fn new(
        open: Box<dyn Open>,
        sessions: Producer<Box<Session>>,
        retired: Consumer<Box<Session>>,
        status: Arc<LineStatus>,
    ) -> Self {
        let buffer = vec![SILENCE; READ_FRAMES_MAX];
        let (running, logged) = (None, None);
        Self { open, sessions, retired, running, buffer, retry_ms: RETRY_MS_MIN, logged, status }
    }

    /// Opens the device, or waits for its next frames and moves them on. `clock` is read after the wait.
    pub fn step(&mut self, clock: &mut dyn FnMut() -> Time) -> NextStep {
        if self.status.stop.load(Ordering::Relaxed) {
            return NextStep::Stop;
        }
        match &mut self.running {
            Some(running) => match running.step(&mut self.buffer, &self.status, clock) {
                Ok(()) => {
                    if running.feed.total_frames > 0 && !running.announced {
                        running.announced = true;
                        let format = running.device.format();
                        self.announce(format);
                    }
                    NextStep::Again
                }
                Err(error) => self.fail(error),
            },
            None => self.open(clock),
        }
    }

    fn open(&mut self, clock: &mut dyn FnMut() -> Time) -> NextStep {
        while self.retired.pop().is_ok() {}
        if self.sessions.is_full() {
            return NextStep::WaitMs(RETRY_MS_MAX);
        }
        let opened = self.open.open().and_then(|device| {
            let format = device.format();
            session(format).map(|(feed, session)| (device, format, feed, session))
        });
        let (device, format, feed, session) = match opened {
            Ok(opened) => opened,
            Err(error) => return self.fail(error),
        };
        // Cannot fail: only this end pushes, and there was room.
        _ = self.sessions.push(session);
        self.status.rate_hz.store(format.rate_hz, Ordering::Relaxed);
        self.status.period_frames.store(format.period_frames as u32, Ordering::Relaxed);
        self.status.opened.fetch_add(1, Ordering::Relaxed);
        self.running = Some(Running { device, feed, heard_at: clock(), announced: false });
        NextStep::Again
    }

    /// The first sound of an opened device has come: only now it counts as there. Some open well and stay dead.
    fn announce(&mut self, format: Format) {
        self.status.device.store(1, Ordering::Relaxed);
        self.retry_ms = RETRY_MS_MIN;
        self.logged = None;
        log::info!("line-in delivers: {} Hz, periods of {} frames", format.rate_hz, format.period_frames);
    }

    fn fail(&mut self, error: Error) -> NextStep {
        self.running = None;
        self.status.device.store(error.code() + 2, Ordering::Relaxed);
        if self.logged != Some(error) {
            log::warn!("line-in: {error}; trying again until it works");
            self.logged = Some(error);
        }
        let wait_ms = self.retry_ms;
        self.retry_ms = (wait_ms * 2).min(RETRY_MS_MAX);
        NextStep::WaitMs(wait_ms)
    }
}

impl Running {
    fn step(
        &mut self,
        buffer: &mut [Frame],
        status: &LineStatus,
        clock: &mut dyn FnMut() -> Time,
    ) -> Result<(), Error> {
        let read = self.device.read(buffer)?;
        let now = clock();
        if read.xruns > 0 {
            status.xruns.fetch_add(u64::from(read.xruns), Ordering::Relaxed);
        }
        if read.frames == 0 {
            let silent_ms = now.micros_since(self.heard_at) / 1_000;
            let patience_ms = if self.feed.total_frames == 0 { FIRST_SOUND_MS } else { STALL_MS };
            return if silent_ms < patience_ms { Ok(()) } else { Err(Error::Stalled) };
        }
        self.heard_at = now;
        let lost = self.feed.push(&buffer[..read.frames.min(buffer.len())], now);
        if lost > 0 {
            status.overflow_frames.fetch_add(lost as u64, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl Feed {
    /// Moves `frames` into the ring and returns how many did not fit.
    fn push(&mut self, frames: &[Frame], now: Time) -> usize {
        let count = self.frames.slots().min(frames.len());
        if let Ok(mut chunk) = self.frames.write_chunk(count) {
            let (first, second) = chunk.as_mut_slices();
            let split = first.len();
            first.copy_from_slice(&frames[..split]);
            second.copy_from_slice(&frames[split..count]);
            chunk.commit_all();
        }
        self.total_frames += count as u64;
        // A full ring of stamps is no loss: the next one tells the same and more.
        _ = self.stamps.push(Stamp { at: now, total_frames: self.total_frames });
        frames.len() - count
    }
}

/// Runs `feeder` on this thread until its other end is dropped.
pub fn run(mut feeder: Feeder, clock: Clock) {
    crate::thread::raise_priority("line-in");
    loop {
        match feeder.step(&mut || clock.now()) {
            NextStep::Again => {}
            NextStep::WaitMs(ms) => std::thread::sleep(Duration::from_millis(ms)),
            NextStep::Stop => return,
        }
    }
}
