//! Who asked of late and for how long: what one address may take of everybody's time at the box.

use std::collections::VecDeque;
use std::net::IpAddr;

use base::Time;

/// How long a phone's request waits for a press, and for how long a press without one has people asked on the page, ms.
pub const WAIT_MS: u64 = 60_000;

/// Requests of one address within [`ASKED_WITHIN_MS`]; a further one is refused and told when to come back. Enough for
/// somebody who runs between phone and box, too few to fill the log.
pub const ASKS_PER_ADDRESS_MAX: usize = 6;

/// How long the requests of one address may wait together within any [`ASKED_WITHIN_MS`], ms: two whole ones. Nobody is asking
/// whenever somebody presses.
pub const ASKING_MS_MAX: u64 = 120_000;

/// How long a request counts, ms.
pub const ASKED_WITHIN_MS: u64 = 300_000;

/// How long those may have waited that are followed by another, µs.
const SPARE_US: u64 = 1_000 * (ASKING_MS_MAX - WAIT_MS);

/// Requests that are remembered. When it is full the oldest is forgotten, which only loosens the limits of its address; the
/// limit on phones that wait holds all the same.
pub(super) const ASKED_MAX: usize = 1_024;

/// One request.
#[derive(Clone, Copy, Debug)]
struct Asked {
    address: IpAddr,
    from: Time,
    /// When it ended, or will if nothing happens before.
    until: Time,
    /// Whether it led to a host, or to another request of the same phone: then it stands beside nobody's.
    is_settled: bool,
}

/// The requests of late, oldest first.
#[derive(Debug, Default)]
pub(super) struct History(VecDeque<Asked>);

impl History {
    /// Notes that `address` asks now.
    pub(super) fn begin(&mut self, now: Time, address: IpAddr) {
        if self.0.len() == ASKED_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Asked { address, from: now, until: now.plus_millis(WAIT_MS), is_settled: false });
    }

    /// Notes that `address`, which has one request at a time, asks no more.
    pub(super) fn end(&mut self, now: Time, address: IpAddr) {
        if let Some(asked) = self.0.iter_mut().rev().find(|asked| asked.address == address) {
            asked.until = asked.until.min(now);
        }
    }

    /// Notes that the request of `address` that ended last led to a host, or to another one of the same phone.
    pub(super) fn settle(&mut self, address: IpAddr) {
        if let Some(asked) = self.0.iter_mut().rev().find(|asked| asked.address == address) {
            asked.is_settled = true;
        }
    }

    /// Returns whether somebody else than `address` asks, or did within the time of a request.
    pub(super) fn has_other(&self, now: Time, address: IpAddr) -> bool {
        let is_other = |asked: &Asked| asked.address != address && !asked.is_settled;
        self.0.iter().any(|asked| is_other(asked) && now < asked.until.plus_millis(WAIT_MS))
    }

    /// Forgets what counts no more.
    pub(super) fn pass(&mut self, now: Time) {
        self.0.retain(|asked| now < asked.until.plus_millis(ASKED_WITHIN_MS));
    }

    /// Returns how often `address` asked of late and how long it waited by that, µs.
    pub(super) fn weight(&self, now: Time, address: IpAddr) -> (usize, u64) {
        let waited_us = self.of(address).map(|asked| within_us(asked, now, asked.until.min(now))).sum();
        (self.begun(now, address).count(), waited_us)
    }

    /// Refuses a request of `address` that would be too much.
    ///
    /// # Errors
    /// When it would not be, ms from now.
    pub(super) fn admit(&self, now: Time, address: IpAddr) -> Result<(), u64> {
        // The time within which it asked most by then ends with the request.
        let end = now.plus_millis(WAIT_MS);
        let is_often = self.begun(now, address).count() >= ASKS_PER_ADDRESS_MAX;
        let is_long = self.of(address).map(|asked| within_us(asked, end, asked.until.min(now))).sum::<u64>() > SPARE_US;
        if !is_often && !is_long {
            return Ok(());
        }
        let oldest = self.begun(now, address).next().filter(|_| is_often);
        let rare = oldest.map_or(now, |asked| asked.from.plus_millis(ASKED_WITHIN_MS));
        Err(millis_until(rare.max(self.spare(now, address)), now).max(1))
    }

    /// Returns from when on `address` has a whole request to spare, if one that still waits lasts to its end.
    fn spare(&self, now: Time, address: IpAddr) -> Time {
        let end = now.plus_millis(WAIT_MS);
        let counts_us = |asked: &Asked| within_us(asked, end, asked.until);
        let mut excess_us = self.of(address).map(counts_us).sum::<u64>().saturating_sub(SPARE_US);
        let mut due = now;
        // The oldest grow too old first, from their beginnings on.
        for asked in self.of(address) {
            let grown_us = excess_us.min(counts_us(asked));
            if grown_us > 0 {
                let begin = asked.until.as_micros() - counts_us(asked);
                due = Time::from_micros(begin + grown_us).plus_millis(ASKED_WITHIN_MS - WAIT_MS);
                excess_us -= grown_us;
            }
        }
        due
    }

    /// Returns how many requests are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn of(&self, address: IpAddr) -> impl Iterator<Item = &Asked> {
        self.0.iter().filter(move |asked| asked.address == address)
    }

    /// The requests of `address` that count towards [`ASKS_PER_ADDRESS_MAX`].
    fn begun(&self, now: Time, address: IpAddr) -> impl Iterator<Item = &Asked> {
        self.of(address).filter(move |asked| now < asked.from.plus_millis(ASKED_WITHIN_MS))
    }
}

/// Returns the milliseconds from `now` to `deadline`, rounded up so that nobody comes back too early; 0 once it is over.
pub(super) fn millis_until(deadline: Time, now: Time) -> u64 {
    deadline.micros_since(now).div_ceil(1_000)
}

/// Returns how much of a request that ended at `until` counts at `end`, µs.
fn within_us(asked: &Asked, end: Time, until: Time) -> u64 {
    let begin = Time::from_micros(end.as_micros().saturating_sub(1_000 * ASKED_WITHIN_MS));
    until.micros_since(asked.from.max(begin))
}
