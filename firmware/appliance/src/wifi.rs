//! The Wi-Fi that phones join: somebody else's by the configuration, or the box's own, whose credentials are kept in the state
//! folder and are new whenever that is asked for.
//!
//! Makes no radio waves; an access point is set up with the credentials in the file [`FILE`] of the state folder.

use std::io;
use std::sync::Arc;

use crate::config;
use crate::credentials::{Credentials, RANDOM_BYTES};
use crate::state::{Copies, Error, Folder, Writer};

/// The file's name in the state folder.
pub const FILE: &str = "wifi";

/// Keeps a name or a passphrase, or both, that the owner of the box called `name` chose for its own network. What is not
/// chosen stays, or is made. When this returns, they are on the storage. To be called before there is a [`Wifi`].
///
/// # Errors
/// They cannot be kept; what was kept before stays.
pub fn choose(folder: &Folder, name: &str, ssid: Option<&str>, passphrase: Option<&str>) -> Result<(), Error> {
    let mut credentials = kept(folder).map_or_else(|| made(folder, name), Ok)?;
    if let Some(ssid) = ssid {
        ssid.clone_into(&mut credentials.ssid);
    }
    if let Some(passphrase) = passphrase {
        passphrase.clone_into(&mut credentials.passphrase);
    }
    folder.write(FILE, credentials.to_toml().as_bytes())
}

/// Makes the name or the passphrase again, or both, as the box called `name` makes them; what is not made again stays. When this
/// returns, they are on the storage. To be called before there is a [`Wifi`].
///
/// # Errors
/// They cannot be kept; what was kept before stays.
pub fn make_again(folder: &Folder, name: &str, ssid: bool, passphrase: bool) -> Result<(), Error> {
    let made = made(folder, name)?;
    let mut credentials = kept(folder).unwrap_or_else(|| made.clone());
    if ssid {
        credentials.ssid = made.ssid;
    }
    if passphrase {
        credentials.passphrase = made.passphrase;
    }
    folder.write(FILE, credentials.to_toml().as_bytes())
}

/// Returns what is kept, if it is whole.
fn kept(folder: &Folder) -> Option<Credentials> {
    let text = folder.read(FILE).ok()??;
    Credentials::parse(std::str::from_utf8(&text).ok()?)
}

/// Returns new ones.
fn made(folder: &Folder, name: &str) -> Result<Credentials, Error> {
    let mut random = [0; RANDOM_BYTES];
    let filled = getrandom::fill(&mut random);
    filled.map_err(|error| Error::System(folder.path().join(FILE), io::Error::other(error.to_string())))?;
    Ok(Credentials::new(name, random))
}

/// The Wi-Fi that phones join.
#[derive(Debug)]
pub struct Wifi {
    /// Name of the box, for new credentials; `None` if the network is not its own.
    own: Option<String>,
    credentials: Option<Credentials>,
    /// `None`: credentials last until the box restarts.
    writer: Option<Arc<Writer>>,
}

impl Wifi {
    /// Returns the configured Wi-Fi. The box's own is read from the writer's folder; what is not there or not whole is made.
    pub fn new(config: &config::Wifi, name: &str, writer: Option<Arc<Writer>>) -> Self {
        let (ssid, passphrase) = (config.ssid.clone(), config.passphrase.clone());
        let configured = (!ssid.is_empty()).then_some(Credentials { ssid, passphrase });
        let mut wifi = Self { own: config.own.then(|| name.to_owned()), credentials: configured, writer };
        if wifi.own.is_some() {
            wifi.credentials = wifi.kept();
            if wifi.credentials.is_none() {
                wifi.renew();
            }
        }
        wifi
    }

    /// New credentials are for a box of this name from now on.
    pub fn set_name(&mut self, name: &str) {
        if let Some(own) = &mut self.own {
            name.clone_into(own);
        }
    }

    /// Returns what a phone needs to join now; `None` if no network is known.
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// Makes new credentials if the network is the box's own. Returns whether it did.
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
            let done = |written: Result<(), _>| {
                if let Err(error) = written {
                    log::warn!("the new Wi-Fi credentials cannot be kept: {error}");
                }
            };
            // An older passphrase would let in who was shut out.
            writer.write(FILE, credentials.to_toml().into_bytes(), Copies::Newest, Box::new(done));
        }
        self.credentials = Some(credentials);
        true
    }

    /// Reads the credentials that were kept; what is not whole is set aside.
    fn kept(&self) -> Option<Credentials> {
        let folder = self.writer.as_ref()?.folder();
        let text =
            folder.read(FILE).inspect_err(|error| log::warn!("the Wi-Fi gets a new passphrase: {error}")).ok()??;
        let parsed = std::str::from_utf8(&text).ok().and_then(Credentials::parse);
        if parsed.is_none() {
            let foreign = folder.set_aside(FILE);
            log::warn!("the Wi-Fi gets a new passphrase: {foreign}");
        }
        parsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer(directory: &tempfile::TempDir) -> Option<Arc<Writer>> {
        let folder = Folder::open(directory.path().to_owned()).unwrap();
        Some(Arc::new(Writer::new(Arc::new(folder)).unwrap()))
    }

    fn own() -> config::Wifi {
        config::Wifi { own: true, ..config::Wifi::default() }
    }

    #[test]
    fn the_boxs_own_credentials_outlast_a_restart_and_are_replaced_when_asked() {
        let directory = tempfile::tempdir().unwrap();
        let start = || Wifi::new(&own(), "Box", writer(&directory));
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
        let made = Wifi::new(&own(), "Box", writer(&directory)).credentials().cloned();
        assert!(made.is_some_and(|made| made.is_valid()));
        assert!(directory.path().join("wifi.damaged-1").exists());
    }

    #[test]
    fn what_the_owner_chooses_holds_and_the_rest_stays_or_is_made() {
        let directory = tempfile::tempdir().unwrap();
        let chosen = |ssid, passphrase| {
            let folder = Folder::open(directory.path().to_owned()).unwrap();
            choose(&folder, "Box", ssid, passphrase).expect("kept");
            drop(folder);
            Wifi::new(&own(), "Box", writer(&directory)).credentials().cloned().expect("credentials")
        };
        let first = chosen(Some("Garden"), None);
        assert!(first.is_valid() && first.ssid == "Garden" && !first.passphrase.is_empty(), "{first:?}");
        let second = chosen(None, Some("own words"));
        assert_eq!((second.ssid.as_str(), second.passphrase.as_str()), ("Garden", "own words"));
    }

    #[test]
    fn somebody_elses_network_is_known_and_never_renewed() {
        let config =
            config::Wifi { ssid: "Home".to_owned(), passphrase: "long enough".to_owned(), ..config::Wifi::default() };
        let mut wifi = Wifi::new(&config, "Box", None);
        assert!(!wifi.renew());
        assert_eq!(wifi.credentials().map(|network| network.ssid.as_str()), Some("Home"));
        assert_eq!(Wifi::new(&config::Wifi::default(), "Box", None).credentials(), None);
    }
}
