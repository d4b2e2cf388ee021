//! How much has come in: messages and bytes against what a conversation allows.
//!
//! Bytes are counted as they are read, because what never becomes a message (a message of endless fragments, each of them
//! empty) is never counted as one.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::conversation::Allowance;

/// Longest head of a client's frame, bytes (RFC 6455 section 5.2): kind and length, eight bytes more of length, a mask.
const FRAME_HEAD_BYTES_MAX: usize = 14;

/// What may still come, in some unit. Refills by a portion every so often, up to a burst.
#[derive(Debug)]
pub(super) struct Meter {
    left: u64,
    burst: u64,
    portion: u64,
    allowance: Allowance,
    refilled: Instant,
}

impl Meter {
    /// Returns a meter that counts messages.
    pub(super) fn of_messages(allowance: Allowance, now: Instant) -> Self {
        Self::new(allowance, 1, now)
    }

    /// Returns a meter that counts bytes: as many as the messages may have, each in one frame of its own.
    pub(super) fn of_bytes(allowance: Allowance, now: Instant) -> Self {
        Self::new(allowance, (allowance.message_bytes_max + FRAME_HEAD_BYTES_MAX) as u64, now)
    }

    fn new(allowance: Allowance, portion: u64, now: Instant) -> Self {
        let burst = portion * u64::from(allowance.messages_burst_max);
        Self { left: burst, burst, portion, allowance, refilled: now }
    }

    /// Counts `count` that came at `now`. Returns `false` if that is more than may come.
    pub(super) fn count(&mut self, count: u64, now: Instant) -> bool {
        while self.left < self.burst && now.saturating_duration_since(self.refilled) >= self.allowance.message_every {
            self.left = self.burst.min(self.left + self.portion);
            self.refilled += self.allowance.message_every;
        }
        if self.left == self.burst {
            self.refilled = now;
        }
        let is_allowed = count <= self.left;
        self.left = self.left.saturating_sub(count);
        is_allowed
    }
}

/// A connection of which no more is read than may come: above it, reading fails with [`io::ErrorKind::QuotaExceeded`].
#[derive(Debug)]
pub(super) struct Metered {
    socket: TcpStream,
    meter: Meter,
}

impl Metered {
    /// Returns `socket` with what `allowance` allows.
    pub(super) fn new(socket: TcpStream, allowance: Allowance) -> Self {
        Self { socket, meter: Meter::of_bytes(allowance, Instant::now()) }
    }
}

impl AsyncRead for Metered {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.socket).poll_read(cx, buffer);
        let read = buffer.filled().len() - before;
        if read > 0 && !self.meter.count(read as u64, Instant::now()) {
            return Poll::Ready(Err(io::ErrorKind::QuotaExceeded.into()));
        }
        polled
    }
}

impl AsyncWrite for Metered {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ALLOWANCE: Allowance =
        Allowance { message_bytes_max: 86, messages_burst_max: 20, message_every: Duration::from_millis(500) };

    #[test]
    fn a_phone_may_speak_for_ever_at_the_pace_it_is_given_and_no_faster() {
        let start = Instant::now();
        let mut meter = Meter::of_messages(ALLOWANCE, start);
        assert!((0..200).all(|n| meter.count(1, start + ALLOWANCE.message_every * n)));
        let mut meter = Meter::of_messages(ALLOWANCE, start);
        assert_eq!((0..100).take_while(|_| meter.count(1, start)).count(), 20);
        assert!(meter.count(1, start + ALLOWANCE.message_every * 3));
    }

    #[test]
    fn bytes_are_allowed_as_messages_of_full_length_need_them() {
        let start = Instant::now();
        let mut meter = Meter::of_bytes(ALLOWANCE, start);
        assert!((0..200).all(|n| meter.count(100, start + ALLOWANCE.message_every * n)));
        let mut meter = Meter::of_bytes(ALLOWANCE, start);
        assert!(meter.count(1_999, start) && meter.count(1, start) && !meter.count(1, start));
        assert!(!meter.count(101, start + ALLOWANCE.message_every), "no more than it is refilled by");
    }
}
