//! An update that a host sends: streamed into the inbox, whole or not at all. Whether it is taken is decided elsewhere.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use appliance::handle::Inbox;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::OwnedSemaphorePermit;

use super::call::Call;
use super::refusal::{Refusal, unavailable};

/// Bytes that are written at once.
const WRITE_BYTES: usize = 256 * 1024;

/// Room that an update must leave for what the box keeps, bytes.
const SPARE_BYTES: u64 = 16 * 1024 * 1024;

/// A file that comes in; what is not finished is removed.
#[derive(Debug)]
struct Part {
    inbox: Inbox,
    file: File,
    is_whole: bool,
    /// Given back when nothing of it is written any more, even if whoever sent it has gone.
    _place: OwnedSemaphorePermit,
}

impl Part {
    /// Begins one that will have so many bytes, if that is known.
    fn begin(inbox: Inbox, bytes: Option<u64>, place: OwnedSemaphorePermit) -> io::Result<Self> {
        let folder = inbox.part.parent().map_or_else(PathBuf::new, PathBuf::from);
        let room = rustix::fs::statvfs(&folder)?;
        let free = room.f_bavail.saturating_mul(room.f_frsize);
        if free < bytes.unwrap_or(0).saturating_add(SPARE_BYTES) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let file = File::create(&inbox.part)?;
        Ok(Self { inbox, file, is_whole: false, _place: place })
    }

    fn write(mut self, bytes: &[u8]) -> io::Result<Self> {
        self.file.write_all(bytes).map(|()| self)
    }

    /// Makes the update whole: it is on the storage then, and the unit that waits for it sees it.
    fn finish(mut self) -> io::Result<()> {
        self.inbox.complete()?;
        self.is_whole = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_whole {
            // If even that fails, the next update truncates what is left.
            _ = fs::remove_file(&self.inbox.part);
        }
    }
}

/// `POST /api/update`: the body is a signed update. `202` once it is in the inbox; what becomes of it is told by
/// `GET /api/update`. Refusals bear a `code`: `not-updatable`, `busy`, `too-large`, `no-space` or `storage`.
pub(super) async fn receive(call: Call) -> Result<Response, Refusal> {
    let appliance = &call.server.app.appliance;
    let Some(inbox) = appliance.inbox.clone() else {
        let why = "This machine is not a box that is updated like this.";
        return Err(Refusal::new(StatusCode::CONFLICT, why).code("not-updatable").closing());
    };
    let place = Arc::clone(&appliance.receiving).try_acquire_owned();
    let place = place.map_err(|_| unavailable().code("busy").closing())?;
    let taken = call.take_file();
    let mut body = taken.ok_or_else(|| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "There is no body."))?;
    let bytes = body.announced();
    let mut part = on_storage(move || Part::begin(inbox, bytes, place)).await?;
    let mut waiting = Vec::with_capacity(WRITE_BYTES);
    loop {
        let piece = body.piece().await?;
        let is_last = piece.is_none();
        waiting.extend_from_slice(&piece.unwrap_or_default());
        if is_last || waiting.len() >= WRITE_BYTES {
            let bytes = std::mem::take(&mut waiting);
            part = on_storage(move || part.write(&bytes)).await?;
        }
        if is_last {
            break;
        }
    }
    on_storage(move || part.finish()).await?;
    log::info!("an update came in from {}", call.ends.peer.ip());
    Ok(StatusCode::ACCEPTED.into_response())
}

/// `GET /api/update`: how far it is.
pub(super) fn state(call: &Call) -> Response {
    let facts = call.server.app.appliance.facts.borrow().clone();
    let json = serde_json::to_string(&facts.update).expect("an update holds only strings and numbers");
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], json).into_response()
}

/// Does something that waits for storage, on a thread that may.
async fn on_storage<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            log::warn!("an update cannot be taken: {error}");
            let (status, code, why) = match error.kind() {
                io::ErrorKind::StorageFull => {
                    (StatusCode::INSUFFICIENT_STORAGE, "no-space", "There is no room for it on the box.")
                }
                _ => (StatusCode::INTERNAL_SERVER_ERROR, "storage", "It cannot be written."),
            };
            // The rest of the body may not have been read.
            Err(Refusal::new(status, why).code(code).closing())
        }
        Err(_) => Err(unavailable()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inbox(name: &str) -> Inbox {
        let folder = std::env::temp_dir().join(format!("partybox-update-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Inbox { part: folder.join("part"), whole: folder.join("whole") }
    }

    fn place() -> OwnedSemaphorePermit {
        Arc::new(tokio::sync::Semaphore::new(1)).try_acquire_owned().unwrap()
    }

    #[test]
    fn what_is_whole_has_its_name_and_no_other() {
        let inbox = inbox("whole");
        Part::begin(inbox.clone(), Some(2), place()).unwrap().write(b"ab").unwrap().finish().unwrap();
        assert_eq!((fs::read(&inbox.whole).unwrap().as_slice(), inbox.part.exists()), (&b"ab"[..], false));
        fs::remove_dir_all(inbox.part.parent().unwrap()).unwrap();
    }

    #[test]
    fn what_is_broken_off_leaves_nothing() {
        let inbox = inbox("broken");
        let part = Part::begin(inbox.clone(), Some(3), place()).unwrap().write(b"ab").unwrap();
        assert!(inbox.part.exists());
        drop(part);
        assert!(!inbox.part.exists() && !inbox.whole.exists());
        fs::remove_dir_all(inbox.part.parent().unwrap()).unwrap();
    }

    #[test]
    fn what_has_no_room_is_not_begun() {
        let inbox = inbox("room");
        let refused = Part::begin(inbox.clone(), Some(u64::MAX / 2), place()).expect_err("no storage is as large");
        assert_eq!(refused.kind(), io::ErrorKind::StorageFull);
        assert!(!inbox.part.exists());
        fs::remove_dir_all(inbox.part.parent().unwrap()).unwrap();
    }
}
