//! The door of this room: opens a library and asks it.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use base::TrackId;
use rusqlite::Connection;

use crate::art::{ArtSize, Gallery, Made, Picture};
use crate::guests::Guests;
use crate::inspect::{Inspector, WorkerCommand};
use crate::measure::Meter;
use crate::progress::Progress;
use crate::scan::{Scanner, Sources};
use crate::selection::{Folder, Selection};
use crate::settings::{Judge, Settings};
use crate::shared::Shared;
use crate::store::read::{
    AskError, BrokenFile, Filter, Group, GroupBy, Playlist, Reader, Root, RootKind, Track, TroubledList,
};
use crate::store::write::{self, Place};
use crate::store::{self, trust, trust::Fault};
use crate::uploads::{Inbox, Reception};
use crate::writer::{ORDERS_MAX, Order, Scribe};

/// Why there is no library.
#[derive(Debug)]
pub enum Error {
    /// The folder of music cannot be listed: the user's to mend.
    Root {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database cannot be opened or written: full, read-only or broken storage. A retry may help.
    Database(PathBuf, String),
    /// The system has no thread or event for us.
    System(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root { path, source } => write!(f, "cannot read the music directory {}: {source}", path.display()),
            Self::Database(path, why) => write!(f, "cannot use the database {}: {why}", path.display()),
            Self::System(error) => write!(f, "the system refuses: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Root { source, .. } | Self::System(source) => Some(source),
            Self::Database(..) => None,
        }
    }
}

/// A library. Clones are the same library; with the last one it is closed.
#[derive(Clone)]
pub struct Library {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    reader: Arc<Reader>,
    gallery: Gallery,
    reception: Option<Reception>,
    guests: Option<Arc<Guests>>,
    /// `None` once closed: the writer ends when nobody can give orders.
    writer: Mutex<Option<SyncSender<Order>>>,
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// How to start a process that reads tags.
    pub(crate) worker: WorkerCommand,
    /// Says whether a file plays.
    pub(crate) judge: Judge,
    /// Whether it is asked about a track that failed.
    pub(crate) asks: AtomicBool,
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("progress", &self.progress()).finish_non_exhaustive()
    }
}

