//! What can be wired to the box, and what it is called in tables, configuration and messages.
//!
//! Names only: where a function is wired stands in the table, what a press means is decided elsewhere.

use std::fmt;

/// A button, by the name printed beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Button {
    /// Play and pause.
    Play,
    /// Next.
    Next,
    /// Louder.
    VolumeUp,
    /// Softer.
    VolumeDown,
    /// Pair.
    Pair,
}

impl Button {
    /// Every button, in the order of [`Button::index`].
    pub const ALL: [Self; 5] = [Self::Play, Self::Next, Self::VolumeUp, Self::VolumeDown, Self::Pair];

    /// Its place in [`Button::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// What is printed beside it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Play => "play",
            Self::Next => "next",
            Self::VolumeUp => "volume-up",
            Self::VolumeDown => "volume-down",
            Self::Pair => "pair",
        }
    }
}

/// An LED. The three colours together are one RGB LED, which shows the same as [`Led::Status`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Led {
    /// The one that says everything; the only one a box needs.
    Status,
    /// The status LED's red.
    Red,
    /// The status LED's green.
    Green,
    /// The status LED's blue.
    Blue,
    /// Beside the play button.
    Play,
    /// Tells of people who come.
    Guests,
    /// Lit while the box has power and runs; asks not to be switched off while an update is written.
    Power,
    /// As bright as the sound is loud.
    Level,
}

impl Led {
    /// Every LED, in the order of [`Led::index`].
    pub const ALL: [Self; 8] =
        [Self::Status, Self::Red, Self::Green, Self::Blue, Self::Play, Self::Guests, Self::Power, Self::Level];

    /// The parts of the RGB LED.
    pub const COLOURS: [Self; 3] = [Self::Red, Self::Green, Self::Blue];

    /// Its place in [`Led::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// What one GPIO line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Function {
    /// A push button.
    Button(Button),
    /// The rotary encoder's output A, which leads when it is turned clockwise.
    RotaryA,
    /// The rotary encoder's output B.
    RotaryB,
    /// An LED.
    Led(Led),
}

impl Function {
    /// Every function.
    pub const ALL: [Self; 15] = [
        Self::Button(Button::Play),
        Self::Button(Button::Next),
        Self::Button(Button::VolumeUp),
        Self::Button(Button::VolumeDown),
        Self::Button(Button::Pair),
        Self::RotaryA,
        Self::RotaryB,
        Self::Led(Led::Status),
        Self::Led(Led::Red),
        Self::Led(Led::Green),
        Self::Led(Led::Blue),
        Self::Led(Led::Play),
        Self::Led(Led::Guests),
        Self::Led(Led::Power),
        Self::Led(Led::Level),
    ];

    /// Its name in tables and configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Button(Button::Play) => "play-button",
            Self::Button(Button::Next) => "next-button",
            Self::Button(Button::VolumeUp) => "volume-up-button",
            Self::Button(Button::VolumeDown) => "volume-down-button",
            Self::Button(Button::Pair) => "pair-button",
            Self::RotaryA => "rotary-a",
            Self::RotaryB => "rotary-b",
            Self::Led(Led::Status) => "status-led",
            Self::Led(Led::Red) => "red-led",
            Self::Led(Led::Green) => "green-led",
            Self::Led(Led::Blue) => "blue-led",
            Self::Led(Led::Play) => "play-led",
            Self::Led(Led::Guests) => "guests-led",
            Self::Led(Led::Power) => "power-led",
            Self::Led(Led::Level) => "level-led",
        }
    }

    /// The function of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }

    /// Whether the box drives the line.
    pub const fn is_output(self) -> bool {
        matches!(self, Self::Led(_))
    }

    /// The names of all functions, for messages.
    pub fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
