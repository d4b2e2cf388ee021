//! Pairing: how a phone becomes a host, and how it stops being one.
//!
//! Pure: told the time (milliseconds on any clock that only goes forward) and what happened. A press of the box's
//! button is the root of trust: it makes the one phone that asks a host. Nothing else does. The rules know a phone by
//! the hash of its secret ([`Key`]); drawing secrets, keeping hosts over restarts and telling people are for others.

mod values;

use std::collections::VecDeque;
use std::net::IpAddr;

use base::Time;
pub use values::{AskError, Happened, Host, Key, Label, NoSuchHost, Outcome, Phone, State, View, Why};

/// How long a phone's request waits for a press, and how long a press waits for a request, ms.
pub const WAIT_MS: u64 = 60_000;

/// Hosts at once. Who asks when all places are taken is refused and told that a host must be removed first: nobody
/// loses a place without a person's doing.
pub const HOSTS_MAX: usize = 16;

/// Phones that wait for a press at once. A further one is refused and told to try later.
pub const ASKS_MAX: usize = 8;

/// Requests of one address within [`ASKED_WITHIN_MS`]; a further one is refused and told when to come back. Enough for
/// somebody who runs between phone and box, too few to fill the log or to be asking whenever somebody presses.
pub const ASKS_PER_ADDRESS_MAX: usize = 6;

/// How long a request counts towards [`ASKS_PER_ADDRESS_MAX`], ms.
pub const ASKED_WITHIN_MS: u64 = 300_000;

/// Requests remembered for that count. When it is full the oldest is forgotten, which only loosens the limit of its
/// address; the limit on phones that wait holds all the same.
const ASKED_MAX: usize = 256;

/// Phones remembered to which something happened (a request that ran out, a host that was removed), so that their
/// pages can tell. When it is full the oldest is forgotten; its page then tells nothing.
const ENDED_MAX: usize = 32;

/// How long they are remembered, ms.
const ENDED_FOR_MS: u64 = 600_000;

/// A press this soon after a pairing is the same press, made twice in impatience, ms. It must not open pairing to
/// whoever asks next.
const SAME_PRESS_MS: u64 = 2_000;

/// A phone that waits for a press.
#[derive(Clone, Debug)]
struct Ask {
    key: Key,
    label: Label,
    phone: Phone,
    until: Time,
}

/// A phone that no longer waits, or no longer is a host.
#[derive(Clone, Debug)]
struct Ended {
    key: Key,
    label: Label,
    why: Why,
    at: Time,
}

/// Who is host, who asks to be, and whether a press waits for somebody to ask.
#[derive(Debug)]
pub struct Pairing {
    hosts: Vec<Host>,
    next_id: u64,
    asks: Vec<Ask>,
    ended: VecDeque<Ended>,
    open_until: Option<Time>,
    asked: VecDeque<(IpAddr, Time)>,
    paired_at: Option<Time>,
    last: Option<Happened>,
    news: Vec<Outcome>,
}

impl Pairing {
    /// Goes on with these hosts, of whom at most [`HOSTS_MAX`] are taken. `next_id` is the number of the next one; a
    /// number is never given twice.
    pub fn new(mut hosts: Vec<Host>, next_id: u64) -> Self {
        hosts.truncate(HOSTS_MAX);
        let above = hosts.iter().map(|host| host.id.saturating_add(1)).max().unwrap_or(1);
        Self {
            hosts,
            next_id: next_id.max(above),
            asks: Vec::new(),
            ended: VecDeque::new(),
            open_until: None,
            asked: VecDeque::new(),
            paired_at: None,
            last: None,
            news: Vec::new(),
        }
    }

    /// Every host, in the order of pairing.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The number of the next host.
    pub fn next_id(&self) -> u64 {
        self.next_id
    }

    /// What the box may show at `now`.
    pub fn view(&mut self, now: Time) -> View {
        self.pass(now);
        View {
            open_until: self.open_until,
            asking: self.asks.iter().map(|ask| ask.label).collect(),
            hosts: self.hosts.len(),
            last: self.last.clone(),
        }
    }

    /// What happened since the last call, oldest first, for the log and the counters.
    pub fn take_news(&mut self) -> Vec<Outcome> {
        std::mem::take(&mut self.news)
    }

