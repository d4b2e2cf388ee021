//! The library of the box: where its database is, and how its changes reach the party.
//!
//! Carries lists of tracks; what is played when is decided in `party`.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use library::{Error, Library, Settings, WorkerCommand};
use party::TrackId;
use tokio::sync::{Notify, mpsc};

/// The database's file in the state folder.
const DATABASE: &str = "library.db";

/// How often all files are looked at even if the kernel tells of no change: network storage changes silently.
const RESCAN_EVERY: Duration = Duration::from_secs(3_600);

/// Shortest time between two new lists while a scan finds more and more tracks.
const LIST_PAUSE: Duration = Duration::from_secs(2);

/// The library and where it is.
pub struct Music {
    library: Library,
    /// A folder that vanishes with the box, where there is no better one.
    passing: Option<PathBuf>,
}

impl Music {
    /// Opens the library of the folder `root`, with its database in the folder `state`. Without one, or if that cannot
    /// be used, the music is scanned anew at every start. Every new list of all tracks comes through the channel.
    ///
    /// # Errors
    /// The folder cannot be listed, or there is no place for a database at all.
    pub fn open(root: &Path, state: Option<&Path>) -> Result<(Self, mpsc::Receiver<Vec<TrackId>>), Error> {
        let changed = Arc::new(Notify::new());
        let settings = |folder: &Path| {
            let changed = Arc::clone(&changed);
            Settings {
                database: folder.join(DATABASE),
                root: root.to_owned(),
                worker: WorkerCommand::this_program(),
                rescan_every: Some(RESCAN_EVERY),
                on_change: Arc::new(move || changed.notify_one()),
            }
        };
        let kept = state.map(|folder| Library::open(settings(folder)));
        let (library, passing) = match kept {
            Some(Ok(library)) => (library, None),
            Some(Err(error @ Error::Root { .. })) => return Err(error),
            other => {
                if let Some(Err(error)) = other {
                    log::warn!("the music is scanned anew at every start: {error}");
                }
                let folder = passing_folder().map_err(Error::System)?;
                (Library::open(settings(&folder))?, Some(folder))
            }
        };
        let (lists_in, lists) = mpsc::channel(1);
        tokio::spawn(tell(library.clone(), changed, lists_in));
        Ok((Self { library, passing }, lists))
    }

    /// The library.
    pub fn library(&self) -> Library {
        self.library.clone()
    }

    /// The tracks that are known now.
    pub fn ids(&self) -> Vec<TrackId> {
        self.library.ids().unwrap_or_default()
    }

    /// Ends scanning.
    pub fn close(self) {
        self.library.close();
        if let Some(folder) = self.passing {
            // Whatever stays is the temporary folder's business.
            _ = fs::remove_dir_all(folder);
        }
    }
}

fn passing_folder() -> io::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("partybox-{}", std::process::id()));
    DirBuilder::new().mode(0o700).create(&folder)?;
    Ok(folder)
}

/// Sends a new list after every change, and says what a scan has found.
async fn tell(library: Library, changed: Arc<Notify>, lists: mpsc::Sender<Vec<TrackId>>) {
    let mut said = None;
    loop {
        changed.notified().await;
        let progress = library.progress();
        let asked = library.clone();
        // Reads the whole list from storage: not for a thread that others wait for.
        match tokio::task::spawn_blocking(move || asked.ids()).await {
            Ok(Ok(ids)) => {
                if lists.send(ids).await.is_err() {
                    return;
                }
            }
            Ok(Err(error)) => log::warn!("the list of tracks: {error}"),
            Err(error) => log::error!("the list of tracks: {error}"),
        }
        let found = (progress.tracks, progress.broken);
        if progress.scanning {
            let (done, seen, rate) = (progress.files_done, progress.files_seen, progress.files_per_s);
            log::debug!("scanning music: {done} of {seen} files, {rate:.0}/s");
            tokio::time::sleep(LIST_PAUSE).await;
        } else if said != Some(found) {
            said = Some(found);
            match found {
                (0, 0) => log::warn!("there is no music that this box knows in its folder"),
                (tracks, broken) => log::info!("music: {tracks} tracks, {broken} files that do not parse"),
            }
        }
    }
}
