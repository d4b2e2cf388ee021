//! Writing state without waiting for it: a slow card must hold up neither buttons nor pages.
//!
//! One thread writes in the order of asking. Dropping the [`Writer`] waits until all of it is written. How a file is written
//! is in [`Folder`].

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};

use super::{Error, Folder};

/// Writes that wait for the storage. A further one is refused with [`Error::Busy`]; whoever asked asks again later.
const WAITING_MAX: usize = 32;

/// Called once a content is on the storage, or with the reason why it is not.
pub type Written = Box<dyn FnOnce(Result<(), Error>) + Send>;

struct Job {
    name: Cow<'static, str>,
    content: Vec<u8>,
    then: Written,
}

/// The way to the thread that writes. Dropping it waits until everything is written.
pub struct Writer {
    folder: Arc<Folder>,
    jobs: Option<SyncSender<Job>>,
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
    pub fn new(folder: Arc<Folder>) -> std::io::Result<Self> {
        let (jobs, waiting) = sync_channel::<Job>(WAITING_MAX);
        let writes_to = Arc::clone(&folder);
        let write = move || {
            for job in waiting {
                (job.then)(writes_to.write(&job.name, &job.content));
            }
        };
        let thread = thread::Builder::new().name("state".to_owned()).spawn(write)?;
        Ok(Self { folder, jobs: Some(jobs), thread: Some(thread) })
    }

    /// Returns the folder that it writes to; for reading.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Writes `content` under `name` soon, and calls `then`, perhaps on the writing thread.
    pub fn write(&self, name: impl Into<Cow<'static, str>>, content: Vec<u8>, then: Written) {
        let name = name.into();
        let refused = match &self.jobs {
            Some(jobs) => jobs.try_send(Job { name, content, then }).err(),
            None => return then(Err(Error::Busy)),
        };
        if let Some(error) = refused {
            let (TrySendError::Full(job) | TrySendError::Disconnected(job)) = error;
            (job.then)(Err(Error::Busy));
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            log::error!("the state thread panicked");
        }
    }
}
