//! The same file on a Raspberry Pi 3 as QEMU has it: the board's boot loader, device tree, card reader and pins, but neither
//! its network nor its watchdog, of which QEMU has the one not at all and the other wrong.

use std::time::Duration;

use tests::card::{Card, Pins};
use tests::machine::wait_for;
use tests::wait;

/// The lines of the light beside play, and of the others (guests; status; red, green and blue), as in `board/boards.toml`.
const PLAY_LED: u32 = 13;
const OTHER_LEDS: [u32; 5] = [25, 12, 16, 26, 4];

/// The lines of the buttons: play, next, louder, softer, pair, and both of the knob.
const BUTTONS: [u32; 7] = [17, 27, 22, 23, 24, 5, 6];

/// For how long the light is looked at. Were something else than music going on, it would be dark half of the time.
const LIT_FOR: Duration = Duration::from_secs(2);

#[test]
fn the_same_file_starts_on_a_raspberry_pi_3_with_its_own_boot_loader_and_device_tree() {
    let Some(card) = Card::fresh("pi") else { return };
    let (mut running, pins) = card.boot_pi();
    running.says("partybox: slot A, last resort 0");
    running.says("partybox: data partition: ");
    assert!(!pins.is_driven(PLAY_LED), "driven before there is a box");
    running.says("partybox: slot A is whole");
    running.says("partybox: slot: confirmed A");
    // Nobody can ask it over a network here. That the box runs is seen by what it keeps at its first start.
    wait_for("the box to keep the name of its network", &mut || card.names("/state").contains(&"wifi".to_owned()));
    // It knows the board by its device tree, and the chip by its label: nothing else drives these lines.
    wait_for("the lights to be used", &mut || OTHER_LEDS.iter().chain([&PLAY_LED]).all(|line| pins.is_driven(*line)));
    for line in BUTTONS {
        assert!(!pins.is_driven(line), "line {line} has a button, which may short it");
    }
    wait_for("the light beside play to stay lit, because the box plays", &mut || stays_lit(&pins));
}

fn stays_lit(pins: &Pins) -> bool {
    wait::stays_true(LIT_FOR, || pins.is_high(PLAY_LED))
}
