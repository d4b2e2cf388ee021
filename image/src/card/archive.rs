//! Debian's packages: finding, downloading and keeping those that the lock file names.
//!
//! Asked through apt with lists of its own, below `target/card/archive`, so that this machine's own packages and sources
//! have no part in it. apt checks the archive's signatures. What was downloaded once is kept by its hash and needs no
//! network again. Nothing is installed.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::board::Board;
use super::folder;
use super::lock::{self, Lock, Pin};
use crate::build;
use crate::error::Error;
use crate::stage;

/// Where packages come from. The backports are only for Pi 5's kernel: apt prefers the release itself.
const SOURCES: &str = "\
deb [arch=arm64 signed-by=KEYS] http://deb.debian.org/debian trixie main non-free-firmware
deb [arch=arm64 signed-by=KEYS] http://deb.debian.org/debian trixie-updates main non-free-firmware
deb [arch=arm64 signed-by=KEYS] http://deb.debian.org/debian-security trixie-security main non-free-firmware
deb [arch=arm64 signed-by=KEYS] http://deb.debian.org/debian trixie-backports main non-free-firmware
";

/// Debian's own keys, whatever distribution this machine has.
const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The package that says which kernel is current.
const KERNEL: &str = "linux-image-arm64";

/// What the backports' versions have in them.
const BACKPORT: &str = "~bpo";

/// The lock file of a board.
pub(crate) fn lock_path(board: Board) -> PathBuf {
    build::root().join("image").join("card").join(format!("lock-{}.txt", board.name()))
}

/// Resolves `names` and the kernel anew and writes the board's lock file.
pub(crate) fn update_lock(board: Board, names: &[&str]) -> Result<(), Error> {
    update_lists()?;
    write(&lock_path(board), &lock::write(&resolve(board, names)?))
}

/// What the archive has now of `names` and of the kernel.
fn resolve(board: Board, names: &[&str]) -> Result<Lock, Error> {
    let mut names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    names.extend(kernel(board)?);
    let offered = lock::offered(&cache("show", &names)?);
    let mut resolved = Lock::new();
    for name in names {
        let pins = offered.get(&name).map(Vec::as_slice).unwrap_or_default();
        // What is in the release itself, if it is there: only Pi 5's kernel is not.
        let stable = pins.iter().find(|pin| !pin.version.contains(BACKPORT));
        let Some(best) = stable.or(pins.first()) else {
            return Err(Error::Card(format!("Debian has no package {name}")));
        };
        resolved.insert(name, best.clone());
    }
    Ok(resolved)
}

/// What to do when Debian no longer has what the lock file names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drift {
    /// Nothing is made: what is flashed is made of what was tested.
    Refuse,
    /// What Debian has now is taken, and that is told: for tests, which are not to fail by somebody else's release.
    Follow,
}

/// Puts hard links to exactly the board's packages into the folder `into`. Returns what they are.
pub(crate) fn fetch(board: Board, names: &[&str], into: &Path, drift: Drift) -> Result<Lock, Error> {
    let path = lock_path(board);
    let text = fs::read_to_string(&path).unwrap_or_default();
    let mut locked = lock::read(&text);
    for name in names {
        if !locked.contains_key(*name) {
            return Err(Error::Card(format!("{} does not lock {name}; {UPDATE_LOCK}", path.display())));
        }
    }
    if locked.iter().any(|(name, pin)| !pool(name, pin).exists()) {
        update_lists()?;
        let all: Vec<String> = locked.keys().cloned().collect();
        let offered = lock::offered(&cache("show", &all)?);
        let gone = lock::gone(&locked, |name, pin| pool(name, pin).exists(), &offered);
        if !gone.is_empty() && drift == Drift::Follow {
            eprintln!("{} is stale ({} packages are gone); this takes what Debian has now", path.display(), gone.len());
            locked = resolve(board, names)?;
        } else if !gone.is_empty() {
            for lock::Gone { name, locked, now } in &gone {
                eprintln!(
                    "Debian no longer has {name} {locked}; it has {}",
                    now.as_deref().unwrap_or("none of that name")
                );
            }
            return Err(Error::Card(format!("locked packages are gone; {UPDATE_LOCK}")));
        }
        download(&locked)?;
    }
    super::fresh_folder(into)?;
    for (name, pin) in &locked {
        let link = into.join(format!("{name}_{}.deb", pin.sha256));
        fs::hard_link(pool(name, pin), &link).map_err(|source| Error::File { path: link, source })?;
    }
    Ok(locked)
}

/// How to lock what there is now.
const UPDATE_LOCK: &str = "`cargo xtask image --update-lock` takes what Debian has now and writes the lock file";

