//! What guests' files take of the box: places of those who send, begun files, those that are interrupted, those that are judged, and
//! those that hosts hear.
//!
//! Values that are told who asks and when; what is sent, and what becomes of it, is in `files`.

use std::sync::{Mutex, PoisonError};

use base::{Asking, Rate, Shares, Time};
use tokio::sync::Semaphore;

use super::limits::{FILES_HEARD, FILES_SENT};
use super::unfinished::Unfinished;
use crate::gate::Gate;

/// Files that are judged at once: each takes a process that decodes.
const JUDGED_AT_ONCE: usize = 1;

/// Files that may begin, in all, by an address and by a guest: what is no music costs a process as well, and who tries one
/// file after the other shall not be all that the box does.
const BEGINNING: [Rate; 3] =
    [Rate { per_1000_s: 500, burst: 100 }, Rate { per_1000_s: 100, burst: 40 }, Rate { per_1000_s: 20, burst: 10 }];

/// What sending files takes of the box.
#[derive(Debug)]
pub(super) struct Files {
    /// Those who send one at the moment.
    pub(super) sending: Gate,
    beginning: Mutex<Shares>,
    pub(super) unfinished: Unfinished,
    pub(super) judging: Semaphore,
    /// Those that hosts hear at the moment.
    pub(super) heard: Gate,
}

impl Files {
    /// Nobody sends one yet.
    pub(super) fn new() -> Self {
        let [total, address, guest] = BEGINNING;
        Self {
            sending: Gate::new(FILES_SENT),
            beginning: Mutex::new(Shares::new(total, address, guest, Time::ZERO)),
            unfinished: Unfinished::default(),
            judging: Semaphore::new(JUDGED_AT_ONCE),
            heard: Gate::new(FILES_HEARD),
        }
    }

    /// Gives up what is not whole: the party is over.
    pub(super) fn end_party(&self) {
        self.unfinished.give_up(|_| true);
    }

    /// Whether this guest may begin one more.
    pub(super) fn may_begin(&self, now: Time, who: Asking) -> bool {
        self.beginning.lock().unwrap_or_else(PoisonError::into_inner).spend(now, who)
    }
}
