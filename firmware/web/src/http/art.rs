//! Covers of tracks: small JPEGs that a phone asks for once and keeps.

use std::time::Duration;

use ::library::ArtSize;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::TrackId;
use bytes::Bytes;

use super::call::Call;
use super::limits::PICTURE_TIMEOUT;
use super::music;
use super::refusal::Refusal;

/// How long a phone may keep a picture whose address names its version, seconds: a year, the longest that caches know
/// (RFC 9111 section 4.2.1 knows no limit; browsers cut there).
const KEEP: Duration = Duration::from_secs(365 * 24 * 3_600);

/// `GET /api/library/art/{track}?v=&size=`: the track's cover as JPEG, no side longer than 600 pixels, with `size=small`
/// 128. Tracks name the address with the right `v` in `art`; so asked for, it may be kept for ever.
pub(super) async fn picture(call: Call) -> Result<Response, Refusal> {
    let missing = || Refusal::new(StatusCode::NOT_FOUND, "There is no such picture.");
    let id = call.param("track").parse().map(TrackId).map_err(|_| missing())?;
    let size = match call.query("size") {
        None | Some("large") => ArtSize::Large,
        Some("small") => ArtSize::Small,
        Some(other) => {
            let refusal = Refusal::new(StatusCode::BAD_REQUEST, "Pictures do not come in this size.");
            return Err(refusal.field("size", other, "small or large"));
        }
    };
    let turns = &call.server.pictures;
    let found = music::ask_within(&call, turns, PICTURE_TIMEOUT, move |library| library.art(id, size)).await?;
    let picture = found.ok_or_else(missing)?;
    let cached = match call.query("v") {
        Some(version) if version == picture.version => format!("public, max-age={}, immutable", KEEP.as_secs()),
        _ => "no-cache".to_owned(),
    };
    let headers = [(header::CONTENT_TYPE, "image/jpeg".to_owned()), (header::CACHE_CONTROL, cached)];
    Ok((headers, Bytes::from_owner(picture.jpeg)).into_response())
}
