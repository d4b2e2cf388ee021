//! Who may come in: listeners in all, sessions per address, handshakes at once, offers per second.

use std::collections::HashMap;
use std::net::IpAddr;

use base::Time;

use crate::api::OfferError;
use crate::config::Limits;

/// Counts sessions and paces offers.
pub(super) struct Admission {
    limits: Limits,
    sessions: usize,
    by_owner: HashMap<IpAddr, usize>,
    /// Saved offers in millionths, and when they were counted.
    saved: u64,
    counted: Time,
}

impl Admission {
    pub(super) fn new(limits: Limits, now: Time) -> Self {
        let saved = u64::from(limits.offers_burst) * 1_000_000;
        Self { limits, sessions: 0, by_owner: HashMap::new(), saved, counted: now }
    }

    /// Whether another offer may be looked at. Called before it is read: reading costs time as well.
    pub(super) fn pace(&mut self, now: Time) -> Result<(), OfferError> {
        let earned = now.micros_since(self.counted).saturating_mul(u64::from(self.limits.offers_per_second));
        self.saved = self.saved.saturating_add(earned).min(u64::from(self.limits.offers_burst) * 1_000_000);
        self.counted = now;
        self.saved = self.saved.checked_sub(1_000_000).ok_or(OfferError::Unavailable)?;
        Ok(())
    }

    /// Whether a session of `owner` may be opened while `handshaking` others join.
    pub(super) fn allow(&self, owner: IpAddr, handshaking: usize) -> Result<(), OfferError> {
        if self.sessions >= self.limits.listeners {
            return Err(OfferError::Full { limit: self.limits.listeners });
        }
        let limit = self.limits.sessions_per_address;
        if self.by_owner.get(&owner).is_some_and(|&sessions| sessions >= limit) {
            return Err(OfferError::TooManyFromAddress { limit });
        }
        if handshaking >= self.limits.handshakes { Err(OfferError::Unavailable) } else { Ok(()) }
    }

    pub(super) fn enter(&mut self, owner: IpAddr) {
        self.sessions += 1;
        *self.by_owner.entry(owner).or_default() += 1;
    }

    pub(super) fn leave(&mut self, owner: IpAddr) {
        self.sessions -= 1;
        if let Some(sessions) = self.by_owner.get_mut(&owner) {
            *sessions -= 1;
            if *sessions == 0 {
                self.by_owner.remove(&owner);
            }
        }
    }
}
