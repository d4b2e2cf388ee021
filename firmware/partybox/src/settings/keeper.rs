//! The settings of the box at work: what hosts ask of them, what is kept, and what of it holds now.
//!
//! Decides nothing of what a value does: whoever runs the box reads [`Keeper::config`]. A change is on the storage before it is
//! answered or has any effect; while one is written, the next waits.

use std::sync::Arc;

use appliance::access_point::Sought;
use appliance::clock::NotSet;
use appliance::config::Wifi;
use appliance::credentials::Credentials;
use appliance::state::{Copies, Error, Folder, Writer};
use appliance::{access_point, wifi};
use base::Origin;
use tokio::sync::oneshot;
use toml::{Table, Value};
use web::settings::{Kind, Map, NotRestored, Outcome, Refused, Request, Said, Setting, Settings, Takes};

use super::backup;
use super::kept::{FILE, Kept, concerns};
use super::keys::{KEYS, Key, leaves};
use super::layers::{Layers, is_commanded, lookup};
use crate::config::{Config, HttpConfig};
use crate::overlay::{PASSPHRASE, SSID};

/// Keys of what the box makes by itself where the network is its own.
const MADE: [&str; 2] = [SSID, PASSPHRASE];

/// What can be named is known for this one.
const LINE_IN: &str = "line_in.device";

/// A change on its way to the storage.
#[derive(Debug)]
struct Writing {
    kept: Kept,
    layers: Layers,
    reply: oneshot::Sender<Outcome>,
    written: oneshot::Receiver<Result<(), Error>>,
}

/// What whoever runs the box has to do for a host.
#[derive(Debug)]
pub enum Left {
    /// To begin again.
    Restart,
    /// To learn what time it is, in ms since 1970, to set the system's clock to it if that is wanted, and to say what came of it.
    Clock(u64, bool, oneshot::Sender<Result<(), NotSet>>),
}

/// What keeps the settings.
#[derive(Debug)]
pub struct Keeper {
    kept: Kept,
    /// As it would be after a restart.
    layers: Layers,
    /// As it is now.
    running: Arc<Config>,
    /// What phones join with now, if it is the box's own network.
    network: Option<Credentials>,
    writer: Option<Arc<Writer>>,
    writing: Option<Writing>,
    /// Whether a backup holds from the next start on.
    is_restored: bool,
}

impl Keeper {
    /// Lays what is kept in `folder` over `config`, keeps the box's own network as hosts want it, and notes for the access point
    /// what holds. To be called when the card's file was taken over, and before there is a [`wifi::Wifi`].
    pub fn open(config: &Config, folder: Option<&Folder>) -> Self {
        let mut kept = folder.map(Kept::open).unwrap_or_default();
        let mut layers = Layers::new(config, &kept);
        for (key, allowed) in &layers.left_out {
            log::warn!("{key}, set on the page, is left out: {allowed}");
        }
        if let (Some(folder), true) = (folder, config.wifi.own) {
            if let Err(error) = choose_network(&layers, &mut kept, folder) {
                log::warn!("the Wi-Fi's name or passphrase stays as it was: {error}");
            }
            layers = Layers::new(config, &kept);
            if let Err(error) = access_point::note(folder, &sought(&layers.config), &sought(&layers.base)) {
                log::warn!("the access point is as it was: {error}");
            }
        }
        let running = Arc::new(layers.config.clone());
        Self { kept, layers, running, network: None, writer: None, writing: None, is_restored: false }
    }

    /// Keeps changes from now on, where phones join with this `network`.
    pub fn begin(&mut self, writer: Option<Arc<Writer>>, network: Option<&Credentials>) {
        self.writer = writer;
        self.network = network.filter(|_| self.running.wifi.own).cloned();
    }

