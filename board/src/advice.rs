//! How a thing is to be wired, in one line, for the person at the box.
//!
//! Words only; the numbers come from the wiring.

use crate::event::Problem;
use crate::function::Function;
use crate::table::{Active, Pull};
use crate::wiring::{Display, Pin, Wiring};

/// Series resistor of an LED, ohm. (3.3 V − 2.0 V) / 330 ohm is 4 mA: bright, and below the 8 mA that a line of these
/// boards drives after reset; blue and white LEDs, at 3 V, get 1 mA and are still seen.
pub(crate) const LED_OHM: u32 = 330;

/// How a line is wired.
pub(crate) fn pin(wiring: &Wiring, pin: &Pin) -> String {
    let place = match pin.header {
        Some(header) => format!("header pin {header} (line {})", pin.line),
        None => format!("line {}", pin.line),
    };
    let ground = wiring.ground.map_or("ground".to_owned(), |ground| format!("ground, for example header pin {ground}"));
    let other = if pin.active == Active::Low { ground.clone() } else { "3.3 V".to_owned() };
    match pin.function {
        Function::Led(_) if pin.active == Active::High => {
            format!("wire {place} through {LED_OHM} ohm to the LED's long leg, and its short leg to {ground}")
        }
        Function::Led(_) => {
            format!("wire 3.3 V through {LED_OHM} ohm to the LED's long leg, and its short leg to {place}")
        }
        Function::Button(_) => format!("wire the button between {place} and {other}{}", resistor(pin)),
        Function::RotaryA | Function::RotaryB => {
            let contact = if pin.function == Function::RotaryA { "A" } else { "B" };
            format!("wire the encoder's {contact} to {place} and its C to {other}{}", resistor(pin))
        }
    }
}

/// The resistor that is needed where the chip's own is not used.
fn resistor(pin: &Pin) -> &'static str {
    match (pin.pull, pin.active) {
        (Pull::None, Active::Low) => "; a resistor of 10 kohm from the line to 3.3 V",
        (Pull::None, Active::High) => "; a resistor of 10 kohm from the line to ground",
        _ => "",
    }
}

/// How the display is wired.
pub(crate) fn display(wiring: &Wiring, display: &Display) -> String {
    let power = wiring.ground.map_or(String::new(), |ground| format!(", GND to {ground}, VCC to 1"));
    let wires = display
        .header
        .map_or(String::new(), |(data, clock)| format!("; wire SDA to header pin {data}, SCL to {clock}{power}"));
    format!("switch the I2C bus on (dtparam=i2c_arm=on in config.txt){wires}; or set board.display = \"none\"")
}

/// What to do about a chip that is not there; `labels` are those that are.
pub(crate) fn chip(problem: Problem, labels: &[String]) -> String {
    if problem == Problem::Gone {
        return "its driver was taken away; the box goes on looking for it".to_owned();
    }
    if labels.is_empty() {
        return "no GPIO chip can be opened: check that /dev/gpiochip* exist and may be used".to_owned();
    }
    format!("chips here are {}: set board.board or board.chip", labels.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::function::{Button, Led};

    #[test]
    fn advice_names_header_pins() {
        let config = Config { board: "pi-4b".to_owned(), ..Config::default() };
        let wiring = Wiring::resolve(&config, &[]).unwrap();
        let of = |function| pin(&wiring, wiring.pin(function).unwrap());
        assert_eq!(
            of(Function::Button(Button::Play)),
            "wire the button between header pin 11 (line 17) and ground, for example header pin 6"
        );
        assert_eq!(
            of(Function::Led(Led::Status)),
            "wire header pin 32 (line 12) through 330 ohm to the LED's long leg, and its short leg to ground, for example \
             header pin 6"
        );
        assert!(display(&wiring, wiring.display.as_ref().unwrap()).contains("SDA to header pin 3, SCL to 5, GND to 6"));
    }
}
