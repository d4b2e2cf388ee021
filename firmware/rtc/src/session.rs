//! One listener: its credentials and proven addresses, its DTLS, its keys and counters.
//!
//! It is handed what belongs to it and writes its answers into a [`Transmit`]; which session a datagram belongs to, and
//! all limits over sessions, are the engine's concern.

use std::net::{IpAddr, SocketAddr};

use base::{MediaTime, Packet, PacketDuration, Time};

use super::api::{Link, SessionId};
use super::config::{CONSENT_MS_MAX, Clocks, HANDSHAKE_MS_MAX};
use super::dtls::{Association, Ended, Protection};
use super::history::{Origin, StreamKey};
use super::rtcp::{self, Feedback, Report};
use super::rtp::{Source, Track};
use super::stun::BindingRequest;
use super::transmit::Transmit;

/// Addresses of a listener that are remembered as proven. A phone has one or two; the oldest is forgotten.
const PROVEN_MAX: usize = 4;

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

/// One listener.
pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) stream: StreamKey,
    /// Where the offer came from, for the limit per address.
    pub(super) owner: IpAddr,
    pub(super) local: Credentials,
    pub(super) peer: Credentials,
    pub(super) etag: String,
    /// Our addresses as told in the answer.
    pub(super) addresses: Vec<IpAddr>,
    pub(super) payload_type: u8,
    pub(super) packet_ms_max: u32,
    /// The packet duration it hears, and the one it is to change to at the next common boundary.
    pub(super) duration: PacketDuration,
    pub(super) wanted: PacketDuration,
    pub(super) joined: Option<Joined>,
    pub(super) proven: Vec<SocketAddr>,
    pub(super) remote: Option<SocketAddr>,
    pub(super) dtls: Association,
    pub(super) created: Time,
    /// When it last gave an authenticated sign of life.
    pub(super) seen: Time,
    /// The deadline armed in the wheel.
    pub(super) armed: Option<Time>,
}

/// What a check changed.
pub(super) struct Checked {
    /// Whether the address that it came from has not been proven before.
    pub(super) proven: bool,
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
    /// Answers a Binding request that names this session; `None` if its sender does not know the password.
    pub(super) fn check(
        &mut self,
        now: Time,
        from: SocketAddr,
        request: &BindingRequest<'_>,
        out: &mut impl Transmit,
    ) -> Option<Checked> {
        let password = &self.local.password;
        if !request.is_authentic(password) {
            return None;
        }
        let conflict = request.conflicts();
        let buffer = out.buffer();
        let len = if conflict { request.refuse_role(password, buffer) } else { request.accept(from, password, buffer) };
        if let Some(len) = len {
            out.send(from, len);
        }
        let mut checked = Checked { proven: false, forgotten: None };
        if conflict {
            return Some(checked);
        }
        self.seen = now;
        if !self.proven.contains(&from) {
            if self.proven.len() == PROVEN_MAX {
                let oldest = self.proven.iter().position(|address| Some(*address) != self.remote);
                checked.forgotten = Some(self.proven.remove(oldest.unwrap_or(0)));
            }
            self.proven.push(from);
            checked.proven = true;
        }
        if request.nominates() || self.remote.is_none() {
            self.remote = Some(from);
        }
        Some(checked)
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
        self.seen = now;
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

    /// The handshake is done.
    pub(super) fn join(&mut self, now: Time, protection: Protection, first_sequence: u16, report_delay_ms: u64) {
        let report_at = now.plus_millis(report_delay_ms);
        let track = Track::new(first_sequence);
        self.joined = Some(Joined { protection, track, packets: 0, octets: 0, reports: 0, report_at, link: None });
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
        let (Some(joined), Some(remote)) = (self.joined.as_mut(), self.remote) else { return };
        if joined.report_at > now {
            return;
        }
        joined.reports = joined.reports.saturating_add(1);
        joined.report_at = now.plus_millis(if joined.reports < REPORTS_FIRST { REPORT_MS_FIRST } else { REPORT_MS });
        joined.send_report(at, false, remote, out);
    }

    /// Says good-bye: BYE to a joined listener, and an end to DTLS.
    pub(super) fn farewell(&mut self, at: Report<'_>, out: &mut impl Transmit) {
        let Some(remote) = self.remote else { return };
        if let Some(joined) = self.joined.as_mut() {
            joined.send_report(at, true, remote, out);
        }
        self.dtls.close(remote, out);
    }

    /// Whether it is over at `now` because of its silence.
    pub(super) fn overdue(&self, now: Time) -> Option<Over> {
        if self.joined.is_none() && now >= self.created.plus_millis(HANDSHAKE_MS_MAX) {
            return Some(Over::NotJoined);
        }
        (now >= self.seen.plus_millis(CONSENT_MS_MAX)).then_some(Over::Lost)
    }

    /// When it wants to be looked at next.
    pub(super) fn deadline(&self) -> Time {
        let silence = self.seen.plus_millis(CONSENT_MS_MAX);
        let own = match &self.joined {
            Some(joined) => silence.min(joined.report_at),
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
