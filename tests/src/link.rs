//! The air between the box and the phones on virtual time: delay, loss, reordering, duplication; seeded.
//!
//! One [`Link`] carries everything; the conditions are given per datagram, because every phone stands elsewhere.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use base::Time;

use crate::dice::Dice;

/// How one phone's radio treats a datagram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
    /// Least time on the way, in microseconds.
    pub delay_us: u64,
    /// Additional random time, in microseconds; large values reorder.
    pub jitter_us: u64,
    /// Probability that it is lost, 0.0 to 1.0.
    pub loss: f64,
    /// Probability that it arrives twice, 0.0 to 1.0.
    pub duplicate: f64,
}

impl Conditions {
    /// A good Wi-Fi: 2 ms, nothing lost.
    pub const GOOD: Self = Self { delay_us: 2_000, jitter_us: 0, loss: 0.0, duplicate: 0.0 };

    /// The far corner of a full room: 5 to 25 ms, 5 % lost, some twice, out of order.
    pub const BAD: Self = Self { delay_us: 5_000, jitter_us: 20_000, loss: 0.05, duplicate: 0.01 };

    /// Out of range: nothing arrives.
    pub const GONE: Self = Self { delay_us: 0, jitter_us: 0, loss: 1.0, duplicate: 0.0 };
}

/// Items on their way.
pub struct Link<T> {
    dice: Dice,
    sent: u64,
    flying: BinaryHeap<Reverse<Flying<T>>>,
}

struct Flying<T> {
    arrives: Time,
    order: u64,
    item: T,
}

impl<T: Clone> Link<T> {
    /// An empty link that loses by these dice.
    pub fn new(dice: Dice) -> Self {
        Self { dice, sent: 0, flying: BinaryHeap::new() }
    }

    /// Sends `item`, which may never arrive or arrive twice.
    pub fn send(&mut self, now: Time, conditions: Conditions, item: T) {
        if self.dice.chance(conditions.loss) {
            return;
        }
        if self.dice.chance(conditions.duplicate) {
            self.launch(now, conditions, item.clone());
        }
        self.launch(now, conditions, item);
    }

    fn launch(&mut self, now: Time, conditions: Conditions, item: T) {
        let delay_us = conditions.delay_us + self.dice.below(conditions.jitter_us);
        self.sent += 1;
        self.flying.push(Reverse(Flying { arrives: now.plus_micros(delay_us), order: self.sent, item }));
    }

    /// When the next item arrives.
    pub fn next_arrival(&self) -> Option<Time> {
        self.flying.peek().map(|Reverse(flying)| flying.arrives)
    }

    /// The next item that has arrived by `now`.
    pub fn arrived(&mut self, now: Time) -> Option<T> {
        self.next_arrival().filter(|arrives| *arrives <= now)?;
        self.flying.pop().map(|Reverse(flying)| flying.item)
    }
}

impl<T> PartialEq for Flying<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.arrives, self.order) == (other.arrives, other.order)
    }
}

impl<T> Eq for Flying<T> {}

impl<T> PartialOrd for Flying<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Flying<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.arrives, self.order).cmp(&(other.arrives, other.order))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carry(conditions: Conditions, count: u64) -> Vec<(u64, u64)> {
        let mut link = Link::new(Dice::seeded(3));
        (0..count).for_each(|n| link.send(Time::from_micros(n * 1_000), conditions, n));
        let mut got = Vec::new();
        while let Some(at) = link.next_arrival() {
            let item = link.arrived(at).unwrap();
            got.push((at.as_micros(), item));
        }
        got
    }

    #[test]
    fn a_good_link_delays_and_keeps_order() {
        let expected: Vec<(u64, u64)> = (0..10).map(|n| (n * 1_000 + 2_000, n)).collect();
        assert_eq!(carry(Conditions::GOOD, 10), expected);
    }

    #[test]
    fn nothing_arrives_early_and_nothing_from_out_of_range() {
        let mut link = Link::new(Dice::seeded(3));
        link.send(Time::ZERO, Conditions::GOOD, ());
        assert!(link.arrived(Time::from_micros(1_999)).is_none());
        assert!(link.arrived(Time::from_micros(2_000)).is_some());
        assert!(carry(Conditions::GONE, 100).is_empty());
    }

    #[test]
    fn a_bad_link_loses_doubles_and_reorders_the_same_way_for_the_same_seed() {
        let got = carry(Conditions::BAD, 2_000);
        let items: Vec<u64> = got.iter().map(|(_, item)| *item).collect();
        let mut unique = items.clone();
        unique.sort_unstable();
        unique.dedup();
        assert!((1_850..1_950).contains(&unique.len()), "{}", unique.len());
        assert!(items.len() > unique.len());
        assert!(items.windows(2).any(|pair| pair[1] < pair[0]));
        assert_eq!(got, carry(Conditions::BAD, 2_000));
    }
}
