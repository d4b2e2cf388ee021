//! DTLS for one listener: handshake, fingerprint, key export, closing. No other files than these name `dimpl`.
//!
//! Told the time and handed datagrams; sends nothing itself. A datagram that it cannot take is dropped.
//!
//! As server it speaks DTLS 1.2 first, and 1.3 to those who speak nothing else, for the sake of the cipher under the
//! sound. On 1.2 the library chooses it: AES-256-GCM before AES-128-GCM before AES-CM with HMAC-SHA1. On 1.3 it takes
//! the client's first choice, and Chromium's is the last of these, the dearest to seal (the `fanout` bench prints the
//! figures). It costs no time: without a cookie our sound follows the client's second flight on both versions.
//!
//! Whoever knows a phone's address and port can forge whatever is not protected yet. So a join follows every different
//! hello from its proven address, each in a handshake of its own, and hands on nothing else in the clear before a
//! message with the certificate that the phone's offer names. What stays open to a forger is the moment between that
//! message and the rest of its flight, if a phone sends them in several datagrams, and the handshakes that we have to
//! begin.

mod attempt;
mod introduction;
mod peek;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base::Time;
use dimpl::{Dtls, DtlsCertificate, ProtocolVersion};

use super::config::{Clocks, HANDSHAKE_MS_MAX};
use super::srtp::{Opener, Profile, Sealer};
use super::transmit::Transmit;
use attempt::Attempt;
use introduction::Introduction;
use peek::Brings;

/// Largest datagram of a handshake. Below every path's limit (RFC 8200 section 5 guarantees 1,280 with headers).
const MTU_BYTES: usize = 1_200;

/// First wait before a flight is sent again: round trips on the box's own radio are a few milliseconds, and a lost
/// flight should not cost a second (RFC 9147 section 5.8.2 allows less than one for such networks).
const FLIGHT_MS: u64 = 150;

/// Times a flight is sent again before the session dies; with doubling waits that is within the handshake's limit.
const FLIGHT_RETRIES: usize = 5;

/// Hellos of one phone that are followed at a time. It sends one; the others are forged, and each costs a signature. A
/// further one takes the place of the oldest, of one without an answer if there is any.
const HELLOS_MAX: usize = 4;

/// Hellos of one phone that are followed in all. Further ones are dropped, and the join ends by its time limit.
const HELLOS_TOTAL_MAX: u32 = 64;

/// Datagrams of one hello: with a post-quantum key share it takes two. Further ones are dropped.
const HELLO_PIECES_MAX: usize = 8;

/// SHA-256 of a certificate in DER.
pub type Fingerprint = [u8; 32];

/// Whether `datagram` belongs to DTLS (RFC 7983 section 7).
pub(super) fn is_dtls(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|byte| (20..64).contains(byte))
}

/// The process's certificate (P-256) and what all handshakes share.
#[derive(Clone)]
pub struct Identity {
    config: Arc<dimpl::Config>,
    certificate: Arc<DtlsCertificate>,
}

/// Why no certificate or configuration could be made: the machine's fault; a retry does not help.
#[derive(Debug)]
pub struct IdentityError(String);

impl std::fmt::Display for IdentityError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot make a DTLS certificate: {}", self.0)
    }
}

impl std::error::Error for IdentityError {}

impl Identity {
    /// Makes a new certificate; phones learn its fingerprint from each answer, so it need not outlive the process.
    ///
    /// # Errors
    /// If the cryptography library fails.
    pub fn generate() -> Result<Self, IdentityError> {
        let certificate =
            dimpl::certificate::generate_self_signed_certificate().map_err(|e| IdentityError(e.to_string()))?;
        // No cookie: its round trip proves the peer's address, and a STUN check has done that already.
        let config = dimpl::Config::builder()
            .mtu(MTU_BYTES)
            .use_server_cookie(false)
            .flight_start_rto(Duration::from_millis(FLIGHT_MS))
            .flight_retries(FLIGHT_RETRIES)
            .handshake_timeout(Duration::from_millis(HANDSHAKE_MS_MAX))
            .build()
            .map_err(|e| IdentityError(e.to_string()))?;
        Ok(Self { config: Arc::new(config), certificate: Arc::new(certificate) })
    }

