//! When it is night, and LEDs and display shall be dim: hours of the day by the box's clock on the wall.
//!
//! Dims nothing: it says only whether it is night. A box without a clock of its own starts in the past; as long as it cannot
//! know the hour, it is day.

use std::fmt;
use std::str::FromStr;

use crate::clock::WallClock;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const MINUTES_OF_DAY: u16 = 24 * 60;

/// A stretch of the day that may run over midnight; none when both ends are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Night {
    from_minute: u16,
    to_minute: u16,
}

impl Night {
    /// Returns whether it is night by this clock.
    pub fn is_now(self, clock: &WallClock) -> bool {
        self.from_minute != self.to_minute && minute_of_day(clock).is_some_and(|minute| self.holds(minute))
    }

    /// Returns whether `minute` of the day (0 to 1439) lies in it.
    fn holds(self, minute: u16) -> bool {
        let since = |from: u16| (minute + MINUTES_OF_DAY - from) % MINUTES_OF_DAY;
        since(self.from_minute) < (self.to_minute + MINUTES_OF_DAY - self.from_minute) % MINUTES_OF_DAY
    }
}

/// Returns the minute of the day here; `None` while nobody knows it.
fn minute_of_day(clock: &WallClock) -> Option<u16> {
    clock.now().map(|now| now.hour().unsigned_abs() as u16 * 60 + now.minute().unsigned_abs() as u16)
}

impl FromStr for Night {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "allowed is \"HH:MM-HH:MM\", such as \"22:00-07:00\", or \"\" for never";
        if text.is_empty() {
            return Ok(Self::default());
        }
        let minute = |text: &str| -> Option<u16> {
            let (hour, minute) = text.split_once(':')?;
            let number = |text: &str, end: u16| {
                text.parse::<u16>().ok().filter(|n| text.len() == 2 && !text.starts_with('+') && *n < end)
            };
            Some(number(hour, 24)? * 60 + number(minute, 60)?)
        };
        let ends = text.split_once('-').and_then(|(from, to)| Some((minute(from)?, minute(to)?)));
        match ends {
            Some((from_minute, to_minute)) if from_minute != to_minute => Ok(Self { from_minute, to_minute }),
            _ => Err(wrong),
        }
    }
}

impl fmt::Display for Night {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from_minute: from, to_minute: to } = self;
        if from == to {
            return Ok(());
        }
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

impl Serialize for Night {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Night {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|why| serde::de::Error::custom(format!("night = \"{text}\": {why}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_may_run_over_midnight() {
        let night: Night = "22:00-07:30".parse().unwrap();
        let minutes = [22 * 60, 23 * 60 + 59, 0, 7 * 60 + 29];
        assert!(minutes.into_iter().all(|minute| night.holds(minute)));
        assert!([21 * 60 + 59, 7 * 60 + 30, 12 * 60].into_iter().all(|minute| !night.holds(minute)));
        let nap: Night = "13:00-14:00".parse().unwrap();
        assert!(nap.holds(13 * 60) && !nap.holds(14 * 60) && !nap.holds(0));
    }

    #[test]
    fn without_hours_it_is_never_night() {
        let never: Night = "".parse().unwrap();
        assert!(!never.is_now(&WallClock::new("")) && !never.holds(0));
        assert_eq!(never.to_string(), "");
    }

    #[test]
    fn what_was_written_is_read_again_and_nonsense_is_refused() {
        let night: Night = "22:00-07:30".parse().unwrap();
        assert_eq!(night.to_string(), "22:00-07:30");
        for wrong in ["22-7", "24:00-07:00", "22:60-07:00", "22:00", "-", "2:00-07:00", "22:00-22:00", "+2:00-07:00"] {
            assert!(wrong.parse::<Night>().is_err(), "{wrong}");
        }
    }
}
