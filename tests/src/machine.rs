//! An emulated arm64 computer that runs the real program on a real kernel: boots it, talks to its shell, forwards its port.
//!
//! `cargo xtask test --machine` makes the kernel and the root file system and names their folder in `PARTYBOX_MACHINE`.
//! The guest's clock counts instructions, not this machine's time: however busy this machine is, the guest is never
//! late by its own clock, so that a gap in its sound is a fault of the program and not of the day.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use crate::metrics;
use crate::program::free_port;
use crate::wait;

/// The folder with `kernel` and `initrd`; unset where no emulated computer is wanted.
const FOLDER: &str = "PARTYBOX_MACHINE";

/// How long a boot, or one command in the guest, may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// Size of the guest's card.
const CARD_BYTES: u64 = 64 * 1024 * 1024;

/// Nanoseconds of the guest's time per instruction, as a power of two: 1 ns, a billion instructions per second, which
/// is about one core of a Raspberry Pi 3. The guest's time runs slower than ours while it works.
const NANOSECONDS_PER_INSTRUCTION: &str = "shift=0";

/// Any of the box's own names does; its address here is not the one that it knows.
const HOST: &str = "party.internal";

/// Lines of the guest's log that a failed test shows.
const LOG_LINES: usize = 60;

/// Ends a command's words in the shell's answers; no command prints it at a line's start.
const END: &str = "@@ended ";

/// What a command in the guest said, and its exit code.
#[derive(Debug)]
pub struct Answer {
    /// Standard output and standard error.
    pub text: String,
    /// 0 if all is well.
    pub code: i32,
}

/// What of the forwarded port reaches the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forwarded {
    /// TCP.
    Streams,
    /// TCP and UDP.
    Datagrams,
}

/// A running emulated computer; dropping it switches it off.
pub struct Machine {
    emulator: Child,
    shell: UnixStream,
    answers: BufReader<UnixStream>,
    log: PathBuf,
    /// Where the box's port is to be reached from here; the box listens on the same number.
    address: SocketAddr,
    web: ureq::Agent,
}

impl Machine {
    /// Boots a computer whose log is called `name`. `None`, with the reason printed, where none was made.
    ///
    /// # Panics
    /// When the emulator does not start or the guest does not come up: whoever made a computer wants it used.
    pub fn boot(name: &str) -> Option<Self> {
        Self::boot_with(name, Forwarded::Streams)
    }

    /// The same, with this forwarded.
    ///
    /// # Panics
    /// As [`Self::boot`].
    pub fn boot_with(name: &str, forwarded: Forwarded) -> Option<Self> {
        Self::start_with(name, forwarded, None)
    }

    /// Boots a computer with a card reader that has this card in it (`/dev/mmcblk0`): a file whose length is a power of two.
    ///
    /// # Panics
    /// As [`Self::boot`].
    pub fn boot_with_reader(name: &str, card: &Path) -> Option<Self> {
        let mut machine = Self::start_with(name, Forwarded::Streams, Some(card))?;
        machine.run("modprobe sdhci-pci");
        machine.until_runs("test -b /dev/mmcblk0");
        Some(machine)
    }

    fn start_with(name: &str, forwarded: Forwarded, in_reader: Option<&Path>) -> Option<Self> {
        let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else {
            println!("not run: {FOLDER} is not set; `cargo xtask test --machine` runs this");
            return None;
        };
        let logs = folder.join("logs");
        fs::create_dir_all(&logs).expect("a folder for logs");
        let (log, socket) = (logs.join(format!("{name}.log")), logs.join(format!("{name}.socket")));
        // Left by a run that was killed.
        let _ = fs::remove_file(&socket);
        let card = logs.join(format!("{name}.card"));
        make_card(&card);
        let address = free_port();
        let begun = Instant::now();
        let mut emulator = emulator(&folder, &log, &socket, &card, address, forwarded);
        if let Some(path) = in_reader {
            emulator.arg("-drive").arg(format!("if=none,id=in-reader,format=raw,file={}", path.display()));
            emulator.args(["-device", "sdhci-pci", "-device", "sd-card,drive=in-reader"]);
        }
        let emulator = emulator.spawn().expect("qemu-system-aarch64 starts");
        let mut connected = None;
        wait_for("the emulator's socket", &mut || {
            connected = UnixStream::connect(&socket).ok();
            connected.is_some()
        });
        let shell = connected.expect("waited for");
        shell.set_read_timeout(Some(PATIENCE)).expect("a socket takes a timeout");
        let answers = BufReader::new(shell.try_clone().expect("a socket can be shared"));
        let timeout = Some(PATIENCE);
        let web = ureq::Agent::config_builder().timeout_global(timeout).http_status_as_error(false).build().into();
        let mut machine = Self { emulator, shell, answers, log, address, web };
        let uptime = machine.run("cut -d ' ' -f 1 /proc/uptime");
        println!("{name}: booted in {:.1} s, {} s of its own time", begun.elapsed().as_secs_f64(), uptime.trim());
        Some(machine)
    }

