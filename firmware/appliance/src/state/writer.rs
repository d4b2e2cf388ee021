//! Writing state without waiting for it: a slow card must hold up neither buttons nor pages.
//!
//! One thread writes. Of each file the newest content counts: what has come while the storage was busy is written together, each
//! file once, for one sync of the folder, however many wait for it (a group commit). What the storage refuses stays a debt that is
//! paid as soon as it can be: the thread tries again by itself, at growing intervals, and at once when something new comes. Whoever
//! waits is answered when the content, or a newer one, is on the storage; or that it is not, as soon as the storage refuses or has
//! not answered for [`PATIENCE`], while the content stays to be written. Dropping the [`Writer`] waits until all is written or
//! refused. How files are written is in [`Folder`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{Content, Copies, Error, FILE_BYTES_MAX, Folder};

/// Files that one box writes: more than it has kinds of state and channels. A further one is refused with [`Error::Busy`].
const FILES_MAX: usize = 64;

/// Answers that wait for the storage. A further one is given at once: [`Error::Busy`], though its content is written.
const WAITING_MAX: usize = 1_024;

/// How long somebody waits for the storage at most, before they are answered that it has not kept their content yet.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// Shortest time from the end of one commit to the beginning of the next: what many people do at once is written together, and
/// who drags a slider writes no more than fifty times a second. Whoever comes first does not wait for it.
const PACE: Duration = Duration::from_millis(20);

/// The same while the storage refuses.
const PACE_REFUSED: Duration = Duration::from_millis(250);

/// Time until what was refused is tried again by itself: the first, and the longest, to which it doubles.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(8));

/// Called once a content, or a newer one of that name, is on the storage, or with the reason why it is not yet.
pub type Written = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// Why the storage does not keep what it shall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is full.
    Full,
    /// It refuses for another reason.
    Refuses,
    /// It has not answered for [`PATIENCE`].
    Slow,
}

/// What was done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Times that the storage was asked to keep something.
    pub commits_total: u64,
    /// Files that it was given.
    pub files_total: u64,
    /// Files that it refused.
    pub refused_total: u64,
}

/// Somebody who waits.
struct Waiting {
    since: Instant,
    then: Written,
}

/// A file that is written.
struct File {
    copies: Copies,
    /// The newest content that is not on the storage and is not being written.
    content: Option<Vec<u8>>,
    /// Who waits for it.
    waiting: Vec<Waiting>,
    /// Who waits for the content that is being written; nobody may.
    writing: Option<Vec<Waiting>>,
}

/// What is to be written.
#[derive(Default)]
struct Desk {
    files: BTreeMap<Cow<'static, str>, File>,
    /// Whether there is something to be written that was not refused before, or that somebody waits for.
    is_urgent: bool,
    /// When the commit under way began.
    since: Option<Instant>,
    /// Why the last one was not whole.
    trouble: Option<Trouble>,
    ended: bool,
}

impl Desk {
    fn has_content(&self) -> bool {
        self.files.values().any(|file| file.content.is_some())
    }

    fn waiting(&self) -> usize {
        self.files.values().map(|file| file.waiting.len() + file.writing.as_ref().map_or(0, Vec::len)).sum()
    }
}

/// What both sides share.
#[derive(Default)]
struct Shared {
    desk: Mutex<Desk>,
    wake: Condvar,
    commits: AtomicU64,
    written: AtomicU64,
    refused: AtomicU64,
}

impl Shared {
    /// The desk is right whatever panicked: it is changed in whole steps.
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way to the thread that writes. Dropping it waits until everything is written or refused.
pub struct Writer {
    folder: Arc<Folder>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system has no thread for us.
    pub fn new(folder: Arc<Folder>) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (writes_to, desk) = (Arc::clone(&folder), Arc::clone(&shared));
        let thread = thread::Builder::new().name("state".to_owned()).spawn(move || run(&writes_to, &desk))?;
        Ok(Self { folder, shared, thread: Some(thread) })
    }

