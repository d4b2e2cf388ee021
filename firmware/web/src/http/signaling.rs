//! The way from HTTP to the WebRTC fan-out: commands in, answers out in bounded time.
//!
//! [`Signaling`] is made from the fan-out's handle, or from a plain queue of commands where there is no fan-out (tests,
//! benchmarks of other things).

use std::future::Future;

use base::PacketDuration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::limits::REPLY_TIMEOUT;
use rtc::Handle;
use rtc::api::{Answer, Command, ListenerStats, Offer, OfferError, Patched, SessionError, SessionId};
use rtc::stats::Stats;

/// The fan-out, as far as HTTP needs it.
#[derive(Clone)]
pub struct Signaling(Way);

#[derive(Clone)]
enum Way {
    Handle(Handle),
    Queue(mpsc::Sender<Command>),
}

impl From<Handle> for Signaling {
    fn from(handle: Handle) -> Self {
        Self(Way::Handle(handle))
    }
}

impl Signaling {
    /// Commands go to this queue; a full or closed one counts as a fan-out that is too busy.
    pub fn queue(commands: mpsc::Sender<Command>) -> Self {
        Self(Way::Queue(commands))
    }

    /// What the fan-out counts; all zero behind a plain queue.
    pub(super) fn stats(&self) -> Stats {
        match &self.0 {
            Way::Handle(handle) => handle.stats(),
            Way::Queue(_) => Stats::default(),
        }
    }

    /// Every joined listener; none if the fan-out is too busy.
    pub(super) async fn listeners_now(&self) -> Vec<ListenerStats> {
        let listeners = match &self.0 {
            Way::Handle(handle) => in_time(handle.listeners()).await,
            Way::Queue(queue) => ask(queue, Command::Listeners).await,
        };
        listeners.unwrap_or_default()
    }

    /// Listeners now, over all streams.
    pub(super) fn listeners(&self) -> usize {
        self.stats().listeners_in_all()
    }

    pub(super) async fn offer(&self, offer: Offer) -> Result<Answer, OfferError> {
        let answer = match &self.0 {
            Way::Handle(handle) => in_time(handle.offer(offer)).await,
            Way::Queue(queue) => ask(queue, |reply| Command::Offer(offer, reply)).await,
        };
        answer.unwrap_or(Err(OfferError::Unavailable))
    }

    pub(super) async fn patch(
        &self,
        session: SessionId,
        sdp_fragment: String,
        if_match: Option<String>,
    ) -> Result<Patched, SessionError> {
        let answer = match &self.0 {
            Way::Handle(handle) => in_time(handle.patch(session, sdp_fragment, if_match)).await,
            Way::Queue(queue) => ask(queue, |reply| Command::Patch { session, sdp_fragment, if_match, reply }).await,
        };
        answer.unwrap_or(Err(SessionError::Unavailable))
    }

    pub(super) async fn set_duration(&self, session: SessionId, duration: PacketDuration) -> Result<(), SessionError> {
        let answer = match &self.0 {
            Way::Handle(handle) => in_time(handle.set_duration(session, duration)).await,
            Way::Queue(queue) => ask(queue, |reply| Command::SetDuration { session, duration, reply }).await,
        };
        answer.unwrap_or(Err(SessionError::Unavailable))
    }

    pub(super) async fn delete(&self, session: SessionId) -> Result<(), SessionError> {
        let answer = match &self.0 {
            Way::Handle(handle) => in_time(handle.delete(session)).await,
            Way::Queue(queue) => ask(queue, |reply| Command::Delete { session, reply }).await,
        };
        answer.unwrap_or(Err(SessionError::Unavailable))
    }
}

async fn in_time<T>(answer: impl Future<Output = T>) -> Option<T> {
    timeout(REPLY_TIMEOUT, answer).await.ok()
}

/// Asks whoever reads the other end of `queue`; `None` if it is full or gone, or the answer does not come in time.
pub(super) async fn ask<Q, T>(queue: &mpsc::Sender<Q>, question: impl FnOnce(oneshot::Sender<T>) -> Q) -> Option<T> {
    let (reply, answer) = oneshot::channel();
    queue.try_send(question(reply)).ok()?;
    in_time(answer).await?.ok()
}
