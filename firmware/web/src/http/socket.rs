//! WebSockets (RFC 6455): the handshake, and carrying a [`Conversation`] until one of both ends has enough.
//!
//! The request passes the guard like any other; then the connection is taken away from hyper, as an endless MP3 body is.
//! What holds for every conversation is kept here: that the other end keeps the protocol and its allowance, gives signs
//! of life, and takes what it is sent. Whoever does not is let go alone, and comes back by itself. Nothing here knows what
//! the messages mean.

pub(crate) mod conversation;
mod meter;
#[cfg(test)]
pub(super) mod sim;
#[cfg(test)]
mod tests;

use std::io::ErrorKind;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role as End, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message as Frame, Utf8Bytes};

use self::conversation::{Conversation, Ended, Message, Turn};
use self::meter::{Meter, Metered};
use super::call::Call;
use super::refusal::Refusal;
use super::takeover::{Opening, TakeOver, Upgrade};
use crate::gate::Pass;
use crate::metrics::Counters;
use crate::mp3::limit_send_buffer;

/// Bytes that wait for the kernel within one connection: one message, which is never cut.
const WRITE_BUFFER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Most bytes that are read at once; kept for as long as a connection lasts, so it is small.
const READ_BUFFER_BYTES: usize = 2 * 1024;

/// How often the other end is asked for a sign of life, which a browser gives by itself.
const PING_EVERY: Duration = Duration::from_secs(10);

/// Without one for so long it is gone.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// The version of the protocol (RFC 6455 section 4.1).
const VERSION: &str = "13";

/// Letters of `Sec-WebSocket-Key`: 16 bytes in base64.
const KEY_CHARS: usize = 24;

/// A request for a WebSocket that is one, with what it is to be answered.
#[derive(Debug)]
pub(super) struct Handshake {
    accept: HeaderValue,
}

/// How long a connection is patient.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// With an other end that takes nothing.
    pub(super) write: Duration,
    /// Between two requests for a sign of life.
    ping_every: Duration,
    /// Without any.
    silence_max: Duration,
}

impl Patience {
    /// Returns the patience of this server, which waits for `write` for whoever takes nothing.
    pub(super) fn new(write: Duration) -> Self {
        Self { write, ping_every: PING_EVERY, silence_max: SILENCE_MAX }
    }
}

impl Handshake {
    /// Returns what `call` is answered if it asks for a WebSocket.
    ///
    /// # Errors
    /// It does not.
    pub(super) fn of(call: &Call) -> Result<Self, Refusal> {
        let token = |name, wanted: &str| {
            let values = call.header(name).unwrap_or_default().split(',');
            values.into_iter().any(|value| value.trim().eq_ignore_ascii_case(wanted))
        };
        let key = call.header("sec-websocket-key").filter(|key| key.len() == KEY_CHARS);
        let version = call.header("sec-websocket-version") == Some(VERSION);
        let wanted = token("connection", "upgrade") && token("upgrade", "websocket") && version;
        let Some(key) = key.filter(|_| wanted) else {
            let refusal =
                Refusal::new(StatusCode::UPGRADE_REQUIRED, "This address speaks WebSocket, version 13, only.");
            let refusal = refusal.header(header::UPGRADE, HeaderValue::from_static("websocket"));
            return Err(refusal.header(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION)));
        };
        let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes())).expect("base64 makes a header");
        Ok(Self { accept })
    }

    /// Returns the answer, with a mark that the connection becomes a WebSocket that holds `place`.
    pub(super) fn answer(self, conversation: impl Conversation + 'static, place: Pass) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, self.accept);
        response.extensions_mut().insert(TakeOver::Socket(Upgrade::new(conversation, place)));
        response
    }
}

/// Why a connection ends.
#[derive(Debug)]
enum Gone {
    /// The other end ended it, or it broke.
    Closed,
    /// The other end has given no sign of life.
    Silent,
    /// The conversation is over, or the other end broke a rule of the protocol.
    Ended(Ended),
}

impl From<Ended> for Gone {
    fn from(ended: Ended) -> Self {
        Self::Ended(ended)
    }
}

