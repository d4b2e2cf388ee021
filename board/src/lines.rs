//! All lines of the box: opens them, keeps them open, and reports once what is missing and once when it is back.
//!
//! It is given the time. What edges mean is in [`crate::inputs`], what LEDs show in [`crate::light`].

use std::os::fd::{AsFd, BorrowedFd};

use base::Time;

use crate::advice;
use crate::event::{Event, Part, Problem, What};
use crate::function::{Function, Led};
use crate::inputs::Inputs;
use crate::light::Light;
use crate::port::{Edge, Failure, Input, Output, Port, Reading};
use crate::time::earlier;
use crate::wiring::{Pin, Wiring};

/// After this time, µs, what went missing is tried again for the first time: a driver that is unbound and bound again is
/// back within a fraction of a second.
pub(crate) const RETRY_FIRST_US: u64 = 500_000;

/// The pauses double up to this one, µs: two wake-ups a minute cost nothing, and whoever plugs something in waits that
/// long at most.
pub(crate) const RETRY_MAX_US: u64 = 30_000_000;

/// Pauses between attempts that grow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    pause_us: u64,
}

impl Backoff {
    pub(crate) const fn new() -> Self {
        Self { pause_us: RETRY_FIRST_US }
    }

    /// When the next attempt is due after one failed at `now`.
    pub(crate) fn next(&mut self, now: Time) -> Time {
        let due = now.plus_micros(self.pause_us);
        self.pause_us = (self.pause_us * 2).min(RETRY_MAX_US);
        due
    }
}

/// Every line, opened or not.
pub(crate) struct Lines {
    port: Box<dyn Port>,
    wiring: Wiring,
    inputs: Vec<InputUnit>,
    outputs: Vec<OutputUnit>,
    /// Whether the chip was reported as missing.
    chip_told: bool,
    retry: Option<Time>,
    backoff: Backoff,
    events: Vec<Event>,
}

/// Inputs that are opened together.
struct InputUnit {
    pins: Vec<Pin>,
    opened: Option<Box<dyn Input>>,
    /// Whether it was reported as missing.
    reported: bool,
}

struct OutputUnit {
    pin: Pin,
    led: Led,
    opened: Option<Output>,
    /// Level and brightness that the LED has.
    shown: Option<(u8, u8)>,
    reported: bool,
}

impl Lines {
    /// The lines of `wiring`, none open.
    pub(crate) fn new(port: Box<dyn Port>, wiring: Wiring) -> Self {
        let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
        let mut encoder = Vec::new();
        for pin in wiring.pins.iter().cloned() {
            match pin.function {
                Function::Led(led) => outputs.push(OutputUnit { pin, led, opened: None, shown: None, reported: false }),
                // Both halves in one request: their order counts.
                Function::RotaryA | Function::RotaryB => encoder.push(pin),
                Function::Button(_) => inputs.push(InputUnit { pins: vec![pin], opened: None, reported: false }),
            }
        }
        if !encoder.is_empty() {
            inputs.push(InputUnit { pins: encoder, opened: None, reported: false });
        }
        let (backoff, events) = (Backoff::new(), Vec::new());
        Self { port, wiring, inputs, outputs, chip_told: false, retry: None, backoff, events }
    }

    /// When [`Lines::open_missing`] wants to be called again.
    pub(crate) fn retry(&self) -> Option<Time> {
        self.retry
    }

    /// Whether any LED can show anything.
    pub(crate) fn has_leds(&self) -> bool {
        self.outputs.iter().any(|unit| unit.opened.is_some())
    }

    /// How many lines are not open, an encoder's two counted as one.
    pub(crate) fn missing(&self) -> u64 {
        let inputs = self.inputs.iter().filter(|unit| unit.opened.is_none()).count();
        (inputs + self.outputs.iter().filter(|unit| unit.opened.is_none()).count()) as u64
    }

