//! One peer, a listener or a sender: its credentials and proven addresses, its DTLS, its keys and counters.
//!
//! It is handed what belongs to it and writes its answers into a [`Transmit`]; which session a datagram belongs to, and
//! all limits over sessions, are the engine's concern.

use std::net::{IpAddr, SocketAddr};

use base::{Asking, MediaTime, Packet, PacketDuration, Time};

use super::api::{Link, SessionId};
use super::config::{CONSENT_MS_MAX, Clocks, HANDSHAKE_MS_MAX};
use super::dtls::{Association, Ended, Protection};
use super::history::{Origin, StreamKey};
use super::proof::{Held, Proof, Question};
use super::rtcp::{self, Feedback, Report};
use super::rtp::{Source, Track};
use super::sender::{Received, Sender};
use super::stun::{self, BindingRequest};
use super::transmit::Transmit;

/// How often a joined listener is asked whether it still wants the sound, in milliseconds (RFC 7675 section 5.1).
const ASK_MS: u64 = 5_000;

/// The first sender reports come a second apart, so that a new listener knows the timeline soon…
const REPORT_MS_FIRST: u64 = 1_000;

/// …and there are this many of them; then they come every…
const REPORTS_FIRST: u32 = 3;

/// …five seconds (RFC 3550 section 6.2).
const REPORT_MS: u64 = 5_000;

/// One side's ICE credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) ufrag: String,
    pub(super) password: String,
}

/// Returns the user name of our questions: the receiver's fragment comes first (RFC 8445 section 7.2.2).
pub(super) fn question_name(local: &Credentials, peer: &Credentials) -> String {
    format!("{}:{}", peer.ufrag, local.ufrag)
}

/// What a joined listener has and a joining one has not.
pub(super) struct Joined {
    pub(super) protection: Protection,
    pub(super) track: Track,
    pub(super) packets: u32,
    octets: u32,
    reports: u32,
    report_at: Time,
    pub(super) link: Option<Link>,
}

/// One listener or sender.
pub(super) struct Session {
    pub(super) id: SessionId,
    /// What it hears, or sends sound for.
    pub(super) stream: StreamKey,
    /// Its packets on their way in, if it is a sender.
    pub(super) sender: Option<Sender>,
    /// Whose offer it was, for the limits per address and guest.
    pub(super) owner: Asking,
    pub(super) local: Credentials,
    pub(super) peer: Credentials,
    /// The user name of our questions.
    pub(super) question_name: String,
    pub(super) etag: String,
    /// Our addresses as told in the answer.
    pub(super) addresses: Vec<IpAddr>,
    pub(super) payload_type: u8,
    pub(super) packet_ms_max: u32,
    /// The packet duration it hears, and the one it is to change to at the next common boundary.
    pub(super) duration: PacketDuration,
    pub(super) wanted: PacketDuration,
    pub(super) joined: Option<Joined>,
    pub(super) proof: Proof,
    /// Where its packets go: a proven address.
    pub(super) remote: Option<SocketAddr>,
    pub(super) dtls: Association,
    pub(super) created: Time,
    /// When an address of it last answered.
    pub(super) seen: Time,
    /// When it is asked next whether it still listens.
    pub(super) ask_at: Time,
    /// The deadline armed in the wheel.
    pub(super) armed: Option<Time>,
    /// Until when it may stand by, if it does: it hears nothing.
    pub(super) standby_until: Option<Time>,
}

/// What an answer changed.
pub(super) struct Answered {
    /// Whether its address has not been proven before.
    pub(super) is_new: bool,
    /// The address that is not remembered any more.
    pub(super) forgotten: Option<SocketAddr>,
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// The listener said so.
    Left,
    /// No sign of life.
    Lost,
    /// The handshake failed or took too long.
    NotJoined,
}

impl From<Ended> for Over {
    fn from(ended: Ended) -> Self {
        if ended == Ended::Closed { Self::Left } else { Self::NotJoined }
    }
}

