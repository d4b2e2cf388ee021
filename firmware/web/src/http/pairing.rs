//! Becoming host and ceasing to be: what a phone asks about pairing, and the hosts' list.

use ::party::pairing::{AskError, Phone, State, Why};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::call::Call;
use super::refusal::{Refusal, unavailable};
use super::signaling::ask;
use super::{agent, cookie};
use crate::pairing::{Asked, Request, RevokeError};

/// `GET /api/pairing`: how this phone stands.
pub(super) async fn state(call: Call) -> Result<Response, Refusal> {
    if call.role.keys().is_empty() {
        // Every guest's page asks once; the party need not be bothered.
        return Ok(answer(&describe(State::Guest, true)));
    }
    let standing = put(&call, |reply| Request::State { keys: call.role.keys().to_vec(), reply }).await?;
    Ok(answer(&describe(standing.state, standing.kept)))
}

/// `GET /api/pairing/way`: what somebody at the box has to do, and the address that the configuration would have to name
/// where that is nothing.
pub(super) fn way(call: &Call) -> Response {
    answer(&json!({ "way": *call.server.app.pairing.way.borrow(), "address": call.ends.peer.ip() }))
}

/// `POST /api/pairing`: this phone wants to be host. It is handed a secret that is worth nothing until the button is
/// pressed for it. What it is told is the same whenever somebody pressed before.
pub(super) async fn begin(call: Call) -> Result<Response, Refusal> {
    let (browser, system) = agent::families(call.header("user-agent").unwrap_or_default());
    let phone = Phone { address: call.ends.peer.ip(), browser: browser.to_owned(), system: system.to_owned() };
    let asked = put(&call, |reply| Request::Ask { phone, keys: call.role.keys().to_vec(), reply }).await?;
    let Asked { state, secret, kept } = asked.map_err(refused)?;
    let mut response = answer(&describe(state, kept));
    if let Some(secret) = secret {
        response.headers_mut().insert(header::SET_COOKIE, cookie::set_host(&secret));
    }
    Ok(response)
}

/// `DELETE /api/pairing`: this phone does not want to be host after all.
pub(super) async fn abort(call: Call) -> Result<Response, Refusal> {
    put(&call, |reply| Request::Abort { keys: call.role.keys().to_vec(), reply }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /api/hosts`.
pub(super) async fn hosts(call: Call) -> Result<Response, Refusal> {
    let hosts = put(&call, |reply| Request::Hosts { reply }).await?;
    let hosts: Vec<Value> = hosts
        .iter()
        .map(|host| {
            json!({
                "id": host.id,
                "label": host.label.number(),
                "browser": host.browser,
                "system": host.system,
                "you": call.role.keys().contains(&host.key),
            })
        })
        .collect();
    Ok(answer(&json!({ "hosts": hosts })))
}

/// `DELETE /api/hosts/{id}`.
pub(super) async fn revoke(call: Call) -> Result<Response, Refusal> {
    let unknown = || {
        Refusal::new(StatusCode::NOT_FOUND, "There is no such host.").field("id", call.param("id"), "see /api/hosts")
    };
    let id = call.param("id").parse().map_err(|_| unknown())?;
    match put(&call, |reply| Request::Revoke { id, reply }).await? {
        Ok(()) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(RevokeError::NoSuchHost) => Err(unknown()),
        Err(RevokeError::NotSaved) => Err(Refusal::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "The host is removed, but the box cannot write that down: after a restart it is host again.",
        )),
    }
}

/// Puts a question to whoever keeps the rules.
async fn put<T>(call: &Call, question: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T, Refusal> {
    let _place = call.server.asking.enter(call.entrant(), None).map_err(|_| unavailable())?;
    ask(&call.server.app.pairing.requests, question).await.ok_or_else(unavailable)
}

fn answer(body: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, body.to_string()).into_response()
}

/// Describes how a phone stands. That it is host is `kept` unless that is said.
fn describe(state: State, kept: bool) -> Value {
    match state {
        State::Guest => json!({ "state": "guest" }),
        State::Asking { label, remaining_ms } => {
            json!({ "state": "asking", "label": label.number(), "remaining_ms": remaining_ms })
        }
        State::Host { id, label } if !kept => {
            json!({ "state": "host", "id": id, "label": label.number(), "kept": false })
        }
        State::Host { id, label } => json!({ "state": "host", "id": id, "label": label.number() }),
        State::Ended(why) => json!({ "state": "ended", "why": why_id(why) }),
    }
}

/// The name of a reason in every API; the pages have a sentence for each.
fn why_id(why: Why) -> &'static str {
    match why {
        Why::Lapsed => "lapsed",
        Why::Crowded => "crowded",
        Why::Replaced => "replaced",
        Why::Full => "full",
        Why::Aborted => "aborted",
        Why::Revoked => "revoked",
        Why::Forgotten => "forgotten",
    }
}

fn refused(error: AskError) -> Refusal {
    let seconds = |ms: u64| u32::try_from(ms.div_ceil(1_000)).unwrap_or(u32::MAX);
    match error {
        AskError::TooOften { retry_ms } => {
            Refusal::new(StatusCode::TOO_MANY_REQUESTS, "This phone asked too often; wait before it asks again.")
                .retry_after(seconds(retry_ms))
        }
        AskError::TooManyAsk { retry_ms } => {
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "Too many phones ask to be host; ask one after the other.")
                .retry_after(seconds(retry_ms))
        }
        AskError::HostsFull => Refusal::new(
            StatusCode::CONFLICT,
            "The box has as many hosts as it can remember; a host must remove one first.",
        ),
    }
}
