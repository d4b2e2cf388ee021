//! How the emulated computer is put together that a card is in.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::machine::PROCESSOR;

/// A computer without graphics, with a watchdog that restarts it, and a network that reaches nobody but whoever connects
/// to the forwarded port, though it takes 65,534 others to be at its cable. Its time is that of its instructions, a billion
/// per second, which is about one core of a Pi 3: what it must do in time does not depend on what else this machine does. It
/// has no card yet.
pub(super) fn virt(folder: &Path, log: &Path, address: SocketAddr) -> Command {
    let mut command = emulator(log);
    command.args(["-machine", "virt", "-cpu", PROCESSOR, "-smp", "1", "-m", "512", "-icount", "shift=0"]);
    command.arg("-bios").arg(folder.join("out/u-boot-qemu.bin")).args(["-serial", "chardev:log"]);
    command.args(["-device", "i6300esb", "-device", "virtio-blk-device,drive=card"]);
    command.arg("-netdev").arg(format!("user,id=net,net=10.0.0.0/16,restrict=on,hostfwd=tcp:{address}-:80"));
    command.args(["-device", "virtio-net-device,netdev=net"]);
    command
}

/// A Raspberry Pi 3 with the boot loader that is on the card, this device tree, its card reader and its second serial line,
/// but without a card yet. Its time is that of its instructions as well.
pub(super) fn pi(folder: &Path, log: &Path, tree: &Path) -> Command {
    let mut command = emulator(log);
    command.args(["-machine", "raspi3b", "-icount", "shift=0", "-serial", "null", "-serial", "chardev:log"]);
    command.arg("-kernel").arg(folder.join("out/boot-files/u-boot.bin")).arg("-dtb").arg(tree);
    command
}

fn emulator(log: &Path) -> Command {
    let mut command = Command::new("qemu-system-aarch64");
    command.args(["-nodefaults", "-display", "none", "-action", "watchdog=reset", "-chardev"]);
    command.arg(format!("file,id=log,append=on,path={}", log.display()));
    command
}

/// Puts a card into a computer. What the guest was told is on the card is in this machine's memory at least: the
/// emulator's death takes none of it.
pub(super) fn insert(command: &mut Command, image: &Path, interface: &str) {
    command.arg("-drive").arg(format!("file={},format=raw,cache=unsafe,if={interface}", image.display()));
}

/// The same with every write and every flush written down, in the order in which the guest asked for them.
pub(super) fn insert_watched(command: &mut Command, image: &Path, writes: &Path) {
    for (name, path) in [("content", image), ("writes", writes)] {
        command.arg("-blockdev").arg(format!("file,node-name={name},filename={},cache.no-flush=on", path.display()));
    }
    command.args(["-blockdev", "blklogwrites,node-name=card,file=content,log=writes,log-sector-size=512"]);
}
