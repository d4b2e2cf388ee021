//! What is said over `/ws`: the messages of the design notes 2 and 4, as values, and the errors that answer what is none.
//!
//! Unknown fields are skipped, unknown types are not: who speaks something else is told so.

use std::fmt;

use base::StreamId;
use hub::StreamRefused;
use rtc::api::OfferError;
use serde_json::{Value, json};

use crate::http::limits::SDP_BYTES_MAX;

/// Longest text that is quoted back in an error, characters.
const QUOTED_CHARS_MAX: usize = 40;

/// Seconds after which who found no room may try again.
pub(in crate::http) const RETRY_SECONDS: u32 = 10;

/// The types that a client may send, for the error that names them.
const TYPES: &str =
    "start_sending, webrtc_offer, webrtc_answer, ice_candidate, start_receiving, get_available_streams, stop_stream";

/// A message of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromClient {
    /// `start_sending`, with the name that others are to see, if it brings one.
    StartSending(Option<String>),
    /// `webrtc_offer` with its SDP.
    Offer(String),
    /// `webrtc_answer` with its SDP.
    Answer(String),
    /// `ice_candidate`: the box waits for checks wherever they come from and needs none.
    Candidate,
    /// `start_receiving` of this stream.
    StartReceiving(String),
    /// `get_available_streams`.
    List,
    /// `stop_stream`.
    Stop,
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    code: &'static str,
    pub(in crate::http) message: String,
    retry_after_s: Option<u32>,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl Wrong {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after_s: None }
    }

    /// Something was said when it had no place.
    pub(super) fn order(what: &str, first: &str) -> Self {
        Self::new("wrong-order", format!("`{what}` has no place here; {first}"))
    }

    pub(super) fn busy() -> Self {
        let retry_after_s = Some(RETRY_SECONDS);
        Self { retry_after_s, ..Self::new("busy", "The box is too busy; try again in a moment.") }
    }

    pub(super) fn no_stream(name: &str) -> Self {
        Self::new("no-such-stream", format!("There is no stream `{}`; see `get_available_streams`.", quoted(name)))
    }

    /// Returns it as a message.
    pub(super) fn to_json(&self) -> Value {
        let mut json = json!({ "type": "error", "code": self.code, "message": self.message });
        if let Some(seconds) = self.retry_after_s {
            json["retry_after_s"] = seconds.into();
        }
        json
    }
}

impl From<StreamRefused> for Wrong {
    fn from(refused: StreamRefused) -> Self {
        let full = |what: &str, limit: usize| Self {
            retry_after_s: Some(RETRY_SECONDS),
            ..Self::new("full", format!("There are {limit} {what} already, which is as many as there may be."))
        };
        match refused {
            StreamRefused::TooManyConnections { limit } => full("connections", limit),
            StreamRefused::TooManySenders { limit } => full("senders", limit),
            StreamRefused::TooManyStreams { limit } => full("streams", limit),
            StreamRefused::TooManyReceivers { limit } => full("receivers of this stream", limit),
            StreamRefused::NoSuchStream => {
                Self::new("no-such-stream", "There is no such stream that can be heard; see `get_available_streams`.")
            }
            StreamRefused::Busy => {
                Self::new("wrong-order", "This connection sends or receives; send `stop_stream` first.")
            }
            StreamRefused::Duplicate | StreamRefused::NoSuchConnection => Self::busy(),
        }
    }
}

impl From<OfferError> for Wrong {
    fn from(error: OfferError) -> Self {
        match error {
            OfferError::Malformed(why) => Self::new("bad-sdp", why),
            OfferError::NotAcceptable(why) => Self::new("not-acceptable", why),
            OfferError::UnknownStream => Self::new("no-such-stream", "The stream has ended."),
            OfferError::Full { limit } => Self {
                retry_after_s: Some(RETRY_SECONDS),
                ..Self::new("full", format!("All {limit} places of the box are taken."))
            },
            OfferError::TooManyFromAddress { limit } => Self {
                retry_after_s: Some(RETRY_SECONDS),
                ..Self::new("full", format!("This address holds {limit} sessions already, as many as one may."))
            },
            OfferError::Unavailable => Self::busy(),
        }
    }
}

/// Reads a message of a client.
///
/// # Errors
/// It is none; what is wrong is said so that whoever writes the client finds it.
pub fn read(text: &str) -> Result<FromClient, Wrong> {
    let message: Value =
        serde_json::from_str(text).map_err(|error| Wrong::new("not-json", format!("This is no JSON: {error}")))?;
    let Some(kind) = message["type"].as_str() else {
        return Err(Wrong::new("no-type", format!("A message is an object with a `type`: {TYPES}.")));
    };
    match kind {
        "start_sending" => Ok(FromClient::StartSending(message["name"].as_str().map(str::to_owned))),
        "webrtc_offer" => description(&message, "offer").map(FromClient::Offer),
        "webrtc_answer" => description(&message, "answer").map(FromClient::Answer),
        "ice_candidate" => Ok(FromClient::Candidate),
        "start_receiving" => match message["stream_id"].as_str() {
            Some(id) if !id.is_empty() => Ok(FromClient::StartReceiving(id.to_owned())),
            _ => Err(Wrong::new("missing-stream-id", "`start_receiving` needs the `stream_id` of a stream.")),
        },
        "get_available_streams" => Ok(FromClient::List),
        "stop_stream" => Ok(FromClient::Stop),
        other => Err(Wrong::new("unknown-type", format!("There is no type `{}`; there are {TYPES}.", quoted(other)))),
    }
}

