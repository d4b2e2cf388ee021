//! Addresses that did something of late: as many as one needs to know, and no more.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use base::Time;

/// Most phones remembered as refused for lack of a place; the oldest is dropped silently when there are more.
pub(super) const TURNED_AWAY_MAX: usize = 64;

/// Phones whose owners have read the portal's page; the oldest is forgotten when there are more. Each of a full network
/// fits.
pub(super) const READERS_MAX: usize = 1_024;

/// Addresses, each with the time at which it was noted last. When it is full the one noted longest ago is forgotten.
#[derive(Debug)]
pub(super) struct Recent {
    max: usize,
    /// The newest at the end.
    noted: Mutex<VecDeque<(IpAddr, Time)>>,
}

impl Recent {
    /// Returns an empty list of at most `max` addresses.
    pub(super) fn new(max: usize) -> Self {
        Self { max, noted: Mutex::default() }
    }

    /// Notes `address`. It counts once, from `now` on.
    pub(super) fn note(&self, address: IpAddr, now: Time) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.retain(|(known, _)| *known != address);
        if noted.len() >= self.max {
            noted.pop_front();
        }
        noted.push_back((address, now));
    }

    /// Returns whether `address` was noted and is not forgotten.
    pub(super) fn has(&self, address: IpAddr) -> bool {
        self.noted_at(address).is_some()
    }

    /// Returns whether `address` was noted less than `us` microseconds before `now`.
    pub(super) fn has_within(&self, us: u64, address: IpAddr, now: Time) -> bool {
        self.noted_at(address).is_some_and(|at| now.micros_since(at) < us)
    }

    fn noted_at(&self, address: IpAddr) -> Option<Time> {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.iter().find(|(known, _)| *known == address).map(|(_, at)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: usize) -> IpAddr {
        IpAddr::from([10, 77, (n / 256) as u8, (n % 256) as u8])
    }

    #[test]
    fn the_last_so_many_are_known_and_the_same_one_counts_once() {
        let recent = Recent::new(3);
        [1, 2, 3, 2, 2, 2].into_iter().for_each(|n| recent.note(address(n), Time::ZERO));
        assert!(recent.has(address(1)) && !recent.has(address(0)), "the same address counts once");
        recent.note(address(4), Time::ZERO);
        assert!(!recent.has(address(1)) && [2, 3, 4].into_iter().all(|n| recent.has(address(n))));
    }

    #[test]
    fn who_was_noted_long_ago_is_not_recent() {
        let recent = Recent::new(3);
        recent.note(address(1), Time::from_micros(5));
        assert!(recent.has_within(10, address(1), Time::from_micros(14)));
        assert!(!recent.has_within(10, address(1), Time::from_micros(15)) && recent.has(address(1)));
        recent.note(address(1), Time::from_micros(15));
        assert!(
            recent.has_within(10, address(1), Time::from_micros(24)) && !recent.has_within(10, address(2), Time::ZERO)
        );
    }
}
