//! DTLS for one listener: handshake, fingerprint, key export, closing. No other files than these name `dimpl`.
//!
//! Told the time and handed datagrams; sends nothing itself. A datagram that it cannot take is dropped.
//!
//! As server it speaks DTLS 1.2 first, and 1.3 to those who speak nothing else, for the sake of the cipher under the
//! sound. On 1.2 the library chooses it: AES-256-GCM before AES-128-GCM before AES-CM with HMAC-SHA1. On 1.3 it takes
//! the client's first choice, and Chromium's is the last of these, the dearest to seal (the `fanout` bench prints the
//! figures).
//!
//! An attacker who knows a phone's address and port can forge what is not protected yet. So a hello is followed when it echoes a
//! cookie that only its address was sent (`cookie`); that is a round trip, for which a forged hello costs the box no signature
//! and the phone no wrong answer. After it, nothing else in the clear is handed on before a message with the certificate that the
//! phone's offer names. What stays open to a forger is the moment between that message and the rest of its flight, if a phone
//! sends them in several datagrams; phones that speak 1.3 only, whose forged hellos are followed with the true one; and handshakes
//! that we have to begin.

mod attempt;
mod cookie;
mod identity;
mod introduction;
mod more_keys;
mod named;
mod peek;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base::Time;
use dimpl::{Dtls, DtlsCertificate, ProtocolVersion};

use super::config::Clocks;
use super::srtp::{Opener, Profile, Sealer};
use super::transmit::Transmit;
use attempt::Attempt;
use cookie::Cookie;
pub use identity::{Identity, IdentityError};
use introduction::Introduction;
pub use named::Named;
pub(crate) use named::Unnamed;
use peek::Brings;

/// Hellos of one phone that are followed at a time. It sends one; each costs a signature. A further one takes the place of the
/// oldest, of one without an answer if there is any.
const HELLOS_MAX: usize = 4;

/// Hellos of one phone that are followed in all, of those that echo the cookie and of the others each. Further ones are dropped,
/// and the join ends by its time limit.
const HELLOS_TOTAL_MAX: u32 = 64;

/// How long a hello waits that understands DTLS 1.3 only, for which there is no cookie. A phone that understands both and has
/// said so by then must not hear the answer to a forged one.
const NEWER_WAIT_MS: u64 = 500;

/// Datagrams of one hello: with a post-quantum key share it takes two. Further ones are dropped.
const HELLO_PIECES_MAX: usize = 8;

/// SHA-256 of a certificate in DER.
pub type Fingerprint = [u8; 32];

/// Whether `datagram` belongs to DTLS (RFC 7983 section 7).
pub(super) fn is_dtls(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|byte| (20..64).contains(byte))
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
    /// The peer's certificate is the one its SDP names, but of a kind that is not verified.
    UnknownKey,
    /// The handshake failed, or the peers share no SRTP profile.
    Failed,
}

/// What does not change about one side of an association.
struct Side {
    clocks: Clocks,
    client: bool,
    expected: Named,
    /// Whether the peer's RTP will be opened, too.
    hears: bool,
}

/// One side of a DTLS association.
pub struct Association {
    side: Side,
    identity: Identity,
    /// As client, and when the handshake is done, exactly one; as server one per hello that may be the peer's.
    attempts: Vec<Attempt>,
    /// What a hello of DTLS 1.2 has to echo, once it was asked for.
    cookie: Option<Cookie>,
    /// Hellos followed so far: those that echo the cookie, and those that cannot.
    hellos: [u32; 2],
    introduction: Introduction,
    done: bool,
}

impl Association {
    /// Ready to shake hands with whoever holds the certificate of `expected`; sends nothing before [`Self::drive`].
    pub fn new(identity: &Identity, clocks: Clocks, client: bool, expected: impl Into<Named>, now: Time) -> Self {
        let mut attempts = Vec::new();
        if client {
            let certificate = DtlsCertificate::clone(&identity.certificate);
            let mut dtls = Dtls::new_auto(Arc::clone(&identity.config), certificate, clocks.instant(now));
            dtls.set_active(true);
            attempts.push(Attempt::new(dtls, None));
        }
        let side = Side { clocks, client, expected: expected.into(), hears: false };
        Self {
            side,
            identity: identity.clone(),
            attempts,
            cookie: None,
            hellos: [0; 2],
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
            Brings::Hello(hello) if peek::refuses_1_2(&hello) => self.hold(now, sha256(&hello), datagram, to, out),
            Brings::Hello(_) => self.ask_for_cookie(datagram.len(), to, out),
            Brings::HelloPiece => self.take_held_piece(datagram),
            Brings::HelloAgain(hello) if peek::cookie(&hello).is_some_and(|cookie| !cookie.is_empty()) => {
                self.take_hello(now, &hello, datagram, to, out);
            }
            Brings::HelloAgainPiece if self.attempts.last().is_some_and(|newest| !newest.answered && !newest.held) => {
                self.take_piece(now, datagram, to, out);
            }
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
            Brings::HelloAgain(_) | Brings::HelloAgainPiece => {
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
                Err(ended) if self.side.client || self.done || ended == Ended::UnknownKey => return Err(ended),
                Err(_) => drop(self.attempts.remove(n)),
            }
        }
        Ok(None)
    }

