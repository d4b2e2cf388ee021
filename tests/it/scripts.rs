//! The card's small scripts, run here with folders of their own in place of the system's, and with stand-ins for what would change
//! this machine. What systemd makes of them is the cards' tests' business.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A folder in place of `/`, and a script of the card that runs in it.
struct World {
    root: TempDir,
    script: String,
}

impl World {
    /// Takes the script of this name; `tools` are stand-ins by their names, as text for a shell.
    fn new(name: &str, tools: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../image/root").join("usr/lib/partybox").join(name);
        let mut script = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for folder in ["/run/", "/sys/", "/proc/", "/dev/", "/usr/bin/"] {
            script = script.replace(folder, &format!("{}{folder}", root.path().display()));
        }
        let world = Self { root, script };
        fs::create_dir_all(world.at("usr/bin")).expect("a folder");
        for (name, text) in tools {
            let path = world.at("usr/bin").join(name);
            fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a stand-in");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be run");
        }
        world.put("dev/kmsg", "");
        world
    }

    fn at(&self, path: &str) -> std::path::PathBuf {
        self.root.path().join(path)
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, text).expect("a file");
    }

    fn text(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.at(path)).ok()
    }

    /// Runs the script, and returns whether it went well.
    fn run(&self) -> bool {
        let own = self.at("usr/bin");
        let path = format!("{}:/usr/bin:/bin", own.display());
        let said =
            Command::new("sh").args(["-c", &self.script]).env("PATH", path).current_dir(self.root.path()).output();
        said.expect("a shell").status.success()
    }
}

/// The clock of this machine stays as it is: what would be set is in a file, and it says 2025 until then.
const DATE: &str = r#"if [ "$1" = +%s ]; then echo 1750000000; else echo "$*" > set; fi"#;

#[test]
fn the_clock_is_set_by_a_phone_and_by_nothing_that_is_no_time() {
    let world = World::new("clock", &[("date", DATE)]);
    fs::create_dir_all(world.at("run/partybox-clock")).expect("a folder");
    for wrong in ["", "x\n", "-5\n", "3\n", "1767225599\n", "7258118400\n", "99999999999999\n", "1800000000;reboot\n"] {
        world.put("run/partybox/clock", wrong);
        assert!(!world.run(), "{wrong:?}");
        assert_eq!((world.text("set"), world.text("run/partybox-clock/state")), (None, None), "{wrong:?}");
    }
    world.put("run/partybox/clock", "1800000000\n");
    assert!(world.run());
    assert_eq!(world.text("set").as_deref(), Some("-u -s @1800000000\n"));
    assert_eq!(world.text("run/partybox-clock/state").as_deref(), Some("phone\n"));
}

#[test]
fn a_clock_with_a_battery_that_is_not_empty_knows_better() {
    let world = World::new("clock", &[("date", &DATE.replace("1750000000", "1790000000"))]);
    fs::create_dir_all(world.at("run/partybox-clock")).expect("a folder");
    world.put("run/partybox/clock", "1800000000\n");
    world.put("sys/class/rtc/rtc0/hctosys", "1\n");
    assert!(world.run());
    assert_eq!((world.text("set"), world.text("run/partybox-clock/state")), (None, None));
    let empty = World::new("clock", &[("date", DATE)]);
    fs::create_dir_all(empty.at("run/partybox-clock")).expect("a folder");
    empty.put("run/partybox/clock", "1800000000\n");
    empty.put("sys/class/rtc/rtc0/hctosys", "1\n");
    assert!(empty.run() && empty.text("set").is_some());
}

#[test]
fn files_that_a_radio_lacks_are_named_where_none_came_up() {
    let said = "brcmfmac mmc1:0001:1: Direct firmware load for brcm/brcmfmac43436-sdio.raspberrypi,model-zero-2-w.bin failed with error -2
brcmfmac mmc1:0001:1: Direct firmware load for brcm/brcmfmac43436-sdio.bin failed with error -2
platform regulatory.0: Direct firmware load for regulatory.db failed with error -2";
    let busybox = format!("cat <<'EOF'\n{said}\nEOF");
    let world = || {
        let world = World::new("radio-firmware", &[("busybox", &busybox)]);
        fs::create_dir_all(world.at("run/partybox-radio-firmware")).expect("a folder");
        // It has waited long enough.
        world.put("proc/uptime", "31.07 12.00\n");
        world
    };
    let missing = "run/partybox-radio-firmware/missing";
    let without = world();
    assert!(without.run());
    let named = without.text(missing).expect("it is said");
    assert_eq!(
        named.lines().collect::<Vec<_>>(),
        ["brcm/brcmfmac43436-sdio.bin", "brcm/brcmfmac43436-sdio.raspberrypi,model-zero-2-w.bin"]
    );
    assert!(without.text("dev/kmsg").is_some_and(|said| said.contains("no firmware: brcm/brcmfmac43436-sdio.bin")));
    // One that came up with another of its names misses nothing.
    let with = world();
    with.put("proc/uptime", "5.00 1.00\n");
    with.put("sys/class/ieee80211/phy0/index", "0\n");
    assert!(with.run());
    assert_eq!(with.text(missing), None);
}