    /// What the answer says about the certificate.
    pub fn fingerprint(&self) -> Fingerprint {
        sha256(&self.certificate.certificate)
    }
}

fn sha256(bytes: &[u8]) -> Fingerprint {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

/// The SRTP contexts of a finished handshake.
pub struct Protection {
    /// The cipher.
    pub profile: Profile,
    /// For what we send.
    pub sealer: Sealer,
    /// For what we receive.
    pub opener: Opener,
}

/// Why a session's DTLS ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The peer closed it.
    Closed,
    /// The peer's certificate is not the one its SDP names.
    WrongCertificate,
    /// The handshake failed, or the peers share no SRTP profile.
    Failed,
}

/// What does not change about one side of an association.
struct Side {
    clocks: Clocks,
    client: bool,
    expected: Fingerprint,
    /// Whether the peer's RTP will be opened, too.
    hears: bool,
}

/// One side of a DTLS association.
pub struct Association {
    side: Side,
    identity: Identity,
    /// As client, and when the handshake is done, exactly one; as server one per hello that may be the peer's.
    attempts: Vec<Attempt>,
    /// Hellos followed so far.
    hellos: u32,
    introduction: Introduction,
    done: bool,
}

impl Association {
    /// Ready to shake hands with whoever holds the certificate of `expected`; sends nothing before [`Self::drive`].
    pub fn new(identity: &Identity, clocks: Clocks, client: bool, expected: Fingerprint, now: Time) -> Self {
        let mut attempts = Vec::new();
        if client {
            let certificate = DtlsCertificate::clone(&identity.certificate);
            let mut dtls = Dtls::new_auto(Arc::clone(&identity.config), certificate, clocks.instant(now));
            dtls.set_active(true);
            attempts.push(Attempt::new(dtls, None));
        }
        let side = Side { clocks, client, expected, hears: false };
        Self {
            side,
            identity: identity.clone(),
            attempts,
            hellos: 0,
            introduction: Introduction::default(),
            done: false,
        }
    }

    /// The same for a simulated phone, which opens the sound it receives.
    pub fn hearing(mut self) -> Self {
        self.side.hears = true;
        self
    }

    /// Whether we begin the handshake.
    pub fn is_client(&self) -> bool {
        self.side.client
    }

    /// When to call [`Self::drive`] next.
    pub fn timeout(&self) -> Option<Time> {
        self.attempts.iter().filter_map(|attempt| attempt.timeout).min()
    }

    /// Takes a datagram, which must come from an address that STUN has proven.
    ///
    /// # Errors
    /// When the association is over.
    pub fn receive(
        &mut self,
        now: Time,
        datagram: &[u8],
        to: SocketAddr,
        out: &mut impl Transmit,
    ) -> Result<Option<Protection>, Ended> {
        if self.side.client || self.done {
            return self.each(|attempt, side| attempt.receive(side, now, datagram, to, out));
        }
        match peek::look(datagram) {
            Brings::Hello(bytes) => self.take_hello(now, sha256(&bytes), datagram, to, out),
            Brings::HelloPiece => self.take_piece(now, datagram, to, out),
            Brings::Certificate if !self.introduction.done => {
                let whole = self.introduction.take(datagram, &self.side.expected);
                for datagram in whole {
                    let keys = self.hand_on(now, &datagram, to, out, |_| true)?;
                    if keys.is_some() {
                        return Ok(keys);
                    }
                }
            }
            Brings::Plain if !self.introduction.done => {}
            Brings::HelloAgain => {
                return self
                    .hand_on(now, datagram, to, out, |dtls| dtls.protocol_version() == Some(ProtocolVersion::DTLS1_3));
            }
            Brings::Certificate | Brings::Plain | Brings::Protected => {
                return self.hand_on(now, datagram, to, out, |_| true);
            }
        }
        Ok(None)
    }

