//! The network that guests shall join: somebody else's by the configuration, or the box's own, kept in the state folder.
//!
//! Makes no radio waves; what an access point is set up with lies in the file [`FILE`] of the state folder.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::config::{Cable, Portal, WifiConfig};
use crate::state::Writer;
use crate::wifi::{Credentials, RANDOM_BYTES};

/// The file's name in the state folder.
pub const FILE: &str = "wifi";

/// Where the [`Rules`] that hosts have chosen are kept.
pub const RULES_FILE: &str = "network";

/// Version of the shape in which they are kept.
const VERSION: u32 = 2;

/// What a host may choose about the box's own network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// What phones are told when they ask for the internet.
    pub portal: Portal,
    /// Whether guests get there.
    pub forward: bool,
    /// What the cable leads to.
    pub cable: Cable,
}

/// Those that hosts have chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// Left out by the version that kept all rules that held, whoever said them.
    #[serde(default)]
    pub version: Option<u32>,
    /// See [`Rules::portal`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portal: Option<Portal>,
    /// See [`Rules::forward`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward: Option<bool>,
    /// See [`Rules::cable`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cable: Option<Cable>,
}

impl Rules {
    /// Returns the configured rules.
    pub fn of(config: &WifiConfig) -> Self {
        Self { portal: config.portal, forward: config.forward, cable: config.cable }
    }

    /// Returns these rules with what hosts have chosen instead.
    #[must_use]
    pub fn with(self, chosen: &Chosen) -> Self {
        Self {
            portal: chosen.portal.unwrap_or(self.portal),
            forward: chosen.forward.unwrap_or(self.forward),
            cable: chosen.cable.unwrap_or(self.cable),
        }
    }
}

impl Chosen {
    /// Returns those of `rules` that are not as in `before`.
    fn between(before: &Rules, rules: &Rules) -> Self {
        Self {
            version: None,
            portal: (before.portal != rules.portal).then_some(rules.portal),
            forward: (before.forward != rules.forward).then_some(rules.forward),
            cable: (before.cable != rules.cable).then_some(rules.cable),
        }
    }

    /// Returns what kept ones say; nothing if they are not whole. Of a snapshot of all rules, those that are not the
    /// defaults count as chosen.
    pub fn read(text: &str) -> Self {
        let Ok(kept) = toml::from_str::<Self>(text) else { return Self::default() };
        let default = Rules::of(&WifiConfig::default());
        match kept.version {
            None => Self::between(&default, &default.with(&kept)),
            Some(VERSION) => Self { version: None, ..kept },
            Some(_) => Self::default(),
        }
    }

    /// Returns how they are kept.
    pub fn written(&self) -> String {
        toml::to_string(&Self { version: Some(VERSION), ..*self }).expect("four values are a table")
    }

    /// Adds those of `wish` that are not as in `now`: whoever sends all has chosen those.
    #[must_use]
    pub fn and(self, now: &Rules, wish: &Self) -> Self {
        let new = Self::between(now, &now.with(wish));
        Self {
            version: None,
            portal: new.portal.or(self.portal),
            forward: new.forward.or(self.forward),
            cable: new.cable.or(self.cable),
        }
    }
}

/// What guests need to join.
pub struct Network {
    /// Name of the box, for new credentials; `None` if the network is not its own.
    own: Option<String>,
    credentials: Option<Credentials>,
    /// `None`: credentials last until the box restarts.
    writer: Option<Arc<Writer>>,
}

impl Network {
    /// The configured network. The box's own is read from the writer's folder; what is not there or not whole is made.
    pub fn new(config: &WifiConfig, name: &str, writer: Option<Arc<Writer>>) -> Self {
        let (ssid, passphrase) = (config.ssid.clone(), config.passphrase.clone());
        let configured = (!ssid.is_empty()).then_some(Credentials { ssid, passphrase });
        let mut network = Self { own: config.own.then(|| name.to_owned()), credentials: configured, writer };
        if network.own.is_some() {
            network.credentials = network.kept();
            if network.credentials.is_none() {
                network.renew();
            }
        }
        network
    }

