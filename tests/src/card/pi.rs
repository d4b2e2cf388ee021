//! A card in a Raspberry Pi 3 as QEMU has it, and what of that board QEMU has wrong.

use std::fs;

use super::{Card, Running, emulator};
use crate::program::free_port;

/// By what drivers know the block of a Pi that has its watchdog.
const WATCHDOG: [&[u8]; 2] = [b"brcm,bcm2835-pm\0", b"brcm,bcm2835-pm-wdt\0"];

impl Card {
    /// Switches a Raspberry Pi 3 on. Of its networks and USB sockets none is emulated.
    ///
    /// # Panics
    /// When the emulator does not start.
    pub fn boot_pi(&self) -> Running {
        let tree = fs::read(self.made("out/dtb/bcm2837-rpi-3-b.dtb")).expect("the board's device tree");
        let emulated = self.beside("dtb");
        fs::write(&emulated, without_watchdog(tree)).expect("room for a device tree");
        let mut command = emulator::pi(&self.folder, &self.log, &emulated);
        emulator::insert(&mut command, &self.image, "sd");
        self.start(command, free_port())
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
