//! Debian's archive, asked through apt with lists of its own: this machine's packages and sources have no part in it.
//!
//! apt checks the archive's signatures. Nothing is installed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::lock::{self, Pin, Pins};
use crate::error::Error;
use crate::{files, places, stage};

/// Debian's name of the release that everything is made of.
pub(crate) const SUITE: &str = "trixie";

/// Where packages come from. The backports are for kernels alone: apt prefers the release itself.
const SOURCES: &str = "\
deb [arch=amd64,arm64 signed-by=KEYS] http://deb.debian.org/debian SUITE main non-free-firmware
deb [arch=amd64,arm64 signed-by=KEYS] http://deb.debian.org/debian SUITE-updates main non-free-firmware
deb [arch=amd64,arm64 signed-by=KEYS] http://deb.debian.org/debian-security SUITE-security main non-free-firmware
deb [arch=amd64,arm64 signed-by=KEYS] http://deb.debian.org/debian SUITE-backports main non-free-firmware
";

/// Debian's own keys, whatever distribution this machine has.
const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The package that says which kernel is current.
const KERNEL: &str = "linux-image-arm64";

/// What the backports' versions have in them.
const BACKPORT: &str = "~bpo";

/// What every Debian has, and what the tool chain is put together by.
const BASE: [&str; 2] = ["?narrow(?architecture(amd64),?essential)", "apt"];

/// Dependencies that must be there: no suggestions, and no relations that exclude.
const ONLY_DEPENDENCIES: [&str; 6] =
    ["--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances"];

/// The archive as it was when its lists were fetched.
pub(super) struct Archive {
    configuration: PathBuf,
}

impl Archive {
    /// Fetches the lists of what there is now.
    pub(super) fn update() -> Result<Self, Error> {
        let here = places::debian().join("archive");
        for part in ["lists/partial", "cache/archives/partial", "state"] {
            files::folder(&here.join(part))?;
        }
        files::write(&here.join("sources.list"), &SOURCES.replace("KEYS", KEYS).replace("SUITE", SUITE))?;
        // As on a computer that has no package yet.
        files::write(&here.join("status"), "")?;
        let configuration = here.join("apt.conf");
        let place = here.display();
        files::write(
            &configuration,
            &format!(
                "APT::Architecture \"amd64\";\nAPT::Architectures {{ \"amd64\"; \"arm64\"; }};\n\
                 APT::Sandbox::User \"root\";\nAPT::Install-Recommends \"false\";\nAPT::Get::List-Cleanup \"true\";\n\
                 Acquire::Languages \"none\";\nAcquire::Retries \"3\";\nAPT::Update::Error-Mode \"any\";\n\
                 Dir::Etc::sourcelist \"{place}/sources.list\";\nDir::Etc::sourceparts \"/dev/null\";\n\
                 Dir::Etc::preferences \"/dev/null\";\nDir::Etc::preferencesparts \"/dev/null\";\n\
                 Dir::State \"{place}/state\";\nDir::State::lists \"{place}/lists\";\n\
                 Dir::State::status \"{place}/status\";\nDir::Cache \"{place}/cache\";\n"
            ),
        )?;
        let archive = Self { configuration };
        let mut apt = archive.apt("apt-get");
        stage::status("updating package lists", apt.args(["--quiet", "--quiet", "update"]))?;
        Ok(archive)
    }

    /// Returns `names` with everything that they depend on, as apt would install them on an empty computer of amd64.
    pub(super) fn with_dependencies(&self, names: &[&str]) -> Result<Pins, Error> {
        let mut apt = self.apt("apt-get");
        apt.args(["install", "--print-uris", "--yes", "--quiet", "--quiet"]).args(BASE).args(names);
        let printed = stage::output("finding out what the tool chain needs", &mut apt)?;
        let versions: BTreeMap<String, String> = printed.lines().filter_map(named_in_uri).collect();
        let keys: Vec<&str> = versions.keys().map(String::as_str).collect();
        let mut offered = self.show(&keys)?;
        let pins = versions.into_iter().map(|(key, version)| {
            let pin = offered.remove(&key).into_iter().flatten().find(|pin| pin.version == version);
            pin.map(|pin| (key.clone(), pin)).ok_or_else(|| Error::Card(format!("Debian has no {key} {version}")))
        });
        pins.collect()
    }

    /// Returns these packages for arm64, without what they depend on: the release's own if it has one, else the backports'.
    pub(super) fn arm64(&self, names: &[String]) -> Result<Pins, Error> {
        let both: Vec<String> =
            names.iter().flat_map(|name| [format!("{name}:arm64"), format!("{name}:all")]).collect();
        let mut offered = self.show(&both.iter().map(String::as_str).collect::<Vec<_>>())?;
        let pins = names.iter().map(|name| {
            let found = [format!("{name}:arm64"), format!("{name}:all")]
                .into_iter()
                .find_map(|key| offered.remove(&key).map(|pins| (key, pins)));
            let (key, pins) = found.ok_or_else(|| Error::Card(format!("Debian has no package {name} for arm64")))?;
            Ok((key, best(pins)))
        });
        pins.collect()
    }

    /// Returns the packages of the current kernel for arm64, the release's or the backports'.
    pub(super) fn kernel(&self, backports: bool) -> Result<Vec<String>, Error> {
        let shown = self.cache(&["show", &format!("{KERNEL}:arm64")])?;
        let version = kernel_version(&shown, backports)
            .ok_or_else(|| Error::Card(format!("Debian has no {KERNEL} for this board")))?;
        let parts: &[&str] = if backports { &["base", "binary", "modules"] } else { &["image"] };
        Ok(parts.iter().map(|part| format!("linux-{part}-{version}")).collect())
    }

