//! What each button does: the table in the configuration, from gestures to actions.
//!
//! Looks actions up; carries none of them out. The keys' meaning for people stands in `partybox.toml`.

use std::fmt;

use board::{Button, Gesture, Habit, Habits};
use party::What;
use serde::{Deserialize, Serialize};

/// How long a button is held for its `held` action, s: long enough that nobody does it by accident, or without seeing
/// the count-down (the product promises 10 s for forgetting hosts).
pub const HELD_S: u8 = 10;

/// What a person at the box can ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Nothing.
    #[default]
    None,
    /// Play if it does not, pause if it does.
    Toggle,
    /// Play.
    Play,
    /// Pause.
    Pause,
    /// Fade out and stop.
    Stop,
    /// The next track.
    Next,
    /// The other source.
    Source,
    /// Let a voice at line-in be heard over the music, as long as the button is held; needs one that repeats.
    Talk,
    /// What letting go of that button leads to; no word of the configuration.
    #[serde(skip)]
    TalkEnd,
    /// Let the box's buttons act on the next channel.
    Channel,
    /// One step louder.
    VolumeUp,
    /// One step softer.
    VolumeDown,
    /// Pair the phone that asks, or open pairing.
    Pair,
    /// Forget all hosts, and make new Wi-Fi credentials if the Wi-Fi is the box's own.
    Forget,
}

impl Action {
    /// Returns what it wants of the channel that the buttons act on, so many times; `None` if it is not about a channel.
    pub fn what(self, times: u8) -> Option<What> {
        let steps = i8::try_from(times).unwrap_or(i8::MAX);
        Some(match self {
            Self::Toggle => What::Toggle,
            Self::Play => What::Play,
            Self::Pause => What::Pause,
            Self::Stop => What::Stop,
            Self::Next => What::Next,
            Self::Source => What::NextSource,
            Self::VolumeUp => What::Turn(steps),
            Self::VolumeDown => What::Turn(-steps),
            Self::Talk => What::TalkOver(true),
            Self::TalkEnd => What::TalkOver(false),
            Self::None | Self::Channel | Self::Pair | Self::Forget => return None,
        })
    }
}

impl fmt::Display for Action {
    /// Its name in the configuration.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// What one button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gestures {
    /// Pressed and let go, or repeated while it is held.
    pub short: Action,
    /// Pressed twice.
    pub double: Action,
    /// Held for 0.8 s.
    pub long: Action,
    /// Held for [`HELD_S`].
    pub held: Action,
    /// Whether the short action repeats while the button is held; leaves no room for the other three.
    pub repeat: bool,
}

impl Default for Gestures {
    fn default() -> Self {
        Self::NOTHING
    }
}

impl Gestures {
    const NOTHING: Self =
        Self { short: Action::None, double: Action::None, long: Action::None, held: Action::None, repeat: false };

    const fn short(action: Action) -> Self {
        Self { short: action, ..Self::NOTHING }
    }

    const fn repeating(action: Action) -> Self {
        Self { repeat: true, ..Self::short(action) }
    }

    /// Whether it asks for what one button can do at once.
    fn is_possible(&self) -> bool {
        let others = [self.double, self.long, self.held];
        let repeats_alone = !self.repeat || others.iter().all(|action| *action == Action::None);
        // Only a button that repeats says as long as it is held that it is.
        let talks_held = self.repeat || self.short != Action::Talk;
        repeats_alone && talks_held && !others.contains(&Action::Talk)
    }
}

/// What turning the knob does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Knob {
    /// Nothing.
    None,
    /// Clockwise is louder.
    #[default]
    Volume,
}

/// `[buttons]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "each key is documented once, for its users, in partybox.toml")]
pub struct Buttons {
    pub play: Gestures,
    pub next: Gestures,
    pub volume_up: Gestures,
    pub volume_down: Gestures,
    pub pair: Gestures,
    pub knob: Knob,
}

impl Default for Buttons {
    fn default() -> Self {
        Self {
            play: Gestures { long: Action::Stop, ..Gestures::short(Action::Toggle) },
            next: Gestures::short(Action::Next),
            volume_up: Gestures::repeating(Action::VolumeUp),
            volume_down: Gestures::repeating(Action::VolumeDown),
            pair: Gestures { held: Action::Forget, ..Gestures::short(Action::Pair) },
            knob: Knob::Volume,
        }
    }
}

impl Buttons {
    /// What `button` does.
    pub const fn of(&self, button: Button) -> &Gestures {
        match button {
            Button::Play => &self.play,
            Button::Next => &self.next,
            Button::VolumeUp => &self.volume_up,
            Button::VolumeDown => &self.volume_down,
            Button::Pair => &self.pair,
        }
    }

    /// Whether one of the buttons that `has` knows of leads to `action` by some gesture.
    pub fn lead_to(&self, action: Action, has: impl Fn(Button) -> bool) -> bool {
        let leads = |button: &Button| {
            let Gestures { short, double, long, held, .. } = *self.of(*button);
            [short, double, long, held].contains(&action)
        };
        Button::ALL.iter().any(|button| has(*button) && leads(button))
    }

