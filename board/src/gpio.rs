//! Real lines: the only file that talks to the GPIO character device, by its v2 ABI.
//!
//! `gpiocdev` and not the `gpio-cdev` below linux-embedded-hal's pins: that one speaks the old ABI, whose events carry no
//! numbers, so that lost edges go unseen. Chips are found by their label, because their numbers depend on the order of
//! loading. Each button is a request of its own, so that a line that is busy takes no other with it.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;

use base::Time;
use embedded_hal::digital::{ErrorType, OutputPin};
use gpiocdev::line::{Bias, EdgeDetection, EdgeKind, EventClock, Value};
use gpiocdev::{Chip, Error, Request};
use gpiocdev_uapi::Error as KernelError;

use crate::event::Problem;
use crate::function::Function;
use crate::port::{Dimmed, Edge, Failure, Input, Output, Port, Reading, Switched};
use crate::pwm::SysfsPwm;
use crate::table::{Active, Pull};
use crate::wiring::Pin;

/// Edges the kernel keeps for one request: a bounce train has tens. When it is full, the oldest are dropped, and
/// [`Reading::Lossy`] reports it.
const KERNEL_EDGES_MAX: u32 = 256;

/// Room for what one read brings: 32 events of 48 bytes (linux/gpio.h, `gpio_v2_line_event`). The crate's own reading of a
/// single event takes up to eight from the kernel and gives back the first.
const WORDS_PER_READ: usize = 32 * 6;

/// What other programs see as the user of our lines.
const CONSUMER: &str = "partybox";

/// The lines of the chip with one label.
pub(crate) struct Gpio {
    label: String,
}

impl Gpio {
    pub(crate) fn new(label: String) -> Self {
        Self { label }
    }

    /// The chip's device file; looked up each time, because a chip that comes back may have another number.
    fn chip(&self) -> Result<PathBuf, Failure> {
        let mut labels = Vec::new();
        let mut denied = false;
        for path in gpiocdev::chip::chips().unwrap_or_default() {
            match Chip::from_path(&path).and_then(|chip| chip.info()) {
                Ok(info) if info.label == self.label => return Ok(path),
                Ok(info) => labels.push(info.label),
                Err(error) => denied |= problem(&error) == Problem::Denied,
            }
        }
        Err(Failure::Chip(if denied { Problem::Denied } else { Problem::Missing }, labels))
    }
}

impl Port for Gpio {
    fn input(&mut self, pins: &[Pin]) -> Result<Box<dyn Input>, Failure> {
        let mut builder = Request::builder();
        builder.on_chip(self.chip()?).with_consumer(CONSUMER).with_kernel_event_buffer_size(KERNEL_EDGES_MAX);
        for pin in pins {
            let bias = match pin.pull {
                Pull::None => Bias::Disabled,
                Pull::Up => Bias::PullUp,
                Pull::Down => Bias::PullDown,
            };
            builder.with_line(pin.line).as_input().with_bias(bias);
            builder.with_edge_detection(EdgeDetection::BothEdges).with_event_clock(EventClock::Monotonic);
        }
        let request = builder.request().map_err(failure)?;
        let next = 1;
        Ok(Box::new(Lines { request, pins: pins.to_vec(), next }))
    }

    fn output(&mut self, pin: &Pin) -> Result<Output, Failure> {
        if let Some(pwm) = pin.pwm.as_ref().and_then(SysfsPwm::open) {
            return Ok(Output { lamp: Box::new(Dimmed { pwm, active: pin.active }), hangup: None });
        }
        let dark = if pin.active == Active::High { Value::Inactive } else { Value::Active };
        let chip = self.chip()?;
        let mut builder = Request::builder();
        builder.on_chip(chip).with_consumer(CONSUMER).with_line(pin.line).as_output(dark);
        let request = builder.request().map_err(failure)?;
        let hangup = request.as_fd().try_clone_to_owned().ok();
        Ok(Output { lamp: Box::new(Switched { pin: Driven(request), active: pin.active }), hangup })
    }
}

/// Opened inputs.
struct Lines {
    request: Request,
    pins: Vec<Pin>,
    /// The number that the next edge bears if none is lost; the kernel counts from 1.
    next: u32,
}

impl Lines {
    fn of_line(&self, line: u32) -> Option<(Function, Active)> {
        self.pins.iter().find(|pin| pin.line == line).map(|pin| (pin.function, pin.active))
    }
}

