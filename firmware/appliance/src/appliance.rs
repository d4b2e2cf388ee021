//! The door of the room: polls network, power, storage and updates, publishes what has changed, and does what hosts ask.
//!
//! Decides little: which radio and channel are used is in `access_point`, what the numbers of the power mean in `power`; who
//! may ask, and in which words pages are answered, is HTTP's; whose updates are installed is in no file of the firmware.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use base::Time;
use tokio::sync::watch;

use crate::access_point;
use crate::access_point::choice::Choice;
use crate::card_file::Problem;
use crate::clock::{self, ClockFacts, ClockUnit};
use crate::config::{Config, Which};
use crate::facts::{Facts, Forgets, Network, NetworkTrouble, Power};
use crate::handle::{Inbox, Refused, Reply, Request, Service};
use crate::network::{BOX, PORTAL};
use crate::power::Meter;
use crate::rules::{self, Below, Change, Rules};
use crate::signs::Signs;
use crate::state::{Copies, Error, Writer};
use crate::stations::{self, Stations};
use crate::storage::Storage;
use crate::ticker::Ticker;
use crate::update::{self, Updates};

/// Where the access point's set-up is left by its unit.
const RADIO: &str = "/run/partybox-radio";

/// The folder that systemd makes for the firmware, in which others reach its sockets.
const OWN: &str = "/run/partybox";

/// How often slow things (power, storage, the radio's set-up) are read, µs.
const SLOW_US: u64 = 2_000_000;

/// Everything about the box as a thing. What it reads may be slow: see [`crate::Upkeep`].
#[derive(Debug)]
pub struct Appliance {
    service: Service,
    /// `None` where the network is not the box's own.
    rules: Option<Rules>,
    /// The configured rules.
    configured: Rules,
    /// Those that hosts have changed.
    changed: Change,
    said_by_card: Which,
    card_problems: Option<Vec<Problem>>,
    page_port: u16,
    writer: Option<Arc<Writer>>,
    stations: Stations,
    /// The radio, once there is an access point.
    choice: Option<Choice>,
    meter: Meter,
    power: Option<Power>,
    updates: Option<Updates>,
    storage: Storage,
    forgets: Option<Forgets>,
    signs: Signs,
    network_trouble: Option<NetworkTrouble>,
    clock: ClockUnit,
    clock_facts: ClockFacts,
    slow: Ticker,
}

impl Appliance {
    /// Goes on with what a host chose last, if it is kept in the writer's folder.
    pub fn new(config: &Config, service: Service, writer: Option<Arc<Writer>>) -> Self {
        let whole = |text: &[u8]| String::from_utf8(text.to_vec()).ok();
        let loss = "the network is as configured";
        let kept = writer.as_ref().and_then(|writer| writer.folder().read_or_older(rules::FILE, loss, whole));
        let changed = kept.map(|text| Change::parse(&text)).unwrap_or_default();
        let configured = Rules::of(&config.wifi);
        let run = Path::new(update::RUN);
        let storage = Storage::new(run, writer.clone());
        let mut appliance = Self {
            service,
            rules: config.wifi.own.then(|| configured.with(&changed)),
            configured,
            changed,
            said_by_card: config.said_by_card,
            card_problems: config.card_problems.clone(),
            page_port: config.page_port,
            writer,
            stations: Stations::new(Path::new(stations::CONTROL), Path::new(OWN)),
            choice: None,
            meter: Meter::new(Path::new("/sys")),
            power: None,
            updates: Updates::new(&config.inbox, run, Path::new(update::STICKS)),
            storage,
            forgets: None,
            signs: Signs::new(run),
            network_trouble: None,
            clock: ClockUnit::new(run, Path::new("/sys")),
            clock_facts: ClockFacts::default(),
            slow: Ticker::new(SLOW_US),
        };
        appliance.poll(Time::ZERO);
        appliance
    }

    /// Returns where an update comes in; `None` where there is none.
    pub fn inbox(&self) -> Option<Inbox> {
        self.updates.as_ref().map(Updates::inbox)
    }

    /// Waits for what a host asks next; for ever once every handle is gone.
    pub async fn next(&mut self) -> Request {
        match self.service.requests.recv().await {
            Some(request) => request,
            None => std::future::pending().await,
        }
    }

    /// Does what a host asks. One who has gone in the meantime needs no answer.
    pub fn handle(&mut self, now: Time, request: Request) {
        match request {
            Request::SetNetwork { change, back, reply } => self.set_network(&change, back, reply),
            Request::CopyFromStick { reply } => _ = reply.send(self.copy_from_stick()),
            Request::Restart { reply } => _ = reply.send(self.restart()),
            Request::EraseStorage { reply } => _ = reply.send(self.storage.erase()),
        }
        self.poll(now);
    }

