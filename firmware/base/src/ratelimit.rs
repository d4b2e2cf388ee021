//! Keeps a repeating event from filling the log: so many lines at once, so many in the long run, however it is paced; what is left
//! out is counted and reported with the next line.
//!
//! A value that is given the time and answers whether to write; it writes nothing itself.

use crate::Time;
use crate::bucket::{Bucket, Rate};

/// At most so many events as its [`Rate`] says. What is above is counted and reported with the first that is let through again.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    rate: Rate,
    bucket: Option<Bucket>,
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
    /// Returns a limit that has let nothing through yet.
    pub const fn new(rate: Rate) -> Self {
        Self { rate, bucket: None, suppressed: 0 }
    }

    /// Returns what to do with an event that happened at `now`.
    pub fn event(&mut self, now: Time) -> Verdict {
        let bucket = self.bucket.get_or_insert_with(|| Bucket::full(self.rate, now));
        bucket.earn(self.rate, now);
        if !bucket.has_one() {
            self.suppressed += 1;
            return Verdict::Suppress;
        }
        bucket.spend();
        Verdict::Write { more: std::mem::take(&mut self.suppressed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_told_once_with_the_next_that_is_let_through() {
        let mut limit = RateLimit::new(Rate { per_1000_s: 1_000, burst: 2 });
        let at = |ms| Time::ZERO.plus_millis(ms);
        assert_eq!(limit.event(at(0)), Verdict::Write { more: 0 });
        assert_eq!(limit.event(at(1)), Verdict::Write { more: 0 });
        assert_eq!(limit.event(at(2)), Verdict::Suppress);
        assert_eq!(limit.event(at(999)), Verdict::Suppress);
        assert_eq!(limit.event(at(1_000)), Verdict::Write { more: 2 });
        assert_eq!(limit.event(at(1_001)), Verdict::Suppress);
        assert_eq!(limit.event(at(9_000)), Verdict::Write { more: 1 });
        assert_eq!(limit.event(at(9_001)), Verdict::Write { more: 0 });
    }
}
