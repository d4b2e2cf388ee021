//! The one reader of the box's monotonic clock.
//!
//! Only the loops of threads hold one; everything else is told the time as a value.

use std::time::Instant;

use base::Time;

/// The monotonic clock since this value was made. Copies of it agree; make one per process.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

impl Clock {
    /// A clock that starts at [`Time::ZERO`].
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The instant of [`Time::ZERO`], for libraries that count in instants.
    pub fn zero(self) -> Instant {
        self.0
    }

    /// Now.
    pub fn now(self) -> Time {
        Time::from_micros(self.0.elapsed().as_micros() as u64)
    }

    /// The value of an instant that was read elsewhere; the start for instants before it.
    pub fn at(self, instant: Instant) -> Time {
        Time::from_micros(instant.saturating_duration_since(self.0).as_micros() as u64)
    }
}