    /// How the phone stands that brings these keys (of a hostile one: any).
    pub fn state(&mut self, now: Time, keys: &[Key]) -> State {
        self.pass(now);
        if let Some(host) = self.host(keys) {
            return State::Host { id: host.id, label: host.label };
        }
        if let Some(ask) = self.asks.iter().find(|ask| keys.contains(&ask.key)) {
            return State::Asking { label: ask.label, remaining_ms: millis_until(ask.until, now) };
        }
        let ended = self.ended.iter().rev().find(|ended| keys.contains(&ended.key));
        ended.map_or(State::Guest, |ended| State::Ended(ended.why))
    }

    /// A phone asks to become a host under the new `key`; `keys` are those it brought. While a press waits it is host
    /// at once. An earlier request of the same phone or address is replaced: people ask again from another browser.
    ///
    /// # Errors
    /// A limit is reached; see [`AskError`].
    pub fn ask(&mut self, now: Time, key: Key, phone: Phone, keys: &[Key]) -> Result<State, AskError> {
        self.pass(now);
        if let Some(host) = self.host(keys) {
            return Ok(State::Host { id: host.id, label: host.label });
        }
        self.admit(now, &phone, keys).inspect_err(|&why| {
            let from = phone.address;
            self.record(now, Outcome::Refused { from, why });
        })?;
        while let Some(at) = self.asks.iter().position(|ask| Self::same_phone(ask, &phone, keys)) {
            let old = self.end_ask(now, at, Why::Replaced);
            self.record(now, Outcome::Replaced { label: old.label, from: old.phone.address });
        }
        if self.asked.len() == ASKED_MAX {
            self.asked.pop_front();
        }
        self.asked.push_back((phone.address, now));
        let label = self.free_label(&key);
        let ask = Ask { key, label, phone, until: now.plus_millis(WAIT_MS) };
        if self.open_until.take().is_some() {
            let outcome = self.promote(now, ask);
            self.record(now, outcome);
        } else {
            let from = ask.phone.address;
            self.asks.push(ask);
            self.record(now, Outcome::Asked { label, from });
        }
        Ok(self.state(now, &[key]))
    }

    /// The phone with these keys does not want to be host after all.
    pub fn abort(&mut self, now: Time, keys: &[Key]) {
        self.pass(now);
        while let Some(at) = self.asks.iter().position(|ask| keys.contains(&ask.key)) {
            let ask = self.end_ask(now, at, Why::Aborted);
            self.record(now, Outcome::Aborted { label: ask.label, from: ask.phone.address });
        }
    }

    /// Somebody pressed the box's button: the one phone that asks is host now. With nobody asking, pairing opens for
    /// the first that does; a further press closes it again. With several asking nobody is paired: a press cannot say
    /// whom it means.
    pub fn press(&mut self, now: Time) -> Outcome {
        self.pass(now);
        let outcome = match self.asks.len() {
            0 => self.press_unasked(now),
            1 => {
                let ask = self.asks.remove(0);
                self.promote(now, ask)
            }
            asking => {
                while !self.asks.is_empty() {
                    self.end_ask(now, 0, Why::Several);
                }
                Outcome::Several { asking }
            }
        };
        self.record(now, outcome)
    }

    /// Somebody held the button for long: nobody is host, asks or may become host without a new press.
    pub fn forget(&mut self, now: Time) -> Outcome {
        self.pass(now);
        let hosts = self.hosts.len();
        while !self.asks.is_empty() {
            self.end_ask(now, 0, Why::Forgotten);
        }
        for host in std::mem::take(&mut self.hosts) {
            self.remember(now, host.key, host.label, Why::Forgotten);
        }
        self.open_until = None;
        self.record(now, Outcome::Forgotten { hosts })
    }

    /// A host removes a host, perhaps itself.
    ///
    /// # Errors
    /// There is none of this number (any more).
    pub fn revoke(&mut self, now: Time, id: u64) -> Result<Outcome, NoSuchHost> {
        self.pass(now);
        let at = self.hosts.iter().position(|host| host.id == id).ok_or(NoSuchHost)?;
        let host = self.hosts.remove(at);
        self.remember(now, host.key, host.label, Why::Revoked);
        Ok(self.record(now, Outcome::Revoked { label: host.label }))
    }

