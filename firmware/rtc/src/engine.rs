//! All listeners and senders: which session a datagram belongs to, who hears which packet, what is due when.
//!
//! Sans-I/O: it is told the time with every call and writes datagrams into a [`Transmit`]. After any call,
//! [`Engine::poll_timeout`] says when [`Engine::handle_timeout`] is due. Randomness comes from the generator it is
//! given.

mod addresses;
mod admission;
mod audience;
mod delivery;
mod inviting;
mod relay;
mod relaying;
mod signaling;
mod standby;
mod streams;
mod switching;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};

use base::{StreamId, Time};
use rand::rngs::StdRng;
use rand::{Rng, RngExt};

use super::api::{ListenerStats, SessionId};
use super::config::Config;
use super::dtls::{self, Identity};
use super::networks::Networks;
use super::rtcp::{self, Reports};
use super::rtp::Source;
use super::sender::Received;
use super::session::{Over, Session};
use super::stats::Stats;
use super::stun;
use super::transmit::Transmit;
use super::wheel::Wheel;
use admission::Admission;
use streams::Streams;

/// The place of a session in [`Engine::sessions`], and which of its users is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    slot: usize,
    generation: u32,
}

struct Slot {
    generation: u32,
    session: Option<Session>,
}

/// The fan-out without its socket.
pub struct Engine {
    config: Config,
    /// Where guests are.
    networks: Networks,
    identity: Identity,
    rng: StdRng,
    cname: String,
    source: Source,
    reports: Reports,
    streams: Streams,
    slots: Vec<Slot>,
    free: Vec<usize>,
    by_ufrag: HashMap<String, usize>,
    by_address: HashMap<SocketAddr, usize>,
    by_id: HashMap<SessionId, usize>,
    admission: Admission,
    /// Sessions as they were opened, oldest first: for whoever comes when there is no room, the first of them goes of whose
    /// addresses none has answered yet.
    opened: VecDeque<Key>,
    /// Slots of the sessions that stand by, oldest first.
    standing: VecDeque<usize>,
    wheel: Wheel<Key>,
    /// Without listeners per stream, which the streams count.
    stats: Stats,
}

impl Engine {
    /// An engine without streams and listeners.
    pub fn new(config: Config, identity: Identity, mut rng: StdRng, now: Time) -> Self {
        let source = Source { ssrc: rng.next_u32(), timestamp_zero: rng.next_u32() };
        let cname = format!("{:016x}", rng.next_u64());
        let admission = Admission::new(config.limits, now);
        Self {
            config,
            networks: Networks::any(),
            identity,
            rng,
            reports: Reports::new(source.ssrc, &cname),
            cname,
            source,
            streams: Streams::default(),
            slots: Vec::new(),
            free: Vec::new(),
            by_ufrag: HashMap::new(),
            by_address: HashMap::new(),
            by_id: HashMap::new(),
            admission,
            opened: VecDeque::new(),
            standing: VecDeque::new(),
            wheel: Wheel::new(now),
            stats: Stats::default(),
        }
    }

    /// Returns the totals, and how many listen to each stream.
    pub fn stats(&self) -> Stats {
        let listeners = self.streams.iter().map(|stream| (stream.config.id, stream.listeners)).collect();
        Stats { listeners, ..self.stats.clone() }
    }

    /// Hears and speaks to `networks` only, from now on.
    pub fn set_networks(&mut self, networks: Networks) {
        self.networks = networks;
    }

    /// The totals alone, which cost nothing to look at.
    pub(super) fn totals(&self) -> &Stats {
        &self.stats
    }

    /// Returns how many have joined and listen to `stream`.
    pub(super) fn listening_to(&self, stream: StreamId) -> usize {
        self.streams.by_id(stream).map_or(0, |stream| stream.listeners)
    }

    /// Returns how many places there are for sessions, and how many of them are taken.
    #[cfg(test)]
    fn places(&self) -> (usize, usize) {
        (self.slots.len(), self.slots.iter().filter(|slot| slot.session.is_some()).count())
    }

    /// Every joined listener.
    pub fn listeners(&self) -> Vec<ListenerStats> {
        let sessions = self.slots.iter().filter_map(|slot| slot.session.as_ref());
        let joined = sessions.filter_map(|session| {
            let joined = session.joined.as_ref().filter(|_| session.hears())?;
            Some(ListenerStats {
                session: session.id,
                stream: self.streams.get(session.stream)?.config.id,
                address: session.remote?,
                duration: session.duration,
                packets_total: joined.packets,
                link: joined.link,
            })
        });
        joined.collect()
    }

