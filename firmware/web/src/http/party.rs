//! What the pages ask and what a host may do: status, events, play, pause, next, previous, source, volume, settings; and
//! guests' votes to skip, hearts and reactions; and the songs of the evening.

use ::party::{Reaction, Source, What, Which};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ask::{act, parse_json};
use super::call::Call;
use super::events::event_body;
use super::music;
use super::refusal::{Refusal, no_place, no_such_setting};
use crate::feed::render;

/// `GET /api/party/status`, `GET /api/channels/{channel}/status`: the state of a channel's feed at this moment, for
/// programs that ask now and then.
pub(super) fn status(call: &Call) -> Result<Response, Refusal> {
    let server = &call.server;
    let status = call.channel_status()?;
    let snapshot = server.app.snapshot.borrow().clone();
    let scan = server.app.library.as_ref().map(|library| library.progress().into());
    let facts = server.app.appliance.facts.borrow().clone();
    let mut state = render::state(&snapshot, &status, &server.heard(&snapshot), scan, &server.guests.names(), &facts);
    render::add_position(&mut state, &status);
    state.insert("time_ms".into(), server.time_ms().into());
    state.insert("you_are_host".into(), call.role.is_host().into());
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, Value::Object(state).to_string()).into_response())
}

/// `GET /api/party/events`.
pub(super) fn events(call: &Call) -> Result<Response, Refusal> {
    let channel = call.channel()?;
    let place = call.lasting(&call.server.event_listeners).map_err(no_place)?;
    let body = event_body(call, place, channel);
    let mut response = Response::new(Body::new(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// `POST /api/party/play`.
pub(super) async fn play(call: Call) -> Result<Response, Refusal> {
    act(&call, What::Play).await
}

/// `POST /api/party/pause`.
pub(super) async fn pause(call: Call) -> Result<Response, Refusal> {
    act(&call, What::Pause).await
}

/// `POST /api/party/next`.
pub(super) async fn next(call: Call) -> Result<Response, Refusal> {
    act(&call, What::Next).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceBody {
    source: String,
}

/// `POST /api/party/source` with `{"source":"line-in"}`.
pub(super) async fn source(call: Call) -> Result<Response, Refusal> {
    let body: SourceBody = parse_json(&call.body, r#"{"source":"files"} or {"source":"line-in"}"#)?;
    let Some(kind) = Source::from_id(&body.source) else {
        let allowed = Source::ALL.map(Source::id).join(", ");
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "There is no such source.").field(
            "source",
            &body.source,
            allowed,
        ));
    };
    act(&call, What::Select(kind)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VolumeBody {
    db: f32,
}

/// `PUT /api/party/volume` with `{"db":-6}`.
pub(super) async fn volume(call: Call) -> Result<Response, Refusal> {
    let body: VolumeBody = parse_json(&call.body, r#"{"db":-6}"#)?;
    act(&call, What::Volume(body.db)).await
}

/// `POST /api/party/previous`.
pub(super) async fn previous(call: Call) -> Result<Response, Refusal> {
    act(&call, What::Previous).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StartBody {
    #[serde(default)]
    title: Option<String>,
}

/// `POST /api/party/start` with `{"title":"Garden"}` or `{}`.
pub(super) async fn start(call: Call) -> Result<Response, Refusal> {
    let body: StartBody = parse_json(&call.body, r#"{"title":"Garden"} or {}"#)?;
    act(&call, What::Start(body.title)).await
}

/// `POST /api/party/end`: the box knows no guest any more from then on.
pub(super) async fn end(call: Call) -> Result<Response, Refusal> {
    act(&call, What::End).await
}

/// `GET /api/party/settings`.
pub(super) fn settings(call: &Call) -> Result<Response, Refusal> {
    let json = json!(call.channel_status()?.party.everybody.settings).to_string();
    Ok(([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], json).into_response())
}

/// `PUT /api/party/settings` with any of them, such as `{"requests":"auto","crossfade_ms":4000}`.
pub(super) async fn set(call: Call) -> Result<Response, Refusal> {
    let change = parse_json(&call.body, r#"any of the settings, such as {"requests":"auto"}"#)?;
    act(&call, What::Set(change)).await
}

/// `DELETE /api/party/settings/{setting}`: takes a host's word back, so that the setting is what the files say.
pub(super) async fn unset(call: Call) -> Result<Response, Refusal> {
    let which = Which::named(call.param("setting")).ok_or_else(no_such_setting)?;
    act(&call, What::Unset(which)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeekBody {
    position_ms: u64,
}

/// `POST /api/party/seek` with `{"position_ms":90000}`: what is heard goes on from there.
pub(super) async fn seek(call: Call) -> Result<Response, Refusal> {
    let body: SeekBody = parse_json(&call.body, r#"{"position_ms":90000}"#)?;
    act(&call, What::Seek(body.position_ms)).await
}

/// `PUT` and `DELETE /api/party/heart`: the caller loves what is heard, or no longer.
pub(super) async fn love(call: Call, on: bool) -> Result<Response, Refusal> {
    act(&call, What::Love(on)).await
}

/// `PUT` and `DELETE /api/party/talk-over`: the caller speaks over the music through line-in, or no longer. Who goes on speaking
/// says so again within [`party::TALK_OVER_MS`].
pub(super) async fn talk_over(call: Call, on: bool) -> Result<Response, Refusal> {
    act(&call, What::TalkOver(on)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReactionBody {
    kind: Reaction,
}

/// `POST /api/party/reactions` with `{"kind":"fire"}`: once a second for each guest.
pub(super) async fn react(call: Call) -> Result<Response, Refusal> {
    let body: ReactionBody = parse_json(&call.body, r#"{"kind":"fire"}, or love, dance, clap or wow"#)?;
    act(&call, What::React(body.kind)).await
}

/// `GET /api/party/evening`: the songs of the evening, oldest first, as `{"songs": [...], "time_ms": ...}`; the times are of
/// the box's clock, which says `time_ms` now.
pub(super) fn evening(call: &Call) -> Result<Response, Refusal> {
    let status = call.channel_status()?;
    let mut songs = json!(status.party.evening);
    render::call_by_name(&mut songs, &call.server.guests.names());
    Ok(music::answer(&json!({ "songs": songs, "time_ms": call.server.time_ms() })))
}

/// `GET /api/party/wished`: the songs that guests want most tonight, as `{"songs": [{"track": ..., "wishes": 3}]}`.
pub(super) fn wished(call: &Call) -> Result<Response, Refusal> {
    Ok(music::answer(&json!({ "songs": call.channel_status()?.party.wished })))
}

/// `PUT` and `DELETE /api/party/skip-vote`.
pub(super) async fn vote_to_skip(call: Call, on: bool) -> Result<Response, Refusal> {
    act(&call, What::SkipVote(on)).await
}