    /// Returns the folder that it writes to; for reading.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Writes `content` under `name` soon, and calls `then`, perhaps on the writing thread.
    pub fn write(&self, name: impl Into<Cow<'static, str>>, content: Vec<u8>, copies: Copies, then: Written) {
        let name = name.into();
        if content.len() > FILE_BYTES_MAX {
            return then(Err(Error::TooLarge(self.folder.path().join(&*name))));
        }
        let mut desk = self.shared.desk();
        let (files, waiting) = (desk.files.len(), desk.waiting());
        let file = match desk.files.entry(name) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(_) if files >= FILES_MAX => {
                drop(desk);
                return then(Err(Error::Busy));
            }
            Entry::Vacant(new) => new.insert(File { copies, content: None, waiting: Vec::new(), writing: None }),
        };
        file.content = Some(content);
        let late = if waiting < WAITING_MAX {
            file.waiting.push(Waiting { since: Instant::now(), then });
            None
        } else {
            Some(then)
        };
        desk.is_urgent = true;
        drop(desk);
        self.shared.wake.notify_one();
        late.into_iter().for_each(|then| then(Err(Error::Busy)));
    }

    /// Calls `then` once everything that was given so far for the files that `is_meant` is on the storage, at once if it is, or with
    /// the reason why something of it is not yet. What was refused before is tried again for it.
    pub fn settle(&self, is_meant: impl Fn(&str) -> bool, then: Written) {
        let mut desk = self.shared.desk();
        let waiting = desk.waiting();
        let is_open = |file: &File| file.content.is_some() || file.writing.is_some();
        let mut open: Vec<_> = desk
            .files
            .iter_mut()
            .filter(|(name, file)| is_meant(name) && is_open(file))
            .map(|(_, file)| file)
            .collect();
        if open.is_empty() {
            drop(desk);
            return then(Ok(()));
        }
        if waiting + open.len() > WAITING_MAX {
            drop(desk);
            return then(Err(Error::Busy));
        }
        let parts = parts(then, open.len());
        for (file, then) in open.iter_mut().zip(parts) {
            let waiting = Waiting { since: Instant::now(), then };
            match &mut file.writing {
                // Without a newer content, what is being written is all there is.
                Some(writing) if file.content.is_none() => writing.push(waiting),
                _ => file.waiting.push(waiting),
            }
        }
        desk.is_urgent |= desk.has_content();
        drop(desk);
        self.shared.wake.notify_one();
    }

    /// Answers requests that have waited for [`PATIENCE`]. To be called a few times a second: the thread itself may be held up.
    pub fn poll(&self) {
        let now = Instant::now();
        let mut late = Vec::new();
        for file in self.shared.desk().files.values_mut() {
            for waiting in [Some(&mut file.waiting), file.writing.as_mut()].into_iter().flatten() {
                late.extend(waiting.extract_if(.., |waiting| now.duration_since(waiting.since) >= PATIENCE));
            }
        }
        late.into_iter().for_each(|waiting| (waiting.then)(Err(Error::Busy)));
    }

    /// Returns why something is not kept that should be; `None` if all is, or is about to be.
    pub fn trouble(&self) -> Option<Trouble> {
        let desk = self.shared.desk();
        let is_late = desk.since.is_some_and(|since| since.elapsed() >= PATIENCE);
        desk.trouble.or(is_late.then_some(Trouble::Slow))
    }

    /// Returns what was done so far.
    pub fn counts(&self) -> Counts {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Shared { commits, written, refused, .. } = &*self.shared;
        Counts { commits_total: count(commits), files_total: count(written), refused_total: count(refused) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.desk().ended = true;
        self.shared.wake.notify_one();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            log::error!("the state thread panicked");
        }
    }
}

/// Returns `count` answers that are one: `whole` is called with the first error, or once all of them are called.
fn parts(whole: Written, count: usize) -> Vec<Written> {
    let shared = Arc::new(Mutex::new((Some(whole), count)));
    let part = |_| {
        let shared = Arc::clone(&shared);
        Box::new(move |result: Result<(), Error>| {
            let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
            state.1 -= 1;
            let is_due = result.is_err() || state.1 == 0;
            let whole = if is_due { state.0.take() } else { None };
            drop(state);
            whole.into_iter().for_each(|whole| whole(dup(&result)));
        }) as Written
    };
    (0..count).map(part).collect()
}

/// Returns the same result for somebody else.
fn dup(result: &Result<(), Error>) -> Result<(), Error> {
    let again = |error: &io::Error| match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    };
    match result {
        Ok(()) => Ok(()),
        Err(Error::System(path, error)) => Err(Error::System(path.clone(), again(error))),
        Err(Error::TooLarge(path)) => Err(Error::TooLarge(path.clone())),
        // The others are none of a write.
        Err(_) => Err(Error::Busy),
    }
}

