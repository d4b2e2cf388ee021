//! A card in a Raspberry Pi 3 as QEMU has it, and what of that board QEMU has wrong.
//!
//! Of its pins QEMU has what the processor does with them: which of them it drives, and how. Nothing can be put to them from
//! outside, and what they do then it has not: resistors, edges, interrupts. Each of them reads as it was last driven, at
//! first low, which for our buttons is pressed.

use std::fs;

use serde_json::json;

use super::monitor::Monitor;
use super::{Card, Running, emulator};
use crate::program::free_port;

/// Where the block with the pins begins: what each one is for, ten to a word of 32 bits, 3 bits each (BCM2835 ARM
/// Peripherals, section 6.1).
const PINS: u64 = 0x3f20_0000;

/// Where the levels of its first 32 pins are.
const LEVELS: u64 = PINS + 0x34;

/// What is in a pin's three bits if the processor drives it.
const DRIVEN: u32 = 1;

/// By what drivers know the block of a Pi that has its watchdog.
const WATCHDOG: [&[u8]; 2] = [b"brcm,bcm2835-pm\0", b"brcm,bcm2835-pm-wdt\0"];

/// A computer's pins, seen from outside.
#[derive(Debug)]
pub struct Pins {
    monitor: Monitor,
}

impl Card {
    /// Switches a Raspberry Pi 3 on. Of its networks and USB sockets none is emulated.
    ///
    /// # Panics
    /// When the emulator does not start.
    pub fn boot_pi(&self) -> (Running, Pins) {
        let tree = fs::read(self.made("out/dtb/bcm2837-rpi-3-b.dtb")).expect("the board's device tree");
        let emulated = self.beside("dtb");
        fs::write(&emulated, without_watchdog(tree)).expect("room for a device tree");
        let mut command = emulator::pi(&self.folder, &self.log, &emulated);
        emulator::insert(&mut command, &self.image, "sd");
        let monitor = Monitor::of(&mut command, self.beside("pins"));
        (self.start(command, free_port()), Pins { monitor })
    }
}

impl Pins {
    /// Whether the processor drives a pin, 0 to 27, and not only looks at it.
    ///
    /// # Panics
    /// When the emulator does not say.
    pub fn is_driven(&self, line: u32) -> bool {
        let functions = self.word(PINS + u64::from(line / 10) * 4);
        functions >> (line % 10 * 3) & 7 == DRIVEN
    }

    /// Whether a pin, 0 to 27, is high.
    ///
    /// # Panics
    /// When the emulator does not say.
    pub fn is_high(&self, line: u32) -> bool {
        self.word(LEVELS) >> line & 1 == 1
    }

    /// A word of the block, as the processor would read it.
    fn word(&self, address: u64) -> u32 {
        let look = json!({ "command-line": format!("xp /1wx {address:#x}") });
        let said = self.monitor.tell(&[("human-monitor-command", look)]);
        let word = said.as_str().and_then(|said| said.trim().rsplit_once("0x")).expect("a word");
        u32::from_str_radix(word.1, 16).expect("a word in sixteens")
    }
}

/// A device tree in which no driver finds the watchdog. It is started with the order to restart once its time is up, which
/// QEMU takes for the order to restart now (`PM_RSTC_WRCFG_FULL_RESET` in its `bcm2835_powermgt.c`).
fn without_watchdog(mut tree: Vec<u8>) -> Vec<u8> {
    for known in WATCHDOG {
        let at = tree.windows(known.len()).position(|bytes| bytes == known).expect("the block of the watchdog");
        // As long as before, so that nothing else moves.
        tree[at..at + 4].copy_from_slice(b"none");
    }
    tree
}
