//! Many datagrams per system call: `sendmmsg` and `recvmmsg` on one UDP socket. The only `unsafe` of this room.
//!
//! Batches are what the fan-out bench measures best without holding sound back: to 200 listeners on loopback one
//! `sendto` per packet takes 1.01 to 1.07 times the CPU. UDP segmentation offload joins datagrams to one destination
//! only, and a listener has one packet per 20 ms: sending two of them in one call takes 0.78 times the CPU, but delays
//! every other packet by 20 ms, for which the longer packets exist.
//!
//! Which of our addresses a datagram leaves from is the kernel's choice by route, not pinned to the one that was
//! reached (`IP_PKTINFO` would put a control message on every packet). On the link that a phone shares with the box
//! both are the same. Where they are not, that check fails on the phone, which tries the others: all our addresses are
//! candidates.
//!
//! Which datagrams are sent, and why, is not known here.
#![allow(unsafe_code, reason = "neither std nor rustix offers sendmmsg and recvmmsg without a cost per datagram")]

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::os::fd::AsRawFd;

use super::transmit::{DATAGRAM_BYTES_MAX, Transmit};

mod refusals;

pub(super) use refusals::{keep_refusals, read_refusals};

/// Datagrams per call. When a batch is full it is sent, so no more memory than this is ever used.
pub const BATCH: usize = 64;

/// How long a full socket buffer is waited for before the rest of a batch is dropped, in milliseconds: less than a
/// packet lasts, because the next ones are already on their way.
const SEND_WAIT_MS: libc::c_int = 8;

const ADDRESS_BYTES: libc::socklen_t = size_of::<libc::sockaddr_in6>() as libc::socklen_t;

/// The arrays that the kernel reads and writes. Boxed once, never moved, and their pointers set before each call.
struct Arrays {
    headers: [libc::mmsghdr; BATCH],
    vectors: [libc::iovec; BATCH],
    /// Large enough for both families.
    addresses: [libc::sockaddr_in6; BATCH],
    bytes: [[u8; DATAGRAM_BYTES_MAX]; BATCH],
}

impl Arrays {
    fn new() -> Box<Self> {
        // SAFETY: all four are plain C data or bytes, for which all-zero is a valid value.
        unsafe { Box::<Self>::new_zeroed().assume_init() }
    }

    /// Points entry `n` at its own buffer of `len` bytes and its own address.
    fn point(&mut self, n: usize, len: usize, address_len: libc::socklen_t) {
        self.vectors[n] = libc::iovec { iov_base: self.bytes[n].as_mut_ptr().cast(), iov_len: len };
        let header = &mut self.headers[n].msg_hdr;
        header.msg_name = (&raw mut self.addresses[n]).cast();
        header.msg_namelen = address_len;
        header.msg_iov = &raw mut self.vectors[n];
        header.msg_iovlen = 1;
    }
}

/// Collects datagrams and sends them [`BATCH`] at a time.
pub struct BatchSender<'a> {
    socket: &'a UdpSocket,
    is_v6: bool,
    arrays: Box<Arrays>,
    filled: usize,
    /// Bytes handed to the kernel.
    pub bytes_total: u64,
    /// Datagrams that the kernel refused.
    pub errors_total: u64,
}

impl<'a> BatchSender<'a> {
    /// Sends through `socket`.
    ///
    /// # Errors
    /// If the socket has no address.
    pub fn new(socket: &'a UdpSocket) -> io::Result<Self> {
        let is_v6 = socket.local_addr()?.is_ipv6();
        Ok(Self { socket, is_v6, arrays: Arrays::new(), filled: 0, bytes_total: 0, errors_total: 0 })
    }

    /// Sends what has been collected.
    pub fn flush(&mut self) {
        let mut done = 0;
        let (mut waited, mut told) = (false, false);
        while done < self.filled {
            // SAFETY: entries `done..filled` were pointed by `send` at buffers and addresses that live in
            // `self.arrays`; the kernel only reads through them, and only during the call.
            let sent = unsafe {
                let first = self.arrays.headers.as_mut_ptr().add(done);
                libc::sendmmsg(self.socket.as_raw_fd(), first, (self.filled - done) as libc::c_uint, 0)
            };
            if let Ok(sent) = usize::try_from(sent) {
                let headers = &self.arrays.headers[done..done + sent];
                self.bytes_total += headers.iter().map(|header| u64::from(header.msg_len)).sum::<u64>();
                done += sent;
                told = false;
                continue;
            }
            let error = io::Error::last_os_error();
            if !told && refusals::is_of_earlier(&error) {
                // Told once, whoever it is about; a second time it is this one's.
                told = true;
                continue;
            }
            match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::WouldBlock if !waited => {
                    waited = true;
                    self.wait();
                }
                io::ErrorKind::WouldBlock => {
                    self.errors_total += (self.filled - done) as u64;
                    break;
                }
                // The first of them cannot be sent (no route, say): that is its own misfortune only.
                _ => {
                    self.errors_total += 1;
                    done += 1;
                    told = false;
                }
            }
        }
        self.filled = 0;
    }

    fn wait(&self) {
        let mut poll = libc::pollfd { fd: self.socket.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
        // SAFETY: one valid entry, written only during the call.
        unsafe { libc::poll(&raw mut poll, 1, SEND_WAIT_MS) };
    }
}

