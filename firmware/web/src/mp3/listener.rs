//! One MP3 listener: a socket, a position in the ring and what must be sent before the next sound.
//!
//! Writing never waits: what the kernel does not take now is tried again at the listener's next turn, straight from
//! the ring. A listener whose position has left the ring is too slow and is let go.

use std::io::{self, IoSlice, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::time::Duration;

use bytes::{Buf, Bytes};
use socket2::SockRef;

use super::icy::{Interval, Title};
use super::ring::Ring;
use super::stamp::stamp;
use crate::door::Seated;
use crate::gate::Pass;
use crate::guests::HeldBody;

/// Most pieces in one write: the head or a metadata block, then sound in up to two pieces of the ring.
const SLICES_MAX: usize = 3;

/// Packets sent one by one at the start: about 0.1 s.
const EAGER_PACKETS: u8 = 4;

/// Bytes the kernel may hold for one listener (it doubles the number and counts its own overhead in it). Without this
/// it grows to megabytes, and a phone that went out of range would be noticed only minutes later.
const SEND_BUFFER_BYTES: usize = 32 * 1024;

/// How long a phone may leave data unacknowledged before the kernel gives its connection up, even when no sound flows.
const USER_TIMEOUT: Duration = Duration::from_secs(20);

/// Sets a connection up for what goes on for hours. What the kernel refuses is left as it was: the phone is still
/// served, it is only noticed later when it is gone.
pub(crate) fn limit_send_buffer(socket: &impl AsFd) {
    let options = SockRef::from(socket);
    let set =
        options.set_send_buffer_size(SEND_BUFFER_BYTES).and_then(|()| options.set_tcp_user_timeout(Some(USER_TIMEOUT)));
    if let Err(e) = set {
        log::debug!("cannot set up the socket of a listener: {e}");
    }
}

/// A client whose request has been answered with a live body. Made by the HTTP side.
#[derive(Debug)]
pub(crate) struct Joining {
    /// The connection, taken over from the HTTP server and its runtime: it does not block, and nothing else watches it.
    pub(crate) socket: TcpStream,
    /// Response head, sent before any sound.
    pub(crate) head: Bytes,
    /// Whether metadata blocks are wanted.
    pub(crate) icy: bool,
    /// Whether the body shall say where it begins on the timeline.
    pub(crate) stamped: bool,
    /// The connection's place among the connections.
    pub(crate) connection: Option<Seated>,
    /// The listener's place among the listeners.
    pub(crate) place: Pass,
    /// The guest's whose it is, if the box knows one.
    pub(crate) held: Option<HeldBody>,
}

/// Why a listener is let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gone {
    /// The connection ended.
    Closed,
    /// Its position left the ring.
    TooSlow,
}

/// A listener.
#[derive(Debug)]
pub(super) struct Listener {
    socket: TcpStream,
    /// Sent before anything else: the response head, later what is left of a metadata block.
    before: Bytes,
    icy: Option<Interval>,
    /// Whether it is still to be said where the first sound lies on the timeline.
    stamped: bool,
    /// Position in the ring of the next byte of sound.
    at: u64,
    /// The turn at which it is served next, counted in packets of the stream.
    pub(super) due: u64,
    /// Packets still to be sent one by one, because a player starts the sooner the sooner it sees sound.
    eager: u8,
    _connection: Option<Seated>,
    _place: Pass,
    _held: Option<HeldBody>,
}

impl Listener {
    /// A listener that begins at position `at` of the ring.
    pub(super) fn new(joining: Joining, at: u64, due: u64) -> Self {
        limit_send_buffer(&joining.socket);
        Self {
            socket: joining.socket,
            before: joining.head,
            icy: joining.icy.then(Interval::new),
            stamped: joining.stamped,
            at,
            due,
            eager: EAGER_PACKETS,
            _connection: joining.connection,
            _place: joining.place,
            _held: joining.held,
        }
    }

    /// Packets until its next turn, when every listener is served once in `every` packets. `index` spreads the turns,
    /// so that the writes of many do not fall into one moment.
    pub(super) fn wait(&mut self, every: u64, index: usize) -> u64 {
        match self.eager {
            0 => every,
            1 => {
                self.eager = 0;
                1 + index as u64 % every
            }
            _ => {
                self.eager -= 1;
                1
            }
        }
    }

    /// Sends what there is, as far as the kernel takes it. Returns the bytes it took.
    pub(super) fn serve(&mut self, ring: &Ring, title: &Title) -> Result<usize, Gone> {
        if self.at < ring.start() {
            return Err(Gone::TooSlow);
        }
        let mut total = 0;
        loop {
            if self.stamped && self.at < ring.end() {
                self.stamped = false;
                self.before =
                    [&self.before[..], &ring.media_ticks(self.at).map(stamp).unwrap_or_default()].concat().into();
            }
            let (offered, taken) = self.write_once(ring, title)?;
            total += taken;
            if taken < offered || !self.has_more(ring) {
                return Ok(total);
            }
        }
    }

    /// Goes on at position `at` of another ring, with the title that belongs to it.
    pub(super) fn go_on(&mut self, at: u64, due: u64) {
        (self.at, self.due) = (at, due);
        if let Some(interval) = &mut self.icy {
            interval.tell_again();
        }
    }

    /// Returns whether nothing of what `ring` holds is still to be sent: the next byte begins a frame.
    pub(super) fn has_all(&self, ring: &Ring) -> bool {
        !self.has_more(ring)
    }

    fn has_more(&self, ring: &Ring) -> bool {
        !self.before.is_empty() || self.at < ring.end()
    }

    /// One write: what comes before, and sound up to the next metadata block; `(bytes offered, bytes taken)`.
    fn write_once(&mut self, ring: &Ring, title: &Title) -> Result<(usize, usize), Gone> {
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let mut count = 0;
        let mut offered = 0;
        let sound = ring.from(self.at);
        let allowed = self.icy.as_ref().map_or(usize::MAX, Interval::left);
        let first = &sound.0[..sound.0.len().min(allowed)];
        let second = &sound.1[..sound.1.len().min(allowed - first.len())];
        for piece in [&self.before[..], first, second] {
            if !piece.is_empty() {
                slices[count] = IoSlice::new(piece);
                count += 1;
                offered += piece.len();
            }
        }
        let written = match count {
            0 => return Ok((0, 0)),
            1 => self.socket.write(&slices[0]),
            _ => self.socket.write_vectored(&slices[..count]),
        };
        match written {
            Ok(0) => Err(Gone::Closed),
            Ok(taken) => {
                self.advance(taken, title);
                Ok((offered, taken))
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok((offered, 0)),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok((offered, 0)),
            Err(_) => Err(Gone::Closed),
        }
    }

    /// Moves on by `taken` bytes of what [`Self::write_once`] offered.
    fn advance(&mut self, taken: usize, title: &Title) {
        let before = taken.min(self.before.len());
        self.before.advance(before);
        let sound = taken - before;
        self.at += sound as u64;
        if let Some(interval) = self.icy.as_mut().filter(|_| sound > 0)
            && let Some(block) = interval.sent(sound, title)
        {
            self.before = block;
        }
    }
}
