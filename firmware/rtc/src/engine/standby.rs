//! Sessions that are opened before anybody wants to hear: whoever wants to then is one request and one packet away from the sound,
//! not a handshake of five round trips.
//!
//! One that stands by is no listener. Nobody counts it and nothing is encoded for it; it takes nobody's place, and is the first to
//! go where somebody wants one: a listener of the same address, or of any where all places are taken.

use std::net::IpAddr;

use base::{Asking, Time};

use super::Engine;
use crate::api::{Answer, Offer, OfferError};
use crate::config::STANDBY_MS_MAX;
use crate::session::{Over, Session};

impl Session {
    /// Returns whether it is a listener's, and does not only stand by.
    pub(super) fn hears(&self) -> bool {
        self.sender.is_none() && self.standby_until.is_none()
    }
}

impl Engine {
    /// Opens a session that stands by: it is connected, and hears nothing until it is switched to a stream ([`Engine::switch`]).
    ///
    /// # Errors
    /// When the offer cannot be answered, or somebody else would have to go for it.
    pub fn prepare(&mut self, now: Time, offer: &Offer) -> Result<Answer, OfferError> {
        let owner = Asking { address: offer.remote_addr, guest: offer.guest };
        let full = self.admission.share_taken(owner.address);
        if let Some(full) = full.or_else(|| self.admission.full(self.stats.handshaking as usize)) {
            return Err(full);
        }
        let answer = self.try_offer(now, offer)?;
        let Some(&slot) = self.by_id.get(&answer.session) else { return Ok(answer) };
        self.leave(slot);
        if let Some(session) = self.slots[slot].session.as_mut() {
            session.standby_until = Some(now.plus_millis(STANDBY_MS_MAX));
            self.standing.push_back(slot);
            self.admission.stand_by(owner);
        }
        self.arm(slot);
        Ok(answer)
    }

    /// Notes that the session in `slot` stands by no longer. Returns whether it did.
    pub(super) fn rouse(&mut self, slot: usize) -> bool {
        let Some(session) = self.slots[slot].session.as_mut() else { return false };
        if session.standby_until.take().is_none() {
            return false;
        }
        self.standing.retain(|standing| *standing != slot);
        self.admission.rouse(session.owner);
        true
    }

    /// Returns the session that has to go where there is no room for another: the oldest that never answered, else the
    /// oldest that stands by, unless it is handshakes that there are too many of.
    pub(super) fn oldest_to_go(&mut self, now: Time) -> Option<usize> {
        let too_many_join = self.admission.too_many_join(self.stats.handshaking as usize);
        let standing = self.standing.front().copied().filter(|_| !too_many_join);
        self.oldest_unheard(now).or(standing)
    }

    /// Makes room for a session of `owner`, as far as others have to go for it.
    pub(super) fn make_room(&mut self, now: Time, owner: Asking) {
        if self.admission.share_taken(owner.address).is_some()
            && let Some(slot) = self.oldest_standing_of(owner.address)
        {
            self.end(slot, Over::Left);
        }
        if self.admission.full(self.stats.handshaking as usize).is_some()
            && let Some(slot) = self.oldest_to_go(now)
        {
            let stands_by = self.standing.contains(&slot);
            self.end(slot, if stands_by { Over::Left } else { Over::NotJoined });
        }
    }

    fn oldest_standing_of(&self, address: IpAddr) -> Option<usize> {
        let owner = |slot: usize| self.slots[slot].session.as_ref().map(|session| session.owner.address);
        self.standing.iter().copied().find(|&slot| owner(slot) == Some(address))
    }
}
