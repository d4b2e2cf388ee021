//! Files that guests bring from their phones: received like those of hosts, and then asked for like any other song.
//!
//! The rules say who may bring one and what becomes of it, before its first byte is read and again when it is whole; the
//! library says how much there may be, and whether it is music; how much of the box sending takes is in `sending`.

use ::library::UploadError;
use ::party::{Done, Refused, What};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::{Asking, GuestId, TrackId};
use serde_json::json;

use super::ask::{done, outcome};
use super::call::Call;
use super::refusal::{Refusal, no_place, not_kept, refused, unavailable};
use super::{music, upload};
use crate::control::Unmet;

/// Seconds after which a guest who has begun too many may begin another.
const BEGIN_RETRY_SECONDS: u32 = 60;

/// `POST /api/files?name=&id=&from=`: the body is a sound file of the guest's, that is called `name`. `201` with `{"id",
/// "state"}` of the request that it became, which is `pending` or `queued`. It goes on after an interruption as the uploads
/// of hosts do. Refusals bear a `code`: those of uploads, `guests-files-full`, `too-often`, and those of the rules.
pub(super) async fn bring(call: Call) -> Result<Response, Refusal> {
    let mut body = upload::body(&call)?;
    let guest = call.guest.ok_or_else(|| refused(Refused::NotAGuest).closing())?;
    let id = call.query("id").map(upload::known).transpose()?.map(|id| own(guest, &id));
    let files = &call.server.files;
    let place = files.sending.enter(call.entrant(), Some(guest)).map_err(|full| no_place(full).closing())?;
    if music::number(&call, "from")?.unwrap_or(0) == 0 {
        let who = Asking { address: call.ends.peer.ip(), guest: Some(guest) };
        if !files.may_begin(call.server.now(), who) {
            let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "So many files in a row; wait a minute.");
            return Err(refusal.code("too-often").retry_after(BEGIN_RETRY_SECONDS).closing());
        }
        done(&call, What::Offer).await.map_err(Refusal::closing)?;
        // Who begins another one has given this one up.
        files.unfinished.give_up(|id| id.starts_with(&own(guest, "")));
    }
    let begun = begin(&call, body.announced());
    let whole = upload::receive(&call, &mut body, &files.unfinished, id, begun).await?;
    drop(place);
    // A phone that does not wait for the answer has asked nevertheless, and nothing is left of what is refused.
    let judged = tokio::spawn(async move { judge(&call, whole).await });
    judged.await.unwrap_or_else(|_| Err(upload::failed()))
}

/// `GET /api/files/unfinished/{id}`: how much of the guest's own file whose sending was interrupted is here, as `{"bytes"}`;
/// 0 if nothing is (any more), so that it has to begin again.
pub(super) fn unfinished(call: &Call) -> Response {
    let id = call.role.guest().map(|guest| own(guest.id, call.param("id")));
    let bytes = id.and_then(|id| call.server.files.unfinished.bytes(&id));
    music::answer(&json!({ "bytes": bytes.unwrap_or(0) }))
}

/// `POST /api/files/{track}/keep`, for hosts: what a guest has brought is in the library for good, as `{"track"}`; `404` if
/// it is not here (any more).
pub(super) async fn keep(call: Call) -> Result<Response, Refusal> {
    let missing = || Refusal::new(StatusCode::NOT_FOUND, "No guest's file is this (any more).").code("no-such-track");
    let id = call.param("track").parse().map(TrackId).map_err(|_| missing())?;
    let library = call.server.app.library.clone().ok_or_else(missing)?;
    let kept = upload::on_storage(move || library.keep_guests_file(id)).await?.ok_or_else(missing)?;
    Ok((StatusCode::CREATED, music::answer(&json!({ "track": kept }))).into_response())
}

/// Under which name a guest's file is kept until it is whole: what another guest calls theirs is none of it.
fn own(guest: GuestId, id: &str) -> String {
    format!("{guest}/{id}")
}

/// Begins a file; if as many as may are here, in place of the one that has stood still for longest.
async fn begin(call: &Call, bytes: Option<u64>) -> Result<::library::Upload, Refusal> {
    let name = music::text(call, "name").unwrap_or_default();
    let library = call.server.app.library.clone().ok_or_else(|| upload::refused(&UploadError::NoPlace))?;
    let unfinished = call.server.files.unfinished.clone();
    upload::on_storage(move || match library.begin_guests_upload(&name, bytes) {
        Err(UploadError::Busy) if unfinished.make_room() => library.begin_guests_upload(&name, bytes),
        begun => begun,
    })
    .await
}

/// Judges a whole file, and asks for it in its guest's name.
async fn judge(call: &Call, whole: ::library::Upload) -> Result<Response, Refusal> {
    let turn = call.server.files.judging.acquire().await.map_err(|_| unavailable())?;
    let track = upload::on_storage(move || whole.finish()).await?;
    drop(turn);
    let asked = match call.join().and_then(|()| call.channel()) {
        Ok(channel) => outcome(call, channel, What::Bring(track)).await,
        Err(refusal) => return Err(leave(call, track, refusal).await),
    };
    let (id, state) = match asked {
        Some(Ok(Done::Pending(id))) => (id, "pending"),
        Some(Ok(Done::Admitted(id))) => (id, "queued"),
        Some(Err(Unmet::NotKept(_))) => return Err(not_kept()),
        Some(Err(Unmet::Refused(why))) => return Err(leave(call, track, refused(why)).await),
        None | Some(Ok(_)) => return Err(leave(call, track, unavailable()).await),
    };
    Ok((StatusCode::CREATED, music::answer(&json!({ "id": id, "state": state }))).into_response())
}

/// Lets go of a file that is not asked for after all.
async fn leave(call: &Call, track: TrackId, refusal: Refusal) -> Refusal {
    if let Some(library) = call.server.app.library.clone() {
        // Should the box have no thread for it, the next start finds the file.
        _ = tokio::task::spawn_blocking(move || library.drop_guests_files(&[track].into())).await;
    }
    refusal
}
