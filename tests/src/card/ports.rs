//! Which ports of a running computer are open, told by frames on its cable.
//!
//! A TCP port takes a connection or refuses it (RFC 9293 section 3.10.7). A datagram to a closed UDP port is reported by ICMP
//! (RFC 1122 section 4.1.3.1); an open one is silent. Linux reports no more than so many in a moment, and to one address
//! only a few and then one per second (`icmp_msgs_per_sec`, `icmp_ratelimit` in its `ip-sysctl.rst`). So many addresses ask,
//! and whatever was silent is asked again: a report proves that a port is closed, one silence proves nothing.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::Ipv4Addr;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::frames::{self, Answer, Protocol};
use super::{Card, Running, emulator};
use crate::machine::wait_for;
use crate::program::free_port;
use crate::wait;

/// Ports that are asked at once: half of what Linux reports without a pause (`icmp_msgs_burst`), so that there is some left
/// for the next; and fewer frames than the computer has places for.
const UDP_AT_ONCE: usize = 24;
const TCP_AT_ONCE: usize = 240;

/// Addresses that ask in turn: fewer than Linux keeps neighbours (`neigh/default/gc_thresh3`), and so many that each is
/// reported to about once per second.
const ADDRESSES: u32 = 960;

/// The first of them.
const FIRST: Ipv4Addr = Ipv4Addr::new(10, 0, 64, 0);

/// How often all silent ports are asked without a single answer before they count as silent.
const SILENT_TIMES: u32 = 4;

/// How long an answer may be on its way before the next ports are asked. What comes later counts as well.
const WAIT: Duration = Duration::from_millis(150);

/// What a file of packets begins with, bytes.
const HEAD_BYTES: u64 = 24;

/// A computer whose cable is watched.
#[derive(Debug)]
pub struct Watched {
    /// The computer.
    pub running: Running,
    /// What is written here comes to the computer over its cable: each frame after its length.
    frames: UnixStream,
    /// All that goes over the cable, in the format of tcpdump.
    packets: File,
    /// What of it is not yet a whole packet.
    unread: Vec<u8>,
}

impl Card {
    /// Switches a computer on whose cable is watched.
    ///
    /// # Panics
    /// When the emulator does not start.
    pub fn boot_watched(&self) -> Watched {
        let (socket, packets) = (self.beside("frames"), self.beside("pcap"));
        // Left by an earlier run.
        for left in [&socket, &packets] {
            let _ = fs::remove_file(left);
        }
        let address = free_port();
        let mut emulator = emulator::virt(&self.folder, &self.log, address);
        emulator::insert(&mut emulator, &self.image, "none,id=card");
        emulator.arg("-chardev").arg(format!("socket,id=frames,path={},server=on,wait=off", socket.display()));
        emulator.args(["-object", "filter-redirector,id=inject,netdev=net,queue=tx,indev=frames"]);
        emulator.arg("-object").arg(format!("filter-dump,id=dump,netdev=net,file={}", packets.display()));
        let running = self.start(emulator, address);
        let (mut frames, mut seen) = (None, None);
        // The emulator makes one after the other.
        wait_for("the emulator to watch the cable", &mut || {
            frames = frames.take().or_else(|| UnixStream::connect(&socket).ok());
            seen =
                File::open(&packets).ok().filter(|file| file.metadata().is_ok_and(|about| about.len() >= HEAD_BYTES));
            frames.is_some() && seen.is_some()
        });
        let (frames, mut packets) = (frames.expect("waited for"), seen.expect("waited for"));
        packets.seek(SeekFrom::Start(HEAD_BYTES)).expect("a file");
        Watched { running, frames, packets, unread: Vec::new() }
    }
}

impl Watched {
    /// Asks every TCP port for a connection, and returns those that take one; all others refuse.
    ///
    /// # Panics
    /// When a port neither takes one nor refuses, again and again.
    pub fn tcp_ports(&mut self) -> Vec<u16> {
        let (open, silent) = self.ask(Protocol::Tcp);
        assert!(silent.is_empty(), "{} ports neither answer nor refuse, {:?} first", silent.len(), silent.first());
        open
    }

    /// Sends a datagram to every UDP port, and returns those that are never reported to be closed.
    ///
    /// # Panics
    /// When none is reported.
    pub fn udp_ports(&mut self) -> Vec<u16> {
        let (_, silent) = self.ask(Protocol::Udp);
        assert!(silent.len() < usize::from(u16::MAX), "nothing is reported at all");
        silent
    }

    /// Asks every port until it has answered or was silent again and again: those that answered well, and the silent ones.
    fn ask(&mut self, protocol: Protocol) -> (Vec<u16>, Vec<u16>) {
        let (mut open, mut closed) = (BTreeSet::new(), BTreeSet::new());
        let mut turn = (0..ADDRESSES).cycle();
        let mut silent: Vec<u16> = (1..=u16::MAX).collect();
        let mut times = 0;
        let at_once = if protocol == Protocol::Tcp { TCP_AT_ONCE } else { UDP_AT_ONCE };
        while times < SILENT_TIMES {
            for ports in silent.chunks(at_once) {
                let mut missing: BTreeSet<u16> = ports.iter().copied().collect();
                self.send(protocol, ports, &mut turn);
                while !missing.is_empty() {
                    // The emulator writes what comes into a file, and tells nobody.
                    let news = || Some(self.answers(protocol)).filter(|answers| !answers.is_empty());
                    let Some(answers) = wait::until(WAIT, news) else { break };
                    for (port, answer) in answers {
                        let among = if answer == Answer::Open { &mut open } else { &mut closed };
                        among.insert(port);
                        missing.remove(&port);
                    }
                }
            }
            let before = silent.len();
            silent.retain(|port| !open.contains(port) && !closed.contains(port));
            times = if silent.len() == before { times + 1 } else { 0 };
        }
        (open.into_iter().collect(), silent)
    }

    /// Asks each of these ports, each from the next address.
    fn send(&mut self, protocol: Protocol, ports: &[u16], turn: &mut impl Iterator<Item = u32>) {
        let questions = ports.iter().zip(turn).map(|(port, number)| {
            let from = Ipv4Addr::from_bits(FIRST.to_bits() + number);
            frames::question(protocol, from, *port)
        });
        self.put(questions);
    }

    /// Puts frames on the cable.
    fn put(&mut self, frames: impl IntoIterator<Item = Vec<u8>>) {
        let mut bytes = Vec::new();
        for frame in frames {
            bytes.extend((frame.len() as u32).to_be_bytes());
            bytes.extend(frame);
        }
        self.frames.write_all(&bytes).expect("the emulator takes frames");
    }

    /// What the computer has answered since the last look. Whoever it looks for in order to answer says that he is there.
    fn answers(&mut self, protocol: Protocol) -> Vec<(u16, Answer)> {
        self.packets.read_to_end(&mut self.unread).expect("a file");
        let (mut answers, mut present, mut rest) = (Vec::new(), Vec::new(), &self.unread[..]);
        // A packet's head has 16 bytes, with its length at 8.
        while let Some(length) = rest.get(8..12) {
            let length = u32::from_le_bytes(length.try_into().expect("four bytes")) as usize;
            let Some(packet) = rest.get(16..16 + length) else { break };
            answers.extend(frames::answer(protocol, packet));
            let sought = frames::sought(packet).filter(|address| *address >= FIRST);
            present.extend(sought.map(frames::present));
            rest = &rest[16 + length..];
        }
        self.unread.drain(..self.unread.len() - rest.len());
        self.put(present);
        answers
    }
}
