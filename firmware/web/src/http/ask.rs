//! Asking the party for something in a caller's name, and what comes back as an answer.

use ::party::{Done, What, Wish};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::ChannelId;
use serde::Deserialize;
use serde::de::Error as _;

use super::call::Call;
use super::refusal::{Refusal, not_kept, refused, unavailable};
use super::signaling::ask;
use crate::control::{Command, Outcome, Unmet};

/// Parses a small JSON body, which is an object: serde takes a list for a struct as well. serde_json limits the depth to 128 and
/// refuses duplicate fields of a struct.
pub(super) fn parse_json<'a, T: Deserialize<'a>>(body: &'a [u8], allowed: &str) -> Result<T, Refusal> {
    let is_object = body.trim_ascii_start().first() == Some(&b'{');
    let not_object = || serde_json::Error::custom("an object is wanted");
    let parsed = if is_object { serde_json::from_slice(body) } else { Err(not_object()) };
    parsed.map_err(|e| {
        Refusal::new(StatusCode::BAD_REQUEST, format!("The body is not the JSON that is wanted: {e}.")).field(
            "body",
            &String::from_utf8_lossy(body),
            allowed,
        )
    })
}

/// Asks the channel of the path for `what` in the caller's name, and answers that it is done.
pub(super) async fn act(call: &Call, what: What) -> Result<Response, Refusal> {
    done(call, what).await.map(|_| StatusCode::NO_CONTENT.into_response())
}

/// Asks the channel of the path for `what` in the caller's name.
pub(super) async fn done(call: &Call, what: What) -> Result<Done, Refusal> {
    done_of(call, call.channel()?, what).await
}

/// Asks `channel` for `what` in the caller's name.
pub(super) async fn done_of(call: &Call, channel: ChannelId, what: What) -> Result<Done, Refusal> {
    let ends = what == What::End;
    let outcome = outcome(call, channel, what).await;
    if ends && matches!(outcome, Some(Ok(_) | Err(Unmet::NotKept(_)))) {
        call.server.forget_evening();
    }
    match outcome {
        Some(Ok(done)) => Ok(done),
        Some(Err(Unmet::Refused(why))) => Err(refused(why)),
        Some(Err(Unmet::NotKept(_))) => Err(not_kept()),
        None => Err(unavailable()),
    }
}

/// Asks `channel` for `what` in the caller's name, and returns what came of it; `None` if the channel's loop is stuck or gone.
pub(super) async fn outcome(call: &Call, channel: ChannelId, what: What) -> Option<Outcome> {
    let wish = Wish { channel, who: call.role.asker(call.guest), what };
    ask(&call.server.app.commands, |reply| Command { wish, reply }).await
}
