//! Standby sessions: connected ahead of the tap, so that the sound is one request away then, and not a handshake of five round
//! trips.
//!
//! A standby session is no listener: it is not counted and nothing is encoded for it. It displaces nobody, and is the first to be
//! evicted: for a listener of its own address, or for any where all places are taken.

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
    /// Opens a standby session: it is connected, and hears nothing until it is switched to a stream ([`Engine::switch`]).
    ///
    /// # Errors
    /// When the offer cannot be answered, or another session would have to be evicted for it.
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

    /// Turns the standby session in `slot` into a listener's. Returns whether it was one.
    pub(super) fn rouse(&mut self, slot: usize) -> bool {
        let Some(session) = self.slots[slot].session.as_mut() else { return false };
        if session.standby_until.take().is_none() {
            return false;
        }
        self.standing.retain(|standing| *standing != slot);
        self.admission.rouse(session.owner);
        true
    }

    /// Returns the session to evict where there is no room for another: the oldest that never answered, else the oldest
    /// on standby, unless it is handshakes that there are too many of.
    pub(super) fn oldest_to_go(&mut self, now: Time) -> Option<usize> {
        let too_many_join = self.admission.too_many_join(self.stats.handshaking as usize);
        let standing = self.standing.front().copied().filter(|_| !too_many_join);
        self.oldest_unheard(now).or(standing)
    }

    /// Evicts what has to go for a session of `owner`.
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
