//! Rooms as a value between their connections: the rules of [`hub`] behind one lock, and what waits for each participant.
//!
//! A message for a participant is put into their outbox and sent by their own connection, so that nobody waits for another. Offers,
//! answers and candidates are all that is relayed; sound goes from browser to browser.

mod candidates;
mod outbox;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::rand;
use hub::{Code, Delivery, Entered, Event, ParticipantId, RoomLimits, RoomRefused, Signal};
use serde::{Deserialize, Serialize};

pub(crate) use self::outbox::{Outbox, Over};
use crate::metrics::{Count, Kind, Page};
use crate::pairing::{SECRET_BYTES, Secret};

/// What one participant says to another, with the names that it has on the wire.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(crate) enum Said {
    /// The DJ offers sound.
    Offer {
        /// As `RTCSessionDescription` has it.
        sdp: String,
    },
    /// Somebody answers the DJ.
    Answer {
        /// The same.
        sdp: String,
    },
    /// An address; none: there are no more.
    IceCandidate {
        /// As `RTCIceCandidate` has it.
        candidate: Option<Candidate>,
    },
}

/// A candidate as browsers write it (`RTCIceCandidateInit`).
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Candidate {
    candidate: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sdp_mid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sdp_m_line_index: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username_fragment: Option<String>,
}

/// A message on its way: what was said, and by whom.
#[derive(Serialize)]
struct Relayed {
    from: ParticipantId,
    #[serde(flatten)]
    said: Said,
}

impl Said {
    fn signal(&self) -> Signal {
        match self {
            Self::Offer { .. } => Signal::Offer,
            Self::Answer { .. } => Signal::Answer,
            Self::IceCandidate { .. } => Signal::Candidate,
        }
    }

    /// The same with addresses that others can reach, as far as the box knows any: `seen` is that of whoever says it.
    fn with_address(mut self, seen: IpAddr) -> Self {
        match &mut self {
            Self::Offer { sdp } | Self::Answer { sdp } => *sdp = candidates::rewritten_in(sdp, seen),
            Self::IceCandidate { candidate: Some(Candidate { candidate, .. }) } => {
                if let Some(rewritten) = candidates::rewritten(candidate, seen) {
                    *candidate = rewritten;
                }
            }
            Self::IceCandidate { candidate: None } => {}
        }
        self
    }
}

/// Why nobody comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoEntry {
    /// The rules refuse it.
    Refused(RoomRefused),
    /// The system has no random bytes.
    NoRandom,
}

impl From<RoomRefused> for NoEntry {
    fn from(refused: RoomRefused) -> Self {
        Self::Refused(refused)
    }
}

#[derive(Debug)]
struct Book {
    rules: hub::Rooms,
    outboxes: BTreeMap<ParticipantId, Arc<Outbox>>,
}

impl Book {
    fn deliver(&mut self, deliveries: Vec<Delivery>) {
        for Delivery { to, event } in deliveries {
            if event == Event::Replaced {
                if let Some(outbox) = self.outboxes.remove(&to) {
                    outbox.end(Over::Replaced);
                }
            } else if let Some(outbox) = self.outboxes.get(&to) {
                outbox.push(serde_json::to_string(&event).expect("an event holds only numbers and texts"));
            }
        }
    }

    /// Lets somebody in as the rules say, and returns them with the secret by which they come back.
    fn enter(
        &mut self,
        outbox: &Arc<Outbox>,
        ask: impl FnOnce(&mut hub::Rooms, u64, [u8; 32]) -> Result<Entered, RoomRefused>,
    ) -> Result<(Entered, Secret), NoEntry> {
        let (mut number, mut bytes) = ([0; 8], [0; SECRET_BYTES]);
        if rand::fill(&mut number).and(rand::fill(&mut bytes)).is_err() {
            return Err(NoEntry::NoRandom);
        }
        let secret = Secret::new(bytes);
        let mut entered = ask(&mut self.rules, u64::from_be_bytes(number), secret.key().0)?;
        self.outboxes.insert(entered.you, Arc::clone(outbox));
        self.deliver(std::mem::take(&mut entered.deliveries));
        Ok((entered, secret))
    }
}

/// What was relayed since the box began.
#[derive(Debug, Default)]
struct Totals {
    offers: Count,
    answers: Count,
    candidates: Count,
    refused: Count,
}

