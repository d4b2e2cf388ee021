//! Turns: a few are served at once, some wait, and nobody's many keep the others from waiting, too.

use std::time::Duration;

use base::GuestId;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::refusal::{Refusal, unavailable};
use crate::gate::{Entrant, Gate, Pass, Places};

/// What is done for few at once.
#[derive(Debug)]
pub(super) struct Turns {
    serving: Semaphore,
    waiting: Gate,
}

/// Somebody's turn, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    _served: SemaphorePermit<'a>,
    _place: Pass,
}

impl Turns {
    /// Returns turns for `at_once`, in a waiting room of `places`.
    pub(super) fn new(at_once: usize, places: Places) -> Self {
        Self { serving: Semaphore::new(at_once), waiting: Gate::new(places) }
    }

    /// Waits for the turn of `who`, as long as `patience`; `guest` is whose call it is, if that is known.
    ///
    /// # Errors
    /// The waiting room has no share for it, or it took too long.
    pub(super) async fn wait(
        &self,
        who: Entrant,
        guest: Option<GuestId>,
        patience: Duration,
    ) -> Result<Turn<'_>, Refusal> {
        let place = self.waiting.enter(who, guest).map_err(|_| unavailable())?;
        match timeout(patience, self.serving.acquire()).await {
            Ok(Ok(served)) => Ok(Turn { _served: served, _place: place }),
            _ => Err(unavailable()),
        }
    }
}