impl Input for Lines {
    fn fd(&self) -> BorrowedFd<'_> {
        self.request.as_fd()
    }

    fn read(&mut self, edges: &mut Vec<Edge>) -> Result<Reading, Problem> {
        let mut reading = Reading::Whole;
        let mut words = [0_u64; WORDS_PER_READ];
        while self.request.has_edge_event().map_err(|error| problem(&error))? {
            let read = self.request.read_edge_events_into_slice(&mut words).map_err(|error| problem(&error))?;
            for event in words[..read].chunks_exact(self.request.edge_event_u64_size()) {
                let event = self.request.edge_event_from_slice(event).map_err(|error| problem(&error))?;
                if event.seqno != self.next {
                    reading = Reading::Lossy;
                }
                self.next = event.seqno.wrapping_add(1);
                let Some((function, active)) = self.of_line(event.offset) else { continue };
                let high = event.kind == EdgeKind::Rising;
                let at = Time::from_micros(event.timestamp_ns / 1_000);
                edges.push(Edge { function, active: high == (active == Active::High), at });
            }
        }
        Ok(reading)
    }

    fn levels(&mut self) -> Result<Vec<(Function, bool)>, Problem> {
        let level = |pin: &Pin| {
            let high = self.request.value(pin.line).map_err(|error| problem(&error))? == Value::Active;
            Ok((pin.function, high == (pin.active == Active::High)))
        };
        self.pins.iter().map(level).collect()
    }
}

/// An opened output. Requested without the kernel's own polarity, so that values are electrical levels.
struct Driven(Request);

impl ErrorType for Driven {
    type Error = Problem;
}

impl OutputPin for Driven {
    fn set_low(&mut self) -> Result<(), Problem> {
        self.0.set_lone_value(Value::Inactive).map(drop).map_err(|error| problem(&error))
    }

    fn set_high(&mut self) -> Result<(), Problem> {
        self.0.set_lone_value(Value::Active).map(drop).map_err(|error| problem(&error))
    }
}

/// A chip that vanished between being found and being asked is a missing chip; all else concerns the line.
fn failure(error: Error) -> Failure {
    match problem(&error) {
        Problem::Gone => Failure::Chip(Problem::Missing, Vec::new()),
        problem => Failure::Line(problem),
    }
}

/// The system's error numbers (errno(3)) as the room's own words.
fn problem(error: &Error) -> Problem {
    let number = match error {
        Error::Os(number) | Error::Uapi(_, KernelError::Os(number)) => number.0,
        // The kernel answers what the crate does not understand.
        _ => return Problem::Device(rustix::io::Errno::PROTO.raw_os_error()),
    };
    match rustix::io::Errno::from_raw_os_error(number) {
        rustix::io::Errno::BUSY => Problem::Busy,
        rustix::io::Errno::ACCESS | rustix::io::Errno::PERM => Problem::Denied,
        rustix::io::Errno::NODEV | rustix::io::Errno::NXIO => Problem::Gone,
        // No such line on this chip, or no such file.
        rustix::io::Errno::INVAL | rustix::io::Errno::NOENT => Problem::Missing,
        _ => Problem::Device(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::Button;

    #[test]
    fn a_label_that_no_chip_has_is_a_missing_chip() {
        let mut gpio = Gpio::new("no chip is called this".to_owned());
        let pin = Pin {
            function: Function::Button(Button::Play),
            line: 0,
            header: None,
            active: Active::Low,
            pull: Pull::Up,
            pwm: None,
        };
        let missing = |failure: Failure| matches!(failure, Failure::Chip(Problem::Missing | Problem::Denied, _));
        assert!(gpio.input(std::slice::from_ref(&pin)).is_err_and(missing));
        assert!(gpio.output(&pin).is_err_and(missing));
    }

    #[test]
    fn the_systems_numbers_become_words() {
        let raw =
            |number: rustix::io::Errno| problem(&Error::from(std::io::Error::from_raw_os_error(number.raw_os_error())));
        assert_eq!(raw(rustix::io::Errno::BUSY), Problem::Busy);
        assert_eq!(raw(rustix::io::Errno::NODEV), Problem::Gone);
        assert_eq!(raw(rustix::io::Errno::ACCESS), Problem::Denied);
        assert_eq!(raw(rustix::io::Errno::IO), Problem::Device(5));
    }
}