/// All rooms. Cloning gives another handle to the same.
#[derive(Clone, Debug)]
pub(crate) struct Rooms {
    book: Arc<Mutex<Book>>,
    totals: Arc<Totals>,
}

impl Rooms {
    /// Returns no rooms, of which there may be so many.
    pub(crate) fn new(limits: RoomLimits) -> Self {
        let book = Book { rules: hub::Rooms::new(limits), outboxes: BTreeMap::new() };
        Self { book: Arc::new(Mutex::new(book)), totals: Arc::default() }
    }

    /// The book stays right whatever panicked elsewhere: it is only ever changed in one step.
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a room, under the code `wanted` if it is free.
    ///
    /// # Errors
    /// The rules refuse it, or there are no random bytes.
    pub(crate) fn create(
        &self,
        name: &str,
        wanted: Option<Code>,
        outbox: &Arc<Outbox>,
    ) -> Result<(Entered, Secret), NoEntry> {
        self.book().enter(outbox, |rules, number, key| rules.create(name, wanted, number, key))
    }

    /// Comes into a room; `key` is the secret of somebody who was there.
    ///
    /// # Errors
    /// The same.
    pub(crate) fn join(
        &self,
        code: Code,
        name: &str,
        key: Option<&str>,
        outbox: &Arc<Outbox>,
    ) -> Result<(Entered, Secret), NoEntry> {
        let returning = key.and_then(|key| Secret::from_hex(key.as_bytes())).map(|secret| secret.key().0);
        self.book().enter(outbox, |rules, _, key| rules.join(code, name, key, returning))
    }

    /// Leaves, or the connection has ended.
    pub(crate) fn leave(&self, who: ParticipantId) {
        let mut book = self.book();
        book.outboxes.remove(&who);
        let deliveries = book.rules.leave(who);
        book.deliver(deliveries);
    }

    /// Makes somebody else DJ.
    ///
    /// # Errors
    /// The rules refuse it.
    pub(crate) fn hand_over(&self, who: ParticipantId, to: ParticipantId) -> Result<(), RoomRefused> {
        let mut book = self.book();
        let deliveries = book.rules.hand_over(who, to)?;
        book.deliver(deliveries);
        Ok(())
    }

    /// Becomes DJ where there is none.
    ///
    /// # Errors
    /// The rules refuse it.
    pub(crate) fn take_over(&self, who: ParticipantId) -> Result<(), RoomRefused> {
        let mut book = self.book();
        let deliveries = book.rules.take_over(who)?;
        book.deliver(deliveries);
        Ok(())
    }

    /// Relays what `from`, whom the box sees at the address `seen`, says to `to`.
    ///
    /// # Errors
    /// The rules refuse it.
    pub(crate) fn relay(
        &self,
        from: ParticipantId,
        to: ParticipantId,
        said: Said,
        seen: IpAddr,
    ) -> Result<(), RoomRefused> {
        let signal = said.signal();
        let book = self.book();
        book.rules.may_relay(from, to, signal)?;
        let relayed = Relayed { from, said: said.with_address(seen) };
        if let Some(outbox) = book.outboxes.get(&to) {
            outbox.push(serde_json::to_string(&relayed).expect("a message holds only numbers and texts"));
        }
        match signal {
            Signal::Offer => self.totals.offers.add(),
            Signal::Answer => self.totals.answers.add(),
            Signal::Candidate => self.totals.candidates.add(),
        }
        Ok(())
    }

    /// Something was refused.
    pub(crate) fn refused(&self) {
        self.totals.refused.add();
    }

    /// Adds its numbers to a page.
    pub(crate) fn write(&self, page: &mut Page) {
        let (rooms, participants) = self.book().rules.count();
        page.number("rooms", Kind::Gauge, "Rooms in which browsers exchange sound among themselves.", rooms as f64);
        page.number("room_participants", Kind::Gauge, "Participants of all rooms.", participants as f64);
        let Totals { offers, answers, candidates, refused } = &*self.totals;
        let samples = [
            (&["offer"][..], offers.get() as f64),
            (&["answer"][..], answers.get() as f64),
            (&["ice-candidate"][..], candidates.get() as f64),
        ];
        let help = "Messages relayed between participants of rooms.";
        page.family("room_messages_relayed_total", Kind::Counter, help, &["kind"], samples);
        let help = "What participants of rooms asked for and were refused.";
        page.number("room_refusals_total", Kind::Counter, help, refused.get() as f64);
    }
}
