//! Time as values: [`Time`] on the box's monotonic clock, [`MediaTime`] on the timeline of a stream, and the one
//! [`Timeline`] that ties them.
//!
//! Nothing here reads a clock. The owner of a loop reads it once a turn and passes the value down.

use std::ops::{Add, Sub};

/// Ticks between two positions at which packets of every duration begin together: 120 ms, the least common multiple of
/// 10, 20, 40 and 60 ms (a test beside [`crate::PacketDuration`] holds the two together).
pub const PACKET_GRID_TICKS: u64 = 5_760;

/// An instant of a monotonic clock in microseconds since the clock's start.
///
/// Where the clock starts is its owner's choice (the program's start, the kernel's boot), so instants of two clocks
/// cannot be compared. 64 bits last for 584,000 years; arithmetic stops at the ends instead of wrapping.
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

    /// Whole milliseconds since the start of the clock.
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }

    /// Returns the instant `ms` milliseconds later, or the end of the clock.
    pub const fn plus_millis(self, ms: u64) -> Self {
        self.plus_micros(ms.saturating_mul(1_000))
    }

    /// Returns the instant `us` microseconds later, or the end of the clock.
    pub const fn plus_micros(self, us: u64) -> Self {
        Self(self.0.saturating_add(us))
    }

    /// Returns the microseconds from `earlier` to `self`; zero if `earlier` is later.
    pub const fn micros_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A position on a stream's timeline in 48 kHz ticks since the start of the stream. 64 bits never wrap.
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

    /// Returns the position `ticks` later.
    fn add(self, ticks: u64) -> Self {
        Self(self.0 + ticks)
    }
}

impl Sub for MediaTime {
    type Output = u64;

    /// Returns the ticks from `earlier` to `self`; zero if `earlier` is later.
    fn sub(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The mapping between the monotonic clock and media time: linear, fixed when the box starts, and the same for all of its
/// channels, so that equal positions of two streams are one instant.
///
/// One tick is 125/6 µs. A pump keeps the mapping true by stepping on the monotonic clock; if it was held up for longer
/// than it can catch up, it leaves a hole in [`MediaTime`] instead of bending the mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeline {
    origin: Time,
}

impl Timeline {
    /// Returns the timeline whose tick 0 is at `origin`.
    pub const fn starting_at(origin: Time) -> Self {
        Self { origin }
    }

    /// Returns the instant of `media`, rounded down to a microsecond.
    pub const fn to_time(self, media: MediaTime) -> Time {
        Time(self.origin.0 + media.0 * 125 / 6)
    }

    /// Returns the position at `time`, rounded down to a tick; the start for instants before it.
    pub const fn to_media(self, time: Time) -> MediaTime {
        MediaTime(time.0.saturating_sub(self.origin.0) * 6 / 125)
    }

    /// Returns the first position whose instant is not before `after` and at which packets of every duration begin: a
    /// multiple of [`PACKET_GRID_TICKS`]. Channels that start at such positions have packets that begin together, whenever
    /// each of them was opened.
    pub const fn next_packet_start(self, after: Time) -> MediaTime {
        let grid = self.to_media(after).0 / PACKET_GRID_TICKS;
        let here = MediaTime(grid * PACKET_GRID_TICKS);
        if self.to_time(here).0 >= after.0 { here } else { MediaTime((grid + 1) * PACKET_GRID_TICKS) }
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

    #[test]
    fn packets_of_every_duration_begin_together_and_never_too_early() {
        let timeline = Timeline::starting_at(Time::from_micros(7));
        let start = |us| timeline.next_packet_start(Time::from_micros(us)).as_ticks();
        assert_eq!((start(0), start(7), start(8)), (0, 0, PACKET_GRID_TICKS));
        assert_eq!((start(120_006), start(120_007), start(120_008)), (5_760, 5_760, 11_520));
        for us in (0..1_000_000).step_by(777) {
            let found = timeline.next_packet_start(Time::from_micros(us));
            assert!(found.as_ticks().is_multiple_of(PACKET_GRID_TICKS));
            let wait_us = timeline.to_time(found).as_micros() as i64 - us as i64;
            assert!((0..=120_000).contains(&wait_us), "{us}: {wait_us}");
        }
    }

    #[test]
    fn an_instant_stops_at_the_ends_of_its_clock() {
        let end = Time::from_micros(u64::MAX);
        assert_eq!((end.plus_micros(1), Time::ZERO.plus_millis(u64::MAX)), (end, end));
        assert_eq!(Time::ZERO.micros_since(end), 0);
    }

    #[test]
    fn a_part_of_a_millisecond_is_left_out() {
        assert_eq!(Time::from_micros(1_999).as_millis(), 1);
    }

    #[test]
    fn positions_count_on_and_never_below_the_start() {
        let position = MediaTime::from_ticks(960);
        assert_eq!((position + 480) - position, 480);
        assert_eq!(position - (position + 480), 0);
    }
}
