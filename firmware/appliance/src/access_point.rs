//! The set-up of the access point: what hostapd, dnsmasq and nftables are run with, written for the units that run them.
//!
//! Looks at the radios and at what the box keeps, and decides nothing by itself: `choice` does. Starts no access point and
//! joins no cable to it either; the units in `image/root` do that with what is written here.

pub mod choice;
pub mod files;
pub mod radio;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use choice::Choice;
use serde::{Deserialize, Serialize};

use crate::config::{Band, Cable, Portal, Wifi};
use crate::credentials::Credentials;
use crate::durable::replace;
use crate::network::{BOX, BRIDGE, PORTAL, PREFIX_BITS};
use crate::rules::{self, Change, Rules};
use crate::state::{self, Folder};
use crate::wifi;

/// Where the firmware finds what was chosen.
const CHOICE_FILE: &str = "choice.toml";

/// What is there only if there is a radio.
const RADIO_FILES: [&str; 2] = ["hostapd.conf", CHOICE_FILE];

/// What is there wherever the network is the box's own.
const NETWORK_FILES: [&str; 3] = ["dnsmasq.conf", "nftables.conf", "environment"];

/// Where systemd-networkd says which servers the network at the cable has for names.
const UPLINK: &str = "/run/systemd/netif/state";

/// How often the kernel is asked whether it has accepted the country, and the pause between: a second and a half in all.
const COUNTRY_QUESTIONS_MAX: u32 = 30;
const COUNTRY_PAUSE: Duration = Duration::from_millis(50);

/// What the access point is set up from, besides the radios.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The configured Wi-Fi.
    pub wifi: &'a Wifi,
    /// The names under which the page is found.
    pub names: &'a [String],
    /// The names that phones ask for to find out whether there is internet.
    pub probes: &'a [&'a str],
    /// The port of the page and of WebRTC.
    pub page_port: u16,
    /// The port of the same page by TLS, if there is one.
    pub https_port: Option<u16>,
    /// The folder in which the box keeps credentials and rules; `None` if it has none.
    pub state: Option<&'a Path>,
}

/// What of the configuration the access point is set up from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sought {
    /// See [`Wifi::country`].
    pub country: String,
    /// See [`Wifi::band`].
    pub band: Band,
    /// See [`Wifi::guests_max`].
    pub guests_max: u16,
    /// See [`Wifi::isolate`].
    pub isolate: bool,
    /// See [`Wanted::https_port`]; 0: there is none.
    #[serde(default)]
    pub https_port: u16,
    /// See [`Wanted::names`].
    #[serde(default)]
    pub names: Vec<String>,
}

/// The name of the file in the state folder that says what the radio was last sought for: the unit that sets the access point up
/// is run again whenever it is written.
pub const SOUGHT_FILE: &str = "radio";

/// Notes what of the configuration holds from now on, if it is something else than before; where nothing is noted yet, that was
/// what the files say, `below`. When this returns, it is on the storage.
///
/// # Errors
/// The storage refuses.
pub fn note(folder: &Folder, sought: &Sought, below: &Sought) -> Result<(), state::Error> {
    let text = |sought: &Sought| toml::to_string(sought).expect("values are a table");
    let (text, usual) = (text(sought), || text(below));
    if state::peek(folder.path(), SOUGHT_FILE).unwrap_or_else(usual) == text {
        return Ok(());
    }
    folder.write(SOUGHT_FILE, text.as_bytes())
}

/// Why there is no access point.
#[derive(Debug)]
pub enum Error {
    /// A file cannot be written: full or read-only. A retry may help once that is mended.
    Write(PathBuf, io::Error),
    /// `iw` cannot be run: the image's fault.
    Radios(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Radios(error) => write!(f, "the radios cannot be looked at with iw: {error}"),
        }
    }
}

impl std::error::Error for Error {}

/// Writes the files into the folder `out`, or removes those of an earlier set-up where there shall be no access point.
/// Returns what was done, in words for the log. A box without a radio, or without credentials yet, is no failure.
///
/// # Errors
/// [`Error::Write`], [`Error::Radios`].
pub fn set_up(wanted: &Wanted<'_>, out: &Path) -> Result<String, Error> {
    let wifi = wanted.wifi;
    let kept = |name: &str| state::peek(wanted.state?, name);
    if !wifi.own {
        return clear(out).map(|()| "the Wi-Fi is not the box's own".to_owned());
    }
    let Some(credentials) = kept(wifi::FILE).and_then(|text| Credentials::parse(&text)) else {
        return clear(out).map(|()| "there are no credentials yet".to_owned());
    };
    let changed = kept(rules::FILE).map(|text| Change::parse(&text)).unwrap_or_default();
    let rules = Rules::of(wifi).with(&changed);
    set_country(if wifi.country.is_empty() { "00" } else { &wifi.country });
    let printed = Command::new("iw").arg("phy").output().map_err(Error::Radios)?;
    let radios = radio::parse(&String::from_utf8_lossy(&printed.stdout));
    let choice = choice::choose(&radio::devices(Path::new("/sys")), &radios, wifi);
    let bridge = (rules.cable == Cable::Guests).then_some(BRIDGE);
    let Some(interface) = bridge.or(choice.as_ref().map(|choice| choice.interface.as_str())) else {
        return clear(out).map(|()| "no radio here can be an access point".to_owned());
    };
    let upstream = if rules.forward { upstream(&fs::read_to_string(UPLINK).unwrap_or_default()) } else { Vec::new() };
    let probes = if rules.portal == Portal::Off { &[] } else { wanted.probes };
    let texts = [
        files::dnsmasq(interface, wanted.names, probes, &upstream),
        files::nftables(interface, wanted.page_port, wanted.https_port, rules.forward, bridge.is_some()),
        environment(choice.as_ref(), interface, &rules),
    ];
    for (name, text) in NETWORK_FILES.into_iter().zip(texts) {
        write(&out.join(name), &text)?;
    }
    let Some(choice) = choice else {
        remove(out, &RADIO_FILES)?;
        return Ok("no radio here can be an access point; guests come by the cable".to_owned());
    };
    let [hostapd, chosen] = RADIO_FILES;
    write(&out.join(hostapd), &files::hostapd(&choice, &credentials, wifi, bridge))?;
    write(&out.join(chosen), &toml::to_string(&choice).expect("a choice is a table"))?;
    let Choice { interface, channel, stations_max, .. } = choice;
    let cable = if bridge.is_some() { "; others come by the cable" } else { "" };
    Ok(format!("{interface} is to be an access point on channel {channel}, for {stations_max} guests{cable}"))
}

