//! One handshake under way, or the association that came of it: what the library says, put into our words.

use std::net::SocketAddr;

use base::Time;
use dimpl::{Dtls, Output, SrtpProfile};

use super::cookie::STAND_IN;
use super::{Ended, Fingerprint, Protection, Side, more_keys, peek};
use crate::srtp::{MasterKeys, Opener, Profile, Sealer};
use crate::transmit::Transmit;

/// Room for what the library hands out at once.
const SCRATCH_BYTES: usize = 2_048;

/// Records that the library takes at once. OpenSSL sends more, because it cuts a certificate with RSA into pieces of 256 bytes.
const RECORDS_MAX: usize = 8;

/// One handshake.
pub(super) struct Attempt {
    pub(super) dtls: Dtls,
    /// The digest of what began it, if that came from the peer.
    pub(super) hello: Option<Fingerprint>,
    /// The datagrams of the peer's hello, until it is answered.
    pub(super) pieces: Vec<Vec<u8>>,
    /// Whether the library has not been handed them yet: it is when [`Self::timeout`] is due.
    pub(super) held: bool,
    /// Whether we have sent anything.
    pub(super) answered: bool,
    certified: bool,
    keys: Option<Protection>,
    pub(super) timeout: Option<Time>,
}

impl Attempt {
    pub(super) fn new(dtls: Dtls, hello: Option<Fingerprint>) -> Self {
        Self {
            dtls,
            hello,
            pieces: Vec::new(),
            held: false,
            answered: false,
            certified: false,
            keys: None,
            timeout: None,
        }
    }

    /// One of a hello that is held until `due`.
    pub(super) fn holding(dtls: Dtls, hello: Fingerprint, datagram: &[u8], due: Time) -> Self {
        let pieces = vec![datagram.to_vec()];
        Self { pieces, held: true, timeout: Some(due), ..Self::new(dtls, Some(hello)) }
    }

    /// Lets the library expect a hello that echoes a cookie. What it says to the stand-in, nobody is sent.
    pub(super) fn expect_echo(&mut self, side: &Side, now: Time) {
        let hello =
            self.dtls.handle_timeout(side.clocks.instant(now)).and_then(|()| self.dtls.handle_packet(&STAND_IN));
        if let Err(error) = hello {
            log::error!("the DTLS library does not take the shortest hello; this is a fault of the box: {error}");
        }
        let mut scratch = [0; SCRATCH_BYTES];
        while !matches!(self.dtls.poll_output(&mut scratch), Output::Timeout(_) | Output::BufferTooSmall { .. }) {}
    }

    /// Tells it the time.
    pub(super) fn drive(
        &mut self,
        side: &Side,
        now: Time,
        to: SocketAddr,
        out: &mut impl Transmit,
    ) -> Result<Option<Protection>, Ended> {
        if !self.held {
            // A hello that lacks pieces is not answered before they have come.
            let is_whole = self.answered || self.hello.is_none();
            return if is_whole { self.advance(side, now, to, out) } else { Ok(None) };
        }
        if self.timeout.is_none_or(|due| due > now) {
            return Ok(None);
        }
        (self.held, self.timeout) = (false, None);
        for piece in std::mem::take(&mut self.pieces) {
            // What is forged is not answered.
            drop(self.receive(side, now, &piece, to, out));
        }
        self.timeout.take_if(|_| !self.answered);
        Ok(None)
    }

    fn advance(
        &mut self,
        side: &Side,
        now: Time,
        to: SocketAddr,
        out: &mut impl Transmit,
    ) -> Result<Option<Protection>, Ended> {
        self.dtls.handle_timeout(side.clocks.instant(now)).map_err(|_| Ended::Failed)?;
        self.drain(side, to, out)
    }

    /// Hands it a datagram. One that the library does not take is no error: it may be forged.
    pub(super) fn receive(
        &mut self,
        side: &Side,
        now: Time,
        datagram: &[u8],
        to: SocketAddr,
        out: &mut impl Transmit,
    ) -> Result<Option<Protection>, Ended> {
        // The library wants to be drained between any two of its inputs.
        let mut keys = self.advance(side, now, to, out)?;
        let mut rest = datagram;
        while !rest.is_empty() {
            let (part, behind) = rest.split_at(peek::bytes_of_records(rest, RECORDS_MAX));
            if let Err(error) = self.dtls.handle_packet(part) {
                log::debug!("a DTLS datagram is dropped: {error}");
            }
            keys = self.drain(side, to, out)?.or(keys);
            rest = behind;
        }
        Ok(keys)
    }

    pub(super) fn drain(
        &mut self,
        side: &Side,
        to: SocketAddr,
        out: &mut impl Transmit,
    ) -> Result<Option<Protection>, Ended> {
        let mut scratch = [0; SCRATCH_BYTES];
        loop {
            match self.dtls.poll_output(&mut scratch) {
                Output::Packet(packet) => {
                    let Some(len) = more_keys::widen(packet, out.buffer()) else { return Err(Ended::Failed) };
                    out.send(to, len);
                    self.answered = true;
                    self.pieces = Vec::new();
                }
                Output::PeerCert(der) => {
                    if !side.expected.is(der) {
                        return Err(super::wrong_certificate());
                    }
                    if !more_keys::is_known(der) {
                        return Err(super::unknown_key(to, out));
                    }
                    self.certified = true;
                }
                Output::KeyingMaterial(export, profile) => {
                    self.keys = Some(protection(side, &export, profile).ok_or(Ended::Failed)?);
                }
                Output::CloseNotify => return Err(Ended::Closed),
                Output::BufferTooSmall { .. } => return Err(Ended::Failed),
                Output::Timeout(at) => {
                    self.timeout = Some(side.clocks.time(at));
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

fn protection(side: &Side, export: &[u8], profile: SrtpProfile) -> Option<Protection> {
    let profile = match profile {
        SrtpProfile::AEAD_AES_256_GCM => Profile::AeadAes256Gcm,
        SrtpProfile::AEAD_AES_128_GCM => Profile::AeadAes128Gcm,
        SrtpProfile::AES128_CM_SHA1_80 => Profile::Aes128CmSha1_80,
        _ => return None,
    };
    let (of_client, of_server) = MasterKeys::split(profile, export)?;
    let (ours, theirs) = if side.client { (of_client, of_server) } else { (of_server, of_client) };
    let opener = if side.hears { Opener::with_rtp(&theirs) } else { Opener::new(&theirs) };
    Some(Protection { profile, sealer: Sealer::new(&ours), opener })
}