    /// Returns `names` and everything for arm64 that they depend on.
    pub(super) fn dependencies(&self, names: &[&str]) -> Result<Vec<String>, Error> {
        let names: Vec<String> = names.iter().map(|name| format!("{name}:arm64")).collect();
        let mut words = vec!["depends", "--recurse"];
        words.extend(ONLY_DEPENDENCIES);
        words.extend(names.iter().map(String::as_str));
        // Packages stand at a line's start, the words about them behind spaces.
        let text = self.cache(&words)?;
        let mut found: Vec<String> =
            text.lines().filter_map(|line| line.strip_suffix(":arm64")).map(str::to_owned).collect();
        found.retain(|name| name.starts_with(|first: char| first.is_ascii_alphanumeric()));
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// Returns every version that is offered of these packages.
    pub(super) fn offered(&self, pins: &Pins) -> Result<BTreeMap<String, Vec<Pin>>, Error> {
        self.show(&pins.keys().map(String::as_str).collect::<Vec<_>>())
    }

    /// Downloads exactly these into `into`.
    pub(super) fn download(&self, pins: &Pins, into: &Path) -> Result<(), Error> {
        eprintln!("downloading {} packages", pins.len());
        let mut apt = self.apt("apt-get");
        apt.args(["--quiet", "--quiet", "download"]).current_dir(into);
        apt.args(pins.iter().map(|(key, pin)| format!("{}={}", asked(key), pin.version)));
        stage::status("downloading packages", &mut apt)
    }

    fn show(&self, keys: &[&str]) -> Result<BTreeMap<String, Vec<Pin>>, Error> {
        let mut words = vec!["show"];
        words.extend(keys.iter().copied().map(asked));
        Ok(lock::offered(&self.cache(&words)?))
    }

    /// Returns what `apt-cache` prints. That it does not know one of several names is no error to it either.
    fn cache(&self, words: &[&str]) -> Result<String, Error> {
        let output = self.apt("apt-cache").args(words).output();
        let output = output.map_err(|source| Error::Start { program: "apt-cache".into(), source })?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn apt(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("APT_CONFIG", &self.configuration).env("LC_ALL", "C");
        command
    }
}

/// Returns how apt is asked for a package: it knows those for every architecture by their plain names.
fn asked(key: &str) -> &str {
    key.strip_suffix(":all").unwrap_or(key)
}

/// Returns the release's newest version, or the backports' where the release has none.
fn best(pins: Vec<Pin>) -> Pin {
    let stable = pins.iter().position(|pin| !pin.version.contains(BACKPORT)).unwrap_or(0);
    pins.into_iter().nth(stable).unwrap_or_else(|| unreachable!("nobody is offered without a version"))
}

/// Returns the package and its version out of a line of `--print-uris`: `'http://…' name_version_architecture.deb size …`.
fn named_in_uri(line: &str) -> Option<(String, String)> {
    let file = line.split(' ').nth(1)?.strip_suffix(".deb")?;
    let mut words = file.split('_');
    let (name, version, architecture) = (words.next()?, words.next()?, words.next()?);
    Some((format!("{name}:{architecture}"), version.replace("%3a", ":")))
}

/// Returns what follows `linux-image-` in the dependencies of the newest kernel: its name, such as `6.12.1+deb13-arm64`.
fn kernel_version(shown: &str, backports: bool) -> Option<&str> {
    let is_wanted = |stanza: &&str| {
        stanza.lines().any(|line| line.starts_with("Version: ") && line.contains(BACKPORT) == backports)
    };
    let stanza = shown.split("\n\n").find(is_wanted)?;
    let depends = stanza.lines().find_map(|line| line.strip_prefix("Depends: "))?;
    let names = depends.split(", ").filter_map(|depend| depend.split(' ').next());
    names
        .filter_map(|name| name.strip_prefix("linux-image-"))
        .find(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_name_is_read_from_what_the_newest_depends_on() {
        let stable = "Version: 6.12.1-1\nDepends: linux-image-6.12.1+deb13-arm64 (= 6.12.1-1)";
        let split = "Version: 7.3.4-1~bpo13+1\nDepends: linux-base-arm64 (= 7), linux-image-7.3.4+deb13-arm64 (= 7), \
                     linux-modules-arm64 (= 7)";
        let shown = format!("{split}\n\n{stable}\n\n{}", stable.replace("6.12.1", "6.12.0"));
        assert_eq!(kernel_version(&shown, false), Some("6.12.1+deb13-arm64"));
        assert_eq!(kernel_version(&shown, true), Some("7.3.4+deb13-arm64"));
        assert_eq!(kernel_version("Version: 6\nDepends: linux-image-arm64-signed", false), None);
    }

    #[test]
    fn a_package_is_read_from_the_name_of_its_file() {
        let line = "'http://host/pool/z/zstd_1.5.7%2bdfsg-1_amd64.deb' zstd_1%3a1.5.7+dfsg-1_amd64.deb 756596 SHA256:x";
        assert_eq!(named_in_uri(line), Some(("zstd:amd64".to_owned(), "1:1.5.7+dfsg-1".to_owned())));
        assert_eq!(named_in_uri("Reading package lists..."), None);
    }

    #[test]
    fn the_release_comes_before_the_backports() {
        let pin = |version: &str| Pin { version: version.to_owned(), sha256: String::new() };
        assert_eq!(best(vec![pin("7.1~bpo13+1"), pin("6.2"), pin("6.1")]).version, "6.2");
        assert_eq!(best(vec![pin("7.1~bpo13+1")]).version, "7.1~bpo13+1");
    }
}