impl Session {
    /// Answers a Binding request of `bytes` that names this session; `false` if its sender does not know the password. An
    /// address that has not answered yet is asked instead, with the number `fresh` if it was not asked before.
    pub(super) fn check(
        &mut self,
        from: SocketAddr,
        bytes: usize,
        request: &BindingRequest<'_>,
        fresh: Question,
        out: &mut impl Transmit,
    ) -> bool {
        let password = &self.local.password;
        if !request.is_authentic(password) {
            return false;
        }
        if request.conflicts() {
            // No longer than the request, wherever that came from.
            if let Some(len) = request.refuse_role(password, out.buffer()).filter(|len| *len <= bytes) {
                out.send(from, len);
            }
            return true;
        }
        let check = Held { transaction: request.transaction(), nominates: request.nominates() };
        if self.proof.is_proven(from) {
            self.respond(from, check, out);
            return true;
        }
        let question = self.proof.claim(from, bytes, check, fresh);
        let asked = stun::ask(question, &self.question_name, &self.peer.password, out.buffer());
        if let Some(len) = asked.filter(|len| self.proof.pay(from, *len)) {
            out.send(from, len);
        }
        true
    }

    /// Responds to a check from a proven address, and sends there from now on if it says so.
    fn respond(&mut self, from: SocketAddr, check: Held, out: &mut impl Transmit) {
        if let Some(len) = stun::accept(check.transaction, from, &self.local.password, out.buffer()) {
            out.send(from, len);
        }
        if check.nominates || self.remote.is_none() {
            self.remote = Some(from);
        }
    }

    /// Takes an answer to a question; `None` if it is none.
    pub(super) fn answer(
        &mut self,
        now: Time,
        from: SocketAddr,
        number: Question,
        datagram: &[u8],
        out: &mut impl Transmit,
    ) -> Option<Answered> {
        if !self.proof.was_asked(from, |asked| *asked == number)
            || !stun::is_authentic_answer(datagram, &self.peer.password)
        {
            return None;
        }
        self.seen = now;
        let proved = self.proof.answer(from, self.remote);
        if let Some(check) = proved.check {
            self.respond(from, check, out);
        } else if self.remote.is_none() {
            self.remote = Some(from);
        }
        Some(Answered { is_new: proved.is_new, forgotten: proved.forgotten })
    }

    /// Asks a joined listener whether it still listens, if that is due.
    pub(super) fn ask(&mut self, now: Time, fresh: Question, out: &mut impl Transmit) {
        if self.joined.is_none() || self.ask_at > now {
            return;
        }
        self.ask_at = now.plus_millis(ASK_MS);
        let Some(remote) = self.remote else { return };
        self.proof.renew(remote, fresh);
        if let Some(len) = stun::ask(fresh, &self.question_name, &self.peer.password, out.buffer()) {
            out.send(remote, len);
        }
    }

    /// A datagram to `address` was refused there. Nothing more is sent until it answers one last question. Returns whether it
    /// was proven and is no longer.
    pub(super) fn refused(&mut self, now: Time, address: SocketAddr, fresh: Question, out: &mut impl Transmit) -> bool {
        if !self.proof.refuse(now, address, fresh) {
            return false;
        }
        self.remote.take_if(|remote| *remote == address);
        if let Some(len) = stun::ask(fresh, &self.question_name, &self.peer.password, out.buffer()) {
            out.send(address, len);
        }
        true
    }

    /// Takes new credentials on both sides. Sound goes on to the old address until a check with them nominates another.
    pub(super) fn restart(&mut self, local: Credentials, peer: Credentials, etag: String) {
        self.question_name = question_name(&local, &peer);
        (self.local, self.peer, self.etag) = (local, peer, etag);
        self.proof.restart();
    }

