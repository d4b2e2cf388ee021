//! The far end of an emulated computer's second cable: in a network namespace of its own, from which a guest looks.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use nix::sched::{CloneFlags, setns};

use super::{Card, Running, emulator};
use crate::program::free_port;

/// What is done with the address that a box gives: no more than this, so that nothing of this machine changes.
const TAKE: &str = "#!/bin/sh\n[ \"$1\" = bound ] && ip address replace \"$ip/$mask\" dev \"$interface\" && \
                    ip route replace default via \"$router\"\nexit 0\n";

/// Where `ip netns` keeps namespaces.
const NAMESPACES: &str = "/run/netns";

/// A namespace with one end of a cable in it; dropping it removes both.
#[derive(Debug)]
pub struct CableEnd {
    /// Of namespace and interface.
    name: String,
    script: PathBuf,
}

impl Card {
    /// Switches a computer on that has a second cable, and returns the far end of that one as well.
    ///
    /// # Panics
    /// When the emulator does not start, or not as root.
    pub fn boot_with_cable(&self) -> (Running, CableEnd) {
        // Of a process's own, and shorter than the 15 letters that an interface's name may have.
        let end = CableEnd { name: format!("pb{}", std::process::id()), script: self.beside("take") };
        fs::write(&end.script, TAKE).expect("a file");
        fs::set_permissions(&end.script, Permissions::from_mode(0o755)).expect("ours");
        let name = end.name.as_str();
        ip(&["netns", "add", name]);
        ip(&["tuntap", "add", "dev", name, "mode", "tap"]);
        let address = free_port();
        let mut command = emulator::virt(&self.folder, &self.log, address);
        emulator::insert(&mut command, &self.image, "none,id=card");
        command.arg("-netdev").arg(format!("tap,id=second,ifname={name},script=no,downscript=no"));
        command.args(["-device", "virtio-net-device,netdev=second"]);
        let mut running = self.start(command, address);
        // By the time the guest says anything the emulator holds its end, wherever the interface goes.
        running.says("U-Boot");
        ip(&["link", "set", name, "netns", name]);
        ip(&["-n", name, "link", "set", name, "up"]);
        (running, end)
    }
}

impl CableEnd {
    /// Asks for an address for some seconds, and takes it; whether there was one.
    ///
    /// # Panics
    /// When busybox is not installed.
    pub fn takes_an_address(&self) -> bool {
        let output =
            self.run("busybox", &["udhcpc", "-f", "-n", "-q", "-t", "5", "-i", &self.name, "-s"], &self.script);
        output.status.success()
    }

    /// Its IPv4 address, as `ip` writes it; nothing without one.
    pub fn address(&self) -> String {
        let words = ["-n", &self.name, "-brief", "-4", "address", "show", "dev", &self.name];
        let said = Command::new("ip").args(words).output().expect("ip starts").stdout;
        String::from_utf8_lossy(&said).split_whitespace().nth(2).unwrap_or_default().to_owned()
    }

    /// What is seen from this end.
    ///
    /// # Panics
    /// When one cannot go there, or `look` does.
    pub fn see<T: Send>(&self, look: impl FnOnce() -> T + Send) -> T {
        let there = File::open(Path::new(NAMESPACES).join(&self.name)).expect("a namespace");
        // A thread of its own, because it cannot go back.
        let go = || {
            setns(&there, CloneFlags::CLONE_NEWNET).expect("root");
            look()
        };
        thread::scope(|scope| scope.spawn(go).join()).expect("it looks")
    }

    fn run(&self, program: &str, words: &[&str], last: &Path) -> Output {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]).args(words).arg(last).stdin(Stdio::null());
        command.output().expect("ip starts")
    }
}

impl Drop for CableEnd {
    fn drop(&mut self) {
        // The interface goes with its namespace, or with the emulator.
        let _ = Command::new("ip").args(["netns", "delete", &self.name]).output();
        let _ = Command::new("ip").args(["link", "delete", &self.name]).output();
    }
}

fn ip(words: &[&str]) {
    let output = Command::new("ip").args(words).stdin(Stdio::null()).output().expect("ip starts");
    assert!(output.status.success(), "ip {words:?}: {}", String::from_utf8_lossy(&output.stderr));
}
