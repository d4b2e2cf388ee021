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

/// Where a host's [`Rules`] are kept.
pub const RULES_FILE: &str = "network";

/// What a host may choose about the box's own network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// What phones are told when they ask for the internet.
    pub portal: Portal,
    /// Whether guests get there.
    pub forward: bool,
    /// What the cable leads to.
    #[serde(default)]
    pub cable: Cable,
}

impl Rules {
    /// As configured.
    pub fn of(config: &WifiConfig) -> Self {
        Self { portal: config.portal, forward: config.forward, cable: config.cable }
    }

    /// What kept ones say, if they are whole.
    pub fn read(text: &str) -> Option<Self> {
        toml::from_str(text).ok()
    }

    /// How they are kept.
    pub fn written(&self) -> String {
        toml::to_string(self).expect("two values are a table")
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
