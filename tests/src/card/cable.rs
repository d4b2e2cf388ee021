//! The far end of an emulated computer's second cable: a guest's computer with a network of its own, from which the box is
//! looked at. Nothing of this machine's network is used or changed. It has IPv4 alone, and does one thing at a time: while
//! nothing is asked, nobody is at the cable.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{self, Device, DeviceCapabilities, Medium};
use smoltcp::socket::{dhcpv4, tcp, udp};
use smoltcp::time::Instant as Now;
use smoltcp::wire::{EthernetAddress, IpCidr};

use super::{Card, PATIENCE, Running, emulator};
use crate::machine::wait_for;
use crate::program::free_port;

/// Ours: locally administered, like the one that asks for ports.
const HARDWARE: EthernetAddress = EthernetAddress([0x02, 0x00, 0x00, 0x00, 0x00, 0x78]);

/// Ports that are asked from: one after the other from the first of those that are free for it (RFC 6335 section 6).
const FIRST_PORT: u16 = 49_152;

/// A frame without the checksum behind it: 1500 bytes and a head of 14.
const FRAME_BYTES_MAX: usize = 1_514;

/// Room for what was received and not yet read, bytes.
const ROOM_BYTES: usize = 65_536;

/// How long one look at the cable waits for a frame.
const LOOK: Duration = Duration::from_millis(5);

/// How long an answer to a datagram is waited for before it is sent again.
const SEND_AGAIN: Duration = Duration::from_secs(5);

/// A guest's end of the cable.
pub struct CableEnd {
    frames: Frames,
    interface: Interface,
    next_port: u16,
}

impl Card {
    /// Switches a computer on that has a second cable, and returns the far end of that one as well.
    ///
    /// # Panics
    /// When the emulator does not start.
    pub fn boot_with_cable(&self) -> (Running, CableEnd) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let socket = listener.local_addr().expect("bound");
        let address = free_port();
        let mut command = emulator::virt(&self.folder, &self.log, address);
        emulator::insert(&mut command, &self.image, "none,id=card");
        command.arg("-netdev").arg(format!("socket,id=second,connect={socket}"));
        command.args(["-device", "virtio-net-device,netdev=second"]);
        let running = self.start(command, address);
        let mut end = None;
        wait_for("the emulator to plug the cable in", &mut || {
            end = end.take().or_else(|| listener.accept().ok());
            end.is_some()
        });
        let (socket, _) = end.expect("waited for");
        (running, CableEnd::new(socket))
    }
}

impl CableEnd {
    fn new(socket: TcpStream) -> Self {
        socket.set_nonblocking(false).and_then(|()| socket.set_read_timeout(Some(LOOK))).expect("a socket");
        let mut frames = Frames { socket, unread: Vec::new() };
        let mut config = Config::new(HARDWARE.into());
        config.random_seed = fastrand::u64(..);
        let interface = Interface::new(config, &mut frames, Now::now());
        Self { frames, interface, next_port: FIRST_PORT }
    }

    /// Asks for an address, again and again and for `patience` at most, and takes it together with the way to everybody
    /// else. An answer to any question but the last one does not count.
    ///
    /// # Panics
    /// When the emulator has ended.
    pub fn takes_an_address(&mut self, again: Duration, patience: Duration) -> Option<Ipv4Addr> {
        let (mut socket, mut tries) = (dhcpv4::Socket::new(), dhcpv4::RetryConfig::default());
        tries.discover_timeout = again.into();
        socket.set_retry_config(tries);
        let mut sockets = SocketSet::new(Vec::new());
        let asking = sockets.add(socket);
        self.until(patience, &mut sockets, |interface, sockets| {
            let Some(dhcpv4::Event::Configured(given)) = sockets.get_mut::<dhcpv4::Socket>(asking).poll() else {
                return None;
            };
            interface.update_ip_addrs(|ours| {
                ours.clear();
                ours.push(IpCidr::Ipv4(given.address)).expect("room for one");
            });
            if let Some(router) = given.router {
                interface.routes_mut().add_default_ipv4_route(router).expect("room for one");
            }
            Some(given.address.address())
        })
    }

    /// What a web server answers to a request for `path` by this name: status, head and content as they come. Nothing if it
    /// does not.
    ///
    /// # Panics
    /// When the emulator has ended.
    pub fn page(&mut self, server: SocketAddrV4, name: &str, path: &str) -> Option<String> {
        self.exchange(server, &format!("GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"))
    }

    /// What a web server answers to a request until it ends the connection: an empty text if it refuses one, nothing if it
    /// does not end it.
    ///
    /// # Panics
    /// When the emulator has ended.
    pub fn exchange(&mut self, server: SocketAddrV4, request: &str) -> Option<String> {
        let (mut sockets, connection) = self.connect(server);
        let (mut is_sent, mut answer) = (false, Vec::new());
        self.until(PATIENCE, &mut sockets, |_, sockets| {
            let socket = sockets.get_mut::<tcp::Socket>(connection);
            if !is_sent && socket.may_send() {
                socket.send_slice(request.as_bytes()).expect("room for a request");
                is_sent = true;
            }
            while socket.can_recv() {
                let taken = socket.recv(|bytes| (bytes.len(), answer.extend_from_slice(bytes)));
                taken.expect("it can be received");
            }
            has_ended(socket).then(|| String::from_utf8_lossy(&answer).into_owned())
        })
    }

