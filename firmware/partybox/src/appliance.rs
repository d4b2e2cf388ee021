//! The box as a thing that stands somewhere: carries facts of its network, power, storage and updates to the pages, and hosts'
//! choices to the files they are kept in.
//!
//! Decides nothing: what phones are told is in `web::portal`, which radio and channel in `access_point`, what the numbers
//! of the power mean in `power`, whose updates are taken in no file of the firmware.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use base::Time;
use party::Origin;
use web::appliance::{
    Facts, Forgets, Inbox, Keeper, Network, NetworkOrigins, NetworkWish, Refused, Request, UpdateState,
};
use web::metrics::{Kind, Page};
use web::portal;

use crate::access_point::choice::Choice;
use crate::access_point::{self, BOX};
use crate::config::{Cable, Config, Portal, WifiConfig};
use crate::guests::{self, Guests};
use crate::network::{Chosen, RULES_FILE, Rules};
use crate::power::{self, Meter};
use crate::state::{Error, Writer, peek};
use crate::storage::Storage;
use crate::update::{self, Updates};

/// Where the access point's set-up is left by its unit.
const RADIO: &str = "/run/partybox-radio";

/// The folder that systemd makes for the firmware, in which others reach its sockets.
const OWN: &str = "/run/partybox";

/// Looks from one look at slow things (power, the radio's set-up) to the next: 2 s at four a second.
const LOOKS_PER_SLOW_LOOK: u32 = 8;

/// Everything about it that the box's loop looks after.
pub struct Appliance {
    keeper: Keeper,
    /// `None` where the network is not the box's own.
    rules: Option<Rules>,
    /// The configured rules.
    configured: Rules,
    /// Those that hosts have chosen instead.
    chosen: Chosen,
    port: u16,
    writer: Option<Arc<Writer>>,
    guests: Guests,
    /// The radio, once there is an access point.
    choice: Option<Choice>,
    meter: Meter,
    power: Option<web::appliance::Power>,
    updates: Option<Updates>,
    storage: Storage,
    forgets: Option<Forgets>,
    looks: u32,
}

impl Appliance {
    /// Goes on with what a host chose last, if it is kept in the writer's folder.
    pub fn new(config: &Config, keeper: Keeper, writer: Option<Arc<Writer>>) -> Self {
        let kept = writer.as_ref().and_then(|writer| peek(writer.folder().path(), RULES_FILE));
        let chosen = kept.map(|text| Chosen::read(&text)).unwrap_or_default();
        let configured = Rules::of(&config.wifi);
        let storage =
            Storage::new(Path::new(update::RUN), writer.as_ref().map(|writer| writer.folder().path().to_owned()));
        let mut appliance = Self {
            keeper,
            rules: config.wifi.own.then(|| configured.with(&chosen)),
            configured,
            chosen,
            port: config.listen.port(),
            writer,
            guests: Guests::new(Path::new(guests::CONTROL), Path::new(OWN)),
            choice: None,
            meter: Meter::new(Path::new("/sys")),
            power: None,
            updates: Updates::new(&config.update.inbox, Path::new(update::RUN), Path::new(update::STICKS)),
            storage,
            forgets: None,
            looks: 0,
        };
        appliance.look(Time::ZERO);
        appliance
    }

    /// Where an update comes in; `None` where there is none.
    pub fn inbox(&self) -> Option<Inbox> {
        self.updates.as_ref().map(Updates::inbox)
    }

    /// What a host asks for next; for ever nothing once the server has ended.
    pub async fn next(&mut self) -> Request {
        match self.keeper.requests.recv().await {
            Some(request) => request,
            None => std::future::pending().await,
        }
    }

    /// Does it. A host who has gone in the meantime needs no answer.
    pub fn obey(&mut self, now: Time, request: Request) {
        match request {
            Request::SetNetwork { wish, reply } => match self.rules {
                None => {
                    let why = "The network is not the box's own.";
                    _ = reply.send(Err(Refused { code: "not-own-network", why }));
                }
                Some(before) => {
                    self.chosen = self.chosen.and(&before, &chosen(wish));
                    self.rules = Some(self.configured.with(&self.chosen));
                    let told = move |written: Result<(), Error>| {
                        let outcome = written.map_err(|error| {
                            log::warn!("the network's rules cannot be kept: {error}");
                            Refused { code: "not-kept", why: "It cannot be kept beyond a restart." }
                        });
                        _ = reply.send(outcome);
                    };
                    match &self.writer {
                        Some(writer) => writer.write(RULES_FILE, self.chosen.written().into_bytes(), Box::new(told)),
                        None => told(Err(Error::NoPlace)),
                    }
                }
            },
            Request::TakeFromStick { reply } => _ = reply.send(self.take_from_stick()),
            Request::Restart { reply } => _ = reply.send(self.restart()),
            Request::StartAnew { reply } => _ = reply.send(self.storage.start_anew()),
        }
        self.look(now);
    }