impl Transmit for BatchSender<'_> {
    fn buffer(&mut self) -> &mut [u8] {
        &mut self.arrays.bytes[self.filled]
    }

    fn send(&mut self, to: SocketAddr, len: usize) {
        let n = self.filled;
        let address_len = write_address(&mut self.arrays.addresses[n], to, self.is_v6);
        self.arrays.point(n, len.min(DATAGRAM_BYTES_MAX), address_len);
        self.filled += 1;
        if self.filled == BATCH {
            self.flush();
        }
    }
}

/// Receives up to [`BATCH`] datagrams at a time.
pub struct BatchReceiver {
    arrays: Box<Arrays>,
}

impl Default for BatchReceiver {
    fn default() -> Self {
        Self { arrays: Arrays::new() }
    }
}

impl BatchReceiver {
    /// Receives what is there, never waiting, and hands each datagram on. Returns how many there were; larger ones than
    /// [`DATAGRAM_BYTES_MAX`] are cut and not handed on.
    ///
    /// # Errors
    /// What the kernel says, but for "nothing there".
    pub fn receive(&mut self, socket: &UdpSocket, mut take: impl FnMut(SocketAddr, &mut [u8])) -> io::Result<usize> {
        for n in 0..BATCH {
            self.arrays.point(n, DATAGRAM_BYTES_MAX, ADDRESS_BYTES);
        }
        // SAFETY: every entry points at a buffer and an address that live in `self.arrays`, with their true sizes; the
        // kernel writes through them only during the call.
        let count = unsafe {
            let first = self.arrays.headers.as_mut_ptr();
            libc::recvmmsg(socket.as_raw_fd(), first, BATCH as libc::c_uint, libc::MSG_DONTWAIT, std::ptr::null_mut())
        };
        let Ok(count) = usize::try_from(count) else {
            let error = io::Error::last_os_error();
            let nothing = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted);
            return if nothing || refusals::is_of_earlier(&error) { Ok(0) } else { Err(error) };
        };
        for n in 0..count {
            let header = &self.arrays.headers[n];
            let cut = header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0;
            let len = (header.msg_len as usize).min(DATAGRAM_BYTES_MAX);
            if let (Some(from), false) = (read_address(&self.arrays.addresses[n]), cut) {
                take(from, &mut self.arrays.bytes[n][..len]);
            }
        }
        Ok(count)
    }
}

fn write_address(raw: &mut libc::sockaddr_in6, address: SocketAddr, is_v6: bool) -> libc::socklen_t {
    let address = match address {
        SocketAddr::V4(v4) if !is_v6 => {
            let bytes = v4.ip().octets();
            let sin = libc::sockaddr_in {
                sin_family: libc::AF_INET as libc::sa_family_t,
                sin_port: v4.port().to_be(),
                sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(bytes) },
                sin_zero: [0; 8],
            };
            // SAFETY: `sockaddr_in6` is larger than `sockaddr_in` and at least as strictly aligned.
            unsafe { (&raw mut *raw).cast::<libc::sockaddr_in>().write(sin) };
            return size_of::<libc::sockaddr_in>() as libc::socklen_t;
        }
        // A socket of both families speaks to IPv4 through mapped addresses.
        SocketAddr::V4(v4) => SocketAddrV6::new(v4.ip().to_ipv6_mapped(), v4.port(), 0, 0),
        SocketAddr::V6(v6) => v6,
    };
    raw.sin6_family = libc::AF_INET6 as libc::sa_family_t;
    raw.sin6_port = address.port().to_be();
    raw.sin6_flowinfo = address.flowinfo();
    raw.sin6_addr.s6_addr = address.ip().octets();
    raw.sin6_scope_id = address.scope_id();
    ADDRESS_BYTES
}

