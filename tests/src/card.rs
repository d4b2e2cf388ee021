//! The flashed file in an emulated computer: started by the real boot loader, reached over its network and its serial line.
//!
//! `cargo xtask test --machine` makes the file and names its folder in `PARTYBOX_CARD`. Nothing in it is made for tests: it
//! is watched from outside, its partitions are read and changed while it is off, and a power cut is the emulator's death.

mod boot;
mod cable;
mod emulator;
mod frames;
mod host;
mod monitor;
mod pi;
mod ports;
mod slot;
mod sound_card;
mod usb;
mod words;
mod worn_out;
mod writes;

use std::cell::Cell;
use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::metrics;
use crate::processor;
use crate::program::free_port;
use crate::wait;
pub use cable::CableEnd;
pub use pi::Pins;
pub use ports::Watched;
pub use slot::{Entry, slot_modes, slot_tree};
pub use usb::{Sockets, SoundCard};
pub use writes::{Replay, SECTOR, Stretch};

/// The folder with the card in `out` and faulty slots and updates in `faulty`; unset where no card is wanted.
const FOLDER: &str = "PARTYBOX_CARD";

/// How long anything may take on a busy machine: a start takes 20 s on an idle one.
const PATIENCE: Duration = Duration::from_secs(600);

/// How long one question may wait for its answer before it is asked again: a box whose network is put together anew just then may
/// never answer it.
const QUESTION: Duration = Duration::from_secs(60);

/// Where the slots are on the card, bytes: behind the first MiB and the boot partition of 40, each 255 MiB.
pub const SLOTS: [u64; 2] = [41 << 20, (41 + 255) << 20];

/// Where the data partition is, bytes.
pub const DATA: u64 = (41 + 510) << 20;

/// Where the slot counters are, bytes: in sector 16 of the boot partition.
const COUNTERS: u64 = (1 << 20) + 16 * 512;

/// Any of the box's names.
const HOST: &str = "party.internal";

/// A card of its own, as it comes from the shop and `cargo xtask flash`.
pub struct Card {
    folder: PathBuf,
    image: PathBuf,
    log: PathBuf,
}

/// A running emulated computer; dropping it pulls the plug.
#[derive(Debug)]
pub struct Running {
    emulator: Child,
    log: PathBuf,
    seen: u64,
    address: SocketAddr,
    web: ureq::Agent,
}

impl Card {
    /// Size of the card as the emulated computer sees it: more than the file, so that the data partition can grow.
    pub const BYTES: u64 = 1 << 30;

    /// A fresh card for the test `name`; `None`, with the reason printed, where none was made.
    ///
    /// # Panics
    /// When it cannot be copied.
    pub fn fresh(name: &str) -> Option<Self> {
        let folder = folder()?;
        let here = folder.join("run");
        fs::create_dir_all(&here).expect("a folder for cards");
        let (image, log) = (here.join(format!("{name}.img")), here.join(format!("{name}.log")));
        run("cp", &[Path::new("--sparse=always"), &folder.join("out/card.img"), &image]);
        OpenOptions::new().write(true).open(&image).and_then(|file| file.set_len(Self::BYTES)).expect("a larger card");
        File::create(&log).expect("a log");
        Some(Self { folder, image, log })
    }

    /// Something that was made with the card, such as `out/update.raucb` or `faulty/older.raucb`.
    pub fn made(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A file beside the card, for what a test makes itself.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.image.with_extension(name)
    }

    /// Switches a computer on that has a network.
    ///
    /// # Panics
    /// When the emulator does not start.
    pub fn boot(&self) -> Running {
        let address = free_port();
        let mut emulator = emulator::virt(&self.folder, &self.log, address);
        emulator::insert(&mut emulator, &self.image, "none,id=card");
        self.start(emulator, address)
    }