fn download(locked: &Lock) -> Result<(), Error> {
    let new = folder().join("archive").join("new");
    super::fresh_folder(&new)?;
    let missing: Vec<_> = locked.iter().filter(|(name, pin)| !pool(name, pin).exists()).collect();
    eprintln!("downloading {} packages", missing.len());
    let mut apt = apt("apt-get");
    apt.args(["--quiet", "--quiet", "download"]).current_dir(&new);
    apt.args(missing.iter().map(|(name, pin)| format!("{name}={}", pin.version)));
    stage::status("downloading packages", &mut apt)?;
    let keep = folder().join("archive").join("pool");
    fs::create_dir_all(&keep).map_err(|source| Error::File { path: keep.clone(), source })?;
    for (name, pin) in missing {
        let is_it = |path: &Path| {
            let file = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            file.split('_').next() == Some(name)
        };
        let found = super::entries(&new)?.into_iter().find(|path| is_it(path));
        let file = found.ok_or_else(|| Error::Card(format!("apt did not download {name}")))?;
        if sha256(&file)? != pin.sha256 {
            return Err(Error::Card(format!("{} is not the locked file", file.display())));
        }
        fs::rename(&file, pool(name, pin)).map_err(|source| Error::File { path: file, source })?;
    }
    Ok(())
}

/// The hash of a file, by the system's own program.
pub(crate) fn sha256(path: &Path) -> Result<String, Error> {
    let mut command = Command::new("sha256sum");
    let output = command.arg(path).output().map_err(|source| Error::Start { program: "sha256sum".into(), source })?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.trim_start_matches('\\').split(' ').next().unwrap_or_default().to_owned())
}

/// Where a package is kept.
fn pool(name: &str, pin: &Pin) -> PathBuf {
    folder().join("archive").join("pool").join(format!("{name}_{}.deb", pin.sha256))
}

/// The packages of the current kernel for `board`.
fn kernel(board: Board) -> Result<Vec<String>, Error> {
    let shown = cache("show", &[KERNEL.to_owned()])?;
    let wanted = |stanza: &&str| {
        stanza.lines().any(|line| line.starts_with("Version: ") && line.contains(BACKPORT) == board.backports())
    };
    let stanza = shown.split("\n\n").find(wanted);
    let version =
        stanza.and_then(kernel_version).ok_or_else(|| Error::Card(format!("Debian has no {KERNEL} for this board")))?;
    let parts: &[&str] = if board.backports() { &["base", "binary", "modules"] } else { &["image"] };
    Ok(parts.iter().map(|part| format!("linux-{part}-{version}")).collect())
}

/// What follows `linux-image-` in a stanza's dependencies: the name of the kernel, such as `6.12.1+deb13-arm64`.
fn kernel_version(stanza: &str) -> Option<&str> {
    let depends = stanza.lines().find_map(|line| line.strip_prefix("Depends: "))?;
    let names = depends.split(", ").filter_map(|depend| depend.split(' ').next());
    names
        .filter_map(|name| name.strip_prefix("linux-image-"))
        .find(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn update_lists() -> Result<(), Error> {
    let here = folder().join("archive");
    for part in ["lists/partial", "cache/archives/partial", "state"] {
        let path = here.join(part);
        fs::create_dir_all(&path).map_err(|source| Error::File { path, source })?;
    }
    write(&here.join("sources.list"), &SOURCES.replace("KEYS", KEYS))?;
    write(&here.join("status"), "")?;
    let place = here.display();
    write(
        &here.join("apt.conf"),
        &format!(
            "APT::Architecture \"arm64\";\nAPT::Architectures {{ \"arm64\"; }};\nAPT::Sandbox::User \"root\";\n\
             Acquire::Languages \"none\";\nAcquire::Retries \"3\";\nDir::Etc::sourcelist \"{place}/sources.list\";\n\
             Dir::Etc::sourceparts \"/dev/null\";\nDir::Etc::preferences \"/dev/null\";\n\
             Dir::Etc::preferencesparts \"/dev/null\";\nDir::State \"{place}/state\";\nDir::State::lists \"{place}/lists\";\n\
             Dir::State::status \"{place}/status\";\nDir::Cache \"{place}/cache\";\n"
        ),
    )?;
    let mut apt = apt("apt-get");
    stage::status("updating package lists", apt.args(["--quiet", "--quiet", "update"]))
}

fn cache(words: &str, names: &[String]) -> Result<String, Error> {
    let output = apt("apt-cache").arg(words).args(names).output();
    let output = output.map_err(|source| Error::Start { program: "apt-cache".into(), source })?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn apt(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("APT_CONFIG", folder().join("archive").join("apt.conf")).env("LC_ALL", "C");
    command
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|source| Error::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_name_is_read_from_what_the_newest_depends_on() {
        let stable = "Package: linux-image-arm64\nDepends: linux-image-6.12.1+deb13-arm64 (= 6.12.1-1)";
        assert_eq!(kernel_version(stable), Some("6.12.1+deb13-arm64"));
        let split = "Depends: linux-base-arm64 (= 7), linux-image-7.3.4+deb13-arm64 (= 7), linux-modules-arm64 (= 7)";
        assert_eq!(kernel_version(split), Some("7.3.4+deb13-arm64"));
        assert_eq!(kernel_version("Depends: linux-image-arm64-signed"), None);
    }
}