/// Reads what was chosen for the box that runs now from the set-up in `folder`; `None` if there is no access point.
pub fn read_choice(folder: &Path) -> Option<Choice> {
    toml::from_str(&fs::read_to_string(folder.join(CHOICE_FILE)).ok()?).ok()
}

/// Sets the country in the kernel, and waits until it has found out what is allowed there. Refused where the driver has a
/// mind of its own; what may be sent is then what `iw phy` says all the same.
fn set_country(country: &str) {
    _ = Command::new("iw").args(["reg", "set", country]).status();
    let answer = format!("country {country}:");
    for _ in 0..COUNTRY_QUESTIONS_MAX {
        let known = Command::new("iw").args(["reg", "get"]).output();
        if known.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(&answer)) {
            return;
        }
        thread::sleep(COUNTRY_PAUSE);
    }
    log::debug!("the radios do not take the country {country}");
}

/// Returns what the units need to know besides the files, as `KEY=value` lines.
///
/// `RADIO` may be empty; `INTERFACE` is where stations arrive.
fn environment(choice: Option<&Choice>, interface: &str, rules: &Rules) -> String {
    let radio = choice.map_or("", |choice| choice.interface.as_str());
    let forward = u8::from(rules.forward);
    let cable = if rules.cable == Cable::Guests { "guests" } else { "house" };
    format!(
        "RADIO={radio}\nINTERFACE={interface}\nADDRESS={BOX}/{PREFIX_BITS}\nPORTAL={PORTAL}/32\nFORWARD={forward}\n\
         CABLE={cable}\n"
    )
}

/// Parses the name servers in systemd-networkd's state: `DNS=192.168.1.1 …`, addresses only.
fn upstream(state: &str) -> Vec<String> {
    let servers = state.lines().find_map(|line| line.strip_prefix("DNS=")).unwrap_or_default();
    servers.split_whitespace().filter(|word| word.parse::<std::net::IpAddr>().is_ok()).map(str::to_owned).collect()
}

/// Removes what an earlier run wrote, so that no access point runs with it.
fn clear(out: &Path) -> Result<(), Error> {
    remove(out, &NETWORK_FILES)?;
    remove(out, &RADIO_FILES)
}

fn remove(out: &Path, names: &[&str]) -> Result<(), Error> {
    for name in names {
        match fs::remove_file(out.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::Write(out.join(name), error)),
            _ => {}
        }
    }
    Ok(())
}

/// Writes a file that hostapd's group may read and nobody else: the passphrase is in one of them.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    replace(path, 0o640, &[text.as_bytes()]).map_err(|error| Error::Write(path.to_owned(), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_network_of_its_own_no_old_files_are_left() {
        let out = tempfile::tempdir().unwrap();
        let old = |name: &&str| fs::write(out.path().join(name), "old").unwrap();
        RADIO_FILES.iter().chain(&NETWORK_FILES).for_each(old);
        let wifi = Wifi::default();
        let wanted = Wanted { wifi: &wifi, names: &[], probes: &[], page_port: 80, https_port: None, state: None };
        set_up(&wanted, out.path()).expect("no failure");
        let own = Wifi { own: true, ..Wifi::default() };
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
        let said = set_up(&Wanted { wifi: &own, ..wanted }, out.path()).expect("no failure");
        assert_eq!(said, "there are no credentials yet");
    }

    #[test]
    fn what_was_chosen_is_read_again() {
        let out = tempfile::tempdir().unwrap();
        let choice = Choice {
            interface: "wlan0".into(),
            chipset: "radio".into(),
            channel: 44,
            vht: true,
            wpa3: false,
            stations_max: 7,
        };
        write(&out.path().join(CHOICE_FILE), &toml::to_string(&choice).unwrap()).unwrap();
        assert_eq!(read_choice(out.path()), Some(choice));
        assert_eq!(read_choice(Path::new("/nonexistent")), None);
    }

    #[test]
    fn only_addresses_count_as_name_servers() {
        let state = "OPER_STATE=routable\nDNS=192.168.1.1 fe80::1 1.1.1.1#one x\nNTP=10.0.0.1\n";
        assert_eq!(upstream(state), ["192.168.1.1", "fe80::1"]);
        assert!(upstream("").is_empty());
    }
}
