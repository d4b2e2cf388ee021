//! Pairing: how a phone becomes a host, and how it stops being one.
//!
//! Pure: told the time (milliseconds on any clock that only goes forward) and what happened. A press of the box's
//! button is the root of trust: it makes the one phone that asks a host, and where several ask, or did within the last
//! minute, the one whose number an earlier press has shown. Nothing else does: asking never makes anybody a host,
//! whenever somebody pressed, and nothing a phone is answered tells whether somebody did, unless it is host by that.
//! The rules know a phone by the hash of its secret ([`Key`]); drawing secrets, keeping hosts over restarts and telling
//! people are for others.

mod history;
mod values;

use std::cmp::Reverse;
use std::collections::VecDeque;

use base::Time;
pub use history::{ASKED_WITHIN_MS, ASKING_MS_MAX, ASKS_PER_ADDRESS_MAX, WAIT_MS};
use history::{History, millis_until};
pub use values::{AskError, Happened, Host, Key, Label, NoSuchHost, Outcome, Phone, State, View, Why};

/// Hosts at once. Who asks when all places are taken is refused and told that a host must be removed first: nobody
/// loses a place without a person's doing.
pub const HOSTS_MAX: usize = 16;

/// Phones that wait for a press at once. For a further one the one goes whose address asked most of late; if that is its
/// own it is refused and told to try later.
pub const ASKS_MAX: usize = 8;

/// How long a number is shown for a second press to confirm, ms: time to compare it with a phone's.
pub const CONFIRM_MS: u64 = 6_000;

/// A press this soon after one that showed a number is the same press, made twice in impatience, ms: nobody has read the
/// number yet.
pub const READ_MS: u64 = 1_000;

/// Phones remembered to which something happened (a request that ran out, a host that was removed), so that their
/// pages can tell. When it is full the oldest is forgotten; its page then tells nothing.
const ENDED_MAX: usize = 32;

/// How long they are remembered, ms.
const ENDED_FOR_MS: u64 = 600_000;

/// A press this soon after a pairing is the same press, made twice in impatience, ms. It must not pair whoever else asks.
const SAME_PRESS_MS: u64 = 2_000;

/// A phone that waits for a press.
#[derive(Clone, Debug)]
struct Ask {
    key: Key,
    label: Label,
    phone: Phone,
    until: Time,
    /// How often a press has shown its number.
    shown: u32,
}

/// A number that a press has shown.
#[derive(Clone, Copy, Debug)]
struct Shown {
    key: Key,
    label: Label,
    at: Time,
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
    shown: Option<Shown>,
    /// Until when a press pairs nobody whose number was not shown before.
    contested_until: Option<Time>,
    asked: History,
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
            shown: None,
            contested_until: None,
            asked: History::default(),
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
            shown: self.shown.map(|shown| shown.label),
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

