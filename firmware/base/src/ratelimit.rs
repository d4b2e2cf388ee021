//! Keeps a repeating event from filling the log: so many lines per interval, then one that says how many were left out.
//!
//! A value that is told the time and answers whether to write; it writes nothing itself.

use crate::Time;

/// At most `lines` per `interval_us`. What is above is counted and told with the first line of a later interval.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    lines: u32,
    interval_us: u64,
    since: Option<Time>,
    written: u32,
    suppressed: u64,
}

/// What to do with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Write the line; `more` like it were left out since the last line written.
    Write {
        /// Events left out.
        more: u64,
    },
    /// Leave it out.
    Suppress,
}

impl RateLimit {
    /// At most `lines` lines in any interval of `interval_us` microseconds that starts with a line.
    pub const fn new(lines: u32, interval_us: u64) -> Self {
        Self { lines, interval_us, since: None, written: 0, suppressed: 0 }
    }

    /// An event happened at `now`.
    pub fn event(&mut self, now: Time) -> Verdict {
        let expired = self.since.is_none_or(|since| now.micros_since(since) >= self.interval_us);
        if expired {
            self.since = Some(now);
            self.written = 0;
        }
        if self.written == self.lines {
            self.suppressed += 1;
            return Verdict::Suppress;
        }
        self.written += 1;
        Verdict::Write { more: std::mem::take(&mut self.suppressed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_told_once_in_the_next_interval() {
        let mut limit = RateLimit::new(2, 1_000);
        let at = |us| Time::from_micros(us);
        assert_eq!(limit.event(at(0)), Verdict::Write { more: 0 });
        assert_eq!(limit.event(at(1)), Verdict::Write { more: 0 });
        assert_eq!(limit.event(at(2)), Verdict::Suppress);
        assert_eq!(limit.event(at(999)), Verdict::Suppress);
        assert_eq!(limit.event(at(1_000)), Verdict::Write { more: 2 });
        assert_eq!(limit.event(at(1_001)), Verdict::Write { more: 0 });
    }
}