    fn start(&self, mut emulator: Command, address: SocketAddr) -> Running {
        let seen = fs::metadata(&self.log).map(|data| data.len()).unwrap_or(0);
        let emulator = emulator.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("qemu-system-aarch64 starts");
        let web =
            ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false).build().into();
        Running { emulator, log: self.log.clone(), seen, address, web }
    }

    /// Writes bytes at a place of the card.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn write(&self, at: u64, bytes: &[u8]) {
        let mut file = OpenOptions::new().write(true).open(&self.image).expect("the card");
        file.seek(SeekFrom::Start(at)).and_then(|_| file.write_all(bytes)).expect("written");
    }

    /// Flips one bit of the card.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn flip(&self, at: u64) {
        let mut byte = [0];
        let mut file = File::open(&self.image).expect("the card");
        file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut byte)).expect("read");
        self.write(at, &[byte[0] ^ 0x10]);
    }

    /// Puts a slot's content into slot B, to be tried so many times, of which an update leaves three.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn to_be_tried(&self, slot: &str, tries: u32) {
        self.write(SLOTS[1], &fs::read(self.made(slot)).expect("a slot"));
        let mut counters = vec![0; 512];
        let text = format!("pb_left={tries}\0pb_order=B A\0pb_try=B\0");
        counters[4..4 + text.len()].copy_from_slice(text.as_bytes());
        let sum = crc32(&counters[4..]);
        counters[..4].copy_from_slice(&sum.to_le_bytes());
        self.write(COUNTERS, &counters);
    }

    /// What is in slot 0 (A) or 1 (B).
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn slot(&self, slot: usize) -> Vec<u8> {
        let mut bytes = vec![0; fs::metadata(self.made("out/slot.img")).expect("a slot").len() as usize];
        let mut file = File::open(&self.image).expect("the card");
        file.seek(SeekFrom::Start(SLOTS[slot])).and_then(|_| file.read_exact(&mut bytes)).expect("read");
        bytes
    }

    /// Where on the card a file of slot 0 or 1 begins.
    ///
    /// # Panics
    /// When there is no such file.
    pub fn place(&self, slot: usize, path: &str) -> u64 {
        // The block with its first bytes: `blocks` names those before it that say where the others are.
        let said =
            Command::new("debugfs").args(["-R", &format!("bmap {path} 0")]).arg(self.made("out/slot.img")).output();
        let said = String::from_utf8(said.expect("debugfs starts").stdout).expect("a number");
        let block: u64 = said.trim().parse().ok().filter(|block| *block > 0).expect("a file with a block");
        SLOTS[slot] + block * 4096
    }

    /// Puts a file into the data partition, before the computer is on for the first time: what is put beside a journal that
    /// is not yet replayed is gone afterwards.
    ///
    /// # Panics
    /// When it does not fit.
    pub fn put(&self, file: &Path, path: &str) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let commands = self.image.with_extension("commands");
        let text = format!("mkdir {folder}\nwrite {} {path}\n", file.display());
        fs::write(&commands, text).expect("a file of commands");
        run("debugfs", &[Path::new("-w"), Path::new("-f"), &commands, &self.data()]);
        assert!(!cat(&self.data(), path).is_empty(), "{path} does not fit");
    }

    /// What is in a file of the data partition; nothing if it is not there.
    ///
    /// # Panics
    /// When debugfs is not there.
    pub fn get(&self, path: &str) -> Vec<u8> {
        cat(&self.settled(), path)
    }

    /// A copy of the data partition with everything in its place.
    fn settled(&self) -> PathBuf {
        let copy = self.beside("data");
        // Left by an earlier look.
        let _ = fs::remove_file(&copy);
        writes::dd(&self.image, &copy, DATA, 0);
        // What the box does at its start: what was written last may be in the journal only.
        let output = Command::new("e2fsck").arg("-p").arg(&copy).output().expect("e2fsck starts");
        assert!(output.status.code().is_some_and(|code| code <= 1), "{}", String::from_utf8_lossy(&output.stdout));
        copy
    }

    /// What is in a folder of the data partition, in order.
    ///
    /// # Panics
    /// When debugfs is not there.
    pub fn names(&self, path: &str) -> Vec<String> {
        let output = Command::new("debugfs").args(["-R", &format!("ls -p {path}")]).arg(self.data()).output();
        let text = String::from_utf8(output.expect("debugfs starts").stdout).expect("names");
        // "/inode/mode/owner/group/name/size/"
        let names = text.lines().filter_map(|line| line.split('/').nth(5));
        let mut names: Vec<String> = names.filter(|name| ![".", ".."].contains(name)).map(str::to_owned).collect();
        names.sort();
        names
    }

    fn data(&self) -> PathBuf {
        PathBuf::from(format!("{}?offset={DATA}", self.image.display()))
    }
}

/// Where the card was made; `None`, with the reason printed, where none was.
fn folder() -> Option<PathBuf> {
    let folder = env::var_os(FOLDER).map(PathBuf::from);
    if folder.is_none() {
        println!("not run: {FOLDER} is not set; `cargo xtask test --machine` runs this");
    }
    folder
}

impl Running {
    /// Waits until the serial line has said `text` since the last time that something was waited for.
    ///
    /// # Panics
    /// When it does not in time.
    pub fn says(&mut self, text: &str) {
        let mut new = String::new();
        let said = wait::comes_true(PATIENCE, || {
            let bytes = fs::read(&self.log).unwrap_or_default();
            new = String::from_utf8_lossy(&bytes[self.seen as usize..]).into_owned();
            if let Some(at) = new.find(text) {
                // Lossy text may be longer than the bytes were; a little is then seen twice.
                self.seen += (at + text.len()).min(bytes.len() - self.seen as usize) as u64;
                return true;
            }
            let has_ended = !matches!(self.emulator.try_wait(), Ok(None));
            assert!(!has_ended, "the emulator has ended; the serial line said:\n{}", tail(&new));
            false
        });
        assert!(said, "waited too long for {text:?}; the serial line said:\n{}", tail(&new));
    }

