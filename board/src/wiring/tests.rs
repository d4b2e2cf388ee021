//! What configurations make of the table.

use super::*;
use crate::function::{Button, Led};

fn resolve(text: &str, machine: &str) -> Result<Wiring, String> {
    let config: Config = toml::from_str(text).unwrap();
    Wiring::resolve(&config, &[machine.to_owned()]).map_err(|error| error.to_string())
}

#[track_caller]
fn refusal(text: &str) -> String {
    resolve(text, "raspberrypi,4-model-b").expect_err("this must be refused")
}

#[test]
fn every_board_of_the_table_is_wired_without_conflict() {
    for board in &TABLE.board {
        let wiring = resolve(&format!("board = \"{}\"", board.name), "").unwrap();
        assert_eq!((wiring.kind, wiring.chip.as_str()), (Kind::Gpio, board.chip.as_str()));
        assert!(
            wiring.pin(Function::Button(Button::Play)).is_some() && wiring.pin(Function::Led(Led::Status)).is_some()
        );
    }
}

#[test]
fn every_name_of_the_table_is_a_function() {
    for layout in &TABLE.layout {
        for row in &layout.pins {
            assert!(Function::named(&row.function).is_some(), "{}: {}", layout.name, row.function);
        }
    }
}

#[test]
fn auto_is_the_board_it_runs_on_and_simulated_elsewhere() {
    assert_eq!(resolve("", "raspberrypi,5-model-b").unwrap().chip, "pinctrl-rp1");
    assert_eq!(resolve("", "raspberrypi,model-zero-2-w").unwrap().title, "Raspberry Pi Zero 2 W");
    assert_eq!(resolve("", "a laptop").unwrap().kind, Kind::Sim);
    assert_eq!(resolve("board = \"none\"", "raspberrypi,5-model-b").unwrap(), Wiring::none());
    assert_eq!(resolve("board = \"sim\"", "raspberrypi,5-model-b").unwrap().kind, Kind::Sim);
}

#[test]
fn the_configuration_moves_and_unwires_pins() {
    let text = "chip = \"gpio-sim\"\n[pins]\nplay-button = { line = 20, active = \"high\", pull = \"down\" }\nred-led = { wired = false }";
    let wiring = resolve(text, "raspberrypi,4-model-b").unwrap();
    let play = wiring.pin(Function::Button(Button::Play)).unwrap();
    assert_eq!((play.line, play.header, play.active, play.pull), (20, Some(38), Active::High, Pull::Down));
    assert_eq!(wiring.pin(Function::Led(Led::Red)), None);
    assert_eq!(wiring.chip, "gpio-sim");
    assert_eq!(wiring.pins.len(), 12);
}

#[test]
fn a_line_used_twice_is_refused_with_what_is_free() {
    let message = refusal("[pins]\nnext-button = { line = 17 }");
    assert!(
        message.starts_with("board pi-4b: line 17 is used for play-button and for next-button; free are 0, 1, 7,"),
        "{message}"
    );
    assert!(
        refusal("[pins]\nnext-button = { line = 2 }").contains("line 2 is used for the display and for next-button")
    );
    assert!(resolve("display = \"none\"\n[pins]\nnext-button = { line = 2 }", "raspberrypi,4-model-b").is_ok());
}

#[test]
fn a_line_the_header_does_not_have_is_refused() {
    let message = refusal("[pins]\nnext-button = { line = 40 }");
    assert!(
        message.starts_with("board pi-4b: next-button cannot be on line 40; lines of its header are 0, 1, 2"),
        "{message}"
    );
    let message = resolve("[pins]\nnext-button = { line = 3 }", "linux,dummy-virt").expect_err("the power key");
    assert!(message.contains("board qemu-virt: next-button cannot be on line 3"), "{message}");
}

#[test]
fn half_an_encoder_is_refused() {
    assert_eq!(
        refusal("[pins]\nrotary-b = { wired = false }"),
        "board pi-4b: rotary-b is not wired, but the other half of the encoder is"
    );
    assert!(resolve("[pins]\nrotary-a = { line = 5 }", "linux,dummy-virt").is_err());
}

#[test]
fn a_function_that_the_table_does_not_have_needs_a_line() {
    let message = resolve("[pins]\nred-led = { active = \"low\" }", "linux,dummy-virt").expect_err("no line");
    assert!(message.contains("board qemu-virt: red-led needs a line"), "{message}");
}

#[test]
fn a_display_elsewhere_leaves_the_tables_lines_free() {
    let wiring =
        resolve("display = \"/dev/i2c-7\"\n[pins]\nnext-button = { line = 2 }", "raspberrypi,4-model-b").unwrap();
    assert_eq!(wiring.display.unwrap(), Display { bus: "/dev/i2c-7".to_owned(), address: 0x3c, header: None });
    assert_eq!(resolve("", "linux,dummy-virt").unwrap().display, None);
}

#[test]
fn pwm_is_used_only_if_the_system_was_set_up_for_it() {
    let pwm =
        |text| resolve(text, "raspberrypi,4-model-b").unwrap().pin(Function::Led(Led::Status)).unwrap().pwm.clone();
    assert_eq!(pwm(""), None);
    assert_eq!(pwm("pwm = true"), Some(Pwm { device: "fe20c000.pwm".to_owned(), channel: 0 }));
    assert_eq!(pwm("pwm = true\n[pins]\nstatus-led = { line = 20 }"), None, "another line");
}