    /// Returns the configuration that holds now.
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.running)
    }

    /// Returns whether a change is being written: then the next has to wait.
    pub fn is_writing(&self) -> bool {
        self.writing.is_some()
    }

    /// Answers a host. Returns what of it only whoever runs the box can do.
    pub fn answer(&mut self, request: Request) -> Option<Left> {
        match request {
            Request::Read { reply } => _ = reply.send(self.list()),
            Request::Change { some, reply } => match self.changed(&some) {
                Ok(kept) => self.write(kept, reply),
                Err(refused) => _ = reply.send(Err(refused)),
            },
            Request::Asked { reply } => self.write(self.kept.after_asking(), reply),
            Request::Backup { hosts, reply } => {
                let music = self.running.source.music.clone();
                self.aside(move |folder| _ = reply.send(backup::save(folder, hosts, &music)));
            }
            Request::Restore { backup, reply } => {
                // Whether or not all of it can be kept: some of it may hold after the next start.
                self.is_restored = true;
                let base = self.layers.base.clone();
                if self.writer.is_none() {
                    _ = reply.send(Err(NotRestored::NotKept));
                    return None;
                }
                self.aside(move |folder| _ = reply.send(backup::restore(folder, &backup, &base)));
            }
            Request::Restart { reply } => {
                _ = reply.send(());
                return Some(Left::Restart);
            }
            Request::Clock { unix_ms, set, reply } => return Some(Left::Clock(unix_ms, set, reply)),
        }
        None
    }

    /// Waits until the change is on the storage, or cannot be; for ever where there is none. Must be followed by
    /// [`Self::finish`].
    pub async fn written(&mut self) -> bool {
        match &mut self.writing {
            Some(writing) => {
                let written = (&mut writing.written).await;
                written.is_ok_and(|written| written.inspect_err(|error| log::warn!("settings: {error}")).is_ok())
            }
            None => std::future::pending().await,
        }
    }

    /// Lets the change hold, as far as that is possible now, and answers whoever asked.
    pub fn finish(&mut self, is_written: bool) {
        let Some(Writing { kept, layers, reply, .. }) = self.writing.take() else { return };
        if is_written {
            (self.kept, self.layers) = (kept, layers);
            self.take_effect();
        }
        _ = reply.send(if is_written { Ok(self.list()) } else { Err(Refused::NotKept) });
    }

    /// Forgets what hosts have set of the box's own network, because somebody at the box wants it new. `network` is what phones
    /// join with from now on.
    pub fn forget_network(&mut self) {
        if !self.running.wifi.own || !self.kept.forget(MADE) {
            return;
        }
        self.layers = Layers::new(&self.layers.base, &self.kept);
        if let Some(writer) = &self.writer {
            let done = |written: Result<(), Error>| {
                if let Err(error) = written {
                    log::warn!("the Wi-Fi may get its old name back: {error}");
                }
            };
            writer.write(FILE, self.kept.to_toml().into_bytes(), Copies::Newest, Box::new(done));
        }
    }

    /// Phones join with this from now on.
    pub fn set_network(&mut self, network: Option<&Credentials>) {
        self.network = network.filter(|_| self.running.wifi.own).cloned();
    }

    /// Does what waits for the storage on another thread.
    fn aside(&self, work: impl FnOnce(&Folder) + Send + 'static) {
        let Some(writer) = self.writer.clone() else { return };
        tokio::task::spawn_blocking(move || work(writer.folder()));
    }

    fn write(&mut self, kept: Kept, reply: oneshot::Sender<Outcome>) {
        if kept == self.kept {
            _ = reply.send(Ok(self.list()));
            return;
        }
        let Some(writer) = &self.writer else {
            _ = reply.send(Err(Refused::NotKept));
            return;
        };
        let layers = Layers::new(&self.layers.base, &kept);
        let (done, written) = oneshot::channel();
        writer.write(FILE, kept.to_toml().into_bytes(), Copies::Newest, Box::new(move |result| _ = done.send(result)));
        self.writing = Some(Writing { kept, layers, reply, written });
    }

    /// Returns what is kept with `some` of it changed, or the first thing that is wrong with that.
    fn changed(&self, some: &Map<String, web::settings::Value>) -> Result<Kept, Refused> {
        let mut kept = self.kept.clone();
        let now = self.list();
        for (name, wanted) in some {
            let key = self.settable(name)?;
            let held = now.settings.iter().find(|setting| setting.key == *name);
            let is_made = self.layers.base.wifi.own && MADE.contains(&key.name);
            // Nothing is no name and no passphrase, but the box's own affair.
            if wanted.is_null() || MADE.contains(&key.name) && wanted == "" {
                if kept.set.remove(name).is_some() && is_made {
                    kept.set.insert(name.clone(), "".into());
                }
            } else if held.is_none_or(|held| held.said.value != *wanted) {
                let value = Value::try_from(wanted).map_err(|_| refused(key, wanted, key.allowed()))?;
                kept.set.insert(name.clone(), value);
            }
        }
        let left_out = Layers::new(&self.layers.base, &kept).left_out;
        let new =
            left_out.iter().find(|(name, _)| some.contains_key(*name) || !self.layers.left_out.contains_key(*name));
        match new {
            None => Ok(kept),
            Some((name, why)) => {
                let key = Key::named(name).expect("only such are laid over");
                // The configuration's check says it; what says that a value is of a wrong kind is the parser.
                let allowed = why.split_once("allowed is ").map_or_else(|| key.allowed(), |(_, said)| said.to_owned());
                Err(refused(key, some.get(name).unwrap_or(&web::settings::Value::Null), allowed))
            }
        }
    }

    /// Returns the row of a key that hosts may set here.
    fn settable(&self, name: &str) -> Result<&'static Key, Refused> {
        let not_here = |at| Refused::NotHere { key: name.to_owned(), at };
        let Some(key) = Key::named(name) else {
            let is_known = lookup(&table(&self.layers.base), name).is_some();
            return Err(if is_known { not_here("file") } else { Refused::Unknown { key: name.to_owned() } });
        };
        match key.takes {
            Takes::Elsewhere(at) => Err(not_here(at)),
            Takes::Never => Err(not_here("file")),
            Takes::Now | Takes::Restart if is_commanded(&self.layers.base, name) => Err(not_here("command")),
            Takes::Now | Takes::Restart => Ok(key),
        }
    }

    /// Lets those hold that can do so now.
    fn take_effect(&mut self) {
        let (mut running, next) = (table(&self.running), table(&self.layers.config));
        for key in KEYS.iter().filter(|key| key.takes == Takes::Now) {
            let Some(value) = lookup(&next, key.name) else { continue };
            let mut parts: Vec<&str> = key.name.split('.').collect();
            let last = parts.pop().unwrap_or_default();
            let at = parts.iter().try_fold(&mut running, |at, part| at.get_mut(*part).and_then(Value::as_table_mut));
            at.into_iter().for_each(|at| _ = at.insert(last.to_owned(), value.clone()));
        }
        if let Ok(config) = running.try_into::<Config>() {
            let (card, command) = (self.running.card.clone(), self.running.command.clone());
            self.running = Arc::new(Config { card, command, ..config });
        }
    }

    /// Returns all settings as they are.
    pub fn list(&self) -> Settings {
        let tables = Tables {
            default: table(&Config::default()),
            base: table(&self.layers.base),
            next: table(&self.layers.config),
            running: table(&self.running),
        };
        let mut settings: Vec<Setting> = KEYS.iter().map(|key| self.setting(key, &tables)).collect();
        let mut others = Vec::new();
        leaves(&tables.base, "", &mut others);
        for name in others.into_iter().filter(|name| !KEYS.iter().any(|key| concerns(key.name, name))) {
            let origin = self.layers.origin(&name, &tables.default, &tables.base);
            settings.push(Setting {
                said: Said { value: json(lookup(&tables.base, &name)), origin },
                default: json(lookup(&tables.default, &name)),
                back: None,
                kind: Kind::Other,
                suggestions: Vec::new(),
                takes: Takes::Never,
                pending: false,
                left_out: None,
                key: name.into(),
            });
        }
        let pending = self.is_restored || settings.iter().any(|setting| setting.pending);
        let is_untouched =
            |key: &str| settings.iter().any(|setting| setting.key == key && setting.said.origin == Origin::Default);
        let asks = !self.kept.asked && self.running.wifi.own && is_untouched("wifi.country") && is_untouched("name");
        Settings { settings, pending, asks, ..Settings::default() }
    }

    fn setting(&self, key: &'static Key, tables: &Tables) -> Setting {
        let name = key.name;
        let is_set = self.kept.set.contains_key(name)
            && !is_commanded(&self.layers.base, name)
            && !self.layers.left_out.contains_key(name);
        let below = Said {
            value: json(lookup(&tables.base, name)),
            origin: self.layers.origin(name, &tables.default, &tables.base),
        };
        let mut value = json(lookup(&tables.next, name));
        let mut pending = key.takes == Takes::Restart && lookup(&tables.next, name) != lookup(&tables.running, name);
        let mut is_page = is_set;
        if let (true, Some(network)) = (self.layers.base.wifi.own && MADE.contains(&name), &self.network) {
            let (chosen, now) = match name {
                SSID => (&self.layers.ssid, &network.ssid),
                _ => (&self.layers.passphrase, &network.passphrase),
            };
            let is_made_again = self.layers.made_again.iter().any(|made| made == name);
            pending = is_made_again || chosen.as_ref().is_some_and(|chosen| chosen != now);
            value = chosen.as_ref().unwrap_or(now).as_str().into();
            is_page &= !is_made_again;
        }
        let origin = if is_page { Origin::Page } else { below.origin };
        Setting {
            key: name.into(),
            said: Said { value, origin },
            default: json(lookup(&tables.default, name)),
            back: is_page.then_some(below),
            kind: key.kind,
            suggestions: if name == LINE_IN { audio::capture::recording() } else { Vec::new() },
            takes: if is_commanded(&self.layers.base, name) { Takes::Never } else { key.takes },
            pending,
            left_out: self.layers.left_out.get(name).cloned(),
        }
    }
}

