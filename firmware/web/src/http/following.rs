//! `GET /api/party/live`, `GET /api/channels/{channel}/live`: a channel's feed as a conversation over a WebSocket.
//!
//! A phone only sends `{"type":"ping","t":…}`, `{"type":"follow","channel":…}` and `{"type":"look","at":…}`, with
//! `"channels":[…]` to look at several at once; any other JSON is skipped, so that newer pages work, and what is no JSON ends the
//! connection. How messages get there is `socket`'s business.

use std::sync::Arc;
use std::time::Duration;

use ::party::Refused;
use axum::response::Response;
use base::ChannelId;
use futures_util::future::select_all;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::call::{Call, Server};
use super::refusal::{Refusal, no_place};
use super::role::Role;
use super::socket::Handshake;
use super::socket::conversation::{Allowance, Conversation, Ended, Message, NextTurn, Turn};
use crate::feed::{Feeds, Subscriber};
use crate::guests::Page;
use crate::visual::{Sight, Viewer};

/// Longest message of a phone, bytes: a ping is forty. A longer one ends the connection.
pub(super) const MESSAGE_BYTES_MAX: usize = 1_024;

/// Messages a phone may send in a burst. Above it the connection ends.
pub(super) const MESSAGES_BURST_MAX: u32 = 20;

/// Channels whose sound one page draws at once: a screen on the wall has no room for more. What is named beyond is not sent.
const LOOKED_AT_MAX: usize = 16;

/// Time in which a phone may send one more.
const MESSAGE_EVERY: Duration = Duration::from_millis(500);

/// Answers the request with a mark that the connection becomes a WebSocket.
pub(super) fn follow(call: &Call) -> Result<Response, Refusal> {
    let handshake = Handshake::of(call)?;
    let channel = call.channel()?;
    let place = call.lasting(&call.server.event_listeners).map_err(no_place)?;
    Ok(handshake.answer(Following::new(call, channel), place))
}

/// A phone that follows a feed.
#[derive(Debug)]
struct Following {
    server: Arc<Server>,
    role: Role,
    feeds: watch::Receiver<Arc<Feeds>>,
    subscriber: Subscriber,
    /// What it draws of the sound, and what it would: of these channels, or, if none is named, of the one that it follows.
    viewers: Vec<Viewer>,
    sight: Option<Sight>,
    sighted: Vec<ChannelId>,
    /// Says that the guest is here, if the box knows the guest.
    page: Option<Page>,
}

/// What a phone sends.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum FromPhone {
    Ping {
        t: f64,
    },
    Follow {
        channel: String,
    },
    Look {
        at: LooksAt,
        #[serde(default)]
        channels: Vec<String>,
    },
    #[serde(other)]
    Other,
}

/// What a phone draws of the sound.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum LooksAt {
    Nothing,
    Spectrum,
    Inputs,
}

impl LooksAt {
    fn sight(self) -> Option<Sight> {
        match self {
            Self::Nothing => None,
            Self::Spectrum => Some(Sight::Spectrum),
            Self::Inputs => Some(Sight::Inputs),
        }
    }
}

impl Following {
    fn new(call: &Call, channel: ChannelId) -> Self {
        let (server, role) = (Arc::clone(&call.server), call.role.clone());
        let feeds = server.feeds.clone();
        let seq = call.query("seq").and_then(|seq| seq.parse().ok());
        let subscriber = match call.query("session").zip(seq) {
            Some((session, seq)) => Subscriber::resuming(&feeds.borrow(), Some(channel), session, seq),
            None => Subscriber::new(Some(channel)),
        };
        Self { server, role, feeds, subscriber, viewers: Vec::new(), sight: None, sighted: Vec::new(), page: None }
    }

    /// Returns what the feed has for this phone.
    fn updates(&mut self) -> Turn {
        let feeds = Arc::clone(&self.feeds.borrow_and_update());
        let feed = self.subscriber.feed(&feeds);
        let viewer = self.role.viewer();
        // A guest of a party that is over comes back as somebody new.
        if self.page.is_some() && viewer.guest.is_none() {
            return Err(Ended::Again);
        }
        let channel = feed.channel();
        let updates = self.subscriber.updates(feed, &viewer, self.server.time_ms()).map_err(|_| Ended::Slow)?;
        self.look(channel);
        let text = |bytes| Message::Text(Utf8Bytes::try_from(bytes).expect("messages are JSON"));
        Ok(updates.into_iter().map(|update| text(update.text)).collect())
    }

