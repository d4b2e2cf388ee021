//! The room's threads: one for lines and LEDs, one for the display, which takes 25 ms for a picture and must hold up
//! neither.
//!
//! The lines' thread waits in `poll` for edges, for a wake-up through the handle, and for the next deadline of a gesture,
//! a light pattern or a retry; for nothing else. Every wake-up is counted by its cause.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use base::Time;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::display;
use crate::event::{Emit, Event};
use crate::function::{Function, Led};
use crate::gesture::Habits;
use crate::gpio::Gpio;
pub use crate::handle::{Counts, Handle};
use crate::handle::{Shared, count, lock};
use crate::inputs::Inputs;
use crate::light::Light;
use crate::lines::Lines;
use crate::port::Port;
use crate::sim::Sim;
use crate::time::{self, earlier};
use crate::wiring::{Kind, Wiring};

/// A started room.
pub struct Running {
    /// Steers it.
    pub handle: Handle,
    /// Its threads: none without a board. They end after [`Handle::stop`]; one that ends earlier has a bug.
    pub threads: Vec<JoinHandle<()>>,
    /// What stands for the wires of a simulated board.
    pub sim: Option<Sim>,
}

/// Starts the room. Nothing that is missing is an error: it is reported through `on_event` and tried again.
///
/// `on_event` is called on the room's threads, one call at a time, and must not wait.
///
/// # Errors
/// When the system has no descriptor or thread left.
pub fn start(wiring: Wiring, habits: Habits, on_event: impl FnMut(Event) + Send + 'static) -> io::Result<Running> {
    let handle = Handle::new()?;
    let emit: Emit = Arc::new(Mutex::new(on_event));
    let mut threads = Vec::new();
    let (port, sim): (Box<dyn Port>, Option<Sim>) = match wiring.kind {
        Kind::None => return Ok(Running { handle, threads, sim: None }),
        Kind::Gpio => (Box::new(Gpio::new(wiring.chip.clone())), None),
        Kind::Sim => {
            let sim = Sim::new(&wiring)?;
            (Box::new(sim.clone()), Some(sim))
        }
    };
    log::info!("board: {} ({})", wiring.title, if sim.is_some() { "no pins" } else { &wiring.chip });
    if wiring.display.is_some() {
        let shared = Arc::clone(&handle.shared);
        let (wiring, emit, sim) = (wiring.clone(), Arc::clone(&emit), sim.clone());
        threads.push(spawn("display", move || display::run(&wiring, sim.as_ref(), &shared, &emit))?);
    }
    let shared = Arc::clone(&handle.shared);
    let shows_loudness = wiring.pin(Function::Led(Led::Level)).is_some();
    shared.shows_loudness.store(shows_loudness, Ordering::Relaxed);
    let lines = Lines::new(port, wiring);
    // Before anybody can ask, so that nobody takes "not yet tried" for "all is there".
    shared.counters.lines_missing.store(lines.missing(), Ordering::Relaxed);
    threads.push(spawn("board", move || run(lines, Inputs::new(habits), &shared, &emit))?);
    Ok(Running { handle, threads, sim })
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(body)
}

/// The lines' thread.
fn run(mut lines: Lines, mut inputs: Inputs, shared: &Shared, emit: &Emit) {
    let mut now = time::now();
    let mut light = Light::new(now);
    lines.open_missing(&mut inputs, now);
    loop {
        light.at(now);
        lines.show(&light, now);
        shared.counters.lines_missing.store(lines.missing(), Ordering::Relaxed);
        for event in lines.events().into_iter().chain(inputs.events()) {
            lock(emit)(event);
        }
        let due = Due {
            gesture: inputs.next_deadline(),
            step: light.next_change(now).filter(|_| lines.has_leds()),
            retry: lines.retry(),
        };
        let ready = match sleep(&lines, shared, due.earliest()) {
            Ok(ready) => ready,
            Err(error) => {
                // Nothing can be waited for: a limit of the system that a restart may lift.
                log::error!("board: cannot wait for lines: {error}");
                return;
            }
        };
        now = time::now();
        if ready.woken {
            count(&shared.counters.requests);
            let requests = shared.take();
            if requests.stop {
                lines.dark();
                return;
            }
            if let Some(scene) = requests.scene {
                light.set(scene, now);
            }
            light.set_loudness(shared.loudness());
            requests.flashes.into_iter().for_each(|flash| light.flash(flash, now));
        }
        if ready.edges {
            count(&shared.counters.edges);
        }
        // Before deadlines: an edge may be older than a deadline that has passed meanwhile.
        let lossy = lines.read(&ready.hung_inputs, &mut inputs, now);
        (0..lossy).for_each(|_| count(&shared.counters.overflows));
        lines.hung_up(&ready.hung_outputs, now);
        if !ready.woken && !ready.edges {
            due.count(now, shared);
        }
        inputs.at(now);
        if lines.retry().is_some_and(|retry| retry <= now) {
            lines.open_missing(&mut inputs, now);
        }
    }
}

/// What the thread waits for besides descriptors.
struct Due {
    gesture: Option<Time>,
    step: Option<Time>,
    retry: Option<Time>,
}

impl Due {
    fn earliest(&self) -> Option<Time> {
        earlier(self.gesture, earlier(self.step, self.retry))
    }

    /// Counts a wake-up for each cause that was due.
    fn count(&self, now: Time, shared: &Shared) {
        let counters = &shared.counters;
        for (due, counter) in
            [(self.gesture, &counters.gestures), (self.step, &counters.steps), (self.retry, &counters.retries)]
        {
            if due.is_some_and(|due| due <= now) {
                count(counter);
            }
        }
    }
}

/// What ended a sleep.
struct Ready {
    woken: bool,
    edges: bool,
    /// Which inputs hung up, in the order of [`Lines::fds`].
    hung_inputs: Vec<bool>,
    /// And which outputs.
    hung_outputs: Vec<bool>,
}

/// Sleeps until something is ready or due.
fn sleep(lines: &Lines, shared: &Shared, due: Option<Time>) -> io::Result<Ready> {
    let inputs = lines.input_fds();
    let mut fds: Vec<PollFd<'_>> = vec![PollFd::from_borrowed_fd(shared.wake(), PollFlags::IN)];
    for (at, fd) in lines.fds().enumerate() {
        // Hanging up is reported unasked.
        fds.push(PollFd::from_borrowed_fd(fd, if at < inputs { PollFlags::IN } else { PollFlags::empty() }));
    }
    let limit = due.map(|due| {
        let us = due.micros_since(time::now());
        Timespec { tv_sec: (us / 1_000_000) as i64, tv_nsec: (us % 1_000_000 * 1_000) as i64 }
    });
    match poll(&mut fds, limit.as_ref()) {
        // A signal: as if woken for nothing.
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
    let hung = |fd: &PollFd<'_>| fd.revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
    let (woken, lines) = (ready(&fds[0]), &fds[1..]);
    Ok(Ready {
        woken,
        edges: lines[..inputs].iter().any(ready),
        hung_inputs: lines[..inputs].iter().map(hung).collect(),
        hung_outputs: lines[inputs..].iter().map(hung).collect(),
    })
}
