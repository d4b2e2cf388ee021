//! What is sent over a WebSocket and why, apart from how it gets there: the seam between the two.
//!
//! A conversation has something to send first, answers messages, sends unasked, and ends. It knows no frames, time limits
//! or slow readers; those are its carrier's (`socket`), which is the same for every conversation:
//!
//! 1. `begin` is called once.
//! 2. From then on `next` is waited for, and `receive` called with every message. Whatever they return is sent before
//!    anything is called again: backpressure reaches the conversation, and nothing queues up in between.
//! 3. After an [`Ended`] nothing is called. A conversation whose other end is gone is dropped.
//!
//! A new one implements [`Conversation`], and a route answers with `socket::Handshake`.

use std::fmt::Debug;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// One message, either way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// Text.
    Text(Utf8Bytes),
    /// Bytes.
    Binary(Bytes),
}

/// Why a conversation ends. What ends it for its carrier's reasons (silence, a broken frame) it does not learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The other end breaks a rule of the conversation; the code says which kind of rule.
    Abuse(CloseCode),
    /// The other end is too far behind for what is still to be sent.
    Slow,
    /// The other end may come back at once, as somebody new.
    Again,
    /// The server ends.
    Stopping,
}

/// What is sent next, in order, or the end.
pub(crate) type Turn = Result<Vec<Message>, Ended>;

/// A turn that is still to come.
pub(crate) type NextTurn<'a> = Pin<Box<dyn Future<Output = Turn> + Send + 'a>>;

/// What the other end may send. Above it the connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// Longest message, bytes, however many fragments it comes in.
    pub(crate) message_bytes_max: usize,
    /// Messages in a burst, pings included.
    pub(crate) messages_burst_max: u32,
    /// Time in which one more may come.
    pub(crate) message_every: Duration,
}

/// What goes to and comes from one other end.
pub(crate) trait Conversation: Debug + Send {
    /// Returns what the other end may send, the same for as long as the conversation lasts.
    fn allowance(&self) -> Allowance;

    /// Returns what is sent first.
    ///
    /// # Errors
    /// The conversation ends.
    fn begin(&mut self) -> Turn;

    /// Handles a message and returns the answer, which may be nothing.
    ///
    /// # Errors
    /// The conversation ends.
    fn receive(&mut self, message: Message) -> Turn;

    /// Waits until there is something to send unasked, and returns it. The future is dropped and asked for again whenever
    /// something comes in, so it must lose nothing by that.
    ///
    /// # Errors
    /// The conversation ends.
    fn next(&mut self) -> NextTurn<'_>;
}