    /// The first button that is asked for more than it can do.
    pub fn impossible(&self) -> Option<Button> {
        Button::ALL.into_iter().find(|button| !self.of(*button).is_possible())
    }

    /// Which gestures the board has to tell apart: none that nothing hangs on, because each costs the others time. Two
    /// presses within `double_ms` are a double press.
    pub fn habits(&self, double_ms: u16) -> Habits {
        Button::ALL.into_iter().fold(Habits::default(), |habits, button| {
            let gestures = self.of(button);
            let known = |action| action != Action::None;
            habits.with(
                button,
                Habit {
                    double_ms: if known(gestures.double) { double_ms } else { 0 },
                    long: known(gestures.long) || known(gestures.held),
                    repeat: gestures.repeat,
                    hold_s: if known(gestures.held) { HELD_S } else { 0 },
                },
            )
        })
    }

    /// What `gesture` on `button` asks for.
    pub fn action(&self, button: Button, gesture: Gesture) -> Action {
        let gestures = self.of(button);
        match gesture {
            Gesture::Short | Gesture::Repeat => gestures.short,
            Gesture::Double => gestures.double,
            Gesture::Long => gestures.long,
            Gesture::Held { seconds: HELD_S } => gestures.held,
            Gesture::End { .. } | Gesture::Stuck if gestures.short == Action::Talk => Action::TalkEnd,
            Gesture::Held { .. } | Gesture::End { .. } | Gesture::Stuck | Gesture::Freed => Action::None,
        }
    }

    /// What `gesture` on `button` leads to if it is kept up, and the seconds until then.
    pub fn countdown(&self, button: Button, gesture: Gesture) -> Option<(Action, u8)> {
        let action = self.of(button).held;
        match gesture {
            Gesture::Held { seconds: seconds @ 1..HELD_S } if action != Action::None => {
                Some((action, HELD_S - seconds))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buttons_do_what_is_printed_beside_them() {
        let buttons = Buttons::default();
        let action = |button, gesture| buttons.action(button, gesture);
        assert_eq!(action(Button::Play, Gesture::Short), Action::Toggle);
        assert_eq!(action(Button::Play, Gesture::Long), Action::Stop);
        assert_eq!(action(Button::Next, Gesture::Short), Action::Next);
        assert_eq!(action(Button::VolumeDown, Gesture::Repeat), Action::VolumeDown);
        assert_eq!(action(Button::Pair, Gesture::Short), Action::Pair);
        assert_eq!(action(Button::Pair, Gesture::Held { seconds: 9 }), Action::None);
        assert_eq!(action(Button::Pair, Gesture::Held { seconds: HELD_S }), Action::Forget);
        for gesture in [Gesture::Stuck, Gesture::Freed, Gesture::End { held_ms: 900 }] {
            assert!(Button::ALL.iter().all(|button| action(*button, gesture) == Action::None), "{gesture:?}");
        }
    }

    #[test]
    fn a_voice_is_heard_as_long_as_its_button_is_held() {
        let next = Gestures::repeating(Action::Talk);
        let buttons = Buttons { next, ..Buttons::default() };
        assert_eq!(buttons.impossible(), None);
        let action = |gesture| buttons.action(Button::Next, gesture);
        for held in [Gesture::Short, Gesture::Repeat] {
            assert_eq!(action(held).what(1), Some(What::TalkOver(true)));
        }
        for ended in [Gesture::End { held_ms: 900 }, Gesture::Stuck] {
            assert_eq!(action(ended).what(1), Some(What::TalkOver(false)));
        }
        for gestures in [Gestures::short(Action::Talk), Gestures { long: Action::Talk, ..Gestures::NOTHING }] {
            assert_eq!(Buttons { next: gestures, ..Buttons::default() }.impossible(), Some(Button::Next));
        }
    }

    #[test]
    fn a_short_press_waits_for_nothing_unless_a_double_press_means_something() {
        let mut buttons = Buttons::default();
        assert!(Button::ALL.iter().all(|button| buttons.habits(400).of(*button).double_ms == 0));
        buttons.next.double = Action::Source;
        assert_eq!(buttons.habits(400).of(Button::Next).double_ms, 400);
    }

    #[test]
    fn the_count_down_runs_only_where_something_hangs_on_it() {
        let buttons = Buttons::default();
        let left = |button, seconds| buttons.countdown(button, Gesture::Held { seconds });
        assert_eq!(
            (left(Button::Pair, 1), left(Button::Pair, 9)),
            (Some((Action::Forget, 9)), Some((Action::Forget, 1)))
        );
        assert_eq!((left(Button::Pair, HELD_S), left(Button::Play, 1)), (None, None));
        assert_eq!(buttons.countdown(Button::Pair, Gesture::Long), None);
    }

    #[test]
    fn a_button_that_repeats_can_do_nothing_else() {
        let mut buttons = Buttons::default();
        assert_eq!(buttons.impossible(), None);
        buttons.volume_up.long = Action::Next;
        assert_eq!(buttons.impossible(), Some(Button::VolumeUp));
    }
}