    /// Runs shell commands in the guest, waits for their end and returns what they said.
    ///
    /// # Panics
    /// When they fail.
    pub fn run(&mut self, commands: &str) -> String {
        let answer = self.ask(commands);
        assert_eq!(answer.code, 0, "in the guest, `{commands}` said: {}", answer.text);
        answer.text
    }

    /// The same for commands that may fail.
    ///
    /// # Panics
    /// When the guest does not answer.
    pub fn ask(&mut self, commands: &str) -> Answer {
        let asked = format!("{{ {commands}\n}} </dev/null 2>&1; code=$?; echo; echo \"{END}$code\"\n");
        self.shell.write_all(asked.as_bytes()).expect("the guest's shell listens");
        let mut text = String::new();
        loop {
            let mut line = String::new();
            let count = self.answers.read_line(&mut line).expect("the guest's shell answers in time");
            assert!(count > 0, "the guest has ended during `{commands}`");
            if let Some(code) = line.strip_prefix(END) {
                let code = code.trim().parse().expect("a shell's exit code is a number");
                // The line end that keeps the mark at a line's start.
                text.pop();
                return Answer { text, code };
            }
            text.push_str(&line);
        }
    }

    /// Starts commands in the guest that go on by themselves; what they say goes to the log. Returns the process.
    ///
    /// # Panics
    /// As [`Self::run`].
    pub fn start(&mut self, commands: &str) -> u32 {
        let id = self.run(&format!("{{ {commands}\n}} >/dev/console 2>&1 &\necho $!"));
        id.trim().parse().expect("a process's number")
    }

    /// Starts the box with these options and waits until it serves. Its log goes to the guest's.
    ///
    /// # Panics
    /// When it does not serve.
    pub fn start_box(&mut self, options: &str) {
        let port = self.address.port();
        // Through `cat`, because a console is a terminal, on which the box would draw.
        self.start(&format!("partybox --listen 0.0.0.0:{port} --host-from 10.0.2.0/24 {options} 2>&1 | cat"));
        let begun = Instant::now();
        wait_for("the box to serve", &mut || self.get("/health").is_some());
        println!("the box serves after {:.1} s", begun.elapsed().as_secs_f64());
    }

    /// Where the forwarded port is to be reached; in the guest it has the same number.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the box answers at `path`, or nothing if it does not answer well.
    pub fn get(&self, path: &str) -> Option<String> {
        self.open(path)?.body_mut().read_to_string().ok()
    }

    /// `count` bytes of what the box sends at `path`, less if it ends.
    ///
    /// # Panics
    /// When the box sends nothing or breaks off.
    pub fn listen(&self, path: &str, count: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        let body = self.open(path).expect("the box answers").into_body();
        body.into_reader().take(count).read_to_end(&mut bytes).expect("the box goes on sending");
        bytes
    }

    fn open(&self, path: &str) -> Option<ureq::http::Response<ureq::Body>> {
        let answer = self.web.get(format!("http://{}{path}", self.address)).header("Host", HOST).call().ok()?;
        answer.status().is_success().then_some(answer)
    }

    /// A number of the box's metrics page, by its name as [`metrics::number`] takes it.
    ///
    /// # Panics
    /// When there is no such number.
    pub fn metric(&self, name: &str) -> f64 {
        let page = self.get("/metrics").expect("the box answers");
        metrics::number(&page, name).unwrap_or_else(|| panic!("no metric {name}"))
    }

    /// Waits until a metric is as `wanted`, and returns it.
    ///
    /// # Panics
    /// When it never is.
    pub fn until(&self, name: &str, wanted: impl Fn(f64) -> bool) -> f64 {
        let mut value = f64::NAN;
        let is_so = wait::comes_true(PATIENCE / 4, || {
            value = self.metric(name);
            wanted(value)
        });
        assert!(is_so, "waited too long for {name}, which is {value}");
        value
    }

