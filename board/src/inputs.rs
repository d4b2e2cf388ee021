//! All contacts of the box together: edges in, events out.
//!
//! Pure: it is given edges with their stamps, and the time.

use base::Time;

use crate::contact::Contact;
use crate::event::{Event, What};
use crate::function::{Button, Function};
use crate::gesture::{Gesture, Habits};
use crate::port::Edge;
use crate::rotary::Rotary;
use crate::time::earlier;

/// The state of all contacts.
pub(crate) struct Inputs {
    habits: Habits,
    contacts: [Option<Contact>; Button::ALL.len()],
    rotary: Option<Rotary>,
    events: Vec<Event>,
}

impl Inputs {
    pub(crate) fn new(habits: Habits) -> Self {
        Self { habits, contacts: [None; Button::ALL.len()], rotary: None, events: Vec::new() }
    }

    /// Lines were opened and read as `levels`.
    pub(crate) fn opened(&mut self, levels: &[(Function, bool)], now: Time) {
        for &(function, active) in levels {
            if let Function::Button(button) = function {
                self.contacts[button.index()] = Some(Contact::new(self.habits.of(button), active, now));
            }
        }
        if let Some((a, b)) = encoder(levels) {
            self.rotary = Some(Rotary::new(a, b));
        }
    }

    /// Lines are gone: what lasts ends.
    pub(crate) fn lost(&mut self, function: Function, now: Time) {
        match function {
            Function::Button(button) => {
                if let Some(mut contact) = self.contacts[button.index()].take() {
                    contact.lose(now, &mut emit(&mut self.events, button));
                }
            }
            Function::RotaryA | Function::RotaryB => self.rotary = None,
            Function::Led(_) => {}
        }
    }

    /// An edge.
    pub(crate) fn edge(&mut self, edge: Edge) {
        let Edge { function, active, at } = edge;
        let steps = match (function, &mut self.rotary) {
            (Function::Button(button), _) => {
                if let Some(contact) = &mut self.contacts[button.index()] {
                    contact.edge(active, at, &mut emit(&mut self.events, button));
                }
                0
            }
            (Function::RotaryA, Some(rotary)) => rotary.a(active),
            (Function::RotaryB, Some(rotary)) => rotary.b(active),
            _ => 0,
        };
        self.turned(steps, at);
    }

    /// Edges were lost; the contacts are as `levels` say.
    pub(crate) fn resync(&mut self, levels: &[(Function, bool)], now: Time) {
        for &(function, active) in levels {
            if let Function::Button(button) = function
                && let Some(contact) = &mut self.contacts[button.index()]
                && contact.says() != active
            {
                contact.edge(active, now, &mut emit(&mut self.events, button));
            }
        }
        let steps = match (encoder(levels), &mut self.rotary) {
            (Some((a, b)), Some(rotary)) => rotary.resync(a, b),
            _ => 0,
        };
        self.turned(steps, now);
    }

    fn turned(&mut self, steps: i32, at: Time) {
        if steps != 0 {
            self.events.push(Event { at, what: What::Turn { steps } });
        }
    }

    /// When [`Inputs::at`] wants to be called if nothing happens before. Never, while nobody touches the box.
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.contacts.iter().flatten().fold(None, |next, contact| earlier(next, contact.next_deadline()))
    }

    /// What is true by `now`.
    pub(crate) fn at(&mut self, now: Time) {
        for button in Button::ALL {
            if let Some(contact) = &mut self.contacts[button.index()] {
                contact.at(now, &mut emit(&mut self.events, button));
            }
        }
    }

    /// What happened since this was asked last, in the order of time.
    pub(crate) fn events(&mut self) -> Vec<Event> {
        let mut events = std::mem::take(&mut self.events);
        events.sort_by_key(|event| event.at);
        events
    }
}

/// Both contacts of the encoder, if they are among `levels`.
fn encoder(levels: &[(Function, bool)]) -> Option<(bool, bool)> {
    let of = |half| levels.iter().find(|(function, _)| *function == half).map(|(_, active)| *active);
    of(Function::RotaryA).zip(of(Function::RotaryB))
}

fn emit(events: &mut Vec<Event>, button: Button) -> impl FnMut(Time, Gesture) {
    move |at, gesture| events.push(Event { at, what: What::Press { button, gesture } })
}
