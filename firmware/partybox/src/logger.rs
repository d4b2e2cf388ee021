//! The log: one line per record on standard error, written around the few lines of status at the terminal's foot.
//!
//! No files and no timestamps of its own: under systemd the journal stamps and stores, and the level prefix of
//! sd-daemon(3) is used there. On a terminal the time since start helps more than a wall clock the box may not have.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Instant;

use log::{Level, LevelFilter, Log, Metadata, Record};

/// What stands at the terminal's foot now, drawn anew below every log line. Empty without a terminal.
static FOOT: Mutex<Foot> = Mutex::new(Foot { panel: String::new(), status: String::new(), closed: false });

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
        let mut foot = FOOT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
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
}

/// Installs the log for the whole process; records above `level` are dropped.
pub fn init(level: LevelFilter) {
    let journal = std::env::var_os("JOURNAL_STREAM").is_some();
    if log::set_boxed_logger(Box::new(Logger { start: Instant::now(), journal })).is_ok() {
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
        let target = record.target().split("::").next().unwrap_or_default();
        let line = if self.journal {
            format!("{}{target}: {}", priority(record.level()), record.args())
        } else {
            format!("{:9.3} {:5} {target}: {}", self.start.elapsed().as_secs_f64(), record.level(), record.args())
        };
        // Whatever a guest or a file put into the message must not steer the terminal or fake a second line.
        let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let foot = FOOT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut stderr = std::io::stderr().lock();
        let _ = if foot.is_empty() {
            writeln!(stderr, "{line}")
        } else {
            write!(stderr, "{}{line}\n{}{}", foot.erased(), foot.panel, foot.status)
        };
    }

    fn flush(&self) {}
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
    fn the_foot_is_taken_away_from_its_first_line_on() {
        let foot = |panel: &str| Foot { panel: panel.to_owned(), status: "playing".to_owned(), closed: false };
        assert_eq!(foot("").erased(), "\r\x1b[J");
        assert_eq!(foot("two\nlines\n").erased(), "\r\x1b[2A\x1b[J");
    }
}
