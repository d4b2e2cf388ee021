//! The way from HTTP to the WebRTC fan-out: a bounded queue of commands, and an answer in bounded time.

use tokio::sync::{mpsc, oneshot};

use super::limits::REPLY_TIMEOUT;
use crate::rtc::api::{Answer, Command, Offer, OfferError, Patched, SessionError, SessionId};
use audio::packet::PacketDuration;

/// The fan-out, as far as HTTP needs it.
#[derive(Clone, Debug)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
}

impl Handle {
    /// A handle over the queue the fan-out reads.
    pub fn new(commands: mpsc::Sender<Command>) -> Self {
        Self { commands }
    }

    /// Listeners now.
    pub(crate) fn listeners(&self) -> usize {
        0
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.commands.try_send(command(reply)).ok()?;
        tokio::time::timeout(REPLY_TIMEOUT, answer).await.ok()?.ok()
    }

    pub(crate) async fn offer(&self, offer: Offer) -> Result<Answer, OfferError> {
        self.ask(|reply| Command::Offer(offer, reply)).await.unwrap_or(Err(OfferError::Unavailable))
    }

    pub(crate) async fn patch(
        &self,
        session: SessionId,
        sdp_fragment: String,
        if_match: Option<String>,
    ) -> Result<Patched, SessionError> {
        let command = |reply| Command::Patch { session, sdp_fragment, if_match, reply };
        self.ask(command).await.unwrap_or(Err(SessionError::Unavailable))
    }

    pub(crate) async fn set_duration(&self, session: SessionId, duration: PacketDuration) -> Result<(), SessionError> {
        let command = |reply| Command::SetDuration { session, duration, reply };
        self.ask(command).await.unwrap_or(Err(SessionError::Unavailable))
    }

    pub(crate) async fn delete(&self, session: SessionId) -> Result<(), SessionError> {
        self.ask(|reply| Command::Delete { session, reply }).await.unwrap_or(Err(SessionError::Unavailable))
    }
}
