//! What we say of ourselves in an SDP, and offers of ours to listeners who wait for one.
//!
//! An invitation costs the box nothing until it is accepted: it is given away whole, credentials and all, and whoever accepts it
//! brings it back with the answer. A check that is faster than the answer finds nobody and is repeated.

use std::net::IpAddr;

use base::{Asking, PacketDuration, StreamId, Time};
use rand::Rng;

use super::{Engine, addresses};
use crate::api::{Invitation, Offer, OfferError, SessionId};
use crate::config::StreamConfig;
use crate::sdp::{Answering, AudioOffer, Ours, Peer};
use crate::session::Credentials;
use crate::stun::{PASSWORD_CHARS, UFRAG_CHARS};

/// Characters of an entity tag: enough that two generations never share one.
const ETAG_CHARS: usize = 16;

impl Engine {
    /// Writes an offer of `stream`, in which `local_addr` is the first of our addresses.
    ///
    /// # Errors
    /// There is no such stream.
    pub fn invite(&mut self, stream: StreamId, local_addr: IpAddr) -> Result<Invitation, OfferError> {
        let config = self.streams.by_id(stream).ok_or(OfferError::UnknownStream)?.config;
        let (session, local) = (self.session_id(), self.credentials());
        let sdp = self.describe(&local, local_addr, &AudioOffer::ours(), self.sound(config, config.duration), true);
        let Credentials { ufrag, password } = local;
        Ok(Invitation { session, stream, sdp, ufrag, password })
    }

    /// Opens the session of `invitation`, to which the SDP of `answer` is the answer.
    ///
    /// # Errors
    /// When the answer cannot be used, the invitation was accepted before, or a limit is reached.
    pub fn accept_invitation(
        &mut self,
        now: Time,
        answer: &Offer,
        invitation: Invitation,
    ) -> Result<SessionId, OfferError> {
        let result = self.try_accept(now, answer, invitation);
        if let Err(error) = &result {
            self.stats.refusals.count(error);
        }
        result
    }

    fn try_accept(&mut self, now: Time, answer: &Offer, invitation: Invitation) -> Result<SessionId, OfferError> {
        let Invitation { session, stream, ufrag, password, .. } = invitation;
        let owner = Asking { address: answer.remote_addr, guest: answer.guest };
        let (key, config) = self.admit(now, owner, stream)?;
        let wish = AudioOffer::parse(&answer.sdp, Peer::Listens)?;
        if self.by_id.contains_key(&session) || self.by_ufrag.contains_key(&ufrag) {
            return Err(OfferError::NotAcceptable("this offer was answered before".to_owned()));
        }
        let etag = self.etag();
        let local = Credentials { ufrag, password };
        self.begin(now, (key, owner, answer.local_addr), (session, local, etag), wish, config.duration, None);
        Ok(session)
    }

    /// Returns what a listener is told of a stream that it hears in packets of `duration`.
    pub(super) fn sound(&self, config: StreamConfig, duration: PacketDuration) -> Ours {
        Ours::Sound {
            ssrc: self.source.ssrc,
            timestamp_zero: self.source.timestamp_zero,
            cname: self.cname.clone(),
            stream: config.id,
            packet_ms: duration.millis(),
            bitrate_bps: config.bitrate_bps,
            in_band_fec: config.in_band_fec,
        }
    }

    /// Writes our side of a session.
    pub(super) fn describe(
        &mut self,
        local: &Credentials,
        local_addr: IpAddr,
        wish: &AudioOffer,
        ours: Ours,
        is_offer: bool,
    ) -> String {
        let session = self.rng.next_u64();
        let answering = Answering {
            ufrag: &local.ufrag,
            password: &local.password,
            fingerprint: &self.identity.fingerprint(),
            addresses: &addresses(local_addr, &self.config.addresses),
            port: self.config.port,
            ours,
            is_offer,
            session,
        };
        answering.write(wish)
    }

    pub(super) fn session_id(&mut self) -> SessionId {
        SessionId((u128::from(self.rng.next_u64()) << 64) | u128::from(self.rng.next_u64()))
    }

    pub(super) fn credentials(&mut self) -> Credentials {
        Credentials { ufrag: self.token(UFRAG_CHARS), password: self.token(PASSWORD_CHARS) }
    }

    pub(super) fn etag(&mut self) -> String {
        format!("{:0ETAG_CHARS$x}", self.rng.next_u64())
    }
}
