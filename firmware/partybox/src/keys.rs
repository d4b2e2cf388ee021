//! Keys pressed at the terminal the box was started from, one character at a time.
//!
//! Only where there is a person: standard input is a terminal and this program is in its foreground. What a key means
//! is not decided here. Ctrl-C stays the terminal's.

use std::io::{self, IsTerminal, Stdin};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::{self, LocalModes, OptionalActions, Termios};
use tokio::sync::mpsc;

/// Keys waiting for the loop. Somebody who types faster than the box takes them loses keys.
const KEYS_WAITING_MAX: usize = 16;

/// The terminal while it hands over single keys; gives its former behaviour back when dropped.
pub(crate) struct Keys {
    before: Termios,
    keys: mpsc::Receiver<char>,
}

impl Keys {
    /// Takes the terminal over, if there is one and somebody sits at it.
    pub(crate) fn open() -> Option<Self> {
        let stdin = io::stdin();
        if !stdin.is_terminal() || !is_foreground(&stdin) {
            return None;
        }
        let before = termios::tcgetattr(&stdin).ok()?;
        let mut single = before.clone();
        single.local_modes &= !(LocalModes::ICANON | LocalModes::ECHO);
        termios::tcsetattr(&stdin, OptionalActions::Now, &single).ok()?;
        let (sender, keys) = mpsc::channel(KEYS_WAITING_MAX);
        thread::Builder::new().name("keys".to_owned()).spawn(move || read(&stdin, &sender)).ok()?;
        Some(Self { before, keys })
    }

    /// The next key; never returns once there are no more.
    pub(crate) async fn next(&mut self) -> char {
        match self.keys.recv().await {
            Some(key) => key,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

/// Whether a read would hand us keys; in the background it would stop the whole program instead.
fn is_foreground(stdin: &Stdin) -> bool {
    termios::tcgetpgrp(stdin).is_ok_and(|foreground| foreground == getpgrp())
}

/// Waits for keys until the terminal is gone or somebody else's. The thread ends with the program.
fn read(stdin: &Stdin, sender: &mpsc::Sender<char>) {
    let mut bytes = [0; 64];
    let mut filter = Filter::default();
    loop {
        match poll(&mut [PollFd::new(stdin, PollFlags::IN)], None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return,
        }
        if !is_foreground(stdin) {
            return;
        }
        // Not through `Stdin`'s buffer: what it kept, poll would not tell of.
        let length = match rustix::io::read(stdin, &mut bytes) {
            Err(Errno::INTR) => continue,
            Ok(length) if length > 0 => length,
            _ => return,
        };
        for key in bytes[..length].iter().filter_map(|&byte| filter.key(byte)) {
            _ = sender.try_send(key);
        }
    }
}

/// Picks the keys with a meaning, all of them ASCII, out of what a terminal sends.
#[derive(Default)]
struct Filter {
    /// Within an escape sequence, such as an arrow key's (ECMA-48 section 5.4).
    escaped: bool,
}

impl Filter {
    fn key(&mut self, byte: u8) -> Option<char> {
        if self.escaped {
            // `[` and `O` open a sequence; any other letter or `~` ends it.
            self.escaped = !(byte.is_ascii_alphabetic() && byte != b'O' || byte == b'~');
            return None;
        }
        self.escaped = byte == b'\x1b';
        (byte.is_ascii_graphic() || byte == b' ').then_some(char::from(byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(bytes: &[u8]) -> String {
        let mut filter = Filter::default();
        bytes.iter().filter_map(|&byte| filter.key(byte)).collect()
    }

    #[test]
    fn letters_are_keys_and_what_other_keys_send_is_not() {
        assert_eq!(keys(b"p N+"), "p N+");
        assert_eq!(keys(b"\x1b[Ap\x1bOPn\x1b[15~+\t\r\x7f"), "pn+", "arrow up, F1, F5, tab, return, backspace");
        assert_eq!(keys("p\u{e9}n".as_bytes()), "pn");
    }
}
