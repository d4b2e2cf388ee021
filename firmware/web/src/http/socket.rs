//! `GET /api/party/live`, `GET /api/channels/{channel}/live`: a channel's feed over a WebSocket (RFC 6455).
//!
//! The request passes the guard like any other; then the connection is taken away from hyper, as a live MP3 body is, and
//! spoken on here. A phone only says `{"type":"ping","t":…}` and `{"type":"follow","channel":…}`; what else it says is
//! skipped if it is JSON, and ends the connection if it is not. A phone that takes nothing, says nothing or says too much is let go alone, and comes back
//! by itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::party::Refused;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use base::ChannelId;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role as End, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::call::{Call, Server};
use super::refusal::{Refusal, no_place};
use super::role::Role;
use super::takeover::{TakeOver, Visit};
use crate::feed::{Feeds, Subscriber};
use crate::guests::Page;
use crate::mp3::limit_send_buffer;

/// Longest message of a phone, bytes: a ping is forty. A longer one ends the connection.
pub(super) const MESSAGE_BYTES_MAX: usize = 1_024;

/// Messages a phone may send in a burst. Above it the connection ends.
pub(super) const MESSAGES_BURST_MAX: u32 = 20;

/// Time in which a phone may send one more.
const MESSAGE_EVERY: Duration = Duration::from_millis(500);

/// Bytes that wait for the kernel within one connection: one message, which is never cut.
const WRITE_BUFFER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How often a phone is asked for a sign of life, which its browser gives by itself.
const PING_EVERY: Duration = Duration::from_secs(10);

/// Without one for so long it is gone.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// The version of the protocol (RFC 6455 section 4.1).
const VERSION: &str = "13";

/// Letters of `Sec-WebSocket-Key`: 16 bytes in base64.
const KEY_CHARS: usize = 24;

/// Answers the request with a mark that the connection becomes a WebSocket.
pub(super) fn open(call: &Call) -> Result<Response, Refusal> {
    let token = |name, wanted: &str| {
        let values = call.header(name).unwrap_or_default().split(',');
        values.into_iter().any(|value| value.trim().eq_ignore_ascii_case(wanted))
    };
    let key = call.header("sec-websocket-key").filter(|key| key.len() == KEY_CHARS);
    let version = call.header("sec-websocket-version") == Some(VERSION);
    let (true, true, true, Some(key)) = (token("connection", "upgrade"), token("upgrade", "websocket"), version, key)
    else {
        let refusal = Refusal::new(StatusCode::UPGRADE_REQUIRED, "This address speaks WebSocket, version 13, only.");
        let refusal = refusal.header(header::UPGRADE, HeaderValue::from_static("websocket"));
        return Err(refusal.header(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION)));
    };
    let channel = call.channel()?;
    let place = call.server.event_listeners.enter(call.entrant()).map_err(no_place)?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes())).expect("base64 makes a header");
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    let seq = call.query("seq").and_then(|seq| seq.parse().ok());
    let resume = call.query("session").map(str::to_owned).zip(seq);
    let visit = Visit { role: call.role.clone(), channel, resume, place: Arc::new(Mutex::new(Some(place))) };
    response.extensions_mut().insert(TakeOver::Live(visit));
    Ok(response)
}

/// Why a connection ends.
#[derive(Debug)]
enum Gone {
    /// The phone ended it, or it broke.
    Closed,
    /// The phone takes less than there is to send.
    Slow,
    /// The phone broke a rule of the protocol or of ours.
    Abuse(CloseCode),
    /// The phone has given no sign of life.
    Silent,
    /// The server ends.
    Stopping,
    /// The phone was a guest of a party that is over: it comes back as somebody new.
    Stranger,
}

