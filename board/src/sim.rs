//! A simulated board: keys press its buttons, and its LEDs and display can be looked at.

use std::time::Duration;

use crate::function::{Button, Led};

/// The wires of a simulated board; copies are the same board.
#[derive(Clone, Default)]
pub struct Sim {}

impl Sim {
    /// Presses a button and lets it go after `held_ms`, with contacts that bounce.
    pub fn press(&self, button: Button, held_ms: u64) {
        let _ = (button, held_ms);
    }

    /// Turns the knob by clicks, clockwise counted positive.
    pub fn turn(&self, steps: i32) {
        let _ = steps;
    }

    /// How bright an LED is, 0 to 255.
    pub fn led(&self, led: Led) -> u8 {
        let _ = led;
        0
    }

    /// LEDs and display as lines of text, at most 80 columns wide.
    pub fn drawing(&self) -> String {
        String::new()
    }

    /// Waits until something can be seen that differs from what was at change `seen`, for `limit` at most. Returns the
    /// number of the latest change; start with 0.
    pub fn wait_change(&self, seen: u64, limit: Duration) -> u64 {
        let _ = limit;
        seen
    }
}