    /// Begins or goes on with the handshake.
    pub(super) fn drive(&mut self, now: Time, out: &mut impl Transmit) -> Result<Option<Protection>, Over> {
        let Some(remote) = self.remote else { return Ok(None) };
        Ok(self.dtls.drive(now, remote, out)?)
    }

    /// Whether the handshake waits for our first flight.
    pub(super) fn has_to_begin(&self) -> bool {
        self.dtls.is_client() && self.joined.is_none() && self.dtls.timeout().is_none()
    }

    /// Takes a DTLS datagram from a proven address.
    pub(super) fn receive_dtls(
        &mut self,
        now: Time,
        from: SocketAddr,
        datagram: &[u8],
        out: &mut impl Transmit,
    ) -> Result<Option<Protection>, Over> {
        Ok(self.dtls.receive(now, datagram, from, out)?)
    }

    /// Opens and reads an SRTCP datagram; `None` if it is not this listener's.
    pub(super) fn receive_rtcp(
        &mut self,
        now: Time,
        clocks: &Clocks,
        datagram: &mut [u8],
        ssrc: u32,
    ) -> Option<Feedback> {
        let joined = self.joined.as_mut()?;
        let feedback = rtcp::read(joined.protection.opener.rtcp(datagram)?, ssrc);
        if let Some(reception) = feedback.reception {
            let before = joined.link.and_then(|link| link.round_trip_us);
            joined.link = Some(Link {
                at: now,
                loss: f32::from(reception.fraction_lost) / 256.0,
                lost_total: reception.lost_total,
                // 48 ticks are a millisecond.
                jitter_us: (u64::from(reception.jitter_ticks) * 125 / 6).min(u64::from(u32::MAX)) as u32,
                round_trip_us: reception.round_trip_us(clocks.ntp(now)).or(before),
            });
        }
        Some(feedback)
    }