/// The same configuration in its different states.
struct Tables {
    default: Table,
    base: Table,
    next: Table,
    running: Table,
}

/// Chooses the box's own network as hosts have set it. What shall be made again is made once.
fn choose_network(layers: &Layers, kept: &mut Kept, folder: &Folder) -> Result<(), Error> {
    let (ssid, passphrase) = (layers.ssid.as_deref(), layers.passphrase.as_deref());
    let name = &layers.config.name;
    if !layers.made_again.is_empty() {
        let again = |key| layers.made_again.iter().any(|made| made == key);
        let from_card = layers.base.card.as_ref().and_then(|card| card.ssid.as_deref());
        wifi::make_again(folder, name, again(SSID), again(PASSPHRASE))?;
        if let Some(ssid) = from_card.filter(|_| again(SSID)) {
            wifi::choose(folder, name, Some(ssid), None)?;
        }
        kept.set.retain(|key, _| !layers.made_again.contains(key));
        kept.write(folder)?;
    }
    if ssid.is_some() || passphrase.is_some() {
        wifi::choose(folder, name, ssid, passphrase)?;
    }
    Ok(())
}

/// What the access point is set up from, besides what it reads of the state by itself.
fn sought(config: &Config) -> Sought {
    let Wifi { country, band, guests_max, isolate, .. } = config.wifi.clone();
    let HttpConfig { https_port, names, .. } = config.http.clone();
    Sought { country, band, guests_max, isolate, https_port, names: names.to_vec() }
}

fn refused(key: &Key, value: &web::settings::Value, allowed: String) -> Refused {
    let is_secret = matches!(key.kind, Kind::Secret { .. });
    let value = if is_secret { String::new() } else { value.to_string() };
    Refused::Value { key: key.name.to_owned(), value, allowed }
}

fn table(config: &Config) -> Table {
    Table::try_from(config).unwrap_or_default()
}

fn json(value: Option<Value>) -> web::settings::Value {
    value.and_then(|value| serde_json::to_value(value).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
