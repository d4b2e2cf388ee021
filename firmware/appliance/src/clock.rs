//! What time it is where the box stands: by the system's clock and a time zone, or, on a box whose clock was never set, by what a
//! host's phone has said.
//!
//! Sets no clock: what a phone says counts for the hours of the day alone, until the box starts again.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// The first year in which this program can run: a clock that says less was never set.
const YEAR_MIN: i16 = 2026;

/// The last year that a phone is believed, ms since 1970: the end of 2199.
const UNIX_MS_MAX: u64 = 7_258_118_400_000;

/// The first, the beginning of [`YEAR_MIN`].
const UNIX_MS_MIN: u64 = 1_767_225_600_000;

/// A clock on the wall.
#[derive(Clone, Debug)]
pub struct WallClock {
    /// `None`: the system's own.
    zone: Option<TimeZone>,
    /// How much a phone is ahead of the system's clock, ms; `None` if none has said what time it is.
    ahead_ms: Option<i64>,
}

/// Returns whether this is the name of a time zone that the system knows, such as `Europe/Berlin`; nothing is the system's own.
pub fn is_zone(name: &str) -> bool {
    name.is_empty() || TimeZone::get(name).is_ok()
}

impl WallClock {
    /// Returns one for the time zone of this name; empty: the system's own, and so is one that it does not know.
    pub fn new(zone: &str) -> Self {
        Self { zone: find(zone), ahead_ms: None }
    }

    /// Moves it to another time zone.
    pub fn set_zone(&mut self, zone: &str) {
        self.zone = find(zone);
    }

    /// Learns from a phone what time it is, in ms since 1970. Returns whether that can be.
    pub fn learn(&mut self, unix_ms: u64) -> bool {
        let is_possible = (UNIX_MS_MIN..UNIX_MS_MAX).contains(&unix_ms);
        if is_possible {
            self.ahead_ms = Some(unix_ms.cast_signed() - system_ms());
        }
        is_possible
    }

    /// Returns the time; `None` while nobody knows it.
    pub fn now(&self) -> Option<Zoned> {
        let system = self.at(system_ms())?;
        if system.year() >= YEAR_MIN { Some(system) } else { self.at(system_ms() + self.ahead_ms?) }
    }

    fn at(&self, unix_ms: i64) -> Option<Zoned> {
        let zone = self.zone.clone().unwrap_or_else(TimeZone::system);
        Some(Timestamp::from_millisecond(unix_ms).ok()?.to_zoned(zone))
    }
}

fn find(zone: &str) -> Option<TimeZone> {
    (!zone.is_empty()).then(|| TimeZone::get(zone).ok()).flatten()
}

fn system_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zones_that_the_system_knows_are_zones() {
        assert!(is_zone("") && is_zone("UTC"));
        assert!(!is_zone("Middle-earth/Hobbiton") && !is_zone("../../etc/passwd"));
    }

    #[test]
    fn a_phone_is_believed_if_what_it_says_can_be_and_the_box_does_not_know_better() {
        let mut clock = WallClock::new("UTC");
        assert!(!clock.learn(0) && !clock.learn(u64::MAX));
        assert!(clock.learn(UNIX_MS_MIN));
        // The machine of the test knows better.
        let year = clock.now().map(|now| now.year());
        assert!(year.is_some_and(|year| year >= YEAR_MIN), "{year:?}");
        clock.ahead_ms = Some(UNIX_MS_MIN.cast_signed());
        assert_eq!(clock.at(UNIX_MS_MIN.cast_signed()).map(|now| (now.year(), now.hour())), Some((2026, 0)));
    }
}