    /// What happened since this was asked last.
    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Opens what is not open.
    pub(crate) fn open_missing(&mut self, contacts: &mut Inputs, now: Time) {
        let before = self.missing();
        for at in 0..self.inputs.len() {
            if self.inputs[at].opened.is_some() {
                continue;
            }
            let opened = self.port.input(&self.inputs[at].pins).and_then(|mut input| {
                let levels = input.levels().map_err(opened_failure)?;
                Ok((input, levels))
            });
            match opened {
                Ok((input, levels)) => {
                    contacts.opened(&levels, now);
                    self.inputs[at].opened = Some(input);
                    let reported = std::mem::take(&mut self.inputs[at].reported);
                    let pin = self.inputs[at].pins[0].clone();
                    self.well(&pin, reported, now);
                }
                Err(failure) => {
                    let pin = self.inputs[at].pins[0].clone();
                    self.inputs[at].reported |= self.trouble(&pin, self.inputs[at].reported, failure, now);
                }
            }
        }
        for at in 0..self.outputs.len() {
            if self.outputs[at].opened.is_some() {
                continue;
            }
            let pin = self.outputs[at].pin.clone();
            match self.port.output(&pin) {
                Ok(output) => {
                    self.outputs[at].opened = Some(output);
                    self.outputs[at].shown = None;
                    let reported = std::mem::take(&mut self.outputs[at].reported);
                    self.well(&pin, reported, now);
                }
                Err(failure) => {
                    self.outputs[at].reported |= self.trouble(&pin, self.outputs[at].reported, failure, now);
                }
            }
        }
        let missing = self.missing();
        // A chip that came while its lines were being opened: the rest is there as well.
        if missing < before {
            self.backoff = Backoff::new();
        }
        self.retry = (missing > 0).then(|| self.backoff.next(now));
    }

