//! The way from HTTP to the WebRTC fan-out: its handle, with answers in bounded time.

use std::future::Future;
use std::net::IpAddr;

use base::{PacketDuration, StreamId};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::limits::REPLY_TIMEOUT;
use rtc::Handle;
use rtc::api::{
    Answer, Invitation, ListenerStats, Offer, OfferError, Patched, SendOffer, SessionError, SessionId, StreamError,
};
use rtc::stats::Stats;

/// The fan-out, as far as HTTP needs it.
#[derive(Clone)]
pub struct Signaling(Handle);

impl From<Handle> for Signaling {
    fn from(handle: Handle) -> Self {
        Self(handle)
    }
}

impl Signaling {
    /// Returns what the fan-out counts.
    pub(super) fn stats(&self) -> Stats {
        self.0.stats()
    }

    /// Every joined listener; none if the fan-out is too busy.
    pub(super) async fn listeners_now(&self) -> Vec<ListenerStats> {
        in_time(self.0.listeners()).await.unwrap_or_default()
    }

    /// Listeners now, over all streams.
    pub(super) fn listeners(&self) -> usize {
        self.stats().listeners_in_all()
    }

    /// Returns the listeners of `stream`.
    pub(super) fn listeners_of(&self, stream: StreamId) -> usize {
        self.stats().listeners_of(stream)
    }

    /// Adds a stream whose packets are a sender's. Does not wait.
    pub(super) fn add_relayed(&self, stream: StreamId) -> Result<(), StreamError> {
        self.0.add_relayed(stream)
    }

    /// Removes a stream with all who send or hear it. Does not wait.
    pub(super) fn remove_stream(&self, stream: StreamId) -> Result<(), StreamError> {
        self.0.remove_stream(stream, None)
    }

    pub(super) async fn invite(&self, stream: StreamId, local_addr: IpAddr) -> Result<Invitation, OfferError> {
        in_time(self.0.invite(stream, local_addr)).await.unwrap_or(Err(OfferError::Unavailable))
    }

    pub(super) async fn accept(&self, answer: Offer, invitation: Invitation) -> Result<SessionId, OfferError> {
        in_time(self.0.accept(answer, invitation)).await.unwrap_or(Err(OfferError::Unavailable))
    }

    pub(super) async fn offer(&self, offer: Offer) -> Result<Answer, OfferError> {
        in_time(self.0.offer(offer)).await.unwrap_or(Err(OfferError::Unavailable))
    }

    pub(super) async fn prepare(&self, offer: Offer) -> Result<Answer, OfferError> {
        in_time(self.0.prepare(offer)).await.unwrap_or(Err(OfferError::Unavailable))
    }

    pub(super) async fn send(&self, offer: SendOffer) -> Result<Answer, OfferError> {
        in_time(self.0.send(offer)).await.unwrap_or(Err(OfferError::Unavailable))
    }

    pub(super) async fn patch(
        &self,
        session: SessionId,
        sdp_fragment: String,
        if_match: Option<String>,
    ) -> Result<Patched, SessionError> {
        in_time(self.0.patch(session, sdp_fragment, if_match)).await.unwrap_or(Err(SessionError::Unavailable))
    }

    pub(super) async fn set_duration(&self, session: SessionId, duration: PacketDuration) -> Result<(), SessionError> {
        in_time(self.0.set_duration(session, duration)).await.unwrap_or(Err(SessionError::Unavailable))
    }

    pub(super) async fn switch(&self, session: SessionId, stream: StreamId) -> Result<(), SessionError> {
        in_time(self.0.switch(session, stream)).await.unwrap_or(Err(SessionError::Unavailable))
    }

    pub(super) async fn delete(&self, session: SessionId) -> Result<(), SessionError> {
        in_time(self.0.delete(session)).await.unwrap_or(Err(SessionError::Unavailable))
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