/// Returns the SDP of a session description, as browsers write it.
fn description(message: &Value, name: &'static str) -> Result<String, Wrong> {
    let described = &message[name];
    let is_of_type = described["type"].as_str().is_none_or(|kind| kind == name);
    match described["sdp"].as_str().filter(|_| is_of_type) {
        Some(sdp) if sdp.len() <= SDP_BYTES_MAX => Ok(sdp.to_owned()),
        Some(sdp) => {
            let text = format!("The SDP has {} bytes; at most {SDP_BYTES_MAX} are read.", sdp.len());
            Err(Wrong::new("bad-sdp", text))
        }
        None => {
            let text = format!("`webrtc_{name}` needs `{name}` with {{\"type\":\"{name}\",\"sdp\":…}}.");
            Err(Wrong::new("missing-sdp", text))
        }
    }
}

/// `sender_ready`.
pub(super) fn sender_ready() -> Value {
    json!({ "type": "sender_ready" })
}

/// `webrtc_answer` to who sends `stream`.
pub(super) fn answer(stream: StreamId, sdp: &str) -> Value {
    json!({ "type": "webrtc_answer", "stream_id": stream, "answer": { "type": "answer", "sdp": sdp } })
}

/// `webrtc_offer` of `stream` to who receives it.
pub(super) fn offer(stream: StreamId, sdp: &str) -> Value {
    json!({ "type": "webrtc_offer", "stream_id": stream, "offer": { "type": "offer", "sdp": sdp } })
}

/// `available_streams`.
pub(super) fn available(streams: impl IntoIterator<Item = StreamId>) -> Value {
    json!({ "type": "available_streams", "streams": streams.into_iter().collect::<Vec<_>>() })
}

/// `stream_available`.
pub(super) fn begun(stream: StreamId) -> Value {
    json!({ "type": "stream_available", "stream_id": stream })
}

/// `stream_ended`.
pub(super) fn ended(stream: StreamId) -> Value {
    json!({ "type": "stream_ended", "stream_id": stream })
}

fn quoted(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(QUOTED_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_notes_name_is_read() {
        let sdp = |kind: &str| format!(r#"{{"type":"webrtc_{kind}","{kind}":{{"type":"{kind}","sdp":"v=0"}}}}"#);
        for (text, message) in [
            (r#"{"type":"start_sending"}"#.to_owned(), FromClient::StartSending(None)),
            (
                r#"{"type":"start_sending","name":"Ann","more":[]}"#.to_owned(),
                FromClient::StartSending(Some("Ann".into())),
            ),
            (sdp("offer"), FromClient::Offer("v=0".into())),
            (sdp("answer"), FromClient::Answer("v=0".into())),
            (r#"{"type":"ice_candidate","candidate":null}"#.to_owned(), FromClient::Candidate),
            (
                r#"{"type":"start_receiving","stream_id":"stream_x"}"#.to_owned(),
                FromClient::StartReceiving("stream_x".into()),
            ),
            (r#"{"type":"get_available_streams"}"#.to_owned(), FromClient::List),
            (r#"{"type":"stop_stream"}"#.to_owned(), FromClient::Stop),
        ] {
            assert_eq!(read(&text), Ok(message), "{text}");
        }
    }

    #[test]
    fn what_is_no_message_is_named() {
        let long = format!(r#"{{"type":"webrtc_offer","offer":{{"sdp":"{}"}}}}"#, "x".repeat(SDP_BYTES_MAX + 1));
        for (text, code) in [
            ("", "not-json"),
            ("{", "not-json"),
            ("7", "no-type"),
            ("[]", "no-type"),
            ("{}", "no-type"),
            (r#"{"type":7}"#, "no-type"),
            (r#"{"type":"dance"}"#, "unknown-type"),
            (r#"{"type":"webrtc_offer"}"#, "missing-sdp"),
            (r#"{"type":"webrtc_offer","offer":"v=0"}"#, "missing-sdp"),
            (r#"{"type":"webrtc_offer","offer":{"type":"answer","sdp":"v=0"}}"#, "missing-sdp"),
            (r#"{"type":"webrtc_answer","answer":{}}"#, "missing-sdp"),
            (r#"{"type":"start_receiving"}"#, "missing-stream-id"),
            (r#"{"type":"start_receiving","stream_id":""}"#, "missing-stream-id"),
            (&long, "bad-sdp"),
        ] {
            assert_eq!(read(text).map_err(|wrong| wrong.code), Err(code), "{text:.80}");
        }
        let hostile = read(&json!({ "type": "\u{7}x".repeat(1_000) }).to_string()).unwrap_err();
        assert!(hostile.message.len() < 300 && !hostile.message.contains('\u{7}'), "{hostile}");
    }
}
