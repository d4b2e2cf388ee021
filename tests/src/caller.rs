//! A phone that speaks plain HTTP from an address of its own and keeps its cookie: for tests of what phones may ask.
//!
//! One connection per request; an answer is read whole, within a limit of time.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, socket};
use serde_json::Value;

/// Longest wait for a piece of an answer on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// A phone.
#[derive(Clone, Debug)]
pub struct Caller {
    from: Ipv4Addr,
    to: SocketAddr,
    cookie: Option<String>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body; null if it has none.
    pub body: Value,
}

impl Caller {
    /// A phone at the loopback address `from` that speaks to the box at `to`.
    pub fn new(from: Ipv4Addr, to: SocketAddr) -> Self {
        Self { from, to, cookie: None }
    }

    /// Where it speaks to.
    pub(crate) fn box_address(&self) -> SocketAddr {
        self.to
    }

    /// Asks, with a body if there is one.
    ///
    /// # Panics
    /// When the box does not answer, or not in HTTP and JSON.
    pub fn ask(&mut self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.try_ask(method, path, body).expect("the box answers")
    }

    /// The same of a box that may end meanwhile; `None` if it has not answered whole.
    ///
    /// # Panics
    /// When it answers, but not in HTTP and JSON.
    pub fn try_ask(&mut self, method: &str, path: &str, body: Option<&Value>) -> Option<Answer> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.to);
        if let Some(cookie) = &self.cookie {
            request += &format!("Cookie: {cookie}\r\n");
        }
        let body = body.map(Value::to_string);
        if let Some(body) = &body {
            request += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        }
        request += "\r\n";
        request += body.as_deref().unwrap_or_default();
        let mut stream = self.connected().ok()?;
        stream.set_read_timeout(Some(LIMIT)).expect("a limit");
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let answer = String::from_utf8(answer).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let length = |line: &str| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok();
        if head.lines().find_map(length).is_some_and(|length| length != body.len()) {
            return None;
        }
        for line in head.lines() {
            if let Some(set) = line.to_ascii_lowercase().strip_prefix("set-cookie: ") {
                self.cookie = set.split(';').next().map(str::to_owned);
            }
        }
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).expect("JSON") };
        Some(Answer { status, body })
    }

    /// A connection to the box, and nothing said yet.
    pub(crate) fn connected(&self) -> nix::Result<TcpStream> {
        let SocketAddr::V4(to) = self.to else { panic!("the box is at an IPv4 address") };
        let phone = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
        bind(phone.as_raw_fd(), &SockaddrIn::from(SocketAddrV4::new(self.from, 0)))?;
        connect(phone.as_raw_fd(), &SockaddrIn::from(to))?;
        Ok(TcpStream::from(phone))
    }
}
