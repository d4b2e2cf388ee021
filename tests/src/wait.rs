//! Waits for what another program does and tells nobody: it is asked again and again, with a limit on the whole.
//!
//! The one file of the tests that pauses in order to wait. Whoever can be told waits on a channel, a condition variable or a
//! socket instead. Nothing here measures: how long it took is known to a fiftieth.

use std::thread;
use std::time::{Duration, Instant};

/// The shortest and the longest pause between two questions. In between, what was waited for longer is asked for less often:
/// a file or a page that comes after a minute is not read ten thousand times.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(200));

/// Which part of the time that was waited already the next pause is.
const PART: u32 = 50;

/// Asks until there is an answer, and returns it; `None` if there is none after `limit`. It is asked once at least.
pub fn until<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        // Before the question: what is true when the limit is over counts, however long the machine kept us from asking.
        let waited = begun.elapsed();
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if waited >= limit {
            return None;
        }
        thread::sleep((waited / PART).clamp(PAUSES.0, PAUSES.1));
    }
}

/// Returns whether `holds` comes true within `limit`.
pub fn comes_true(limit: Duration, mut holds: impl FnMut() -> bool) -> bool {
    until(limit, || holds().then_some(())).is_some()
}

/// Returns whether `holds` is true again and again for as long: for what could be true for a moment only.
pub fn stays_true(long: Duration, mut holds: impl FnMut() -> bool) -> bool {
    !comes_true(long, || !holds())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_is_returned_and_what_does_not_is_asked_for_once_more_at_the_end() {
        let mut asked = 0;
        let third = until(Duration::MAX, || {
            asked += 1;
            (asked == 3).then_some("third")
        });
        assert_eq!((third, asked), (Some("third"), 3));
        assert_eq!(until(Duration::ZERO, || None::<()>), None);
        assert!(comes_true(Duration::ZERO, || true), "asked once at least");
    }

    #[test]
    fn what_stays_true_is_never_false() {
        let short = Duration::from_millis(5);
        assert!(stays_true(short, || true));
        let mut left = 3;
        let mut once_false = || {
            left -= 1;
            left > 0
        };
        assert!(!stays_true(Duration::MAX, &mut once_false));
    }
}
