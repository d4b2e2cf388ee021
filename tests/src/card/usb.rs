//! The USB sockets of a card's computer: sticks are plugged in and pulled out while it runs.
//!
//! Told to QEMU over its machine protocol (QMP): one JSON value per line each way. A stick is a folder of this machine that
//! the emulator shows as a disk with a FAT partition; nothing is written to it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Card, Running, emulator};
use crate::program::free_port;

/// How long the emulator may take to answer on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The name of the stick for the emulator.
const STICK: &str = "stick";

/// A computer's sockets.
#[derive(Debug)]
pub struct Sockets {
    path: PathBuf,
}

impl Card {
    /// Switches a computer on that has a network and USB sockets.
    ///
    /// # Panics
    /// When the emulator does not start.
    pub fn boot_with_usb(&self) -> (Running, Sockets) {
        let (address, path) = (free_port(), self.beside("usb"));
        let mut command = emulator::virt(&self.folder, &self.log, address);
        emulator::insert(&mut command, &self.image, "none,id=card");
        command.args(["-device", "qemu-xhci,id=usb"]);
        command.arg("-qmp").arg(format!("unix:{},server=on,wait=off", path.display()));
        (self.start(command, address), Sockets { path })
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
        self.tell(&[("blockdev-add", disk), ("device_add", stick)]);
    }

    /// Pulls it out without a word to the computer before.
    ///
    /// # Panics
    /// When there is none.
    pub fn pull(&self) {
        self.tell(&[("device_del", json!({ "id": STICK }))]);
    }

    fn tell(&self, commands: &[(&str, Value)]) {
        let mut emulator = UnixStream::connect(&self.path).expect("the emulator listens");
        emulator.set_read_timeout(Some(PATIENCE)).expect("a socket takes a timeout");
        let mut said = BufReader::new(emulator.try_clone().expect("a socket can be shared")).lines();
        for (name, arguments) in [("qmp_capabilities", json!({}))].iter().chain(commands) {
            writeln!(emulator, "{}", json!({ "execute": name, "arguments": arguments })).expect("the emulator reads");
            loop {
                let line = said.next().expect("an answer").expect("the emulator answers in time");
                let answer: Value = serde_json::from_str(&line).expect("JSON");
                assert!(answer.get("error").is_none(), "{name}: {answer}");
                // Between answers there are a greeting and events.
                if answer.get("return").is_some() {
                    break;
                }
            }
        }
    }
}
