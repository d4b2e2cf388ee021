//! How others talk to the room's threads: the latest scene, the latest show, flashes; and what they counted.
//!
//! Never waits for a thread: values are left where the threads find them, and the threads are woken.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
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
    /// Lines that are wanted and not open now, an encoder's two counted as one.
    pub lines_missing: u64,
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
    pub(crate) lines_missing: AtomicU64,
}

/// By how much the loudness must change to be shown: a sixteenth.
const LOUDNESS_STEP: u8 = 16;

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
    /// The scene that was left last, taken or not.
    latest: Option<Scene>,
}

/// What was left for the display's thread.
#[derive(Default)]
pub(crate) struct Wishes {
    pub(crate) show: Option<Show>,
    pub(crate) stop: bool,
    /// The show that was left last, taken or not.
    latest: Option<Show>,
}

impl Wishes {
    /// Takes what was left.
    pub(crate) fn take(&mut self) -> Self {
        Self { show: self.show.take(), stop: self.stop, latest: None }
    }
}

pub(crate) struct Shared {
    requests: Mutex<Requests>,
    wake: OwnedFd,
    /// How loud it is, and whether an LED shows it.
    loudness: AtomicU8,
    pub(crate) shows_loudness: AtomicBool,
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
            loudness: AtomicU8::new(0),
            shows_loudness: AtomicBool::new(false),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// What the LEDs say from now on. A condition that held before goes on in its pattern; the same scene again wakes
    /// nobody.
    pub fn scene(&self, scene: Scene) {
        let mut requests = lock(&self.shared.requests);
        if requests.latest != Some(scene) {
            (requests.scene, requests.latest) = (Some(scene), Some(scene));
            self.shared.ring();
        }
    }

    /// Returns whether an LED shows how loud it is: else nobody need say it.
    pub fn shows_loudness(&self) -> bool {
        self.shared.shows_loudness.load(Relaxed)
    }

    /// How loud it is from now on, 0 (silence) to 255 (full scale). A change that nobody could see wakes nobody.
    pub fn loudness(&self, loudness: u8) {
        let step = |loudness: u8| loudness / LOUDNESS_STEP;
        if step(self.shared.loudness.swap(loudness, Relaxed)) != step(loudness) && self.shows_loudness() {
            self.shared.ring();
        }
    }

    /// Shows something once, above whatever holds.
    pub fn flash(&self, flash: Flash) {
        let mut requests = lock(&self.shared.requests);
        if !requests.flashes.contains(&flash) {
            requests.flashes.push(flash);
            self.shared.ring();
        }
    }

    /// What the display shows from now on; the same show again wakes nobody.
    pub fn show(&self, show: Show) {
        let mut wishes = lock(&self.shared.wishes);
        if wishes.latest.as_ref() != Some(&show) {
            wishes.latest = Some(show.clone());
            wishes.show = Some(show);
            self.shared.wished.notify_all();
        }
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
            lines_missing: counters.lines_missing.load(Relaxed),
        }
    }

    /// Ends the threads; the LEDs go out and the display goes dark.
    pub fn stop(&self) {
        lock(&self.shared.requests).stop = true;
        self.shared.ring();
        lock(&self.shared.wishes).stop = true;
        self.shared.wished.notify_all();
    }
}

impl Shared {
    /// What ends the sleep of the lines' thread.
    pub(crate) fn wake(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    /// Ends the sleep of the lines' thread that lasts or comes next.
    fn ring(&self) {
        // It cannot fail: the count of wakes would have to reach 2^64.
        let _ = write(&self.wake, &1_u64.to_ne_bytes());
    }

    /// How loud it is.
    pub(crate) fn loudness(&self) -> u8 {
        self.loudness.load(Relaxed)
    }

    /// Takes what was left for the lines' thread.
    pub(crate) fn take(&self) -> Requests {
        // What is read is how often it was woken, which nobody wants to know.
        let _ = read(&self.wake, &mut [0; 8]);
        let mut requests = lock(&self.requests);
        let latest = requests.latest;
        std::mem::replace(&mut *requests, Requests { latest, ..Requests::default() })
    }
}

/// A lock that a panic elsewhere does not close.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
