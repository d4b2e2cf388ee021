//! Phones in networks of their own, which reach each other and the box through a switch that carries no multicast, as the access
//! points of a venue do: what a browser hides behind a name of multicast DNS, nobody resolves there.
//!
//! Made of network namespaces within a user namespace, so that no rights are needed and nothing is left behind: a test runs itself
//! again in there.

use std::env;
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, Stdio};

/// Set where a test runs within.
const WITHIN: &str = "PARTYBOX_APART";

/// Where the box is.
pub const BOX: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 231, 0, 1));

/// A phone's network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    name: String,
    /// The phone's address.
    pub address: IpAddr,
}

impl Place {
    /// Returns a command that runs `program` in this network.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/run/netns/{}", self.name)).arg(program);
        command
    }
}

/// Returns whether the test called `name`, with the modules it is in, runs in networks of its own. If it does not it is run there,
/// and what it says there is said; where that cannot be done the reason is printed.
///
/// # Panics
/// When it fails there.
pub fn is_within(name: &str) -> bool {
    if env::var_os(WITHIN).is_some() {
        return true;
    }
    let apart = || {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--net", "--mount", "--"]);
        command
    };
    let needs = "nsenter --version && ip -V && mount -t tmpfs tmpfs /run";
    let may = apart().args(["sh", "-c", needs]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !may.is_ok_and(|status| status.success()) {
        println!("not run: this machine has no unshare, nsenter and ip, or lets nobody make networks of their own");
        return false;
    }
    let program = env::current_exe().expect("a program");
    let ran = apart().arg(program).args(["--exact", name, "--nocapture"]).env(WITHIN, "yes").output();
    let ran = ran.expect("unshare starts");
    print!("{}", String::from_utf8_lossy(&ran.stdout));
    assert!(ran.status.success(), "{name} fails there: {}", String::from_utf8_lossy(&ran.stderr));
    false
}

/// Makes the switch, with the box's address on it, and so many phones' networks. Within only.
///
/// # Panics
/// When the kernel cannot.
pub fn lay(phones: u8) -> Vec<Place> {
    run(&["mount", "-t", "tmpfs", "tmpfs", "/run"]);
    run(&["ip", "link", "set", "lo", "up"]);
    run(&["ip", "link", "add", "switch", "type", "bridge", "mcast_snooping", "0"]);
    run(&["ip", "address", "add", &format!("{BOX}/24"), "dev", "switch"]);
    run(&["ip", "link", "set", "switch", "up"]);
    let places = (1..=phones).map(|number| {
        let (name, port) = (format!("phone{number}"), format!("port{number}"));
        let address = IpAddr::V4(Ipv4Addr::new(10, 231, 0, 10 + number));
        run(&["ip", "netns", "add", &name]);
        run(&["ip", "link", "add", &port, "type", "veth", "peer", "name", "wlan0", "netns", &name]);
        run(&["ip", "link", "set", &port, "master", "switch", "up"]);
        run(&["ip", "link", "set", &port, "type", "bridge_slave", "mcast_flood", "off"]);
        for device in ["lo", "wlan0"] {
            run(&["ip", "-n", &name, "link", "set", device, "up"]);
        }
        run(&["ip", "-n", &name, "address", "add", &format!("{address}/24"), "dev", "wlan0"]);
        // Without a default route browsers find no address of their own to offer.
        run(&["ip", "-n", &name, "route", "add", "default", "via", &BOX.to_string()]);
        Place { name, address }
    });
    places.collect()
}

/// Makes [`BOX`] and every address of [`crowd`] this machine's, without any other network. Within only.
///
/// # Panics
/// When the kernel cannot.
pub fn gather() {
    run(&["ip", "link", "set", "lo", "up"]);
    // The box speaks to networks that an interface of its own is in.
    run(&["ip", "link", "add", "switch", "type", "bridge"]);
    run(&["ip", "address", "add", &format!("{BOX}/16"), "dev", "switch"]);
    run(&["ip", "link", "set", "switch", "up"]);
    run(&["ip", "route", "add", "local", "10.231.0.0/16", "dev", "lo"]);
}

/// The address of the `n`th of a crowd, which is another than [`BOX`] and any [`Place`]'s.
pub fn crowd(n: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 231, (1 + n / 250 % 250) as u8, (n % 250) as u8 + 1)
}

fn run(command: &[&str]) {
    let ran = Command::new(command[0]).args(&command[1..]).output().expect("it starts");
    assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
}
