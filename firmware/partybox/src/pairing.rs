//! Pairing at work: the rules' answers for phones and for the button, secrets, the hosts' file, log and counters.
//!
//! Decides nothing: who is host is decided in `party::pairing`, what a request may look like in `web`.

mod counters;

use std::net::IpAddr;
use std::sync::Arc;

use appliance::state::{Copies, Error, Folder, Writer};
use base::Time;
use party::pairing::{AskError, CONFIRM_MS, Key, Outcome, Phone, State, View};
use tokio::sync::{oneshot, watch};
use web::pairing::{Asked, Hosts, Request, RevokeError, SECRET_BYTES, Secret, Standing};

pub use counters::Counters;

use crate::hosts;

/// Pairing, with everything that its rules leave to others.
#[derive(Debug)]
pub struct Pairing {
    rules: party::pairing::Pairing,
    /// Who is host, for `web`.
    hosts: watch::Sender<Hosts>,
    /// `None`: hosts last until the box restarts.
    writer: Option<Arc<Writer>>,
    counters: Arc<Counters>,
}

impl Pairing {
    /// Goes on with the hosts in the writer's folder, and tells `web` of them through `hosts`. What is wrong with the file
    /// is logged; the box then goes on without hosts.
    pub fn new(writer: Option<Arc<Writer>>, hosts: watch::Sender<Hosts>) -> Self {
        let (known, next_id) = writer.as_deref().and_then(|writer| read(writer.folder())).unwrap_or_default();
        let rules = party::pairing::Pairing::new(known, next_id);
        let pairing = Self { rules, hosts, writer, counters: Arc::default() };
        pairing.publish();
        pairing
    }

    /// What happened so far, counted, for `/metrics`.
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// Somebody pressed the button for pairing.
    pub fn press(&mut self, now: Time) -> Outcome {
        self.act(|rules| rules.press(now))
    }

    /// Somebody held the button for long: nobody is host any more.
    pub fn forget(&mut self, now: Time) -> Outcome {
        self.act(|rules| rules.forget(now))
    }

    /// What the box may show.
    pub fn view(&mut self, now: Time) -> View {
        self.act(|rules| rules.view(now))
    }

    /// To be called a few times a second: ends what ran out.
    pub fn tick(&mut self, now: Time) {
        self.act(|rules| rules.pass(now));
    }

    /// Answers a phone. One that has gone in the meantime needs no answer.
    pub fn answer(&mut self, now: Time, request: Request) {
        match request {
            Request::Ask { phone, keys, reply } => {
                if let Some(answer) = self.ask(now, phone, &keys) {
                    let is_host = answer.as_ref().is_ok_and(|asked| matches!(asked.state, State::Host { .. }));
                    self.when_kept(is_host, move |kept| _ = reply.send(answer.map(|asked| Asked { kept, ..asked })));
                }
            }
            Request::State { keys, reply } => {
                let state = self.act(|rules| rules.state(now, &keys));
                self.when_kept(matches!(state, State::Host { .. }), move |kept| {
                    _ = reply.send(Standing { state, kept })
                });
            }
            Request::Abort { keys, reply } => {
                self.act(|rules| rules.abort(now, &keys));
                _ = reply.send(());
            }
            Request::Hosts { reply } => _ = reply.send(self.rules.hosts().to_vec()),
            Request::Revoke { id, reply } => self.revoke(now, id, reply),
        }
    }

    /// `None` if the system has no random bytes for us: then there is no secret to give.
    fn ask(&mut self, now: Time, phone: Phone, keys: &[Key]) -> Option<Result<Asked, AskError>> {
        // A phone that is host already keeps the secret it has.
        if let state @ State::Host { .. } = self.act(|rules| rules.state(now, keys)) {
            return Some(Ok(Asked { state, secret: None, kept: true }));
        }
        let mut bytes = [0; SECRET_BYTES];
        if let Err(error) = getrandom::fill(&mut bytes) {
            log::error!("the system has no random bytes, so no phone can be paired: {error}");
            return None;
        }
        let secret = Secret::new(bytes);
        let key = secret.key();
        let state = self.act(|rules| rules.ask(now, key, phone, keys));
        Some(state.map(|state| Asked { state, secret: Some(secret), kept: true }))
    }

    fn revoke(&mut self, now: Time, id: u64, reply: oneshot::Sender<Result<(), RevokeError>>) {
        let outcome = self.rules.revoke(now, id);
        self.log_news();
        match outcome {
            Err(none) => _ = reply.send(Err(none.into())),
            Ok(_) => {
                self.publish();
                self.save(move |written| _ = reply.send(written.map_err(|_| RevokeError::NotSaved)));
            }
        }
    }

