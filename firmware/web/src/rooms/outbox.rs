//! What waits to be sent to one participant: bounded in bytes, because the messages of others fill it.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// What may wait for one participant, bytes: what all others of the largest room say at once when a DJ begins, an answer and ten
/// candidates of each. Whoever is farther behind is let go, and comes back.
const WAITING_BYTES_MAX: usize = 128 * 1024;

/// The connection has no more to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// The participant is too far behind.
    Slow,
    /// They came back elsewhere.
    Replaced,
}

#[derive(Debug, Default)]
struct Waiting {
    texts: VecDeque<String>,
    bytes: usize,
    over: Option<Over>,
}

/// Messages for one participant.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: Mutex<Waiting>,
    news: Notify,
}

impl Outbox {
    /// The queue stays right whatever panicked elsewhere: it is only ever changed in one step.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a message. If it does not fit the participant is let go.
    pub(super) fn push(&self, text: String) {
        let mut waiting = self.waiting();
        if waiting.bytes + text.len() > WAITING_BYTES_MAX {
            waiting.over.get_or_insert(Over::Slow);
        } else {
            waiting.bytes += text.len();
            waiting.texts.push_back(text);
        }
        drop(waiting);
        self.news.notify_one();
    }

    /// Nothing more is sent.
    pub(super) fn end(&self, over: Over) {
        self.waiting().over = Some(over);
        self.news.notify_one();
    }

    /// Waits until there are messages, and returns them all. Loses nothing if it is given up.
    ///
    /// # Errors
    /// Nothing more is sent.
    pub(crate) async fn next(&self) -> Result<Vec<String>, Over> {
        loop {
            {
                let mut waiting = self.waiting();
                if let Some(over) = waiting.over {
                    return Err(over);
                }
                if !waiting.texts.is_empty() {
                    waiting.bytes = 0;
                    return Ok(mem::take(&mut waiting.texts).into());
                }
            }
            self.news.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_waits_comes_in_order_and_whoever_is_too_far_behind_is_let_go() {
        let outbox = Outbox::default();
        outbox.push("a".into());
        outbox.push("b".into());
        assert_eq!(outbox.next().await, Ok(vec!["a".into(), "b".into()]));
        let large = "x".repeat(WAITING_BYTES_MAX / 2);
        outbox.push(large.clone());
        outbox.push(large.clone());
        assert_eq!(outbox.next().await.map(|texts| texts.len()), Ok(2), "what was taken counts no more");
        outbox.push(large.clone());
        outbox.push(large);
        outbox.push("one more".into());
        assert_eq!(outbox.next().await, Err(Over::Slow));
    }
}
