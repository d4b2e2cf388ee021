//! The log: one line per record on standard error, written around the few lines of status at the terminal's foot.
//!
//! No files and no timestamps of its own: under systemd the journal stamps and stores, and the level prefix of
//! sd-daemon(3) is used there. On a terminal the time since start helps more than a wall clock the box may not have.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Instant;

use log::{Level, LevelFilter, Log, Metadata, Record};

/// The status shown now, drawn anew below every log line; empty without a terminal. Its last line has no line end.
static STATUS: Mutex<String> = Mutex::new(String::new());

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

/// Shows `text` as the status, or removes it when empty. Does nothing without a terminal. No line of it may be wider
/// than the terminal.
pub fn set_status(text: &str) {
    if !has_terminal() {
        return;
    }
    let mut status = STATUS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if *status != text {
        let _ = write!(std::io::stderr().lock(), "{}{text}", erase(&status));
        text.clone_into(&mut status);
    }
}

/// What takes `status` away again: up to its first line, then "erase to the end of the display" (ECMA-48 CUU, ED).
fn erase(status: &str) -> String {
    match status.matches('\n').count() {
        0 => "\r\x1b[J".to_owned(),
        above => format!("\r\x1b[{above}A\x1b[J"),
    }
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
        let status = STATUS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut stderr = std::io::stderr().lock();
        let _ = if status.is_empty() {
            writeln!(stderr, "{line}")
        } else {
            write!(stderr, "{}{line}\n{status}", erase(&status))
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
    fn a_status_is_taken_away_from_its_first_line_on() {
        assert_eq!(erase("one line"), "\r\x1b[J");
        assert_eq!(erase("three\nlines\nhere"), "\r\x1b[2A\x1b[J");
    }
}
