//! WHIP (RFC 9725): senders' offers in, answers out, sessions by address.
//!
//! It reads HTTP, asks the rules who may send, and names errors; what is in an SDP is the fan-out's business. A lite agent
//! needs no candidates, so that what is trickled is read and not used; ICE is not restarted, a sender offers anew. Against
//! section 4.2 an offer with video is answered without it, unless the configuration says otherwise: programs for broadcasts
//! cannot offer sound alone. Ours are `?takeover=1`, with which a host's sender takes the place of others, `?voice=1`, with which a
//! host speaks over the music, and two addresses below a session's: one to say what plays, one to ask whether it is heard.

use ::party::Source;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{ChannelId, StreamId};
use hub::{Place, Refused, TOGETHER_MAX, Terms, Who};
use rtc::api::{OfferError, SendOffer, SessionError, SessionId};
use serde::Deserialize;
use serde_json::json;

use super::ask::parse_json;
use super::call::{Call, Server};
use super::refusal::{Refusal, unavailable};
use super::role::Role;
use super::route::{JSON, SDP};
use super::whep;
use crate::senders::{Begun, Title, Unknown};
use crate::status::SourceState;

/// Seconds after which a sender may try again that found the channel taken: by then one that is gone has been noticed.
const TAKEN_RETRY_SECONDS: u32 = 30;

/// `POST /whip/{channel}`.
pub(super) async fn offer(call: Call) -> Result<Response, Refusal> {
    let channel = call.channel()?;
    let (who, name) = sender(&call, channel)?;
    let begun = begin(&call, channel, who, &name)?;
    let server = &call.server;
    let open = server.app.intakes.borrow().get(&channel).cloned();
    let Some(inlet) = open.and_then(|intake| (intake.packets)(begun.place)) else {
        begun.abandon();
        return Err(unavailable());
    };
    // Whatever is refused from here on drops the inlet, and with it the place.
    let inlet = begun.watch(inlet);
    for replaced in &begun.replaced {
        // It may have ended by itself.
        _ = server.app.rtc.delete(*replaced).await;
    }
    let offer = SendOffer {
        stream: StreamId::from(channel),
        sdp: whep::text(&call)?,
        local_addr: call.ends.local.ip().to_canonical(),
        remote_addr: call.ends.peer.ip(),
        guest: call.guest,
        refuses_video: server.app.config.refuses_video,
        inlet,
    };
    let answer = server.app.rtc.send(offer).await.map_err(|error| match error {
        OfferError::NotAcceptable(why) => Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, why),
        error => whep::refuse_offer(error),
    })?;
    if !server.app.senders.answered(&begun, answer.session) {
        _ = server.app.rtc.delete(answer.session).await;
        return Err(unauthorized());
    }
    log::info!("{channel}: {name} {}", if begun.place == Place::Voice { "may speak over it" } else { "sends" });
    let mut response = Response::new(Body::from(answer.sdp));
    *response.status_mut() = StatusCode::CREATED;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(SDP));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let location = HeaderValue::from_str(&format!("/whip/{channel}/{}", answer.session));
    headers.extend(location.ok().map(|location| (header::LOCATION, location)));
    Ok(response)
}

/// Somebody who may send: by what right, and whose name is shown.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) who: Who,
    pub(super) name: String,
}

/// Returns by what right the call sends to `channel`, and whose name is shown.
fn sender(call: &Call, channel: ChannelId) -> Result<(Who, String), Refusal> {
    if let Some(text) = token(call) {
        let found = call.server.app.senders.check(text, channel, call.server.now());
        let (id, name) = found.map_err(refuse_token)?;
        return Ok((Who::Token(id), name));
    }
    person(&call.role).map(|Sender { who, name }| (who, name)).ok_or_else(unauthorized)
}

/// Returns by what right a person sends, without a token: as a DJ or a host.
pub(super) fn person(role: &Role) -> Option<Sender> {
    let guest = role.guest();
    let name = guest.as_ref().and_then(|guest| guest.name.clone());
    let (who, name) = match guest.filter(|guest| guest.is_dj && !role.is_host()) {
        Some(guest) => (Who::Guest(guest.id), name.unwrap_or_else(|| format!("DJ {}", guest.id))),
        None if role.is_host() => (Who::Host, name.unwrap_or_else(|| "Host".to_owned())),
        None => return None,
    };
    Some(Sender { who, name })
}

/// Returns the token that the call brings, in its header or, for programs that send none, in its address.
pub(super) fn token(call: &Call) -> Option<&str> {
    let bearer = call.header("authorization").and_then(|value| value.split_once(' '));
    let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    bearer.or_else(|| call.query("token"))
}

fn refuse_token(unknown: Unknown) -> Refusal {
    match unknown {
        Unknown::Token => unauthorized(),
        Unknown::TooMany => {
            Refusal::new(StatusCode::TOO_MANY_REQUESTS, "Too many wrong tokens came; try again in a moment.")
                .retry_after(1)
        }
    }
}

