//! Music that hosts send to the box, and what they may know and ask of the places music comes from.

use std::time::Duration;

use ::library::{Library, Upload, UploadError};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::TrackId;
use serde_json::json;
use tokio::time::timeout;

use super::call::Call;
use super::incoming::Incoming;
use super::music;
use super::refusal::Refusal;
use super::unfinished::{ID_CHARS, Turn, Unfinished};

/// Bytes that are written at once.
const WRITE_BYTES: usize = 256 * 1024;

/// How long more bytes are waited for before those that have come are written: a radio that breaks off now has lost none of them.
const LULL: Duration = Duration::from_millis(500);

/// `POST /api/library/uploads?name=&id=&from=`, for hosts: the body is a sound file that wants to be called `name`. `201` with
/// `{"track"}` once it has been judged and is in the library. With an `id` of the sender's choice, what has come is kept for half an
/// hour when the sending is interrupted: the rest is sent with the same id, and `from` where it goes on. Refusals bear a `code`:
/// `name`, `too-large`, `no-space`, `not-music`, `busy` (others are on their way), `no-place` (this box takes none), `storage`,
/// `no-such-upload` or `from` (other bytes come next: `allowed` says which).
pub(super) async fn upload(call: Call) -> Result<Response, Refusal> {
    let mut body = body(&call)?;
    let id = call.query("id").map(known).transpose()?;
    let begun = begin(&call, body.announced());
    let upload = receive(&call, &mut body, &call.server.unfinished, id, begun).await?;
    let track = on_storage(move || upload.finish()).await?;
    Ok((StatusCode::CREATED, music::answer(&json!({ "track": track }))).into_response())
}

/// The body of a call that brings a file.
pub(super) fn body(call: &Call) -> Result<Incoming, Refusal> {
    call.take_file().ok_or_else(|| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "There is no body."))
}

/// Receives a file to its end: one that is `begun`, or goes on under its `id` among the `unfinished`.
pub(super) async fn receive(
    call: &Call,
    body: &mut Incoming,
    unfinished: &Unfinished,
    id: Option<String>,
    begun: impl Future<Output = Result<Upload, Refusal>>,
) -> Result<Upload, Refusal> {
    let mut broke = None;
    let Some(id) = id else {
        let mut upload = begun.await?;
        while let Some(piece) = piece(body, &mut broke).await? {
            upload = on_storage(move || upload.write(&piece).map(|()| upload)).await?;
        }
        return Ok(upload);
    };
    let turn = match music::number(call, "from")?.unwrap_or(0) {
        0 => unfinished.begin(&id, begun.await?),
        from => unfinished.go_on(&id, from)?,
    };
    while let Some(piece) = piece(body, &mut broke).await? {
        let parts = turn.parts().ok_or_else(failed)?;
        on_storage(move || Turn::write(&parts.0, &parts.1, &parts.2, &piece)).await?;
    }
    turn.whole().ok_or_else(failed)
}

/// `GET /api/library/uploads/unfinished/{id}`, for hosts: how much of a file whose sending was interrupted is here, as `{"bytes"}`;
/// 0 if nothing is (any more), so that it has to begin again.
pub(super) fn unfinished(call: &Call) -> Response {
    music::answer(&json!({ "bytes": call.server.unfinished.bytes(call.param("id")).unwrap_or(0) }))
}

/// Begins a file; if as many as may are under way, in place of the one that has stood still for longest.
async fn begin(call: &Call, bytes: Option<u64>) -> Result<Upload, Refusal> {
    let name = music::text(call, "name").unwrap_or_default();
    let library = call.server.app.library.clone().ok_or_else(|| refused(&UploadError::NoPlace))?;
    let unfinished = call.server.unfinished.clone();
    on_storage(move || match library.begin_upload(&name, bytes) {
        Err(UploadError::Busy) if unfinished.make_room() => library.begin_upload(&name, bytes),
        begun => begun,
    })
    .await
}

/// The id of a sending, if it is one.
pub(super) fn known(id: &str) -> Result<String, Refusal> {
    let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_plain && ID_CHARS.contains(&id.len()) {
        return Ok(id.to_owned());
    }
    let allowed = format!("{} to {} letters, digits and hyphens", ID_CHARS.start(), ID_CHARS.end());
    Err(Refusal::new(StatusCode::BAD_REQUEST, "No file can be sent under this id.").field("id", id, allowed).closing())
}

