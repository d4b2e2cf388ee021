//! Handle to the files of guests: looks them up by number, opens them for reading, deletes them, and adds them to the library.
//!
//! Where they lie, and how many there may be, is in [`crate::guests`].

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;

use base::TrackId;

use crate::library::Library;
use crate::store::read::Track;
use crate::uploads::{Draft, UploadError, put};

/// Bytes that are copied at once.
const COPY_BYTES: usize = 256 * 1024;

impl Library {
    /// Lets go of these files of guests. Who plays one now plays it to its end. Waits for the storage.
    pub fn drop_guests_files(&self, files: &BTreeSet<TrackId>) {
        self.guests().into_iter().for_each(|guests| guests.remove(|id| files.contains(&id)));
    }

    /// Lets go of all files of guests but these. Waits for the storage.
    pub fn keep_only_guests_files(&self, files: &BTreeSet<TrackId>) {
        self.guests().into_iter().for_each(|guests| guests.remove(|id| !files.contains(&id)));
    }

    /// Opens what a guest has brought, to be read as it came; `None` if there is no such file (any more). Waits for the storage.
    ///
    /// # Errors
    /// The storage refuses.
    pub fn open_guests_file(&self, id: TrackId) -> Result<Option<File>, UploadError> {
        let Some(file) = self.guests().and_then(|guests| guests.get(id)) else { return Ok(None) };
        match File::open(&file.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            opened => Ok(Some(opened?)),
        }
    }

    /// Adds what a guest has brought to the library, for good: the number of its track there; `None` if there is no such
    /// file. What is kept once stays the same track. Waits for the storage.
    ///
    /// # Errors
    /// See [`UploadError`].
    pub fn keep_guests_file(&self, id: TrackId) -> Result<Option<TrackId>, UploadError> {
        let Some(guests) = self.guests() else { return Ok(None) };
        let Some(file) = guests.get(id) else { return Ok(None) };
        let is_there = |kept: TrackId| self.track(kept).is_ok_and(|track| track.is_some());
        if let Some(kept) = file.kept.filter(|kept| is_there(*kept)) {
            return Ok(Some(kept));
        }
        let reception = self.reception().ok_or(UploadError::NoPlace)?;
        // Both names are of one file then, so that it takes no more room.
        let linked = put(&reception.folder, &file.name, |path| fs::hard_link(&file.path, path));
        let name = match linked {
            Ok(name) => name,
            Err(UploadError::Storage(_)) => {
                let draft = reception.inbox.begin(&file.name, Some(file.bytes))?;
                copied(&file.path, draft)?.keep()?
            }
            Err(error) => return Err(error),
        };
        let look = self.look_into(&reception.folder.join(&name), &name)?;
        let kept = self.add(reception, &name, look)?;
        guests.note_kept(id, kept);
        Ok(Some(kept))
    }

    /// What a guest has brought.
    pub(crate) fn guests_track(&self, id: TrackId) -> Option<Track> {
        let guests = self.guests()?;
        let file = guests.get(id)?;
        if file.track.is_some() {
            return file.track;
        }
        let look = self.look_into(&file.path, &file.name);
        let look = look.inspect_err(|error| log::warn!("a guest's file from before the start: {error}")).ok()?;
        guests.note_found(id, look)
    }
}

/// The draft with everything that stands in the file at `path`.
fn copied(path: &Path, mut draft: Draft) -> Result<Draft, UploadError> {
    let (mut file, mut piece) = (File::open(path)?, vec![0; COPY_BYTES]);
    loop {
        match file.read(&mut piece)? {
            0 => break,
            read => draft.write(&piece[..read])?,
        }
    }
    draft.settle()?;
    Ok(draft)
}
