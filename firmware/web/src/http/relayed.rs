//! What HTTP says of the streams that are a sender's as it came, beside their signaling: who may still hear one, and that a host
//! ends it.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::StreamId;
use hub::StreamRefused;

use super::call::Call;
use super::refusal::Refusal;
use super::relaying::message::{RETRY_SECONDS, Wrong};

/// `DELETE /api/streams/{stream}`: a sender's stream ends.
pub(super) fn end(call: &Call) -> Result<Response, Refusal> {
    let name = call.param("stream");
    if StreamId::new(name).is_ok_and(|stream| call.server.relays.end(stream)) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let refusal = Refusal::new(StatusCode::NOT_FOUND, "There is no such stream of a sender (any more).");
    Err(refusal.code("no-such-stream").field("stream", name, "an id that /stream/status lists"))
}

/// Refuses a listener of a sender's stream that cannot be heard, or that as many hear as may.
pub(super) fn admit(call: &Call, stream: StreamId) -> Result<(), Refusal> {
    let server = &call.server;
    server.relays.has_room(stream, server.app.rtc.listeners_of(stream)).map_err(refuse)
}

/// Returns how HTTP refuses what the rules of streams do.
pub(super) fn refuse(refused: StreamRefused) -> Refusal {
    let why = Wrong::from(refused).message;
    match refused {
        StreamRefused::NoSuchStream => Refusal::new(StatusCode::NOT_FOUND, why),
        refused if refused.limit().is_some() => {
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, why).code("streams-full").retry_after(RETRY_SECONDS)
        }
        _ => Refusal::new(StatusCode::CONFLICT, why),
    }
}
