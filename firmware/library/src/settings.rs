//! What a library is made from.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::guests::GuestsPlace;
use crate::inspect::WorkerCommand;
use crate::measure::Measure;
use crate::tags::Heard;

/// The kernel's table of mounts (proc(5)).
const MOUNTS: &str = "/proc/self/mountinfo";

/// Says of a file whether it can be played, and if not, why. May take as long as it has to, but must come to an end.
/// `None`: it knows nothing of files, and what its reader says of one counts.
pub type Judge = Arc<dyn Fn(&Path) -> Result<Option<Heard>, Unheard> + Send + Sync>;

/// Why a file was not heard, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unheard {
    /// There is nothing in it that plays, whenever it is asked.
    Never(String),
    /// It could not be found out now: the storage or the system refuses. It is asked again.
    NotNow(String),
}

/// What a library is made from.
#[derive(Clone)]
pub struct Settings {
    /// The database's file; its folder must exist. Two more files appear beside it.
    pub database: PathBuf,
    /// The box's own folder of music.
    pub folder: Option<PathBuf>,
    /// The folder below which USB sticks are mounted; it need not exist.
    pub sticks: Option<PathBuf>,
    /// Where it says what is mounted.
    pub mounts: PathBuf,
    /// Where uploads arrive; it is made if it does not exist. Without it nobody can upload.
    pub uploads: Option<PathBuf>,
    /// Where files that guests bring arrive, and how much of them. Without it guests bring none.
    pub guests: Option<GuestsPlace>,
    /// How to start a process that reads tags.
    pub worker: WorkerCommand,
    /// What is asked of an upload before it is put into place, and of a file whose tags cannot be read.
    pub judge: Judge,
    /// How to measure loudness; `None`: it is not measured.
    pub measure: Option<Measure>,
    /// How often everything is looked at again, for what the kernel does not tell (network storage); `None`: never.
    pub rescan_every: Option<Duration>,
    /// Called after every change of the list of tracks or what is known of them, and after every scan, from a thread of
    /// the library; must not wait.
    pub on_change: Arc<dyn Fn() + Send + Sync>,
}

impl Settings {
    /// A library with no music yet, nobody to be told of changes, and nothing looked at twice.
    pub fn new(database: PathBuf, worker: WorkerCommand) -> Self {
        Self {
            database,
            folder: None,
            sticks: None,
            mounts: MOUNTS.into(),
            uploads: None,
            guests: None,
            worker,
            judge: Arc::new(|_| Ok(None)),
            measure: None,
            rescan_every: None,
            on_change: Arc::new(|| {}),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { database, folder, sticks, uploads, .. } = self;
        f.debug_struct("Settings")
            .field("database", database)
            .field("folder", folder)
            .field("sticks", sticks)
            .field("uploads", uploads)
            .finish_non_exhaustive()
    }
}
