//! What the threads of a library share: how far they are, and what wakes or ends them.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};

use crate::progress::Progress;
use crate::walk::PassedOver;

/// What the scan and those who ask share.
pub(crate) struct Shared {
    /// Readable when the library is closed.
    pub(crate) closed: OwnedFd,
    /// Readable when everything is to be looked at again.
    pub(crate) rescan: OwnedFd,
    progress: Mutex<Progress>,
    /// By place; as the last scan of all of it found.
    passed_over: Mutex<BTreeMap<i64, PassedOver>>,
    on_change: Arc<dyn Fn() + Send + Sync>,
    /// How often something has changed.
    changes: AtomicU64,
}

impl Shared {
    /// What is shared while the library is open: a scan is about to begin, and `on_change` is called after every change.
    pub(crate) fn new(progress: Progress, on_change: Arc<dyn Fn() + Send + Sync>) -> io::Result<Self> {
        let event = || eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK);
        let (closed, rescan) = (event()?, event()?);
        Ok(Self {
            closed,
            rescan,
            progress: Mutex::new(progress),
            passed_over: Mutex::default(),
            on_change,
            changes: AtomicU64::new(0),
        })
    }

    pub(crate) fn is_closed(&self) -> bool {
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut [PollFd::new(&self.closed, PollFlags::IN)], Some(&at_once)).is_ok_and(|ready| ready > 0)
    }

    /// Whether a rescan was wanted since the last call.
    pub(crate) fn take_rescan(&self) -> bool {
        rustix::io::read(&self.rescan, &mut [0; 8]).is_ok()
    }

    /// Has everything scanned as soon as there is time for it.
    pub(crate) fn scan_all(&self) {
        // A counter that is full is readable as well.
        _ = rustix::io::write(&self.rescan, &1_u64.to_ne_bytes());
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.progress.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Remembers what a scan of all of a place has passed over.
    pub(crate) fn pass_over(&self, root: i64, files: PassedOver) {
        self.passed_over.lock().unwrap_or_else(PoisonError::into_inner).insert(root, files);
    }

    /// What was passed over in a place.
    pub(crate) fn passed_over(&self, root: i64) -> PassedOver {
        let all = self.passed_over.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&root).cloned().unwrap_or_default()
    }

    /// Waits so long, or until the library is closed.
    pub(crate) fn rest(&self, pause: Duration) {
        let pause = Timespec { tv_sec: pause.as_secs().cast_signed(), tv_nsec: pause.subsec_nanos().into() };
        // Woken early it only looks again early.
        _ = poll(&mut [PollFd::new(&self.closed, PollFlags::IN)], Some(&pause));
    }

    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    pub(crate) fn changed(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
        (self.on_change)();
    }

    pub(crate) fn progress(&self) -> Progress {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
