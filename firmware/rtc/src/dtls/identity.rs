//! The process's certificate, and the library's settings that all handshakes share.

use std::sync::Arc;
use std::time::Duration;

use dimpl::DtlsCertificate;

use super::{Fingerprint, cookie, more_keys, sha256};
use crate::config::HANDSHAKE_MS_MAX;

/// Largest datagram of a handshake. Below every path's limit (RFC 8200 section 5 guarantees 1,280 with headers).
const MTU_BYTES: usize = 1_200;

/// First wait before a flight is sent again: round trips on the box's own radio are a few milliseconds, and a lost
/// flight should not cost a second (RFC 9147 section 5.8.2 allows less than one for such networks).
const FLIGHT_MS: u64 = 150;

/// Times a flight is sent again before the session dies; with doubling waits that is within the handshake's limit.
const FLIGHT_RETRIES: usize = 5;

/// The process's certificate (P-256) and what all handshakes share.
#[derive(Clone)]
pub struct Identity {
    pub(super) config: Arc<dimpl::Config>,
    /// The same for those who have to echo a cookie.
    pub(super) echoing: Arc<dimpl::Config>,
    pub(super) certificate: Arc<DtlsCertificate>,
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
        let config = |echoes: bool| {
            let config = dimpl::Config::builder()
                .mtu(MTU_BYTES)
                .use_server_cookie(echoes)
                .flight_start_rto(Duration::from_millis(FLIGHT_MS))
                .flight_retries(FLIGHT_RETRIES)
                .handshake_timeout(Duration::from_millis(HANDSHAKE_MS_MAX));
            let provider = if echoes { more_keys::asking(cookie::provider()) } else { more_keys::verifying() };
            config.with_crypto_provider(provider).build().map(Arc::new).map_err(|e| IdentityError(e.to_string()))
        };
        Ok(Self { config: config(false)?, echoing: config(true)?, certificate: Arc::new(certificate) })
    }

    /// What the answer says about the certificate.
    pub fn fingerprint(&self) -> Fingerprint {
        sha256(&self.certificate.certificate)
    }
}