    /// Opens an RTP packet of a sender and hands it on.
    pub(super) fn receive_rtp<'a>(&mut self, now: Time, datagram: &'a mut [u8]) -> Received<'a> {
        let Some((sender, joined)) = self.sender.as_mut().zip(self.joined.as_ref()) else {
            return Received::NotItsOwn;
        };
        let received = sender.receive(now, datagram, &joined.protection.opener);
        if received != Received::NotItsOwn {
            // Nobody else could have sealed it: as good a sign of life as an answer.
            self.seen = now;
        }
        received
    }

    /// The handshake is done.
    pub(super) fn join(&mut self, now: Time, protection: Protection, first_sequence: u16, report_delay_ms: u64) {
        let report_at = now.plus_millis(report_delay_ms);
        // The delay that spreads the reports of a whole party spreads the questions, too.
        self.ask_at = now.plus_millis(ASK_MS + report_delay_ms);
        let track = Track::new(first_sequence);
        self.joined = Some(Joined { protection, track, packets: 0, octets: 0, reports: 0, report_at, link: None });
    }

    /// Leaves out packet `number` of `origin`, which has not arrived: its number is kept for it.
    pub(super) fn skip(&mut self, origin: Origin, number: u64) {
        if let Some(joined) = self.joined.as_mut() {
            joined.track.skip(origin, number);
        }
    }

    /// Sends packet `number` of `origin`, which arrived behind others, if its number was kept for it.
    pub(super) fn send_late(
        &mut self,
        source: &Source,
        origin: Origin,
        number: u64,
        packet: &Packet,
        out: &mut impl Transmit,
    ) -> bool {
        let index = self.joined.as_ref().and_then(|joined| joined.track.kept_for(origin, number));
        let Some(index) = index else { return false };
        self.send_again(source, index, packet, out);
        true
    }

    /// Sends packet `number` of `origin`, whose sound lasts until `end`. Returns `false` if it cannot be sent.
    pub(super) fn send(
        &mut self,
        source: &Source,
        origin: Origin,
        number: u64,
        packet: &Packet,
        end: MediaTime,
        out: &mut impl Transmit,
    ) -> bool {
        let (Some(joined), Some(remote)) = (self.joined.as_mut(), self.remote) else { return false };
        let index = joined.track.take(origin, number, end);
        joined.packets = joined.packets.wrapping_add(1);
        joined.octets = joined.octets.wrapping_add(packet.payload.len() as u32);
        let header = source.header(self.payload_type, index, packet.media_time);
        match joined.protection.sealer.rtp(&header, &packet.payload, index, out.buffer()) {
            Some(len) => out.send(remote, len),
            None => return false,
        }
        true
    }

    /// Sends an earlier packet again, byte for byte as it was.
    pub(super) fn send_again(&self, source: &Source, index: u64, packet: &Packet, out: &mut impl Transmit) {
        let (Some(joined), Some(remote)) = (self.joined.as_ref(), self.remote) else { return };
        let header = source.header(self.payload_type, index, packet.media_time);
        if let Some(len) = joined.protection.sealer.rtp(&header, &packet.payload, index, out.buffer()) {
            out.send(remote, len);
        }
    }

    /// Sends a sender report of the moment `at` if one is due.
    pub(super) fn report(&mut self, now: Time, at: Report<'_>, out: &mut impl Transmit) {
        let Some(joined) = self.joined.as_mut().filter(|joined| joined.report_at <= now) else { return };
        if self.sender.is_some() {
            // Nothing is sent to it that could be reported on.
            joined.report_at = now.plus_millis(CONSENT_MS_MAX);
            return;
        }
        joined.reports = joined.reports.saturating_add(1);
        joined.report_at = now.plus_millis(if joined.reports < REPORTS_FIRST { REPORT_MS_FIRST } else { REPORT_MS });
        if let Some(remote) = self.remote {
            joined.send_report(at, false, remote, out);
        }
    }

    /// Says good-bye: BYE to a joined listener, and an end to DTLS.
    pub(super) fn farewell(&mut self, at: Report<'_>, out: &mut impl Transmit) {
        let Some(remote) = self.remote else { return };
        if let Some(joined) = self.joined.as_mut().filter(|_| self.sender.is_none()) {
            joined.send_report(at, true, remote, out);
        }
        self.dtls.close(remote, out);
    }

    /// Whether it is over at `now` because of its silence.
    pub(super) fn overdue(&self, now: Time) -> Option<Over> {
        if self.joined.is_none() && now >= self.created.plus_millis(HANDSHAKE_MS_MAX) {
            return Some(Over::NotJoined);
        }
        if self.standby_until.is_some_and(|until| now >= until) {
            return Some(Over::Left);
        }
        (now >= self.seen.plus_millis(CONSENT_MS_MAX)).then_some(Over::Lost)
    }

    /// When it wants to be looked at next.
    pub(super) fn deadline(&self) -> Time {
        let silence = self.standby_until.into_iter().fold(self.seen.plus_millis(CONSENT_MS_MAX), Time::min);
        let own = match &self.joined {
            Some(joined) => silence.min(joined.report_at).min(self.ask_at),
            None => silence.min(self.created.plus_millis(HANDSHAKE_MS_MAX)),
        };
        self.dtls.timeout().map_or(own, |dtls| own.min(dtls))
    }

    /// Whether DTLS wants to be driven at `now`.
    pub(super) fn dtls_is_due(&self, now: Time) -> bool {
        self.dtls.timeout().is_some_and(|at| at <= now)
    }
}

impl Joined {
    fn send_report(&mut self, at: Report<'_>, bye: bool, remote: SocketAddr, out: &mut impl Transmit) {
        let buffer = out.buffer();
        let len = at.write(self.packets, self.octets, bye, buffer);
        if let Some(len) = len.and_then(|len| self.protection.sealer.rtcp(buffer, len)) {
            out.send(remote, len);
        }
    }
}