    /// Looks at what the phone wants to see of the channels that it names or, if it names none, of `followed`, as far as it may.
    fn look(&mut self, followed: ChannelId) {
        let sight = self.sight.filter(|sight| *sight != Sight::Inputs || self.role.is_host());
        let Some(sight) = sight else { return self.viewers.clear() };
        let channels = if self.sighted.is_empty() { &[followed][..] } else { &self.sighted };
        self.viewers.retain(|viewer| channels.iter().any(|channel| viewer.sees(*channel, sight)));
        for channel in channels {
            if !self.viewers.iter().any(|viewer| viewer.sees(*channel, sight)) {
                self.viewers.extend(self.server.app.visuals.watch(*channel, sight));
            }
        }
    }

    /// Goes on with the feed of another channel.
    fn switch(&mut self, channel: &str) -> Turn {
        let feeds = Arc::clone(&self.feeds.borrow());
        let Some(wanted) = ChannelId::new(channel).ok().filter(|channel| feeds.get(*channel).is_some()) else {
            return answer(&json!({ "type": "refused", "code": Refused::NoSuchChannel.code() }));
        };
        self.server.statistics.switched(self.subscriber.feed(&feeds).channel(), wanted);
        self.subscriber.follow(wanted);
        self.updates()
    }
}

/// Waits for the next that is seen; for ever where nothing is looked at.
async fn seen(viewers: &mut [Viewer]) -> Utf8Bytes {
    match viewers {
        [] => std::future::pending().await,
        [viewer] => viewer.next().await,
        several => select_all(several.iter_mut().map(|viewer| Box::pin(viewer.next()))).await.0,
    }
}

fn answer(json: &Value) -> Turn {
    Ok(vec![Message::Text(json.to_string().into())])
}

impl Conversation for Following {
    fn allowance(&self) -> Allowance {
        Allowance {
            message_bytes_max: MESSAGE_BYTES_MAX,
            messages_burst_max: MESSAGES_BURST_MAX,
            message_every: MESSAGE_EVERY,
        }
    }

    fn begin(&mut self) -> Turn {
        // Not before: a newcomer is a guest once the handshake was answered.
        self.page = self.server.guests.open_page(self.role.guest_keys());
        self.updates()
    }

    fn receive(&mut self, message: Message) -> Turn {
        let Message::Text(text) = message else { return Err(Ended::Abuse(CloseCode::Unsupported)) };
        match serde_json::from_str(&text) {
            Ok(FromPhone::Ping { t }) => answer(&json!({ "type": "pong", "t": t, "time_ms": self.server.time_ms() })),
            Ok(FromPhone::Follow { channel }) => self.switch(&channel),
            Ok(FromPhone::Look { at, channels }) => {
                self.sight = at.sight();
                let channels = channels.iter().filter_map(|channel| ChannelId::new(channel).ok());
                self.sighted = channels.take(LOOKED_AT_MAX).collect();
                let channel = self.subscriber.feed(&self.feeds.borrow()).channel();
                self.look(channel);
                Ok(Vec::new())
            }
            Ok(FromPhone::Other) => Ok(Vec::new()),
            Err(_) => Err(Ended::Abuse(CloseCode::Policy)),
        }
    }

    fn next(&mut self) -> NextTurn<'_> {
        Box::pin(async {
            tokio::select! {
                changed = self.feeds.changed() => changed.map_err(|_| Ended::Stopping)?,
                () = self.role.may_have_changed() => {}
                message = seen(&mut self.viewers) => return Ok(vec![Message::Text(message)]),
            }
            self.updates()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_newer_page_sends_is_skipped_and_what_is_no_message_is_refused() {
        assert!(matches!(serde_json::from_str(r#"{"type":"ping","t":1.5}"#), Ok(FromPhone::Ping { t: 1.5 })));
        assert!(matches!(serde_json::from_str(r#"{"type":"wave","hand":[1]}"#), Ok(FromPhone::Other)));
        assert!(matches!(
            serde_json::from_str(r#"{"type":"look","at":"spectrum"}"#),
            Ok(FromPhone::Look { at: LooksAt::Spectrum, channels }) if channels.is_empty()
        ));
        for wrong in [
            "",
            "{}",
            "[]",
            "7",
            r#"{"type":"ping"}"#,
            r#"{"type":"ping","t":"x"}"#,
            r#"{"type":7}"#,
            r#"{"type":"look","at":"you"}"#,
            r#"{"type":"look","at":"spectrum","channels":"main"}"#,
        ] {
            assert!(serde_json::from_str::<FromPhone>(wrong).is_err(), "{wrong}");
        }
    }
}
