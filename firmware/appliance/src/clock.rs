//! What time it is where the box stands: by the system's clock and a time zone, or, where nobody has set that clock, by what a host's
//! phone has said; and the wish to set it.
//!
//! The firmware sets no clock: a unit of the card does, with the right to it (`image/root`: `clock`). On a machine without that unit
//! the clock is its system's affair.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::Serialize;

/// The first moment at which this program can run, ms since 1970: the beginning of 2026. A clock that says less was never set.
const UNIX_MS_MIN: u64 = 1_767_225_600_000;

/// The last moment that a phone is believed: the end of 2199.
const UNIX_MS_MAX: u64 = 7_258_118_400_000;

/// The folder of the unit that sets the clock, below `/run`; where it is, there is such a unit.
const UNIT: &str = "partybox-clock";

/// Where the unit says who has set it, in that folder.
const STATE: &str = "state";

/// The request to the unit, below `/run`: the time in seconds since 1970.
const WISH: &str = "partybox/clock";

/// Whether the kernel has set its clock by one with a battery, below `/sys`.
const BATTERY: &str = "class/rtc/rtc0/hctosys";

/// Who has set the system's clock since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetBy {
    /// The system, by means of its own.
    #[default]
    System,
    /// A host's phone.
    Phone,
    /// Nobody: it says anything.
    Nobody,
}

/// What is known of the system's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ClockFacts {
    /// Who has set it.
    pub by: SetBy,
    /// Whether a host may.
    pub settable: bool,
}

/// Why the clock is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSet {
    /// It cannot be so late, or so early.
    Impossible,
    /// It is the system's affair.
    Elsewhere,
}

/// The unit that sets the system's clock.
#[derive(Clone, Debug)]
pub(crate) struct ClockUnit {
    run: PathBuf,
    sys: PathBuf,
}

impl ClockUnit {
    /// Returns a handle to the unit, with the folders that stand for `/run` and `/sys`.
    pub(crate) fn new(run: &Path, sys: &Path) -> Self {
        Self { run: run.to_owned(), sys: sys.to_owned() }
    }

    /// Returns what is known, where the system's clock says `now_ms`.
    pub(crate) fn facts(&self, now_ms: u64) -> ClockFacts {
        let is_late = now_ms >= UNIX_MS_MIN;
        let folder = self.run.join(UNIT);
        if !folder.is_dir() {
            return ClockFacts { by: if is_late { SetBy::System } else { SetBy::Nobody }, settable: false };
        }
        let has_battery = fs::read_to_string(self.sys.join(BATTERY)).is_ok_and(|text| text.trim() == "1");
        let is_phones = || fs::read_to_string(folder.join(STATE)).is_ok_and(|text| text.trim() == "phone");
        let by = match is_late {
            true if has_battery => SetBy::System,
            true if is_phones() => SetBy::Phone,
            _ => SetBy::Nobody,
        };
        ClockFacts { by, settable: by != SetBy::System }
    }

    /// Asks the unit to set the clock.
    pub(crate) fn ask(&self, unix_ms: u64) -> io::Result<()> {
        fs::write(self.run.join(WISH), format!("{}\n", unix_ms / 1_000))
    }
}

/// A clock on the wall.
#[derive(Clone, Debug)]
pub struct WallClock {
    /// `None`: the system's own.
    zone: Option<TimeZone>,
    /// What a phone has said, ms since 1970, and when. Not how much it was ahead of the system's clock, which may jump.
    learned: Option<(u64, Instant)>,
    /// Whether somebody has set the system's clock.
    is_set: bool,
}

/// Returns whether this is the name of a time zone that the system knows, such as `Europe/Berlin`; nothing is the system's own.
pub fn is_zone(name: &str) -> bool {
    name.is_empty() || TimeZone::get(name).is_ok()
}

impl WallClock {
    /// Returns one for the time zone of this name; empty: the system's own, and so is one that it does not know.
    pub fn new(zone: &str) -> Self {
        Self { zone: find(zone), learned: None, is_set: true }
    }

    /// Moves it to another time zone.
    pub fn set_zone(&mut self, zone: &str) {
        self.zone = find(zone);
    }