/// Carries the conversation of `upgrade` to its end. `read` was read behind its request, `head` is the answer to it.
pub(super) async fn run(
    mut socket: TcpStream,
    read: Bytes,
    head: Bytes,
    upgrade: Upgrade,
    (counters, patience): (&Counters, Patience),
    stop: watch::Receiver<bool>,
) {
    let Some(Opening { conversation, place: _place }) = upgrade.take() else { return };
    limit_send_buffer(&socket);
    if !matches!(timeout(patience.write, socket.write_all(&head)).await, Ok(Ok(()))) {
        return;
    }
    counters.sockets_opened.add();
    let allowance = conversation.allowance();
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .max_message_size(Some(allowance.message_bytes_max))
        .max_frame_size(Some(allowance.message_bytes_max));
    let socket = Metered::new(socket, allowance);
    let socket = WebSocketStream::from_partially_read(socket, read.to_vec(), End::Server, Some(config)).await;
    let mut carrier = Carrier { socket, conversation, patience };
    let code = match carrier.run(stop).await {
        Gone::Closed => return,
        Gone::Silent => return counters.sockets_silent.add(),
        // It takes no good-bye either.
        Gone::Ended(Ended::Slow) => return counters.sockets_slow.add(),
        Gone::Ended(Ended::Abuse(code)) => {
            counters.sockets_abuse.add();
            code
        }
        Gone::Ended(Ended::Stopping) => CloseCode::Restart,
        Gone::Ended(Ended::Again) => CloseCode::Again,
    };
    // Whoever does not take this is gone either way.
    let close = CloseFrame { code, reason: Utf8Bytes::default() };
    let _ = timeout(patience.write, carrier.socket.close(Some(close))).await;
}

/// Carries a conversation over a socket.
struct Carrier {
    socket: WebSocketStream<Metered>,
    conversation: Box<dyn Conversation>,
    patience: Patience,
}

impl Carrier {
    async fn run(&mut self, mut stop: watch::Receiver<bool>) -> Gone {
        let mut received = Instant::now();
        let mut messages = Meter::of_messages(self.conversation.allowance(), received);
        let mut pings = interval_at(received + self.patience.ping_every, self.patience.ping_every);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut turn = self.conversation.begin().map_err(Gone::from);
        loop {
            match turn {
                Ok(batch) => {
                    for message in batch {
                        if let Err(gone) = self.send(message.into()).await {
                            return gone;
                        }
                    }
                }
                Err(gone) => return gone,
            }
            turn = tokio::select! {
                () = crate::stopped(&mut stop) => Err(Ended::Stopping.into()),
                frame = self.socket.next() => {
                    received = Instant::now();
                    if messages.count(1, received) { self.receive(frame) } else { Err(Ended::Abuse(CloseCode::Policy).into()) }
                }
                turn = self.conversation.next() => turn.map_err(Gone::from),
                now = pings.tick() => {
                    let is_silent = now.saturating_duration_since(received) >= self.patience.silence_max;
                    let asked = if is_silent { Err(Gone::Silent) } else { self.send(Frame::Ping(Bytes::new())).await };
                    asked.map(|()| Vec::new())
                }
            };
        }
    }

    fn receive(&mut self, frame: Option<Result<Frame, Error>>) -> Result<Vec<Message>, Gone> {
        let turn: Turn = match frame {
            Some(Ok(Frame::Text(text))) => self.conversation.receive(Message::Text(text)),
            Some(Ok(Frame::Binary(bytes))) => self.conversation.receive(Message::Binary(bytes)),
            // The library answers pings and closing by itself.
            Some(Ok(Frame::Ping(_) | Frame::Pong(_) | Frame::Close(_) | Frame::Frame(_))) => Ok(Vec::new()),
            Some(Err(Error::Capacity(_))) => Err(Ended::Abuse(CloseCode::Size)),
            Some(Err(Error::Io(error))) if error.kind() == ErrorKind::QuotaExceeded => {
                Err(Ended::Abuse(CloseCode::Policy))
            }
            // A phone that is carried away says no good-bye.
            Some(Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => return Err(Gone::Closed),
            Some(Err(Error::Protocol(_))) => Err(Ended::Abuse(CloseCode::Protocol)),
            Some(Err(Error::Utf8(_))) => Err(Ended::Abuse(CloseCode::Invalid)),
            Some(Err(_)) | None => return Err(Gone::Closed),
        };
        turn.map_err(Gone::from)
    }

    /// Hands a frame to the kernel, which takes it as fast as the other end does.
    async fn send(&mut self, frame: Frame) -> Result<(), Gone> {
        match timeout(self.patience.write, self.socket.send(frame)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Gone::Closed),
            Err(_) => Err(Ended::Slow.into()),
        }
    }
}

impl From<Message> for Frame {
    fn from(message: Message) -> Self {
        match message {
            Message::Text(text) => Self::Text(text),
            Message::Binary(bytes) => Self::Binary(bytes),
        }
    }
}
