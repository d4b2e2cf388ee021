//! Music that hosts send to the box, and what they may know and ask of the places music comes from.

use ::library::{Library, Upload, UploadError};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::TrackId;
use serde_json::json;

use super::call::Call;
use super::music;
use super::refusal::Refusal;

/// Bytes that are written at once.
const WRITE_BYTES: usize = 256 * 1024;

/// `POST /api/library/uploads?name=`, for hosts: the body is a sound file that wants to be called `name`. `201` with
/// `{"track"}` once it has been judged and is in the library. Refusals bear a `code`: `name`, `too-large`, `no-space`,
/// `not-music`, `busy` (others are on their way), `no-place` (this box takes none) or `storage`.
pub(super) async fn upload(call: Call) -> Result<Response, Refusal> {
    let name = music::text(&call, "name").unwrap_or_default();
    let library = call.server.app.library.clone().ok_or_else(|| refused(&UploadError::NoPlace))?;
    let taken = call.take_file();
    let mut body = taken.ok_or_else(|| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "There is no body."))?;
    let bytes = body.announced();
    let mut upload = on_storage(move || library.begin_upload(&name, bytes)).await?;
    let mut waiting = Vec::with_capacity(WRITE_BYTES);
    while let Some(piece) = body.piece().await? {
        waiting.extend_from_slice(&piece);
        if waiting.len() >= WRITE_BYTES {
            upload = write(upload, std::mem::take(&mut waiting)).await?;
        }
    }
    let upload = write(upload, waiting).await?;
    let track = on_storage(move || upload.finish()).await?;
    Ok((StatusCode::CREATED, music::answer(&json!({ "track": track }))).into_response())
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

async fn write(mut upload: Upload, bytes: Vec<u8>) -> Result<Upload, Refusal> {
    on_storage(move || upload.write(&bytes).map(|()| upload)).await
}

/// Does something that waits for storage, on a thread that may.
async fn on_storage<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, UploadError> + Send + 'static,
) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(refused(&error)),
        Err(_) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "The library has failed.").closing()),
    }
}

fn refused(error: &UploadError) -> Refusal {
    let (status, code) = match error {
        UploadError::NoPlace => (StatusCode::CONFLICT, "no-place"),
        UploadError::Name => (StatusCode::BAD_REQUEST, "name"),
        UploadError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
        UploadError::NoSpace => (StatusCode::INSUFFICIENT_STORAGE, "no-space"),
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
        json!({ "id": root.id, "name": root.name, "kind": kind, "present": present, "tracks": root.tracks })
    });
    Ok(music::answer(&rows.collect::<Vec<_>>().into()))
}

/// `POST /api/library/rescan`, for hosts: everything is looked at again.
pub(super) async fn rescan(call: Call) -> Result<Response, Refusal> {
    call.server.app.library.iter().for_each(Library::rescan);
    Ok(StatusCode::ACCEPTED.into_response())
}