    /// Goes by the system's clock, or not.
    pub(crate) fn trust_system(&mut self, is_set: bool) {
        self.is_set = is_set;
    }

    /// Learns from a phone what time it is, in ms since 1970. Returns whether that can be.
    pub fn learn(&mut self, unix_ms: u64) -> bool {
        let is_possible = (UNIX_MS_MIN..UNIX_MS_MAX).contains(&unix_ms);
        if is_possible {
            self.learned = Some((unix_ms, Instant::now()));
        }
        is_possible
    }

    /// Returns the time; `None` while nobody knows it.
    pub fn now(&self) -> Option<Zoned> {
        let system_ms = system_ms();
        if self.is_set && system_ms >= UNIX_MS_MIN {
            return self.at(system_ms);
        }
        let (unix_ms, learned) = self.learned?;
        self.at(unix_ms + u64::try_from(learned.elapsed().as_millis()).unwrap_or_default())
    }

    fn at(&self, unix_ms: u64) -> Option<Zoned> {
        let zone = self.zone.clone().unwrap_or_else(TimeZone::system);
        Some(Timestamp::from_millisecond(i64::try_from(unix_ms).ok()?).ok()?.to_zoned(zone))
    }
}

fn find(zone: &str) -> Option<TimeZone> {
    (!zone.is_empty()).then(|| TimeZone::get(zone).ok()).flatten()
}

/// Returns what the system's clock says, ms since 1970.
pub(crate) fn system_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATER_MS: u64 = UNIX_MS_MIN + 86_400_000;

    #[test]
    fn only_zones_that_the_system_knows_are_zones() {
        assert!(is_zone("") && is_zone("UTC"));
        assert!(!is_zone("Middle-earth/Hobbiton") && !is_zone("../../etc/passwd"));
    }

    #[test]
    fn a_phone_is_believed_if_what_it_says_can_be_and_the_box_does_not_know_better() {
        let mut clock = WallClock::new("UTC");
        assert!(!clock.learn(0) && !clock.learn(u64::MAX));
        assert!(clock.learn(UNIX_MS_MAX - 1));
        // The machine of the test knows better.
        let year = |clock: &WallClock| clock.now().map(|now| now.year());
        assert!(year(&clock).is_some_and(|year| (2026..2199).contains(&year)), "{:?}", year(&clock));
        clock.trust_system(false);
        assert_eq!(year(&clock), Some(2199), "nobody has set it");
        let mut unknown = WallClock::new("UTC");
        unknown.trust_system(false);
        assert_eq!(year(&unknown), None);
        assert_eq!(unknown.at(UNIX_MS_MIN).map(|now| (now.year(), now.hour())), Some((2026, 0)));
    }

    #[test]
    fn a_clock_is_set_by_the_system_or_a_phone_or_nobody_and_only_the_last_two_are_a_hosts_affair() {
        let world = tempfile::tempdir().unwrap();
        let (run, sys) = (world.path().join("run"), world.path().join("sys"));
        let unit = ClockUnit::new(&run, &sys);
        let facts = |by, settable| ClockFacts { by, settable };
        assert_eq!(unit.facts(LATER_MS), facts(SetBy::System, false), "a machine without the unit");
        assert_eq!(unit.facts(0), facts(SetBy::Nobody, false));
        for folder in ["run/partybox-clock", "run/partybox", "sys/class/rtc/rtc0"] {
            fs::create_dir_all(world.path().join(folder)).unwrap();
        }
        // The system begins where it was made, which may be later than this program was.
        assert_eq!(unit.facts(LATER_MS), facts(SetBy::Nobody, true));
        unit.ask(LATER_MS + 999).unwrap();
        assert_eq!(fs::read_to_string(run.join(WISH)).unwrap(), format!("{}\n", LATER_MS / 1_000));
        fs::write(run.join("partybox-clock/state"), "phone\n").unwrap();
        assert_eq!(unit.facts(LATER_MS), facts(SetBy::Phone, true));
        fs::write(sys.join(BATTERY), "1\n").unwrap();
        assert_eq!(unit.facts(LATER_MS), facts(SetBy::System, false));
        assert_eq!(unit.facts(1_000), facts(SetBy::Nobody, true), "its battery is empty");
    }
}
