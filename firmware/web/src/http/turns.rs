//! Turns: a limit of concurrent requests; the others wait in a [`FairQueue`].
//!
//! Where more wait than may, the last in the queue is refused: that is one of those who ask most, not the newest. It knows
//! nothing of what is done in a turn, and takes none away.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base::Time;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::refusal::{Refusal, unavailable};
use crate::fair_queue::{FairQueue, Place};

/// What is done for few at once.
#[derive(Debug)]
pub(super) struct Turns(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    at_once: usize,
    waiting_max: usize,
    zero: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    serving: usize,
    waiting: FairQueue<oneshot::Sender<Turn>>,
}

/// Somebody's turn, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn(Arc<Shared>);

/// Somebody who waits, until this is dropped.
struct Waiting<'a> {
    shared: &'a Shared,
    place: Place,
    turn: oneshot::Receiver<Turn>,
}

impl Turns {
    /// Returns turns for `at_once`, where at most `waiting_max` wait.
    pub(super) fn new(at_once: usize, waiting_max: usize) -> Self {
        let state = Mutex::new(State { serving: 0, waiting: FairQueue::new() });
        Self(Arc::new(Shared { at_once, waiting_max, zero: Instant::now(), state }))
    }

    /// Waits for a turn of `address`; without one if it had to go, because more waited than may.
    pub(super) async fn take(&self, address: IpAddr) -> Option<Turn> {
        let (hand, turn) = oneshot::channel();
        let place = self.0.push(address, hand);
        let mut waiting = Waiting { shared: &self.0, place, turn };
        self.0.serve();
        self.0.thin_out();
        (&mut waiting.turn).await.ok()
    }

    /// The same within `patience`.
    ///
    /// # Errors
    /// It had to go, or it took too long.
    pub(super) async fn wait(&self, address: IpAddr, patience: Duration) -> Result<Turn, Refusal> {
        timeout(patience, self.take(address)).await.ok().flatten().ok_or_else(unavailable)
    }
}

impl Shared {
    /// What is behind it stays right whatever panicked elsewhere: it is only ever changed in one step.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, address: IpAddr, hand: oneshot::Sender<Turn>) -> Place {
        let at = u64::try_from(self.zero.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.lock().waiting.push(Time::from_micros(at), address, hand)
    }

    /// Gives turns as long as there are any, and somebody who waits.
    fn serve(self: &Arc<Self>) {
        while let Some(hand) = self.next() {
            // A turn that nobody takes any more ends here, without the lock.
            _ = hand.send(Turn(Arc::clone(self)));
        }
    }

    fn next(&self) -> Option<oneshot::Sender<Turn>> {
        let mut state = self.lock();
        let next = if state.serving < self.at_once { state.waiting.pop() } else { None };
        state.serving += usize::from(next.is_some());
        next
    }

    /// Lets those go who would come last, if too many wait.
    fn thin_out(&self) {
        let mut state = self.lock();
        while state.waiting.len() > self.waiting_max {
            state.waiting.pop_last();
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.lock().serving -= 1;
        self.0.serve();
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        // A turn that came meanwhile ends with the channel.
        self.shared.lock().waiting.remove(self.place);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn address(n: u8) -> IpAddr {
        Ipv4Addr::new(10, 0, 0, n).into()
    }

    /// Lets somebody of `address` wait, and returns once it stands in line (or has its turn).
    async fn come(turns: &Arc<Turns>, address: IpAddr) -> tokio::task::JoinHandle<Option<Turn>> {
        let turns = Arc::clone(turns);
        let task = tokio::spawn(async move { turns.take(address).await });
        tokio::task::yield_now().await;
        task
    }

    #[tokio::test]
    async fn few_are_served_at_once_and_the_next_when_one_is_done() {
        let turns = Arc::new(Turns::new(1, 8));
        let first = turns.take(address(1)).await.unwrap();
        let second = come(&turns, address(2)).await;
        assert!(!second.is_finished());
        drop(first);
        assert!(second.await.unwrap().is_some());
        assert_eq!(turns.0.lock().serving, 0);
    }

    #[tokio::test]
    async fn a_newcomer_takes_the_place_of_one_of_many_not_the_other_way_round() {
        let turns = Arc::new(Turns::new(1, 4));
        let serving = turns.take(address(1)).await.unwrap();
        let mut of_one = Vec::new();
        for _ in 0..6 {
            of_one.push(come(&turns, address(1)).await);
        }
        let other = come(&turns, address(2)).await;
        let mut gone = 0;
        for task in of_one.drain(4..) {
            gone += usize::from(task.await.unwrap().is_none());
        }
        assert_eq!(gone, 2, "who came when it was full");
        assert!(of_one.pop().unwrap().await.unwrap().is_none(), "who gave way to the other");
        drop(serving);
        assert!(other.await.unwrap().is_some(), "who was served least comes first");
    }

    #[tokio::test]
    async fn who_waits_no_longer_keeps_nobody_waiting() {
        let turns = Arc::new(Turns::new(1, 4));
        let serving = turns.take(address(1)).await.unwrap();
        let (first, second) = (come(&turns, address(2)).await, come(&turns, address(3)).await);
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        assert_eq!(turns.0.lock().waiting.len(), 1);
        assert!(turns.wait(address(4), Duration::ZERO).await.is_err(), "nobody waits longer than they like");
        drop(serving);
        assert!(second.await.unwrap().is_some());
        let state = turns.0.lock();
        assert_eq!((state.serving, state.waiting.len()), (0, 0));
    }
}
