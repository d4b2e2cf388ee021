//! The library of the box: where its database and its uploads are, and what it may do in the background.
//!
//! How its changes reach the channels is in `lists.rs`; what is played when is decided in `party`.

use std::fs::{self, DirBuilder};
use std::io;
use std::num::NonZero;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use audio::decode::{self, TrackInfo};
use audio::pcm::SAMPLE_RATE_HZ;
use library::{Error, GuestsPlace, Heard, Library, Loudness, Outcome, Part, Settings, Unheard, WorkerCommand};
use tokio::sync::Notify;

use crate::config::{GuestFilesConfig, SourceConfig};

/// The database's file in the state folder.
const DATABASE: &str = "library.db";

/// The folder of uploads in the state folder.
const UPLOADS: &str = "uploads";

/// The folder of what guests bring in the state folder.
const GUESTS: &str = "guests";

/// Bytes in a megabyte, as the configuration counts them.
const MB: u64 = 1_000_000;

/// How often all files are looked at even if the kernel tells of no change: network storage changes silently.
const RESCAN_EVERY: Duration = Duration::from_secs(3_600);

/// How long a measurement waits before it looks again whether the box has time for it.
const BUSY_PAUSE: Duration = Duration::from_millis(500);

/// Cores from which on one may be used in the background while somebody listens.
const CORES_MIN: usize = 4;

/// The library and where it is.
pub struct Music {
    library: Library,
    listening: Arc<AtomicBool>,
    /// A folder that vanishes with the box, where there is no better one.
    passing: Option<PathBuf>,
}

impl Music {
    /// Whether this configuration names any place for music.
    pub fn is_wanted(source: &SourceConfig) -> bool {
        [&source.music, &source.sticks].iter().any(|path| !path.as_os_str().is_empty())
    }

    /// Opens the library of the places in `source`, with its database and the place for uploads in the folder `state`.
    /// Without one, or if that cannot be used, nobody can upload and the music is scanned anew at every start. What is
    /// returned beside it is notified of every change.
    ///
    /// # Errors
    /// The folder of music cannot be listed, or there is no place for a database at all.
    pub fn open(
        source: &SourceConfig,
        guests: &GuestFilesConfig,
        state: Option<&Path>,
    ) -> Result<(Self, Arc<Notify>), Error> {
        let changed = Arc::new(Notify::new());
        let named = |path: &PathBuf| Some(path.clone()).filter(|path| !path.as_os_str().is_empty());
        let listening = Arc::new(AtomicBool::new(false));
        let settings = |folder: &Path| {
            let (changed, listening) = (Arc::clone(&changed), Arc::clone(&listening));
            Settings {
                folder: named(&source.music),
                sticks: named(&source.sticks),
                judge: Arc::new(judge),
                measure: Some(Arc::new(move |part, is_closed| measure(part, &listening, is_closed))),
                rescan_every: Some(RESCAN_EVERY),
                on_change: Arc::new(move || changed.notify_one()),
                ..Settings::new(folder.join(DATABASE), WorkerCommand::this_program())
            }
        };
        let lasting = |folder: &Path| Settings {
            uploads: Some(folder.join(UPLOADS)),
            guests: Some(GuestsPlace {
                folder: folder.join(GUESTS),
                file_bytes_max: u64::from(guests.file_mb_max) * MB,
                files_max: guests.files_max,
                bytes_max: u64::from(guests.total_mb_max) * MB,
            }),
            ..settings(folder)
        };
        let kept = state.map(|folder| Library::open(lasting(folder)));
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
        Ok((Self { library, listening, passing }, changed))
    }

    /// Tells whether somebody listens.
    pub fn somebody_listens(&self, listens: bool) {
        self.listening.store(listens, Ordering::Relaxed);
    }

    /// The library.
    pub fn library(&self) -> Library {
        self.library.clone()
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

/// Measures how loud a file is, standing back behind everything else; not at all while somebody listens to a small box.
fn measure(part: &Part, listening: &AtomicBool, is_closed: &dyn Fn() -> bool) -> Outcome {
    audio::thread::stand_back();
    let go_on = || {
        while is_busy(listening) && !is_closed() {
            thread::sleep(BUSY_PAUSE);
        }
        !is_closed()
    };
    let Part { path, start_ms, end_ms } = part.clone();
    let cut = decode::Cut { path, start_ms, end_ms, gain_db: 0.0 };
    match audio::loudness::measure(&decode::WorkerCommand::this_program(), &cut, go_on) {
        Ok(Some(found)) => Outcome::Heard {
            loudness: found.loudness.map(|loudness| Loudness {
                integrated_lufs: loudness.integrated_lufs as f32,
                true_peak_dbtp: loudness.true_peak_dbtp as f32,
            }),
            duration_ms: found.frames.map(|frames| frames * 1_000 / u64::from(SAMPLE_RATE_HZ)),
        },
        Ok(None) => Outcome::Later,
        Err(error) if error.is_systems() => Outcome::Later,
        Err(error) => {
            log::info!("no loudness: {} {error}", part.path.display());
            // What plays in part is a track; a cut of a file says nothing of the file.
            let is_whole = part.start_ms == 0 && part.end_ms.is_none();
            match judge(&part.path) {
                Err(Unheard::NotNow(_)) => Outcome::Later,
                Err(Unheard::Never(why)) if is_whole => Outcome::Refused(why),
                _ => Outcome::None,
            }
        }
    }
}

/// Whether the box has something better to do than to measure: somebody listens, and it has few cores or they are used.
fn is_busy(listening: &AtomicBool) -> bool {
    if !listening.load(Ordering::Relaxed) {
        return false;
    }
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let load = fs::read_to_string("/proc/loadavg").ok();
    let load = load.and_then(|text| text.split(' ').next()?.parse::<f64>().ok()).unwrap_or(0.0);
    cores < CORES_MIN || load > cores as f64 / 2.0
}

/// Whether a file plays: a decoder process opens it and finds sound; and what it says of itself.
fn judge(path: &Path) -> Result<Option<Heard>, Unheard> {
    match decode::hear(&decode::WorkerCommand::this_program(), path) {
        Ok(TrackInfo { title, artist, duration_ms }) => Ok(Some(Heard { title, artist, duration_ms })),
        Err(error) if error.is_systems() => Err(Unheard::NotNow(error.to_string())),
        Err(error) => Err(Unheard::Never(error.to_string())),
    }
}

fn passing_folder() -> io::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("partybox-{}", std::process::id()));
    DirBuilder::new().mode(0o700).create(&folder)?;
    Ok(folder)
}
