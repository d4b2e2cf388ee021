//! What comes over HTTP: offers, patches, durations, switches, ends.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use base::{Asking, PacketDuration, StreamId, Time};

use super::streams::FIRST;
use super::{Engine, Key, Slot, addresses};
use crate::api::{Answer, Command, Offer, OfferError, Patched, SendOffer, SessionError, SessionId};
use crate::config::{StreamConfig, UNHEARD_MS_MIN};
use crate::dtls::Association;
use crate::history::StreamKey;
use crate::proof::Proof;
use crate::sdp::{self, AudioOffer, Fragment, Ours, Peer};
use crate::sender::Sender;
use crate::session::{Credentials, Session, question_name};
use crate::transmit::Transmit;

impl Engine {
    /// Does what `command` asks and answers it. Whoever asked may have gone; that is no error. A panic is a bug of
    /// ours: whoever asked is told that the box is unavailable, and the others hear on.
    pub fn handle_command(&mut self, now: Time, command: Command, out: &mut impl Transmit) {
        if catch_unwind(AssertUnwindSafe(|| self.obey(now, command, out))).is_err() {
            log::error!("a request about a listener failed; this is a fault of the box");
            self.stats.faults_total += 1;
        }
    }

    fn obey(&mut self, now: Time, command: Command, out: &mut impl Transmit) {
        match command {
            Command::Offer(offer, reply) => drop(reply.send(self.offer(now, &offer))),
            Command::Prepare(offer, reply) => drop(reply.send(self.prepare(now, &offer))),
            Command::Invite(stream, local_addr, reply) => drop(reply.send(self.invite(stream, local_addr))),
            Command::Accept(answer, invitation, reply) => {
                drop(reply.send(self.accept_invitation(now, &answer, invitation)));
            }
            Command::Send(offer, reply) => drop(reply.send(self.send(now, offer))),
            Command::Patch { session, sdp_fragment, if_match, reply } => {
                drop(reply.send(self.patch(session, &sdp_fragment, if_match.as_deref())));
            }
            Command::SetDuration { session, duration, reply } => drop(reply.send(self.set_duration(session, duration))),
            Command::Switch { session, stream, reply } => drop(reply.send(self.switch(now, session, stream, out))),
            Command::Delete { session, reply } => drop(reply.send(self.delete(now, session, out))),
            Command::Listeners(reply) => drop(reply.send(self.listeners())),
        }
    }

    /// Opens a listener's session.
    ///
    /// # Errors
    /// When the offer cannot be answered or a limit is reached.
    pub fn offer(&mut self, now: Time, offer: &Offer) -> Result<Answer, OfferError> {
        let result = self.try_offer(now, offer);
        if let Err(error) = &result {
            self.stats.refusals.count(error);
        }
        result
    }

    /// Opens a sender's session.
    ///
    /// # Errors
    /// When the offer cannot be answered or a limit is reached; its inlet is dropped then.
    pub fn send(&mut self, now: Time, offer: SendOffer) -> Result<Answer, OfferError> {
        let result = self.try_send(now, offer);
        if let Err(error) = &result {
            self.stats.refusals.count(error);
        }
        result
    }

    pub(super) fn try_offer(&mut self, now: Time, offer: &Offer) -> Result<Answer, OfferError> {
        let owner = Asking { address: offer.remote_addr, guest: offer.guest };
        let (key, config) = self.admit(now, owner, offer.stream)?;
        let wish = AudioOffer::parse(&offer.sdp, Peer::Listens)?;
        let wanted = shortened(offer.duration.unwrap_or(config.duration), wish.packet_ms_max);
        let ours = self.sound(config, wanted);
        Ok(self.accept(now, (key, owner, offer.local_addr), wish, ours, wanted, None))
    }

    fn try_send(&mut self, now: Time, offer: SendOffer) -> Result<Answer, OfferError> {
        let owner = Asking { address: offer.remote_addr, guest: offer.guest };
        let (key, _) = self.admit(now, owner, offer.stream)?;
        let wish = AudioOffer::parse(&offer.sdp, Peer::Sends { only_sound: offer.refuses_video })?;
        let sender = Sender::new(wish.payload_type, offer.inlet);
        Ok(self.accept(now, (key, owner, offer.local_addr), wish, Ours::Nothing, FIRST, Some(sender)))
    }

    /// Returns the stream if `owner` may open a session of it now.
    pub(super) fn admit(
        &mut self,
        now: Time,
        owner: Asking,
        stream: StreamId,
    ) -> Result<(StreamKey, StreamConfig), OfferError> {
        let stream = self.streams.by_id(stream).ok_or(OfferError::UnknownStream)?;
        let found = (stream.key, stream.config);
        let handshaking = self.stats.handshaking as usize;
        self.admission.allow(owner, handshaking)?;
        if let Some(full) = self.admission.full(handshaking).filter(|_| self.oldest_to_go(now).is_none()) {
            return Err(full);
        }
        // Before it is read: reading costs time as well.
        self.admission.pace(now, owner)?;
        Ok(found)
    }

    /// Opens a session that is admitted, and answers it.
    pub(super) fn accept(
        &mut self,
        now: Time,
        (stream, owner, local_addr): (StreamKey, Asking, IpAddr),
        wish: AudioOffer,
        ours: Ours,
        wanted: PacketDuration,
        sender: Option<Sender>,
    ) -> Answer {
        let id = self.session_id();
        let local = self.credentials();
        let etag = self.etag();
        let sdp = self.describe(&local, local_addr, &wish, ours, false);
        self.begin(now, (stream, owner, local_addr), (id, local, etag.clone()), wish, wanted, sender);
        Answer { session: id, sdp, etag }
    }

