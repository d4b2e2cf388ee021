//! Files that hosts and guests send and that a bad radio may interrupt: what has come of each is kept for a while under the name that the
//! sender gave the sending, so that it goes on where it stopped.
//!
//! Who sends gives an id of its own choice; without one, what is interrupted is gone. The bytes lie in the library's inbox, and
//! every place here is one of those that uploads have ([`::library::UPLOADS_MAX`], [`::library::GUESTS_UPLOADS_MAX`]): a new one takes, if there is none, that of the sending
//! that has stood still for longest.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::library::{Upload, UploadError};
use axum::http::StatusCode;
use tokio::time::{Instant, sleep};

use super::refusal::Refusal;

/// How long an interrupted file is kept: somebody has walked home, or has charged the phone.
const KEPT: Duration = Duration::from_secs(30 * 60);

/// Letters of an id: enough that no two are alike by chance, too few to be a burden.
pub(super) const ID_CHARS: std::ops::RangeInclusive<usize> = 8..=64;

/// All that are under way or interrupted. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Unfinished(Arc<Mutex<Vec<Sending>>>);

/// One file.
#[derive(Debug)]
struct Sending {
    id: String,
    upload: Arc<Mutex<Upload>>,
    /// Bytes that are written.
    bytes: u64,
    /// Whether somebody sends at the moment.
    is_moving: bool,
    /// When the last bytes came.
    moved: Instant,
}

/// The right to go on with a file; given back when it is dropped.
pub(super) struct Turn {
    all: Unfinished,
    id: String,
    upload: Option<Arc<Mutex<Upload>>>,
}

impl Unfinished {
    fn all(&self) -> MutexGuard<'_, Vec<Sending>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many bytes of the file `id` are here; `None` if it is not known (any more).
    pub(super) fn bytes(&self, id: &str) -> Option<u64> {
        self.all().iter().find(|sending| sending.id == id).map(|sending| sending.bytes)
    }

    /// Keeps a file that has just begun under `id`.
    pub(super) fn begin(&self, id: &str, upload: Upload) -> Turn {
        let upload = Arc::new(Mutex::new(upload));
        let sending = Sending {
            id: id.to_owned(),
            upload: Arc::clone(&upload),
            bytes: 0,
            is_moving: true,
            moved: Instant::now(),
        };
        let mut all = self.all();
        // To begin again gives up what there was.
        all.retain(|known| known.id != id);
        all.push(sending);
        Turn { all: self.clone(), id: id.to_owned(), upload: Some(upload) }
    }

    /// Goes on with the file `id` behind its first `from` bytes.
    ///
    /// # Errors
    /// It is not known, others send it, or other bytes come next.
    pub(super) fn go_on(&self, id: &str, from: u64) -> Result<Turn, Refusal> {
        let mut all = self.all();
        let found = all.iter_mut().find(|sending| sending.id == id);
        let Some(sending) = found else {
            let refusal = Refusal::new(StatusCode::NOT_FOUND, "No such file is under way (any more); begin it again.");
            return Err(refusal.code("no-such-upload").closing());
        };
        if sending.is_moving {
            let refusal = Refusal::new(StatusCode::CONFLICT, "This file is being sent already.");
            return Err(refusal.code("busy").retry_after(1).closing());
        }
        if sending.bytes != from {
            let refusal = Refusal::new(StatusCode::CONFLICT, "Other bytes come next.").code("from");
            return Err(refusal.field("from", &from.to_string(), sending.bytes.to_string()).closing());
        }
        sending.is_moving = true;
        Ok(Turn { all: self.clone(), id: id.to_owned(), upload: Some(Arc::clone(&sending.upload)) })
    }

    /// Gives up the file that has stood still for longest; whether there was one.
    pub(super) fn make_room(&self) -> bool {
        let mut all = self.all();
        let still = all.iter().enumerate().filter(|(_, sending)| !sending.is_moving);
        let oldest = still.min_by_key(|(_, sending)| sending.moved).map(|(index, _)| index);
        oldest.map(|index| all.remove(index)).is_some()
    }

    /// Gives up the files that stand still and whose ids are `meant`.
    pub(super) fn give_up(&self, meant: impl Fn(&str) -> bool) {
        self.all().retain(|sending| sending.is_moving || !meant(&sending.id));
    }

    /// Gives up a file if nothing of it has come since `moved`.
    fn lapse(&self, id: &str, moved: Instant) {
        self.all().retain(|sending| sending.id != id || sending.is_moving || sending.moved != moved);
    }
}

impl Turn {
    /// Appends `bytes`. Waits for the storage. The bytes count also when the sender is gone by then.
    ///
    /// # Errors
    /// See [`UploadError`]; the file is given up.
    pub(super) fn write(upload: &Mutex<Upload>, all: &Unfinished, id: &str, bytes: &[u8]) -> Result<(), UploadError> {
        let written = upload.lock().unwrap_or_else(PoisonError::into_inner).write(bytes);
        let mut all = all.all();
        match written {
            Ok(()) => {
                for sending in all.iter_mut().filter(|sending| sending.id == id) {
                    (sending.bytes, sending.moved) = (sending.bytes + bytes.len() as u64, Instant::now());
                }
            }
            Err(_) => all.retain(|sending| sending.id != id),
        }
        written
    }

    /// What [`Turn::write`] needs, for a thread that may wait.
    pub(super) fn parts(&self) -> Option<(Arc<Mutex<Upload>>, Unfinished, String)> {
        Some((Arc::clone(self.upload.as_ref()?), self.all.clone(), self.id.clone()))
    }

    /// The whole file, which is none of these any more; `None` if a thread still writes.
    pub(super) fn whole(mut self) -> Option<Upload> {
        self.all.all().retain(|sending| sending.id != self.id);
        let upload = Arc::try_unwrap(self.upload.take()?).ok()?;
        Some(upload.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut moved = None;
        for sending in self.all.all().iter_mut().filter(|sending| sending.id == self.id) {
            (sending.is_moving, sending.moved) = (false, Instant::now());
            moved = Some(sending.moved);
        }
        let (all, id) = (self.all.clone(), std::mem::take(&mut self.id));
        // Without a runtime the server ends, and with it everything here.
        if let (Some(moved), Ok(runtime)) = (moved, tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move {
                sleep(KEPT).await;
                all.lapse(&id, moved);
            });
        }
    }
}