/// The refusal of who brings nothing that lets them send.
fn unauthorized() -> Refusal {
    let detail = "Sending needs the token of a sender, which a host makes, or the phone of a DJ or host.";
    Refusal::new(StatusCode::UNAUTHORIZED, detail)
        .code("token")
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

fn begin(call: &Call, channel: ChannelId, who: Who, name: &str) -> Result<Begun, Refusal> {
    if call.query("voice") == Some("1") {
        // Whoever speaks over the music also lets it step back, which is a host's.
        return match call.role.is_host() {
            true => Ok(call.server.app.senders.begin_voice(channel)),
            false => Err(Refusal::new(StatusCode::FORBIDDEN, "Only a host speaks over the music.").code("not-host")),
        };
    }
    let takes_over = call.role.is_host() && call.query("takeover") == Some("1");
    let terms = Terms { takes_over, together_max: together_max(&call.server, channel) };
    call.server.app.senders.begin(channel, who, name, terms).map_err(|refused| match refused {
        Refused::Taken { name } => Refusal::new(StatusCode::CONFLICT, "Somebody else sends to this channel.")
            .code("sender-taken")
            .field("sender", &name, "nobody; a host takes over with ?takeover=1")
            .retry_after(TAKEN_RETRY_SECONDS),
        Refused::TooManyTokens | Refused::NoName => unavailable(),
    })
}

/// Returns how many may send to `channel` at once.
pub(super) fn together_max(server: &Server, channel: ChannelId) -> usize {
    let snapshot = server.app.snapshot.borrow();
    let allows = snapshot.channel(channel).is_some_and(|status| status.party.everybody.settings.together);
    if allows { server.app.config.together_max.clamp(1, TOGETHER_MAX) } else { 1 }
}

/// `GET /whip/{channel}`: there is something to be found here (RFC 9725 section 4.2).
pub(super) fn greet(call: &Call) -> Result<Response, Refusal> {
    call.channel()?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `PATCH /whip/{channel}/{session}`.
pub(super) async fn patch(call: Call) -> Result<Response, Refusal> {
    let session = session(&call)?;
    call.server.app.rtc.patch(session, whep::text(&call)?, None).await.map_err(whep::refuse_session)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /whip/{channel}/{session}`.
pub(super) async fn delete(call: Call) -> Result<Response, Refusal> {
    let session = session(&call)?;
    call.server.app.rtc.delete(session).await.map_err(whep::refuse_session)?;
    Ok(StatusCode::OK.into_response())
}

/// What a sender says that plays; what is missing is empty.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TitleBody {
    #[serde(default)]
    title: String,
    #[serde(default)]
    artist: String,
}

/// `PUT /whip/{channel}/{session}/title` with `{"title":"Song","artist":"Ann"}`.
pub(super) fn entitle(call: &Call) -> Result<Response, Refusal> {
    let (channel, session) = (call.channel()?, session(call)?);
    let TitleBody { title, artist } = parse_json(&call.body, r#"{"title":"Song","artist":"Ann"}"#)?;
    if !call.server.app.senders.entitle_session(channel, session, Title::shown(&title, &artist)) {
        return Err(whep::refuse_session(SessionError::Unknown));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /whip/{channel}/{session}/heard`: what becomes of what is sent, as far as the box knows.
pub(super) fn heard(call: &Call) -> Result<Response, Refusal> {
    let (status, session) = (call.channel_status()?, session(call)?);
    let channel = status.channel.id;
    let senders = &call.server.app.senders;
    let Some((id, place)) = senders.place(channel, session) else {
        return Err(whep::refuse_session(SessionError::Unknown));
    };
    let arriving = call.server.app.intakes.borrow().get(&channel).map(|intake| (intake.arrives)(place));
    let party = &status.party.everybody;
    let is_voice = place == Place::Voice;
    let is_chosen = is_voice || party.source == Source::Sender;
    let is_on = if is_voice { party.talk_over } else { is_chosen && party.playing && !status.fallback };
    let all = if is_voice { Vec::new() } else { senders.heard(channel) };
    let fader = all.iter().find(|one| one.id == id).map(|one| one.fader);
    let beside: Vec<&str> = all.iter().filter(|one| one.id != id).map(|one| one.name.as_str()).collect();
    let said = json!({
        "state": arriving.map(|arriving| arriving.state),
        "chosen": is_chosen,
        "heard": is_on && arriving.is_some_and(|arriving| is_sound(arriving.state)),
        "loudness_percent": fader,
        "together": beside,
        "waits_ms": arriving.map(|arriving| arriving.waits_us.div_ceil(1_000)),
        "listeners": call.server.listeners_of(channel).total(),
    });
    let headers = [(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, said.to_string()).into_response())
}

/// Whether something comes that can be heard, be it silence.
fn is_sound(state: SourceState) -> bool {
    matches!(state, SourceState::Silent | SourceState::Signal | SourceState::Clipping)
}

fn session(call: &Call) -> Result<SessionId, Refusal> {
    SessionId::parse(call.param("session")).ok_or_else(|| whep::refuse_session(SessionError::Unknown))
}