/// Speaks with a phone until one of both has enough. `read` was read behind its request, `head` is the answer to it.
pub(super) async fn run(
    socket: TcpStream,
    read: Bytes,
    head: Bytes,
    visit: Visit,
    server: &Server,
    mut stop: watch::Receiver<bool>,
) {
    let Some(_place) = visit.place.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    limit_send_buffer(&socket);
    let mut socket = socket;
    let patience = server.app.config.limits.write_timeout;
    if !matches!(timeout(patience, socket.write_all(&head)).await, Ok(Ok(()))) {
        return;
    }
    let config = WebSocketConfig::default()
        .read_buffer_size(2 * MESSAGE_BYTES_MAX)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    let socket = WebSocketStream::from_partially_read(socket, read.to_vec(), End::Server, Some(config)).await;
    let feeds = server.feeds.clone();
    let channel = Some(visit.channel);
    let subscriber = match &visit.resume {
        Some((session, seq)) => Subscriber::resuming(&feeds.borrow(), channel, session, *seq),
        None => Subscriber::new(channel),
    };
    let page = server.guests.open_page(visit.role.guest_keys());
    server.counters.live_opened.add();
    let mut talk = Talk { socket, server, role: visit.role, feeds, subscriber, page, patience };
    let gone = talk.run(&mut stop).await;
    let code = match gone {
        Gone::Closed => return,
        Gone::Slow => return server.counters.live_slow.add(),
        Gone::Silent => return server.counters.live_silent.add(),
        Gone::Abuse(code) => {
            server.counters.live_abuse.add();
            code
        }
        Gone::Stopping => CloseCode::Restart,
        Gone::Stranger => CloseCode::Again,
    };
    // Whoever does not take this is gone either way.
    let _ = timeout(patience, talk.socket.close(Some(CloseFrame { code, reason: Utf8Bytes::default() }))).await;
}

/// A phone that is spoken with.
struct Talk<'a> {
    socket: WebSocketStream<TcpStream>,
    server: &'a Server,
    role: Role,
    feeds: watch::Receiver<Arc<Feeds>>,
    subscriber: Subscriber,
    /// Says that the guest is here, if the box knows the guest.
    page: Option<Page>,
    patience: Duration,
}

/// What phones say.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Said {
    Ping {
        t: f64,
    },
    Follow {
        channel: String,
    },
    #[serde(other)]
    Other,
}

