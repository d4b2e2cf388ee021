//! Who may come in: listeners in all, sessions per address, handshakes at once, offers per second.
//!
//! What there is little of is shared ([`base::Shares`], [`base::fair_limit`]): nobody's offers are another's refusal.

use std::collections::HashMap;
use std::net::IpAddr;

use base::{Asking, Shares, Time, fair_limit};

use crate::api::OfferError;
use crate::config::Limits;

/// Sessions of one address.
#[derive(Default)]
struct Held {
    sessions: usize,
    /// Of these, whose handshake is not done.
    joining: usize,
    /// Of these, that stand by.
    standing: usize,
}

/// Counts sessions and paces offers.
pub(super) struct Admission {
    limits: Limits,
    sessions: usize,
    by_address: HashMap<IpAddr, Held>,
    /// Handshakes that are not done, by guest.
    joining: HashMap<Asking, usize>,
    offers: Shares,
}

impl Admission {
    pub(super) fn new(limits: Limits, now: Time) -> Self {
        Self { limits, sessions: 0, by_address: HashMap::new(), joining: HashMap::new(), offers: limits.offers(now) }
    }

    /// Whether another offer may be looked at.
    pub(super) fn pace(&mut self, now: Time, who: Asking) -> Result<(), OfferError> {
        if self.offers.spend(now, who) { Ok(()) } else { Err(OfferError::Unavailable) }
    }

    /// Returns why nobody may open a session while `handshaking` others join, unless one of them makes room.
    pub(super) fn full(&self, handshaking: usize) -> Option<OfferError> {
        if self.sessions >= self.limits.listeners {
            Some(OfferError::Full { limit: self.limits.listeners })
        } else {
            self.too_many_join(handshaking).then_some(OfferError::Unavailable)
        }
    }

    /// Returns whether `handshaking` others are as many as may join at a time.
    pub(super) fn too_many_join(&self, handshaking: usize) -> bool {
        handshaking >= self.limits.handshakes
    }

    /// Returns why `address` may open no session, unless one of its own goes.
    pub(super) fn share_taken(&self, address: IpAddr) -> Option<OfferError> {
        let limit = self.limits.sessions_per_address;
        let sessions = self.by_address.get(&address).map_or(0, |held| held.sessions);
        (sessions >= limit).then_some(OfferError::TooManyFromAddress { limit })
    }

    /// Whether `who` has a share left of what may be open and of the `handshaking` that join.
    pub(super) fn allow(&self, who: Asking, handshaking: usize) -> Result<(), OfferError> {
        let limit = self.limits.sessions_per_address;
        let (sessions, joining) =
            self.by_address.get(&who.address).map_or((0, 0), |held| (held.sessions - held.standing, held.joining));
        if sessions >= limit {
            return Err(OfferError::TooManyFromAddress { limit });
        }
        // The box's own programs have no share of their own.
        let is_fair = who.address.is_loopback() || {
            let of_guest = self.joining.get(&who).copied().unwrap_or(0);
            joining < fair_limit(self.limits.handshakes, handshaking, limit)
                && of_guest < fair_limit(limit, joining, limit.div_ceil(2))
        };
        if is_fair { Ok(()) } else { Err(OfferError::Unavailable) }
    }

    pub(super) fn enter(&mut self, who: Asking) {
        self.sessions += 1;
        let held = self.by_address.entry(who.address).or_default();
        (held.sessions, held.joining) = (held.sessions + 1, held.joining + 1);
        *self.joining.entry(who).or_default() += 1;
    }

    /// A session stands by from now on.
    pub(super) fn stand_by(&mut self, who: Asking) {
        self.by_address.entry(who.address).or_default().standing += 1;
    }

    /// A session stands by no longer.
    pub(super) fn rouse(&mut self, who: Asking) {
        if let Some(held) = self.by_address.get_mut(&who.address) {
            held.standing -= 1;
        }
    }

    /// The handshake of a session is done.
    pub(super) fn joined(&mut self, who: Asking) {
        if let Some(held) = self.by_address.get_mut(&who.address) {
            held.joining = held.joining.saturating_sub(1);
        }
        if let Some(joining) = self.joining.get_mut(&who) {
            *joining -= 1;
            if *joining == 0 {
                self.joining.remove(&who);
            }
        }
    }

    pub(super) fn leave(&mut self, who: Asking, has_joined: bool) {
        if !has_joined {
            self.joined(who);
        }
        self.sessions -= 1;
        if let Some(held) = self.by_address.get_mut(&who.address) {
            held.sessions -= 1;
            if held.sessions == 0 {
                self.by_address.remove(&who.address);
            }
        }
    }
}
