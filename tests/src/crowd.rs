//! Phones that follow the party without a browser: many of them fit on one machine.
//!
//! It hears what the box tells as it happens and finds words in it; it judges nothing.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::caller::Caller;

/// A phone that follows.
#[derive(Debug)]
pub struct Follower {
    stream: TcpStream,
    heard: String,
}

impl Follower {
    /// Follows as `caller`, from its address (`GET /api/party/events`).
    ///
    /// # Errors
    /// When the box does not take the connection.
    pub fn of(caller: &Caller) -> io::Result<Self> {
        let mut stream = caller.connected()?;
        write!(stream, "GET /api/party/events HTTP/1.1\r\nHost: {}\r\n\r\n", caller.box_address())?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, heard: String::new() })
    }

    /// Takes what has come; nothing is no error.
    ///
    /// # Errors
    /// When the box has closed.
    pub fn hear(&mut self) -> io::Result<()> {
        let mut bytes = [0; 16_384];
        loop {
            match self.stream.read(&mut bytes) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.heard.push_str(&String::from_utf8_lossy(&bytes[..count])),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Forgets what was heard, so that only news counts.
    pub fn forget(&mut self) {
        self.heard.clear();
    }

    /// Waits until `wanted` was heard since the last [`Self::forget`]; `false` after `limit` or when the box has closed.
    pub fn until(&mut self, wanted: &str, limit: Duration) -> bool {
        let begun = Instant::now();
        while !self.heard.contains(wanted) {
            let left = limit.saturating_sub(begun.elapsed());
            if left.is_zero() || self.hear_within(left).is_err() {
                return false;
            }
        }
        true
    }

    /// Waits for something to come and takes it.
    fn hear_within(&mut self, limit: Duration) -> io::Result<()> {
        self.stream.set_nonblocking(false)?;
        self.stream.set_read_timeout(Some(limit))?;
        // Nothing is taken yet: a stream that was closed says so below.
        self.stream.peek(&mut [0])?;
        self.stream.set_nonblocking(true)?;
        self.hear()
    }
}