    /// When [`Self::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Time> {
        self.wheel.next()
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Time, out: &mut impl Transmit) {
        self.wheel.expire(now);
        while let Some(key) = self.wheel.pop_due() {
            let current = self.slots.get(key.slot).is_some_and(|slot| slot.generation == key.generation);
            if current {
                self.guarded(key.slot, |engine| engine.look_after(now, key.slot, out));
            }
        }
    }

    /// Takes a datagram from the socket. `bytes` is used as room to decrypt in.
    pub fn handle_datagram(&mut self, now: Time, from: SocketAddr, bytes: &mut [u8], out: &mut impl Transmit) {
        let slot = if !self.networks.contain(from.ip()) {
            None
        } else if stun::is_stun(bytes) {
            catch_unwind(AssertUnwindSafe(|| self.handle_stun(now, from, bytes, out))).unwrap_or_else(|_| {
                self.stats.faults_total += 1;
                None
            })
        } else {
            // Nothing but STUN may come from an address that STUN has not proven.
            self.by_address.get(&from).copied()
        };
        let Some(slot) = slot else {
            self.stats.strangers_total += 1;
            return;
        };
        if dtls::is_dtls(bytes) {
            self.guarded(slot, |engine| {
                let session = engine.slots[slot].session.as_mut();
                let result = session.map_or(Ok(None), |session| session.receive_dtls(now, from, bytes, out));
                engine.after_dtls(now, slot, result, out);
            });
        } else if rtcp::is_rtp_or_rtcp(bytes) && rtcp::is_rtcp(bytes) {
            self.guarded(slot, |engine| engine.handle_rtcp(now, slot, bytes, out));
        } else if rtcp::is_rtp_or_rtcp(bytes) {
            self.guarded(slot, |engine| engine.handle_rtp(now, slot, bytes, out));
        }
    }

    /// Says good-bye to everybody and forgets them.
    pub fn shutdown(&mut self, now: Time, out: &mut impl Transmit) {
        for slot in 0..self.slots.len() {
            self.farewell(now, slot, out);
            self.free(slot);
        }
    }

    fn handle_rtcp(&mut self, now: Time, slot: usize, bytes: &mut [u8], out: &mut impl Transmit) {
        let Some(session) = self.slots[slot].session.as_mut() else { return };
        let Some(feedback) = session.receive_rtcp(now, &self.config.clocks, bytes, self.source.ssrc) else {
            self.stats.strangers_total += 1;
            return;
        };
        if feedback.bye {
            return self.end(slot, Over::Left);
        }
        for &sequence in feedback.nacks() {
            self.send_again(slot, sequence, out);
        }
    }

    /// RTP from a listener has no meaning: it was told that the box only sends.
    fn handle_rtp(&mut self, now: Time, slot: usize, bytes: &mut [u8], out: &mut impl Transmit) {
        let Some(session) = self.slots[slot].session.as_mut().filter(|session| session.sender.is_some()) else {
            return;
        };
        let stream = session.stream;
        let received = session.receive_rtp(now, bytes);
        if received == Received::NotItsOwn {
            self.stats.strangers_total += 1;
            return;
        }
        self.stats.packets_received_total += 1;
        if let Received::Sound(sound) = received {
            self.relay(now, stream, &sound, out);
        }
    }

    fn look_after(&mut self, now: Time, slot: usize, out: &mut impl Transmit) {
        let fresh = self.question(slot);
        let Some(session) = self.slots[slot].session.as_mut() else { return };
        session.armed = None;
        if let Some(over) = session.overdue(now) {
            if over == Over::Left {
                // Nobody wanted to hear in time, and its phone may know.
                self.farewell(now, slot, out);
            }
            return self.end(slot, over);
        }
        let moment =
            self.reports.at(self.config.clocks.ntp(now), self.source.timestamp(self.config.timeline.to_media(now)));
        session.report(now, moment, out);
        session.ask(now, fresh, out);
        if session.dtls_is_due(now) { self.drive(now, slot, out) } else { self.arm(slot) }
    }

    fn drive(&mut self, now: Time, slot: usize, out: &mut impl Transmit) {
        let session = self.slots[slot].session.as_mut();
        let result = session.map_or(Ok(None), |session| session.drive(now, out));
        self.after_dtls(now, slot, result, out);
    }

    fn after_dtls(
        &mut self,
        now: Time,
        slot: usize,
        result: Result<Option<dtls::Protection>, Over>,
        out: &mut impl Transmit,
    ) {
        match result {
            Ok(None) => self.arm(slot),
            Ok(Some(protection)) => {
                self.join(now, slot, protection, out);
                self.arm(slot);
            }
            Err(over) => self.end(slot, over),
        }
    }

    fn join(&mut self, now: Time, slot: usize, protection: dtls::Protection, out: &mut impl Transmit) {
        // The top bit stays clear, so that an early loss cannot be mistaken for a wrap (RFC 3711 section 3.3.1).
        let first_sequence = (self.rng.next_u32() >> 17) as u16;
        let report_delay_ms = self.rng.random_range(50..250);
        if self.slots[slot].session.as_ref().is_none_or(|session| session.joined.is_some()) {
            return;
        }
        self.leave(slot);
        let Some(session) = self.slots[slot].session.as_mut() else { return };
        session.join(now, protection, first_sequence, report_delay_ms);
        if session.sender.is_some() {
            self.stats.sender_joins_total += 1;
        }
        self.stats.handshaking -= 1;
        self.count_listener(slot);
        if let Some(session) = self.slots[slot].session.as_ref() {
            self.admission.joined(session.owner);
        }
        self.enter(now, slot, out);
    }

    /// Counts a session as a listener that has joined, if it is one.
    fn count_listener(&mut self, slot: usize) {
        let Some(session) = self.slots[slot].session.as_ref().filter(|session| session.hears()) else { return };
        let Some(joined) = &session.joined else { return };
        let profile = joined.protection.profile;
        log::debug!("a listener has joined; its packets are sealed with {}", profile.name());
        self.stats.joins_total += 1;
        self.stats.joins_by_profile[profile.index()] += 1;
    }

    fn arm(&mut self, slot: usize) {
        let generation = self.slots[slot].generation;
        let Some(session) = self.slots[slot].session.as_mut() else { return };
        let deadline = session.deadline();
        if session.armed.is_none_or(|armed| deadline < armed) {
            session.armed = Some(deadline);
            self.wheel.arm(deadline, Key { slot, generation });
        }
    }

    fn end(&mut self, slot: usize, over: Over) {
        match over {
            Over::Left => {}
            Over::Lost => self.stats.lost_total += 1,
            Over::NotJoined => self.stats.handshake_failures_total += 1,
        }
        self.free(slot);
    }

    fn free(&mut self, slot: usize) {
        self.leave(slot);
        self.rouse(slot);
        let Some(session) = self.slots[slot].session.take() else { return };
        self.slots[slot].generation = self.slots[slot].generation.wrapping_add(1);
        self.by_ufrag.remove(&session.local.ufrag);
        self.by_id.remove(&session.id);
        for address in session.proof.proven() {
            self.by_address.remove(address);
        }
        self.admission.leave(session.owner, session.joined.is_some());
        self.stats.handshaking -= u64::from(session.joined.is_none());
        self.free.push(slot);
    }

    fn farewell(&mut self, now: Time, slot: usize, out: &mut impl Transmit) {
        let Some(session) = self.slots[slot].session.as_mut() else { return };
        let moment =
            self.reports.at(self.config.clocks.ntp(now), self.source.timestamp(self.config.timeline.to_media(now)));
        session.farewell(moment, out);
    }

    /// Runs what one session's datagram or timer asks for. A panic in it is a bug of ours, and ends that session only.
    fn guarded(&mut self, slot: usize, work: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_err() {
            log::error!("a listener's session failed and was ended; this is a fault of the box");
            self.stats.faults_total += 1;
            self.free(slot);
        }
    }

    fn token(&mut self, chars: usize) -> String {
        // The characters that RFC 8839 section 5.4 allows: 64, so that six random bits make one.
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        (0..chars).map(|_| char::from(ALPHABET[(self.rng.next_u32() >> 26) as usize])).collect()
    }
}

/// `first`, then the rest of `others`, each once.
fn addresses(first: IpAddr, others: &[IpAddr]) -> Vec<IpAddr> {
    let mut all = vec![first];
    all.extend(others.iter().copied().filter(|address| *address != first));
    all.retain(|address| !address.is_unspecified());
    all
}
