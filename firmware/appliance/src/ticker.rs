//! Periods: what is due every so often, by the time that its owner passes in.
//!
//! Waits for nothing and reads no clock.

use base::Time;

/// A period and the moment at which it is over next. At first it is due at once.
#[derive(Clone, Debug)]
pub(crate) struct Ticker {
    period_us: u64,
    due_at: Time,
}

impl Ticker {
    /// Returns a ticker that is due once per period.
    pub(crate) const fn new(period_us: u64) -> Self {
        Self { period_us, due_at: Time::ZERO }
    }

    /// Returns whether it is due, and then begins the next period. Periods in which nobody asked are not made up for.
    pub(crate) fn is_due(&mut self, now: Time) -> bool {
        let is_due = now >= self.due_at;
        if is_due {
            self.due_at = now.plus_micros(self.period_us);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticker_is_due_at_once_then_once_per_period_and_makes_up_for_nothing() {
        let mut ticker = Ticker::new(100);
        let due = [0, 1, 99, 100, 150, 200, 950, 951, 1_049, 1_050].map(|us| ticker.is_due(Time::from_micros(us)));
        assert_eq!(due, [true, false, false, true, false, true, true, false, false, true]);
    }
}