    /// Opens a session that goes by `id` and `local`.
    pub(super) fn begin(
        &mut self,
        now: Time,
        (stream, owner, local_addr): (StreamKey, Asking, IpAddr),
        (id, local, etag): (SessionId, Credentials, String),
        wish: AudioOffer,
        wanted: PacketDuration,
        sender: Option<Sender>,
    ) {
        let addresses = addresses(local_addr, &self.config.addresses);
        let peer = Credentials { ufrag: wish.ufrag, password: wish.password };
        let dtls = Association::new(&self.identity, self.config.clocks, wish.dtls_client, wish.fingerprint, now);
        let session = Session {
            id,
            stream,
            owner,
            question_name: question_name(&local, &peer),
            local,
            peer,
            etag,
            addresses,
            payload_type: wish.payload_type,
            packet_ms_max: wish.packet_ms_max,
            duration: FIRST,
            wanted,
            joined: None,
            proof: Proof::default(),
            remote: None,
            dtls: if sender.is_some() { dtls.hearing() } else { dtls },
            sender,
            created: now,
            seen: now,
            ask_at: now,
            armed: None,
            standby_until: None,
        };
        self.open(session);
    }

    fn open(&mut self, session: Session) {
        // Not before an offer is understood: what cannot be read ends nothing.
        self.make_room(session.created, session.owner);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, session: None });
            self.slots.len() - 1
        });
        self.by_ufrag.insert(session.local.ufrag.clone(), slot);
        self.by_id.insert(session.id, slot);
        self.admission.enter(session.owner);
        self.stats.handshaking += 1;
        if let Some(stream) = self.streams.get_mut(session.stream).filter(|_| session.sender.is_none()) {
            stream.joining += 1;
        }
        self.slots[slot].session = Some(session);
        self.opened.push_back(Key { slot, generation: self.slots[slot].generation });
        self.arm(slot);
    }

    /// Returns the oldest session of whose addresses none has answered, if it had its time for that.
    pub(super) fn oldest_unheard(&mut self, now: Time) -> Option<usize> {
        while let Some(&Key { slot, generation }) = self.opened.front() {
            let current = self.slots.get(slot).filter(|place| place.generation == generation);
            match current.and_then(|place| place.session.as_ref()).filter(|session| session.proof.proven().is_empty()) {
                Some(session) => return (now >= session.created.plus_millis(UNHEARD_MS_MIN)).then_some(slot),
                None => self.opened.pop_front(),
            };
        }
        None
    }

    /// Takes trickled candidates, or restarts ICE if the fragment names new credentials.
    ///
    /// # Errors
    /// When there is no such session, its generation is another, or the fragment cannot be read.
    pub fn patch(&mut self, id: SessionId, fragment: &str, if_match: Option<&str>) -> Result<Patched, SessionError> {
        let slot = *self.by_id.get(&id).ok_or(SessionError::Unknown)?;
        let session = self.slots[slot].session.as_ref().ok_or(SessionError::Unknown)?;
        if if_match.is_some_and(|etag| etag != "*" && etag != session.etag) {
            return Err(SessionError::EtagMismatch);
        }
        let Some((ufrag, password)) = Fragment::parse(fragment)?.credentials else { return Ok(Patched::Trickled) };
        let peer = Credentials { ufrag, password };
        if peer == session.peer {
            return Ok(Patched::Trickled);
        }
        if session.sender.is_some() {
            return Err(SessionError::NoRestart);
        }
        Ok(self.restart(slot, peer))
    }

    fn restart(&mut self, slot: usize, peer: Credentials) -> Patched {
        let local = self.credentials();
        let etag = self.etag();
        let mut sdp_fragment = String::new();
        if let Some(session) = self.slots[slot].session.as_mut() {
            let (ufrag, password) = (&local.ufrag, &local.password);
            sdp_fragment = sdp::restart_fragment(ufrag, password, &session.addresses, self.config.port);
            self.by_ufrag.remove(&session.local.ufrag);
            self.by_ufrag.insert(local.ufrag.clone(), slot);
            session.restart(local, peer, etag.clone());
        }
        Patched::Restarted { sdp_fragment, etag }
    }

    /// Changes a listener's packet duration at the next common boundary, within what its offer allows.
    ///
    /// # Errors
    /// When there is no such session.
    pub fn set_duration(&mut self, id: SessionId, duration: PacketDuration) -> Result<(), SessionError> {
        let slot = *self.by_id.get(&id).ok_or(SessionError::Unknown)?;
        let session = self.slots[slot].session.as_ref().filter(|session| session.sender.is_none());
        let session = session.ok_or(SessionError::Unknown)?;
        let duration = shortened(duration, session.packet_ms_max);
        self.want(slot, duration);
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When there is no such session.
    pub fn delete(&mut self, now: Time, id: SessionId, out: &mut impl Transmit) -> Result<(), SessionError> {
        let slot = *self.by_id.get(&id).ok_or(SessionError::Unknown)?;
        self.farewell(now, slot, out);
        self.free(slot);
        Ok(())
    }
}

/// The longest duration that is neither above `wanted` nor above `ms_max`; the shortest if none is.
fn shortened(wanted: PacketDuration, ms_max: u32) -> PacketDuration {
    let mut longest_first = PacketDuration::ALL.into_iter().rev();
    longest_first.find(|d| *d <= wanted && d.millis() <= ms_max).unwrap_or(PacketDuration::Ms10)
}
