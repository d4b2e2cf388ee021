//! The thread on which MP3 bodies are served, apart from the runtime that answers requests.
//!
//! A runtime with one thread and without I/O: its tasks wait for packets and listeners only, and what they write to does not
//! block. It must not be shared with anything that a client can make dear.

use std::io;
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc;

/// The way to that thread. Cloning gives another one; with the last the thread ends, and the bodies with it.
#[derive(Clone, Debug)]
pub struct Carrier {
    runtime: Handle,
    _alive: mpsc::Sender<()>,
}

impl Carrier {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub fn start() -> io::Result<(Self, JoinHandle<()>)> {
        let runtime = Builder::new_current_thread().build()?;
        let (alive, mut all_gone) = mpsc::channel(1);
        let carrier = Self { runtime: runtime.handle().clone(), _alive: alive };
        let run = move || _ = runtime.block_on(all_gone.recv());
        let thread = thread::Builder::new().name("mp3".to_owned()).spawn(run)?;
        Ok((carrier, thread))
    }

    /// Runs a task there, until it ends or the thread does.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }
}
