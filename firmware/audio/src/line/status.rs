//! What line-in is doing, for whoever asks: one relaxed store each for the threads that sound passes through.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

use crate::capture::Error;
use crate::meter::Signal;

/// What line-in is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineState {
    /// No line-in is configured.
    #[default]
    Unused,
    /// The device is being opened for the first time.
    Opening,
    /// There is no device, for this reason. It is tried again every [`super::RETRY_MS_MAX`].
    NoDevice(Error),
    /// The device delivers silence.
    Silent,
    /// The device delivers sound.
    Signal,
    /// The device delivers sound that is cut off at full scale.
    Clipping,
}

/// What the capture thread publishes about the device, the same for all taps.
#[derive(Debug, Default)]
pub(crate) struct DeviceStatus {
    /// 0 opening, 1 open, else the code of the error plus 2.
    state: AtomicU32,
    signal: AtomicU32,
    pub(crate) xruns: AtomicU64,
    pub(crate) opened: AtomicU64,
    pub(crate) rate_hz: AtomicU32,
    pub(crate) period_frames: AtomicU32,
}

impl DeviceStatus {
    /// Publishes that the device delivers.
    pub(super) fn set_open(&self) {
        self.state.store(1, Ordering::Relaxed);
    }

    /// Publishes why there is no device.
    pub(super) fn set_failed(&self, error: Error) {
        self.state.store(error.code() + 2, Ordering::Relaxed);
    }

    /// Publishes what an open device sounds like.
    pub(super) fn set_signal(&self, signal: Signal) {
        let code = match signal {
            Signal::Silent => 0,
            Signal::Sound => 1,
            Signal::Clipping => 2,
        };
        self.signal.store(code, Ordering::Relaxed);
    }

    /// Returns the state published last.
    pub(crate) fn state(&self) -> LineState {
        match (self.state.load(Ordering::Relaxed), self.signal.load(Ordering::Relaxed)) {
            (0, _) => LineState::Opening,
            (1, 0) => LineState::Silent,
            (1, 1) => LineState::Signal,
            (1, _) => LineState::Clipping,
            (code, _) => LineState::NoDevice(Error::from_code(code - 2)),
        }
    }
}

/// What both ends of one tap publish, and the device's facts beside it.
#[derive(Debug)]
pub struct LineStatus {
    pub(crate) device: Arc<DeviceStatus>,
    pub(crate) overflow_frames: AtomicU64,
    pub(crate) underruns: AtomicU64,
    pub(crate) slips: AtomicU64,
    pub(crate) delay_us: AtomicU64,
    pub(crate) drift_ppb: AtomicI64,
    /// Bits of the linear peak of the last block.
    pub(crate) peak: AtomicU32,
}

impl LineStatus {
    /// Returns the status of a tap of `device` that has delivered nothing.
    pub(super) fn new(device: Arc<DeviceStatus>) -> Self {
        Self {
            device,
            overflow_frames: AtomicU64::new(0),
            underruns: AtomicU64::new(0),
            slips: AtomicU64::new(0),
            delay_us: AtomicU64::new(0),
            drift_ppb: AtomicI64::new(0),
            peak: AtomicU32::new(0),
        }
    }
}
