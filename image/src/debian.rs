//! Debian's packages: which are needed, which versions there are now or were locked, and a cache that keeps them.
//!
//! A card is made of what Debian has now within one release, security updates included. What that was is recorded in a
//! lock file beside the card; the same card is made again from such a lock file, and the cache provides what the
//! archive has dropped since, because its servers keep only what is current. Everything that the network is needed for
//! happens here, before anything is made. Nothing is installed on this machine.

mod archive;
mod cache;
mod lock;
mod repository;

use std::path::{Path, PathBuf};

use archive::Archive;
pub(crate) use archive::SUITE;
pub(crate) use cache::Cache;
pub(crate) use lock::{Lock, Pin, Pins, split, write as write_lock, write_pins};
pub(crate) use repository::write as write_repository;

use crate::board::Board;
use crate::error::Error;
use crate::{files, places};

/// What a card is made of, and with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// For which box.
    pub(crate) board: Board,
    /// What the tool chain has, for amd64 unless the name says otherwise; with all that they depend on.
    pub(crate) tools: &'a [&'a str],
    /// What is on the card, for arm64, without the kernel; what they depend on is on the list as well.
    pub(crate) card: &'a [&'a str],
}

/// Where packages come from: the archive, if it answers, and the cache.
pub(crate) struct Debian {
    archive: Option<Archive>,
    cache: Cache,
}

impl Debian {
    /// Asks the archive what it has now. If it does not answer, what was made here before can still be made.
    pub(crate) fn now(cache: Cache) -> Self {
        let archive = Archive::update();
        if let Err(error) = &archive {
            eprintln!("xtask: Debian's archive does not answer ({error})\nxtask: trying with what was used last time");
        }
        Self { archive: archive.ok(), cache }
    }

    /// Returns what a card is made of, all of it in the cache.
    pub(crate) fn card(&self, wanted: &Wanted<'_>) -> Result<Lock, Error> {
        let tools = self.resolve("tools", |archive| archive.with_dependencies(wanted.tools))?;
        let card = self.resolve(&format!("card-{}", wanted.board.name()), |archive| {
            archive.arm64(&with_kernel(archive, wanted)?)
        })?;
        for pins in [&tools, &card] {
            self.fetch(pins)?;
        }
        Ok(Lock { tools, card })
    }

    /// Returns what the emulated computer is made of, all of it in the cache: a kernel that has `gpio-sim`, which the
    /// backports' has and the release's lacks, an access point, a phone's side of it, and small tools.
    pub(crate) fn guest(&self) -> Result<Pins, Error> {
        let pins = self.resolve("guest", |archive| {
            let mut names = archive.kernel(true)?;
            names.extend(["busybox-static", "alsa-utils", "wireless-regdb"].map(str::to_owned));
            names.extend(archive.dependencies(&["hostapd", "wpasupplicant", "iw", "dnsmasq-base", "nftables"])?);
            archive.arm64(&names)
        })?;
        self.fetch(&pins)?;
        Ok(pins)
    }

    /// Returns what the archive has now, or what it had when it last answered.
    fn resolve(&self, name: &str, now: impl FnOnce(&Archive) -> Result<Pins, Error>) -> Result<Pins, Error> {
        let last = places::debian().join(format!("last-{name}.txt"));
        let Some(archive) = &self.archive else {
            let text = files::read(&last)
                .map_err(|_| Error::Card("nothing was made here before, so that takes Debian's archive".to_owned()))?;
            return lock::read_pins(&text).map_err(|why| Error::Card(format!("{}: {why}", last.display())));
        };
        let pins = now(archive)?;
        files::write(&last, &write_pins(&pins))?;
        Ok(pins)
    }

    fn fetch(&self, pins: &Pins) -> Result<(), Error> {
        let missing = self.cache.missing(pins)?;
        match &self.archive {
            _ if missing.is_empty() => Ok(()),
            Some(archive) => self.cache.download(archive, &missing),
            None => Err(Error::Card(format!(
                "{} packages are not in {}, and Debian's archive does not answer",
                missing.len(),
                self.cache.folder().display()
            ))),
        }
    }
}

/// Returns exactly what the lock file at `path` says, all of it in the cache; refuses, with the names of what can no longer
/// be had, before anything is made.
pub(crate) fn locked(path: &Path, wanted: &Wanted<'_>, cache: &Cache) -> Result<Lock, Error> {
    let refuse = |why: String| Error::Card(format!("{}: {why}", path.display()));
    let lock = lock::read(&files::read(path)?).map_err(refuse)?;
    for (part, pins, names) in [("tools", &lock.tools, wanted.tools), ("card", &lock.card, wanted.card)] {
        if let Some(name) = names.iter().find(|name| !lock::has(pins, name)) {
            return Err(refuse(format!("{name} is needed and not locked in [{part}]; {UPDATE_LOCK}")));
        }
    }
    let mut all = lock.tools.clone();
    all.extend(lock.card.clone());
    let missing = cache.missing(&all)?;
    if missing.is_empty() {
        return Ok(lock);
    }
    let archive = Archive::update()?;
    let gone = lock::gone(&missing, &archive.offered(&missing)?);
    if !gone.is_empty() {
        let lines: Vec<String> = gone.iter().map(|gone| format!("\n  {gone}")).collect();
        let cache = cache.folder().display();
        return Err(refuse(format!(
            "Debian no longer has {} of {} packages, and they are not in {cache}:{}\n{UPDATE_LOCK}; \
             --cache DIR names a folder that has what is locked; without --locked the newest versions are used",
            gone.len(),
            all.len(),
            lines.concat()
        )));
    }
    cache.download(&archive, &missing)?;
    Ok(lock)
}

/// How to lock what there is now.
const UPDATE_LOCK: &str = "`cargo xtask image --update-lock` locks what Debian has now";

/// Returns the lock file of the repository for `board`.
pub(crate) fn lock_path(board: Board) -> PathBuf {
    places::card_scripts().join(format!("lock-{}.txt", board.name()))
}

fn with_kernel(archive: &Archive, wanted: &Wanted<'_>) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = wanted.card.iter().map(|&name| name.to_owned()).collect();
    names.extend(archive.kernel(wanted.board.backports())?);
    Ok(names)
}
