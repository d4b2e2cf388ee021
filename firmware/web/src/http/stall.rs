//! A connection that does not wait for ever: for the head of a request, between requests, or for a client that does
//! not take its answer.
//!
//! hyper has one time limit for "the next head, however long nothing came before"; here the pause between requests and
//! the head itself have their own, and writing has one too. Bodies are timed where they are read.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::door::Seat;

/// What the connection is busy with, told by the service that answers requests.
#[derive(Clone, Debug, Default)]
pub(super) struct Phase(Arc<AtomicU8>);

/// Reading the head of a request.
const HEAD: u8 = 0;
/// A request is being answered: reading has no limit here.
const ANSWERING: u8 = 1;
/// The answer is on its way; the next byte read begins the next head.
const ANSWERED: u8 = 2;

impl Phase {
    pub(super) fn answering(&self) {
        self.0.store(ANSWERING, Ordering::Relaxed);
    }

    pub(super) fn answered(&self) {
        self.0.store(ANSWERED, Ordering::Relaxed);
    }
}

/// A socket with time limits.
#[derive(Debug)]
pub(super) struct Timed {
    socket: TcpStream,
    /// What was read before it came here.
    before: Bytes,
    phase: Phase,
    seat: Arc<Seat>,
    head_timeout: Duration,
    write_timeout: Duration,
    reading: Option<Pin<Box<Sleep>>>,
    writing: Option<Pin<Box<Sleep>>>,
}

impl Timed {
    /// Wraps a new connection, of which `before` has been read: its first head is due within `head_timeout` from now.
    pub(super) fn new(
        socket: TcpStream,
        before: Bytes,
        (phase, seat): (Phase, Arc<Seat>),
        head_timeout: Duration,
        write_timeout: Duration,
    ) -> Self {
        let reading = Some(Box::pin(sleep_until(Instant::now() + head_timeout)));
        Self { socket, before, phase, seat, head_timeout, write_timeout, reading, writing: None }
    }

    /// The socket without the limits.
    pub(super) fn into_socket(self) -> TcpStream {
        self.socket
    }

    /// Ready with an error when the running head took too long.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if self.phase.0.load(Ordering::Relaxed) != HEAD {
            self.reading = None;
        }
        let Some(sleep) = &mut self.reading else { return Poll::Pending };
        ready!(sleep.as_mut().poll(cx));
        Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "the head of a request took too long"))
    }

    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let timeout = self.write_timeout;
        let sleep = self.writing.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + timeout)));
        ready!(sleep.as_mut().poll(cx));
        Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing"))
    }

    fn written<T>(&mut self, polled: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.writing = None;
            self.seat.hear();
            return polled;
        }
        self.poll_stalled(cx).map(Err)
    }
}

impl AsyncRead for Timed {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.before.is_empty() {
            let count = self.before.len().min(buf.remaining());
            buf.put_slice(&self.before.split_to(count));
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.socket).poll_read(cx, buf);
        if polled.is_pending() {
            return self.poll_head(cx).map(Err);
        }
        if buf.filled().len() > before && self.phase.0.load(Ordering::Relaxed) == ANSWERED {
            self.phase.0.store(HEAD, Ordering::Relaxed);
            self.reading = Some(Box::pin(sleep_until(Instant::now() + self.head_timeout)));
            self.seat.hear();
        }
        polled
    }
}

impl AsyncWrite for Timed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.written(polled, cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.written(polled, cx)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}
