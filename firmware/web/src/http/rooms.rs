//! `GET /ws/rooms`: a participant of a room as a conversation over a WebSocket. The page sends `create`, `join`, `leave`, `hand-over`,
//! `take-over`, `offer`, `answer`, `ice-candidate` and `ping`; what happens in the room comes back.
//!
//! The rules are the hub's; no sound passes here. The end of the connection is the participant's end.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use hub::{Code, Entered, ParticipantId, RoomRefused};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::call::{Call, Server};
use super::qr::{self, Format};
use super::refusal::{PLACE_RETRY_SECONDS, Refusal, no_place};
use super::socket::Handshake;
use super::socket::conversation::{Allowance, Conversation, Ended, Message, NextTurn, Turn};
use crate::pairing::Secret;
use crate::rooms::{NoEntry, Outbox, Over, Said};

/// Longest message of a page, bytes: an offer of one sound with all that browsers know has 2 to 4 kB. A longer one ends the
/// connection.
pub(super) const MESSAGE_BYTES_MAX: usize = 12 * 1024;

/// Messages a page may send in a burst: a DJ who begins in the largest room has an offer and a few candidates for each of the others.
/// Above it the connection ends.
const MESSAGES_BURST_MAX: u32 = 256;

/// Time in which a page may send one more.
const MESSAGE_EVERY: Duration = Duration::from_millis(100);

/// Codes that no room has which somebody may try on one connection: people mistype, and whoever tries them all is let go. A code
/// is no secret, so this only saves work.
pub(super) const WRONG_CODES_MAX: u32 = 10;

/// Answers the request with a mark that the connection becomes a WebSocket.
pub(super) fn enter(call: &Call) -> Result<Response, Refusal> {
    let handshake = Handshake::of(call)?;
    let place = call.lasting(&call.server.room_places).map_err(no_place)?;
    Ok(handshake.answer(Sitting::new(call), place))
}

/// `GET /api/qr/room.svg?room=`: where the room is, for somebody beside the phone that shows it.
pub(super) fn picture(call: &Call, format: Format) -> Result<Response, Refusal> {
    let wanted = call.query("room").unwrap_or_default();
    let Some(code) = Code::parse(wanted) else {
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, "This is no code of a room.");
        return Err(refusal.field("room", wanted, "five letters"));
    };
    qr::picture(&format!("{}rooms?room={code}", call.address()), format)
}

/// What a page sends.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum FromPage {
    Ping {
        t: f64,
    },
    Create {
        name: String,
        /// The code that the room had before the box began again.
        #[serde(default)]
        code: Option<String>,
    },
    Join {
        code: String,
        name: String,
        /// What whoever comes back was given when they came.
        #[serde(default)]
        key: Option<String>,
    },
    Leave,
    HandOver {
        to: ParticipantId,
    },
    TakeOver,
    #[serde(untagged)]
    Say(Saying),
}

/// What a page has to say to one other participant.
#[derive(Deserialize)]
struct Saying {
    to: ParticipantId,
    #[serde(flatten)]
    said: Said,
}

/// One page, in a room or not.
#[derive(Debug)]
struct Sitting {
    server: Arc<Server>,
    /// From where the page calls.
    seen: IpAddr,
    outbox: Arc<Outbox>,
    me: Option<ParticipantId>,
    wrong_codes: u32,
}

impl Sitting {
    fn new(call: &Call) -> Self {
        let (server, seen) = (Arc::clone(&call.server), call.ends.peer.ip());
        Self { server, seen, outbox: Arc::default(), me: None, wrong_codes: 0 }
    }

    /// Returns what is answered to somebody who came in, or that they did not.
    fn entered(&mut self, about: &str, entry: Result<(Entered, Secret), NoEntry>) -> Turn {
        match entry {
            Ok((Entered { code, you, dj, participants, .. }, key)) => {
                self.me = Some(you);
                self.wrong_codes = 0;
                answer(&json!({
                    "type": "room",
                    "code": code,
                    "you": you,
                    "key": key.to_hex(),
                    "dj": dj,
                    "participants": participants,
                }))
            }
            Err(NoEntry::Refused(refused)) => self.refuse(about, refused),
            Err(NoEntry::NoRandom) => {
                let seconds = PLACE_RETRY_SECONDS;
                answer(&json!({ "type": "refused", "about": about, "code": "no-random", "retry_after_s": seconds }))
            }
        }
    }

