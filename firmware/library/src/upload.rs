//! Receiving end of an upload: written piece by piece, then judged and added to the library, or to the files of guests; and
//! removed again.

use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use base::TrackId;

use crate::inspect::{Error, Inspector};
use crate::library::Library;
use crate::settings::Unheard;
use crate::store::write::Fact;
use crate::tags::Doubt;
use crate::uploads::{Draft, Look, Reception, UploadError};
use crate::walk::Stamp;
use crate::writer::Order;

/// A file on its way into the library. Dropped before it is finished, it leaves nothing.
pub struct Upload {
    library: Library,
    draft: Draft,
    is_guests: bool,
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upload").field("name", &self.draft.name()).finish_non_exhaustive()
    }
}

impl Library {
    /// Begins a file that wants to be called `name` and has `bytes`, if that is known.
    ///
    /// # Errors
    /// See [`UploadError`].
    pub fn begin_upload(&self, name: &str, bytes: Option<u64>) -> Result<Upload, UploadError> {
        let reception = self.reception().ok_or(UploadError::NoPlace)?;
        Ok(Upload { library: self.clone(), draft: reception.inbox.begin(name, bytes)?, is_guests: false })
    }

    /// The same for a file that a guest brings: it is a track that can be played, and none that can be found.
    ///
    /// # Errors
    /// See [`UploadError`].
    pub fn begin_guests_upload(&self, name: &str, bytes: Option<u64>) -> Result<Upload, UploadError> {
        let guests = self.guests().ok_or(UploadError::NoPlace)?;
        Ok(Upload { library: self.clone(), draft: guests.begin(name, bytes)?, is_guests: true })
    }

    /// Removes the upload with the track `id`, file and all; `false` if no upload has it. Who plays it now plays it to its
    /// end.
    ///
    /// # Errors
    /// See [`UploadError`].
    pub fn remove_upload(&self, id: TrackId) -> Result<bool, UploadError> {
        let reception = self.reception().ok_or(UploadError::NoPlace)?;
        let found = self.track(id).map_err(|error| UploadError::Storage(io::Error::other(error.to_string())))?;
        let Some(track) = found.filter(|track| track.is_upload) else { return Ok(false) };
        let Ok(below) = track.path.strip_prefix(&reception.folder) else { return Ok(false) };
        fs::remove_file(&track.path)?;
        File::open(&reception.folder)?.sync_all()?;
        let facts = vec![Fact::Gone { path: below.as_os_str().as_bytes().to_vec() }];
        // The file is gone: if that cannot be told now, the next scan finds it out.
        self.order(Order::Facts { root: reception.root, path: reception.folder.as_path().into(), facts });
        self.flush();
        Ok(true)
    }
}

impl Upload {
    /// Appends `bytes`. Waits for the storage.
    ///
    /// # Errors
    /// See [`UploadError`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), UploadError> {
        self.draft.write(bytes)
    }

    /// Puts the file into place if it is music that plays; the number of its track. Takes as long as looking into it.
    ///
    /// # Errors
    /// See [`UploadError`]; nothing is left of the file.
    pub fn finish(self) -> Result<TrackId, UploadError> {
        let Self { library, draft, is_guests } = self;
        draft.settle()?;
        let look = library.look_into(draft.path(), draft.name())?;
        if is_guests {
            return library.guests().ok_or(UploadError::NoPlace)?.take_in(draft, look);
        }
        let reception = library.reception().ok_or(UploadError::NoPlace)?;
        let name = draft.keep()?;
        library.add(reception, &name, look)
    }
}

impl Library {
    /// Looks into the file at `path`, which is to be called `name`: whether it plays, and what it says of itself.
    pub(crate) fn look_into(&self, path: &Path, name: &str) -> Result<Look, UploadError> {
        let mut inspector = Inspector::new(self.inner.worker.clone());
        // Its ending is part of what it says it is, so it is looked at as it will be called.
        let (inspected, about) = inspector.inspect_as(path, name).map_err(refused)?;
        let heard = (self.inner.judge)(path).map_err(|unheard| match unheard {
            Unheard::Never(why) => UploadError::NotMusic(why),
            Unheard::NotNow(why) => UploadError::Storage(io::Error::other(why)),
        })?;
        let tags = match (inspected.doubt, heard) {
            (Doubt::Sound(why), None) => return Err(UploadError::NotMusic(why)),
            (Doubt::Names(_) | Doubt::Sound(_), Some(heard)) => inspected.tags.or_heard(heard),
            (Doubt::Nothing, _) | (Doubt::Names(_), None) => inspected.tags,
        };
        Ok(Look { tags, fingerprint: inspected.fingerprint, about })
    }

    /// Adds a file that is in its place among the uploads.
    pub(crate) fn add(&self, reception: &Reception, name: &str, look: Look) -> Result<TrackId, UploadError> {
        let path = std::ffi::OsStr::new(name).as_bytes().to_vec();
        let Look { tags, fingerprint, about } = look;
        // The answer is one track, so a sheet inside it does not cut it.
        let fact = Fact::Track { path: path.clone(), stamp: Stamp::of(&about), fingerprint, tags, sheet: None };
        let order = Order::Facts { root: reception.root, path: reception.folder.as_path().into(), facts: vec![fact] };
        let stored = self.order(order) && self.flush();
        let id = stored.then(|| self.track_at(reception.root, &path)).flatten();
        // The file is in place: if it cannot be told now, the next scan finds it.
        id.ok_or_else(|| UploadError::Storage(io::Error::other("the database cannot be written")))
    }
}

fn refused(error: Error) -> UploadError {
    match error {
        Error::Broken(why) => UploadError::NotMusic(why),
        Error::Unreadable(error) => UploadError::Storage(error),
        error @ Error::NoWorker(_) => UploadError::Storage(io::Error::other(error.to_string())),
    }
}
