//! The channels as such: adding, naming, colouring, ordering and removing them, and choosing what they play by themselves.

use ::library::{Library, Selection};
use ::party::{ChannelWish, Color, Refused, Repertoire, What};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::ChannelId;
use serde::Deserialize;

use super::ask::{done_of, parse_json};
use super::call::Call;
use super::music;
use super::refusal::{Refusal, refused};
use crate::feed::about_channel;

/// What `PUT` takes, in an example.
const PUT_ALLOWED: &str = r#"any of {"name":"Rock","color":"green","repertoire":"all"}; a repertoire may be {"folder":KEY} or {"playlist":KEY}"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PutBody {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    color: Option<String>,
    #[serde(default)]
    repertoire: Option<Repertoire>,
}

/// `GET /api/channels/{channel}`, for hosts: what a host may know of a channel as such, as
/// `{"id","name","color","repertoire","repertoire_lost","own_only"}`. It is lost while nothing of it can be played.
pub(super) fn about(call: &Call) -> Result<Response, Refusal> {
    Ok(music::answer(&about_channel(&*call.channel_status()?)))
}

/// `PUT /api/channels/{channel}` with any of `{"name":"Rock","color":"green","repertoire":{"folder":"…"}}`: adds or describes
/// a channel. A repertoire is `"all"`, or a folder or a playlist by its key, which must be there.
pub(super) async fn put(call: Call) -> Result<Response, Refusal> {
    let body: PutBody = parse_json(&call.body, PUT_ALLOWED)?;
    let color = body.color.as_deref().map(|id| Color::from_id(id).ok_or_else(|| unknown_color(id))).transpose()?;
    let name = call.param("channel");
    let id = ChannelId::new(name).map_err(|why| {
        Refusal::new(StatusCode::BAD_REQUEST, "This is no id of a channel.").code("bad-text").field(
            "channel",
            name,
            why.to_string(),
        )
    })?;
    if let Some(repertoire) = &body.repertoire {
        check(&call, repertoire).await?;
    }
    wish(&call, id, ChannelWish::Put { name: body.name, color, repertoire: body.repertoire }).await
}

/// Refuses a folder or a playlist that the library does not have: the rules know keys only.
async fn check(call: &Call, repertoire: &Repertoire) -> Result<(), Refusal> {
    let (field, selection) = match repertoire {
        Repertoire::All => return Ok(()),
        Repertoire::Folder(key) => ("repertoire.folder", Selection::Folder(key.clone())),
        Repertoire::Playlist(key) => ("repertoire.playlist", Selection::Playlist(key.clone())),
    };
    if music::ask(call, move |library: &Library| library.has(&selection)).await? {
        return Ok(());
    }
    let allowed = "a key from /api/library/folders or /api/library/playlists";
    Err(refused(Refused::NoSuchPlace).field(field, repertoire.key().unwrap_or_default(), allowed))
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