    /// Whether a connection is refused, rather than taken; nothing if neither.
    ///
    /// # Panics
    /// When the emulator has ended.
    pub fn is_refused(&mut self, server: SocketAddrV4) -> Option<bool> {
        let (mut sockets, connection) = self.connect(server);
        self.until(PATIENCE, &mut sockets, |_, sockets| match sockets.get::<tcp::Socket>(connection).state() {
            tcp::State::SynSent => None,
            state => Some(state == tcp::State::Closed),
        })
    }

    /// What a server answers to a datagram, which is sent again and again until it does.
    ///
    /// # Panics
    /// When the emulator has ended.
    pub fn answer(&mut self, server: SocketAddrV4, question: &[u8]) -> Option<Vec<u8>> {
        let room = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 4], vec![0; ROOM_BYTES]);
        let mut socket = udp::Socket::new(room(), room());
        socket.bind(self.port()).expect("a port");
        let mut sockets = SocketSet::new(Vec::new());
        let asking = sockets.add(socket);
        let mut sent: Option<Instant> = None;
        self.until(PATIENCE, &mut sockets, |_, sockets| {
            let socket = sockets.get_mut::<udp::Socket>(asking);
            if sent.is_none_or(|at| at.elapsed() > SEND_AGAIN) {
                socket.send_slice(question, server).expect("room for a question");
                sent = Some(Instant::now());
            }
            socket.recv().ok().map(|(bytes, _)| bytes.to_vec())
        })
    }

    fn connect(&mut self, server: SocketAddrV4) -> (SocketSet<'static>, SocketHandle) {
        let room = || tcp::SocketBuffer::new(vec![0; ROOM_BYTES]);
        let mut socket = tcp::Socket::new(room(), room());
        let port = self.port();
        socket.connect(self.interface.context(), server, port).expect("an address of ours");
        let mut sockets = SocketSet::new(Vec::new());
        let connection = sockets.add(socket);
        (sockets, connection)
    }

    fn port(&mut self) -> u16 {
        self.next_port += 1;
        self.next_port
    }

    /// Is at the cable until `look` has seen something, for this long at most.
    fn until<T>(
        &mut self,
        patience: Duration,
        sockets: &mut SocketSet<'_>,
        mut look: impl FnMut(&mut Interface, &mut SocketSet<'_>) -> Option<T>,
    ) -> Option<T> {
        let begun = Instant::now();
        while begun.elapsed() < patience {
            self.interface.poll(Now::now(), &mut self.frames, sockets);
            let seen = look(&mut self.interface, sockets);
            if seen.is_some() {
                // What is still to be said, such as that a connection has ended.
                self.interface.poll(Now::now(), &mut self.frames, sockets);
                return seen;
            }
        }
        None
    }
}

/// Whether all that a server had to say was received, or it never said a thing.
fn has_ended(socket: &tcp::Socket<'_>) -> bool {
    socket.state() != tcp::State::SynSent && !socket.may_recv()
}

/// The cable as the emulator has it: frames, each after its length.
struct Frames {
    socket: TcpStream,
    /// What is not yet a whole frame.
    unread: Vec<u8>,
}

impl Device for Frames {
    type RxToken<'a> = Received;
    type TxToken<'a> = ToSend<'a>;

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = FRAME_BYTES_MAX;
        capabilities
    }

    fn receive(&mut self, _now: Now) -> Option<(Received, ToSend<'_>)> {
        loop {
            if let Some((length, rest)) = self.unread.split_first_chunk() {
                let bytes = u32::from_be_bytes(*length) as usize;
                if let Some(frame) = rest.get(..bytes) {
                    let frame = frame.to_vec();
                    self.unread.drain(..length.len() + bytes);
                    return Some((Received(frame), ToSend(&mut self.socket)));
                }
            }
            let mut more = [0; ROOM_BYTES];
            match self.socket.read(&mut more) {
                Ok(0) => panic!("the emulator has ended"),
                Ok(bytes) => self.unread.extend_from_slice(&more[..bytes]),
                Err(error) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()) => return None,
                Err(error) => panic!("the emulator's cable: {error}"),
            }
        }
    }

    fn transmit(&mut self, _now: Now) -> Option<ToSend<'_>> {
        Some(ToSend(&mut self.socket))
    }
}

/// A frame from the computer.
struct Received(Vec<u8>);

impl phy::RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

/// Where a frame goes to the computer.
struct ToSend<'a>(&'a mut TcpStream);

impl phy::TxToken for ToSend<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, bytes: usize, write: F) -> R {
        let mut frame = vec![0; 4 + bytes];
        frame[..4].copy_from_slice(&(bytes as u32).to_be_bytes());
        let written = write(&mut frame[4..]);
        self.0.write_all(&frame).expect("the emulator takes frames");
        written
    }
}