    /// The descriptors to wait for: first those of the inputs, then those that hang up.
    pub(crate) fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let inputs = self.inputs.iter().filter_map(|unit| unit.opened.as_ref().map(|input| input.fd()));
        inputs.chain(self.outputs.iter().filter_map(|unit| unit.opened.as_ref()?.hangup.as_ref().map(AsFd::as_fd)))
    }

    /// Reads every input; `hung` says, in the order of [`Lines::fds`], which hung
    /// up. Says how many inputs had lost edges.
    pub(crate) fn read(&mut self, hung: &[bool], contacts: &mut Inputs, now: Time) -> u64 {
        let mut edges: Vec<Edge> = Vec::new();
        let (mut lossy, mut gone) = (Vec::new(), Vec::new());
        let opened = self.inputs.iter_mut().enumerate().filter_map(|(at, unit)| Some((at, unit.opened.as_mut()?)));
        for ((at, input), hung) in opened.zip(hung) {
            match input.read(&mut edges) {
                Err(problem) => gone.push((at, problem)),
                Ok(_) if *hung => gone.push((at, Problem::Gone)),
                Ok(Reading::Whole) => {}
                Ok(Reading::Lossy) => lossy.push(at),
            }
        }
        edges.into_iter().for_each(|edge| contacts.edge(edge));
        for &at in &lossy {
            match self.inputs[at].opened.as_mut().map(|input| input.levels()) {
                Some(Ok(levels)) => contacts.resync(&levels, now),
                Some(Err(problem)) => gone.push((at, problem)),
                None => {}
            }
        }
        for (at, problem) in gone {
            self.lose_input(at, problem, contacts, now);
        }
        lossy.len() as u64
    }

    /// Outputs whose descriptor hung up are lost; `hung` counts as [`Lines::fds`] does after the inputs.
    pub(crate) fn hung_up(&mut self, hung: &[bool], now: Time) {
        let units = self
            .outputs
            .iter()
            .enumerate()
            .filter(|(_, unit)| unit.opened.as_ref().is_some_and(|output| output.hangup.is_some()));
        let gone: Vec<usize> = units.zip(hung).filter(|(_, hung)| **hung).map(|((at, _), _)| at).collect();
        for at in gone {
            self.lose_output(at, Problem::Gone, now);
        }
    }

    /// How many of the descriptors of [`Lines::fds`] are inputs'.
    pub(crate) fn input_fds(&self) -> usize {
        self.inputs.iter().filter(|unit| unit.opened.is_some()).count()
    }

    /// Has the LEDs show what `light` says.
    pub(crate) fn show(&mut self, light: &Light, now: Time) {
        let percent = light.brightness_percent();
        for at in 0..self.outputs.len() {
            let unit = &mut self.outputs[at];
            let wanted = (light.level(unit.led, now), percent);
            let Some(output) = unit.opened.as_mut().filter(|_| unit.shown != Some(wanted)) else { continue };
            match output.lamp.show(wanted.0, wanted.1) {
                Ok(()) => unit.shown = Some(wanted),
                Err(problem) => self.lose_output(at, problem, now),
            }
        }
    }

    /// All LEDs out.
    pub(crate) fn dark(&mut self) {
        for output in self.outputs.iter_mut().filter_map(|unit| unit.opened.as_mut()) {
            // What cannot be switched off any more is gone.
            let _ = output.lamp.show(0, 0);
        }
    }

    fn lose_input(&mut self, at: usize, problem: Problem, contacts: &mut Inputs, now: Time) {
        self.inputs[at].opened = None;
        for pin in &self.inputs[at].pins {
            contacts.lost(pin.function, now);
        }
        let pin = self.inputs[at].pins[0].clone();
        self.inputs[at].reported |= self.lost(&pin, self.inputs[at].reported, problem, now);
    }

    fn lose_output(&mut self, at: usize, problem: Problem, now: Time) {
        (self.outputs[at].opened, self.outputs[at].shown) = (None, None);
        let pin = self.outputs[at].pin.clone();
        self.outputs[at].reported |= self.lost(&pin, self.outputs[at].reported, problem, now);
    }

    /// Something that worked does not any more: says so, and has it tried again soon.
    fn lost(&mut self, pin: &Pin, reported: bool, problem: Problem, now: Time) -> bool {
        self.backoff = Backoff::new();
        self.retry = earlier(self.retry, Some(now.plus_micros(RETRY_FIRST_US)));
        self.trouble(pin, reported, opened_failure(problem), now)
    }

    /// Reports a failure that was not reported yet. Says whether the line itself has now been reported.
    fn trouble(&mut self, pin: &Pin, reported: bool, failure: Failure, now: Time) -> bool {
        let (part, problem, advice) = match failure {
            Failure::Chip(..) if self.chip_told => return false,
            Failure::Line(_) if reported => return false,
            Failure::Chip(problem, labels) => {
                self.chip_told = true;
                (Part::Chip(self.wiring.chip.clone()), problem, advice::chip(problem, &labels))
            }
            Failure::Line(problem) => {
                let part = Part::Line { function: pin.function, line: pin.line };
                (part, problem, advice::pin(&self.wiring, pin))
            }
        };
        let is_line = matches!(part, Part::Line { .. });
        self.events.push(Event { at: now, what: What::Trouble { part, problem, advice } });
        is_line
    }

    /// Reports that what was reported as missing is there.
    fn well(&mut self, pin: &Pin, reported: bool, now: Time) {
        if std::mem::take(&mut self.chip_told) {
            self.events.push(Event { at: now, what: What::Well { part: Part::Chip(self.wiring.chip.clone()) } });
        }
        if reported {
            let part = Part::Line { function: pin.function, line: pin.line };
            self.events.push(Event { at: now, what: What::Well { part } });
        }
    }
}

/// What a problem of an opened line is. A line does not go alone: its driver went.
fn opened_failure(problem: Problem) -> Failure {
    match problem {
        Problem::Gone => Failure::Chip(Problem::Gone, Vec::new()),
        problem => Failure::Line(problem),
    }
}

#[cfg(test)]
mod tests;