impl Talk<'_> {
    async fn run(&mut self, stop: &mut watch::Receiver<bool>) -> Gone {
        let mut heard = Instant::now();
        let mut allowance = Allowance::new(heard);
        let mut pings = interval_at(heard + PING_EVERY, PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut outcome = self.send().await;
        while outcome.is_ok() {
            outcome = tokio::select! {
                () = crate::stopped(stop) => Err(Gone::Stopping),
                message = self.socket.next() => {
                    heard = Instant::now();
                    if allowance.take(heard) { self.hear(message).await } else { Err(Gone::Abuse(CloseCode::Policy)) }
                }
                changed = self.feeds.changed() => match changed {
                    Ok(()) => self.send().await,
                    Err(_) => Err(Gone::Stopping),
                },
                () = self.role.may_have_changed() => self.send().await,
                now = pings.tick() => {
                    let silent = now.saturating_duration_since(heard) >= SILENCE_MAX;
                    if silent { Err(Gone::Silent) } else { self.put(Message::Ping(Bytes::new())).await }
                }
            };
        }
        outcome.err().unwrap_or(Gone::Closed)
    }

    /// Sends what there is to send.
    async fn send(&mut self) -> Result<(), Gone> {
        let feeds = Arc::clone(&self.feeds.borrow_and_update());
        let feed = self.subscriber.feed(&feeds);
        let viewer = self.role.viewer();
        if self.page.is_some() && viewer.guest.is_none() {
            return Err(Gone::Stranger);
        }
        let updates = self.subscriber.updates(feed, &viewer, self.server.time_ms()).map_err(|_| Gone::Slow)?;
        for update in updates {
            let text = Utf8Bytes::try_from(update.text).expect("messages are JSON");
            self.put(Message::Text(text)).await?;
        }
        Ok(())
    }

    async fn hear(&mut self, message: Option<Result<Message, Error>>) -> Result<(), Gone> {
        match message {
            Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                Ok(Said::Ping { t }) => {
                    let pong = json!({ "type": "pong", "t": t, "time_ms": self.server.time_ms() }).to_string();
                    self.put(Message::Text(pong.into())).await
                }
                Ok(Said::Follow { channel }) => self.follow(&channel).await,
                Ok(Said::Other) => Ok(()),
                Err(_) => Err(Gone::Abuse(CloseCode::Policy)),
            },
            Some(Ok(Message::Binary(_))) => Err(Gone::Abuse(CloseCode::Unsupported)),
            // The library answers pings and closing by itself.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_))) => Ok(()),
            Some(Err(Error::Capacity(_))) => Err(Gone::Abuse(CloseCode::Size)),
            // A phone that is carried away says no good-bye.
            Some(Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => Err(Gone::Closed),
            Some(Err(Error::Protocol(_))) => Err(Gone::Abuse(CloseCode::Protocol)),
            Some(Err(Error::Utf8(_))) => Err(Gone::Abuse(CloseCode::Invalid)),
            Some(Err(_)) | None => Err(Gone::Closed),
        }
    }

    /// Goes on with the feed of another channel.
    async fn follow(&mut self, channel: &str) -> Result<(), Gone> {
        let feeds = Arc::clone(&self.feeds.borrow());
        let Some(wanted) = ChannelId::new(channel).ok().filter(|channel| feeds.get(*channel).is_some()) else {
            let refused = json!({ "type": "refused", "code": Refused::NoSuchChannel.code() }).to_string();
            return self.put(Message::Text(refused.into())).await;
        };
        self.server.statistics.switched(self.subscriber.feed(&feeds).channel(), wanted);
        self.subscriber.follow(wanted);
        self.send().await
    }

    /// Hands a message to the kernel, which takes it as fast as the phone does.
    async fn put(&mut self, message: Message) -> Result<(), Gone> {
        match timeout(self.patience, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Gone::Closed),
            Err(_) => Err(Gone::Slow),
        }
    }
}

/// What a phone may still send.
struct Allowance {
    messages: u32,
    since: Instant,
}

impl Allowance {
    fn new(now: Instant) -> Self {
        Self { messages: MESSAGES_BURST_MAX, since: now }
    }

    /// Counts a message that came at `now`. Returns `false` if it was one too many.
    fn take(&mut self, now: Instant) -> bool {
        while self.messages < MESSAGES_BURST_MAX && now.saturating_duration_since(self.since) >= MESSAGE_EVERY {
            self.messages += 1;
            self.since += MESSAGE_EVERY;
        }
        if self.messages == MESSAGES_BURST_MAX {
            self.since = now;
        }
        let allowed = self.messages > 0;
        self.messages = self.messages.saturating_sub(1);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_may_speak_for_ever_at_the_pace_it_is_given_and_no_faster() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        assert!((0..200).all(|n| allowance.take(start + MESSAGE_EVERY * n)));
        let mut allowance = Allowance::new(start);
        assert_eq!((0..100).take_while(|_| allowance.take(start)).count(), MESSAGES_BURST_MAX as usize);
        assert!(allowance.take(start + MESSAGE_EVERY * 3));
    }

    #[test]
    fn what_a_newer_page_says_is_skipped_and_what_is_no_message_is_none() {
        assert!(matches!(serde_json::from_str(r#"{"type":"ping","t":1.5}"#), Ok(Said::Ping { t: 1.5 })));
        assert!(matches!(serde_json::from_str(r#"{"type":"wave","hand":[1]}"#), Ok(Said::Other)));
        for wrong in ["", "{}", "[]", "7", r#"{"type":"ping"}"#, r#"{"type":"ping","t":"x"}"#, r#"{"type":7}"#] {
            assert!(serde_json::from_str::<Said>(wrong).is_err(), "{wrong}");
        }
    }
}
