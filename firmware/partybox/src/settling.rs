//! Answers that wait until what they say outlasts a pulled plug.
//!
//! The loop never waits for the storage: an answer goes to the state writer, which gives it once the files that the wish may have
//! changed are written, or says that they are not. Until the writer has been handed all of that, the answer waits here.

use appliance::state::{Error, PATIENCE, Written};
use base::{ChannelId, Time};
use party::{Done, Refused, Scope, What, Wish};
use tokio::sync::oneshot;
use web::control::{COMMANDS_WAITING_MAX, Outcome, Unmet};

/// Answers that wait here. A further one is given at once, as one that is not kept yet.
const WAITING_MAX: usize = COMMANDS_WAITING_MAX;

/// What an answer depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    channel: ChannelId,
    scope: Scope,
    lasts: bool,
}

impl Reach {
    /// Returns what the answer to a wish depends on.
    pub(crate) fn of(wish: &Wish) -> Self {
        Self { channel: wish.channel, scope: wish.what.scope(), lasts: What::lasts(&wish.what) }
    }
}

/// The reply channel of the request.
type Reply = oneshot::Sender<Outcome>;

struct Waiting {
    since: Time,
    reach: Reach,
    then: Written,
}

/// The answers that wait.
#[derive(Default)]
pub(crate) struct Settling(Vec<Waiting>);

impl Settling {
    /// Gives an answer as soon as it is true. What is refused, and what nothing outlasts, is answered at once. `settle` is
    /// [`crate::channel::Channels::settle`].
    pub(crate) fn answer(
        &mut self,
        now: Time,
        reach: Reach,
        (reply, outcome): (Reply, Result<Done, Refused>),
        settle: impl Fn(ChannelId, Scope, Written) -> Result<(), Written>,
    ) {
        // Who has gone in the meantime needs no answer.
        let done = match outcome {
            // A request that waits to be approved is in memory only.
            Ok(done) if reach.lasts && !matches!(done, Done::Pending(_)) => done,
            outcome => {
                _ = reply.send(outcome.map_err(Unmet::Refused));
                return;
            }
        };
        let then = move |kept: Result<(), Error>| _ = reply.send(kept.map(|()| done).map_err(|_| Unmet::NotKept(done)));
        let Err(then) = settle(reach.channel, reach.scope, Box::new(then)) else { return };
        if self.0.len() < WAITING_MAX {
            self.0.push(Waiting { since: now, reach, then });
        } else {
            then(Err(Error::Busy));
        }
    }

    /// Gives what has become true, and says of the rest when it has waited for long that it is not kept. To be called with every
    /// change, and a few times a second.
    pub(crate) fn poll(&mut self, now: Time, settle: impl Fn(ChannelId, Scope, Written) -> Result<(), Written>) {
        for Waiting { since, reach, then } in std::mem::take(&mut self.0) {
            match settle(reach.channel, reach.scope, then) {
                Ok(()) => {}
                Err(then) if now.as_micros().saturating_sub(since.as_micros()) >= PATIENCE.as_micros() as u64 => {
                    then(Err(Error::Busy));
                }
                Err(then) => self.0.push(Waiting { since, reach, then }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use base::{RequestId, TrackId};
    use party::{Asker, At};
    use tokio::sync::oneshot::error::TryRecvError;

    use super::*;

    const ADD: What = What::Add(TrackId(1), At::End);
    const NOW: Time = Time::from_micros(1_000_000);

    fn reach(what: What) -> Reach {
        let channel = ChannelId::new("main").expect("a legal name");
        Reach::of(&Wish { channel, who: Asker::BOX, what })
    }

    fn later() -> Time {
        NOW.plus_micros(PATIENCE.as_micros() as u64)
    }

    /// A storage that has everything, that refuses, and a box that does not know yet what to write.
    fn kept(_: ChannelId, _: Scope, then: Written) -> Result<(), Written> {
        then(Ok(()));
        Ok(())
    }

    fn refused(_: ChannelId, _: Scope, then: Written) -> Result<(), Written> {
        then(Err(Error::NoPlace));
        Ok(())
    }

    fn unknown(_: ChannelId, _: Scope, then: Written) -> Result<(), Written> {
        Err(then)
    }

    #[test]
    fn what_lasts_is_answered_when_it_is_kept_and_never_before() {
        let mut settling = Settling::default();
        let (reply, mut answer) = oneshot::channel();
        settling.answer(NOW, reach(ADD), (reply, Ok(Done::Plainly)), unknown);
        settling.poll(NOW, unknown);
        assert_eq!(answer.try_recv(), Err(TryRecvError::Empty));
        settling.poll(NOW, kept);
        assert_eq!(answer.try_recv(), Ok(Ok(Done::Plainly)));
        assert!(settling.0.is_empty());
    }

    #[test]
    fn what_cannot_be_kept_is_answered_as_done_and_not_kept() {
        let mut settling = Settling::default();
        let (reply, mut answer) = oneshot::channel();
        settling.answer(NOW, reach(ADD), (reply, Ok(Done::Plainly)), refused);
        assert_eq!(answer.try_recv(), Ok(Err(Unmet::NotKept(Done::Plainly))));
        let (reply, mut answer) = oneshot::channel();
        settling.answer(NOW, reach(ADD), (reply, Ok(Done::Plainly)), unknown);
        settling.poll(later(), unknown);
        assert_eq!(answer.try_recv(), Ok(Err(Unmet::NotKept(Done::Plainly))), "its patience is over");
    }

    #[test]
    fn what_is_refused_or_lasts_for_the_moment_only_waits_for_no_storage() {
        let mut settling = Settling::default();
        let mut outcome = |what, outcome| {
            let (reply, mut answer) = oneshot::channel();
            settling.answer(NOW, reach(what), (reply, outcome), unknown);
            answer.try_recv().expect("at once")
        };
        assert_eq!(outcome(What::Pause, Ok(Done::Plainly)), Ok(Done::Plainly));
        assert_eq!(outcome(ADD, Err(Refused::QueueFull)), Err(Unmet::Refused(Refused::QueueFull)));
        let pending = Done::Pending(RequestId(1));
        assert_eq!(outcome(What::Request(TrackId(1)), Ok(pending)), Ok(pending));
    }

    #[test]
    fn more_than_can_wait_are_answered_that_nothing_is_kept_yet() {
        let mut settling = Settling::default();
        let mut answers = Vec::new();
        for _ in 0..=WAITING_MAX {
            let (reply, answer) = oneshot::channel();
            settling.answer(NOW, reach(ADD), (reply, Ok(Done::Plainly)), unknown);
            answers.push(answer);
        }
        let (mut last, mut first) = (answers.pop().expect("one"), answers.remove(0));
        assert_eq!(last.try_recv(), Ok(Err(Unmet::NotKept(Done::Plainly))));
        assert_eq!(first.try_recv(), Err(TryRecvError::Empty));
    }
}
