//! One channel's tap of line-in: the pump's end.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use base::Time;

use super::session::Session;
use super::shared::{Shared, Tap};
use super::status::LineStatus;
use crate::meter::{DcBlocker, peak};
use crate::pcm::{BLOCK_FRAMES, Frame};
use crate::source::{Delivery, Source};

/// Line-in as one channel hears it. Dropping it removes the tap; no other tap notices.
pub struct LineIn {
    tap: Arc<Tap>,
    session: Option<Box<Session>>,
    blocker: DcBlocker,
    past_underruns: u64,
    past_slips: u64,
    /// The capture thread runs while anybody holds this.
    shared: Arc<Shared>,
}

impl LineIn {
    pub(super) fn new(shared: Arc<Shared>, tap: Arc<Tap>, session: Option<Box<Session>>) -> Self {
        Self { tap, session, blocker: DcBlocker::new(), past_underruns: 0, past_slips: 0, shared }
    }

    /// Replaces the session by the newest one, and lets go of one whose device is closed.
    fn change_sessions(&mut self) {
        if let Some(fresh) = self.tap.fresh.pop() {
            self.replace_session(Some(fresh));
        }
        if self.session.as_ref().is_some_and(|session| session.is_closed()) {
            self.replace_session(None);
        }
    }

    fn replace_session(&mut self, session: Option<Box<Session>>) {
        if let Some(old) = std::mem::replace(&mut self.session, session) {
            self.past_underruns += old.level.underruns();
            self.past_slips += old.level.slips();
            _ = self.tap.retired.push(old);
        }
        self.blocker = DcBlocker::new();
    }

    fn publish_status(&self, peak: f32) {
        let status = &self.tap.status;
        status.peak.store(peak.to_bits(), Ordering::Relaxed);
        if let Some(session) = &self.session {
            let level = &session.level;
            status.delay_us.store(level.delay_us(), Ordering::Relaxed);
            status.drift_ppb.store((level.drift_ppm() * 1e3) as i64, Ordering::Relaxed);
            status.underruns.store(self.past_underruns + level.underruns(), Ordering::Relaxed);
            status.slips.store(self.past_slips + level.slips(), Ordering::Relaxed);
        }
    }
}

impl Source for LineIn {
    fn pull(&mut self, scheduled: Time, out: &mut [Frame; BLOCK_FRAMES]) -> Delivery {
        self.change_sessions();
        let delivery = match &mut self.session {
            None => Delivery::Gone,
            Some(session) => session.pull(scheduled, out),
        };
        let is_sound = matches!(delivery, Delivery::Sound(_));
        if is_sound {
            self.blocker.process(out);
        }
        self.publish_status(if is_sound { peak(out) } else { 0.0 });
        delivery
    }

    fn line_status(&self) -> Option<Arc<LineStatus>> {
        Some(Arc::clone(&self.tap.status))
    }
}

impl Drop for LineIn {
    fn drop(&mut self) {
        self.tap.is_dropped.store(true, Ordering::Release);
        self.shared.release();
    }
}