    /// Waits until the serial line has said `text`, however long ago.
    ///
    /// # Panics
    /// When it does not in time.
    pub fn has_said(&self, text: &str) {
        let has = wait::comes_true(PATIENCE, || self.said().contains(text));
        assert!(has, "waited too long for {text:?}; the serial line said:\n{}", tail(&self.said()));
    }

    /// Lets it compute for this long and returns the last line that it said. On a busy machine that takes longer, but the
    /// computer gets as far.
    ///
    /// # Panics
    /// When it does not in time.
    pub fn compute(&mut self, moment: Duration) -> String {
        let is_there = wait::comes_true(PATIENCE, || processor::time(self.emulator.id()) >= moment);
        assert!(is_there, "waited too long for {moment:?} of processor time");
        self.said().lines().last().unwrap_or_default().to_owned()
    }

    /// Waits until the page is served, and returns it.
    ///
    /// # Panics
    /// When it is not in time.
    pub fn page(&self) -> String {
        let page = wait::until(PATIENCE, || self.get("/"));
        page.unwrap_or_else(|| panic!("no page; the serial line said:\n{}", tail(&self.said())))
    }

    /// What a browser on the machine with the emulator is answered, which opens the address that `image --board qemu` prints.
    pub fn page_by_localhost(&self) -> Option<String> {
        let port = self.address.port();
        let request = self.web.get(format!("http://{}/", self.address)).header("Host", format!("localhost:{port}"));
        let mut answer = request.call().ok()?;
        answer.status().is_success().then(|| answer.body_mut().read_to_string().ok())?
    }

    /// What the serial line has said so far, in this start and those before.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// What the box answers at `path`, or nothing if it does not answer well.
    pub fn get(&self, path: &str) -> Option<String> {
        self.open(path, QUESTION)?.body_mut().read_to_string().ok()
    }

    /// Waits until what the box answers at `path` is as `wanted`.
    ///
    /// # Panics
    /// When it is not in time.
    pub fn until_tells(&self, path: &str, wanted: impl Fn(&str) -> bool) {
        Self::until_answered(path, || self.get(path), wanted);
    }

    fn until_answered(path: &str, ask: impl Fn() -> Option<String>, wanted: impl Fn(&str) -> bool) {
        let mut answer = String::new();
        let is_so = wait::comes_true(PATIENCE, || {
            answer = ask().unwrap_or_default();
            wanted(&answer)
        });
        assert!(is_so, "waited too long for {path}, which is {answer}");
    }

    /// Waits until a number of the box's `/metrics` is as `wanted`, and returns it. They are for hosts: see [`Card::pair`].
    ///
    /// # Panics
    /// When it is not in time.
    pub fn until_measures(&self, name: &str, wanted: impl Fn(f64) -> bool) -> f64 {
        let number = |page: &str| metrics::number(page, name);
        let seen = Cell::new(f64::NAN);
        self.until_tells_host("/metrics", |page| number(page).inspect(|now| seen.set(*now)).is_some_and(&wanted));
        seen.get()
    }

    /// What the box sends at `path`, as it comes.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn listen(&self, path: &str) -> impl Read + Send + 'static {
        self.open(path, PATIENCE).expect("the box answers").into_body().into_reader()
    }

    fn open(&self, path: &str, limit: Duration) -> Option<ureq::http::Response<ureq::Body>> {
        let request = self.web.get(format!("http://{}{path}", self.address)).header("Host", HOST);
        let answer = request.config().timeout_global(Some(limit)).build().call().ok()?;
        answer.status().is_success().then_some(answer)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.emulator.kill();
        let _ = self.emulator.wait();
    }
}

/// What is in a file of a file system.
fn cat(data: &Path, path: &str) -> Vec<u8> {
    let output = Command::new("debugfs").args(["-R", &format!("cat {path}")]).arg(data).output();
    output.expect("debugfs starts").stdout
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

fn run(program: &str, words: &[&Path]) {
    let output = Command::new(program).args(words).stdin(Stdio::null()).output().expect("it starts");
    assert!(output.status.success(), "{program} failed: {}", String::from_utf8_lossy(&output.stderr));
}

/// The checksum of U-Boot's counters (CRC-32, as in Ethernet).
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 })
    })
}
