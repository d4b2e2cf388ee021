//! How others talk to the room's threads: the latest scene, the latest show, flashes; and what they counted.
//!
//! Never waits for a thread: values are left where the threads find them, and the threads are woken.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::{read, write};

use crate::light::{Flash, Scene};
use crate::screen::Show;

/// Why the room's threads woke up, and what they did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Wake-ups because lines changed.
    pub edges_total: u64,
    /// Wake-ups because the debouncer, a gesture or the encoder waits for something.
    pub gestures_total: u64,
    /// Wake-ups because a light pattern goes on.
    pub steps_total: u64,
    /// Wake-ups because of a new scene, a flash or the end.
    pub requests_total: u64,
    /// Wake-ups to try again what is missing.
    pub retries_total: u64,
    /// Edges that the kernel had no room for; levels were read instead.
    pub overflows_total: u64,
    /// Pictures sent to the display.
    pub frames_total: u64,
}

/// The counters behind [`Counts`].
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) edges: AtomicU64,
    pub(crate) gestures: AtomicU64,
    pub(crate) steps: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) overflows: AtomicU64,
    pub(crate) frames: AtomicU64,
}

/// Counts one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

/// What was left for the lines' thread since it last looked.
#[derive(Default)]
pub(crate) struct Requests {
    pub(crate) scene: Option<Scene>,
    /// At most one of each: a second one that comes before the first is begun is the same flash.
    pub(crate) flashes: Vec<Flash>,
    pub(crate) stop: bool,
}

/// What was left for the display's thread.
#[derive(Default)]
pub(crate) struct Wishes {
    pub(crate) show: Option<Show>,
    pub(crate) stop: bool,
}

pub(crate) struct Shared {
    requests: Mutex<Requests>,
    wake: OwnedFd,
    pub(crate) wishes: Mutex<Wishes>,
    pub(crate) wished: Condvar,
    pub(crate) counters: Counters,
}

/// Steers the room from any thread; copies steer the same room.
#[derive(Clone)]
pub struct Handle {
    pub(crate) shared: Arc<Shared>,
}

impl Handle {
    /// # Errors
    /// When the system is out of descriptors.
    pub(crate) fn new() -> io::Result<Self> {
        let shared = Shared {
            requests: Mutex::default(),
            wake: eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?,
            wishes: Mutex::default(),
            wished: Condvar::new(),
            counters: Counters::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// What the LEDs say from now on. A condition that held before goes on in its pattern.
    pub fn scene(&self, scene: Scene) {
        self.request(|requests| requests.scene = Some(scene));
    }

    /// Shows something once, above whatever holds.
    pub fn flash(&self, flash: Flash) {
        self.request(|requests| {
            if !requests.flashes.contains(&flash) {
                requests.flashes.push(flash);
            }
        });
    }

    /// What the display shows from now on.
    pub fn show(&self, show: Show) {
        lock(&self.shared.wishes).show = Some(show);
        self.shared.wished.notify_all();
    }

    /// What the threads have counted so far.
    pub fn counts(&self) -> Counts {
        let counters = &self.shared.counters;
        Counts {
            edges_total: counters.edges.load(Relaxed),
            gestures_total: counters.gestures.load(Relaxed),
            steps_total: counters.steps.load(Relaxed),
            requests_total: counters.requests.load(Relaxed),
            retries_total: counters.retries.load(Relaxed),
            overflows_total: counters.overflows.load(Relaxed),
            frames_total: counters.frames.load(Relaxed),
        }
    }

    /// Ends the threads; the LEDs go out and the display goes dark.
    pub fn stop(&self) {
        self.request(|requests| requests.stop = true);
        lock(&self.shared.wishes).stop = true;
        self.shared.wished.notify_all();
    }

    fn request(&self, change: impl FnOnce(&mut Requests)) {
        change(&mut lock(&self.shared.requests));
        // It cannot fail: the count of wakes would have to reach 2^64.
        let _ = write(&self.shared.wake, &1_u64.to_ne_bytes());
    }
}

impl Shared {
    /// What ends the sleep of the lines' thread.
    pub(crate) fn wake(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    /// Takes what was left.
    pub(crate) fn take(&self) -> Requests {
        // What is read is how often it was woken, which nobody wants to know.
        let _ = read(&self.wake, &mut [0; 8]);
        std::mem::take(&mut *lock(&self.requests))
    }
}

/// A lock that a panic elsewhere does not close.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