    /// A phone asks to become a host under the new `key`; `keys` are those it brought. It waits for a press from now on. An
    /// earlier request of the same phone or address is replaced: people ask again from another browser.
    ///
    /// # Errors
    /// A limit is reached; see [`AskError`].
    pub fn ask(&mut self, now: Time, key: Key, phone: Phone, keys: &[Key]) -> Result<State, AskError> {
        self.pass(now);
        if let Some(host) = self.host(keys) {
            return Ok(State::Host { id: host.id, label: host.label });
        }
        let crowded = self.admit(now, &phone, keys).inspect_err(|&why| {
            let from = phone.address;
            self.record(now, Outcome::Refused { from, why });
        })?;
        if let Some(at) = crowded {
            let out = self.end_ask(now, at, Why::Crowded);
            self.record(now, Outcome::Crowded { label: out.label, from: out.phone.address });
            self.contested_until = Some(now.plus_millis(WAIT_MS));
        }
        while let Some(at) = self.asks.iter().position(|ask| Self::same_phone(ask, &phone, keys)) {
            let old = self.end_ask(now, at, Why::Replaced);
            self.asked.settle(old.phone.address);
            self.record(now, Outcome::Replaced { label: old.label, from: old.phone.address });
        }
        self.asked.begin(now, phone.address);
        let (label, from) = (self.free_label(&key), phone.address);
        self.asks.push(Ask { key, label, phone, until: now.plus_millis(WAIT_MS), shown: 0 });
        self.note_contest(now);
        // Who pressed first is told to press again, now that there is somebody to be paired.
        self.open_until = None;
        self.record(now, Outcome::Asked { label, from });
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

    /// Somebody pressed the box's button. The one phone that asks is host now. Where several ask, or did within the last
    /// minute, the press shows the number of one of them, and another within [`CONFIRM_MS`] makes that one host; each press
    /// after that shows the next. With nobody asking, people are told for a minute to ask on the page and press again.
    pub fn press(&mut self, now: Time) -> Outcome {
        self.pass(now);
        self.note_contest(now);
        let outcome = if self.paired_at.is_some_and(|at| now < at.plus_millis(SAME_PRESS_MS)) {
            Outcome::SamePress
        } else if let Some(Shown { key, at, .. }) = self.shown {
            if now < at.plus_millis(READ_MS) { Outcome::SamePress } else { self.confirm(now, key) }
        } else {
            match &self.asks[..] {
                [] => self.press_unasked(now),
                [ask] if !self.is_contested(now, ask) => self.confirm(now, ask.key),
                _ => self.show_next(now),
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
        self.contested_until = None;
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
        self.shown = self.shown.filter(|shown| now < shown.at.plus_millis(CONFIRM_MS));
        self.contested_until = self.contested_until.filter(|until| now < *until);
        self.ended.retain(|ended| now < ended.at.plus_millis(ENDED_FOR_MS));
        self.asked.pass(now);
    }

    fn host(&self, keys: &[Key]) -> Option<&Host> {
        self.hosts.iter().find(|host| keys.contains(&host.key))
    }

    fn same_phone(ask: &Ask, phone: &Phone, keys: &[Key]) -> bool {
        ask.phone.address == phone.address || keys.contains(&ask.key)
    }

    /// Whether a phone may ask now, and which request has to go for it.
    fn admit(&self, now: Time, phone: &Phone, keys: &[Key]) -> Result<Option<usize>, AskError> {
        self.asked.admit(now, phone.address).map_err(|retry_ms| AskError::TooOften { retry_ms })?;
        if self.hosts.len() >= HOSTS_MAX {
            return Err(AskError::HostsFull);
        }
        let others = || self.asks.iter().enumerate().filter(|(_, ask)| !Self::same_phone(ask, phone, keys));
        if others().count() < ASKS_MAX {
            return Ok(None);
        }
        // Addresses of IPv6 cost nobody anything. Nothing here depends on what was pressed, which nobody shall learn by who
        // has to go.
        let weight = |ask: &Ask| {
            let (count, waited_us) = self.asked.weight(now, ask.phone.address);
            (count, ask.phone.address.is_ipv6(), waited_us)
        };
        let most = others().max_by_key(|(_, ask)| weight(ask));
        let own = self.asked.weight(now, phone.address).0 + 1;
        match most {
            Some((at, ask)) if weight(ask).0 >= own => Ok(Some(at)),
            _ => {
                let next = others().map(|(_, ask)| ask.until).min().unwrap_or(now);
                Err(AskError::TooManyAsk { retry_ms: millis_until(next, now) })
            }
        }
    }

    fn press_unasked(&mut self, now: Time) -> Outcome {
        if self.open_until.take().is_some() {
            return Outcome::Closed { by_press: true };
        }
        self.open_until = Some(now.plus_millis(WAIT_MS));
        let recent = |ended: &&Ended| ended.why == Why::Lapsed && now < ended.at.plus_millis(WAIT_MS);
        let late = self.ended.iter().rev().find(recent);
        late.map_or(Outcome::Opened, |ended| Outcome::Late { label: ended.label })
    }

    /// Whether a press need not mean the one that asks alone: there was another a moment ago, whose request may just have run out.
    fn is_contested(&self, now: Time, ask: &Ask) -> bool {
        self.contested_until.is_some() || self.asked.has_other(now, ask.phone.address)
    }

    /// Notes that several ask: even once one of them is host, who is left alone need not be whom the next press means.
    fn note_contest(&mut self, now: Time) {
        if self.asks.len() > 1 {
            self.contested_until = Some(now.plus_millis(WAIT_MS));
        }
    }

    /// Shows the number of whoever was shown least, asked least of late, and asked last.
    fn show_next(&mut self, now: Time) -> Outcome {
        let rank = |(at, ask): &(usize, &Ask)| {
            let (count, _) = self.asked.weight(now, ask.phone.address);
            (ask.shown, count, ask.phone.address.is_ipv6(), Reverse(*at))
        };
        let at = self.asks.iter().enumerate().min_by_key(rank).map_or(0, |(at, _)| at);
        let asking = self.asks.len();
        let Some(ask) = self.asks.get_mut(at) else { return Outcome::Opened };
        ask.shown += 1;
        let (label, from) = (ask.label, ask.phone.address);
        self.shown = Some(Shown { key: ask.key, label, at: now });
        Outcome::Shown { label, from, asking }
    }

    /// Makes the phone that asks under `key` a host.
    fn confirm(&mut self, now: Time, key: Key) -> Outcome {
        let Some(at) = self.asks.iter().position(|ask| ask.key == key) else { return Outcome::SamePress };
        let Ask { key, label, phone, .. } = self.remove_ask(now, at);
        self.asked.settle(phone.address);
        if self.hosts.len() >= HOSTS_MAX {
            self.remember(now, key, label, Why::Full);
            return Outcome::Full { label };
        }
        let id = self.next_id;
        self.next_id += 1;
        self.hosts.push(Host { id, label, key, browser: phone.browser, system: phone.system });
        self.paired_at = Some(now);
        self.open_until = None;
        Outcome::Paired { label, from: phone.address }
    }

    /// Ends a request, and with it the right of a press to confirm its number.
    fn remove_ask(&mut self, now: Time, at: usize) -> Ask {
        let ask = self.asks.remove(at);
        self.asked.end(now, ask.phone.address);
        self.shown = self.shown.filter(|shown| shown.key != ask.key);
        ask
    }

    fn end_ask(&mut self, now: Time, at: usize, why: Why) -> Ask {
        let ask = self.remove_ask(now, at);
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

#[cfg(test)]
mod tests;
