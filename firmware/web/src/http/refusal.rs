//! Why a request was refused: a status and a sentence, with the field, its value and what is allowed where there is one.
//!
//! Bodies are JSON with the sentence in `error`, so that pages and people read the same thing, and with its name in
//! `code` where pages have the sentence in other languages.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::gate::Full;
use crate::guests::{GUESTS_MAX, Refused};

/// Longest value quoted back, in characters: enough to recognise it, too little to be abused.
const QUOTED_CHARS_MAX: usize = 80;

/// A refused request.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    detail: String,
    code: Option<&'static str>,
    field: Option<Box<Field>>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Whether it is written as RFC 9457 says, for programs that expect it.
    is_problem: bool,
}

/// What was at fault.
#[derive(Debug, Serialize)]
struct Field {
    field: Cow<'static, str>,
    value: String,
    allowed: String,
}

#[derive(Serialize)]
struct Problem<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(flatten)]
    field: Option<&'a Field>,
}

/// Seconds after which a phone may try again when the party did not answer.
const RETRY_SECONDS: u32 = 2;

/// Seconds after which a listener that found no place may ask again.
pub(super) const PLACE_RETRY_SECONDS: u32 = 10;

/// Seconds after which a newcomer who found no place may try again.
const GUEST_RETRY_SECONDS: u32 = 60;

/// The refusal when whoever decides is stuck or gone.
pub(crate) fn unavailable() -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "The box is too busy; try again in a moment.")
        .retry_after(RETRY_SECONDS)
}

/// The refusal where a setting is named that there is not.
pub(crate) fn no_such_setting() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "There is no such setting.").code("no-such-setting")
}

/// The answer about what is done and not written down: a restart may take it back.
pub(crate) fn not_kept() -> Refusal {
    let detail = "It is done, but the box cannot write it down now: a restart may bring back what was before.";
    Refusal::new(StatusCode::INSUFFICIENT_STORAGE, detail).code("not-kept")
}

/// Returns what the rules refuse, for people to read.
pub(crate) fn refused(why: party::Refused) -> Refusal {
    let (status, detail) = match why {
        party::Refused::RequestsOff => (StatusCode::CONFLICT, "Requests are switched off."),
        party::Refused::AlreadyQueued => (StatusCode::CONFLICT, "This is heard now, or waits already."),
        party::Refused::RecentlyPlayed => (StatusCode::CONFLICT, "This was heard a short while ago."),
        party::Refused::TooMany => (StatusCode::CONFLICT, "As many requests of this guest wait as may."),
        party::Refused::FilesOff => (StatusCode::CONFLICT, "No files of guests are taken."),
        party::Refused::TooManyFiles => (StatusCode::CONFLICT, "As many files of this guest wait as may."),
        party::Refused::NoSuchTrack => (StatusCode::NOT_FOUND, "There is no such track that can be played."),
        party::Refused::NoSuchItem => (StatusCode::NOT_FOUND, "There is no such item in the queue (any more)."),
        party::Refused::NoSuchRequest => (StatusCode::NOT_FOUND, "There is no such request (any more)."),
        party::Refused::QueueFull => (StatusCode::CONFLICT, "Nothing more fits into the queue."),
        party::Refused::NotAGuest => (StatusCode::CONFLICT, "The box does not know this phone as a guest."),
        party::Refused::NotYours => (StatusCode::FORBIDDEN, "Somebody else asked for this."),
        party::Refused::OwnItem => (StatusCode::CONFLICT, "Nobody votes for what they asked for themselves."),
        party::Refused::NoBoosts => (StatusCode::CONFLICT, "No boost is left."),
        party::Refused::AlreadyBoosted => (StatusCode::CONFLICT, "This is boosted already."),
        party::Refused::NothingPlays => (StatusCode::CONFLICT, "Nothing plays right now."),
        party::Refused::ReactionsOff => (StatusCode::CONFLICT, "Reactions are switched off."),
        party::Refused::ReactedJustNow => (StatusCode::TOO_MANY_REQUESTS, "A guest may react once a second."),
        party::Refused::NothingToSkip => (StatusCode::CONFLICT, "There is nothing that votes could skip."),
        party::Refused::NotListening => (StatusCode::CONFLICT, "Only who hears this channel may vote to skip."),
        party::Refused::SkipTooEarly { wait_s } => {
            let refusal = Refusal::new(StatusCode::CONFLICT, "This song has just begun.").code(why.code());
            return refusal.field("wait_s", &wait_s.to_string(), "0").retry_after(wait_s);
        }
        party::Refused::SkippedLately { wait_s } => {
            let detail = "A vote of this guest has skipped a song a short while ago.";
            let refusal = Refusal::new(StatusCode::CONFLICT, detail).code(why.code());
            return refusal.field("wait_s", &wait_s.to_string(), "0").retry_after(wait_s);
        }
        party::Refused::NothingBefore => (StatusCode::CONFLICT, "Nothing was heard before."),
        party::Refused::NothingNext => (StatusCode::CONFLICT, "Line-in has no next track; choose the files first."),
        party::Refused::NoLineIn => {
            (StatusCode::CONFLICT, "No line-in is set up; start the box with --line-in DEVICE.")
        }
        party::Refused::LineInIsHeard => {
            (StatusCode::CONFLICT, "Line-in is what is heard, so nobody can speak over it there.")
        }
        party::Refused::NoSuchChannel => (StatusCode::NOT_FOUND, "There is no such channel (any more)."),
        party::Refused::ChannelsFull => (StatusCode::CONFLICT, "There are as many channels as there can be."),
        party::Refused::LastChannel => (StatusCode::CONFLICT, "The last channel cannot be removed."),
        party::Refused::ReservedName => (StatusCode::BAD_REQUEST, "No channel can be called so."),
        party::Refused::ColorTaken => (StatusCode::CONFLICT, "Another channel has this colour."),
        party::Refused::NoSuchPlace => (StatusCode::NOT_FOUND, "There is no such folder or playlist."),
        party::Refused::NotInRepertoire(track) => {
            let detail = "On this channel guests choose from what it plays by itself.";
            let refusal = Refusal::new(StatusCode::CONFLICT, detail).code(why.code());
            return refusal.field("track", &track.to_string(), "a track of the channel's folder or playlist");
        }
        party::Refused::NothingToUndo => (StatusCode::CONFLICT, "There is nothing to take back."),
        party::Refused::BadText => (StatusCode::BAD_REQUEST, "The text is too long."),
        party::Refused::Setting(wrong) => {
            let refusal = Refusal::new(StatusCode::BAD_REQUEST, "A setting is out of its range.").code(why.code());
            return refusal.field(wrong.field, "", wrong.allowed);
        }
        party::Refused::Volume => {
            let refusal = Refusal::new(StatusCode::BAD_REQUEST, "There is no such volume.").code(why.code());
            return refusal.field("db", "", "-40 to 0");
        }
        party::Refused::Ended => (StatusCode::CONFLICT, "The party has ended."),
        party::Refused::TooManyGuests => (StatusCode::CONFLICT, "More guests take part than the box can count."),
    };
    Refusal::new(status, detail).code(why.code())
}

