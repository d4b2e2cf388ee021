//! Answers after which a connection is no longer hyper's: what a handler leaves for whoever goes on with it.

use std::sync::{Arc, Mutex, PoisonError};

use super::socket::conversation::Conversation;
use crate::gate::Pass;
use crate::guests::HeldBody;
use crate::mp3::Hub;

/// Marks an answer after which the connection is no longer hyper's.
#[derive(Clone, Debug)]
pub(super) enum TakeOver {
    /// Its body has no end: the connection is handed to the hub.
    Mp3(Mp3Body),
    /// It becomes a WebSocket.
    Socket(Upgrade),
}

/// An answer whose body has no end.
#[derive(Clone, Debug)]
pub(super) struct Mp3Body {
    pub(super) hub: Hub,
    pub(super) bitrate_bps: u32,
    pub(super) icy: bool,
    pub(super) stamped: bool,
    /// In an `Arc` because extensions of an answer must be clonable.
    pub(super) place: Arc<Mutex<Option<Pass>>>,
    /// The guest's who asked, if the box knows one.
    pub(super) held: Arc<Mutex<Option<HeldBody>>>,
}

/// A conversation that begins once the connection is a WebSocket, and the place that it holds.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) conversation: Box<dyn Conversation>,
    pub(super) place: Pass,
}

/// What an answer leaves of an [`Opening`]. In an `Arc` because extensions of an answer must be clonable.
#[derive(Clone, Debug)]
pub(super) struct Upgrade(Arc<Mutex<Option<Opening>>>);

impl Upgrade {
    pub(super) fn new(conversation: impl Conversation + 'static, place: Pass) -> Self {
        Self(Arc::new(Mutex::new(Some(Opening { conversation: Box::new(conversation), place }))))
    }

    /// Returns the opening; `None` if somebody has it already.
    pub(super) fn take(&self) -> Option<Opening> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
