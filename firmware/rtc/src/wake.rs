//! How the fan-out's thread sleeps, and how others wake it.
//!
//! `poll` and not epoll: an epoll set stays on the socket's list of who waits while the thread sends, and the kernel
//! would look it up for every datagram that leaves. Two descriptors are few enough that nothing is lost.

use std::io;
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::{Errno, read, write};

/// Wakes the thread from anywhere, also before it sleeps.
pub(super) struct Waker(OwnedFd);

impl Waker {
    /// # Errors
    /// When the system is out of descriptors.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?))
    }

    /// Ends the sleep that lasts or comes next. It cannot fail: the count of wakes would have to reach 2^64.
    pub(super) fn wake(&self) {
        let _ = write(&self.0, &1_u64.to_ne_bytes());
    }

    /// Sleeps until somebody wakes, `socket` has something, or `limit` is over. Says what the socket has.
    ///
    /// # Errors
    /// When the system cannot wait at all.
    pub(super) fn sleep(&self, socket: &UdpSocket, limit: Duration) -> io::Result<Ready> {
        let limit = Timespec { tv_sec: limit.as_secs().cast_signed(), tv_nsec: limit.subsec_nanos().into() };
        let mut ready = [PollFd::new(&self.0, PollFlags::IN), PollFd::new(socket, PollFlags::IN)];
        match poll(&mut ready, Some(&limit)) {
            // A signal: as if woken for nothing.
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if !ready[0].revents().is_empty() {
            // What is read is how often it was woken, which nobody wants to know.
            let _ = read(&self.0, &mut [0; 8]);
        }
        let socket = ready[1].revents();
        Ok(Ready { is_readable: !socket.is_empty(), has_errors: socket.contains(PollFlags::ERR) })
    }
}

/// What a socket has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ready {
    /// Datagrams, or an error of its own.
    pub(super) is_readable: bool,
    /// Something in its queue of errors.
    pub(super) has_errors: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_before_the_sleep_counts_once_and_a_datagram_is_told() {
        let waker = Waker::new().unwrap();
        let ours = UdpSocket::bind("127.0.0.1:0").unwrap();
        let theirs = UdpSocket::bind("127.0.0.1:0").unwrap();
        waker.wake();
        waker.wake();
        let long = Duration::from_secs(600);
        assert!(!waker.sleep(&ours, long).unwrap().is_readable, "woken");
        assert!(!waker.sleep(&ours, Duration::ZERO).unwrap().is_readable, "no datagram");
        theirs.send_to(b"x", ours.local_addr().unwrap()).unwrap();
        assert!(waker.sleep(&ours, long).unwrap().is_readable, "a datagram");
    }
}
