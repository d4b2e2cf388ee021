//! `WIRING.md`: the table of boards as a sheet for a person with a soldering iron, and what the lights say.
//!
//! Words around the table's numbers and the patterns; a test holds the file to both.

use std::fmt::Write as _;

use crate::advice::{self, LED_OHM};
use crate::config::Config;
use crate::function::Function;
use crate::legend;
use crate::table::{Active, Board, Pull, TABLE};
use crate::wiring::{Pin, Wiring};

/// The command that writes the file again.
pub const REGENERATE: &str = "WRITE_WIRING=1 cargo test -p board wiring_sheet";

/// The sheet as Markdown.
pub fn markdown() -> String {
    let mut text = format!(
        "# Wiring\n\n\
         Made from `boards.toml` and the light patterns by `{REGENERATE}`; do not edit.\n\n\
         Everything is optional: wire what you want, the box does without the rest. Switch the power off first. All lines\n\
         carry 3.3 V; **5 V on a line destroys the board**. The configuration (`[board.pins]`) can move every function to\n\
         another line.\n\n\
         - **Button**: two wires, no resistor; the board's own pull resistor (about 50 kohm) is switched on.\n\
         - **LED**: always with a series resistor of {LED_OHM} ohm ({}); the long leg is the plus.\n\
         - **RGB LED**: common cathode (the long leg to ground), one resistor for each colour.\n\
         - **Rotary encoder**: A and B to their lines, C to ground. If it turns the wrong way, swap A and B.\n\
         - **Display**: 0.96 inch OLED module, 128 x 64, SSD1306, four pins; VCC to 3.3 V.\n",
        colours(LED_OHM)
    );
    for header in &TABLE.header {
        let boards: Vec<&Board> = TABLE.board.iter().filter(|board| board.header == header.name).collect();
        let Some(first) = boards.first() else { continue };
        let titles: Vec<&str> = boards.iter().map(|board| board.title.as_str()).collect();
        let _ = write!(text, "\n## {} ({})\n\n", titles.join(", "), header.title);
        if !header.ground.is_empty() {
            let _ = write!(
                text,
                "Ground is on header pins {}; 3.3 V on {}. Pin 1 is the one with the square pad, at the corner of the board.\n\n",
                list(&header.ground),
                list(&header.power)
            );
        }
        let config = Config { board: first.name.clone(), pwm: true, ..Config::default() };
        let Ok(wiring) = Wiring::resolve(&config, &[]) else { continue };
        rows(&mut text, &wiring);
        let _ = write!(text, "\nSources: {}.\n\n", header.source);
        text.push_str(
            "| board | name in the configuration | GPIO chip (label) | data sheet |\n| --- | --- | --- | --- |\n",
        );
        for board in boards {
            let _ = writeln!(text, "| {} | `{}` | `{}` | {} |", board.title, board.name, board.chip, board.source);
        }
    }
    text.push_str(&legend::markdown());
    text
}

fn rows(text: &mut String, wiring: &Wiring) {
    text.push_str(
        "| function | header pin | line | pressed or lit at | pull | how |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for pin in &wiring.pins {
        let header = pin.header.map_or("-".to_owned(), |header| header.to_string());
        let active = if pin.active == Active::Low { "0 V" } else { "3.3 V" };
        let pull = match pin.pull {
            Pull::None => "none",
            Pull::Up => "up",
            Pull::Down => "down",
        };
        let how = match &pin.pwm {
            Some(pwm) => format!("{}; PWM channel {} dims it with `pwm = true`", advice::pin(wiring, pin), pwm.channel),
            None => how(wiring, pin),
        };
        let _ = writeln!(text, "| {} | {header} | {} | {active} | {pull} | {how} |", pin.function.name(), pin.line);
    }
    if let Some((display, (data, clock))) = wiring.display.as_ref().and_then(|display| Some((display, display.header?)))
    {
        let (bus, address) = (&display.bus, display.address);
        let _ = writeln!(
            text,
            "| display, SDA | {data} | - | - | on the board | `{bus}`, address {address:#04x} or 0x3d |"
        );
        let _ = writeln!(
            text,
            "| display, SCL | {clock} | - | - | on the board | needs `dtparam=i2c_arm=on` in config.txt |"
        );
    }
}

fn how(wiring: &Wiring, pin: &Pin) -> String {
    // A colour of an RGB LED shares its ground with the others.
    match pin.function {
        Function::Led(led) if crate::Led::COLOURS.contains(&led) => {
            format!("through {LED_OHM} ohm to this colour's leg of the RGB LED")
        }
        _ => advice::pin(wiring, pin),
    }
}

/// The colours of the rings on a resistor with four rings of 5 %, for values of two digits and zeros.
fn colours(ohm: u32) -> String {
    const NAMES: [&str; 10] = ["black", "brown", "red", "orange", "yellow", "green", "blue", "violet", "grey", "white"];
    let (mut digits, mut zeros) = (ohm, 0);
    while digits >= 100 && digits.is_multiple_of(10) {
        (digits, zeros) = (digits / 10, zeros + 1);
    }
    let name = |digit: u32| NAMES[(digit % 10) as usize];
    format!("{}, {}, {}, gold", name(digits / 10), name(digits), name(zeros))
}

fn list(pins: &[u8]) -> String {
    pins.iter().map(u8::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wiring_sheet_is_made_from_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/WIRING.md");
        if std::env::var_os("WRITE_WIRING").is_some() {
            std::fs::write(path, markdown()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(written == markdown(), "board/WIRING.md differs from the table or the patterns; run: {REGENERATE}");
    }

    #[test]
    fn the_wiring_sheet_names_every_function_and_chip() {
        let text = markdown();
        for function in Function::ALL {
            // What has no line of its own is wired where its owner likes.
            let (row, elsewhere) = (format!("| {} |", function.name()), format!("`{}`", function.name()));
            assert!(text.contains(&row) || text.contains(&elsewhere), "{function}");
        }
        for board in &TABLE.board {
            assert!(text.contains(&format!("`{}`", board.chip)), "{}", board.name);
        }
    }

    #[test]
    fn the_rings_of_a_resistor_are_named() {
        assert_eq!(colours(330), "orange, orange, brown, gold");
        assert_eq!(colours(1_000), "brown, black, red, gold");
    }

    #[test]
    fn no_header_pin_is_ground_or_power_and_a_line_at_once() {
        for header in &TABLE.header {
            let lines: Vec<u8> = header.pins.values().copied().filter(|&pin| pin > 0).collect();
            let others = header.ground.iter().chain(&header.power);
            assert!(others.clone().all(|pin| !lines.contains(pin)), "{}", header.name);
            let mut unique = lines.clone();
            unique.sort_unstable();
            unique.dedup();
            assert_eq!(unique.len(), lines.len(), "{}", header.name);
        }
    }
}
