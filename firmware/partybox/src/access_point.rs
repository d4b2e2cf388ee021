//! `partybox access-point`: writes what hostapd, dnsmasq and nftables are run with, and ends.
//!
//! It looks at the radios, the configuration and what the box keeps, and decides nothing by itself: `choice` does. It
//! starts no access point and joins no cable to it either; the units in `image/root` do that with what it wrote.

pub mod choice;
pub mod files;
pub mod radio;

use std::fmt;
use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::Duration;

use choice::Choice;
use library::durable::replace;

use crate::config::{self, Cable, Config, Portal};
use crate::network;
use crate::state;
use crate::wifi::Credentials;

/// The first word of the command line that asks for this.
pub const ARGUMENT: &str = "access-point";

/// The box's address in its own network. Private, and not the one of any common home router, so that a house whose cable
/// is plugged in has another.
pub const BOX: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);

/// Bits of the network's part of [`BOX`]: about a thousand addresses.
pub const PREFIX_BITS: u8 = 22;

/// What radio and cable share one network through, where the cable leads to guests. The `cable` script of the card
/// makes it.
pub const BRIDGE: &str = "party";

/// Where it is told what was decided, for the box itself.
pub const CHOICE_FILE: &str = "choice.toml";

/// What is there only if there is a radio.
const RADIO_FILES: [&str; 2] = ["hostapd.conf", CHOICE_FILE];

/// How to call it.
const USAGE: &str = "partybox access-point --config FILE --out DIR";

/// Where systemd-networkd tells which servers the network at the cable has for names.
const UPLINK: &str = "/run/systemd/netif/state";

/// Looks at whether the kernel has taken the country, and the pause between them: a second and a half in all.
const COUNTRY_LOOKS_MAX: u32 = 30;
const COUNTRY_LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Why there is no access point.
#[derive(Debug)]
enum Error {
    /// Wrong command line: the caller's to mend.
    Usage(lexopt::Error),
    /// The configuration is wrong: the user's to mend.
    Config(config::Error),
    /// A file cannot be written.
    Write(PathBuf, io::Error),
    /// `iw` cannot be run.
    Radios(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => write!(f, "{error}; usage: {USAGE}"),
            Self::Config(error) => error.fmt(f),
            Self::Write(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Radios(error) => write!(f, "the radios cannot be looked at with iw: {error}"),
        }
    }
}

impl From<lexopt::Error> for Error {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(error)
    }
}

/// Runs the subcommand with the words behind it. A box without a radio, or without credentials yet, is no failure: then
/// there are no files.
pub fn main(args: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    match run(args) {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("partybox {ARGUMENT}: {error}");
            ExitCode::from(if matches!(error, Error::Usage(_) | Error::Config(_)) { 2 } else { 1 })
        }
    }
}

fn run(args: impl IntoIterator<Item = std::ffi::OsString>) -> Result<String, Error> {
    let (mut config, mut out) = (None, None);
    let mut parser = lexopt::Parser::from_args(args);
    while let Some(arg) = parser.next()? {
        match arg {
            lexopt::Arg::Long("config") => config = Some(PathBuf::from(parser.value()?)),
            lexopt::Arg::Long("out") => out = Some(PathBuf::from(parser.value()?)),
            other => return Err(other.unexpected().into()),
        }
    }
    let missing = |option: &str| lexopt::Error::MissingValue { option: Some(option.to_owned()) };
    let out = out.ok_or_else(|| missing("--out"))?;
    let config = Config::load(&config.ok_or_else(|| missing("--config"))?).map_err(Error::Config)?;
    let kept = state::place(&config.state.folder, |name| std::env::var_os(name)).ok();
    let kept = |name: &str| state::peek(kept.as_deref()?, name);
    if !config.wifi.own {
        return clear(&out).map(|()| "the Wi-Fi is not the box's own".to_owned());
    }
    let Some(credentials) = kept(network::FILE).and_then(|text| Credentials::read(&text)) else {
        return clear(&out).map(|()| "there are no credentials yet".to_owned());
    };
    let chosen = kept(network::RULES_FILE).map(|text| network::Chosen::read(&text)).unwrap_or_default();
    let rules = network::Rules::of(&config.wifi).with(&chosen);
    let country = if config.wifi.country.is_empty() { "00" } else { &config.wifi.country };
    set_country(country);
    let told = Command::new("iw").arg("phy").output().map_err(Error::Radios)?;
    let radios = radio::parse(&String::from_utf8_lossy(&told.stdout));
    let choice = choice::choose(&radio::devices(Path::new("/sys")), &radios, &config.wifi);
    let bridge = (rules.cable == Cable::Guests).then_some(BRIDGE);
    let Some(interface) = bridge.or(choice.as_ref().map(|choice| choice.interface.as_str())) else {
        return clear(&out).map(|()| "no radio here can be an access point".to_owned());
    };
    let upstream = if rules.forward { upstream(&fs::read_to_string(UPLINK).unwrap_or_default()) } else { Vec::new() };
    let texts = [
        ("dnsmasq.conf", files::dnsmasq(interface, &config.http.names, rules.portal != Portal::Off, &upstream)),
        ("nftables.conf", files::nftables(interface, config.listen.port(), rules.forward, bridge.is_some())),
        ("environment", environment(choice.as_ref(), interface, &rules)),
    ];
    for (name, text) in texts {
        write(&out.join(name), &text)?;
    }
    let Some(choice) = choice else {
        remove(&out, &RADIO_FILES)?;
        return Ok("no radio here can be an access point; guests come by the cable".to_owned());
    };
    let [hostapd, chosen] = RADIO_FILES;
    write(&out.join(hostapd), &files::hostapd(&choice, &credentials, &config.wifi.country, bridge))?;
    write(&out.join(chosen), &toml::to_string(&choice).expect("a choice is a table"))?;
    let Choice { interface, channel, guests_max, .. } = choice;
    let cable = if bridge.is_some() { "; others come by the cable" } else { "" };
    Ok(format!("{interface} is to be an access point on channel {channel}, for {guests_max} guests{cable}"))
}