    /// Hands a datagram to every handshake that we have answered and that `expects` it.
    fn hand_on(
        &mut self,
        now: Time,
        datagram: &[u8],
        to: SocketAddr,
        out: &mut impl Transmit,
        expects: impl Fn(&Dtls) -> bool,
    ) -> Result<Option<Protection>, Ended> {
        self.each(|attempt, side| match attempt.answered && expects(&attempt.dtls) {
            true => attempt.receive(side, now, datagram, to, out),
            false => Ok(None),
        })
    }

    /// Starts the handshake if that is our part, and repeats what got lost.
    ///
    /// # Errors
    /// When the association is over.
    pub fn drive(&mut self, now: Time, to: SocketAddr, out: &mut impl Transmit) -> Result<Option<Protection>, Ended> {
        self.each(|attempt, side| attempt.drive(side, now, to, out))
    }

    /// Tells the peer that we close. Best effort: it is not repeated.
    pub fn close(&mut self, to: SocketAddr, out: &mut impl Transmit) {
        for attempt in &mut self.attempts {
            if attempt.dtls.close().is_ok() {
                let _ = attempt.drain(&self.side, to, out);
            }
        }
    }

    /// Does `work` with each handshake until one is done, which then is the only one left. As long as there may be
    /// others, one that fails is dropped.
    fn each(
        &mut self,
        mut work: impl FnMut(&mut Attempt, &Side) -> Result<Option<Protection>, Ended>,
    ) -> Result<Option<Protection>, Ended> {
        let mut n = 0;
        while let Some(attempt) = self.attempts.get_mut(n) {
            match work(attempt, &self.side) {
                Ok(None) => n += 1,
                Ok(Some(protection)) => {
                    self.attempts.swap(0, n);
                    self.attempts.truncate(1);
                    self.attempts.shrink_to_fit();
                    self.introduction = Introduction::default();
                    self.done = true;
                    return Ok(Some(protection));
                }
                Err(ended) if self.side.client || self.done => return Err(ended),
                Err(_) => drop(self.attempts.remove(n)),
            }
        }
        Ok(None)
    }

    /// Follows a hello, or repeats what we said to it.
    fn take_hello(&mut self, now: Time, digest: Fingerprint, datagram: &[u8], to: SocketAddr, out: &mut impl Transmit) {
        if let Some(known) = self.attempts.iter_mut().find(|attempt| attempt.hello == Some(digest)) {
            // The library answers a hello that comes again with its whole flight.
            drop(known.receive(&self.side, now, datagram, to, out));
            return;
        }
        if self.hellos == HELLOS_TOTAL_MAX {
            return;
        }
        self.hellos += 1;
        if self.attempts.len() == HELLOS_MAX {
            self.attempts.remove(self.attempts.iter().position(|attempt| !attempt.answered).unwrap_or(0));
        }
        self.attempts.push(Attempt::new(self.server(now, Dtls::new_12), Some(digest)));
        self.take_piece(now, datagram, to, out);
    }

    /// Hands the newest hello its next piece. Whoever sends a whole one that DTLS 1.2 does not understand gets 1.3.
    fn take_piece(&mut self, now: Time, datagram: &[u8], to: SocketAddr, out: &mut impl Transmit) {
        let Some(mut newest) = self.attempts.pop_if(|attempt| !attempt.answered) else { return };
        if newest.pieces.len() < HELLO_PIECES_MAX {
            newest.pieces.push(datagram.to_vec());
            // What fails here was no hello: it stays without an answer.
            drop(newest.receive(&self.side, now, datagram, to, out));
            if !newest.answered {
                let mut other = Attempt::new(self.server(now, Dtls::new_13), newest.hello);
                newest.pieces.iter().for_each(|piece| drop(other.receive(&self.side, now, piece, to, out)));
                newest = if other.answered { other } else { newest };
            }
        }
        self.attempts.push(newest);
    }

    fn server(&self, now: Time, new: fn(Arc<dimpl::Config>, DtlsCertificate, std::time::Instant) -> Dtls) -> Dtls {
        let Identity { config, certificate } = &self.identity;
        new(Arc::clone(config), DtlsCertificate::clone(certificate), self.side.clocks.instant(now))
    }
}

fn wrong_certificate() -> Ended {
    log::debug!("a phone's certificate is not the one its offer names");
    Ended::WrongCertificate
}
