//! A simulated board: keys press its buttons, with contacts that bounce, and its LEDs and display can be looked at.
//!
//! Below the same threads and rules as the real pins: it stands for the kernel, the wires and the contacts.

mod bus;
mod drawing;
mod port;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use base::Time;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};

pub use crate::display::frame::Frame;
use crate::function::{Button, Function, Led};
use crate::handle::lock;
use crate::time;
use crate::wiring::Wiring;

pub(crate) use bus::{Oled, SimBus};

/// How a contact of the simulated buttons bounces: when it changes after the first touch, µs. 12 ms, which is much.
const BOUNCE_US: [u64; 6] = [900, 1_700, 4_000, 6_100, 9_800, 12_000];

/// Between two presses of the same button, µs.
const PAUSE_US: u64 = 60_000;

/// From one edge of the simulated encoder to the next, µs.
const QUARTER_US: u64 = 3_000;

/// Edges that can wait to happen at one input; what is pressed beyond is not pressed.
const SCHEDULE_MAX: usize = 1_024;

/// The wires of a simulated board; copies are the same board.
#[derive(Clone)]
pub struct Sim {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Whether the chip is there.
    present: bool,
    units: Vec<Unit>,
    leds: [u8; Led::ALL.len()],
    oled: Oled,
    /// Whether there is a display.
    has_oled: bool,
    changes: u64,
}

/// Lines that are read together.
struct Unit {
    functions: Vec<Function>,
    closed: Vec<bool>,
    /// Stands for the line's descriptor: can be read when an edge is due.
    timer: Arc<OwnedFd>,
    schedule: VecDeque<(Time, Function, bool)>,
}

impl Sim {
    /// A board that has what `wiring` says.
    pub(crate) fn new(wiring: &Wiring) -> io::Result<Self> {
        let mut units = Vec::new();
        let wired = |function: &Function| wiring.pin(*function).is_some();
        let buttons = Button::ALL.map(|button| vec![Function::Button(button)]);
        for functions in buttons.into_iter().chain([vec![Function::RotaryA, Function::RotaryB]]) {
            if functions.iter().all(wired) {
                let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
                let timer = Arc::new(timerfd_create(TimerfdClockId::Monotonic, flags)?);
                units.push(Unit { closed: vec![false; functions.len()], functions, timer, schedule: VecDeque::new() });
            }
        }
        let state = State {
            present: true,
            units,
            leds: [0; Led::ALL.len()],
            oled: Oled::default(),
            has_oled: wiring.display.is_some(),
            changes: 0,
        };
        Ok(Self { inner: Arc::new(Inner { state: Mutex::new(state), changed: Condvar::new() }) })
    }

    /// Presses a button and lets it go after `held_ms`, with contacts that bounce; after what it is already about to do.
    /// A button that is not wired stays still.
    pub fn press(&self, button: Button, held_ms: u64) {
        let function = Function::Button(button);
        let released = (held_ms * 1_000).max(BOUNCE_US[5] + 10_000);
        let edges = bounce(function, 0, true).chain(bounce(function, released, false));
        self.schedule(function, &edges.collect::<Vec<_>>());
    }

    /// Lets a button go that is being held, whatever it was about to do. Says whether it was held.
    pub fn let_go(&self, button: Button) -> bool {
        let function = Function::Button(button);
        let mut state = lock(&self.inner.state);
        let held = state.units.iter_mut().find(|unit| unit.functions == [function] && unit.closed == [true]);
        let Some(unit) = held else { return false };
        unit.schedule.clear();
        drop(state);
        self.schedule(function, &bounce(function, 0, false).collect::<Vec<_>>());
        true
    }

