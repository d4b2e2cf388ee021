//! The display's thread: shows the screens in turn, opens the display again and again if it is not there.
//!
//! Waits for what shall be shown and for the next turn, and for nothing else. What a screen looks like is in `draw`, how
//! a picture gets to the glass in `panel`.

mod bus;
mod code;
mod draw;
pub(crate) mod frame;
mod panel;
#[cfg(test)]
mod tests;

use std::sync::PoisonError;
use std::time::Duration;

use base::Time;
use embedded_hal::i2c::I2c;

use crate::advice;
use crate::event::{Emit, Event, Part, Problem, What};
use crate::handle::{Shared, Wishes, count, lock};
use crate::lines::Backoff;
use crate::screen::{Show, TURN_MS};
use crate::sim::{Sim, SimBus};
use crate::time;
use crate::wiring::{Display, Wiring};

use panel::Panel;

/// The display's thread, with a real bus or a simulated one.
pub(crate) fn run(wiring: &Wiring, sim: Option<&Sim>, shared: &Shared, emit: &Emit) {
    let Some(display) = &wiring.display else { return };
    match sim {
        Some(sim) => {
            let address = display.address;
            serve(wiring, display, || Ok(SimBus { sim: sim.clone(), address }), shared, emit);
        }
        None => serve(wiring, display, || bus::open(&display.bus), shared, emit),
    }
}

fn serve<B: I2c>(
    wiring: &Wiring,
    display: &Display,
    mut open: impl FnMut() -> Result<B, Problem>,
    shared: &Shared,
    emit: &Emit,
) {
    let part = Part::Display { bus: display.bus.clone(), address: display.address };
    let mut panel: Option<Panel<B>> = None;
    let (mut reported, mut backoff) = (false, Backoff::new());
    let mut turn = Turn::default();
    loop {
        let now = time::now();
        turn.at(now);
        let mut fail = |problem, reported: &mut bool| {
            if !std::mem::replace(reported, true) {
                let advice = advice::display(wiring, display);
                lock(emit)(Event { at: now, what: What::Trouble { part: part.clone(), problem, advice } });
            }
            backoff.next(now)
        };
        let mut next = turn.next();
        if panel.is_none() {
            if reported {
                count(&shared.counters.retries);
            }
            match open().and_then(|bus| Panel::start(bus, display.address)) {
                Ok(started) => panel = Some(started),
                Err(problem) => next = Some(fail(problem, &mut reported)),
            }
        }
        if let Some(open) = &mut panel {
            let shown = open.show(&turn.frame(), turn.show.brightness_percent);
            match shown {
                Ok(()) => {
                    count(&shared.counters.frames);
                    backoff = Backoff::new();
                    if std::mem::take(&mut reported) {
                        lock(emit)(Event { at: now, what: What::Well { part: part.clone() } });
                    }
                }
                Err(problem) => {
                    panel = None;
                    next = Some(fail(problem, &mut reported));
                }
            }
        }
        let wishes = wait(shared, next);
        if wishes.stop {
            if let Some(panel) = &mut panel {
                // One that does not answer any more is dark or gone.
                let _ = panel.show(&frame::Frame::default(), 0);
            }
            return;
        }
        if let Some(show) = wishes.show {
            turn.set(show, time::now());
        }
    }
}

/// Waits for a wish, until `next` at most; takes what is wished.
fn wait(shared: &Shared, next: Option<Time>) -> Wishes {
    let nothing = |wishes: &mut Wishes| wishes.show.is_none() && !wishes.stop;
    let wishes = lock(&shared.wishes);
    let mut wishes = match next {
        Some(next) => {
            let limit = Duration::from_micros(next.micros_since(time::now()));
            shared.wished.wait_timeout_while(wishes, limit, nothing).unwrap_or_else(PoisonError::into_inner).0
        }
        None => shared.wished.wait_while(wishes, nothing).unwrap_or_else(PoisonError::into_inner),
    };
    wishes.take()
}

/// Whose turn it is. Pure: it is given the time.
#[derive(Debug, Default)]
struct Turn {
    show: Show,
    /// Turns so far: which screen, and how far everything is moved, so that no pixel is lit for ever.
    number: usize,
    since: Time,
}

impl Turn {
    /// Something else shall be shown from `now` on. The same number of screens goes on in its turn.
    fn set(&mut self, show: Show, now: Time) {
        if self.show.screens.len() != show.screens.len() || self.show.urgent.is_some() != show.urgent.is_some() {
            self.since = now;
        }
        if self.show.screens.len() != show.screens.len() {
            self.number = 0;
        }
        self.show = show;
    }

    fn at(&mut self, now: Time) {
        let turns = now.micros_since(self.since) / (TURN_MS * 1_000);
        self.number = self.number.wrapping_add(turns as usize);
        self.since = self.since.plus_millis(turns * TURN_MS);
    }

    /// When the next turn is; never, while there is nothing to see.
    fn next(&self) -> Option<Time> {
        let blank = self.show.brightness_percent == 0 || (self.show.screens.is_empty() && self.show.urgent.is_none());
        (!blank).then(|| self.since.plus_millis(TURN_MS))
    }

    fn frame(&self) -> frame::Frame {
        let screens = &self.show.screens;
        let round = self.number / screens.len().max(1);
        let turn = screens.get(self.number.checked_rem(screens.len()).unwrap_or(0));
        match self.show.urgent.as_ref() {
            Some(screen) => draw::screen(screen, self.number),
            None => turn.map(|screen| draw::screen(screen, round)).unwrap_or_default(),
        }
    }
}
