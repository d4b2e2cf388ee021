//! From clean presses to gestures: short, double, long, held, repeated, stuck.
//!
//! Pure: it is given levels and times. What a gesture means is decided by the receiver of the event.

use base::Time;

use crate::debounce::Change;
use crate::function::Button;
use crate::time::earlier;

/// How a button was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gesture {
    /// Pressed and let go. Reported when it is let go; on a button that knows double presses, once no second one came.
    Short,
    /// Pressed twice within the window. Reported when it goes down for the second time; of the rest of that press nothing is
    /// reported, unless it gets stuck.
    Double,
    /// Held for [`LONG_US`]; reported at that moment.
    Long,
    /// Still held: one more step of a button that repeats. The first press of such a button is a [`Gesture::Short`],
    /// reported when it goes down.
    Repeat,
    /// Still held, for this many seconds, 1 to [`Habit::hold_s`]; reported each second, the last at [`Habit::hold_s`].
    Held {
        /// Whole seconds since it went down.
        seconds: u8,
    },
    /// Let go after [`Gesture::Long`], [`Gesture::Repeat`] or [`Gesture::Held`]: ends whatever those began.
    End {
        /// How long it was held, ms.
        held_ms: u32,
    },
    /// Held for [`STUCK_US`]. Reported once; nothing more is reported until it is let go, which is reported as [`Gesture::Freed`].
    Stuck,
    /// Let go after [`Gesture::Stuck`].
    Freed,
}

/// From here on a press is long, µs: 0.8 s, as the product promises.
pub const LONG_US: u64 = 800_000;

/// From here on a button is stuck, µs: 30 s, as the product promises.
pub const STUCK_US: u64 = 30_000_000;

/// How long a button that repeats is held before it does, µs: the usual delay of keyboards.
pub const REPEAT_AFTER_US: u64 = 500_000;

/// From one repetition to the next, µs: quick enough to go from end to end of a scale of 20 steps in 3 s.
pub const REPEAT_EACH_US: u64 = 150_000;

/// What gestures one button knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Habit {
    /// Two presses within this window, ms, are a [`Gesture::Double`]; 0: it knows none, and reports [`Gesture::Short`]
    /// without waiting. The window runs from the first release to the second press.
    pub double_ms: u16,
    /// Whether a long press differs from a short one. Without, [`Gesture::Short`] is reported at every release.
    pub long: bool,
    /// Whether it repeats while it is held. Excludes the other two.
    pub repeat: bool,
    /// Reports [`Gesture::Held`] each second up to this one; 0: never. Below 30.
    pub hold_s: u8,
}

impl Habit {
    /// Short only.
    pub const PLAIN: Self = Self { double_ms: 0, long: false, repeat: false, hold_s: 0 };
}

/// The habits of all buttons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Habits([Habit; 5]);

impl Habits {
    /// The habit of one button.
    pub const fn of(&self, button: Button) -> Habit {
        self.0[button.index()]
    }

    /// These habits, but for one button.
    #[must_use]
    pub const fn with(mut self, button: Button, habit: Habit) -> Self {
        self.0[button.index()] = habit;
        self
    }
}

impl Default for Habits {
    /// Play: short and long. Next: short. Volume: repeats. Pair: short, long, and counts to 10 s.
    fn default() -> Self {
        let long = Habit { long: true, ..Habit::PLAIN };
        let repeat = Habit { repeat: true, ..Habit::PLAIN };
        Self([long, Habit::PLAIN, repeat, repeat, Habit { hold_s: 10, ..long }])
    }
}

/// The recognizer of one button.
#[derive(Clone, Copy, Debug)]
pub struct Recognizer {
    habit: Habit,
    state: State,
    /// The latest time it was given; nothing goes back behind it.
    now: Time,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Up,
    /// Let go once; a second press before `until` makes a double.
    Waiting {
        released: Time,
        until: Time,
    },
    Down(Down),
    Stuck,
}

/// A press that lasts.
#[derive(Clone, Copy, Debug)]
struct Down {
    since: Time,
    /// Held since the start or the second half of a double press: nothing is reported of it, unless it gets stuck.
    silent: bool,
    /// Reported as long, repeated or held: its end must be reported.
    begun: bool,
    long_told: bool,
    seconds_told: u8,
    repeats_told: u32,
}

impl Down {
    const fn new(since: Time, silent: bool) -> Self {
        Self { since, silent, begun: false, long_told: false, seconds_told: 0, repeats_told: 0 }
    }

