//! Time as a value: microseconds of the kernel's monotonic clock, the one that GPIO events are stamped with.
//!
//! Rules are told the time. Only the loops of threads ask, here, so that one file names the clock.

use rustix::time::{ClockId, clock_gettime};

/// Microseconds of `CLOCK_MONOTONIC`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The clock's start: boot.
    pub const ZERO: Self = Self(0);

    /// The instant `us` microseconds after the clock's start.
    pub const fn from_micros(us: u64) -> Self {
        Self(us)
    }

    /// Microseconds since the clock's start.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// `self + us` microseconds; the end of time if that is later.
    pub const fn plus_micros(self, us: u64) -> Self {
        Self(self.0.saturating_add(us))
    }

    /// `self + ms` milliseconds; the end of time if that is later.
    pub const fn plus_millis(self, ms: u64) -> Self {
        self.plus_micros(ms.saturating_mul(1_000))
    }

    /// Microseconds from `earlier` to `self`; zero if `earlier` is later.
    pub const fn micros_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Now. For the loops of threads only.
pub(crate) fn now() -> Time {
    let now = clock_gettime(ClockId::Monotonic);
    Time(now.tv_sec.cast_unsigned().saturating_mul(1_000_000).saturating_add(now.tv_nsec.cast_unsigned() / 1_000))
}

/// The earlier of two deadlines.
pub(crate) fn earlier(a: Option<Time>, b: Option<Time>) -> Option<Time> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
