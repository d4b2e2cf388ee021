//! Line-in as the pump sees it: a source that gives a block at 48 kHz whenever asked, or says that it has none.
//!
//! Two ends. [`Feeder`] runs on the capture thread: it opens the device, reads it, and reopens it for ever. [`LineIn`]
//! runs on the pump's thread: it fits the card's clock to the box's. Between them lies one `Session` per opened
//! device, with everything it needs made beforehand, so that neither end allocates while there is sound.

mod feeder;
mod fit;
mod level;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};

use rtrb::{Consumer, Producer, RingBuffer};

pub use feeder::{FIRST_SOUND_MS, Feeder, NextStep, RETRY_MS_MAX, STALL_MS, run};
pub use level::{Decision, Level, Stamp};

use base::Time;

use crate::capture::{self, Format, Open};
use crate::meter::{DcBlocker, Signal, SignalMeter, peak};
use crate::pcm::{BLOCK_FRAMES, Frame};
use fit::Fit;

/// Sound a session's ring holds, in ms. When it is full the newest frames are dropped and counted; the pump notices
/// and starts afresh.
const RING_MS: usize = 400;

/// Arrivals a session can announce before the pump looks. When it is full, announcements are dropped: the next one
/// tells the same and more.
const STAMPS: usize = 256;

/// Sessions on their way to the pump or back. The feeder waits before it opens another device when it is full.
const SESSIONS: usize = 4;

/// Everything that belongs to one opened device, as the pump holds it.
struct Session {
    frames: Consumer<Frame>,
    stamps: Consumer<Stamp>,
    level: Level,
    fit: Fit,
}

/// Everything that belongs to one opened device, as the capture thread holds it.
struct Feed {
    frames: Producer<Frame>,
    stamps: Producer<Stamp>,
    total_frames: u64,
}

fn session(format: Format) -> Result<(Feed, Box<Session>), capture::Error> {
    let fit = Fit::new(format.rate_hz)?;
    let ring_frames = format.rate_hz as usize * RING_MS / 1_000 + 2 * format.period_frames;
    let (frames_in, frames) = RingBuffer::new(ring_frames);
    let (stamps_in, stamps) = RingBuffer::new(STAMPS);
    let level = Level::new(format.rate_hz, format.period_frames);
    let feed = Feed { frames: frames_in, stamps: stamps_in, total_frames: 0 };
    Ok((feed, Box::new(Session { frames, stamps, level, fit })))
}

/// What line-in is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineState {
    /// No line-in is configured.
    #[default]
    Unused,
    /// The device is being opened for the first time.
    Opening,
    /// There is no device, for this reason. It is tried again every [`RETRY_MS_MAX`].
    NoDevice(capture::Error),
    /// The device delivers silence.
    Silent,
    /// The device delivers sound.
    Signal,
    /// The device delivers sound that is cut off at full scale.
    Clipping,
}

/// What both ends tell whoever asks.
#[derive(Debug, Default)]
pub(crate) struct LineStatus {
    /// 0 opening, 1 open, else the code of the error plus 2.
    device: AtomicU32,
    signal: AtomicU32,
    pub(crate) xruns: AtomicU64,
    pub(crate) opened: AtomicU64,
    pub(crate) overflow_frames: AtomicU64,
    pub(crate) underruns: AtomicU64,
    pub(crate) slips: AtomicU64,
    pub(crate) rate_hz: AtomicU32,
    pub(crate) period_frames: AtomicU32,
    pub(crate) delay_us: AtomicU64,
    pub(crate) drift_ppb: AtomicI64,
    pub(crate) peak: AtomicU32,
    stop: AtomicBool,
}

impl LineStatus {
    /// The state as last told by both ends.
    pub(crate) fn state(&self) -> LineState {
        match (self.device.load(Ordering::Relaxed), self.signal.load(Ordering::Relaxed)) {
            (0, _) => LineState::Opening,
            (1, 0) => LineState::Silent,
            (1, 1) => LineState::Signal,
            (1, _) => LineState::Clipping,
            (code, _) => LineState::NoDevice(capture::Error::from_code(code - 2)),
        }
    }
}

/// The pump's end.
pub struct LineIn {
    sessions: Consumer<Box<Session>>,
    retired: Producer<Box<Session>>,
    session: Option<Box<Session>>,
    blocker: DcBlocker,
    meter: SignalMeter,
    past_underruns: u64,
    past_slips: u64,
    status: Arc<LineStatus>,
}

