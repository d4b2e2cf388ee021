//! `GET /openapi.json`: what can be asked of the box, for whoever writes a program for it. Written by hand; tests hold it
//! against the table of routes and against real answers.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// The description.
pub(super) const TEXT: &str = include_str!("../../openapi.json");

/// Hands it out.
pub(super) fn describe() -> Response {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")], TEXT).into_response()
}