impl Library {
    /// Opens a library and begins to scan. What it knew before can be asked at once.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn open(settings: Settings) -> Result<Self, Error> {
        let folder = settings.folder.as_ref().map(|folder| listable(folder)).transpose()?;
        let database = &settings.database;
        let unusable = |error: &dyn fmt::Display| Error::Database(database.clone(), error.to_string());
        let connection = store::open(database).map_err(|error| unusable(&error))?;
        let inbox = settings.uploads.as_ref().and_then(|path| {
            let opened = Inbox::open(path).and_then(|inbox| Ok((inbox, path.canonicalize()?)));
            opened.inspect_err(|error| log::warn!("nobody can upload: {}: {error}", path.display())).ok()
        });
        let wanted = [(RootKind::Folder, folder), (RootKind::Uploads, inbox.as_ref().map(|(_, path)| path.clone()))];
        let wanted: Vec<Place> = wanted.into_iter().filter_map(|(kind, path)| Some(Place::at(kind, path?))).collect();
        // What opens may still be of no use: then another one begins with the same places.
        let (connection, places) = match settle(connection, &wanted) {
            Err(error) if trust::fault(&error) != Fault::Nothing => {
                log::warn!(
                    "{} cannot be used ({error}): it is set aside, and the music is scanned anew",
                    database.display()
                );
                let made = store::rebuild::rebuild(database, &[], 0).map_err(|error| unusable(&error))?;
                settle(made, &wanted).map_err(|error| unusable(&error))?
            }
            settled => settled.map_err(|error| unusable(&error))?,
        };
        let folders: Vec<_> = places.iter().map(|(number, place)| (*number, place.path.clone())).collect();
        let reception =
            inbox.zip(folders.last()).map(|((inbox, folder), (root, _))| Reception { inbox, root: *root, folder });
        let guests = settings.guests.as_ref().and_then(|place| {
            let opened = Guests::open(place).map(Arc::new);
            opened.inspect_err(|error| log::warn!("guests bring no files: {}: {error}", place.folder.display())).ok()
        });
        let worker = settings.worker.clone();
        let reader = Arc::new(Reader::new(database.clone()));
        let gallery = Gallery::new(settings.worker.clone());
        // If they cannot be counted, the first scan counts them, in another database.
        let (tracks, broken) = reader.counts().unwrap_or_default();
        if let Err(error) = reader.recall_plays() {
            log::warn!("how often tracks were played is not known: {error}");
        }
        let progress = Progress { scanning: true, tracks, broken, ..Progress::default() };
        let shared = Arc::new(Shared::new(progress, settings.on_change).map_err(Error::System)?);
        let to_wake = Arc::clone(&shared);
        reader.watch(move || to_wake.scan_all());
        let (writer, orders) = sync_channel(ORDERS_MAX);
        let scanner = Scanner {
            sources: Sources { folders, sticks: settings.sticks.map(|folder| (folder, settings.mounts)) },
            reader: Arc::clone(&reader),
            writer: writer.clone(),
            inspector: Inspector::new(settings.worker),
            judge: Arc::clone(&settings.judge),
            rescan_every: settings.rescan_every,
            shared: Arc::clone(&shared),
        };
        let meter = settings.measure.map(|measure| Meter {
            measure,
            reader: Arc::clone(&reader),
            writer: writer.clone(),
            shared: Arc::clone(&shared),
            guests: guests.clone(),
        });
        let scribe = Scribe::new(connection, database.clone(), places, Arc::clone(&reader), Arc::clone(&shared));
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            thread::Builder::new().name(name.into()).spawn(run).map_err(Error::System)
        };
        let mut threads = vec![
            spawn("library-db", Box::new(move || scribe.run(&orders)))?,
            spawn("library", Box::new(move || scanner.run()))?,
        ];
        if let Some(meter) = meter {
            threads.push(spawn("loudness", Box::new(move || meter.run()))?);
        }
        let writer = Mutex::new(Some(writer));
        let (threads, asks) = (Mutex::new(threads), AtomicBool::new(false));
        let judge = settings.judge;
        let inner = Inner { reader, gallery, reception, guests, writer, shared, threads, worker, judge, asks };
        Ok(Self { inner: Arc::new(inner) })
    }

    pub(crate) fn reception(&self) -> Option<&Reception> {
        self.inner.reception.as_ref()
    }

    pub(crate) fn guests(&self) -> Option<&Guests> {
        self.inner.guests.as_deref()
    }

    /// Gives the writer an order; `false` if it has gone.
    pub(crate) fn order(&self, order: Order) -> bool {
        let writer = self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        writer.is_some_and(|writer| writer.send(order).is_ok())
    }

    /// Waits until everything ordered is written; whether it could be.
    pub(crate) fn flush(&self) -> bool {
        let (written, done) = sync_channel(1);
        self.order(Order::Tell(written)) && done.recv().unwrap_or(false)
    }

    pub(crate) fn track_at(&self, root: i64, path: &[u8]) -> Option<TrackId> {
        self.inner.reader.track_at(root, path).ok().flatten()
    }

    /// Has everything looked at again as soon as there is time for it.
    pub fn rescan(&self) {
        self.inner.shared.scan_all();
    }

    /// Where the music comes from.
    ///
    /// # Errors
    /// See [`AskError`].
    pub fn roots(&self) -> Result<Vec<Root>, AskError> {
        let mut roots = self.inner.reader.roots()?;
        for root in &mut roots {
            let files = self.inner.shared.passed_over(root.id.cast_signed());
            root.passed_over = files.into_iter().map(|(ending, files)| (ending.to_owned(), files)).collect();
        }
        Ok(roots)
    }

    /// Ends the scan and waits until all that was found out is written. Asking goes on to work.
    pub fn close(&self) {
        self.inner.close();
    }

    /// How far the scan has got.
    pub fn progress(&self) -> Progress {
        self.inner.shared.progress()
    }

    /// Tracks in whose title, artist or album every word of `typed` begins a word, the likeliest first; after the track
    /// `after` (`None`: from the first). If there are none, those with words that differ by one slip of the finger.
    ///
    /// # Errors
    /// See [`AskError`]. No text is an error.
    pub fn search(&self, typed: &str, after: Option<TrackId>, limit: usize) -> Result<Vec<Track>, AskError> {
        self.inner.reader.search(typed, after, limit)
    }

    /// Counts that a track is played, for the order of what a search finds; remembers it for ever if somebody has `wanted` it,
    /// unless the writer is busy. Waits for nothing. What guests bring is not counted.
    pub fn played(&self, id: TrackId, wanted: bool) {
        if id.is_brought() {
            return;
        }
        self.inner.reader.played(id);
        let writer = self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(writer), Ok(id), true) = (writer.as_ref(), i64::try_from(id.0), wanted) {
            _ = writer.try_send(Order::Played(id));
        }
    }

    /// Tracks by album, disc, number and title; after the track `after`.
    ///
    /// # Errors
    /// See [`AskError`].
    pub fn tracks(&self, filter: &Filter, after: Option<TrackId>, limit: usize) -> Result<Vec<Track>, AskError> {
        self.inner.reader.tracks(filter, after, limit)
    }

    /// Returns the tracks that came to the box last, the newest first; after the track `after`.
    ///
    /// # Errors
    /// See [`AskError`].
    pub fn newest(&self, after: Option<TrackId>, limit: usize) -> Result<Vec<Track>, AskError> {
        self.inner.reader.newest(after, limit)
    }

    /// Albums, artists, genres or years in their order; after the key `after`. Tracks that say none are in no group.
    ///
    /// # Errors
    /// See [`AskError`].
    pub fn groups(&self, by: GroupBy, after: Option<&str>, limit: usize) -> Result<Vec<Group>, AskError> {
        self.inner.reader.groups(by, after, limit)
    }

    /// The track of that number, if it has a file; also one that a guest has brought, which nothing else here finds.
    ///
    /// # Errors
    /// See [`AskError`].
    pub fn track(&self, id: TrackId) -> Result<Option<Track>, AskError> {
        if id.is_brought() {
            return Ok(self.guests_track(id));
        }
        self.inner.reader.track(id)
    }

    /// The picture of a track, if it has one. Takes a while if nobody has asked for it lately.
    ///
    /// # Errors
    /// See [`AskError`].
    pub fn art(&self, id: TrackId, size: ArtSize) -> Result<Option<Picture>, AskError> {
        let Some(art) = self.track(id)?.and_then(|track| track.art) else { return Ok(None) };
        let picture = self.inner.gallery.show(&art, size)?;
        Ok(picture.map(|Made { color, jpeg }| Picture { color, jpeg, version: art.version }))
    }

    /// The numbers of all tracks that have a file, in the order of their paths. Takes a while for many.
    ///
    /// # Errors
    /// See [`AskError`].
    pub fn ids(&self) -> Result<Vec<TrackId>, AskError> {
        self.inner.reader.ids()
    }

    /// Playlists, in the order in which they became known; after the playlist `after` (0: from the first).
    ///
    /// # Errors
    /// See [`AskError`].
    pub fn playlists(&self, after: u64, limit: usize) -> Result<Vec<Playlist>, AskError> {
        self.inner.reader.playlists(after, limit)
    }

    /// Cue sheets and playlists of which not all is understood, in the order in which they became known; after the list `after`
    /// (0: from the first).
    ///
    /// # Errors
    /// See [`AskError`].
    pub fn troubled_lists(&self, after: u64, limit: usize) -> Result<Vec<TroubledList>, AskError> {
        self.inner.reader.troubled_lists(after, limit)
    }

    /// The tracks of a playlist in its order, each with its place there; after the place `after`.
    ///
    /// # Errors
    /// See [`AskError`].
    pub fn playlist(&self, list: u64, after: Option<u64>, limit: usize) -> Result<Vec<(u64, Track)>, AskError> {
        self.inner.reader.playlist(list, after, limit)
    }

    /// Returns the folders in the one of the key `within`, after the one of the key `after`; without it the places that
    /// music comes from.
    ///
    /// # Errors
    /// See [`AskError`]. A key that means nothing is no error.
    pub fn folders(&self, within: Option<&str>, after: Option<&str>, limit: usize) -> Result<Vec<Folder>, AskError> {
        self.inner.reader.folders(within, after, limit)
    }

    /// Returns whether there is such a part of the library.
    ///
    /// # Errors
    /// See [`AskError`].
    pub fn has(&self, selection: &Selection) -> Result<bool, AskError> {
        self.inner.reader.has(selection)
    }

    /// Returns the numbers of the tracks of a part of the library that have a file; none if it is not there. Takes a while
    /// for many.
    ///
    /// # Errors
    /// See [`AskError`].
    pub fn ids_of(&self, selection: &Selection) -> Result<Vec<TrackId>, AskError> {
        self.inner.reader.ids_of(selection)
    }

    /// Files that are no tracks, with the reasons, by path; after the path `after`.
    ///
    /// # Errors
    /// See [`AskError`].
    pub fn broken(&self, after: &Path, limit: usize) -> Result<Vec<BrokenFile>, AskError> {
        self.inner.reader.broken(after.as_os_str().as_bytes(), limit)
    }
}

impl Inner {
    fn close(&self) {
        // A counter that is full is readable as well.
        _ = rustix::io::write(&self.shared.closed, &1_u64.to_ne_bytes());
        *self.writer.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                log::error!("a thread of the library panicked");
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

/// Leaves these places in the database, and returns their numbers there.
fn settle(mut connection: Connection, wanted: &[Place]) -> rusqlite::Result<(Connection, Vec<(i64, Place)>)> {
    let keys: Vec<&[u8]> = wanted.iter().map(|place| &place.key[..]).collect();
    write::keep_only(&mut connection, &keys)?;
    let numbered = wanted.iter().map(|place| Ok((write::root(&connection, place)?, place.clone())));
    let places = numbered.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok((connection, places))
}

/// The folder, if it can be listed.
fn listable(folder: &Path) -> Result<PathBuf, Error> {
    let listed = folder.canonicalize().and_then(|path| fs::read_dir(&path).map(|_| path));
    listed.map_err(|source| Error::Root { path: folder.to_owned(), source })
}
