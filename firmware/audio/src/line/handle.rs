//! The handle to line-in: where channels get their taps.
//!
//! A tap is made whole on the thread that asks for it and handed to the capture thread through a queue. The format of the
//! open device is behind a lock that the capture thread asks for only while there is no sound: when it opens and when it
//! gives up a device. So a tap that is handed over while there is sound always fits the device.

use std::fmt;
use std::sync::Arc;

use super::session;
use super::shared::{Outlet, Shared, TAPS_MAX, Tap};
use super::status::LineState;
use super::tap::LineIn;

/// A tap is refused: [`TAPS_MAX`] of them exist, or as many were added and dropped within a quarter second. Whoever adds
/// channels has too many; a retry helps after one is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyTaps;

impl fmt::Display for TooManyTaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line-in feeds {TAPS_MAX} channels already, which is the most it can")
    }
}

impl std::error::Error for TooManyTaps {}

/// A handle to line-in. Cheap to clone; the capture thread runs while there is a handle or a tap.
#[derive(Clone)]
pub struct LineSource {
    shared: Arc<Shared>,
}

impl LineSource {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Adds a tap, which delivers as soon as its buffer is filled if there is a device, else as soon as there is one.
    /// Takes a few milliseconds, in which the resampler's tables are made.
    ///
    /// # Errors
    /// [`TooManyTaps`].
    pub fn tap(&self) -> Result<LineIn, TooManyTaps> {
        let shared = &self.shared;
        while shared.leaving.pop().is_some() {}
        // Held until the tap is handed over: the device stays what it is until then, and nobody else hands one over.
        let format = shared.format();
        if shared.joining.is_full() || !shared.reserve() {
            return Err(TooManyTaps);
        }
        let tap = Arc::new(Tap::new(Arc::clone(&shared.device)));
        // A rate that was good enough to open the device with is good enough here; if it were not, the tap would join
        // without a session and be heard from the next opening on.
        let halves = format.and_then(|format| session::pair(format).ok());
        let (feed, session) = halves.map_or((None, None), |(feed, session)| (Some(feed), Some(session)));
        let line = LineIn::new(Arc::clone(shared), Arc::clone(&tap), session);
        // Cannot be full; if it were, dropping `line` releases its place.
        shared.joining.push(Outlet { tap, feed }).map_err(|_| TooManyTaps)?;
        Ok(line)
    }

    /// Returns what line-in is doing.
    pub fn state(&self) -> LineState {
        self.shared.device.state()
    }
}
