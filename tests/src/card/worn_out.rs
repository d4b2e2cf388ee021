//! A card that takes no more writing, as worn-out ones do.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::path::Path;

use super::{Card, DATA, Running, emulator, run};
use crate::program::free_port;

impl Card {
    /// Puts what was written last from the journal of the data partition to its place, as the next start would. What is still
    /// said is that the plug was pulled.
    ///
    /// # Panics
    /// When e2fsck is not there, or finds more to do.
    pub fn settle(&self) {
        let mut settled = File::open(self.settled()).expect("a copy");
        let mut card = OpenOptions::new().write(true).open(&self.image).expect("the card");
        card.seek(SeekFrom::Start(DATA)).and_then(|_| io::copy(&mut settled, &mut card)).expect("written");
        let data = self.data();
        run("debugfs", &[Path::new("-w"), Path::new("-R"), Path::new("feature needs_recovery"), &data]);
    }

    /// Switches a computer on that has a network, and a card that takes no more writing, as worn-out ones do.
    ///
    /// # Panics
    /// When the emulator does not start.
    pub fn boot_worn_out(&self) -> Running {
        let address = free_port();
        let mut emulator = emulator::virt(&self.folder, &self.log, address);
        emulator::insert(&mut emulator, &self.image, "none,id=card,readonly=on");
        self.start(emulator, address)
    }
}