/// Both ends of a new line-in whose device `open` opens.
pub fn pair(open: Box<dyn Open>) -> (Feeder, LineIn) {
    let (sessions_in, sessions) = RingBuffer::new(SESSIONS);
    let (retired, retired_out) = RingBuffer::new(SESSIONS);
    let status = Arc::new(LineStatus::default());
    let feeder = Feeder::new(open, sessions_in, retired_out, Arc::clone(&status));
    let line = LineIn {
        sessions,
        retired,
        session: None,
        blocker: DcBlocker::new(),
        meter: SignalMeter::new(),
        past_underruns: 0,
        past_slips: 0,
        status,
    };
    (feeder, line)
}

impl Drop for LineIn {
    fn drop(&mut self) {
        self.status.stop.store(true, Ordering::Relaxed);
    }
}

impl LineIn {
    pub(crate) fn status(&self) -> Arc<LineStatus> {
        Arc::clone(&self.status)
    }

    /// Fills `out` with the block due at `scheduled` and returns `true`, or leaves it alone and returns `false` if there
    /// is no device or its buffer is being filled. Always drains the device, wanted or not; never waits.
    pub fn pull(&mut self, scheduled: Time, out: &mut [Frame; BLOCK_FRAMES]) -> bool {
        self.change_sessions();
        let delivered = match &mut self.session {
            Some(session) => session.pull(scheduled, out, &mut self.meter),
            None => false,
        };
        if delivered {
            self.blocker.process(out);
        }
        self.tell(if delivered { peak(out) } else { 0.0 });
        delivered
    }

    /// Whether there was a device at the last [`LineIn::pull`], delivering or not.
    pub fn has_device(&self) -> bool {
        self.session.is_some()
    }

    /// Takes the newest session and lets go of a dead one. Old sessions go back to be dropped on the capture thread.
    fn change_sessions(&mut self) {
        let dead = self.session.as_ref().is_some_and(|session| session.frames.is_abandoned());
        let new = self.sessions.pop().ok();
        if !dead && new.is_none() {
            return;
        }
        if let Some(old) = std::mem::replace(&mut self.session, new) {
            self.past_underruns += old.level.underruns();
            self.past_slips += old.level.slips();
            // If the capture thread has not emptied its ring for four devices, dropping here is the lesser evil.
            _ = self.retired.push(old);
        }
        self.blocker = DcBlocker::new();
        self.meter = SignalMeter::new();
    }

    fn tell(&self, peak: f32) {
        let signal = match self.meter.signal() {
            Signal::Silent => 0,
            Signal::Sound => 1,
            Signal::Clipping => 2,
        };
        self.status.signal.store(signal, Ordering::Relaxed);
        self.status.peak.store(peak.to_bits(), Ordering::Relaxed);
        if let Some(session) = &self.session {
            let level = &session.level;
            self.status.delay_us.store(level.delay_us(), Ordering::Relaxed);
            self.status.drift_ppb.store((level.drift_ppm() * 1e3) as i64, Ordering::Relaxed);
            self.status.underruns.store(self.past_underruns + level.underruns(), Ordering::Relaxed);
            self.status.slips.store(self.past_slips + level.slips(), Ordering::Relaxed);
        }
    }
}

impl Session {
    fn pull(&mut self, scheduled: Time, out: &mut [Frame; BLOCK_FRAMES], meter: &mut SignalMeter) -> bool {
        while let Ok(stamp) = self.stamps.pop() {
            self.level.arrived(stamp);
        }
        // Two more than needed: a change of speed may ask for one or two frames more within the block.
        let needed_frames = self.fit.needed_frames() + 2;
        match self.level.decide(scheduled, self.frames.slots(), needed_frames) {
            Decision::Wait => return false,
            Decision::Run { discard_frames, speed } => {
                if let Ok(chunk) = self.frames.read_chunk(discard_frames) {
                    chunk.commit_all();
                }
                self.fit.set_speed(speed);
            }
        }
        let input = self.fit.input();
        let Ok(chunk) = self.frames.read_chunk(input.len()) else { return false };
        let (first, second) = chunk.as_slices();
        input[..first.len()].copy_from_slice(first);
        input[first.len()..].copy_from_slice(second);
        chunk.commit_all();
        meter.hear(input);
        self.level.took(input.len());
        self.fit.run(out);
        true
    }
}
