//! Covers of tracks: small JPEGs, and the colour of each, that a phone asks for once and keeps.

use std::time::Duration;

use ::library::{ArtSize, Picture};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::TrackId;
use bytes::Bytes;
use serde_json::json;

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
    let size = match call.query("size") {
        None | Some("large") => ArtSize::Large,
        Some("small") => ArtSize::Small,
        Some(other) => {
            let refusal = Refusal::new(StatusCode::BAD_REQUEST, "Pictures do not come in this size.");
            return Err(refusal.field("size", other, "small or large"));
        }
    };
    let picture = find(&call, size).await?;
    let headers = [(header::CONTENT_TYPE, "image/jpeg".to_owned()), (header::CACHE_CONTROL, kept(&call, &picture))];
    Ok((headers, Bytes::from_owner(picture.jpeg)).into_response())
}

/// `GET /api/library/art/{track}/color?v=`: the colour that stands for the track's cover, as `{"color": "#rrggbb"}`; the
/// mean of its most vivid hue. Whether anything can be read on it is the page's to see to.
pub(super) async fn color(call: Call) -> Result<Response, Refusal> {
    let picture = find(&call, ArtSize::Small).await?;
    let [red, green, blue] = picture.color;
    let headers =
        [(header::CONTENT_TYPE, "application/json".to_owned()), (header::CACHE_CONTROL, kept(&call, &picture))];
    Ok((headers, json!({ "color": format!("#{red:02x}{green:02x}{blue:02x}") }).to_string()).into_response())
}

async fn find(call: &Call, size: ArtSize) -> Result<Picture, Refusal> {
    let missing = || Refusal::new(StatusCode::NOT_FOUND, "There is no such picture.");
    let id = call.param("track").parse().map(TrackId).map_err(|_| missing())?;
    let turns = &call.server.pictures;
    let found = music::ask_within(call, turns, PICTURE_TIMEOUT, move |library| library.art(id, size)).await?;
    found.ok_or_else(missing)
}

/// Returns how long a phone may keep what it was answered about `picture`.
fn kept(call: &Call, picture: &Picture) -> String {
    match call.query("v") {
        Some(version) if version == picture.version => format!("public, max-age={}, immutable", KEEP.as_secs()),
        _ => "no-cache".to_owned(),
    }
}