/// The refusal for a newcomer whom the box cannot remember.
pub(crate) fn no_room_for_guest(refused: Refused) -> Refusal {
    let refusal = match refused {
        Refused::Full => {
            let detail = format!("The box knows {GUESTS_MAX} guests already, which is as many as it can.");
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, detail).code("guests-full")
        }
        Refused::Address => {
            let detail = "This address has as many guests already as one may; one is forgotten in a while.";
            Refusal::new(StatusCode::TOO_MANY_REQUESTS, detail).code("guests-of-address")
        }
        Refused::NoRandom => Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "The system gives no random bytes."),
    };
    refusal.retry_after(GUEST_RETRY_SECONDS)
}

/// The refusal for a listener that found no place.
pub(crate) fn no_place(full: Full) -> Refusal {
    match full {
        Full::Total(limit) => Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("All {limit} places are taken; try again in {PLACE_RETRY_SECONDS} s."),
        ),
        Full::Address(limit) => Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            format!("This address holds {limit} places already, which is as many as one may."),
        ),
    }
    .retry_after(PLACE_RETRY_SECONDS)
}

/// `text` without control characters, cut to [`QUOTED_CHARS_MAX`].
fn quoted(text: &str) -> String {
    let mut short: String = text.chars().filter(|c| !c.is_control()).take(QUOTED_CHARS_MAX).collect();
    if text.chars().count() > QUOTED_CHARS_MAX {
        short.push('…');
    }
    short
}

impl Refusal {
    /// A refusal with a sentence for whoever made the request.
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { status, detail, code: None, field: None, headers: Vec::new(), is_problem: false }
    }

    /// Names the reason in a word that never changes, for pages that have a sentence for it in the guest's language.
    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// Names the field at fault, the value it had and what is allowed.
    pub(crate) fn field(
        mut self,
        field: impl Into<Cow<'static, str>>,
        value: &str,
        allowed: impl Into<String>,
    ) -> Self {
        let field = match field.into() {
            Cow::Owned(text) => quoted(&text).into(),
            known => known,
        };
        self.field = Some(Box::new(Field { field, value: quoted(value), allowed: allowed.into() }));
        self
    }

    /// Is written as a problem detail (RFC 9457), with the fields of all other refusals beside those of that.
    pub(crate) fn explained(mut self, is_problem: bool) -> Self {
        self.is_problem = is_problem;
        self
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Says when a retry makes sense, in seconds.
    pub(crate) fn retry_after(self, seconds: u32) -> Self {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Returns the sentence for people.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// Ends the connection after the answer, because the rest of the request has not been read.
    pub(crate) fn closing(self) -> Self {
        self.header(header::CONNECTION, HeaderValue::from_static("close"))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let detailed = self.is_problem.then_some(self.status);
        let problem = Problem {
            title: detailed.and_then(|status| status.canonical_reason()),
            status: detailed.map(|status| status.as_u16()),
            detail: detailed.map(|_| self.detail.as_str()),
            error: &self.detail,
            code: self.code,
            field: self.field.as_deref(),
        };
        let body = serde_json::to_string(&problem).expect("a problem holds only strings and numbers");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers: &mut HeaderMap = response.headers_mut();
        let media = if self.is_problem { "application/problem+json" } else { "application/json" };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.headers);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_value_is_quoted_short_and_clean() {
        let value = quoted(&format!("a\r\nb{}", "x".repeat(1_000)));
        assert!(value.starts_with("abxx") && value.ends_with('…'));
        assert_eq!(value.chars().count(), QUOTED_CHARS_MAX + 1);
    }
}
