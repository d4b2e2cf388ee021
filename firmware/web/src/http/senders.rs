//! What hosts decide about senders: tokens for programs, who sends, how loud each is heard, and who shall not any more.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub::{Fader, Refused, SendingId, TOKENS_MAX, TokenId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ask::parse_json;
use super::call::Call;
use super::qr::{self, Format};
use super::refusal::{Refusal, unavailable};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenBody {
    name: String,
    #[serde(default)]
    channel: Option<String>,
}

/// `GET /api/senders`: the tokens there are, without their secrets, and who sends.
pub(super) fn list(call: &Call) -> Response {
    let senders = &call.server.app.senders;
    let on_air = senders.on_air();
    let sends = |id: TokenId| on_air.iter().any(|one| one.token == Some(id));
    let tokens: Vec<Value> = senders
        .tokens()
        .into_iter()
        .map(|(id, name, channel)| json!({ "id": id, "name": name, "channel": channel, "on": sends(id) }))
        .collect();
    let on: Vec<Value> = on_air
        .iter()
        .map(|one| {
            json!({
                "channel": one.channel,
                "id": one.id,
                "name": one.name,
                "loudness_percent": one.fader,
                "token": one.token,
                "guest": one.guest,
            })
        })
        .collect();
    json(StatusCode::OK, &json!({ "tokens": tokens, "on": on }))
}

/// `POST /api/senders` with `{"name":"Desk"}`, or with a `channel` that it shall be for: a token, said this once.
pub(super) async fn issue(call: Call) -> Result<Response, Refusal> {
    let body: TokenBody = parse_json(&call.body, r#"{"name":"Desk"} or {"name":"Desk","channel":"main"}"#)?;
    let status = body.channel.as_deref().map(|name| call.channel_named(name)).transpose()?;
    let channel = status.map(|status| status.channel.id);
    let made = call.server.app.senders.issue(&body.name, channel).map_err(|refused| match refused {
        Refused::NoName => Refusal::new(StatusCode::BAD_REQUEST, "A sender needs a name.").field(
            "name",
            &body.name,
            "1 to 40 characters",
        ),
        Refused::TooManyTokens | Refused::Taken { .. } => Refusal::new(
            StatusCode::CONFLICT,
            format!("There are {TOKENS_MAX} tokens, which is as many as there can be; remove one first."),
        )
        .code("tokens-full"),
    })?;
    let (id, secret) = made.ok_or_else(unavailable)?;
    let token = secret.to_hex();
    let made = json!({ "id": id, "token": token, "url": address(&call, id), "name": body.name.trim() });
    Ok(json(StatusCode::CREATED, &made))
}

/// `GET /api/senders/{id}/qr.svg?token=`: the address and the token as a picture, for whoever knows it already.
pub(super) fn picture(call: &Call) -> Result<Response, Refusal> {
    let id = token_id(call)?;
    let token = call.query("token").unwrap_or_default();
    if !call.server.app.senders.is_secret_of(id, token) {
        return Err(unknown(call));
    }
    qr::picture(&format!("{}?token={token}", address(call, id)), Format::Svg)
}

/// `DELETE /api/senders/{id}`: the token is worth nothing any more, and who sends with it is ended.
pub(super) async fn revoke(call: Call) -> Result<Response, Refusal> {
    let id = token_id(&call)?;
    let ended = call.server.app.senders.revoke(id).ok_or_else(|| unknown(&call))?;
    call.server.end_senders(ended);
    call.server.relays.end_all(|who| who == hub::Who::Token(id));
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaderBody {
    loudness_percent: u8,
}

/// `PUT /api/channels/{channel}/senders/{id}` with `{"loudness_percent":50}`: how loud a sender is heard beside others.
pub(super) async fn fade(call: Call) -> Result<Response, Refusal> {
    let (channel, id) = (call.channel()?, sending_id(&call)?);
    let FaderBody { loudness_percent } = parse_json(&call.body, r#"{"loudness_percent":50}"#)?;
    let fader = Fader::new(loudness_percent).ok_or_else(|| {
        let detail = "A sender is heard at 0 to 100 percent of its loudness, in steps of 5.";
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, detail).code("out-of-range");
        refusal.field("loudness_percent", loudness_percent.to_string().as_str(), "0 to 100 in steps of 5")
    })?;
    if !call.server.app.senders.set_fader(channel, id, fader) {
        return Err(unknown(&call));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /api/channels/{channel}/senders/{id}`: ends one sender of the channel, and no other.
pub(super) async fn hang_up_one(call: Call) -> Result<Response, Refusal> {
    let (channel, id) = (call.channel()?, sending_id(&call)?);
    call.server.end_senders(call.server.app.senders.end_one(channel, id).ok_or_else(|| unknown(&call))?);
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn sending_id(call: &Call) -> Result<SendingId, Refusal> {
    call.param("id").parse().map(SendingId).map_err(|_| unknown(call))
}

/// `DELETE /api/channels/{channel}/sender`: ends all senders of the channel.
pub(super) async fn hang_up(call: Call) -> Result<Response, Refusal> {
    let channel = call.channel()?;
    call.server.end_senders(call.server.app.senders.end_channel(channel));
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Where whoever has the token `id` sends to: its channel, or the first.
fn address(call: &Call, id: TokenId) -> String {
    let tokens = call.server.app.senders.tokens();
    let channel = tokens.into_iter().find(|(known, ..)| *known == id).and_then(|(_, _, channel)| channel);
    let snapshot = call.server.app.snapshot.borrow();
    let channel = channel.unwrap_or_else(|| snapshot.first().channel.id);
    let known = snapshot.panel.urls.first().cloned();
    let page = known.unwrap_or_else(|| format!("http://{}/", call.ends.local));
    format!("{page}whip/{channel}")
}

fn token_id(call: &Call) -> Result<TokenId, Refusal> {
    call.param("id").parse().map(TokenId).map_err(|_| unknown(call))
}

fn unknown(call: &Call) -> Refusal {
    let refusal = Refusal::new(StatusCode::NOT_FOUND, "There is no such sender (any more).").code("no-such-sender");
    refusal.field("id", call.param("id"), "see /api/senders")
}

fn json(status: StatusCode, value: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, value.to_string()).into_response()
}