    fn join(&mut self, code: &str, name: &str, key: Option<&str>) -> Turn {
        let entry = match Code::parse(code) {
            Some(code) => self.server.rooms.join(code, name, key, &self.outbox),
            None => Err(RoomRefused::NoSuchRoom.into()),
        };
        if entry.as_ref().err() == Some(&NoEntry::Refused(RoomRefused::NoSuchRoom)) {
            self.wrong_codes += 1;
            if self.wrong_codes > WRONG_CODES_MAX {
                return Err(Ended::Abuse(CloseCode::Policy));
            }
        }
        self.entered("join", entry)
    }

    fn leave(&mut self) {
        if let Some(me) = self.me.take() {
            self.server.rooms.leave(me);
            // What others said meanwhile was for who is gone.
            self.outbox = Arc::default();
        }
    }

    /// Does what only somebody in a room may.
    fn within(&self, about: &str, act: impl FnOnce(ParticipantId) -> Result<(), RoomRefused>) -> Turn {
        let done = self.me.ok_or(RoomRefused::NotInARoom).and_then(act);
        done.map_or_else(|refused| self.refuse(about, refused), |()| Ok(Vec::new()))
    }

    fn refuse(&self, about: &str, refused: RoomRefused) -> Turn {
        self.server.rooms.refused();
        let mut said = json!({ "type": "refused", "about": about, "code": refused.code() });
        if let Some(max) = refused.max() {
            said["max"] = max.into();
            said["retry_after_s"] = PLACE_RETRY_SECONDS.into();
        }
        answer(&said)
    }

    fn handle(&mut self, message: FromPage) -> Turn {
        let rooms = self.server.rooms.clone();
        match message {
            FromPage::Ping { t } => answer(&json!({ "type": "pong", "t": t })),
            FromPage::Create { .. } if self.me.is_some() => self.refuse("create", RoomRefused::InARoom),
            FromPage::Join { .. } if self.me.is_some() => self.refuse("join", RoomRefused::InARoom),
            FromPage::Create { name, code } => {
                let wanted = code.as_deref().and_then(Code::parse);
                let entry = rooms.create(&name, wanted, &self.outbox);
                self.entered("create", entry)
            }
            FromPage::Join { code, name, key } => self.join(&code, &name, key.as_deref()),
            FromPage::Leave => {
                self.leave();
                answer(&json!({ "type": "left" }))
            }
            FromPage::HandOver { to } => self.within("hand-over", |me| rooms.hand_over(me, to)),
            FromPage::TakeOver => self.within("take-over", |me| rooms.take_over(me)),
            FromPage::Say(Saying { to, said }) => {
                let about = match &said {
                    Said::Offer { .. } => "offer",
                    Said::Answer { .. } => "answer",
                    Said::IceCandidate { .. } => "ice-candidate",
                };
                self.within(about, |me| rooms.relay(me, to, said, self.seen))
            }
        }
    }
}

impl Drop for Sitting {
    fn drop(&mut self) {
        self.leave();
    }
}

fn answer(json: &Value) -> Turn {
    Ok(vec![Message::Text(json.to_string().into())])
}

impl Conversation for Sitting {
    fn allowance(&self) -> Allowance {
        Allowance {
            message_bytes_max: MESSAGE_BYTES_MAX,
            messages_burst_max: MESSAGES_BURST_MAX,
            message_every: MESSAGE_EVERY,
        }
    }

    fn begin(&mut self) -> Turn {
        Ok(Vec::new())
    }

    fn receive(&mut self, message: Message) -> Turn {
        let Message::Text(text) = message else { return Err(Ended::Abuse(CloseCode::Unsupported)) };
        if let Ok(message) = serde_json::from_str(&text) {
            return self.handle(message);
        }
        // What a newer page may send is told from what no page sends.
        match serde_json::from_str::<Value>(&text) {
            Ok(Value::Object(_)) => {
                self.server.rooms.refused();
                answer(&json!({ "type": "refused", "about": "message", "code": "unknown-message" }))
            }
            _ => Err(Ended::Abuse(CloseCode::Policy)),
        }
    }

    fn next(&mut self) -> NextTurn<'_> {
        Box::pin(async {
            match self.outbox.next().await {
                Ok(texts) => Ok(texts.into_iter().map(|text| Message::Text(text.into())).collect()),
                Err(Over::Slow) => Err(Ended::Slow),
                Err(Over::Replaced) => Err(Ended::Again),
            }
        })
    }
}
