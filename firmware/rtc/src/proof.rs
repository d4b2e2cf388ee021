//! Which addresses a listener has answered from: only there anything is sent that was not asked for and paid.
//!
//! Whoever knows a session's password can send a check that says it comes from anywhere. So an address counts as the listener's
//! only when it has echoed a number that nothing but a datagram to it could tell (RFC 8445 section 7 lets a full agent be asked
//! in turn). Until then it gets no byte more than came from it, and the question costs no more than the shortest check. It
//! sends nothing itself: it keeps what was received, said and asked.

use std::net::SocketAddr;

use super::stun::Transaction;
use base::Time;

/// Addresses of a listener that are remembered as proven. A phone has one or two; the oldest is forgotten.
const PROVEN_MAX: usize = 4;

/// Addresses of a listener that have not answered yet. Of more the oldest is forgotten, with what it may still be sent.
const CLAIMS_MAX: usize = 4;

/// Bytes that an address may be sent before it has answered, at most: what was received and is older counts no more.
const CREDIT_BYTES_MAX: usize = 4_096;

/// Shortest time between two refusals of an address that count, in milliseconds: they can be forged, and each costs the sound a
/// round trip.
const REFUSAL_MS_MIN: u64 = 1_000;

/// The number in a question, which its answer repeats.
pub(super) type Question = [u8; 12];

/// A check that is answered once its address is proven.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) transaction: Transaction,
    pub(super) nominates: bool,
}

/// An address that has not answered yet.
struct Claim {
    address: SocketAddr,
    question: Question,
    /// Bytes received from there, less those sent.
    credit: usize,
    check: Option<Held>,
}

/// What an answer proves.
pub(super) struct Proved {
    /// The check that waits for its response, and whether the address is a new one: `None` if it is not.
    pub(super) check: Option<Held>,
    pub(super) is_new: bool,
    /// The address that is not remembered any more.
    pub(super) forgotten: Option<SocketAddr>,
}

/// The addresses of one listener.
#[derive(Default)]
pub(super) struct Proof {
    proven: Vec<SocketAddr>,
    claims: Vec<Claim>,
    /// The question whose answer shows that a proven address still listens.
    renewal: Option<(SocketAddr, Question)>,
    refused: Option<Time>,
}

impl Proof {
    pub(super) fn proven(&self) -> &[SocketAddr] {
        &self.proven
    }

    pub(super) fn is_proven(&self, address: SocketAddr) -> bool {
        self.proven.contains(&address)
    }

    /// Notes a check of `bytes` from an address that has not answered. Returns the question for it.
    pub(super) fn claim(&mut self, address: SocketAddr, bytes: usize, check: Held, fresh: Question) -> Question {
        let at = self.claims.iter().position(|claim| claim.address == address).unwrap_or_else(|| {
            if self.claims.len() == CLAIMS_MAX {
                self.claims.remove(0);
            }
            self.claims.push(Claim { address, question: fresh, credit: 0, check: None });
            self.claims.len() - 1
        });
        let claim = &mut self.claims[at];
        claim.credit = (claim.credit + bytes).min(CREDIT_BYTES_MAX);
        claim.check = Some(check);
        claim.question
    }

    /// Spends `bytes` of what an address that has not answered may be sent. Returns `false` if that is too much.
    pub(super) fn pay(&mut self, address: SocketAddr, bytes: usize) -> bool {
        let claim = self.claims.iter_mut().find(|claim| claim.address == address);
        let left = claim.as_ref().and_then(|claim| claim.credit.checked_sub(bytes));
        claim.zip(left).map(|(claim, left)| claim.credit = left).is_some()
    }

    /// Notes that a proven address is asked whether it still listens.
    pub(super) fn renew(&mut self, address: SocketAddr, question: Question) {
        self.renewal = Some((address, question));
    }

    /// Returns whether `address` was asked this.
    pub(super) fn was_asked(&self, address: SocketAddr, question: impl Fn(&Question) -> bool) -> bool {
        let claimed = self.claims.iter().any(|claim| claim.address == address && question(&claim.question));
        claimed || self.renewal.as_ref().is_some_and(|(asked, number)| *asked == address && question(number))
    }

    /// Takes an answer from an address that was asked; `kept` is the one that is never forgotten.
    pub(super) fn answer(&mut self, address: SocketAddr, kept: Option<SocketAddr>) -> Proved {
        self.renewal.take_if(|(asked, _)| *asked == address);
        let claim = self.claims.iter().position(|claim| claim.address == address).map(|at| self.claims.remove(at));
        let is_new = !self.is_proven(address);
        let mut forgotten = None;
        if is_new {
            if self.proven.len() == PROVEN_MAX {
                let oldest = self.proven.iter().position(|proven| Some(*proven) != kept).unwrap_or(0);
                forgotten = Some(self.proven.remove(oldest));
            }
            self.proven.push(address);
        }
        Proved { check: claim.and_then(|claim| claim.check), is_new, forgotten }
    }

    /// A datagram to a proven address was refused there: it has to answer again. Returns whether that counts.
    pub(super) fn refuse(&mut self, now: Time, address: SocketAddr, fresh: Question) -> bool {
        let counts = self.refused.is_none_or(|at| now >= at.plus_millis(REFUSAL_MS_MIN));
        if !counts || !self.is_proven(address) {
            self.claims.retain(|claim| claim.address != address);
            return false;
        }
        self.refused = Some(now);
        self.proven.retain(|proven| *proven != address);
        self.renewal.take_if(|(asked, _)| *asked == address);
        if self.claims.len() == CLAIMS_MAX {
            self.claims.remove(0);
        }
        self.claims.push(Claim { address, question: fresh, credit: 0, check: None });
        true
    }

    /// Forgets every question: their answers would be to credentials that are gone.
    pub(super) fn restart(&mut self) {
        self.claims.clear();
        self.renewal = None;
    }
}
