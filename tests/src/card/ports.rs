//! Which TCP ports of a running computer answer, told by the packets on its cable.

use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread;
use std::time::Instant;

use super::{Card, LOOK_AGAIN, PATIENCE, Running, emulator};
use crate::program::free_port;

/// Ports that are tried at once: each takes a port of this machine for a moment.
const AT_ONCE: usize = 256;

/// The emulator's monitor says this when it waits for the next word.
const PROMPT: &[u8] = b"(qemu) ";

/// A computer whose cable is watched.
#[derive(Debug)]
pub struct Watched {
    /// The computer.
    pub running: Running,
    monitor: UnixStream,
    packets: PathBuf,
}

impl Card {
    /// Switches a computer on whose cable is watched.
    ///
    /// # Panics
    /// When the emulator does not start.
    pub fn boot_watched(&self) -> Watched {
        let (socket, packets) = (self.beside("monitor"), self.beside("pcap"));
        // Left by a run that was killed.
        let _ = fs::remove_file(&socket);
        let address = free_port();
        let mut emulator = emulator::virt(&self.folder, &self.log, address);
        emulator::insert(&mut emulator, &self.image, "none,id=card");
        emulator.arg("-monitor").arg(format!("unix:{},server=on,wait=off", socket.display()));
        emulator.arg("-object").arg(format!("filter-dump,id=dump,netdev=net,file={}", packets.display()));
        let running = self.start(emulator, address);
        let begun = Instant::now();
        let monitor = loop {
            if let Ok(monitor) = UnixStream::connect(&socket) {
                break monitor;
            }
            assert!(begun.elapsed() < PATIENCE, "the emulator has no monitor");
            thread::park_timeout(LOOK_AGAIN);
        };
        monitor.set_read_timeout(Some(PATIENCE)).expect("a socket takes a timeout");
        let mut watched = Watched { running, monitor, packets };
        watched.listen();
        watched
    }
}

impl Watched {
    /// Tries to connect to every TCP port and returns those that answer; all others refuse.
    ///
    /// # Panics
    /// When a port neither answers nor refuses.
    pub fn tcp_ports(&mut self) -> Vec<u16> {
        let mut here = BTreeSet::new();
        while here.len() < AT_ONCE {
            // The same one may be free twice.
            here.insert(free_port());
        }
        let here: Vec<SocketAddr> = here.into_iter().collect();
        let all: Vec<u16> = (1..=u16::MAX).collect();
        for ports in all.chunks(AT_ONCE) {
            for (address, port) in here.iter().zip(ports) {
                self.order(&format!("hostfwd_add net tcp:{address}-:{port}"));
            }
            let connect = |address| TcpStream::connect(address).expect("the emulator takes it");
            let open: Vec<TcpStream> = here[..ports.len()].iter().map(connect).collect();
            for (port, stream) in ports.iter().zip(open) {
                self.settle(*port, &stream);
            }
            for address in &here[..ports.len()] {
                self.order(&format!("hostfwd_remove net tcp:{address}"));
            }
        }
        let (open, refused) = self.answers();
        let silent: Vec<u16> = all.into_iter().filter(|port| !open.contains(port) && !refused.contains(port)).collect();
        assert!(silent.is_empty(), "{} ports neither answer nor refuse, {:?} first", silent.len(), silent.first());
        open.into_iter().collect()
    }

    /// Waits until a port has answered or refused: a refused connection ends, and one that answers is seen on the cable.
    fn settle(&mut self, port: u16, mut stream: &TcpStream) {
        stream.set_read_timeout(Some(LOOK_AGAIN)).expect("a socket takes a timeout");
        let begun = Instant::now();
        loop {
            match stream.read(&mut [0; 16]) {
                Err(error) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()) => {}
                _ => return,
            }
            if self.answers().0.contains(&port) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "port {port} neither answers nor refuses");
        }
    }

    /// Ports that took a connection, and ports that refused one, of all packets so far.
    fn answers(&self) -> (BTreeSet<u16>, BTreeSet<u16>) {
        let (mut open, mut refused) = (BTreeSet::new(), BTreeSet::new());
        let bytes = fs::read(&self.packets).unwrap_or_default();
        // A file's head has 24 bytes, a packet's 16 with its length at 8.
        let mut rest = bytes.get(24..).unwrap_or_default();
        while let Some(length) = rest.get(8..12) {
            let length = u32::from_le_bytes(length.try_into().expect("four bytes")) as usize;
            let Some(packet) = rest.get(16..16 + length) else { break };
            rest = &rest[16 + length..];
            match reply(packet) {
                Some((port, SYN_ACK)) => drop(open.insert(port)),
                Some((port, RST_ACK)) => drop(refused.insert(port)),
                _ => {}
            }
        }
        (open, refused)
    }

    fn order(&mut self, words: &str) {
        writeln!(self.monitor, "{words}").expect("the monitor listens");
        let said = self.listen().to_lowercase();
        assert!(!said.contains("could not") && !said.contains("invalid"), "the emulator said to {words}: {said}");
    }

    /// What the monitor says until it waits for the next word.
    fn listen(&mut self) -> String {
        let mut said = Vec::new();
        while !said.ends_with(PROMPT) {
            let mut some = [0; 4096];
            let count = self.monitor.read(&mut some).expect("the monitor answers in time");
            assert!(count > 0, "the emulator has ended");
            said.extend(&some[..count]);
        }
        String::from_utf8_lossy(&said).into_owned()
    }
}

/// Flags of TCP (RFC 9293 section 3.1) that answer the first packet of a connection.
const SYN_ACK: u8 = 0x12;
const RST_ACK: u8 = 0x14;

/// The port and the flags of a TCP packet over Ethernet and IPv4 that the computer sent.
fn reply(packet: &[u8]) -> Option<(u16, u8)> {
    /// What the emulator's network gives to the first that asks.
    const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 15);
    let (ethernet, ip) = packet.split_at_checked(14)?;
    let is_tcp = ethernet[12..] == [8, 0] && *ip.get(9)? == 6 && ip.get(12..16)? == ADDRESS.octets();
    let tcp = ip.get(usize::from(ip[0] & 15) * 4..).filter(|_| is_tcp)?;
    Some((u16::from_be_bytes([*tcp.first()?, *tcp.get(1)?]), *tcp.get(13)?))
}
