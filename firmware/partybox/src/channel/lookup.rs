//! Looking tracks up: a thread that asks the library, because a database lies on storage that may be slow.
//!
//! The loop asks and goes on; answers come back to it as inputs. Nothing is cached here: whoever asks again is told what is
//! true now.

use std::collections::BTreeSet;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use base::{ChannelId, TrackId};
use library::Library;
use tokio::sync::mpsc;

use crate::stock::{Entry, Stock};

/// Questions on their way. When it is full, whoever asks keeps the question and asks again after the next answer.
const QUESTIONS_MAX: usize = 64;

/// Answers on their way. When it is full the thread waits for the loop, which never waits for the thread.
const ANSWERS_MAX: usize = 64;

/// What is known of a track.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Found {
    /// This.
    Entry(Box<Entry>),
    /// There is no such track.
    Nothing,
    /// The library does not answer; a retry may help.
    NoAnswer,
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    /// Who asked.
    pub(crate) channel: ChannelId,
    /// About which track.
    pub(crate) track: TrackId,
    pub(crate) found: Found,
}

/// The way to the thread.
#[derive(Clone, Debug)]
pub(crate) struct Lookup {
    questions: SyncSender<(ChannelId, TrackId)>,
    library: Option<Library>,
}

/// The other ends of a [`Lookup`].
pub(crate) struct Started {
    pub(crate) answers: mpsc::Receiver<Answer>,
    /// Ends with the last [`Lookup`], or when nobody takes answers.
    pub(crate) thread: JoinHandle<()>,
}

impl Lookup {
    /// Starts the thread, which asks `stock`.
    ///
    /// # Errors
    /// The system has no thread for us.
    pub(crate) fn start(stock: Stock) -> io::Result<(Self, Started)> {
        let (questions, asked) = sync_channel(QUESTIONS_MAX);
        let (answers_in, answers) = mpsc::channel(ANSWERS_MAX);
        let library = stock.library().cloned();
        let run = move || answer_all(&stock, &asked, &answers_in);
        let thread = thread::Builder::new().name("lookup".to_owned()).spawn(run)?;
        Ok((Self { questions, library }, Started { answers, thread }))
    }

    /// Returns one without a thread, and its questions.
    #[cfg(test)]
    pub(super) fn unanswered() -> (Self, Receiver<(ChannelId, TrackId)>) {
        let (questions, asked) = sync_channel(QUESTIONS_MAX);
        (Self { questions, library: None }, asked)
    }

    /// Asks what `track` is, for `channel`. Returns `false` if the thread has as much to do as it can remember.
    pub(crate) fn ask(&self, channel: ChannelId, track: TrackId) -> bool {
        self.questions.try_send((channel, track)).is_ok()
    }

    /// Has the library count that `track` is played; `wanted`: because somebody asked for it.
    pub(crate) fn played(&self, track: TrackId, wanted: bool) {
        if let Some(library) = &self.library {
            library.played(track, wanted);
        }
    }

    /// Has the library let go of what guests have brought, on a thread that may wait for storage.
    pub(crate) fn drop_files(&self, files: BTreeSet<TrackId>) {
        let Some(library) = self.library.clone().filter(|_| !files.is_empty()) else { return };
        let drop = move || library.drop_guests_files(&files);
        if let Err(error) = thread::Builder::new().name("guests-files".to_owned()).spawn(drop) {
            log::warn!("files of guests are not removed before the next start: {error}");
        }
    }

    /// Has the library find out whether `track` plays, which has just failed to.
    pub(crate) fn failed(&self, track: TrackId) {
        if let Some(library) = &self.library {
            library.failed(track);
        }
    }
}

fn answer_all(stock: &Stock, asked: &Receiver<(ChannelId, TrackId)>, answers: &mpsc::Sender<Answer>) {
    for (channel, track) in asked {
        let found = match stock.get(track) {
            Ok(Some(entry)) => Found::Entry(Box::new(entry)),
            Ok(None) => Found::Nothing,
            Err(error) => {
                log::warn!("track {track}: {error}");
                Found::NoAnswer
            }
        };
        if answers.blocking_send(Answer { channel, track, found }).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_is_answered_in_its_turn_and_whoever_asks_too_much_is_not_held_up() {
        let channel = ChannelId::new("main").expect("a legal name");
        let (lookup, mut started) = Lookup::start(Stock::new(None).expect("a stock")).expect("a thread");
        // Nobody takes answers yet, so that at last nothing more is taken.
        let taken = (1..).map(TrackId).take_while(|track| lookup.ask(channel, *track)).count();
        assert!(taken >= QUESTIONS_MAX, "{taken}");
        for number in 1..=taken as u64 {
            let answer = started.answers.blocking_recv().expect("an answer");
            let is_demo = matches!(answer.found, Found::Entry(_));
            assert_eq!((answer.track, is_demo), (TrackId(number), number <= 3));
        }
        drop(lookup);
        started.thread.join().expect("it ends with the last who asks");
    }

    #[test]
    fn it_ends_when_nobody_takes_answers() {
        let (lookup, started) = Lookup::start(Stock::new(None).expect("a stock")).expect("a thread");
        drop(started.answers);
        let channel = ChannelId::new("main").expect("a legal name");
        lookup.ask(channel, TrackId(1));
        started.thread.join().expect("it ends");
        assert!(!lookup.ask(channel, TrackId(1)));
    }
}
