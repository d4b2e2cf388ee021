//! The fan-out against Janus's streaming plug-in: CPU per packet and memory per listener for the same receivers, in one
//! run, as ratios.
//!
//! Three kinds of process, so that nobody's CPU is counted as another's: this one paces RTP packets to the server over
//! loopback UDP and reads /proc; the server is this program again ([`server`]) or Janus; the receivers are this program
//! again ([`phones`]) and count what they could decrypt. Quote the ratios, not the microseconds: those move with the
//! machine. Prints why when Janus is not installed.

#[path = "janus/phones.rs"]
mod phones;
#[path = "janus/rival.rs"]
mod rival;
#[path = "janus/server.rs"]
mod server;

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Listeners, as in the goal.
pub(crate) const LISTENERS: usize = 200;

/// Listeners before memory is measured for the first time: they pay for what is allocated once.
pub(crate) const WARM_UP: usize = 20;

/// Payload of a 20 ms packet at 64 kbit/s, as in the reference measurements.
pub(crate) const PAYLOAD_BYTES: usize = 160;

/// Bytes of an RTP header without extensions.
pub(crate) const RTP_HEADER_BYTES: usize = 12;

const PACKET_TIME: Duration = Duration::from_millis(20);

/// How long CPU is measured once all receivers hear.
const WINDOW: Duration = Duration::from_secs(15);

/// Ends a child whatever happens.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server under measurement.
pub(crate) struct Subject {
    /// Its process.
    pub(crate) process: Running,
    /// Where it takes RTP.
    pub(crate) feed: SocketAddr,
    /// What the receivers' process is told: how to join, and where.
    pub(crate) join: [String; 2],
}

/// What one server needed.
struct Cost {
    us_per_packet: f64,
    kb_per_listener: f64,
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, server::ARGUMENT, ..] => return server::main(),
        [_, phones::ARGUMENT, how, address, ..] => return phones::main(how, address),
        _ => {}
    }
    println!("janus: {LISTENERS} listeners, {PAYLOAD_BYTES} bytes of Opus every 20 ms, load {}", load());
    let ours = measure("partybox", server::start());
    if let Some(why) = rival::missing() {
        println!("janus: not compared: {why}");
        return;
    }
    for (name, event_loops) in [("janus, one event loop", Some(1)), ("janus, default", None)] {
        let folder = tempfile::tempdir().expect("a folder");
        let theirs = measure(name, rival::start(folder.path(), event_loops));
        println!(
            "janus: partybox / {name}: CPU per packet {:.2} (goal: at most 0.50), memory per listener {:.2}",
            ours.us_per_packet / theirs.us_per_packet,
            ours.kb_per_listener / theirs.kb_per_listener,
        );
    }
    println!("janus: load at the end {}", load());
}

/// Lets all receivers join `subject` and measures one window.
fn measure(name: &str, subject: Subject) -> Cost {
    let pid = subject.process.0.id();
    let pacer = Pacer::start(subject.feed);
    let mut receivers = Receivers::start(&subject.join);
    receivers.next();
    let warm_kb = resident_kb(pid);
    receivers.next();
    let grown_kb = resident_kb(pid).saturating_sub(warm_kb);
    let (received, cpu, begun) = (receivers.next(), cpu_ns(pid), Instant::now());
    thread::sleep(WINDOW);
    let (received, cpu) = (receivers.next() - received, cpu_ns(pid) - cpu);
    let seconds = begun.elapsed().as_secs_f64();
    drop(receivers);
    pacer.stop();
    let cost = Cost {
        us_per_packet: cpu as f64 / received as f64 / 1_000.0,
        kb_per_listener: grown_kb as f64 / (LISTENERS - WARM_UP) as f64,
    };
    let wanted = LISTENERS as f64 * seconds / PACKET_TIME.as_secs_f64();
    println!(
        "janus: {name:<24} {:6.2} us per packet, {:6.1} KB per listener; {received} packets received, {:.1} %; \
         goal of ours: 32 KB",
        cost.us_per_packet,
        cost.kb_per_listener,
        received as f64 / wanted * 100.0,
    );
    cost
}

/// The process of receivers, which goes on by one step for every line it is sent.
struct Receivers {
    process: Running,
    said: BufReader<std::process::ChildStdout>,
}

impl Receivers {
    fn start(join: &[String; 2]) -> Self {
        let program = std::env::current_exe().expect("a program has a path");
        let mut command = Command::new(program);
        command.arg(phones::ARGUMENT).args(join).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let said = BufReader::new(child.stdout.take().expect("it is piped"));
        Self { process: Running(child), said }
    }

    /// Asks for the next step and returns how many packets were received until it was done.
    fn next(&mut self) -> u64 {
        let input = self.process.0.stdin.as_mut().expect("it is piped");
        input.write_all(b"\n").expect("the receivers live");
        let mut line = String::new();
        self.said.read_line(&mut line).expect("the receivers live");
        line.trim().parse().expect("the receivers said why they gave up")
    }
}

/// Sends RTP packets at their pace until it is stopped.
struct Pacer {
    go_on: Arc<AtomicBool>,
    thread: thread::JoinHandle<()>,
}

impl Pacer {
    fn start(to: SocketAddr) -> Self {
        let go_on = Arc::new(AtomicBool::new(true));
        let on = Arc::clone(&go_on);
        let thread = thread::spawn(move || {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
            let begun = Instant::now();
            for n in 0_u32.. {
                thread::sleep((begun + PACKET_TIME * n).saturating_duration_since(Instant::now()));
                if !on.load(Ordering::Relaxed) {
                    return;
                }
                // The server may not listen yet.
                let _ = socket.send_to(&rtp(n), to);
            }
        });
        Self { go_on, thread }
    }

    fn stop(self) {
        self.go_on.store(false, Ordering::Relaxed);
        self.thread.join().expect("the pacer does not panic");
    }
}

fn rtp(number: u32) -> [u8; RTP_HEADER_BYTES + PAYLOAD_BYTES] {
    let mut packet = [0xfc; RTP_HEADER_BYTES + PAYLOAD_BYTES];
    packet[..2].copy_from_slice(&[0x80, 111]);
    packet[2..4].copy_from_slice(&(number as u16).to_be_bytes());
    packet[4..8].copy_from_slice(&number.wrapping_mul(960).to_be_bytes());
    packet[8..12].copy_from_slice(&0x5eed_5eed_u32.to_be_bytes());
    packet
}

/// CPU time of all threads of a process in nanoseconds, as the scheduler counts it.
fn cpu_ns(pid: u32) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("the server runs");
    let stats = tasks.flatten().filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok());
    stats.filter_map(|stat| stat.split(' ').next()?.parse::<u64>().ok()).sum()
}

fn resident_kb(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the server runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).expect("VmRSS is a number")
}

fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").expect("Linux tells its load");
    load.split(' ').next().unwrap_or_default().to_owned()
}
