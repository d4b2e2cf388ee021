//! Updates, seen from the firmware: what comes in goes to an inbox, and what becomes of it is read from small files.
//!
//! Verifying and writing is done by units of their own, with the rights that this needs and the firmware does not have
//! (`image/root`). The firmware says when it has played well, and asks for the restart. Nothing is decided here about
//! whose updates are installed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base::Time;

use crate::facts::{Update, UpdateState};
use crate::handle::Inbox;
use crate::ticker::Ticker;

/// Where units and the firmware leave each other small files; in tests somewhere else.
pub(crate) const RUN: &str = "/run";

/// Where sticks are mounted, one folder each.
pub(crate) const STICKS: &str = "/run/media";

/// How an update's file is called in the inbox once it is whole, and while it is not.
const WHOLE: &str = "inbox.raucb";
const PART: &str = "inbox.part";

/// Ending of updates on sticks.
const ENDING: &str = "raucb";

/// Longest line that a unit writes, bytes.
const LINE_BYTES_MAX: usize = 200;

/// Longest version that is shown, characters.
const VERSION_CHARS_MAX: usize = 40;

/// How often the sticks are searched, µs.
const STICKS_US: u64 = 2_000_000;

/// The update, as the box follows it.
#[derive(Debug)]
pub(crate) struct Updates {
    inbox: PathBuf,
    run: PathBuf,
    sticks: PathBuf,
    /// An update on a stick.
    found: Option<PathBuf>,
    /// The one that was copied last: it does not offer itself again.
    copied: Option<PathBuf>,
    searches: Ticker,
    proved: bool,
}

impl Updates {
    /// Returns updates through `inbox`; `None` where there is none: this machine is updated in another way.
    pub(crate) fn new(inbox: &Path, run: &Path, sticks: &Path) -> Option<Self> {
        let (inbox, run, sticks) = (inbox.to_owned(), run.to_owned(), sticks.to_owned());
        let is_configured = !inbox.as_os_str().is_empty();
        let searches = Ticker::new(STICKS_US);
        is_configured.then_some(Self { inbox, run, sticks, found: None, copied: None, searches, proved: false })
    }

    /// Returns the facts of updates, and searches the sticks when that is due.
    pub(crate) fn poll(&mut self, now: Time) -> Update {
        if self.searches.is_due(now) {
            self.found = on_a_stick(&self.sticks).filter(|found| self.copied.as_ref() != Some(found));
        }
        let slot = line(&self.run.join("partybox-slot/state"));
        let rolled_back = line(&self.run.join("partybox-slot/rolled-back"));
        let install = line(&self.run.join("partybox-update/state")).and_then(|line| installing(&line));
        let is_waiting = self.inbox.join(WHOLE).exists();
        let is_coming = self.inbox.join(PART).exists();
        let of = |state| Update { state, ..Update::default() };
        match (install, slot) {
            _ if is_coming => of(UpdateState::Receiving),
            (Some(update), _) if update.state != UpdateState::Refused || self.found.is_none() => update,
            (None, _) if is_waiting => of(UpdateState::Verifying),
            _ if self.found.is_some() => of(UpdateState::Found),
            (_, Some(slot)) if slot.starts_with("trying ") => of(UpdateState::Trying),
            _ if rolled_back.is_some() => {
                Update { version: rolled_back.filter(|text| !text.is_empty()), ..of(UpdateState::RolledBack) }
            }
            _ if self.proved => of(UpdateState::Confirmed),
            _ => of(UpdateState::None),
        }
    }

    /// Returns whether this start must prove itself.
    pub(crate) fn is_trial(&self) -> bool {
        !self.proved && line(&self.run.join("partybox-slot/state")).is_some_and(|slot| slot.starts_with("trying "))
    }

    /// Tells the units that sound has flowed for long enough: this version may stay.
    pub(crate) fn prove(&mut self) {
        match fs::write(self.run.join("partybox/healthy"), "") {
            Ok(()) => {
                log::info!("this version has played for half a minute and may stay");
                self.proved = true;
            }
            Err(error) => log::warn!("it cannot be told that this version plays: {error}"),
        }
    }

    /// Asks for the restart that begins the new version.
    ///
    /// # Errors
    /// The system refuses the wish.
    pub(crate) fn restart(&self) -> io::Result<()> {
        fs::write(self.run.join("partybox/restart"), "")
    }

    /// Returns the update on a stick and where it is to be copied to, and offers it no more.
    pub(crate) fn accept_found(&mut self) -> Option<(PathBuf, Inbox)> {
        self.copied = Some(self.found.take()?);
        Some((self.copied.clone()?, self.inbox()))
    }

    /// Returns where an update comes in.
    pub(crate) fn inbox(&self) -> Inbox {
        Inbox { part: self.inbox.join(PART), whole: self.inbox.join(WHOLE) }
    }
}

/// Copies a file from a stick; may take a minute.
///
/// # Errors
/// The stick was pulled, or there is no room; nothing is left then.
pub(crate) fn copy(inbox: &Inbox, from: &Path) -> io::Result<()> {
    let copied = fs::copy(from, &inbox.part).and_then(|_| inbox.complete());
    if copied.is_err() {
        // It may not even have been begun.
        _ = fs::remove_file(&inbox.part);
    }
    copied
}

/// Parses what the unit that installs says: `verifying`, `writing 0.35`, `restart-needed VERSION`, `refused CODE`.
fn installing(line: &str) -> Option<Update> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    let update = match word {
        "verifying" => Update { state: UpdateState::Verifying, ..Update::default() },
        "writing" => {
            let progress = rest.parse().ok().filter(|share| (0.0..=1.0).contains(share));
            Update { state: UpdateState::Writing, progress, ..Update::default() }
        }
        "restart-needed" => {
            let version = Some(rest).filter(|version| !version.is_empty());
            let version = version.map(|version| version.chars().take(VERSION_CHARS_MAX).collect());
            Update { state: UpdateState::RestartNeeded, version, ..Update::default() }
        }
        "refused" => {
            let known = ["wrong-key", "wrong-board", "older", "damaged", "no-space", "interrupted"];
            let why = if known.contains(&rest) { rest } else { "failed" };
            Update { state: UpdateState::Refused, why: Some(why.to_owned()), ..Update::default() }
        }
        _ => return None,
    };
    Some(update)
}

fn line(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok().filter(|text| text.len() <= LINE_BYTES_MAX)?;
    Some(text.lines().next().unwrap_or_default().trim().to_owned())
}

/// Returns the first update at the top of a stick, by its name; sticks in the order of theirs.
fn on_a_stick(sticks: &Path) -> Option<PathBuf> {
    let files = |folder: PathBuf| {
        let mut files: Vec<PathBuf> =
            fs::read_dir(folder).into_iter().flatten().flatten().map(|at| at.path()).collect();
        files.sort();
        files
    };
    let is_update = |path: &PathBuf| path.extension().is_some_and(|ending| ending == ENDING) && path.is_file();
    files(sticks.to_owned()).into_iter().flat_map(files).find(is_update)
}

#[cfg(test)]
mod tests;