    /// Answers a hello with the request to echo the cookie, if that is no longer than what it came in.
    fn ask_for_cookie(&mut self, bytes: usize, to: SocketAddr, out: &mut impl Transmit) {
        if bytes < cookie::REQUEST_BYTES {
            return;
        }
        self.cookie = self.cookie.or_else(cookie::bake);
        if let Some(len) = self.cookie.and_then(|cookie| cookie::request(&cookie, out.buffer())) {
            out.send(to, len);
        }
    }

    /// Follows a hello that echoes the cookie, or repeats what we said to it.
    fn take_hello(&mut self, now: Time, hello: &[u8], datagram: &[u8], to: SocketAddr, out: &mut impl Transmit) {
        let Some(cookie) = self.cookie.filter(|cookie| peek::cookie(hello) == Some(&cookie[..])) else { return };
        let digest = sha256(hello);
        if let Some(n) = self.attempts.iter().position(|attempt| attempt.hello == Some(digest)) {
            if self.attempts[n].answered {
                // The library answers a hello that comes again with its whole flight.
                drop(self.attempts[n].receive(&self.side, now, datagram, to, out));
                return;
            }
            // All of its pieces come again: one may have been forged.
            self.attempts.remove(n);
        }
        let [echoed, _] = &mut self.hellos;
        if *echoed == HELLOS_TOTAL_MAX {
            return;
        }
        *echoed += 1;
        // This one is the phone's; what was held is not.
        self.attempts.retain(|attempt| !attempt.held);
        self.make_room();
        let mut attempt = Attempt::new(self.server(now, &self.identity.echoing, Dtls::new_12), Some(digest));
        cookie::expecting(&cookie, || attempt.expect_echo(&self.side, now));
        self.attempts.push(attempt);
        self.take_piece(now, datagram, to, out);
    }

    /// Hands the newest hello that echoes the cookie its next piece.
    fn take_piece(&mut self, now: Time, datagram: &[u8], to: SocketAddr, out: &mut impl Transmit) {
        let Some((newest, cookie)) = self.attempts.last_mut().zip(self.cookie) else { return };
        if newest.pieces.len() < HELLO_PIECES_MAX {
            newest.pieces.push(Vec::new());
            // What fails here was no hello: it stays without an answer.
            cookie::expecting(&cookie, || drop(newest.receive(&self.side, now, datagram, to, out)));
            newest.timeout.take_if(|_| !newest.answered);
        }
    }

    /// Keeps a hello that understands DTLS 1.3 only for a while, unless the phone has shown that it speaks 1.2.
    fn hold(&mut self, now: Time, digest: Fingerprint, datagram: &[u8], to: SocketAddr, out: &mut impl Transmit) {
        let [echoed, held] = &mut self.hellos;
        if let Some(known) = self.attempts.iter_mut().find(|attempt| attempt.hello == Some(digest)) {
            if known.answered {
                drop(known.receive(&self.side, now, datagram, to, out));
            }
        } else if *echoed == 0 && *held < HELLOS_TOTAL_MAX {
            *held += 1;
            self.make_room();
            let dtls = self.server(now, &self.identity.config, Dtls::new_13);
            self.attempts.push(Attempt::holding(dtls, digest, datagram, now.plus_millis(NEWER_WAIT_MS)));
        }
    }

    fn take_held_piece(&mut self, datagram: &[u8]) {
        let newest = self.attempts.last_mut().filter(|newest| newest.held && newest.pieces.len() < HELLO_PIECES_MAX);
        newest.into_iter().for_each(|newest| newest.pieces.push(datagram.to_vec()));
    }

    /// Drops the oldest handshake, of one without an answer if there is any, where there is no room for another.
    fn make_room(&mut self) {
        if self.attempts.len() == HELLOS_MAX {
            self.attempts.remove(self.attempts.iter().position(|attempt| !attempt.answered).unwrap_or(0));
        }
    }

    fn server(
        &self,
        now: Time,
        config: &Arc<dimpl::Config>,
        new: fn(Arc<dimpl::Config>, DtlsCertificate, std::time::Instant) -> Dtls,
    ) -> Dtls {
        new(Arc::clone(config), DtlsCertificate::clone(&self.identity.certificate), self.side.clocks.instant(now))
    }
}

/// Refuses a peer whose certificate nobody here can verify.
fn unknown_key(to: SocketAddr, out: &mut impl Transmit) -> Ended {
    log::info!(
        "{to} cannot join: its certificate's key is neither RSA of at least 2,048 bits nor ECDSA on P-256, P-384 or P-521"
    );
    if let Some(alert) = out.buffer().get_mut(..more_keys::REFUSAL.len()) {
        alert.copy_from_slice(&more_keys::REFUSAL);
        out.send(to, more_keys::REFUSAL.len());
    }
    Ended::UnknownKey
}

fn wrong_certificate() -> Ended {
    log::debug!("a phone's certificate is not the one its offer names");
    Ended::WrongCertificate
}
