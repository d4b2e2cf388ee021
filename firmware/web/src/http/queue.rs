//! The queue over HTTP: what waits, what hosts and DJs do with it, and what guests ask for and vote on.
//!
//! A number that no path can have (`/api/queue/x`) is one of nothing: 404. What the rules refuse is answered with their
//! word for it in `code`.

use ::party::{At, Done, Refused, What};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{ItemId, RequestId, TrackId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ask::{done, parse_json};
use super::call::Call;
use super::refusal::{Refusal, refused};
use crate::feed::fields::Fields;
use crate::feed::{render, you};

/// `GET /api/queue`: what waits, what follows by itself, what was heard, and what only the caller may know.
pub(super) fn list(call: &Call) -> Result<Response, Refusal> {
    let status = call.channel_status()?;
    let snapshot = call.server.app.snapshot.borrow().clone();
    let names = call.server.guests.names();
    let mut listed = render::party(&status);
    listed.retain(|key, _| ["queue", "upcoming", "history", "skip"].contains(&key.as_str()));
    let mut listed = Value::Object(listed);
    render::call_by_name(&mut listed, &names);
    let viewer = call.role.viewer();
    let of_role = you::of_role(&snapshot, &status, &names, viewer.role);
    let you = Fields::one("you", you::you(&of_role, &status.party, &viewer));
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, Fields::of(listed).join(&you)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddBody {
    track: TrackId,
    at: Where,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Where {
    Next,
    End,
}

/// `POST /api/queue` with `{"track":7,"at":"next"}` or `"end"`: 201 with `{"item":9}`.
pub(super) async fn add(call: Call) -> Result<Response, Refusal> {
    let body: AddBody = parse_json(&call.body, r#"{"track":7,"at":"next"} or {"track":7,"at":"end"}"#)?;
    let at = match body.at {
        Where::Next => At::Next,
        Where::End => At::End,
    };
    granted(&call, What::Add(body.track, at)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoveBody {
    to: usize,
}

/// `POST /api/queue/{item}/move` with `{"to":0}`: where it stands then, counted from 0.
pub(super) async fn shift(call: Call) -> Result<Response, Refusal> {
    let body: MoveBody = parse_json(&call.body, r#"{"to":0}"#)?;
    let wish = What::Move(item(&call)?, body.to);
    granted(&call, wish).await
}

/// `DELETE /api/queue/{item}`, for hosts, DJs and the guest who asked for it.
pub(super) async fn remove(call: Call) -> Result<Response, Refusal> {
    let wish = What::Remove(item(&call)?);
    granted(&call, wish).await
}

/// `DELETE /api/queue`.
pub(super) async fn clear(call: Call) -> Result<Response, Refusal> {
    granted(&call, What::Clear).await
}

/// `POST /api/queue/undo`.
pub(super) async fn undo(call: Call) -> Result<Response, Refusal> {
    granted(&call, What::Undo).await
}

/// `PUT` and `DELETE /api/queue/{item}/vote`.
pub(super) async fn vote(call: Call, on: bool) -> Result<Response, Refusal> {
    let wish = What::Vote(item(&call)?, on);
    granted(&call, wish).await
}

/// `PUT /api/queue/{item}/boost`.
pub(super) async fn boost(call: Call) -> Result<Response, Refusal> {
    let wish = What::Boost(item(&call)?);
    granted(&call, wish).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestBody {
    track: TrackId,
}

/// `POST /api/requests` with `{"track":7}`: 201 with `{"id":3,"state":"pending"}` or `"queued"`.
pub(super) async fn request(call: Call) -> Result<Response, Refusal> {
    let body: RequestBody = parse_json(&call.body, r#"{"track":7}"#)?;
    granted(&call, What::Request(body.track)).await
}

/// `DELETE /api/requests/{request}`, by whoever made it.
pub(super) async fn withdraw(call: Call) -> Result<Response, Refusal> {
    let wish = What::Withdraw(wanted(&call)?);
    granted(&call, wish).await
}

/// `POST /api/requests/{request}/approve`.
pub(super) async fn approve(call: Call) -> Result<Response, Refusal> {
    let wish = What::Approve(wanted(&call)?);
    granted(&call, wish).await
}

/// `POST /api/requests/{request}/decline`.
pub(super) async fn decline(call: Call) -> Result<Response, Refusal> {
    let wish = What::Decline(wanted(&call)?);
    granted(&call, wish).await
}

async fn granted(call: &Call, what: What) -> Result<Response, Refusal> {
    Ok(match done(call, what).await? {
        Done::Plainly => StatusCode::NO_CONTENT.into_response(),
        Done::Queued(item) => created(&json!({ "item": item })),
        Done::Pending(request) => created(&json!({ "id": request, "state": "pending" })),
        Done::Admitted(request) => created(&json!({ "id": request, "state": "queued" })),
    })
}

fn created(body: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::CREATED, headers, body.to_string()).into_response()
}

fn item(call: &Call) -> Result<ItemId, Refusal> {
    call.param("item").parse().map(ItemId).map_err(|_| refused(Refused::NoSuchItem))
}

fn wanted(call: &Call) -> Result<RequestId, Refusal> {
    call.param("request").parse().map(RequestId).map_err(|_| refused(Refused::NoSuchRequest))
}