    /// Runs shell commands in the guest again and again until they succeed, and returns what they said.
    ///
    /// # Panics
    /// When they never do.
    pub fn until_runs(&mut self, commands: &str) -> String {
        let mut text = String::new();
        let runs = wait::comes_true(PATIENCE, || {
            let answer = self.ask(commands);
            text = answer.text;
            answer.code == 0
        });
        assert!(runs, "waited too long for `{commands}`: {text}");
        text
    }

    /// Writes a file in the guest.
    ///
    /// # Panics
    /// As [`Self::run`].
    pub fn write(&mut self, path: &str, bytes: &[u8]) {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(bytes);
        let mut commands = format!("base64 -d > {path} <<EOF\n");
        for start in (0..text.len()).step_by(76) {
            let _ = writeln!(commands, "{}", &text[start..text.len().min(start + 76)]);
        }
        self.run(&format!("{commands}EOF"));
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.emulator.kill();
        let _ = self.emulator.wait();
        if thread::panicking() {
            let text = fs::read(&self.log).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            let lines: Vec<&str> = text.lines().collect();
            println!("\n── the end of {}", self.log.display());
            lines[lines.len().saturating_sub(LOG_LINES)..].iter().for_each(|line| println!("{line}"));
        }
    }
}

/// The processor of computers that are no particular board. With an older one, such as a Pi 3's, the kernel changes its page
/// tables at every call (`unmap_kernel_at_el0` in Linux's `cpufeature.c`), and the emulator forgets the translated addresses
/// each time: a card's start until its page is there took 55 s of one of our cores instead of 32. What is switched off is
/// slow to emulate.
pub const PROCESSOR: &str = "max,pauth=off,sve=off,sme=off";

/// One processor, no display: a serial line for the log, a virtio port for the shell, a small empty ext4 as a card
/// (`/dev/vda`), a network that reaches nobody but whoever connects to the forwarded port.
fn emulator(
    folder: &Path,
    log: &Path,
    socket: &Path,
    card: &Path,
    address: SocketAddr,
    forwarded: Forwarded,
) -> Command {
    let mut command = Command::new("qemu-system-aarch64");
    command.args(["-machine", "virt", "-cpu", PROCESSOR, "-smp", "1", "-m", "512", "-nodefaults", "-no-reboot"]);
    command.args(["-icount", NANOSECONDS_PER_INSTRUCTION, "-display", "none"]);
    command.arg("-kernel").arg(folder.join("kernel")).arg("-initrd").arg(folder.join("initrd"));
    command.args(["-append", "console=ttyAMA0 quiet panic=-1"]);
    command.arg("-serial").arg(format!("file:{}", log.display()));
    let shell = format!("socket,path={},server=on,wait=off,id=shell", socket.display());
    command.args(["-device", "virtio-serial-device", "-chardev", &shell]);
    command.args(["-device", "virtserialport,chardev=shell"]);
    let port = address.port();
    let network = match forwarded {
        Forwarded::Streams => format!("user,id=net,restrict=on,hostfwd=tcp:{address}-:{port}"),
        // A restricted network drops even the answers to forwarded datagrams. The guest has no route to anywhere.
        Forwarded::Datagrams => format!("user,id=net,hostfwd=tcp:{address}-:{port},hostfwd=udp:{address}-:{port}"),
    };
    command.args(["-netdev", &network, "-device", "virtio-net-device,netdev=net"]);
    let drive = format!("if=none,id=card,format=raw,file={}", card.display());
    command.args(["-drive", &drive, "-device", "virtio-blk-device,drive=card"]);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// An empty file system, made anew.
fn make_card(card: &Path) {
    fs::File::create(card).and_then(|file| file.set_len(CARD_BYTES)).expect("room for a card");
    let made = Command::new("mkfs.ext4").args(["-q", "-F"]).arg(card).status().expect("mkfs.ext4 runs");
    assert!(made.success(), "mkfs.ext4: {made}");
}

/// Waits for a condition.
///
/// # Panics
/// When it does not come true in time.
pub fn wait_for(what: &str, condition: &mut dyn FnMut() -> bool) {
    assert!(wait::comes_true(PATIENCE, condition), "waited too long for {what}");
}
