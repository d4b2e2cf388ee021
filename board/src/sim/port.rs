//! The simulated board as the threads see it: lines that open, edges that are due, LEDs.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use embedded_hal::pwm::{ErrorType, SetDutyCycle};
use rustix::io::read;

use super::{Sim, Unit, arm};
use crate::event::Problem;
use crate::function::{Function, Led};
use crate::handle::lock;
use crate::port::{Dimmed, Edge, Failure, Input, Output, Port, Reading};
use crate::table::Active;
use crate::time;
use crate::wiring::Pin;

impl Port for Sim {
    fn input(&mut self, pins: &[Pin]) -> Result<Box<dyn Input>, Failure> {
        let state = lock(&self.inner.state);
        if !state.present {
            return Err(Failure::Chip(Problem::Missing, Vec::new()));
        }
        let unit = pins.first().and_then(|pin| state.units.iter().find(|unit| unit.functions.contains(&pin.function)));
        let unit = unit.ok_or(Failure::Line(Problem::Missing))?;
        let (function, timer) = (unit.functions[0], Arc::clone(&unit.timer));
        Ok(Box::new(Line { sim: self.clone(), function, timer }))
    }

    fn output(&mut self, pin: &Pin) -> Result<Output, Failure> {
        if !lock(&self.inner.state).present {
            return Err(Failure::Chip(Problem::Missing, Vec::new()));
        }
        let Function::Led(led) = pin.function else { return Err(Failure::Line(Problem::Missing)) };
        let pwm = Glow { sim: self.clone(), led };
        Ok(Output { lamp: Box::new(Dimmed { pwm, active: Active::High }), hangup: None })
    }
}

/// An opened input.
struct Line {
    sim: Sim,
    function: Function,
    timer: Arc<OwnedFd>,
}

impl Line {
    fn with<T>(&self, f: impl FnOnce(&mut Unit) -> T) -> Result<T, Problem> {
        let mut state = lock(&self.sim.inner.state);
        if !state.present {
            return Err(Problem::Gone);
        }
        state.units.iter_mut().find(|unit| unit.functions[0] == self.function).map(f).ok_or(Problem::Gone)
    }
}

impl Input for Line {
    fn fd(&self) -> BorrowedFd<'_> {
        self.timer.as_fd()
    }

    fn read(&mut self, edges: &mut Vec<Edge>) -> Result<Reading, Problem> {
        // How often the timer ran out does not matter.
        let _ = read(&*self.timer, &mut [0; 8]);
        let now = time::now();
        self.with(|unit| {
            while let Some((at, function, active)) = unit.schedule.pop_front_if(|edge| edge.0 <= now) {
                if let Some(place) = unit.functions.iter().position(|known| *known == function) {
                    unit.closed[place] = active;
                }
                edges.push(Edge { function, active, at });
            }
            arm(&unit.timer, unit.schedule.front().map(|first| first.0));
            Reading::Whole
        })
    }

    fn levels(&mut self) -> Result<Vec<(Function, bool)>, Problem> {
        self.with(|unit| unit.functions.iter().copied().zip(unit.closed.iter().copied()).collect())
    }
}

/// A simulated LED.
struct Glow {
    sim: Sim,
    led: Led,
}

impl ErrorType for Glow {
    type Error = Problem;
}

impl SetDutyCycle for Glow {
    fn max_duty_cycle(&self) -> u16 {
        u16::from(u8::MAX)
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), Problem> {
        let mut there = true;
        self.sim.change(|state| {
            there = state.present;
            let level = if there { duty.min(255) as u8 } else { 0 };
            std::mem::replace(&mut state.leds[self.led.index()], level) != level
        });
        if there { Ok(()) } else { Err(Problem::Gone) }
    }
}
