//! Guests: what they may say of themselves, and whom a host lets be DJ.

use std::sync::Arc;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::GuestId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ask::parse_json;
use super::call::Call;
use super::refusal::Refusal;
use crate::guests::{NAME_CHARS_MAX, NameTaken, likeness};
use crate::status::ChannelStatus;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeBody {
    name: Option<String>,
}

/// `PUT /api/me` with `{"name":"Ann"}`, or `null` to have none.
pub(super) async fn rename(call: Call) -> Result<Response, Refusal> {
    let body: MeBody = parse_json(&call.body, r#"{"name":"Ann"} or {"name":null}"#)?;
    let name = body.name.as_deref().map(likeness::shown).filter(|name| !name.is_empty());
    if let Some(name) = name.as_deref().filter(|name| name.chars().count() > NAME_CHARS_MAX) {
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, "This name is too long.").code("name");
        return Err(refusal.field("name", name, format!("at most {NAME_CHARS_MAX} characters")));
    }
    // A host may be called one.
    if name.as_deref().is_some_and(|name| !call.role.is_host() && likeness::is_reserved(name)) {
        return Err(taken(name.as_deref()));
    }
    call.join()?;
    let renamed = call.guest.map(|id| call.server.guests.rename(id, name.clone())).transpose();
    match renamed.map_err(|NameTaken| taken(name.as_deref()))? {
        Some(true) => Ok(StatusCode::NO_CONTENT.into_response()),
        _ => Err(unknown("")),
    }
}

/// The refusal of a name that could pass for somebody else's.
fn taken(name: Option<&str>) -> Refusal {
    let refusal =
        Refusal::new(StatusCode::CONFLICT, "Somebody else is called like this, or looks like it.").code("name-taken");
    refusal.field("name", name.unwrap_or_default(), "one that nobody takes for a host's or another guest's")
}

/// `GET /api/guests`: everybody whom the box knows, by number.
pub(super) async fn list(call: Call) -> Result<Response, Refusal> {
    let server = &call.server;
    let now = server.now();
    let listeners = server.app.rtc.listeners_now().await;
    let snapshot = server.app.snapshot.borrow().clone();
    let guests: Vec<Value> = server
        .guests
        .list()
        .into_iter()
        .map(|guest| {
            let live = listeners.iter().any(|listener| guest.sessions.contains(&listener.session));
            let of_guest = |status: &Arc<ChannelStatus>| status.party.of_guest(Some(guest.id)).requests.len();
            let requests: usize = snapshot.channels.iter().map(of_guest).sum();
            json!({
                "label": guest.id,
                "name": guest.name,
                "role": if guest.is_dj { "dj" } else { "guest" },
                "here": guest.is_here,
                "away_s": if guest.is_here { 0 } else { now.micros_since(guest.seen) / 1_000_000 },
                "listening": live || server.mp3_listeners.holds(guest.address),
                "requests": requests,
            })
        })
        .collect();
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, json!({ "guests": guests }).to_string()).into_response())
}

/// `PUT` and `DELETE /api/guests/{label}/dj`.
pub(super) async fn set_dj(call: Call, is_dj: bool) -> Result<Response, Refusal> {
    let label = call.param("label");
    let id = label.parse().map(GuestId).map_err(|_| unknown(label))?;
    if !call.server.guests.set_dj(id, is_dj) {
        return Err(unknown(label));
    }
    if !is_dj {
        call.server.end_senders(call.server.app.senders.end_guest(id));
        call.server.relays.end_all(|who| who == hub::Who::Guest(id));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn unknown(label: &str) -> Refusal {
    let refusal = Refusal::new(StatusCode::NOT_FOUND, "There is no such guest (any more).").code("no-such-guest");
    refusal.field("label", label, "see /api/guests")
}