    fn end(&self, now: Time) -> Gesture {
        Gesture::End { held_ms: u32::try_from(now.micros_since(self.since) / 1_000).unwrap_or(u32::MAX) }
    }

    /// The next thing to emit, and when; without regard to being stuck.
    fn next(&self, habit: Habit) -> Option<(Time, Gesture)> {
        if self.silent {
            return None;
        }
        if habit.repeat {
            let at = REPEAT_AFTER_US + u64::from(self.repeats_told) * REPEAT_EACH_US;
            return Some((self.since.plus_micros(at), Gesture::Repeat));
        }
        let long = (habit.long && !self.long_told).then(|| (self.since.plus_micros(LONG_US), Gesture::Long));
        let seconds = self.seconds_told + 1;
        let held = (seconds <= habit.hold_s)
            .then(|| (self.since.plus_millis(u64::from(seconds) * 1_000), Gesture::Held { seconds }));
        match (long, held) {
            (Some(long), Some(held)) if held.0 < long.0 => Some(held),
            (long, held) => long.or(held),
        }
    }
}

impl Recognizer {
    /// A button with this habit that is up; or, if `pressed`, held since `now`, which is nobody's press.
    pub fn new(habit: Habit, pressed: bool, now: Time) -> Self {
        // A count that reaches the stuck button's time would never be reported to the end.
        let hold_s = habit.hold_s.min((STUCK_US / 1_000_000 - 1) as u8);
        let state = if pressed { State::Down(Down::new(now, true)) } else { State::Up };
        Self { habit: Habit { hold_s, ..habit }, state, now }
    }

    /// The button went down or up. Call [`Recognizer::at`] with its time first, until nothing is reported.
    pub fn change(&mut self, change: Change) -> Option<(Time, Gesture)> {
        let now = self.step(change.at);
        let habit = self.habit;
        let (state, reported) = match (self.state, change.pressed) {
            (State::Up, true) => (State::Down(Down::new(now, false)), habit.repeat.then_some((now, Gesture::Short))),
            (State::Waiting { .. }, true) => (State::Down(Down::new(now, true)), Some((now, Gesture::Double))),
            (State::Down(down), false) if down.silent => (State::Up, None),
            (State::Down(down), false) if down.begun => (State::Up, Some((now, down.end(now)))),
            (State::Down(_), false) if habit.repeat => (State::Up, None),
            (State::Down(_), false) if habit.double_ms > 0 => {
                let until = now.plus_millis(u64::from(habit.double_ms));
                (State::Waiting { released: now, until }, None)
            }
            (State::Down(_), false) => (State::Up, Some((now, Gesture::Short))),
            (State::Stuck, false) => (State::Up, Some((now, Gesture::Freed))),
            (state, _) => (state, None),
        };
        self.state = state;
        reported
    }

    /// When [`Recognizer::at`] wants to be called if the button does not change before.
    pub fn next_deadline(&self) -> Option<Time> {
        match self.state {
            State::Up | State::Stuck => None,
            State::Waiting { until, .. } => Some(until),
            State::Down(down) => {
                earlier(down.next(self.habit).map(|(at, _)| at), Some(down.since.plus_micros(STUCK_US)))
            }
        }
    }

    /// What became true by `now`, the earliest first; call it until it reports nothing.
    pub fn at(&mut self, now: Time) -> Option<(Time, Gesture)> {
        let due = self.next_deadline().filter(|due| *due <= now)?;
        self.step(due);
        match &mut self.state {
            State::Up | State::Stuck => None,
            State::Waiting { released, .. } => {
                let released = *released;
                self.state = State::Up;
                Some((released, Gesture::Short))
            }
            State::Down(down) => {
                if due >= down.since.plus_micros(STUCK_US) {
                    if down.begun {
                        (down.begun, down.silent) = (false, true);
                        return Some((due, down.end(due)));
                    }
                    self.state = State::Stuck;
                    return Some((due, Gesture::Stuck));
                }
                let (at, gesture) = down.next(self.habit)?;
                down.begun = true;
                match gesture {
                    Gesture::Long => down.long_told = true,
                    Gesture::Held { seconds } => down.seconds_told = seconds,
                    _ => down.repeats_told += 1,
                }
                Some((at, gesture))
            }
        }
    }

    fn step(&mut self, to: Time) -> Time {
        self.now = self.now.max(to);
        self.now
    }
}
