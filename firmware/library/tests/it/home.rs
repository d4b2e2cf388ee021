//! A folder of music, a place for its database, and what tests ask of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use library::{Filter, LIMIT_MAX, Library, Settings, Track, WorkerCommand};
use tempfile::TempDir;

/// Longest wait for anything.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// How often a condition is looked at when nothing tells of a change.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(20);

pub(crate) fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    tests.ancestors().nth(2).unwrap().join("examples/library")
}

/// A silent sound file that says this about itself.
pub(crate) fn wav(title: &str, artist: &str) -> Vec<u8> {
    let mut info = b"INFO".to_vec();
    for (id, text) in [(b"INAM", title), (b"IART", artist), (b"IPRD", "Album")] {
        let mut text = text.as_bytes().to_vec();
        text.resize((text.len() + 2) & !1, 0);
        info.extend_from_slice(&chunk(id, &text));
    }
    let mut format = vec![1, 0, 1, 0];
    format.extend_from_slice(&8_000_u32.to_le_bytes());
    format.extend_from_slice(&16_000_u32.to_le_bytes());
    format.extend_from_slice(&[2, 0, 16, 0]);
    let data = vec![0; 16_000];
    let parts = [&b"WAVE"[..], &chunk(b"fmt ", &format), &chunk(b"LIST", &info), &chunk(b"data", &data)].concat();
    chunk(b"RIFF", &parts)
}

pub(crate) fn chunk(id: &[u8; 4], contents: &[u8]) -> Vec<u8> {
    [&id[..], &(contents.len() as u32).to_le_bytes(), contents].concat()
}

/// A folder of music and a place for its database.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
    changed: Sender<()>,
    pub(crate) changes: Receiver<()>,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("music")).unwrap();
        let (changed, changes) = channel();
        Self { folder, changed, changes }
    }

    pub(crate) fn music(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join("music").join(path)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("library.db")
    }

    pub(crate) fn put(&self, path: impl AsRef<Path>, bytes: &[u8]) {
        let path = self.music(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn settings(&self, worker: &str) -> Settings {
        let changed = self.changed.clone();
        Settings {
            folder: Some(self.music("")),
            on_change: Arc::new(move || _ = changed.send(())),
            ..Settings::new(self.database(), WorkerCommand::new(program(), [worker]))
        }
    }

    pub(crate) fn open_with(&self, worker: &str) -> Library {
        Library::open(self.settings(worker)).unwrap()
    }

    /// Opens the library and waits for the scan's end.
    pub(crate) fn scanned(&self) -> Library {
        let library = self.open_with("tag-worker");
        self.until(|| !library.progress().scanning);
        library
    }

    pub(crate) fn until(&self, holds: impl Fn() -> bool) {
        let begun = Instant::now();
        while !holds() {
            assert!(begun.elapsed() < LIMIT, "it does not come to hold");
            _ = self.changes.recv_timeout(LOOK_AGAIN);
        }
    }
}

pub(crate) fn all(library: &Library) -> Vec<Track> {
    library.tracks(&Filter::default(), None, LIMIT_MAX).unwrap()
}

pub(crate) fn find(library: &Library, title: &str) -> Option<Track> {
    all(library).into_iter().find(|track| track.tags.title == title)
}

pub(crate) fn reasons(library: &Library) -> Vec<(String, String)> {
    let broken = library.broken(Path::new(""), 100).unwrap();
    broken.into_iter().map(|file| (file.path.to_string_lossy().into_owned(), file.reason)).collect()
}
