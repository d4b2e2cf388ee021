//! WHEP (draft-ietf-wish-whep-04, with the mechanics of RFC 9725): offers in, answers out, sessions by address.
//!
//! It reads HTTP and names errors; what is in an SDP is the fan-out's business. Four things are ours: `?ptime=` on the
//! offer, and `PUT …/ptime` with `{"ptime":40}` on a session, choose the packet duration in milliseconds; `PUT …/stream`
//! with `{"stream":"green"}` on a session chooses what is heard, and says whose it is, where the offer came before the cookie;
//! `?standby=1` on the offer opens a session that hears nothing until then, so that the sound is there soon after a tap.

use ::party::LATEST;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{PacketDuration, StreamId};
use serde::Deserialize;

use super::ask::parse_json;
use super::call::Call;
use super::refusal::Refusal;
use super::route::{SDP, SDP_FRAGMENT};
use super::{relayed, streams};
use rtc::api::{Answer, Offer, OfferError, Patched, SessionError, SessionId};

/// Seconds after which a refused listener may try again.
const RETRY_SECONDS: u32 = 5;

/// The packet durations that can be asked for.
const PTIMES: &str = "10, 20, 40 or 60";

/// `POST /whep/{stream}`.
pub(super) async fn offer(call: Call) -> Result<Response, Refusal> {
    let stream = stream(&call)?;
    relayed::admit(&call, stream)?;
    let duration = call.query("ptime").map(|text| duration(text.parse().ok(), text)).transpose()?;
    let path = format!("/whep/{stream}");
    let offer = Offer {
        stream,
        sdp: text(&call)?,
        local_addr: call.ends.local.ip().to_canonical(),
        remote_addr: call.ends.peer.ip(),
        guest: call.guest,
        duration,
    };
    let server = &call.server;
    if call.query("standby") == Some("1") {
        // Who stands by is nobody's guest yet, and is not turned away.
        return server.app.rtc.prepare(offer).await.map(|answer| created(&path, answer)).map_err(refuse_offer);
    }
    let answer = server.app.rtc.offer(offer).await.inspect_err(|error| {
        if matches!(error, OfferError::Full { .. } | OfferError::TooManyFromAddress { .. }) {
            server.turned_away.note(call.ends.peer.ip(), server.now());
        }
    });
    let answer = answer.map_err(refuse_offer)?;
    server.guests.note_session(call.role.guest_keys(), answer.session);
    Ok(created(&path, answer))
}

/// `PATCH /whep/{stream}/{session}`.
pub(super) async fn patch(call: Call) -> Result<Response, Refusal> {
    let session = session(&call)?;
    let Some(if_match) = call.header("if-match") else {
        return Err(Refusal::new(StatusCode::PRECONDITION_REQUIRED, "A PATCH needs If-Match with the session's ETag.")
            .field("If-Match", "", "the ETag of the session, or * to restart ICE"));
    };
    let if_match = if_match.trim_matches('"').to_owned();
    match call.server.app.rtc.patch(session, text(&call)?, Some(if_match)).await.map_err(refuse_session)? {
        Patched::Trickled => Ok(StatusCode::NO_CONTENT.into_response()),
        Patched::Restarted { sdp_fragment, etag } => {
            let mut response = Response::new(Body::from(sdp_fragment));
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(SDP_FRAGMENT));
            headers.extend(entity_tag(&etag).map(|tag| (header::ETAG, tag)));
            Ok(response)
        }
    }
}

