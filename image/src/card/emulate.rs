//! `--board qemu`: starts the card, the same file that is flashed to a Pi, in an emulated computer on this machine.
//!
//! For looking at it. Nothing is kept: what the box writes goes to memory and is gone afterwards. Which processor, disk
//! and network a Pi has, and its radio, sound and buttons, is not emulated.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use crate::error::Error;
use crate::stage;
use crate::tools::emulator;

/// The port of the emulated box's page, on this machine alone, unless something else has it.
const PORT: u16 = 8080;

/// Starts the card made in `out` and waits until it is switched off.
pub(crate) fn emulate(out: &Path) -> Result<(), Error> {
    let port = free_port(PORT)?;
    // By this name: the box answers to its own names and addresses alone, and it does not know the one that it has here.
    eprintln!(
        "\n── the card, emulated: http://localhost:{port}/ in some ten seconds; Ctrl-A and then X switches it off"
    );
    let mut emulator = emulator::command();
    // A Pi 3's own processor is slower to emulate: there the kernel changes its page tables at every call.
    emulator.args(["-machine", "virt", "-cpu", "max,pauth=off,sve=off,sme=off", "-smp", "2", "-m", "512"]);
    emulator.args(["-device", "i6300esb", "-action", "watchdog=reset", "-snapshot", "-nographic"]);
    emulator.arg("-bios").arg(out.join("u-boot-qemu.bin"));
    emulator.arg("-drive").arg(format!("file={},format=raw,if=none,id=card", out.join("card.img").display()));
    emulator.args(["-device", "virtio-blk-device,drive=card"]);
    // Reaches nobody; only the page is let in.
    emulator.arg("-netdev").arg(format!("user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:80"));
    emulator.args(["-device", "virtio-net-device,netdev=net"]);
    stage::status("the emulated card", &mut emulator)
}

/// Returns `wanted`, or a port that nobody has.
fn free_port(wanted: u16) -> Result<u16, Error> {
    let try_port = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|socket| socket.local_addr());
    let address = try_port(wanted).or_else(|_| try_port(0));
    address.map(|address| address.port()).map_err(|why| Error::Card(format!("no port for the page: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_somebody_has_is_not_used() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = taken.local_addr().expect("bound").port();
        assert_ne!(free_port(port).expect("another port"), port);
    }
}
