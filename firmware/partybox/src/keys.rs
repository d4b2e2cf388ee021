//! Keys of the terminal the box was started from: they press the buttons of a simulated board, which is drawn there.
//!
//! Only where there is a person: standard input is a terminal and this program is in its foreground. Presses go the way
//! of real ones, through pins, debouncing and gestures. Ctrl-C stays the terminal's.

use std::io::{self, IsTerminal, Stdin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use board::Button;
use board::sim::Sim;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::{self, LocalModes, OptionalActions, Termios};
use tokio::sync::mpsc;

use crate::buttons::HELD_S;
use crate::{console, logger};

/// Keys waiting for the loop. Somebody who types faster than the box takes them loses keys.
const KEYS_WAITING_MAX: usize = 16;

/// How long the keys hold a button, ms: short, long (a capital), and until it counts down to its end.
const SHORT_MS: u64 = 120;
const LONG_MS: u64 = 1_000;
const HELD_MS: u64 = 1_000 * HELD_S as u64 + 500;

/// How often the drawing is looked at when nothing changes: the terminal may have been resized.
const REDRAW: Duration = Duration::from_secs(1);

/// The display is drawn by itself on terminals of this height, which have room for the log as well.
const ROWS_FOR_DISPLAY: usize = 40;

/// Lines of a drawing that are not the display.
const LINES_OF_LEDS: usize = 1;

/// Says which key presses what.
const HINT: &str = "[p]lay [n]ext [+] [-] [<] [>] knob [h]ost: pair; capitals press long, [f] pair for 10 s; [d]isplay";

/// The terminal while it hands over single keys; gives its former behaviour back when dropped.
pub(crate) struct Keys {
    before: Termios,
    keys: mpsc::Receiver<char>,
    /// Whether the display is drawn where there is too little room for it, and not where there is enough.
    display_turned: Arc<AtomicBool>,
}

impl Keys {
    /// Takes the terminal over, if there is one and somebody sits at it.
    fn take_over() -> Option<Self> {
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
        Some(Self { before, keys, display_turned: Arc::default() })
    }
}

/// The keys for this simulated board, which is drawn from now on; `None` where nobody sits at the terminal.
pub(crate) fn open(sim: &Sim) -> Option<Keys> {
    let keys = Keys::take_over()?;
    let (sim, turned) = (sim.clone(), Arc::clone(&keys.display_turned));
    let draw = move || {
        let mut seen = 0;
        loop {
            let has_room = console::height() >= ROWS_FOR_DISPLAY;
            let lines = if has_room == turned.load(Ordering::Relaxed) { LINES_OF_LEDS } else { usize::MAX };
            logger::set_panel(&drawn(&sim.drawing(), lines, console::width()));
            seen = sim.wait_change(seen, REDRAW);
        }
    };
    thread::Builder::new().name("drawing".to_owned()).spawn(draw).ok()?;
    Some(keys)
}

/// The next key; never returns without a terminal or once there are no more.
pub(crate) async fn next(keys: &mut Option<Keys>) -> char {
    let Some(keys) = keys else { return std::future::pending().await };
    loop {
        match keys.keys.recv().await {
            Some('d' | 'D') => _ = keys.display_turned.fetch_not(Ordering::Relaxed),
            Some(key) => return key,
            None => std::future::pending().await,
        }
    }
}

/// So many lines of the drawing and the keys that belong to it, cut to the terminal's width.
fn drawn(drawing: &str, lines: usize, width: usize) -> String {
    let lines = drawing.lines().take(lines).chain([HINT]);
    lines.map(|line| line.chars().take(width).collect::<String>() + "\n").collect()
}

/// Presses what belongs to `key`; keys without a meaning press nothing.
pub(crate) fn press(key: char, sim: &Sim) {
    let held_ms = if key.is_ascii_uppercase() { LONG_MS } else { SHORT_MS };
    match key.to_ascii_lowercase() {
        'p' | ' ' => sim.press(Button::Play, held_ms),
        'n' => sim.press(Button::Next, held_ms),
        '+' | '=' => sim.press(Button::VolumeUp, held_ms),
        '-' => sim.press(Button::VolumeDown, held_ms),
        'h' => sim.press(Button::Pair, held_ms),
        // Once more while it is held lets it go, as somebody does who reads the count-down.
        'f' if sim.let_go(Button::Pair) => {}
        'f' => sim.press(Button::Pair, HELD_MS),
        '>' | '.' => sim.turn(1),
        '<' | ',' => sim.turn(-1),
        _ => {}
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