fn read_address(raw: &libc::sockaddr_in6) -> Option<SocketAddr> {
    let port = u16::from_be(raw.sin6_port);
    if raw.sin6_family == libc::AF_INET as libc::sa_family_t {
        // SAFETY: the kernel says that it wrote a `sockaddr_in` here, which is smaller.
        let sin = unsafe { (&raw const *raw).cast::<libc::sockaddr_in>().read() };
        return Some(SocketAddr::from((Ipv4Addr::from(sin.sin_addr.s_addr.to_ne_bytes()), port)));
    }
    if raw.sin6_family != libc::AF_INET6 as libc::sa_family_t {
        return None;
    }
    let ip = Ipv6Addr::from(raw.sin6_addr.s6_addr);
    match ip.to_ipv4_mapped() {
        Some(v4) => Some(SocketAddr::new(IpAddr::V4(v4), port)),
        None => Some(SocketAddr::V6(SocketAddrV6::new(ip, port, raw.sin6_flowinfo, raw.sin6_scope_id))),
    }
}

/// Asks for buffers of so many bytes, as much as the system allows: a burst to all listeners must fit, and so must what
/// a whole party sends when it joins at once.
pub(super) fn set_buffers(socket: &UdpSocket, send: libc::c_int, receive: libc::c_int) {
    set_buffer(socket, [libc::SO_SNDBUFFORCE, libc::SO_SNDBUF], send);
    set_buffer(socket, [libc::SO_RCVBUFFORCE, libc::SO_RCVBUF], receive);
}

/// Sets the first of `options` that the system allows.
fn set_buffer(socket: &UdpSocket, options: [libc::c_int; 2], bytes: libc::c_int) {
    _ = options.into_iter().any(|option| set_option(socket, libc::SOL_SOCKET, option, bytes));
}

/// Sets an option that takes a number. Returns whether the system allows it.
fn set_option(socket: &UdpSocket, level: libc::c_int, option: libc::c_int, number: libc::c_int) -> bool {
    let size = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the option takes one int, which is passed with its size and read only during the call.
    let result = unsafe {
        let value = (&raw const number).cast();
        libc::setsockopt(socket.as_raw_fd(), level, option, value, size)
    };
    result == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crosses(bind: &str, peer: &str) {
        let (Ok(ours), Ok(theirs)) = (UdpSocket::bind(bind), UdpSocket::bind(peer)) else {
            return println!("skipped: no {bind} or {peer} here");
        };
        let mut sender = BatchSender::new(&ours).unwrap();
        let to = theirs.local_addr().unwrap();
        for n in 0..BATCH + 3 {
            sender.buffer()[0] = n as u8;
            sender.send(to, 1 + n);
        }
        sender.flush();
        assert_eq!(sender.errors_total, 0);
        let mut receiver = BatchReceiver::default();
        let mut seen = Vec::new();
        // Loopback delivers before sendmmsg returns.
        while receiver.receive(&theirs, |from, bytes| seen.push((from, bytes[0], bytes.len()))).unwrap() > 0 {}
        assert_eq!(seen.len(), BATCH + 3);
        let port = ours.local_addr().unwrap().port();
        for (n, (from, first, len)) in seen.into_iter().enumerate() {
            assert_eq!((from.ip(), from.port(), usize::from(first), len), (to.ip(), port, n, n + 1));
        }
    }

    #[test]
    fn more_than_a_batch_crosses_in_order_over_ipv4() {
        crosses("127.0.0.1:0", "127.0.0.1:0");
    }

    #[test]
    fn a_socket_of_both_families_speaks_ipv4_and_names_it_so() {
        crosses("[::]:0", "127.0.0.1:0");
    }

    #[test]
    fn what_a_party_sends_at_once_waits_in_the_socket() {
        let (party, joining) = (UdpSocket::bind("127.0.0.1:0").unwrap(), 256);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        // Each datagram counts twice its size or more.
        let wanted = joining * 4_096;
        set_buffers(&socket, 1 << 20, wanted);
        if socket2::SockRef::from(&socket).recv_buffer_size().unwrap() < wanted as usize {
            return println!("skipped: this system allows no larger buffer");
        }
        for _ in 0..joining {
            party.send_to(&[0; 1_200], socket.local_addr().unwrap()).unwrap();
        }
        let (mut receiver, mut seen) = (BatchReceiver::default(), 0);
        while receiver.receive(&socket, |_, _| seen += 1).unwrap() > 0 {}
        assert_eq!(seen, joining);
    }

    #[test]
    fn addresses_survive_the_kernel_form() {
        // SAFETY: plain C data, for which all-zero is a valid value.
        let mut raw: libc::sockaddr_in6 = unsafe { std::mem::zeroed() };
        for text in ["192.0.2.1:5", "[2001:db8::1]:6", "[fe80::1%3]:7"] {
            let address: SocketAddr = text.parse().unwrap();
            write_address(&mut raw, address, true);
            assert_eq!(read_address(&raw), Some(address));
        }
    }
}
