//! Whose an address is: checks, the answers that prove one, and refusals.
//!
//! What counts as a proof is in [`crate::proof`]; here is which session it belongs to.

use std::net::SocketAddr;

use base::Time;
use rand::Rng;

use super::Engine;
use crate::proof::Question;
use crate::stun::{self, BindingRequest};
use crate::transmit::Transmit;

impl Engine {
    /// The kernel says that a datagram to `address` was refused there: nobody listens there any more.
    pub fn handle_refusal(&mut self, now: Time, address: SocketAddr, out: &mut impl Transmit) {
        self.stats.refused_total += 1;
        let Some(slot) = self.by_address.get(&address).copied() else { return };
        let fresh = self.question(slot);
        self.guarded(slot, |engine| {
            let session = engine.slots[slot].session.as_mut();
            if session.is_some_and(|session| session.refused(now, address, fresh, out)) {
                engine.by_address.remove(&address);
            }
            engine.arm(slot);
        });
    }

    pub(super) fn handle_stun(
        &mut self,
        now: Time,
        from: SocketAddr,
        bytes: &[u8],
        out: &mut impl Transmit,
    ) -> Option<usize> {
        if let Some(number) = stun::answered(bytes) {
            return self.handle_answer(now, from, number, bytes, out);
        }
        let request = BindingRequest::parse(bytes)?;
        let slot = *self.by_ufrag.get(request.local_ufrag())?;
        // An address belongs to whoever proved it first, until that session is gone: nobody can take another's.
        if self.by_address.get(&from).is_some_and(|&holder| holder != slot) {
            return None;
        }
        let fresh = self.question(slot);
        let session = self.slots[slot].session.as_mut()?;
        session.check(from, bytes.len(), &request, fresh, out).then_some(slot)
    }

    /// Takes an answer to a question of ours: its sender is where it says.
    fn handle_answer(
        &mut self,
        now: Time,
        from: SocketAddr,
        number: Question,
        bytes: &[u8],
        out: &mut impl Transmit,
    ) -> Option<usize> {
        let [a, b, c, d, ..] = number;
        let slot = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
        if self.by_address.get(&from).is_some_and(|&holder| holder != slot) {
            return None;
        }
        let session = self.slots.get_mut(slot)?.session.as_mut()?;
        let answered = session.answer(now, from, number, bytes, out)?;
        let begins = session.has_to_begin();
        if let Some(forgotten) = answered.forgotten {
            self.by_address.remove(&forgotten);
        }
        if answered.is_new {
            self.by_address.insert(from, slot);
        }
        if begins {
            self.guarded(slot, |engine| engine.drive(now, slot, out));
        }
        Some(slot)
    }

    /// Returns the number of a new question to the session in `slot`: its place, and 64 bits that nobody can guess.
    pub(super) fn question(&mut self, slot: usize) -> Question {
        let mut number = [0; 12];
        number[..4].copy_from_slice(&(slot as u32).to_be_bytes());
        number[4..].copy_from_slice(&self.rng.next_u64().to_be_bytes());
        number
    }
}