    /// What a phone needs now; `None` if there is no network to tell of.
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// Makes new credentials if the network is the box's own. Says whether it did.
    pub fn renew(&mut self) -> bool {
        let Some(name) = &self.own else { return false };
        let mut random = [0; RANDOM_BYTES];
        if let Err(error) = getrandom::fill(&mut random) {
            log::error!("the system has no random bytes, so the Wi-Fi keeps its passphrase: {error}");
            return false;
        }
        let credentials = Credentials::new(name, random);
        log::info!("the Wi-Fi has a new name and passphrase: {}", credentials.ssid);
        if let Some(writer) = &self.writer {
            let told = |written: Result<(), _>| {
                if let Err(error) = written {
                    log::warn!("the new Wi-Fi credentials cannot be kept: {error}");
                }
            };
            writer.write(FILE, credentials.written().into_bytes(), Box::new(told));
        }
        self.credentials = Some(credentials);
        true
    }

    fn kept(&self) -> Option<Credentials> {
        let folder = self.writer.as_ref()?.folder();
        let text =
            folder.read(FILE).inspect_err(|error| log::warn!("the Wi-Fi gets a new passphrase: {error}")).ok()??;
        let read = std::str::from_utf8(&text).ok().and_then(Credentials::read);
        if read.is_none() {
            let foreign = folder.set_aside(FILE);
            log::warn!("the Wi-Fi gets a new passphrase: {foreign}");
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Folder;

    fn writer(directory: &tempfile::TempDir) -> Option<Arc<Writer>> {
        let folder = Folder::open(directory.path().to_owned()).unwrap();
        Some(Arc::new(Writer::new(Arc::new(folder)).unwrap()))
    }

    fn own() -> WifiConfig {
        WifiConfig { own: true, ..WifiConfig::default() }
    }

    #[test]
    fn what_was_chosen_is_read_and_the_rest_is_the_configurations() {
        let config = WifiConfig { portal: Portal::Off, forward: true, ..WifiConfig::default() };
        let rules = |text: &str| Rules::of(&config).with(&Chosen::read(text));
        for damaged in ["", "forward = 3", "version = 3\nforward = false"] {
            assert_eq!(rules(damaged), Rules::of(&config), "{damaged}");
        }
        let now = Rules::of(&config);
        let wish = Chosen { portal: Some(Portal::Off), forward: Some(false), ..Chosen::default() };
        let chosen = Chosen::default().and(&now, &wish);
        assert_eq!((chosen.portal, chosen.forward), (None, Some(false)), "what holds already was not chosen");
        assert_eq!(Chosen::read(&chosen.written()), chosen);
        assert_eq!(rules(&chosen.written()), Rules { forward: false, ..now }, "the default wins if it was chosen");
        let snapshot = "portal = \"quiet\"\nforward = false\ncable = \"guests\"\n";
        assert_eq!(rules(snapshot), Rules { cable: Cable::Guests, ..now }, "of the version before");
    }

    #[test]
    fn the_boxs_own_credentials_outlast_a_restart_and_are_made_anew_when_asked() {
        let directory = tempfile::tempdir().unwrap();
        let start = || Network::new(&own(), "Box", writer(&directory));
        let first = start().credentials().cloned().expect("credentials");
        let mut again = start();
        assert_eq!(again.credentials(), Some(&first));
        assert!(again.renew());
        let renewed = again.credentials().cloned();
        assert_ne!(renewed, Some(first));
        drop(again);
        assert_eq!(start().credentials().cloned(), renewed);
    }

    #[test]
    fn a_damaged_file_is_kept_aside_and_costs_a_new_passphrase() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(FILE), "ssid = 3").unwrap();
        let made = Network::new(&own(), "Box", writer(&directory)).credentials().cloned();
        assert!(made.is_some_and(|made| made.is_valid()));
        assert!(directory.path().join("wifi.damaged-1").exists());
    }

    #[test]
    fn somebody_elses_network_is_told_of_and_never_renewed() {
        let config =
            WifiConfig { ssid: "Home".to_owned(), passphrase: "long enough".to_owned(), ..WifiConfig::default() };
        let mut network = Network::new(&config, "Box", None);
        assert!(!network.renew());
        assert_eq!(network.credentials().map(|network| network.ssid.as_str()), Some("Home"));
        assert_eq!(Network::new(&WifiConfig::default(), "Box", None).credentials(), None);
    }
}
