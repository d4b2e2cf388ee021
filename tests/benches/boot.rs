//! From the kernel's start to the first block of sound: the card, and the same program in Debian as it comes.
//!
//! Both are emulated alike, with a clock that counts instructions, so the times tell of the work that is done and not of
//! this machine; the box itself says them (`kernel_to_sound_seconds`), and the card's own log where they go. A billion instructions
//! per second are about one core of a Pi 3; a Pi 4 does twice as much. What the boot loader does before is not in them. Needs
//! the folder of a card in `PARTYBOX_CARD` (`cargo xtask image` makes `target/card/pi`), and to make Debian once, beside it,
//! root, mmdebstrap and an entry in binfmt_misc for programs of arm64; without them that part says so.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tests::card::Card;
use tests::machine::PROCESSOR;
use tests::program::free_port;
use tests::wait;

/// How long a start may take; Debian's takes about three minutes.
const PATIENCE: Duration = Duration::from_secs(1_200);

/// The gauge that is read.
const GAUGE: &str = "partybox_kernel_to_sound_seconds ";

fn main() {
    let Some(card) = Card::fresh("boot") else { return };
    card.pair();
    println!("load: {}", fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
    // The first start makes keys and grows the data partition; every other one is like the second.
    let [first, ours] = ["first start", "second start"].map(|name| {
        let running = card.boot();
        let seconds = seconds(|| running.tells_host("/metrics"));
        println!("the card, {name}: {seconds:.2} s from the kernel's start to sound");
        print_stamps(&running.said());
        seconds
    });
    let plain = card.made("plain");
    if let Err(why) = make(&card, &plain) {
        println!("Debian as it comes: not run: {why}");
        return;
    }
    let address = free_port();
    let mut emulator = debian(&plain, address);
    let web = ureq::Agent::new_with_defaults();
    let url = format!("http://{address}/metrics");
    let get = || web.get(&url).header("Host", "party.internal").call().ok()?.body_mut().read_to_string().ok();
    let theirs = seconds(get);
    // It may have ended by itself.
    let _ = emulator.kill();
    let _ = emulator.wait();
    println!("Debian as it comes: {theirs:.2} s");
    println!("ratio: {:.2} of Debian's ({:.2} at the first start)", ours / theirs, first / theirs);
}

/// Prints what the card's serial line said of this start, each with its seconds since the kernel's and since the line before.
fn print_stamps(log: &str) {
    let this_start = log.rsplit_once("Starting kernel").map_or(log, |(_, this)| this);
    let mut before = 0.0;
    for line in this_start.lines() {
        let stamped = line.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
        let Some((at, said)) = stamped.and_then(|(at, said)| Some((at.trim().parse::<f64>().ok()?, said.trim())))
        else {
            continue;
        };
        let said: String = said.chars().take(90).collect();
        println!("  {at:7.2} s  {:+6.2} s  {said}", at - before);
        before = at;
    }
}

/// What the gauge says as soon as the box answers.
fn seconds(metrics: impl Fn() -> Option<String>) -> f64 {
    let gauge = |page: &str| page.lines().find_map(|line| line.strip_prefix(GAUGE)?.trim().parse().ok());
    wait::until(PATIENCE, || gauge(&metrics()?)).expect("sound")
}

/// Makes Debian in `folder`, with the card's own program, unless it is there.
fn make(card: &Card, folder: &Path) -> Result<(), String> {
    if folder.join("plain.img").exists() {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let program = folder.join("partybox");
    let slot = card.made("out/slot.img");
    let dump = format!("dump /usr/bin/partybox {}", program.display());
    run(Command::new("debugfs").args(["-R", &dump]).arg(&slot))?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/boot/plain.sh");
    run(Command::new("sh").arg(script).arg(folder).arg(program))
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// The computer of [`Card::boot`], but with Debian's own kernel and first file system, and started without a boot loader.
fn debian(folder: &Path, address: SocketAddr) -> Child {
    let mut command = Command::new("qemu-system-aarch64");
    command.args(["-nodefaults", "-display", "none", "-machine", "virt", "-cpu", PROCESSOR, "-smp", "1"]);
    command.args(["-m", "512", "-icount", "shift=0", "-serial", "null"]);
    command.arg("-kernel").arg(folder.join("vmlinuz")).arg("-initrd").arg(folder.join("initrd.img"));
    command.args(["-append", "root=/dev/vda rw quiet", "-device", "virtio-blk-device,drive=disk"]);
    command.arg("-drive").arg(format!("file={},format=raw,if=none,id=disk", folder.join("plain.img").display()));
    command.arg("-netdev").arg(format!("user,id=net,restrict=on,hostfwd=tcp:{address}-:80"));
    command.args(["-device", "virtio-net-device,netdev=net"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("qemu-system-aarch64 starts")
}
