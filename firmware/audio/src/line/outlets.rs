//! The taps as the capture thread sees them: a list of rings to fill, none of which can hold up another.

use std::sync::atomic::Ordering;

use base::Time;

use super::session;
use super::shared::{OUTLETS_MAX, Outlet, Shared};
use crate::capture::{Error, Format};
use crate::pcm::Frame;

/// The list of taps.
pub(super) struct Outlets(Vec<Outlet>);

impl Outlets {
    /// Returns an empty list that never grows beyond the memory it has.
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(OUTLETS_MAX))
    }

    /// Moves dropped taps out of the list and those that join into it. Frees and allocates nothing.
    pub(super) fn update(&mut self, shared: &Shared) {
        let mut index = 0;
        while index < self.0.len() {
            if !self.0[index].tap.is_dropped.load(Ordering::Acquire) {
                index += 1;
            } else if let Err(outlet) = shared.leaving.push(self.0.swap_remove(index)) {
                self.0.push(outlet);
                break;
            }
        }
        while self.0.len() < OUTLETS_MAX {
            let Some(outlet) = shared.joining.pop() else { return };
            self.0.push(outlet);
        }
    }

    /// Ends every session. Frees memory: only while there is no sound.
    pub(super) fn close(&mut self) {
        self.0.retain(|outlet| !outlet.tap.is_dropped.load(Ordering::Acquire));
        for outlet in &mut self.0 {
            outlet.feed = None;
            while outlet.tap.retired.pop().is_some() {}
        }
    }

    /// Begins a session of every tap with a device of `format`. Allocates: only while there is no sound.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if no resampler can be made for the rate.
    pub(super) fn open(&mut self, format: Format) -> Result<(), Error> {
        for outlet in &mut self.0 {
            let (feed, session) = session::pair(format)?;
            outlet.feed = Some(feed);
            // One that its pump has not fetched is of a device that is gone.
            drop(outlet.tap.fresh.force_push(session));
        }
        Ok(())
    }

    /// Copies `frames`, which were there at `now`, into every ring. What does not fit is counted for that tap alone.
    pub(super) fn push(&mut self, frames: &[Frame], now: Time) {
        for Outlet { tap, feed } in &mut self.0 {
            let lost = feed.as_mut().map_or(0, |feed| feed.push(frames, now));
            if lost > 0 {
                tap.status.overflow_frames.fetch_add(lost as u64, Ordering::Relaxed);
            }
        }
    }
}
