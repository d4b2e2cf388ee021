//! `--board qemu`: starts the card, the same file that is flashed to a Pi, in an emulated computer on this machine.
//!
//! For looking at it. Nothing is kept: what the box writes goes to memory and is gone afterwards. Which processor, disk
//! and network a Pi has, and its radio, sound and buttons, is not emulated.

use std::path::Path;
use std::process::Command;

use crate::error::Error;
use crate::stage;

/// Where the emulated box's page is, on this machine alone.
const PAGE: &str = "127.0.0.1:8080";

/// Starts the card made in `out` and waits until it is switched off.
pub(crate) fn emulate(out: &Path) -> Result<(), Error> {
    eprintln!("\n── the card, emulated: http://{PAGE}/ in some ten seconds; Ctrl-A and then X switches it off");
    let mut emulator = Command::new("qemu-system-aarch64");
    // A Pi 3's own processor is slower to emulate: there the kernel changes its page tables at every call.
    emulator.args(["-machine", "virt", "-cpu", "max,pauth=off,sve=off,sme=off", "-smp", "2", "-m", "512"]);
    emulator.args(["-device", "i6300esb", "-action", "watchdog=reset", "-snapshot", "-nographic"]);
    emulator.arg("-bios").arg(out.join("u-boot-qemu.bin"));
    emulator.arg("-drive").arg(format!("file={},format=raw,if=none,id=card", out.join("card.img").display()));
    emulator.args(["-device", "virtio-blk-device,drive=card"]);
    // Reaches nobody; only the page is let in.
    emulator.arg("-netdev").arg(format!("user,id=net,restrict=on,hostfwd=tcp:{PAGE}-:80"));
    emulator.args(["-device", "virtio-net-device,netdev=net"]);
    stage::status("the emulated card", &mut emulator)
}
