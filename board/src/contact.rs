//! One button from edges to gestures: its debouncer and its recognizer on one time line.
//!
//! Pure. The recognizer's time stands still at the first edge of a change that the debouncer does not believe yet, so
//! that a press just within a window is not reported as being outside it.

use base::Time;

use crate::debounce::Debounce;
use crate::gesture::{Gesture, Habit, Recognizer};

/// A button's contact.
#[derive(Clone, Copy, Debug)]
pub struct Contact {
    debounce: Debounce,
    recognizer: Recognizer,
}

impl Contact {
    /// A contact that is `pressed` or not at `now`.
    pub fn new(habit: Habit, pressed: bool, now: Time) -> Self {
        Self { debounce: Debounce::new(pressed), recognizer: Recognizer::new(habit, pressed, now) }
    }

    /// An edge after which the contact is `pressed`; `emit` hears what became true before it.
    pub fn edge(&mut self, pressed: bool, at: Time, emit: &mut impl FnMut(Time, Gesture)) {
        self.at(at, emit);
        self.debounce.edge(pressed, at);
    }

    /// What the line said last.
    pub fn says(&self) -> bool {
        self.debounce.says()
    }

    /// When [`Contact::at`] wants to be called if no edge comes before. Never, while nobody touches the button.
    pub fn next_deadline(&self) -> Option<Time> {
        self.debounce.next_deadline().or_else(|| self.recognizer.next_deadline())
    }

    /// Reports what is true by `now`.
    pub fn at(&mut self, now: Time, emit: &mut impl FnMut(Time, Gesture)) {
        if let Some(change) = self.debounce.at(now) {
            self.drain(change.at, emit);
            if let Some((at, gesture)) = self.recognizer.change(change) {
                emit(at, gesture);
            }
        }
        self.drain(self.debounce.pending().map_or(now, |train| train.min(now)), emit);
    }

    /// Ends what lasts, because the line is gone: as if the button were let go.
    pub fn lose(&mut self, now: Time, emit: &mut impl FnMut(Time, Gesture)) {
        self.at(now, emit);
        let released = crate::debounce::Change { pressed: false, at: now };
        if let Some((at, gesture)) = self.recognizer.change(released)
            && !matches!(gesture, Gesture::Short)
        {
            emit(at, gesture);
        }
    }

    fn drain(&mut self, to: Time, emit: &mut impl FnMut(Time, Gesture)) {
        while let Some((at, gesture)) = self.recognizer.at(to) {
            emit(at, gesture);
        }
    }
}

#[cfg(test)]
mod tests;
