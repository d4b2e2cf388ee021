//! The log: one line per record on standard error, written around the few lines of status at the terminal's foot.
//!
//! No files and no timestamps of its own: under systemd the journal stamps and stores, and the level prefix of
//! sd-daemon(3) is used there. On a terminal the time since start helps more than a wall clock the box may not have.
//!
//! Whatever happens over and over, because a guest makes it or a device is broken, leaves a few lines and a count: every
//! place in the program that logs has its own limit, so that none can fill the log or hide another's lines. No room needs a
//! limit of its own; but what different people can cause has places of its own.

use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use base::{Rate, RateLimit, Time, Verdict};
use log::{Level, LevelFilter, Log, Metadata, Record};

/// What stands at the terminal's foot now, drawn anew below every log line. Empty without a terminal.
static FOOT: Mutex<Foot> = Mutex::new(Foot { panel: String::new(), status: String::new(), closed: false });

/// Lines of one place in the program: as many at once as somebody reads, and two a minute in the long run, however they are
/// paced. In a night of ten hours that is a tenth of a megabyte, of eight that the card's journal holds.
const LIMIT: RateLimit = RateLimit::new(Rate { per_1000_s: 33, burst: 20 });

/// What each place in the program has written: its file and line. There are as many as the program has such places.
type Places = HashMap<(&'static str, u32), RateLimit>;

/// A drawing of some lines, each with its end, above the one status line.
struct Foot {
    panel: String,
    status: String,
    /// Whether it is gone for good.
    closed: bool,
}

impl Foot {
    fn is_empty(&self) -> bool {
        self.panel.is_empty() && self.status.is_empty()
    }

    /// What takes it away again: up to its first line, then "erase to the end of the display" (ECMA-48 CUU, ED).
    fn erased(&self) -> String {
        match self.panel.matches('\n').count() {
            0 => "\r\x1b[J".to_owned(),
            above => format!("\r\x1b[{above}A\x1b[J"),
        }
    }

    /// Changes it, on the terminal as well.
    fn set(change: impl FnOnce(&mut Self)) {
        if !has_terminal() {
            return;
        }
        let mut foot = FOOT.lock().unwrap_or_else(PoisonError::into_inner);
        if foot.closed {
            return;
        }
        let erased = foot.erased();
        change(&mut foot);
        let _ = write!(std::io::stderr().lock(), "{erased}{}{}", foot.panel, foot.status);
    }
}

struct Logger {
    start: Instant,
    /// Whether the journal reads us and wants `<n>` prefixes.
    journal: bool,
    places: Mutex<Places>,
}

/// Installs the log for the whole process; records above `level` are dropped.
pub fn init(level: LevelFilter) {
    let journal = std::env::var_os("JOURNAL_STREAM").is_some();
    if log::set_boxed_logger(Box::new(Logger { start: Instant::now(), journal, places: Mutex::default() })).is_ok() {
        log::set_max_level(level);
    }
}

/// Whether there is a person to show a status line to.
pub fn has_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// Shows `line` as the status line. Does nothing without a terminal. It must not be wider
/// than the terminal; the same holds for a panel's lines.
pub fn set_status(line: &str) {
    Foot::set(|foot| line.clone_into(&mut foot.status));
}

/// Removes both for good: the box stops.
pub fn close_foot() {
    Foot::set(|foot| *foot = Foot { panel: String::new(), status: String::new(), closed: true });
}

/// Shows these lines, each with its end, above the status line.
pub fn set_panel(lines: &str) {
    Foot::set(|foot| lines.clone_into(&mut foot.panel));
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let place = (record.file_static().unwrap_or_default(), record.line().unwrap_or_default());
        let since_start = Time::from_micros(u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX));
        let more = {
            let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            match verdict(&mut places, place, record.level(), since_start) {
                Verdict::Write { more: 0 } => String::new(),
                Verdict::Write { more } => format!(" (and {more} more like it)"),
                Verdict::Suppress => return,
            }
        };
        let target = record.target().split("::").next().unwrap_or_default();
        let line = if self.journal {
            format!("{}{target}: {}{more}", priority(record.level()), record.args())
        } else {
            let seconds = self.start.elapsed().as_secs_f64();
            format!("{seconds:9.3} {:5} {target}: {}{more}", record.level(), record.args())
        };
        // Whatever a guest or a file put into the message must not steer the terminal or fake a second line.
        let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let foot = FOOT.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stderr = std::io::stderr().lock();
        let _ = if foot.is_empty() {
            writeln!(stderr, "{line}")
        } else {
            write!(stderr, "{}{line}\n{}{}", foot.erased(), foot.panel, foot.status)
        };
    }

    fn flush(&self) {}
}

/// Returns whether a line of `place` is written at `now`. What only a developer has asked for is never left out.
fn verdict(places: &mut Places, place: (&'static str, u32), level: Level, now: Time) -> Verdict {
    match level {
        Level::Debug | Level::Trace => Verdict::Write { more: 0 },
        Level::Error | Level::Warn | Level::Info => places.entry(place).or_insert(LIMIT).event(now),
    }
}

/// The syslog priority prefix of sd-daemon(3).
fn priority(level: Level) -> &'static str {
    match level {
        Level::Error => "<3>",
        Level::Warn => "<4>",
        Level::Info => "<6>",
        Level::Debug | Level::Trace => "<7>",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_over_and_over_leaves_a_few_lines_and_hides_nothing_else() {
        let mut places = Places::new();
        let at = |ms| Time::ZERO.plus_millis(ms);
        let loud = ("skip.rs", 7);
        let written = (0..4_000).filter(|n| verdict(&mut places, loud, Level::Info, at(n / 2)) != Verdict::Suppress);
        assert_eq!(written.count(), 20);
        assert_eq!(verdict(&mut places, ("disk.rs", 7), Level::Error, at(2_000)), Verdict::Write { more: 0 });
        assert_eq!(verdict(&mut places, loud, Level::Debug, at(2_000)), Verdict::Write { more: 0 });
        assert_eq!(verdict(&mut places, loud, Level::Info, at(32_000)), Verdict::Write { more: 3_980 });
    }

    #[test]
    fn whatever_is_repeated_for_a_night_at_whatever_pace_leaves_a_tenth_of_a_megabyte() {
        const NIGHT_MS: u64 = 10 * 3_600_000;
        for every_ms in [20, 500, 11_000, 29_000, 60_000] {
            // Evenly, and in as many at once as are written at once, with a pause behind them.
            for at_once in [1, 20] {
                let (mut places, stutter) = (Places::new(), ("programme.rs", 1));
                let moments = (0..NIGHT_MS).step_by(every_ms * at_once).map(|ms| Time::ZERO.plus_millis(ms));
                let events = moments.flat_map(|now| std::iter::repeat_n(now, at_once));
                let written =
                    events.filter(|now| verdict(&mut places, stutter, Level::Warn, *now) != Verdict::Suppress);
                let lines = written.count();
                assert!(lines <= 1_220, "{at_once} every {every_ms} ms: {lines} lines");
            }
        }
    }

    #[test]
    fn the_foot_is_taken_away_from_its_first_line_on() {
        let foot = |panel: &str| Foot { panel: panel.to_owned(), status: "playing".to_owned(), closed: false };
        assert_eq!(foot("").erased(), "\r\x1b[J");
        assert_eq!(foot("two\nlines\n").erased(), "\r\x1b[2A\x1b[J");
    }
}
