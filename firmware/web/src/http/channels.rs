//! The channels as such: adding, naming, colouring, ordering and removing them.

use ::party::{ChannelWish, Color, Refused, What};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::ChannelId;
use serde::Deserialize;

use super::ask::{done_of, parse_json};
use super::call::Call;
use super::refusal::{Refusal, refused};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PutBody {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    color: Option<String>,
}

/// `PUT /api/channels/{channel}` with `{"name":"Rock","color":"green"}`, both optional: adds or describes a channel.
pub(super) async fn put(call: Call) -> Result<Response, Refusal> {
    let body: PutBody = parse_json(&call.body, r#"{"name":"Rock","color":"green"}, or one of both, or {}"#)?;
    let color = body.color.as_deref().map(|id| Color::from_id(id).ok_or_else(|| unknown_color(id))).transpose()?;
    let name = call.param("channel");
    let id = ChannelId::new(name).map_err(|why| {
        Refusal::new(StatusCode::BAD_REQUEST, "This is no id of a channel.").code("bad-text").field(
            "channel",
            name,
            why.to_string(),
        )
    })?;
    wish(&call, id, ChannelWish::Put { name: body.name, color }).await
}

fn unknown_color(id: &str) -> Refusal {
    let allowed = Color::ALL.map(Color::id);
    Refusal::new(StatusCode::BAD_REQUEST, "There is no such colour.").field("color", id, allowed.join(", "))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoveBody {
    to: usize,
}

/// `POST /api/channels/{channel}/move` with `{"to":0}`: where it stands then, counted from 0.
pub(super) async fn shift(call: Call) -> Result<Response, Refusal> {
    let body: MoveBody = parse_json(&call.body, r#"{"to":0}"#)?;
    let id = known(&call)?;
    wish(&call, id, ChannelWish::Move(body.to)).await
}

/// `DELETE /api/channels/{channel}`: its listeners go on with the first one.
pub(super) async fn remove(call: Call) -> Result<Response, Refusal> {
    let id = known(&call)?;
    wish(&call, id, ChannelWish::Remove).await
}

/// Returns the id in the path. Whether there is such a channel is for the rules to say.
fn known(call: &Call) -> Result<ChannelId, Refusal> {
    ChannelId::new(call.param("channel")).map_err(|_| refused(Refused::NoSuchChannel))
}

async fn wish(call: &Call, id: ChannelId, wish: ChannelWish) -> Result<Response, Refusal> {
    done_of(call, id, What::Channel(wish)).await.map(|_| StatusCode::NO_CONTENT.into_response())
}
