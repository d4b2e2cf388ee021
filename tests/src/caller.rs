//! A phone that speaks plain HTTP from an address of its own and keeps its cookie: for tests of what phones may ask.
//!
//! One connection per request; an answer is read whole, within a limit of time.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, socket};
use serde_json::Value;

/// The media type of a file of whatever kind.
const FILE: &str = "application/octet-stream";

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

    /// The same where it must succeed.
    ///
    /// # Panics
    /// When the answer is a refusal, or as in [`Caller::ask`].
    pub fn done(&mut self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let answer = self.ask(method, path, body);
        assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
        answer
    }

    /// The same of a box that may end meanwhile; `None` if it has not answered whole.
    ///
    /// # Panics
    /// When it answers, but not in HTTP and JSON.
    pub fn try_ask(&mut self, method: &str, path: &str, body: Option<&Value>) -> Option<Answer> {
        let body = body.map(Value::to_string);
        let length = body.as_ref().map(|body| ("application/json", body.len()));
        let mut stream = self.begin(method, path, length)?;
        stream.write_all(body.as_deref().unwrap_or_default().as_bytes()).ok()?;
        self.answer(stream)
    }

    /// Sends a file. What the box does not read any more is not sent.
    ///
    /// # Panics
    /// When the box does not answer, or not in HTTP and JSON.
    pub fn send(&mut self, path: &str, file: &[u8]) -> Answer {
        let mut stream = self.begin("POST", path, Some((FILE, file.len()))).expect("a connection");
        // A box that refuses answers before it has read everything.
        _ = stream.write_all(file);
        self.answer(stream).expect("the box answers")
    }

    /// Sends the beginning of a file of `length` bytes, and is gone.
    ///
    /// # Panics
    /// When the box does not take as much.
    pub fn send_part(&mut self, path: &str, part: &[u8], length: usize) {
        let mut stream = self.begin("POST", path, Some((FILE, length))).expect("a connection");
        stream.write_all(part).expect("the box takes it");
    }

    /// Asks for a page or picture and reads it whole.
    ///
    /// # Errors
    /// It was not served.
    pub fn open(&self, path: &str) -> io::Result<Vec<u8>> {
        let mut answer = Vec::new();
        let mut stream = self.begin("GET", path, None).ok_or(io::ErrorKind::NotConnected)?;
        stream.read_to_end(&mut answer)?;
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
        let body = answer.split_off(end);
        if answer.starts_with(b"HTTP/1.1 200 ") {
            return Ok(body);
        }
        let head = String::from_utf8_lossy(&answer);
        Err(io::Error::other(format!("refused: {}", head.lines().next().unwrap_or("without a word"))))
    }

    /// Connects and sends the head of a request, with media type and length of its body if there is one.
    fn begin(&self, method: &str, path: &str, body: Option<(&str, usize)>) -> Option<TcpStream> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.to);
        if let Some(cookie) = &self.cookie {
            head += &format!("Cookie: {cookie}\r\n");
        }
        if let Some((media, length)) = body {
            head += &format!("Content-Type: {media}\r\nContent-Length: {length}\r\n");
        }
        head += "\r\n";
        let mut stream = self.connected().ok()?;
        stream.set_read_timeout(Some(LIMIT)).expect("a limit");
        stream.write_all(head.as_bytes()).ok()?;
        Some(stream)
    }

    /// Reads the answer whole.
    fn answer(&mut self, mut stream: TcpStream) -> Option<Answer> {
        let mut answer = Vec::new();
        // A reset behind a whole answer is as good an end as any.
        let end = stream.read_to_end(&mut answer);
        if answer.is_empty() {
            end.ok()?;
        }
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
