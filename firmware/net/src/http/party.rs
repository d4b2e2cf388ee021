//! What the pages ask and what a host may do: status, events, play, pause, next, source.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::call::Call;
use super::events::event_body;
use super::live::full;
use super::refusal::{Refusal, unavailable};
use super::signaling::ask;
use crate::control::{Action, Command, Refused, SourceKind};
use crate::status;

/// `GET /api/party/status`.
pub(super) fn status(call: &Call) -> Response {
    let listeners = call.server.listeners();
    let json = status::to_json(&call.server.app.snapshot.borrow(), listeners, call.role.is_host());
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], json).into_response()
}

/// `GET /api/party/events`.
pub(super) fn events(call: &Call) -> Result<Response, Refusal> {
    let place = call.server.event_listeners.enter(call.entrant()).map_err(full)?;
    let body = event_body(call.server.latest.clone(), place, call.role.clone());
    let mut response = Response::new(Body::new(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// `POST /api/party/play`.
pub(super) async fn play(call: Call) -> Result<Response, Refusal> {
    act(&call, Action::Play).await
}

/// `POST /api/party/pause`.
pub(super) async fn pause(call: Call) -> Result<Response, Refusal> {
    act(&call, Action::Pause).await
}

/// `POST /api/party/next`.
pub(super) async fn next(call: Call) -> Result<Response, Refusal> {
    act(&call, Action::Next).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceBody {
    source: String,
}

/// `POST /api/party/source` with `{"source":"line-in"}`.
pub(super) async fn source(call: Call) -> Result<Response, Refusal> {
    let body: SourceBody = parse_json(&call.body, r#"{"source":"files"} or {"source":"line-in"}"#)?;
    let Some(kind) = SourceKind::from_id(&body.source) else {
        let allowed = SourceKind::ALL.map(SourceKind::id).join(", ");
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "There is no such source.").field(
            "source",
            &body.source,
            allowed,
        ));
    };
    act(&call, Action::Source(kind)).await
}

/// Parses a small JSON body. serde_json limits the depth to 128 and refuses duplicate fields of a struct.
pub(super) fn parse_json<'a, T: Deserialize<'a>>(body: &'a [u8], allowed: &str) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|e| {
        Refusal::new(StatusCode::BAD_REQUEST, format!("The body is not the JSON that is wanted: {e}.")).field(
            "body",
            &String::from_utf8_lossy(body),
            allowed,
        )
    })
}

async fn act(call: &Call, action: Action) -> Result<Response, Refusal> {
    match ask(&call.server.app.commands, |reply| Command { action, reply }).await {
        Some(Ok(())) => Ok(StatusCode::NO_CONTENT.into_response()),
        Some(Err(Refused::NotNow(why))) => Err(Refusal::new(StatusCode::CONFLICT, why)),
        Some(Err(Refused::Unavailable)) | None => Err(unavailable()),
    }
}
