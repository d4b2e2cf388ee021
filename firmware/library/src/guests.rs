//! Files that guests bring from their phones: played like any track, found by nobody, gone when they are not needed any more.
//!
//! They lie in a folder of their own that no scan looks at, and are in no database: nothing but the files themselves, whose
//! names begin with their numbers, says what guests have brought, so that with a file everything of it is gone. After a
//! restart a file is looked into again when somebody asks what it is. Who may bring one, and for how long it is needed, is
//! decided elsewhere.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use base::TrackId;

use crate::fingerprint::Fingerprint;
use crate::level::{Loudness, Part};
use crate::store::read::{Art, Track};
use crate::uploads::{Bounds, Draft, Inbox, Look, Room, UploadError};
use crate::walk::stem;

/// Files of guests under way at once, with those that a bad radio has stopped; more are refused.
pub const GUESTS_UPLOADS_MAX: usize = 8;

/// Hexadecimal digits of a number, with which the name of its file begins.
const DIGITS: usize = 13;

/// Where files of guests lie, and how much of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestsPlace {
    /// The folder; it is made if it does not exist.
    pub folder: PathBuf,
    /// Largest file, bytes.
    pub file_bytes_max: u64,
    /// Files at once, of all guests.
    pub files_max: usize,
    /// Bytes of all of them.
    pub bytes_max: u64,
}

/// What guests have brought.
#[derive(Debug)]
pub(crate) struct Guests {
    inbox: Inbox,
    folder: PathBuf,
    room: Arc<Room>,
    files_max: usize,
    files: Mutex<BTreeMap<TrackId, Brought>>,
    taken: AtomicU64,
}

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct Brought {
    pub(crate) path: PathBuf,
    /// As its guest calls it.
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// What it says of itself; `None` after a restart, until somebody asks.
    pub(crate) track: Option<Track>,
    /// Whether its loudness was measured, or cannot be.
    is_measured: bool,
    /// The track that it is in the library, if a host has kept it.
    pub(crate) kept: Option<TrackId>,
}