    /// To be called a few times a second: looks at everything, and tells what has changed.
    pub fn look(&mut self, now: Time) {
        if self.looks == 0 {
            self.power = self.meter.look();
            self.choice = self.rules.and_then(|_| access_point::decided(Path::new(RADIO)));
            self.forgets = self.storage.look();
        }
        self.looks = (self.looks + 1) % LOOKS_PER_SLOW_LOOK;
        let network = self.rules.map(|rules| Network {
            portal: mode(rules.portal),
            probed_at: IpAddr::V4(portal::ADDRESS),
            page: if self.port == 80 { format!("http://{BOX}/") } else { format!("http://{BOX}:{}/", self.port) },
            forward: rules.forward,
            cable_to_guests: rules.cable == Cable::Guests,
            origins: origins(&self.chosen, &self.configured),
        });
        let next = Facts {
            network,
            radio: self.choice.as_ref().map(|choice| self.guests.look(now, choice)),
            power: self.power.clone(),
            update: self.updates.as_mut().map(Updates::look),
            forgets: self.forgets,
        };
        self.keeper.facts.send_if_modified(|facts| {
            let changed = next != **facts;
            if changed {
                *facts = Arc::new(next);
            }
            changed
        });
    }

    /// Whether this start must prove itself by sound.
    pub fn is_trial(&self) -> bool {
        self.updates.as_ref().is_some_and(Updates::is_trial)
    }

    /// Sound has flowed for long enough.
    pub fn prove(&mut self) {
        if let Some(updates) = &mut self.updates {
            updates.prove();
        }
    }

    /// Whether it forgets what it is told when it is switched off.
    pub fn forgets(&self) -> bool {
        self.forgets.is_some()
    }

    /// Returns whether an update is being written, so that the box must not be switched off.
    pub fn is_updating(&self) -> bool {
        self.keeper.facts.borrow().update.as_ref().is_some_and(|update| update.state == UpdateState::Writing)
    }

    /// How much of the radio's room is taken, percent.
    pub fn fullness_percent(&self) -> usize {
        let facts = self.keeper.facts.borrow();
        let radio = facts.radio.as_ref().filter(|radio| radio.guests_max > 0);
        radio.map_or(0, |radio| usize::from(radio.guests) * 100 / usize::from(radio.guests_max))
    }

