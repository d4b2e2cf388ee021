//! Somebody in a room without a browser: a WebSocket (RFC 6455) that says and hears JSON, so that thousands of them come and go
//! within a test. It has no sound and judges nothing.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// Longest wait for anything that the box says.
const PATIENCE: Duration = Duration::from_secs(30);

/// The kinds of frames that are told apart (section 5.2), whole ones.
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;

/// A connection to the rooms. Dropping it cuts it, without a word.
#[derive(Debug)]
pub struct Seat(TcpStream);

impl Seat {
    /// Connects to the box at `address`, as the guest with this cookie if there is one. Returns the cookie that a newcomer is given.
    ///
    /// # Errors
    /// The box does not take the connection.
    pub fn open(address: SocketAddr, cookie: &str) -> io::Result<(Self, String)> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "GET /ws/rooms HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: {cookie}\r\n\r\n"
        )?;
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head);
        if !head.starts_with("HTTP/1.1 101 ") {
            return Err(io::Error::other(head.into_owned()));
        }
        let set = head.lines().find(|line| line.to_ascii_lowercase().starts_with("set-cookie:"));
        let given = set.and_then(|line| line.split(": ").nth(1)?.split(';').next()).unwrap_or(cookie);
        Ok((Self(stream), given.to_owned()))
    }

    /// Says something.
    ///
    /// # Errors
    /// The box has closed.
    pub fn say(&mut self, message: &Value) -> io::Result<()> {
        self.say_text(message.to_string().as_bytes())
    }

    /// Says any bytes as a text.
    ///
    /// # Errors
    /// The box has closed.
    pub fn say_text(&mut self, text: &[u8]) -> io::Result<()> {
        let length = u16::try_from(text.len()).map_err(io::Error::other)?;
        // Masked with zeros, which changes nothing.
        let head = [&[TEXT, 0x80 | 126][..], &length.to_be_bytes(), &[0; 4]].concat();
        self.0.write_all(&[&head[..], text].concat())
    }

    /// Says half of something, and no more.
    ///
    /// # Errors
    /// The box has closed.
    pub fn stammer(&mut self) -> io::Result<()> {
        self.0.write_all(&[TEXT, 0x80 | 126, 1])
    }

    /// Returns the next that is said here.
    ///
    /// # Errors
    /// The box has closed, or says nothing for long.
    pub fn hear(&mut self) -> io::Result<Value> {
        loop {
            let mut head = [0; 2];
            self.0.read_exact(&mut head)?;
            let mut length = u64::from(head[1]);
            if length >= 126 {
                let mut bytes = [0; 8];
                let count = if length == 126 { 2 } else { 8 };
                self.0.read_exact(&mut bytes[8 - count..])?;
                length = u64::from_be_bytes(bytes);
            }
            let mut payload = vec![0; usize::try_from(length).map_err(io::Error::other)?];
            self.0.read_exact(&mut payload)?;
            match head[0] {
                TEXT => return serde_json::from_slice(&payload).map_err(io::Error::other),
                CLOSE => return Err(io::ErrorKind::ConnectionAborted.into()),
                // A request for a sign of life; nobody stays for as long as that needs an answer.
                _ => {}
            }
        }
    }
}