    /// Polls everything that is due, and publishes what has changed.
    pub fn poll(&mut self, now: Time) {
        if self.slow.is_due(now) {
            self.power = self.meter.read();
            self.choice = self.rules.and_then(|_| access_point::read_choice(Path::new(RADIO)));
            self.forgets = self.storage.poll();
            self.network_trouble = self.rules.and_then(|_| self.signs.poll(self.choice.is_some()));
            self.clock_facts = self.clock.facts(clock::system_ms());
        }
        let next = Facts {
            network: self.rules.map(|rules| self.network(rules)),
            radio: self.choice.as_ref().map(|choice| self.stations.poll(now, choice)),
            power: self.power.clone(),
            update: self.updates.as_mut().map(|updates| updates.poll(now)),
            forgets: self.forgets,
            card_problems: self.card_problems.clone(),
            network_trouble: self.network_trouble.clone(),
            clock: self.clock_facts,
        };
        self.service.facts.send_if_modified(|facts| {
            let changed = next != **facts;
            if changed {
                *facts = Arc::new(next);
            }
            changed
        });
    }

    /// Returns whether this start must prove itself by sound.
    pub fn is_trial(&self) -> bool {
        self.updates.as_ref().is_some_and(Updates::is_trial)
    }

    /// Lets this version stay: sound has flowed for long enough.
    pub fn prove(&mut self) {
        if let Some(updates) = &mut self.updates {
            updates.prove();
        }
    }

    /// Returns what sets the clock.
    pub(crate) fn clock_unit(&self) -> ClockUnit {
        self.clock.clone()
    }

    /// Returns the facts as they are published.
    pub(crate) fn facts(&self) -> watch::Receiver<Arc<Facts>> {
        self.service.facts.subscribe()
    }

    fn network(&self, rules: Rules) -> Network {
        let port = self.page_port;
        Network {
            portal: rules.portal,
            probed_at: IpAddr::V4(PORTAL),
            page: if port == 80 { format!("http://{BOX}/") } else { format!("http://{BOX}:{port}/") },
            forward: rules.forward,
            cable: rules.cable,
            origins: self.changed.origins(&self.configured, self.said_by_card),
            below: Below::new(self.configured, self.said_by_card),
        }
    }

    fn set_network(&mut self, change: &Change, back: Which, reply: Reply) {
        let Some(before) = self.rules else {
            let why = "The network is not the box's own.";
            _ = reply.send(Err(Refused { code: "not-own-network", why }));
            return;
        };
        self.changed = self.changed.and(&before, change).without(back);
        self.rules = Some(self.configured.with(&self.changed));
        let answer = move |written: Result<(), Error>| {
            let outcome = written.map_err(|error| {
                log::warn!("the network's rules cannot be kept: {error}");
                NOT_KEPT
            });
            _ = reply.send(outcome);
        };
        match &self.writer {
            Some(writer) => {
                let text = self.changed.to_toml().into_bytes();
                writer.write(rules::FILE, text, Copies::AndOlder, Box::new(answer));
            }
            None => answer(Err(Error::NoPlace)),
        }
    }

    fn copy_from_stick(&mut self) -> Result<(), Refused> {
        let updates = self.updates.as_mut().ok_or(NOT_UPDATABLE)?;
        let busy = Refused { code: "busy", why: "The box is too busy; try again in a moment." };
        // Another one may be on its way in by HTTP: both are written under one name.
        let permit = Arc::clone(&self.service.receiving).try_acquire_owned();
        let permit = permit.map_err(|_| busy.clone())?;
        let why = "There is no update on a stick.";
        let (from, inbox) = updates.accept_found().ok_or(Refused { code: "no-update", why })?;
        log::info!("an update is taken from {}", from.display());
        // A stick is slow: nobody waits for it. What became of it is seen by the file, or in the log.
        let copy = move || {
            let _permit = permit;
            if let Err(error) = update::copy(&inbox, &from) {
                log::warn!("the update cannot be taken from {}: {error}", from.display());
            }
        };
        thread::Builder::new().name("stick".to_owned()).spawn(copy).map(drop).map_err(|_| busy)
    }

    fn restart(&self) -> Result<(), Refused> {
        let updates = self.updates.as_ref().ok_or(NOT_UPDATABLE)?;
        updates.restart().map_err(|error| {
            log::warn!("the restart cannot be asked for: {error}");
            Refused { code: "not-updatable", why: "The box cannot restart itself; pull its plug." }
        })
    }
}

/// What is answered when something holds and cannot be written.
const NOT_KEPT: Refused = Refused {
    code: "not-kept",
    why: "It holds, but the box cannot write it down now: a restart may bring back what was before.",
};

/// What is answered about updates where there are none.
const NOT_UPDATABLE: Refused =
    Refused { code: "not-updatable", why: "This machine is not a box that is updated like this." };

#[cfg(test)]
mod tests;