    fn take_from_stick(&mut self) -> Result<(), Refused> {
        let updates = self.updates.as_mut().ok_or(NOT_UPDATABLE)?;
        let busy = Refused { code: "busy", why: "The box is too busy; try again in a moment." };
        // Another one may be on its way in by HTTP: both are written under one name.
        let place = Arc::clone(&self.keeper.receiving).try_acquire_owned();
        let place = place.map_err(|_| busy.clone())?;
        let why = "There is no update on a stick.";
        let (from, inbox) = updates.take_found().ok_or(Refused { code: "no-update", why })?;
        log::info!("an update is taken from {}", from.display());
        // A stick is slow: nobody waits for it. What became of it is seen by the file, or told in the log.
        let copy = move || {
            let _place = place;
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

/// What is said of updates where there are none.
const NOT_UPDATABLE: Refused =
    Refused { code: "not-updatable", why: "This machine is not a box that is updated like this." };

/// Adds the numbers to a page of metrics.
pub fn metrics(facts: &Facts, page: &mut Page) {
    let help = "Whether what the box is told is lost with the next restart.";
    page.number("forgets", Kind::Gauge, help, u8::from(facts.forgets.is_some()).into());
    if let Some(power) = &facts.power {
        power::metrics(power, page);
    }
    if let Some(radio) = &facts.radio {
        let mut gauge = |name, help, value: u16| page.number(name, Kind::Gauge, help, value.into());
        gauge("radio_guests", "Phones in the box's own network.", radio.guests);
        gauge("radio_guests_max", "Phones that may be in it.", radio.guests_max);
    }
}

/// Returns what a host wants as choices.
fn chosen(NetworkWish { portal, forward, cable_to_guests }: NetworkWish) -> Chosen {
    let cable = |to_guests| if to_guests { Cable::Guests } else { Cable::House };
    Chosen { portal: portal.map(from_mode), forward, cable: cable_to_guests.map(cable), ..Chosen::default() }
}

/// Returns who said what each rule is.
fn origins(chosen: &Chosen, configured: &Rules) -> NetworkOrigins {
    let default = Rules::of(&WifiConfig::default());
    NetworkOrigins {
        portal: Origin::of(chosen.portal.as_ref(), &configured.portal, &default.portal),
        forward: Origin::of(chosen.forward.as_ref(), &configured.forward, &default.forward),
        cable: Origin::of(chosen.cable.as_ref(), &configured.cable, &default.cable),
    }
}

fn mode(portal: Portal) -> portal::Mode {
    match portal {
        Portal::Quiet => portal::Mode::Quiet,
        Portal::SignIn => portal::Mode::SignIn,
        Portal::Off => portal::Mode::Off,
    }
}

fn from_mode(mode: portal::Mode) -> Portal {
    match mode {
        portal::Mode::Quiet => Portal::Quiet,
        portal::Mode::SignIn => Portal::SignIn,
        portal::Mode::Off => Portal::Off,
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::state::Folder;

    fn writer(directory: &tempfile::TempDir) -> Option<Arc<Writer>> {
        let folder = Folder::open(directory.path().to_owned()).unwrap();
        Some(Arc::new(Writer::new(Arc::new(folder)).unwrap()))
    }

    fn own() -> Config {
        Config { wifi: WifiConfig { own: true, ..WifiConfig::default() }, ..Config::default() }
    }

    fn set(appliance: &mut Appliance) -> Result<(), Refused> {
        let (reply, mut outcome) = oneshot::channel();
        let wish = NetworkWish { portal: Some(portal::Mode::SignIn), cable_to_guests: Some(true), forward: None };
        appliance.obey(Time::ZERO, Request::SetNetwork { wish, reply });
        // Dropping the writer waits until everything is written.
        appliance.writer = None;
        outcome.try_recv().expect("an answer")
    }

    #[test]
    fn what_a_host_chose_holds_at_once_and_after_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let (http, keeper) = web::appliance::channel();
        let mut appliance = Appliance::new(&own(), keeper, writer(&directory));
        assert_eq!(set(&mut appliance), Ok(()));
        assert_eq!(http.facts.borrow().network.as_ref().unwrap().portal, portal::Mode::SignIn);
        let (http, keeper) = web::appliance::channel();
        let _again = Appliance::new(&own(), keeper, writer(&directory));
        let network = http.facts.borrow().network.clone().unwrap();
        assert_eq!((network.portal, network.cable_to_guests), (portal::Mode::SignIn, true));
        let (chosen, not) = (Origin::Page, Origin::Default);
        assert_eq!(network.origins, NetworkOrigins { portal: chosen, forward: not, cable: chosen });
    }

    #[test]
    fn somebody_elses_network_is_not_the_boxs_to_rule() {
        let (http, keeper) = web::appliance::channel();
        let mut appliance = Appliance::new(&Config::default(), keeper, None);
        assert_eq!(set(&mut appliance).map_err(|refused| refused.code), Err("not-own-network"));
        assert_eq!(http.facts.borrow().network, None);
    }

    #[test]
    fn an_update_is_not_taken_from_a_stick_while_another_comes_in() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        ["inbox", "run", "sticks/a"].into_iter().for_each(|name| std::fs::create_dir_all(path(name)).unwrap());
        std::fs::write(path("sticks/a/new.raucb"), "update").unwrap();
        let (http, keeper) = web::appliance::channel();
        let mut appliance = Appliance::new(&Config::default(), keeper, None);
        appliance.updates = Updates::new(&path("inbox"), &path("run"), &path("sticks"));
        appliance.look(Time::ZERO);
        let receiving = Arc::clone(&http.receiving).try_acquire_owned().expect("nobody sends one");
        assert_eq!(appliance.take_from_stick().map_err(|refused| refused.code), Err("busy"));
        drop(receiving);
        assert_eq!(appliance.take_from_stick(), Ok(()), "it is still there, and nothing else comes in");
        // The place is free again once the copy has its name.
        let limit = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while http.receiving.available_permits() == 0 && std::time::Instant::now() < limit {
            thread::yield_now();
        }
        assert_eq!(std::fs::read_to_string(path("inbox/inbox.raucb")).unwrap(), "update");
    }

    #[test]
    fn the_box_must_not_be_switched_off_while_an_update_is_written_and_at_no_other_time() {
        let (_http, keeper) = web::appliance::channel();
        let appliance = Appliance::new(&Config::default(), keeper, None);
        let during = |state| {
            let update = Some(web::appliance::Update { state, ..Default::default() });
            appliance.keeper.facts.send_replace(Arc::new(Facts { update, ..Facts::default() }));
            appliance.is_updating()
        };
        assert!(during(UpdateState::Writing));
        assert!(
            !during(UpdateState::Receiving) && !during(UpdateState::Verifying) && !during(UpdateState::RestartNeeded)
        );
    }

    #[test]
    fn a_machine_that_is_no_box_says_so_when_it_is_to_be_updated() {
        let (http, keeper) = web::appliance::channel();
        let mut appliance = Appliance::new(&Config::default(), keeper, None);
        assert_eq!(http.facts.borrow().update, None);
        let (reply, mut outcome) = oneshot::channel();
        appliance.obey(Time::ZERO, Request::Restart { reply });
        assert_eq!(outcome.try_recv().expect("an answer").map_err(|refused| refused.code), Err("not-updatable"));
    }
}