/// Tells the kernel the country, and waits until it has looked up what is allowed there. Refused where the driver has a
/// mind of its own; what may be sent is then what `iw phy` says all the same.
fn set_country(country: &str) {
    _ = Command::new("iw").args(["reg", "set", country]).status();
    let told = format!("country {country}:");
    for _ in 0..COUNTRY_LOOKS_MAX {
        let known = Command::new("iw").args(["reg", "get"]).output();
        if known.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(&told)) {
            return;
        }
        thread::sleep(COUNTRY_LOOK_AGAIN);
    }
    log::debug!("the radios do not take the country {country}");
}

/// What the units need to know besides the files, as `KEY=value` lines.
///
/// `RADIO` may be empty; `INTERFACE` is where guests arrive.
fn environment(choice: Option<&Choice>, interface: &str, rules: &network::Rules) -> String {
    let radio = choice.map_or("", |choice| choice.interface.as_str());
    let portal = web::portal::ADDRESS;
    let forward = u8::from(rules.forward);
    let cable = if rules.cable == Cable::Guests { "guests" } else { "house" };
    format!(
        "RADIO={radio}\nINTERFACE={interface}\nADDRESS={BOX}/{PREFIX_BITS}\nPORTAL={portal}/32\nFORWARD={forward}\n\
         CABLE={cable}\n"
    )
}

/// The name servers in systemd-networkd's state: `DNS=192.168.1.1 …`, addresses only.
fn upstream(state: &str) -> Vec<String> {
    let servers = state.lines().find_map(|line| line.strip_prefix("DNS=")).unwrap_or_default();
    servers.split_whitespace().filter(|word| word.parse::<std::net::IpAddr>().is_ok()).map(str::to_owned).collect()
}

/// Removes what an earlier run wrote, so that no access point runs with it.
fn clear(out: &Path) -> Result<(), Error> {
    remove(out, &["dnsmasq.conf", "nftables.conf", "environment"])?;
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

/// What was decided for the box that runs now, by the file in `folder`.
pub fn decided(folder: &Path) -> Option<Choice> {
    toml::from_str(&fs::read_to_string(folder.join(CHOICE_FILE)).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_command_line_is_refused() {
        for words in
            [&["--out", "x"][..], &["--config", "x"], &["--radio"], &["x"], &["--config", "/none", "--out", "x"]]
        {
            let refused = run(words.iter().map(Into::into)).expect_err("must be refused");
            assert_eq!(refused.to_string().lines().count(), 1, "{words:?}");
        }
    }

    #[test]
    fn without_a_network_of_its_own_no_old_files_are_left() {
        let out = tempfile::tempdir().unwrap();
        let config = out.path().join("partybox.toml");
        fs::write(&config, "").unwrap();
        fs::write(out.path().join("hostapd.conf"), "old").unwrap();
        let words = ["--config".as_ref(), config.as_os_str(), "--out".as_ref(), out.path().as_os_str()];
        run(words.map(std::ffi::OsStr::to_owned)).expect("no failure");
        assert!(!out.path().join("hostapd.conf").exists());
    }

    #[test]
    fn what_was_decided_is_read_again() {
        let out = tempfile::tempdir().unwrap();
        let choice = Choice {
            interface: "wlan0".into(),
            chipset: "radio".into(),
            channel: 44,
            vht: true,
            wpa3: false,
            guests_max: 7,
        };
        write(&out.path().join(CHOICE_FILE), &toml::to_string(&choice).unwrap()).unwrap();
        assert_eq!(decided(out.path()), Some(choice));
        assert_eq!(decided(Path::new("/nonexistent")), None);
    }

    #[test]
    fn only_addresses_are_taken_for_name_servers() {
        let state = "OPER_STATE=routable\nDNS=192.168.1.1 fe80::1 1.1.1.1#one x\nNTP=10.0.0.1\n";
        assert_eq!(upstream(state), ["192.168.1.1", "fe80::1"]);
        assert!(upstream("").is_empty());
    }
}
