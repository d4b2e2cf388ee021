//! Time as values: [`Time`] on the box's monotonic clock, [`MediaTime`] on the timeline of a stream, and the one
//! [`Timeline`] that ties them.
//!
//! Nothing here reads a clock. Whoever owns a loop reads it once and passes the value down.

use std::ops::{Add, Sub};

/// Microseconds on the box's monotonic clock, counted from an arbitrary start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The start of the clock.
    pub const ZERO: Self = Self(0);

    /// The instant `us` microseconds after the start of the clock.
    pub const fn from_micros(us: u64) -> Self {
        Self(us)
    }

    /// Microseconds since the start of the clock.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// `self + ms` milliseconds.
    pub const fn plus_millis(self, ms: u64) -> Self {
        Self(self.0 + ms * 1_000)
    }

    /// `self + us` microseconds.
    pub const fn plus_micros(self, us: u64) -> Self {
        Self(self.0 + us)
    }

    /// Microseconds from `earlier` to `self`; zero if `earlier` is later.
    pub const fn micros_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A position on a stream's timeline in 48 kHz ticks, counted from the start of the stream. 64 bits never wrap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaTime(u64);

impl MediaTime {
    /// The start of the timeline.
    pub const ZERO: Self = Self(0);

    /// The position `ticks` 48 kHz ticks after the start.
    pub const fn from_ticks(ticks: u64) -> Self {
        Self(ticks)
    }

    /// 48 kHz ticks since the start.
    pub const fn as_ticks(self) -> u64 {
        self.0
    }
}

impl Add<u64> for MediaTime {
    type Output = Self;

    /// `self + ticks`.
    fn add(self, ticks: u64) -> Self {
        Self(self.0 + ticks)
    }
}

impl Sub for MediaTime {
    type Output = u64;

    /// Ticks from `earlier` to `self`; zero if `earlier` is later.
    fn sub(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The mapping between the monotonic clock and a stream's timeline: linear, fixed when the pump starts.
///
/// One tick is 125/6 µs. The pump keeps the mapping true by stepping on the monotonic clock; if it was held up for
/// longer than it can catch up, it leaves a hole in [`MediaTime`] instead of bending the mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeline {
    origin: Time,
}

impl Timeline {
    /// A timeline whose tick 0 is at `origin`.
    pub const fn starting_at(origin: Time) -> Self {
        Self { origin }
    }

    /// The monotonic instant of `media`, rounded down to a microsecond.
    pub const fn to_time(self, media: MediaTime) -> Time {
        Time(self.origin.0 + media.0 * 125 / 6)
    }

    /// The position at `time`, rounded down to a tick; the start for instants before it.
    pub const fn to_media(self, time: Time) -> MediaTime {
        MediaTime(time.0.saturating_sub(self.origin.0) * 6 / 125)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_second_is_48000_ticks() {
        let timeline = Timeline::starting_at(Time::from_micros(7));
        assert_eq!(timeline.to_media(Time::from_micros(1_000_007)), MediaTime::from_ticks(48_000));
        assert_eq!(timeline.to_time(MediaTime::from_ticks(48_000)), Time::from_micros(1_000_007));
    }

    #[test]
    fn instants_before_the_start_are_the_start() {
        let timeline = Timeline::starting_at(Time::from_micros(500));
        assert_eq!(timeline.to_media(Time::ZERO), MediaTime::ZERO);
    }
}
