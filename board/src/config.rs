//! The room's configuration: which board, which pins, how bright.
//!
//! Plain values with their ranges; what becomes of them is in [`crate::wiring`].

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::function::Function;
use crate::gesture::{Habit, Habits};
use crate::table::{Active, Pull, TABLE};

/// The table `[board]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `auto`, `sim`, `none` or the name of a board of the table.
    pub board: String,
    /// Label of the GPIO chip; empty: the one that the table names.
    pub chip: String,
    /// `auto` (where the table says), `none` or the device file of an I2C bus.
    pub display: String,
    /// The display's address on the bus, 0x3c or 0x3d.
    pub display_address: u8,
    /// How bright LEDs and display are, 1 to 100 percent.
    pub brightness_percent: u8,
    /// The same at night, 0 (dark) to 100 percent.
    pub night_percent: u8,
    /// Whether LEDs on lines that PWM reaches are dimmed; the system must have given the lines to PWM.
    pub pwm: bool,
    /// Within this time two presses are a double press, 150 to 1000 ms.
    pub double_ms: u16,
    /// Pins that differ from the table, by function.
    pub pins: BTreeMap<String, PinConfig>,
}

/// What differs from the table; what is left out stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PinConfig {
    /// Whether anything is wired there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wired: Option<bool>,
    /// Line of the chip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The level that means pressed or lit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<Active>,
    /// The resistor inside the chip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull: Option<Pull>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            board: "auto".to_owned(),
            chip: String::new(),
            display: "auto".to_owned(),
            display_address: 0x3c,
            brightness_percent: 100,
            night_percent: 20,
            pwm: false,
            // The pause between the clicks of a double click is 500 ms from press to press on most desktops; from
            // release to press, with a thumb on a hard button, 300 ms is as generous.
            double_ms: 300,
            pins: BTreeMap::new(),
        }
    }
}

/// A value that was refused. Always the user's to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The key, with its table.
    pub key: String,
    /// The value as given.
    pub value: String,
    /// What is allowed.
    pub allowed: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}, allowed is {}", self.key, self.value, self.allowed)
    }
}

impl std::error::Error for Error {}

impl Config {
    /// Checks every range; the pins are checked against the board by [`crate::wiring::Wiring::resolve`].
    ///
    /// # Errors
    /// The first value outside its range.
    pub fn check(&self) -> Result<(), Error> {
        let known = ["auto", "sim", "none"].contains(&self.board.as_str()) || TABLE.board(&self.board).is_some();
        ensure("board.board", &self.board, known, format!("auto, sim, none, {}", TABLE.names()))?;
        let bus = ["auto", "none"].contains(&self.display.as_str()) || self.display.starts_with("/dev/");
        ensure("board.display", &self.display, bus, "auto, none or the device file of a bus such as /dev/i2c-1")?;
        let address = self.display_address;
        ensure("board.display_address", address, [0x3c, 0x3d].contains(&address), "60 (0x3c) or 61 (0x3d)")?;
        let percent = self.brightness_percent;
        ensure("board.brightness_percent", percent, (1..=100).contains(&percent), "1 to 100")?;
        ensure("board.night_percent", self.night_percent, self.night_percent <= 100, "0 to 100")?;
        ensure("board.double_ms", self.double_ms, (150..=1_000).contains(&self.double_ms), "150 to 1000")?;
        for name in self.pins.keys() {
            ensure("board.pins", name, Function::named(name).is_some(), Function::names())?;
        }
        Ok(())
    }

    /// The usual habits, with this configuration's double press on the buttons that `has_double` names.
    pub fn habits(&self, has_double: impl Fn(crate::Button) -> bool) -> Habits {
        crate::Button::ALL.into_iter().fold(Habits::default(), |habits, button| {
            let double_ms = if has_double(button) { self.double_ms } else { 0 };
            habits.with(button, Habit { double_ms, ..habits.of(button) })
        })
    }
}

fn ensure(key: &str, value: impl fmt::Display, holds: bool, allowed: impl Into<String>) -> Result<(), Error> {
    // A text may hold line ends and worse; the message stays one line.
    let value = || value.to_string().replace(char::is_control, " ");
    if holds { Ok(()) } else { Err(Error { key: key.to_owned(), value: value(), allowed: allowed.into() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        let config: Config = toml::from_str(text).unwrap();
        config.check().expect_err("this must be refused").to_string()
    }

    #[test]
    fn the_defaults_are_allowed() {
        assert_eq!(Config::default().check(), Ok(()));
        let empty: Config = toml::from_str("").unwrap();
        assert_eq!(empty, Config::default());
    }

    #[test]
    fn a_refusal_names_key_value_and_range() {
        assert_eq!(refusal("double_ms = 20"), "board.double_ms = 20, allowed is 150 to 1000");
        assert_eq!(refusal("night_percent = 101"), "board.night_percent = 101, allowed is 0 to 100");
        assert_eq!(refusal("brightness_percent = 0"), "board.brightness_percent = 0, allowed is 1 to 100");
        assert_eq!(refusal("display_address = 1"), "board.display_address = 1, allowed is 60 (0x3c) or 61 (0x3d)");
        assert!(refusal("display = \"i2c\"").contains("/dev/i2c-1"));
        assert!(
            refusal("board = \"pi\\n9\"").starts_with("board.board = pi 9, allowed is auto, sim, none, pi-zero-2w")
        );
        assert!(refusal("[pins]\nbell = { line = 1 }").starts_with("board.pins = bell, allowed is play-button, "));
    }

    #[test]
    fn a_pin_can_be_written_in_one_line() {
        let config: Config =
            toml::from_str("[pins]\nplay-button = { line = 16, active = \"high\", pull = \"down\" }").unwrap();
        let pin = config.pins["play-button"];
        assert_eq!((pin.line, pin.active, pin.pull, pin.wired), (Some(16), Some(Active::High), Some(Pull::Down), None));
    }
}