impl Guests {
    /// Opens the place; what was not finished there is removed, and what has a name of nobody's.
    pub(crate) fn open(place: &GuestsPlace) -> io::Result<Self> {
        let room = Room::of(place.bytes_max);
        let bounds = Bounds { at_once: GUESTS_UPLOADS_MAX, bytes_max: place.file_bytes_max, room: Arc::clone(&room) };
        let inbox = Inbox::within(&place.folder, bounds)?;
        let folder = place.folder.canonicalize()?;
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(&folder)?.flatten() {
            let (path, about) = (entry.path(), entry.metadata()?);
            let named = entry.file_name().to_str().and_then(numbered).filter(|_| about.is_file());
            let Some((id, name)) = named else {
                // A folder is none of ours, and stays.
                _ = fs::remove_file(&path);
                continue;
            };
            room.fill(about.len());
            files.insert(id, Brought { path, name, bytes: about.len(), track: None, is_measured: false, kept: None });
        }
        let (files_max, files) = (place.files_max, Mutex::new(files));
        Ok(Self { inbox, folder, room, files_max, files, taken: AtomicU64::new(0) })
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<TrackId, Brought>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a file.
    pub(crate) fn begin(&self, name: &str, bytes: Option<u64>) -> Result<Draft, UploadError> {
        if self.files().len() >= self.files_max {
            return Err(UploadError::GuestsFull);
        }
        self.inbox.begin(name, bytes)
    }

    /// Puts a file into place that plays.
    pub(crate) fn take_in(&self, draft: Draft, look: Look) -> Result<TrackId, UploadError> {
        let (bytes, called) = (draft.bytes(), draft.name().to_owned());
        let mut files = self.files();
        if files.len() >= self.files_max {
            return Err(UploadError::GuestsFull);
        }
        let mut id = self.number(&look.fingerprint);
        while files.contains_key(&id) {
            id = self.number(&look.fingerprint);
        }
        let name = draft.keep_as(&format!("{:0DIGITS$x} {called}", id.0))?;
        let path = self.folder.join(name);
        self.room.fill(bytes);
        let track = Some(track(id, path.clone(), &called, look));
        files.insert(id, Brought { path, name: called, bytes, track, is_measured: false, kept: None });
        Ok(id)
    }

    /// A number that no file has had before, as far as anybody remembers.
    fn number(&self, fingerprint: &Fingerprint) -> TrackId {
        let mut hash = blake3::Hasher::new();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        hash.update(fingerprint);
        hash.update(&now.as_nanos().to_le_bytes());
        hash.update(&self.taken.fetch_add(1, Ordering::Relaxed).to_le_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&hash.finalize().as_bytes()[..8]);
        let range = TrackId::BROUGHT;
        TrackId(range.start + u64::from_le_bytes(first) % (range.end - range.start))
    }

    /// A file whose loudness is not known, if somebody has asked what it is.
    pub(crate) fn unmeasured(&self) -> Option<(&Self, TrackId, Part)> {
        let files = self.files();
        let waits = |file: &Brought| !file.is_measured && file.track.is_some();
        let (id, file) = files.iter().find(|(_, file)| waits(file))?;
        Some((self, *id, Part { path: file.path.clone(), start_ms: 0, end_ms: None }))
    }

    /// Notes how loud a file was measured to be, if it is still here; `None`: it cannot be measured.
    pub(crate) fn note_measured(&self, id: TrackId, loudness: Option<Loudness>) {
        if let Some(file) = self.files().get_mut(&id) {
            file.is_measured = true;
            file.track.iter_mut().for_each(|track| track.loudness = loudness);
        }
    }

    /// The file of this number.
    pub(crate) fn get(&self, id: TrackId) -> Option<Brought> {
        self.files().get(&id).cloned()
    }

    /// Notes what a file from before the start is, once somebody has looked into it.
    pub(crate) fn note_found(&self, id: TrackId, look: Look) -> Option<Track> {
        let mut files = self.files();
        let file = files.get_mut(&id)?;
        file.track = Some(track(id, file.path.clone(), &file.name, look));
        file.track.clone()
    }

    /// Notes that a file is in the library as this track.
    pub(crate) fn note_kept(&self, id: TrackId, kept: TrackId) {
        self.files().get_mut(&id).into_iter().for_each(|file| file.kept = Some(kept));
    }

    /// Removes those that are `gone`.
    pub(crate) fn remove(&self, gone: impl Fn(TrackId) -> bool) {
        let mut files = self.files();
        let going: Vec<TrackId> = files.keys().copied().filter(|id| gone(*id)).collect();
        let going: Vec<Brought> = going.iter().filter_map(|id| files.remove(id)).collect();
        drop(files);
        for file in going {
            self.room.free(file.bytes);
            if let Err(error) = fs::remove_file(&file.path).or_else(missing_is_fine) {
                log::warn!("a guest's file is not removed before the next start: {error}");
            }
        }
    }
}

/// The number with which the name of a file begins, and what its guest calls it.
fn numbered(name: &str) -> Option<(TrackId, String)> {
    let (digits, called) = name.split_once(' ')?;
    let id = u64::from_str_radix(digits, 16).ok().map(TrackId)?;
    (digits.len() == DIGITS && id.is_brought() && !called.is_empty()).then(|| (id, called.to_owned()))
}

/// The track of a file that was looked into.
fn track(id: TrackId, path: PathBuf, name: &str, Look { mut tags, fingerprint, .. }: Look) -> Track {
    if tags.title.is_empty() {
        tags.title = stem(name.as_bytes());
    }
    let version = fingerprint[..8].iter().map(|byte| format!("{byte:02X}")).collect();
    let art = tags.has_picture.then(|| Art { version, path: path.clone(), is_inside: true });
    let (album_key, artist_key, loudness) = (String::new(), String::new(), None);
    let (start_ms, end_ms, is_upload) = (0, None, false);
    Track { id, path, tags, album_key, artist_key, art, loudness, start_ms, end_ms, is_upload }
}

fn missing_is_fine(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