    /// Lets the rules do something, and carries what comes of it: to the log, to `web`, to the file.
    fn act<T>(&mut self, act: impl FnOnce(&mut party::pairing::Pairing) -> T) -> T {
        let before = (self.rules.hosts().len(), self.rules.next_id());
        let result = act(&mut self.rules);
        self.log_news();
        if (self.rules.hosts().len(), self.rules.next_id()) != before {
            self.publish();
            self.save(|_| {});
        }
        result
    }

    fn publish(&self) {
        self.hosts.send_replace(Hosts::new(self.rules.hosts().iter().map(|host| host.key)));
    }

    /// Calls `then` at once, or, with the answer for a host, when it is on the storage that it is one: with whether it is.
    fn when_kept(&self, is_host: bool, then: impl FnOnce(bool) + Send + 'static) {
        match &self.writer {
            Some(writer) if is_host => {
                writer.settle(|file| file == hosts::FILE, Box::new(|kept: Result<(), Error>| then(kept.is_ok())));
            }
            None if is_host => then(false),
            _ => then(true),
        }
    }

    /// Hands the hosts to the writer, which says and owes what the storage refuses.
    fn save(&self, then: impl FnOnce(Result<(), Error>) + Send + 'static) {
        let Some(writer) = &self.writer else { return then(Ok(())) };
        let text = hosts::to_text(self.rules.hosts(), self.rules.next_id());
        // An older list would bring back who was removed.
        writer.write(hosts::FILE, text.into_bytes(), Copies::Newest, Box::new(then));
    }

    /// Writes a line and adds a count for everything that happened.
    fn log_news(&mut self) {
        for outcome in self.rules.take_news() {
            self.counters.count(&outcome);
            // Phones that ask for ever must not hide what the box was told by somebody who stands before it.
            if is_of_phones(&outcome) {
                log::info!("pairing is wanted: {}", describe(&outcome));
            } else {
                log::info!("pairing: {}", describe(&outcome));
            }
        }
    }
}

fn read(folder: &Folder) -> Option<(Vec<party::pairing::Host>, u64)> {
    let text = match folder.read(hosts::FILE) {
        Ok(text) => text?,
        Err(error) => {
            log::warn!("nobody is host until paired again: {error}");
            return None;
        }
    };
    let known = hosts::from_text(&text);
    if known.is_none() {
        // Not within the macro: a log that is switched off evaluates nothing.
        let foreign = folder.set_aside(hosts::FILE);
        log::warn!("nobody is host until paired again: {foreign}");
    }
    known
}

/// Whether phones alone can make it happen, as often as they like.
fn is_of_phones(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Asked { .. }
        | Outcome::Lapsed { .. }
        | Outcome::Aborted { .. }
        | Outcome::Replaced { .. }
        | Outcome::Crowded { .. }
        | Outcome::Refused { .. } => true,
        Outcome::Paired { .. }
        | Outcome::Opened
        | Outcome::Late { .. }
        | Outcome::Closed { .. }
        | Outcome::Shown { .. }
        | Outcome::SamePress
        | Outcome::Full { .. }
        | Outcome::Revoked { .. }
        | Outcome::Forgotten { .. } => false,
    }
}

/// What happened, for the log.
fn describe(outcome: &Outcome) -> String {
    let who = |label: &party::pairing::Label, from: &IpAddr| format!("phone {label} at {from}");
    match outcome {
        Outcome::Asked { label, from } => format!("{} asks; press the button to make it host", who(label, from)),
        Outcome::Paired { label, from } => format!("{} is host now", who(label, from)),
        Outcome::Opened => "pressed while no phone asks; ask on the page, then press again".to_owned(),
        Outcome::Late { label } => format!("pressed too late for phone {label}; ask again, then press"),
        Outcome::Closed { by_press: true } => "pressed again; no phone is awaited any more".to_owned(),
        Outcome::Closed { by_press: false } => "no phone asked within a minute of the press".to_owned(),
        Outcome::Shown { label, from, asking } => format!(
            "{} is one of {asking}; press again within {} s to make it host, later for the next",
            who(label, from),
            CONFIRM_MS / 1_000
        ),
        Outcome::SamePress => "pressed twice; the second press means nothing".to_owned(),
        Outcome::Full { label } => format!("phone {label} is not host: all places are taken"),
        Outcome::Lapsed { label, from } => format!("nobody pressed for {} within a minute", who(label, from)),
        Outcome::Aborted { label, from } => format!("{} no longer asks", who(label, from)),
        Outcome::Replaced { label, from } => format!("{} asks again", who(label, from)),
        Outcome::Crowded { label, from } => {
            format!("{} no longer asks: too many do, and it did most", who(label, from))
        }
        Outcome::Refused { from, why } => format!("{from} may not ask now: {why:?}"),
        Outcome::Revoked { label } => format!("phone {label} is host no more"),
        Outcome::Forgotten { hosts } => format!("all hosts are forgotten; there were {hosts}"),
    }
}

#[cfg(test)]
mod tests;