/// Some of the body: as much as is written at once, or what has come when nothing more does for a moment; `None` at its end. What
/// came in front of the place where the body `broke` is returned before that.
async fn piece(body: &mut Incoming, broke: &mut Option<Refusal>) -> Result<Option<Vec<u8>>, Refusal> {
    if let Some(refusal) = broke.take() {
        return Err(refusal);
    }
    let mut waiting = Vec::with_capacity(WRITE_BYTES);
    while waiting.len() < WRITE_BYTES {
        let next = if waiting.is_empty() { Ok(body.piece().await) } else { timeout(LULL, body.piece()).await };
        match next {
            Ok(Ok(Some(piece))) => waiting.extend_from_slice(&piece),
            Ok(Ok(None)) | Err(_) => break,
            Ok(Err(refusal)) if waiting.is_empty() => return Err(refusal),
            Ok(Err(refusal)) => {
                *broke = Some(refusal);
                break;
            }
        }
    }
    Ok(Some(waiting).filter(|bytes| !bytes.is_empty()))
}

pub(super) fn failed() -> Refusal {
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "The library has failed.").closing()
}

/// `DELETE /api/library/uploads/{track}`, for hosts: the file with this track is deleted, if a host sent it to the box;
/// `404` if not.
pub(super) async fn remove(call: Call) -> Result<Response, Refusal> {
    let missing = || Refusal::new(StatusCode::NOT_FOUND, "No host sent such a track (any more).").code("no-such-track");
    let id = call.param("track").parse().map(TrackId).map_err(|_| missing())?;
    let library = call.server.app.library.clone().ok_or_else(missing)?;
    let removed = on_storage(move || library.remove_upload(id)).await?;
    if removed { Ok(StatusCode::NO_CONTENT.into_response()) } else { Err(missing()) }
}

/// Does something that waits for storage, on a thread that may.
pub(super) async fn on_storage<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, UploadError> + Send + 'static,
) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(refused(&error)),
        Err(_) => Err(failed()),
    }
}

pub(super) fn refused(error: &UploadError) -> Refusal {
    let (status, code) = match error {
        UploadError::NoPlace => (StatusCode::CONFLICT, "no-place"),
        UploadError::Name => (StatusCode::BAD_REQUEST, "name"),
        UploadError::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
        UploadError::NoSpace => (StatusCode::INSUFFICIENT_STORAGE, "no-space"),
        UploadError::GuestsFull => (StatusCode::INSUFFICIENT_STORAGE, "guests-files-full"),
        UploadError::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        UploadError::NotMusic(_) => (StatusCode::UNPROCESSABLE_ENTITY, "not-music"),
        UploadError::Storage(_) => (StatusCode::INTERNAL_SERVER_ERROR, "storage"),
    };
    if let UploadError::Storage(error) = error {
        log::warn!("an upload failed: {error}");
    }
    // The rest of the body may not have been read.
    Refusal::new(status, format!("Not taken: {error}.")).code(code).closing()
}

/// `GET /api/library/roots`, for hosts: where music comes from, as `[{"id", "name", "kind", "present", "tracks"}]`; a kind
/// is `folder`, `stick` or `uploads`.
pub(super) async fn roots(call: Call) -> Result<Response, Refusal> {
    let roots = music::ask(&call, Library::roots).await?;
    let rows = roots.iter().map(|root| {
        let (kind, present) = (root.kind.id(), root.is_present);
        let passed_over = root.passed_over.iter().map(|(ending, files)| json!({ "ending": ending, "files": files }));
        let passed_over = passed_over.collect::<Vec<_>>();
        json!({ "id": root.id, "name": root.name, "kind": kind, "present": present, "tracks": root.tracks,
            "passed_over": passed_over })
    });
    Ok(music::answer(&rows.collect::<Vec<_>>().into()))
}

/// `POST /api/library/rescan`, for hosts: everything is looked at again.
pub(super) async fn rescan(call: Call) -> Result<Response, Refusal> {
    call.server.app.library.iter().for_each(Library::rescan);
    Ok(StatusCode::ACCEPTED.into_response())
}
