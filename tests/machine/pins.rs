//! Buttons and LEDs on a kernel's GPIO character device: `gpio-sim` stands for a Raspberry Pi 4's chip, by its label.
//!
//! A press is the level of the outside world at a line, given from inside the guest, so that a thousand of them cost no
//! round trips to this machine. An LED is lit if its line's level says so.

use tests::machine::{Machine, wait_for};

/// Every button toggles play and pause, so that presses of several at once can be counted. One pin is moved.
const CONFIG: &str = r#"
[board]
board = "pi-4b"
display = "none"
[board.pins]
next-button = { line = 20 }
[buttons]
play = { short = "toggle" }
next = { short = "toggle" }
volume_up = { short = "toggle", repeat = false }
pair = { short = "toggle", held = "none" }
"#;

/// The lines of those buttons: play, next (moved), volume up, pair. The others are in `board/boards.toml`.
const BUTTONS: [u32; 4] = [17, 20, 22, 24];

/// The line of the LED that says that something plays.
const PLAY_LED: u32 = 13;

/// Random presses in all, shared by the buttons.
const PRESSES: u32 = 1_000;

/// The limit that the product promises, in seconds of the guest's time.
const PRESS_TO_PLAN_S_MAX: f64 = 0.050;

/// Makes a chip with this label and as many lines as a Pi 4 has. It is there once `live` is 1.
const MAKE_CHIP: &str = "mkfifo /tmp/silent
modprobe gpio-sim && mount -t configfs configfs /sys/kernel/config
mkdir -p /sys/kernel/config/gpio-sim/pi/bank && cd /sys/kernel/config/gpio-sim/pi
echo 58 > bank/num_lines && echo pinctrl-bcm2711 > bank/label";

/// Words for the guest's shell. Buttons pull their line down; what follows a function's name are lines and numbers.
/// Bounce is not played here: the room's own tests do that.
const WORDS: &str = r#"
chip=/sys/kernel/config/gpio-sim/pi
line() { echo "/sys/devices/platform/$(cat $chip/dev_name)/$(cat $chip/bank/chip_name)/sim_gpio$1"; }
lit() { test "$(cat $(line $1)/value)" = 1; }
press() { presses $1 1; }
# Presses and pauses of 30 to 79 ms: shorter ones no finger makes, and worn contacts bounce for 20. What never says
# anything is read for as long, because starting a program that sleeps costs more than many a pause.
presses() {
    pull=$(line $1)/pull
    for n in $(seq $2); do
        echo pull-down > $pull; pause
        echo pull-up > $pull; pause
    done
}
# Its end is a failure to read.
pause() { read -t 0.0$((30 + RANDOM % 50)) nothing <> /tmp/silent || true; }
"#;

/// A guest with the words and the configuration in it, and a box that runs before there is any chip.
fn box_without_chip(name: &str) -> Option<Machine> {
    let mut machine = Machine::boot(name)?;
    machine.write("/tmp/words", WORDS.as_bytes());
    machine.write("/tmp/box.toml", CONFIG.as_bytes());
    machine.run(MAKE_CHIP);
    machine.start_box("--config /tmp/box.toml");
    Some(machine)
}

/// Plugs the chip in, and waits until the box uses all its lines.
fn plug_in(machine: &mut Machine) {
    machine.run("echo 1 > /sys/kernel/config/gpio-sim/pi/live");
    machine.until("board_lines_missing", |missing| missing == 0.0);
}

fn presses(machine: &Machine) -> f64 {
    machine.metric("presses_total")
}

fn plays(machine: &Machine) -> bool {
    machine.get("/api/party/status").expect("the box answers").contains("\"playing\":true")
}

/// Looks at the LED forty times in four seconds, and tells how often it was lit: always while something plays, half of
/// the time while it is paused.
fn lit_of_forty(machine: &mut Machine) -> u32 {
    let looks = format!(". /tmp/words; for n in $(seq 40); do lit {PLAY_LED} && echo lit; usleep 100000; done");
    machine.run(&looks).lines().count() as u32
}