    /// Lets time pass: what ran out by `now` ends and is told. Every other method does so first; call it now and then
    /// so that the box tells in time.
    pub fn pass(&mut self, now: Time) {
        if self.open_until.is_some_and(|until| until <= now) {
            self.open_until = None;
            self.record(now, Outcome::Closed { by_press: false });
        }
        while let Some(at) = self.asks.iter().position(|ask| ask.until <= now) {
            let ask = self.end_ask(now, at, Why::Lapsed);
            self.record(now, Outcome::Lapsed { label: ask.label, from: ask.phone.address });
        }
        self.ended.retain(|ended| now < ended.at.plus_millis(ENDED_FOR_MS));
        while self.asked.front().is_some_and(|(_, at)| now >= at.plus_millis(ASKED_WITHIN_MS)) {
            self.asked.pop_front();
        }
    }

    fn host(&self, keys: &[Key]) -> Option<&Host> {
        self.hosts.iter().find(|host| keys.contains(&host.key))
    }

    fn same_phone(ask: &Ask, phone: &Phone, keys: &[Key]) -> bool {
        ask.phone.address == phone.address || keys.contains(&ask.key)
    }

    fn admit(&self, now: Time, phone: &Phone, keys: &[Key]) -> Result<(), AskError> {
        let before = self.asked.iter().filter(|(address, _)| *address == phone.address);
        let oldest = before.clone().map(|(_, at)| *at).next().unwrap_or(now);
        if before.count() >= ASKS_PER_ADDRESS_MAX {
            return Err(AskError::TooOften { retry_ms: millis_until(oldest.plus_millis(ASKED_WITHIN_MS), now) });
        }
        if self.hosts.len() >= HOSTS_MAX {
            return Err(AskError::HostsFull);
        }
        let others = self.asks.iter().filter(|ask| !Self::same_phone(ask, phone, keys));
        let next = others.clone().map(|ask| ask.until).min().unwrap_or(now);
        if others.count() >= ASKS_MAX {
            return Err(AskError::TooManyAsk { retry_ms: millis_until(next, now) });
        }
        Ok(())
    }

    fn press_unasked(&mut self, now: Time) -> Outcome {
        if self.paired_at.is_some_and(|at| now < at.plus_millis(SAME_PRESS_MS)) {
            return Outcome::SamePress;
        }
        if self.open_until.take().is_some() {
            return Outcome::Closed { by_press: true };
        }
        self.open_until = Some(now.plus_millis(WAIT_MS));
        let mut late = None;
        let recent = |ended: &&mut Ended| ended.why == Why::Lapsed && now < ended.at.plus_millis(WAIT_MS);
        for ended in self.ended.iter_mut().filter(recent) {
            ended.why = Why::Late;
            late = Some(ended.label);
        }
        late.map_or(Outcome::Opened, |label| Outcome::Late { label })
    }

    fn promote(&mut self, now: Time, ask: Ask) -> Outcome {
        let Ask { key, label, phone, .. } = ask;
        if self.hosts.len() >= HOSTS_MAX {
            self.remember(now, key, label, Why::Full);
            return Outcome::Full { label };
        }
        let id = self.next_id;
        self.next_id += 1;
        self.hosts.push(Host { id, label, key, browser: phone.browser, system: phone.system });
        self.paired_at = Some(now);
        Outcome::Paired { label, from: phone.address }
    }

    fn end_ask(&mut self, now: Time, at: usize, why: Why) -> Ask {
        let ask = self.asks.remove(at);
        self.remember(now, ask.key, ask.label, why);
        ask
    }

    fn remember(&mut self, at: Time, key: Key, label: Label, why: Why) {
        if self.ended.len() == ENDED_MAX {
            self.ended.pop_front();
        }
        self.ended.push_back(Ended { key, label, why, at });
    }

    /// Records what happened, for people and for the log.
    fn record(&mut self, at: Time, outcome: Outcome) -> Outcome {
        self.last = Some(Happened { at, outcome: outcome.clone() });
        self.news.push(outcome.clone());
        outcome
    }

    /// A label that no phone on view has. There are more labels than phones.
    fn free_label(&self, key: &Key) -> Label {
        let taken = |label: &Label| {
            self.asks.iter().any(|ask| ask.label == *label) || self.hosts.iter().any(|host| host.label == *label)
        };
        let first = Label::of(key);
        std::iter::successors(Some(first), |label| Some(label.next())).find(|label| !taken(label)).unwrap_or(first)
    }
}

/// Returns the milliseconds from `now` to `deadline`, rounded up so that nobody comes back too early; 0 once it is over.
fn millis_until(deadline: Time, now: Time) -> u64 {
    deadline.micros_since(now).div_ceil(1_000)
}

#[cfg(test)]
mod tests;
