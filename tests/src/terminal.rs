//! A person at a terminal: sees what the program draws there, and presses keys.
//!
//! The terminal is a real one of the kernel's (a pseudo-terminal) and the program's controlling one, so that keys,
//! signals and modes do what they do at a desk. It judges nothing.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::process::{Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use nix::pty::{Winsize, openpty};
use nix::sys::termios::{LocalFlags, tcgetattr};

use crate::program::{self, Running};

/// Size of the terminal, in letters.
const ROWS: NonZero<u16> = NonZero::new(50).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(110).unwrap();

/// What is drawn, for those who wait for it.
struct Screen {
    drawn: Mutex<vt100::Parser>,
    more: Condvar,
}

/// A box that was started from a terminal, and the terminal.
pub struct Terminal {
    /// The box.
    pub running: Running,
    screen: Arc<Screen>,
    keyboard: File,
    /// Kept open, so that what the terminal was left like can be looked at after the program has gone.
    program_end: OwnedFd,
}

impl Terminal {
    /// Starts the program with these options; `None`, with the reason printed, where it is not built.
    ///
    /// # Panics
    /// As [`Running::start`].
    pub fn start(options: &[&str]) -> Option<Self> {
        let program = program::path().inspect_err(|reason| println!("{reason}")).ok()?;
        let size = Winsize { ws_row: ROWS.get(), ws_col: COLUMNS.get(), ws_xpixel: 0, ws_ypixel: 0 };
        let pair = openpty(&size, None).expect("a pseudo-terminal");
        let end = || pair.slave.try_clone().expect("a descriptor");
        // Makes the terminal the program's controlling one.
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(program).stdin(end()).stdout(end()).stderr(end());
        let screen = Arc::new(Screen { drawn: Mutex::new(vt100::Parser::new(ROWS, COLUMNS, 0)), more: Condvar::new() });
        let mut output = File::from(pair.master.try_clone().expect("a descriptor"));
        let seen = Arc::clone(&screen);
        // Ends with the terminal's last user.
        std::thread::spawn(move || {
            let mut bytes = [0; 4_096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                seen.drawn.lock().unwrap_or_else(PoisonError::into_inner).process(&bytes[..count]);
                seen.more.notify_all();
            }
        });
        let keyboard = File::from(pair.master);
        Some(Self { running: Running::of(command, options), screen, keyboard, program_end: pair.slave })
    }

    /// What can be seen, line by line.
    pub fn text(&self) -> String {
        self.screen.drawn.lock().unwrap_or_else(PoisonError::into_inner).screen().contents()
    }

    /// Presses keys.
    ///
    /// # Panics
    /// When the terminal is gone.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Waits until what can be seen pleases `wanted`, and returns it; else, after `limit`, what was seen instead.
    ///
    /// # Errors
    /// What is seen in the end.
    pub fn until(&self, wanted: impl Fn(&str) -> bool, limit: Duration) -> Result<String, String> {
        let screen = self.screen.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let is_other = |parser: &mut vt100::Parser| !wanted(&parser.screen().contents());
        let waited = self.screen.more.wait_timeout_while(screen, limit, is_other);
        let (screen, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        let text = screen.screen().contents();
        if waited.timed_out() { Err(text) } else { Ok(text) }
    }

    /// Presses Ctrl-C and waits for the program's end; `None` if it is still there after `limit`.
    pub fn interrupt(&mut self, limit: Duration) -> Option<ExitStatus> {
        self.press("\x03");
        self.running.wait(limit)
    }

    /// Whether the terminal collects lines and shows what is typed, as a shell leaves it.
    ///
    /// # Panics
    /// When the terminal does not tell.
    pub fn is_ordinary(&self) -> bool {
        let flags = tcgetattr(&self.program_end).expect("a terminal has modes").local_flags;
        flags.contains(LocalFlags::ICANON | LocalFlags::ECHO)
    }
}
