//! Whether the box keeps what is entrusted to it, and the wish to erase its storage where it cannot.
//!
//! A data partition that cannot be read is found, replaced by memory and formatted by units of their own, with the rights
//! that this needs and the firmware does not have (`image/root`: `data`). Small files carry words both ways, as with updates.
//! Whether storage can still be written is asked of the system and of the writer; nothing is written in order to see it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::StatVfsMountFlags;

use crate::facts::Forgets;
use crate::handle::Refused;
use crate::state::{Trouble, Writer};
use crate::update::RUN;

/// Where the units say how it is, below [`RUN`](crate::update::RUN).
const STATE: &str = "partybox-data/state";

/// Where they are asked to erase it.
const WISH: &str = "partybox/anew";

/// Longest word that a unit says, bytes.
const WORD_BYTES_MAX: usize = 40;

/// Returns whether what is written now is there after the next start, as far as units say. A machine without them keeps things.
pub fn keeps() -> bool {
    reported(Path::new(RUN)).is_none()
}

/// Returns what the units say below `run`.
fn reported(run: &Path) -> Option<Forgets> {
    let text = fs::read_to_string(run.join(STATE)).ok().filter(|text| text.len() <= WORD_BYTES_MAX)?;
    match text.trim() {
        "read-only" => Some(Forgets::ReadOnly),
        "making" => Some(Forgets::Making),
        "failed" => Some(Forgets::Failed),
        // Whatever they say, they say it of what is lost.
        _ => Some(Forgets::Lost),
    }
}

/// The storage, as the box follows it.
#[derive(Debug)]
pub(crate) struct Storage {
    run: PathBuf,
    /// `None`: the box has no place for what it shall keep.
    writer: Option<Arc<Writer>>,
    logged: Option<Forgets>,
}

impl Storage {
    /// Returns the storage that `writer` writes to, of which units speak below `run`.
    pub(crate) fn new(run: &Path, writer: Option<Arc<Writer>>) -> Self {
        Self { run: run.to_owned(), writer, logged: None }
    }

    /// Returns why the box forgets, if it does, and logs a change of that.
    pub(crate) fn poll(&mut self) -> Option<Forgets> {
        let forgets = reported(&self.run).or_else(|| self.refuses());
        if forgets != self.logged {
            match forgets {
                None => log::info!("what the box is told is kept again"),
                Some(Forgets::ReadOnly) => log::warn!("the box forgets: its storage can no longer be written"),
                Some(Forgets::Full) => log::warn!("the box forgets: its storage is full"),
                Some(Forgets::Refused) => log::warn!("the box forgets: its storage refuses what is to be kept"),
                Some(Forgets::Nowhere) => log::warn!("the box forgets: it has no state folder"),
                Some(Forgets::Lost) => log::warn!("the box forgets: what it kept cannot be read any more"),
                Some(Forgets::Making) => log::warn!("the box begins anew, without what it kept"),
                Some(Forgets::Failed) => log::error!("the box forgets: its storage cannot be made anew"),
            }
            self.logged = forgets;
        }
        forgets
    }

    /// Asks the units to erase the place in which the box keeps things, and to restart it.
    ///
    /// # Errors
    /// What is there can be read, is being erased, or the system refuses the wish.
    pub(crate) fn erase(&mut self) -> Result<(), Refused> {
        if !matches!(reported(&self.run), Some(Forgets::Lost | Forgets::Failed)) {
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

    /// Returns what the system and the writer say.
    fn refuses(&self) -> Option<Forgets> {
        let Some(writer) = &self.writer else { return Some(Forgets::Nowhere) };
        let about = rustix::fs::statvfs(writer.folder().path()).ok();
        if about.is_some_and(|about| about.f_flag.contains(StatVfsMountFlags::RDONLY)) {
            return Some(Forgets::ReadOnly);
        }
        match writer.trouble()? {
            Trouble::Full => Some(Forgets::Full),
            Trouble::Refuses | Trouble::Slow => Some(Forgets::Refused),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::state::{Copies, Folder};

    fn storage() -> (tempfile::TempDir, Storage) {
        let run = tempfile::tempdir().unwrap();
        for name in ["partybox", "partybox-data"] {
            fs::create_dir(run.path().join(name)).unwrap();
        }
        let folder = Folder::open(run.path().join("state")).unwrap();
        let storage = Storage::new(run.path(), Some(Arc::new(Writer::new(Arc::new(folder)).unwrap())));
        (run, storage)
    }

    #[test]
    fn storage_of_which_nothing_is_said_keeps_things_and_is_not_given_up() {
        let (run, mut storage) = storage();
        assert_eq!(storage.poll(), None);
        assert_eq!(storage.erase().map_err(|refused| refused.code), Err("not-lost"));
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
            assert_eq!(storage.poll(), Some(forgets), "{said}");
            assert_eq!(storage.erase().is_ok(), may, "{said}");
            assert_eq!(fs::remove_file(run.path().join(WISH)).is_ok(), may, "{said}");
        }
    }

    #[test]
    fn storage_that_refuses_is_said_until_what_it_owes_is_paid_by_itself() {
        let (run, mut storage) = storage();
        let obstacle = run.path().join("state/.party.new/x");
        fs::create_dir_all(&obstacle).unwrap();
        let (told, answers) = mpsc::channel();
        let writer = storage.writer.clone().unwrap();
        writer.write("party", b"x".to_vec(), Copies::AndOlder, Box::new(move |result| told.send(result).unwrap()));
        assert!(answers.recv().unwrap().is_err());
        assert_eq!(storage.poll(), Some(Forgets::Refused));
        fs::remove_dir_all(obstacle.parent().unwrap()).unwrap();
        let (told, answers) = mpsc::channel();
        writer.settle(|name| name == "party", Box::new(move |result| told.send(result).unwrap()));
        assert!(answers.recv().unwrap().is_ok());
        assert_eq!(storage.poll(), None);
        assert_eq!(Storage::new(run.path(), None).poll(), Some(Forgets::Nowhere));
    }
}
