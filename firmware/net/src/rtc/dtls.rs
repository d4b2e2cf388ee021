//! DTLS for one listener: handshake, fingerprint, key export, closing. The only file that names `dimpl`.
//!
//! Told the time and handed datagrams; sends nothing itself. A datagram that it cannot take is dropped.
//!
//! The SRTP profile cannot be steered: on DTLS 1.2 the library prefers AES-256-GCM, then AES-128-GCM; on DTLS 1.3 it takes
//! the client's first choice, which for Chromium is AES-CM with HMAC-SHA1, the dearest. Measured for 160 bytes, that takes
//! 3 to 4 times the CPU of AES-128-GCM with AES instructions, and 1.4 times with AES and carry-less multiplication hidden
//! from the cipher library, as on the small boards. AES-256-GCM takes 0.9 to 1.2 times, or 1.3.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use audio::time::Time;
use aws_lc_rs::digest::{SHA256, digest};
use dimpl::{Dtls, DtlsCertificate, Output, SrtpProfile};

use super::config::{Clocks, HANDSHAKE_MS_MAX};
use super::srtp::{MasterKeys, Opener, Profile, Sealer};
use super::transmit::Transmit;

/// Largest datagram of a handshake. Below every path's limit (RFC 8200 section 5 guarantees 1,280 with headers).
const MTU_BYTES: usize = 1_200;

/// First wait before a flight is sent again: round trips on the box's own radio are a few milliseconds, and a lost
/// flight should not cost a second (RFC 9147 section 5.8.2 allows less than one for such networks).
const FLIGHT_MS: u64 = 150;

/// Times a flight is sent again before the session dies; with doubling waits that is within the handshake's limit.
const FLIGHT_RETRIES: usize = 5;

/// Room for what the library hands out at once.
const SCRATCH_BYTES: usize = 2_048;

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
    certificate: DtlsCertificate,
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
        Ok(Self { config: Arc::new(config), certificate })
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

/// One side of a DTLS association.
pub struct Association {
    dtls: Dtls,
    clocks: Clocks,
    client: bool,
    expected: Fingerprint,
    certified: bool,
    keys: Option<Protection>,
    /// Whether the peer's RTP will be opened, too.
    hears: bool,
    timeout: Option<Time>,
}

impl Association {
    /// Ready to shake hands with whoever holds the certificate of `expected`; sends nothing before [`Self::drive`].
    pub fn new(identity: &Identity, clocks: Clocks, client: bool, expected: Fingerprint, now: Time) -> Self {
        let certificate = identity.certificate.clone();
        let mut dtls = Dtls::new_auto(Arc::clone(&identity.config), certificate, clocks.instant(now));
        if client {
            dtls.set_active(true);
        }
        Self { dtls, clocks, client, expected, certified: false, keys: None, hears: false, timeout: None }
    }

    /// The same for a simulated phone, which opens the sound it receives.
    pub fn hearing(self) -> Self {
        Self { hears: true, ..self }
    }

    /// Whether we begin the handshake.
    pub fn is_client(&self) -> bool {
        self.client
    }

    /// When to call [`Self::drive`] next.
    pub fn timeout(&self) -> Option<Time> {
        self.timeout
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
        self.dtls.handle_timeout(self.clocks.instant(now)).map_err(|_| Ended::Failed)?;
        // The library wants to be drained between any two of its inputs.
        let before = self.drain(to, out)?;
        // Whoever knows the peer's address and port can forge what is not protected yet. What cannot be taken is dropped
        // (RFC 9147 section 4.5.2), and a handshake that really failed ends by its time limit.
        if let Err(error) = self.dtls.handle_packet(datagram) {
            log::debug!("a DTLS datagram is dropped: {error}");
        }
        let after = self.drain(to, out)?;
        Ok(after.or(before))
    }

    /// Starts the handshake if that is our part, and repeats what got lost.
    ///
    /// # Errors
    /// When the association is over.
    pub fn drive(&mut self, now: Time, to: SocketAddr, out: &mut impl Transmit) -> Result<Option<Protection>, Ended> {
        self.dtls.handle_timeout(self.clocks.instant(now)).map_err(|_| Ended::Failed)?;
        self.drain(to, out)
    }

    /// Tells the peer that we close. Best effort: it is not repeated.
    pub fn close(&mut self, to: SocketAddr, out: &mut impl Transmit) {
        if self.dtls.close().is_ok() {
            let _ = self.drain(to, out);
        }
    }

    fn drain(&mut self, to: SocketAddr, out: &mut impl Transmit) -> Result<Option<Protection>, Ended> {
        let mut scratch = [0; SCRATCH_BYTES];
        loop {
            match self.dtls.poll_output(&mut scratch) {
                Output::Packet(packet) => {
                    let Some(slot) = out.buffer().get_mut(..packet.len()) else { return Err(Ended::Failed) };
                    slot.copy_from_slice(packet);
                    out.send(to, packet.len());
                }
                Output::PeerCert(der) => {
                    let fingerprint = sha256(der);
                    if fingerprint != self.expected {
                        log::debug!("a phone's certificate is not the one its offer names");
                        return Err(Ended::WrongCertificate);
                    }
                    self.certified = true;
                }
                Output::KeyingMaterial(export, profile) => {
                    self.keys = Some(protection(self.client, self.hears, &export, profile).ok_or(Ended::Failed)?);
                }
                Output::CloseNotify => return Err(Ended::Closed),
                Output::BufferTooSmall { .. } => return Err(Ended::Failed),
                Output::Timeout(at) => {
                    self.timeout = Some(self.clocks.time(at));
                    break;
                }
                // Application data has no meaning without data channels.
                _ => {}
            }
        }
        // The library hands out keys only when the handshake is done, and the certificate before them.
        Ok(if self.certified { self.keys.take() } else { None })
    }
}

fn protection(client: bool, hears: bool, export: &[u8], profile: SrtpProfile) -> Option<Protection> {
    let profile = match profile {
        SrtpProfile::AEAD_AES_256_GCM => Profile::AeadAes256Gcm,
        SrtpProfile::AEAD_AES_128_GCM => Profile::AeadAes128Gcm,
        SrtpProfile::AES128_CM_SHA1_80 => Profile::Aes128CmSha1_80,
        _ => return None,
    };
    let (of_client, of_server) = MasterKeys::split(profile, export)?;
    let (ours, theirs) = if client { (of_client, of_server) } else { (of_server, of_client) };
    let opener = if hears { Opener::with_rtp(&theirs) } else { Opener::new(&theirs) };
    Some(Protection { sealer: Sealer::new(&ours), opener })
}