/// Writes until the [`Writer`] is gone.
fn run(folder: &Folder, shared: &Shared) {
    let mut backoff = RETRY.0;
    while await_work(shared, backoff) {
        let batch = begin(&mut shared.desk());
        if batch.is_empty() {
            return;
        }
        let contents: Vec<Content<'_>> =
            batch.iter().map(|(name, bytes, copies)| Content { name, bytes, copies: *copies }).collect();
        let results = folder.write_all(&contents);
        shared.commits.fetch_add(1, Ordering::Relaxed);
        let refused = results.iter().filter(|result| result.is_err()).count() as u64;
        shared.written.fetch_add(batch.len() as u64 - refused, Ordering::Relaxed);
        shared.refused.fetch_add(refused, Ordering::Relaxed);
        let (is_refused, answers) = end(&mut shared.desk(), batch, results);
        answers.into_iter().for_each(|(then, result)| then(result));
        backoff = if is_refused { (backoff * 2).min(RETRY.1) } else { RETRY.0 };
        let pace = Instant::now() + if is_refused { PACE_REFUSED } else { PACE };
        rest(shared, pace);
    }
}

/// Waits until something is to be written. Returns `false` once nothing will be any more.
fn await_work(shared: &Shared, backoff: Duration) -> bool {
    let until = Instant::now() + backoff;
    let mut desk = shared.desk();
    loop {
        let has_content = desk.has_content();
        if desk.ended {
            return has_content;
        }
        let left = until.saturating_duration_since(Instant::now());
        if desk.is_urgent || has_content && left.is_zero() {
            return true;
        }
        // Without a debt there is nothing to wake up for.
        desk = if has_content {
            shared.wake.wait_timeout(desk, left).unwrap_or_else(PoisonError::into_inner).0
        } else {
            shared.wake.wait(desk).unwrap_or_else(PoisonError::into_inner)
        };
    }
}

/// Waits until `until`, or for the end of the [`Writer`].
fn rest(shared: &Shared, until: Instant) {
    let mut desk = shared.desk();
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if desk.ended || left.is_zero() {
            return;
        }
        desk = shared.wake.wait_timeout(desk, left).unwrap_or_else(PoisonError::into_inner).0;
    }
}

/// Who waited, and what they are answered.
type Answer = (Written, Result<(), Error>);

/// Files that are written together.
type Batch = Vec<(Cow<'static, str>, Vec<u8>, Copies)>;

/// Takes everything that is to be written.
fn begin(desk: &mut Desk) -> Batch {
    desk.is_urgent = false;
    desk.since = Some(Instant::now());
    let take = |(name, file): (&Cow<'static, str>, &mut File)| {
        let content = file.content.take()?;
        file.writing = Some(std::mem::take(&mut file.waiting));
        Some((name.clone(), content, file.copies))
    };
    desk.files.iter_mut().filter_map(take).collect()
}

/// Takes in what came of it. Returns whether something was refused, and the answers for who waited.
fn end(desk: &mut Desk, batch: Batch, results: Vec<Result<(), Error>>) -> (bool, Vec<Answer>) {
    let mut answers = Vec::new();
    let mut trouble = None;
    for ((name, content, _), result) in batch.into_iter().zip(results) {
        let Some(file) = desk.files.get_mut(&name) else { continue };
        if let Err(error) = &result {
            trouble = trouble.or(Some(trouble_of(error)));
            if desk.trouble.is_none() {
                log::warn!(
                    "what people change cannot be written, so a restart brings back what was before it: {error}"
                );
            }
            // A newer one takes its place; at the end nothing is tried for ever.
            if !desk.ended {
                file.content.get_or_insert(content);
            }
        }
        let writing = file.writing.take().unwrap_or_default();
        answers.extend(writing.into_iter().map(|waiting| (waiting.then, dup(&result))));
    }
    if desk.trouble.is_some() && trouble.is_none() {
        log::info!("what people change is written again");
    }
    desk.trouble = trouble;
    desk.since = None;
    (trouble.is_some(), answers)
}

fn trouble_of(error: &Error) -> Trouble {
    let is_full = |error: &io::Error| matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    match error {
        Error::System(_, error) if is_full(error) => Trouble::Full,
        _ => Trouble::Refuses,
    }
}

#[cfg(test)]
mod tests;
