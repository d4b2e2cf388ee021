//! The seam between the room's rules and pins: what opens, reads and drives lines.
//!
//! The real one is [`crate::gpio`], the simulated one lies in [`crate::sim`]. Polarity ends here: above, a button is
//! pressed and an LED is lit; below, lines are high and low.

use std::os::fd::{BorrowedFd, OwnedFd};

use base::Time;
use embedded_hal::digital::{self, OutputPin, PinState};
use embedded_hal::pwm::SetDutyCycle;

use crate::event::Problem;
use crate::function::Function;
use crate::pattern::is_lit;
use crate::table::Active;
use crate::wiring::Pin;

/// A change of an input line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) function: Function,
    /// Whether the contact is closed now.
    pub(crate) active: bool,
    /// The kernel's stamp.
    pub(crate) at: Time,
}

/// What reading brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// All edges since the last reading.
    Whole,
    /// Some were lost: ask for the levels.
    Lossy,
}

/// Opened input lines that are read together: a button, or both halves of the encoder.
pub(crate) trait Input: Send {
    /// Can be read when there are edges; hangs up when the line is gone.
    fn fd(&self) -> BorrowedFd<'_>;

    /// Appends the edges that are there. Must not wait.
    fn read(&mut self, edges: &mut Vec<Edge>) -> Result<Reading, Problem>;

    /// Whether each contact is closed now, in the order of the pins.
    fn levels(&mut self) -> Result<Vec<(Function, bool)>, Problem>;
}

/// An LED behind an opened line.
pub(crate) trait Lamp: Send {
    /// Shows `level`, 0 to 255, as bright as `percent`.
    fn show(&mut self, level: u8, percent: u8) -> Result<(), Problem>;
}

/// An opened output.
pub(crate) struct Output {
    pub(crate) lamp: Box<dyn Lamp>,
    /// Hangs up when the line is gone, if there is such a thing.
    pub(crate) hangup: Option<OwnedFd>,
}

/// Why nothing was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The whole chip; with the labels of those that are there.
    Chip(Problem, Vec<String>),
    /// Only this line.
    Line(Problem),
}

/// Opens lines, again and again.
pub(crate) trait Port: Send {
    /// Opens inputs that belong together, with edges both ways.
    fn input(&mut self, pins: &[Pin]) -> Result<Box<dyn Input>, Failure>;

    /// Opens an LED's line, dark.
    fn output(&mut self, pin: &Pin) -> Result<Output, Failure>;
}

impl digital::Error for Problem {
    fn kind(&self) -> digital::ErrorKind {
        digital::ErrorKind::Other
    }
}

impl embedded_hal::pwm::Error for Problem {
    fn kind(&self) -> embedded_hal::pwm::ErrorKind {
        embedded_hal::pwm::ErrorKind::Other
    }
}

/// An LED that is on or off. It is lit from half the level on, whatever the brightness, but for brightness 0: dimming
/// must not take away what it says.
pub(crate) struct Switched<P> {
    pub(crate) pin: P,
    pub(crate) active: Active,
}

impl<P: OutputPin<Error = Problem> + Send> Lamp for Switched<P> {
    fn show(&mut self, level: u8, percent: u8) -> Result<(), Problem> {
        let lit = is_lit(level) && percent > 0;
        self.pin.set_state(PinState::from(lit == (self.active == Active::High)))
    }
}

/// An LED that PWM dims.
pub(crate) struct Dimmed<P> {
    pub(crate) pwm: P,
    pub(crate) active: Active,
}

impl<P: SetDutyCycle<Error = Problem> + Send> Lamp for Dimmed<P> {
    fn show(&mut self, level: u8, percent: u8) -> Result<(), Problem> {
        let duty = dimmed(level, percent);
        let duty = if self.active == Active::High { duty } else { 255 - duty };
        self.pwm.set_duty_cycle_fraction(u16::from(duty), 255)
    }
}

/// `level` of 0 to 255 at `percent`; what is lit at all stays lit unless the brightness is 0.
pub(crate) fn dimmed(level: u8, percent: u8) -> u8 {
    let scaled = u16::from(level) * u16::from(percent.min(100)) / 100;
    if level > 0 && percent > 0 { scaled.max(1) as u8 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Recorded(Option<bool>);

    impl digital::ErrorType for Recorded {
        type Error = Problem;
    }

    impl OutputPin for Recorded {
        fn set_low(&mut self) -> Result<(), Problem> {
            self.0 = Some(false);
            Ok(())
        }

        fn set_high(&mut self) -> Result<(), Problem> {
            self.0 = Some(true);
            Ok(())
        }
    }

    fn electrical(active: Active, level: u8, percent: u8) -> bool {
        let mut lamp = Switched { pin: Recorded(None), active };
        lamp.show(level, percent).unwrap();
        lamp.pin.0.unwrap()
    }

    #[test]
    fn polarity_ends_here() {
        assert!(electrical(Active::High, 255, 100) && !electrical(Active::High, 0, 100));
        assert!(!electrical(Active::Low, 255, 100) && electrical(Active::Low, 0, 100));
    }

    #[test]
    fn an_led_that_cannot_be_dimmed_keeps_speaking_at_night_and_is_silent_in_the_dark() {
        assert!(electrical(Active::High, 255, 1));
        assert!(!electrical(Active::High, 255, 0));
        assert!(electrical(Active::High, 128, 100) && !electrical(Active::High, 127, 100));
    }

    #[test]
    fn dimming_scales_and_never_goes_out() {
        assert_eq!([dimmed(255, 100), dimmed(255, 20), dimmed(100, 50), dimmed(1, 1)], [255, 51, 50, 1]);
        assert_eq!([dimmed(0, 100), dimmed(255, 0)], [0, 0]);
    }
}
