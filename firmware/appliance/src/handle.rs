//! How the rest of the program reaches the box as a thing: a [`Handle`] to read facts and to ask for something, and the
//! [`Service`] at the other end, which answers.
//!
//! Facts are watched, so that the latest wins; requests go through a bounded queue. Nothing is decided here.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use crate::config::Which;
use crate::durable;
use crate::facts::Facts;
use crate::rules::Change;

/// Requests waiting to be done. If that many wait, whoever does them is stuck, and a further one is refused with 503.
pub const REQUESTS_WAITING_MAX: usize = 8;

/// The way back to whoever asked. Dropping it counts as being busy.
pub type Reply = oneshot::Sender<Result<(), Refused>>;

/// What a host asks for.
#[derive(Debug)]
pub enum Request {
    /// Changes the rules of the network; answered once they are kept.
    SetNetwork {
        /// Which of them.
        change: Change,
        /// Those that hosts want as the files say again.
        back: Which,
        /// Where the answer goes.
        reply: Reply,
    },
    /// Copies the update that lies on a stick to the inbox; answered once that has begun.
    CopyFromStick {
        /// Where the answer goes.
        reply: Reply,
    },
    /// Restarts the box with the new version; answered before it happens.
    Restart {
        /// Where the answer goes.
        reply: Reply,
    },
    /// Erases the place in which the box kept what it cannot read any more, and restarts; answered before it happens.
    EraseStorage {
        /// Where the answer goes.
        reply: Reply,
    },
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// A stable code, for pages.
    pub code: &'static str,
    /// The reason in words.
    pub why: &'static str,
}

/// The two names of an update that comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbox {
    /// While it is not whole.
    pub part: PathBuf,
    /// Afterwards.
    pub whole: PathBuf,
}

impl Inbox {
    /// Makes the part the whole. When this returns, it is on the storage under its name; when the power fails before,
    /// there is no whole. Waits for the storage.
    ///
    /// # Errors
    /// The storage refuses; the part may be left.
    pub fn complete(&self) -> io::Result<()> {
        durable::rename(&self.part, &self.whole)
    }
}

/// The end for pages.
#[derive(Clone, Debug)]
pub struct Handle {
    /// The facts, as they were published last.
    pub facts: watch::Receiver<Arc<Facts>>,
    /// What hosts ask.
    pub requests: mpsc::Sender<Request>,
    /// Where an update comes in; `None` on a machine that is not updated like this.
    pub inbox: Option<Inbox>,
    /// The inbox for one update at a time, from a stick or by HTTP.
    pub receiving: Arc<Semaphore>,
}

/// The service's end: publishes facts and does what is asked.
#[derive(Debug)]
pub struct Service {
    /// The facts, as they were published last.
    pub facts: watch::Sender<Arc<Facts>>,
    /// What hosts ask.
    pub requests: mpsc::Receiver<Request>,
    /// The inbox for one update at a time, from a stick or by HTTP.
    pub receiving: Arc<Semaphore>,
}

/// Returns both ends.
pub fn channel() -> (Handle, Service) {
    let (facts_in, facts) = watch::channel(Arc::default());
    let (requests, requests_out) = mpsc::channel(REQUESTS_WAITING_MAX);
    let receiving = Arc::new(Semaphore::new(1));
    let service = Service { facts: facts_in, requests: requests_out, receiving: Arc::clone(&receiving) };
    (Handle { facts, requests, inbox: None, receiving }, service)
}
