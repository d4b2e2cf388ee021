//! The capture thread: opens the device, moves its sound into the rings, and starts over whenever it fails, for ever.
//!
//! While there is sound it neither allocates nor locks nor logs; it counts. The step is apart from the loop around it,
//! so that it can be tested without a thread.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base::Time;

use super::fit;
use super::outlets::Outlets;
use super::shared::Shared;
use crate::capture::{Capture, Error, Format, Open, READ_FRAMES_MAX};
use crate::clock::Clock;
use crate::meter::SignalMeter;
use crate::pcm::{Frame, SILENCE};

/// Longest wait between two attempts to open a device, in ms: a device plugged in is heard within a second,
/// of which this is the largest part.
pub const RETRY_MS_MAX: u64 = 250;

/// First wait after a device was lost, in ms. It doubles up to [`RETRY_MS_MAX`].
const RETRY_MS_MIN: u64 = 50;

/// A device that has delivered and then delivers nothing for so long, in ms, counts as dead and is reopened.
pub const STALL_MS: u64 = 500;

/// Time a device has for its first sound, in ms. Some open at once and take seconds to start (PulseAudio's null sink:
/// two); opening them again only makes them start over.
pub const FIRST_SOUND_MS: u64 = 3_000;

/// What the loop around [`Feeder::step`] is to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Step again at once.
    Again,
    /// Step again after so many ms.
    WaitMs(u64),
    /// Every handle and every tap is dropped.
    Stop,
}

/// An opened device.
struct Running {
    device: Box<dyn Capture>,
    meter: SignalMeter,
    heard_at: Time,
    has_delivered: bool,
}

/// The capture thread's end of a line-in.
pub struct Feeder {
    open: Box<dyn Open>,
    outlets: Outlets,
    running: Option<Running>,
    buffer: Vec<Frame>,
    retry_ms: u64,
    /// The last failure that was logged: only changes are.
    logged: Option<Error>,
    shared: Arc<Shared>,
}

impl Feeder {
    pub(super) fn new(open: Box<dyn Open>, shared: Arc<Shared>) -> Self {
        Self {
            open,
            outlets: Outlets::new(),
            running: None,
            buffer: vec![SILENCE; READ_FRAMES_MAX],
            retry_ms: RETRY_MS_MIN,
            logged: None,
            shared,
        }
    }

    /// Opens the device, or waits for its next frames and copies them to every tap. `clock` is read after the wait.
    pub fn step(&mut self, clock: &mut dyn FnMut() -> Time) -> NextStep {
        // This end's own is the last one.
        if Arc::strong_count(&self.shared) == 1 {
            return NextStep::Stop;
        }
        self.outlets.update(&self.shared);
        let Some(running) = &mut self.running else { return self.open(clock) };
        let had_delivered = running.has_delivered;
        match running.step(&mut self.buffer, &mut self.outlets, &self.shared, clock) {
            Ok(()) => {
                if running.has_delivered && !had_delivered {
                    let format = running.device.format();
                    self.announce(format);
                }
                NextStep::Again
            }
            Err(error) => self.fail(error),
        }
    }

    fn open(&mut self, clock: &mut dyn FnMut() -> Time) -> NextStep {
        self.outlets.close();
        let opened = self.open.open().and_then(|device| {
            let format = device.format();
            self.connect(format).map(|()| (device, format))
        });
        let (device, format) = match opened {
            Ok(opened) => opened,
            Err(error) => return self.fail(error),
        };
        let status = &self.shared.device;
        status.rate_hz.store(format.rate_hz, Ordering::Relaxed);
        status.period_frames.store(format.period_frames as u32, Ordering::Relaxed);
        status.opened.fetch_add(1, Ordering::Relaxed);
        let meter = SignalMeter::new();
        status.set_signal(meter.signal());
        self.running = Some(Running { device, meter, heard_at: clock(), has_delivered: false });
        NextStep::Again
    }

    /// Begins the session of every tap with a device of `format`; those that join from here on bring theirs with them.
    fn connect(&mut self, format: Format) -> Result<(), Error> {
        fit::check(format.rate_hz)?;
        let mut open = self.shared.format();
        self.outlets.close();
        self.outlets.update(&self.shared);
        self.outlets.open(format)?;
        *open = Some(format);
        Ok(())
    }

    /// The first sound of an opened device has come: only now it counts as there. Some open well and stay dead.
    fn announce(&mut self, format: Format) {
        self.shared.device.set_open();
        self.retry_ms = RETRY_MS_MIN;
        self.logged = None;
        log::info!("line-in delivers: {} Hz, periods of {} frames", format.rate_hz, format.period_frames);
    }

    fn fail(&mut self, error: Error) -> NextStep {
        self.running = None;
        *self.shared.format() = None;
        self.outlets.close();
        self.shared.device.set_failed(error);
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
    /// Reads the device once and copies what it delivered to `outlets`.
    fn step(
        &mut self,
        buffer: &mut [Frame],
        outlets: &mut Outlets,
        shared: &Shared,
        clock: &mut dyn FnMut() -> Time,
    ) -> Result<(), Error> {
        let read = self.device.read(buffer)?;
        let now = clock();
        if read.xruns > 0 {
            shared.device.xruns.fetch_add(u64::from(read.xruns), Ordering::Relaxed);
        }
        if read.frames == 0 {
            let silent_ms = now.micros_since(self.heard_at) / 1_000;
            let patience_ms = if self.has_delivered { STALL_MS } else { FIRST_SOUND_MS };
            return if silent_ms < patience_ms { Ok(()) } else { Err(Error::Stalled) };
        }
        (self.heard_at, self.has_delivered) = (now, true);
        let frames = &buffer[..read.frames.min(buffer.len())];
        outlets.push(frames, now);
        self.meter.hear(frames);
        shared.device.set_signal(self.meter.signal());
        Ok(())
    }
}

/// Runs `feeder` on this thread until every handle and every tap is dropped.
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
