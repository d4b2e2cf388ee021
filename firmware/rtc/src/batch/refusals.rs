//! Refusals: the datagrams of ours at whose end nobody listens, as the network says (ICMP port unreachable).
//!
//! The kernel keeps them in a queue of their own (ip(7), `IP_RECVERR`), with where each datagram was to go. Everything else in
//! it (a host that does not answer for a moment, a path that is too narrow) says nothing about who listens and is dropped.
//! A refusal can be forged by whoever is in the network: what it is worth is not known here.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use super::{ADDRESS_BYTES, read_address, set_option};

/// Refusals that are read in one go; the kernel drops what its queue does not hold.
const REFUSALS_MAX: usize = 64;

/// Room for what the kernel says about one, in words: the error itself with an address, and a header.
const CONTROL_WORDS: usize = 32;

/// Asks the kernel to keep refusals.
pub(in super::super) fn keep_refusals(socket: &UdpSocket) {
    // The second fails on a socket of IPv4, which has no such refusals.
    set_option(socket, libc::IPPROTO_IP, libc::IP_RECVERR, 1);
    set_option(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVERR, 1);
}

/// Reads the refusals that are there, never waiting, and hands on where each datagram was to go.
pub(in super::super) fn read_refusals(socket: &UdpSocket, mut take: impl FnMut(SocketAddr)) {
    for _ in 0..REFUSALS_MAX {
        // SAFETY: plain C data, for which all-zero is a valid value.
        let (mut address, mut header) = unsafe { std::mem::zeroed::<(libc::sockaddr_in6, libc::msghdr)>() };
        let mut control = [0_u64; CONTROL_WORDS];
        header.msg_name = (&raw mut address).cast();
        header.msg_namelen = ADDRESS_BYTES;
        header.msg_control = control.as_mut_ptr().cast();
        header.msg_controllen = size_of_val(&control) as _;
        // SAFETY: the header points at an address and a buffer with their true sizes, and at no other memory; the kernel writes
        // through them only during the call.
        let got =
            unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT) };
        if got < 0 {
            return;
        }
        if let (true, Some(to)) = (is_refusal(&header), read_address(&address)) {
            take(to);
        }
    }
}

/// Whether an error in the queue came from the far end and says that nobody listens there.
fn is_refusal(header: &libc::msghdr) -> bool {
    // SAFETY: the kernel has filled the control buffer and its length; the macros stay within both, and an error of these two
    // kinds begins with a `sock_extended_err`, wherever it lies.
    unsafe {
        let mut message = libc::CMSG_FIRSTHDR(header);
        while let Some(about) = message.as_ref() {
            let kind = (about.cmsg_level, about.cmsg_type);
            if kind == (libc::IPPROTO_IP, libc::IP_RECVERR) || kind == (libc::IPPROTO_IPV6, libc::IPV6_RECVERR) {
                let error = libc::CMSG_DATA(message).cast::<libc::sock_extended_err>().read_unaligned();
                let is_remote = matches!(error.ee_origin, libc::SO_EE_ORIGIN_ICMP | libc::SO_EE_ORIGIN_ICMP6);
                return is_remote && error.ee_errno == libc::ECONNREFUSED as u32;
            }
            message = libc::CMSG_NXTHDR(header, message);
        }
    }
    false
}

/// Whether an error of the socket is an earlier datagram's, which the queue tells about: it says nothing about this call.
pub(super) fn is_of_earlier(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable
    )
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::super::{BatchReceiver, BatchSender};
    use super::*;
    use crate::transmit::Transmit;

    fn refused_of(bind: &str, peer: &str) {
        let (Ok(ours), Ok(gone), Ok(alive)) = (UdpSocket::bind(bind), UdpSocket::bind(peer), UdpSocket::bind(peer))
        else {
            return println!("skipped: no {bind} or {peer} here");
        };
        keep_refusals(&ours);
        ours.set_nonblocking(true).unwrap();
        let (gone_at, alive_at) = (gone.local_addr().unwrap(), alive.local_addr().unwrap());
        drop(gone);
        let mut sender = BatchSender::new(&ours).unwrap();
        sender.send(gone_at, 10);
        sender.flush();
        let (mut refused, begun) = (Vec::new(), Instant::now());
        // Loopback refuses before the call returns; what follows in the same moment is sent all the same.
        (0..3).for_each(|_| sender.send(alive_at, 10));
        sender.flush();
        assert_eq!(sender.errors_total, 0, "another's refusal costs nobody a datagram");
        while refused.is_empty() && begun.elapsed() < Duration::from_secs(10) {
            read_refusals(&ours, |to| refused.push(to));
        }
        assert_eq!(refused, [gone_at]);
        let mut seen = 0;
        while BatchReceiver::default().receive(&alive, |_, _| seen += 1).unwrap() > 0 {}
        assert_eq!(seen, 3);
        assert_eq!(BatchReceiver::default().receive(&ours, |_, _| {}).unwrap(), 0, "the socket is well");
    }

    #[test]
    fn a_datagram_that_nobody_takes_is_told_with_its_address_and_the_others_arrive() {
        refused_of("127.0.0.1:0", "127.0.0.1:0");
        refused_of("[::]:0", "127.0.0.1:0");
        refused_of("[::1]:0", "[::1]:0");
    }
}