/// `DELETE /whep/{stream}/{session}`.
pub(super) async fn delete(call: Call) -> Result<Response, Refusal> {
    let session = session(&call)?;
    call.server.app.rtc.delete(session).await.map_err(refuse_session)?;
    Ok(StatusCode::OK.into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DurationBody {
    ptime: u32,
}

/// `PUT /whep/{stream}/{session}/ptime` with `{"ptime":40}`.
pub(super) async fn set_duration(call: Call) -> Result<Response, Refusal> {
    let session = session(&call)?;
    let body: DurationBody = parse_json(&call.body, r#"{"ptime":20}"#)?;
    let duration = duration(Some(body.ptime), &body.ptime.to_string())?;
    call.server.app.rtc.set_duration(session, duration).await.map_err(refuse_session)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StreamBody {
    stream: String,
}

/// `PUT /whep/{stream}/{session}/stream` with `{"stream":"green"}`: the listener hears another stream from its next packet
/// on, over the same connection.
pub(super) async fn switch(call: Call) -> Result<Response, Refusal> {
    let session = session(&call)?;
    let body: StreamBody = parse_json(&call.body, r#"{"stream":"green"}"#)?;
    let stream = find_stream(&call, &body.stream)?;
    relayed::admit(&call, stream)?;
    call.server.app.rtc.switch(session, stream).await.map_err(|error| match error {
        SessionError::UnknownStream => unknown_stream(&body.stream),
        error => refuse_session(error),
    })?;
    call.server.guests.note_session(call.role.guest_keys(), session);
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn created(path: &str, answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.sdp));
    *response.status_mut() = StatusCode::CREATED;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(SDP));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("accept-patch", HeaderValue::from_static(SDP_FRAGMENT));
    let location = HeaderValue::from_str(&format!("{path}/{}", answer.session));
    headers.extend(location.ok().map(|location| (header::LOCATION, location)));
    headers.extend(entity_tag(&answer.etag).map(|tag| (header::ETAG, tag)));
    response
}

fn entity_tag(etag: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("\"{etag}\"")).ok()
}

/// Returns the stream in the path; `latest` is the newest one that plays.
fn stream(call: &Call) -> Result<StreamId, Refusal> {
    find_stream(call, call.param("stream"))
}

fn find_stream(call: &Call, name: &str) -> Result<StreamId, Refusal> {
    let id = if name == LATEST { streams::latest(&call.server) } else { StreamId::new(name).ok() };
    id.ok_or_else(|| unknown_stream(name))
}

fn unknown_stream(name: &str) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "There is no such stream.").field(
        "stream",
        name,
        "an id that /api/party/status lists, or latest",
    )
}

fn session(call: &Call) -> Result<SessionId, Refusal> {
    SessionId::parse(call.param("session")).ok_or_else(|| refuse_session(SessionError::Unknown))
}

/// The body as text. What it says is judged by the fan-out.
pub(super) fn text(call: &Call) -> Result<String, Refusal> {
    std::str::from_utf8(&call.body)
        .map(str::to_owned)
        .map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, "The body is not UTF-8 text."))
}

fn duration(millis: Option<u32>, value: &str) -> Result<PacketDuration, Refusal> {
    let known = |d: &PacketDuration| Some(d.millis()) == millis;
    PacketDuration::ALL.into_iter().find(known).ok_or_else(|| {
        Refusal::new(StatusCode::BAD_REQUEST, "This packet duration is not offered.").field("ptime", value, PTIMES)
    })
}

pub(super) fn refuse_offer(error: OfferError) -> Refusal {
    match error {
        OfferError::Malformed(why) => Refusal::new(StatusCode::BAD_REQUEST, why),
        OfferError::NotAcceptable(why) => Refusal::new(StatusCode::NOT_ACCEPTABLE, why),
        OfferError::UnknownStream => {
            Refusal::new(StatusCode::NOT_FOUND, "There is no such stream.").retry_after(RETRY_SECONDS)
        }
        OfferError::Full { limit } => {
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, format!("All {limit} places are taken; MP3 may have one."))
                .retry_after(RETRY_SECONDS)
        }
        OfferError::TooManyFromAddress { limit } => Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            format!("This address holds {limit} sessions already, which is as many as one may."),
        )
        .retry_after(RETRY_SECONDS),
        OfferError::Unavailable => {
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "The box is too busy; try again.").retry_after(RETRY_SECONDS)
        }
    }
}

pub(super) fn refuse_session(error: SessionError) -> Refusal {
    match error {
        SessionError::Unknown => Refusal::new(StatusCode::NOT_FOUND, "There is no such session (any more)."),
        SessionError::UnknownStream => Refusal::new(StatusCode::NOT_FOUND, "There is no such stream."),
        SessionError::EtagMismatch => {
            Refusal::new(StatusCode::PRECONDITION_FAILED, "If-Match names another ICE generation than the session's.")
        }
        SessionError::NoRestart => {
            Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "ICE cannot be restarted here; send a new offer instead.")
        }
        SessionError::Malformed(why) => Refusal::new(StatusCode::BAD_REQUEST, why),
        SessionError::Unavailable => {
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "The box is too busy; try again.").retry_after(RETRY_SECONDS)
        }
    }
}
