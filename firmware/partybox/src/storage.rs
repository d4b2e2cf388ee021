//! Whether the box keeps what it is told, and the wish to begin anew where it cannot.
//!
//! A data partition that cannot be read is found, replaced by memory and made anew by units of their own, with the rights
//! that this takes and the firmware does not have (`image/root`: `data`). Small files tell of it both ways, as with updates.
//! Whether storage can still be written is asked of the system; nothing is written in order to see it.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::StatVfsMountFlags;
use web::appliance::{Forgets, Refused};

/// Where the units tell how it is, below where units tell.
const STATE: &str = "partybox-data/state";

/// Where they are told to make it anew.
const WISH: &str = "partybox/anew";

/// Longest word that a unit tells, bytes.
const WORD_BYTES_MAX: usize = 40;

/// What is known of it.
#[derive(Debug)]
pub struct Storage {
    run: PathBuf,
    folder: Option<PathBuf>,
    said: Option<Forgets>,
}

impl Storage {
    /// The storage that `folder` is on, of which units tell below `run`.
    pub fn new(run: &Path, folder: Option<PathBuf>) -> Self {
        Self { run: run.to_owned(), folder, said: None }
    }

    /// Why the box forgets, if it does. To be called every few seconds.
    pub fn look(&mut self) -> Option<Forgets> {
        let forgets = self.told().or_else(|| self.is_read_only().then_some(Forgets::ReadOnly));
        if forgets != self.said {
            match forgets {
                None => log::info!("what the box is told is kept again"),
                Some(Forgets::ReadOnly) => log::warn!("the box forgets: its storage can no longer be written"),
                Some(Forgets::Lost) => log::warn!("the box forgets: what it kept cannot be read any more"),
                Some(Forgets::Making) => log::warn!("the box begins anew, without what it kept"),
                Some(Forgets::Failed) => log::error!("the box forgets: its storage cannot be made anew"),
            }
            self.said = forgets;
        }
        forgets
    }

    /// Asks for a new place in which the box keeps things, and a restart.
    ///
    /// # Errors
    /// What is there can be read, is being made anew, or the system does not take the wish.
    pub fn start_anew(&mut self) -> Result<(), Refused> {
        if !matches!(self.told(), Some(Forgets::Lost | Forgets::Failed)) {
            return Err(Refused {
                code: "not-lost",
                why: "What the box keeps can be read: there is nothing to give up.",
            });
        }
        log::warn!("a host gives up what the box kept");
        fs::write(self.run.join(WISH), "").map_err(|error| {
            log::warn!("it cannot be asked for: {error}");
            Refused { code: "not-lost", why: "The box cannot do this by itself; put another card in." }
        })
    }

    /// What the units tell.
    fn told(&self) -> Option<Forgets> {
        let text = fs::read_to_string(self.run.join(STATE)).ok().filter(|text| text.len() <= WORD_BYTES_MAX)?;
        match text.trim() {
            "read-only" => Some(Forgets::ReadOnly),
            "making" => Some(Forgets::Making),
            "failed" => Some(Forgets::Failed),
            // Whatever they say, they say it of what is lost.
            _ => Some(Forgets::Lost),
        }
    }

    fn is_read_only(&self) -> bool {
        let about = self.folder.as_ref().and_then(|folder| rustix::fs::statvfs(folder).ok());
        about.is_some_and(|about| about.f_flag.contains(StatVfsMountFlags::RDONLY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storage() -> (tempfile::TempDir, Storage) {
        let run = tempfile::tempdir().unwrap();
        for name in ["partybox", "partybox-data"] {
            fs::create_dir(run.path().join(name)).unwrap();
        }
        let storage = Storage::new(run.path(), Some(run.path().to_owned()));
        (run, storage)
    }

    #[test]
    fn storage_of_which_nothing_is_told_keeps_things_and_is_not_given_up() {
        let (run, mut storage) = storage();
        assert_eq!(storage.look(), None);
        assert_eq!(storage.start_anew().map_err(|refused| refused.code), Err("not-lost"));
        assert!(!run.path().join(WISH).exists());
    }

    #[test]
    fn storage_that_is_lost_is_given_up_once_a_host_says_so() {
        let (run, mut storage) = storage();
        for (said, forgets, may) in [
            ("lost\n", Forgets::Lost, true),
            ("read-only\n", Forgets::ReadOnly, false),
            ("making\n", Forgets::Making, false),
            ("failed\n", Forgets::Failed, true),
            ("<script>", Forgets::Lost, true),
        ] {
            fs::write(run.path().join(STATE), said).unwrap();
            assert_eq!(storage.look(), Some(forgets), "{said}");
            assert_eq!(storage.start_anew().is_ok(), may, "{said}");
            assert_eq!(fs::remove_file(run.path().join(WISH)).is_ok(), may, "{said}");
        }
    }
}