#[test]
fn a_press_toggles_within_fifty_milliseconds_and_the_led_follows() {
    let Some(mut machine) = box_without_chip("press") else { return };
    plug_in(&mut machine);
    assert!(plays(&machine), "nothing plays");
    wait_for("the LED to stay lit", &mut || lit_of_forty(&mut machine) == 40);
    machine.run(". /tmp/words; press 17");
    machine.until("presses_total", |count| count == 1.0);
    assert!(!plays(&machine), "a press did not pause");
    let lit = lit_of_forty(&mut machine);
    assert!((10..=30).contains(&lit), "lit {lit} of 40 times while paused");
    machine.run(". /tmp/words; press 20");
    machine.until("presses_total", |count| count == 2.0);
    assert!(plays(&machine), "the second press did not play");
    wait_for("the LED to stay lit again", &mut || lit_of_forty(&mut machine) == 40);
    let slowest = machine.metric("press_to_plan_seconds_max");
    println!("from edge to plan: at most {:.1} ms", slowest * 1e3);
    assert!(slowest > 0.0 && slowest < PRESS_TO_PLAN_S_MAX, "{slowest} s");
}

#[test]
fn a_thousand_random_presses_on_four_buttons_lose_none() {
    let Some(mut machine) = box_without_chip("thousand-presses") else { return };
    plug_in(&mut machine);
    let each = PRESSES / BUTTONS.len() as u32;
    let all: String = BUTTONS.iter().map(|line| format!("presses {line} {each} &\n")).collect();
    // In a shell of its own: the outer one would wait for the box as well.
    machine.run(&format!(". /tmp/words\n(\n{all}wait\n)"));
    // The last one is believed some milliseconds after it happened.
    machine.until("presses_total", |count| count >= f64::from(PRESSES));
    let slowest = machine.metric("press_to_plan_seconds_max");
    println!("from edge to plan: at most {:.1} ms of {PRESSES} presses", slowest * 1e3);
    assert_eq!(presses(&machine), f64::from(PRESSES));
    assert!(plays(&machine), "an even number of toggles changes nothing");
    assert_eq!((machine.metric("board_overflows_total"), machine.metric("board_events_lost_total")), (0.0, 0.0));
    assert!(slowest < PRESS_TO_PLAN_S_MAX, "{slowest} s");
}

#[test]
fn a_chip_that_comes_late_or_is_unbound_costs_no_music_and_its_buttons_come_back() {
    let Some(mut machine) = box_without_chip("unbound-chip") else { return };
    assert!(plays(&machine), "without a chip the box plays");
    plug_in(&mut machine);
    machine.run(". /tmp/words; press 17; press 17");
    machine.until("presses_total", |count| count == 2.0);
    for round in 1..=3 {
        let blocks = machine.metric("blocks_total");
        machine.run("echo 0 > /sys/kernel/config/gpio-sim/pi/live");
        machine.until("blocks_total", |count| count > blocks + 100.0);
        assert!(plays(&machine), "round {round}: the music stopped with the chip");
        plug_in(&mut machine);
        machine.run(". /tmp/words; press 17; press 20");
        machine.until("presses_total", |count| count == f64::from(2 + 2 * round));
    }
}

#[test]
fn while_nobody_touches_the_box_its_pins_wake_nobody() {
    let Some(mut machine) = box_without_chip("idle") else { return };
    plug_in(&mut machine);
    let wakes = |machine: &Machine| {
        ["edges", "gestures", "steps", "retries"].map(|cause| machine.metric(&format!("board_wakes_{cause}_total")))
    };
    let (before, blocks) = (wakes(&machine), machine.metric("blocks_total"));
    // Ten seconds of music.
    machine.until("blocks_total", |count| count > blocks + 1_000.0);
    assert_eq!(wakes(&machine), before, "a steady light and untouched buttons need no work");
}
