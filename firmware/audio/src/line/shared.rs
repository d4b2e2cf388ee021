//! What the capture thread shares with the handles and the taps of line-in.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_queue::ArrayQueue;

use super::session::{Feed, Session};
use super::status::{DeviceStatus, LineStatus};
use crate::capture::Format;

/// Taps at once: more than a box has channels. Each costs the capture thread one copy of the sound. More are refused.
pub const TAPS_MAX: usize = 8;

/// Taps in the capture thread's hands: twice those there may be, because a dropped one is noticed a little later. When
/// there are as many, those that join wait until others have left.
pub(super) const OUTLETS_MAX: usize = 2 * TAPS_MAX;

/// Sessions on their way to a pump: the newest. One that the pump has not fetched when the next device is opened is
/// replaced, so that a pump that is stuck holds up nobody and finds the open device when it goes on.
const FRESH: usize = 1;

/// Sessions on their way back, to be dropped by the capture thread while there is no sound. When it is full, the next one
/// is dropped on the pump's thread, which costs it the freeing of some memory.
const RETIRED: usize = 4;

/// What the capture thread and a pump share of one tap.
pub(super) struct Tap {
    pub(super) fresh: ArrayQueue<Box<Session>>,
    pub(super) retired: ArrayQueue<Box<Session>>,
    pub(super) is_dropped: AtomicBool,
    pub(super) status: Arc<LineStatus>,
}

/// A tap as the capture thread holds it, with its half of the session with the open device; `None` while there is none.
pub(super) struct Outlet {
    pub(super) tap: Arc<Tap>,
    pub(super) feed: Option<Feed>,
}

/// What all handles and taps share with the capture thread, which ends when nobody else holds it.
pub(super) struct Shared {
    pub(super) device: Arc<DeviceStatus>,
    /// The format of the open device; `None` while there is none.
    format: Mutex<Option<Format>>,
    /// Taps on their way to the capture thread, which fetches them at each step. When it is full, taps are refused.
    pub(super) joining: ArrayQueue<Outlet>,
    /// Dropped taps on their way back, to be freed by whoever asks for the next one. When it is full, the capture thread
    /// keeps what it has.
    pub(super) leaving: ArrayQueue<Outlet>,
    taps: AtomicUsize,
}

impl Tap {
    /// Returns a tap of `device` without a session.
    pub(super) fn new(device: Arc<DeviceStatus>) -> Self {
        Self {
            fresh: ArrayQueue::new(FRESH),
            retired: ArrayQueue::new(RETIRED),
            is_dropped: AtomicBool::new(false),
            status: Arc::new(LineStatus::new(device)),
        }
    }
}

impl Shared {
    /// Returns the state of a line-in without taps, whose device was not opened yet.
    pub(super) fn new() -> Self {
        Self {
            device: Arc::default(),
            format: Mutex::new(None),
            joining: ArrayQueue::new(TAPS_MAX),
            leaving: ArrayQueue::new(OUTLETS_MAX),
            taps: AtomicUsize::new(0),
        }
    }

    /// Locks the format of the open device, which does not change meanwhile.
    pub(super) fn format(&self) -> MutexGuard<'_, Option<Format>> {
        self.format.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reserves one of the [`TAPS_MAX`] places; returns `false` if there is none left.
    pub(super) fn reserve(&self) -> bool {
        let another = |taps: usize| (taps < TAPS_MAX).then_some(taps + 1);
        self.taps.fetch_update(Ordering::AcqRel, Ordering::Acquire, another).is_ok()
    }

    /// Releases a place.
    pub(super) fn release(&self) {
        self.taps.fetch_sub(1, Ordering::AcqRel);
    }
}
