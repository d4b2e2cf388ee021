//! Asking the party for something in a caller's name, and what comes back as an answer.

use ::party::{Asker, Done, Refused};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::call::Call;
use super::refusal::{Refusal, unavailable};
use super::signaling::ask;
use crate::control::{self, Action, Command};

/// Parses a small JSON body. serde_json limits the depth to 128 and refuses duplicate fields of a struct.
pub(super) fn parse_json<'a, T: Deserialize<'a>>(body: &'a [u8], allowed: &str) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|e| {
        Refusal::new(StatusCode::BAD_REQUEST, format!("The body is not the JSON that is wanted: {e}.")).field(
            "body",
            &String::from_utf8_lossy(body),
            allowed,
        )
    })
}

/// Asks the party for `action` in the caller's name, and answers that it is done.
pub(super) async fn act(call: &Call, action: Action) -> Result<Response, Refusal> {
    done(call, action).await.map(|_| StatusCode::NO_CONTENT.into_response())
}

/// Asks the party for `action` in the caller's name.
pub(super) async fn done(call: &Call, action: Action) -> Result<Done, Refusal> {
    let by = Asker { guest: call.guest, leads: call.role.is_dj(), is_host: call.role.is_host() };
    match ask(&call.server.app.commands, |reply| Command { action, by, reply }).await {
        Some(Ok(done)) => Ok(done),
        Some(Err(control::Refused::NotNow(why))) => Err(Refusal::new(StatusCode::CONFLICT, why)),
        Some(Err(control::Refused::Rules(why))) => Err(refused(why)),
        Some(Err(control::Refused::Unavailable)) | None => Err(unavailable()),
    }
}

/// What the rules refuse, for people to read.
pub(super) fn refused(why: Refused) -> Refusal {
    let (status, detail) = match why {
        Refused::RequestsOff => (StatusCode::CONFLICT, "Requests are switched off."),
        Refused::AlreadyQueued => (StatusCode::CONFLICT, "This is heard now, or waits already."),
        Refused::RecentlyPlayed => (StatusCode::CONFLICT, "This was heard a short while ago."),
        Refused::TooMany => (StatusCode::CONFLICT, "As many requests of this guest wait as may."),
        Refused::NoSuchTrack => (StatusCode::NOT_FOUND, "There is no such track that can be played."),
        Refused::NoSuchItem => (StatusCode::NOT_FOUND, "There is no such item in the queue (any more)."),
        Refused::NoSuchRequest => (StatusCode::NOT_FOUND, "There is no such request (any more)."),
        Refused::QueueFull => (StatusCode::CONFLICT, "Nothing more fits into the queue."),
        Refused::NotAGuest => (StatusCode::CONFLICT, "The box does not know this phone as a guest."),
        Refused::NotYours => (StatusCode::FORBIDDEN, "Somebody else asked for this."),
        Refused::OwnItem => (StatusCode::CONFLICT, "Nobody votes for what they asked for themselves."),
        Refused::NoBoosts => (StatusCode::CONFLICT, "No boost is left."),
        Refused::AlreadyBoosted => (StatusCode::CONFLICT, "This is boosted already."),
        Refused::NothingToSkip => (StatusCode::CONFLICT, "There is nothing that votes could skip."),
        Refused::NothingBefore => (StatusCode::CONFLICT, "Nothing was heard before."),
        Refused::NothingToUndo => (StatusCode::CONFLICT, "There is nothing to take back."),
        Refused::BadText => (StatusCode::BAD_REQUEST, "The text is too long."),
        Refused::Setting(wrong) => {
            let refusal = Refusal::new(StatusCode::BAD_REQUEST, "A setting is out of its range.").code(why.code());
            return refusal.field(wrong.field, "", wrong.allowed);
        }
        Refused::Volume => {
            let refusal = Refusal::new(StatusCode::BAD_REQUEST, "There is no such volume.").code(why.code());
            return refusal.field("db", "", "-40 to 0");
        }
        Refused::Ended => (StatusCode::CONFLICT, "The party has ended."),
        Refused::TooManyGuests => (StatusCode::CONFLICT, "More guests take part than the box can count."),
    };
    Refusal::new(status, detail).code(why.code())
}
