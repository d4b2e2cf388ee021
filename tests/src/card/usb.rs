//! The USB sockets of a card's computer: sticks and sound cards are plugged in and pulled out while it runs.
//!
//! A stick is a folder of this machine that the emulator shows as a disk with a FAT partition; nothing is written to it. The
//! sound card is one of ours, see `sound_card`.

use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use serde_json::json;

use super::monitor::Monitor;
use super::{Card, Running, emulator, sound_card};
use crate::program::free_port;

/// The names of what is plugged in, for the emulator.
const STICK: &str = "stick";
const SOUND_CARD: &str = "sound-card";

/// A computer's sockets.
#[derive(Debug)]
pub struct Sockets {
    monitor: Monitor,
    /// Where the emulator finds our sound card.
    card: PathBuf,
}

/// A sound card that is plugged in; it plays on, and is there, until it is pulled out.
#[derive(Debug)]
pub struct SoundCard {
    plays: JoinHandle<()>,
}

impl Card {
    /// Switches a computer on that has a network and USB sockets.
    ///
    /// # Panics
    /// When the emulator does not start.
    pub fn boot_with_usb(&self) -> (Running, Sockets) {
        let address = free_port();
        let mut command = emulator::virt(&self.folder, &self.log, address);
        emulator::insert(&mut command, &self.image, "none,id=card");
        command.args(["-device", "qemu-xhci,id=usb"]);
        let monitor = Monitor::of(&mut command, self.beside("usb"));
        (self.start(command, address), Sockets { monitor, card: self.beside("sound-card") })
    }
}

impl Sockets {
    /// Plugs in a stick with what is in `folder`.
    ///
    /// # Panics
    /// When the emulator does not take it.
    pub fn plug(&self, folder: &Path) {
        let disk = json!({
            "driver": "vvfat", "dir": folder, "fat-type": 16, "read-only": true, "node-name": STICK, "label": "STICK",
        });
        let stick = json!({ "driver": "usb-storage", "id": STICK, "drive": STICK, "bus": "usb.0" });
        self.monitor.tell(&[("blockdev-add", disk), ("device_add", stick)]);
    }

    /// Pulls it out without a word to the computer before.
    ///
    /// # Panics
    /// When there is none.
    pub fn pull(&self) {
        self.monitor.tell(&[("device_del", json!({ "id": STICK }))]);
    }

    /// Plugs a sound card into socket 1 to 4, into whose line-in somebody plays a tone of so many kHz.
    ///
    /// # Panics
    /// When the emulator does not take it.
    pub fn plug_sound_card(&self, socket: u8, khz: u8) -> SoundCard {
        // Left by the one before.
        let _ = std::fs::remove_file(&self.card);
        let emulator = UnixListener::bind(&self.card).expect("a socket");
        let cable = json!({
            "type": "socket", "data": { "addr": { "type": "unix", "data": { "path": self.card } }, "server": false },
        });
        let card = json!({
            "driver": "usb-redir", "id": SOUND_CARD, "chardev": SOUND_CARD, "bus": "usb.0", "port": socket.to_string(),
        });
        let cable = json!({ "id": SOUND_CARD, "backend": cable });
        self.monitor.tell(&[("chardev-add", cable), ("device_add", card)]);
        let (emulator, _) = emulator.accept().expect("the emulator has come");
        SoundCard { plays: thread::spawn(move || sound_card::play(emulator, khz)) }
    }

    /// Pulls it out without a word to the computer before.
    ///
    /// # Panics
    /// When there is none, or the computer wanted something of it that no sound card of its kind has.
    pub fn pull_sound_card(&self, card: SoundCard) {
        self.monitor.tell(&[("device_del", json!({ "id": SOUND_CARD }))]);
        card.plays.join().expect("it played until it was pulled");
    }
}
