//! A phone that joins over real sockets from an address of its own, as far as that needs no browser: offer, checks, handshake, the
//! first packet. It judges nothing.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use rtc::config::Clocks;
use rtc::dtls::Identity;
use rtc::sim::{Phone, Setup};

use crate::caller::Caller;

/// Longest wait for the first packet: what a person would not wait for.
const FIRST_MAX: Duration = Duration::from_secs(10);

/// Makes phones that join.
pub struct Joiner {
    identity: Identity,
    clocks: Clocks,
    to: SocketAddr,
}

impl Joiner {
    /// Phones that join the box at `to`, all with one certificate.
    ///
    /// # Panics
    /// When no certificate can be made.
    pub fn new(to: SocketAddr) -> Self {
        let clocks = Clocks { zero: Instant::now(), unix_at_zero: Duration::ZERO };
        Self { identity: Identity::generate().expect("a certificate"), clocks, to }
    }

    /// Returns the offer of such a phone.
    pub fn offer(&self) -> String {
        Phone::new(self.identity.clone(), self.clocks, "any", Setup::Actpass).offer()
    }

    /// Joins from `from` and waits for the first packet; returns how long it took.
    ///
    /// # Errors
    /// The box did not take the offer, or no packet came.
    pub fn join(&self, from: Ipv4Addr) -> io::Result<Duration> {
        let begun = Instant::now();
        let mut phone = Phone::new(self.identity.clone(), self.clocks, "phone", Setup::Actpass);
        let answer = self.ask(from, &phone.offer())?;
        let now = || self.clocks.time(Instant::now());
        let lacks = || io::Error::other(format!("an answer that lacks something: {answer}"));
        let port = answer.lines().find_map(|line| line.strip_prefix("a=candidate:")?.split(' ').nth(5)?.parse().ok());
        let to = SocketAddr::new(self.to.ip(), port.ok_or_else(lacks)?);
        let socket = UdpSocket::bind((from, 0))?;
        if !phone.answer(now(), &answer, to) {
            return Err(lacks());
        }
        let mut bytes = [0; 2_048];
        while phone.heard.is_empty() {
            if begun.elapsed() > FIRST_MAX {
                return Err(io::ErrorKind::TimedOut.into());
            }
            for (to, bytes) in phone.outbox.take() {
                socket.send_to(&bytes, to)?;
            }
            let wait = phone.poll_timeout().map_or(1_000_000, |at| at.as_micros().saturating_sub(now().as_micros()));
            socket.set_read_timeout(Some(Duration::from_micros(wait.max(1_000))))?;
            match socket.recv(&mut bytes) {
                Ok(count) => phone.receive(now(), &mut bytes[..count]),
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    phone.handle_timeout(now());
                }
                Err(error) => return Err(error),
            }
        }
        let took = begun.elapsed();
        phone.close();
        for (to, bytes) in phone.outbox.take() {
            socket.send_to(&bytes, to)?;
        }
        Ok(took)
    }

    /// Offers, and returns the answer.
    fn ask(&self, from: Ipv4Addr, offer: &str) -> io::Result<String> {
        let mut stream = Caller::new(from, self.to).connected()?;
        stream.set_read_timeout(Some(FIRST_MAX))?;
        let head = format!("POST /whep/main HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.to);
        let media = format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n", offer.len());
        stream.write_all(format!("{head}{media}{offer}").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        match answer.split_once("\r\n\r\n") {
            Some((head, sdp)) if head.starts_with("HTTP/1.1 201") => Ok(sdp.to_owned()),
            _ => Err(io::Error::other(format!("refused: {answer}"))),
        }
    }
}