    /// Turns the knob by clicks, clockwise counted positive.
    pub fn turn(&self, steps: i32) {
        let (first, second) =
            if steps > 0 { (Function::RotaryA, Function::RotaryB) } else { (Function::RotaryB, Function::RotaryA) };
        let click = [(first, true), (second, true), (first, false), (second, false)];
        let edges = (0..steps.unsigned_abs()).flat_map(|_| click);
        let edges: Vec<_> = (0_u64..).zip(edges).map(|(at, (half, closed))| (at * QUARTER_US, half, closed)).collect();
        self.schedule(Function::RotaryA, &edges);
    }

    /// How bright an LED is, 0 to 255.
    pub fn led(&self, led: Led) -> u8 {
        lock(&self.inner.state).leds[led.index()]
    }

    /// What the display shows.
    pub fn frame(&self) -> Frame {
        lock(&self.inner.state).oled.seen()
    }

    /// LEDs and, if there is one, the display as lines of text, at most 80 columns wide.
    pub fn drawing(&self) -> String {
        let state = lock(&self.inner.state);
        drawing::draw(&state.leds, state.has_oled.then(|| state.oled.seen()).as_ref())
    }

    /// Takes the chip and the display away, as an unbound driver does, or brings them back.
    pub fn set_present(&self, present: bool) {
        let mut state = lock(&self.inner.state);
        state.present = present;
        if !present {
            // Without power it forgets everything.
            state.oled = Oled::default();
        }
        // Whoever waits for a line has to look.
        state.units.iter().for_each(|unit| arm(&unit.timer, Some(time::now())));
    }

    /// Waits until something can be seen that differs from what was at change `seen`, for `limit` at most. Returns the
    /// number of the latest change; start with 0.
    pub fn wait_change(&self, seen: u64, limit: Duration) -> u64 {
        let state = lock(&self.inner.state);
        let waited = self.inner.changed.wait_timeout_while(state, limit, |state| state.changes == seen);
        waited.unwrap_or_else(std::sync::PoisonError::into_inner).0.changes
    }

    fn schedule(&self, of: Function, edges: &[(u64, Function, bool)]) {
        let mut state = lock(&self.inner.state);
        let Some(unit) = state.units.iter_mut().find(|unit| unit.functions.contains(&of)) else { return };
        if unit.schedule.len() + edges.len() > SCHEDULE_MAX {
            return;
        }
        let now = time::now();
        let start = unit.schedule.back().map_or(now, |last| last.0.plus_micros(PAUSE_US).max(now));
        unit.schedule.extend(edges.iter().map(|&(us, function, closed)| (start.plus_micros(us), function, closed)));
        arm(&unit.timer, unit.schedule.front().map(|first| first.0));
    }

    /// Something that can be seen changes, unless `change` says that it stayed the same.
    fn change(&self, change: impl FnOnce(&mut State) -> bool) {
        let mut state = lock(&self.inner.state);
        if change(&mut state) {
            state.changes += 1;
            self.inner.changed.notify_all();
        }
    }
}

/// The edges of a contact that closes or opens at `from`, µs.
fn bounce(function: Function, from: u64, closed: bool) -> impl Iterator<Item = (u64, Function, bool)> {
    let ends = BOUNCE_US.into_iter().enumerate().map(move |(at, us)| (from + us, function, closed == (at % 2 == 1)));
    std::iter::once((from, function, closed)).chain(ends)
}

/// Has a timer's descriptor be readable from `at` on, or not at all.
fn arm(timer: &OwnedFd, at: Option<Time>) {
    // Zero would disarm; the first microsecond after boot is long gone.
    let us = at.map_or(0, |at| at.as_micros().max(1));
    let at = Timespec { tv_sec: (us / 1_000_000) as i64, tv_nsec: (us % 1_000_000 * 1_000) as i64 };
    let never = Timespec { tv_sec: 0, tv_nsec: 0 };
    let times = Itimerspec { it_interval: never, it_value: at };
    // The time is in range, and the descriptor is a timer's.
    let _ = timerfd_settime(timer, TimerfdTimerFlags::ABSTIME, &times);
}
