//! A token bucket: so many events at once, and so many a second in the long run. A value that is given the time.

use crate::Time;

/// How fast a budget fills, and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Events per 1,000 s in the long run.
    pub per_1000_s: u64,
    /// Events at once after a quiet time.
    pub burst: u64,
}

/// A token bucket, in millionths of an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    saved: u64,
    counted: Time,
}

/// Millionths in an event.
const EVENT: u64 = 1_000_000;

impl Bucket {
    pub(crate) fn full(rate: Rate, now: Time) -> Self {
        Self { saved: rate.burst * EVENT, counted: now }
    }

    /// Earns what is due at `now`.
    pub(crate) fn earn(&mut self, rate: Rate, now: Time) {
        let earned = now.micros_since(self.counted).saturating_mul(rate.per_1000_s) / 1_000;
        // What is less than a millionth is left to earn.
        if earned > 0 {
            self.saved = self.saved.saturating_add(earned).min(rate.burst * EVENT);
            self.counted = now;
        }
    }

    pub(crate) const fn has_one(&self) -> bool {
        self.saved >= EVENT
    }

    /// Spends one event, which there must be.
    pub(crate) const fn spend(&mut self) {
        self.saved -= EVENT;
    }

    /// Returns how much it holds, in millionths of an event.
    pub(crate) const fn saved(&self) -> u64 {
        self.saved
    }

    pub(crate) const fn is_full(&self, rate: Rate) -> bool {
        self.saved >= rate.burst * EVENT
    }

    /// Whether the bucket is full enough to spend from one above it, of which it is a share: the fewer are left there below a
    /// half, the fuller it must be, and a full one always is.
    pub(crate) fn is_light(&self, rate: Rate, above: &Self, rate_above: Rate) -> bool {
        let (full, full_above) = (u128::from(rate.burst * EVENT), u128::from(rate_above.burst * EVENT));
        u128::from(self.saved) * full_above + 2 * u128::from(above.saved) * full >= full * full_above
    }
}
