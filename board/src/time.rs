//! The kernel's monotonic clock, the one that GPIO events are stamped with.
//!
//! Rules are reported the time. Only the loops of threads ask, here, so that one file names the clock.

use base::Time;
use rustix::time::{ClockId, clock_gettime};

/// Returns the time since the kernel started, on `CLOCK_MONOTONIC`. For the loops of threads only.
pub(crate) fn now() -> Time {
    let now = clock_gettime(ClockId::Monotonic);
    let us = now.tv_sec.cast_unsigned().saturating_mul(1_000_000).saturating_add(now.tv_nsec.cast_unsigned() / 1_000);
    Time::from_micros(us)
}

/// Returns the earlier of two deadlines.
pub(crate) fn earlier(a: Option<Time>, b: Option<Time>) -> Option<Time> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
