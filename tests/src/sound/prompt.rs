//! Starting programs that stand for sound hardware, with the promptness that hardware has.
//!
//! A sound card's clock does not wait for whatever else a computer does; a server of sound that is a process among others
//! does, and its hiccups would be those of the product. Where the system allows it, they run at real-time priority.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Above the box's own threads, as an interrupt of a sound card would be (1 to 99, sched(7)).
const PRIORITY: &str = "60";

/// Returns a command that starts `program` at real-time priority, or as any other program where that is not allowed.
pub(super) fn command(program: &str) -> Command {
    if !is_allowed() {
        return Command::new(program);
    }
    let mut command = Command::new("chrt");
    // The program takes the place of `chrt`: it has its process id.
    command.args(["--fifo", PRIORITY, program]);
    command
}

/// Runs the calling thread at real-time priority, where that is allowed: for hardware that a test itself stands for.
pub fn this_thread() {
    // "PROCESS/task/THREAD"
    let link = fs::read_link("/proc/thread-self").unwrap_or_default();
    if let Some(thread) = link.file_name().filter(|_| is_allowed()) {
        // It works without, only less promptly.
        _ = Command::new("chrt").args(["--fifo", "--pid", PRIORITY]).arg(thread).status();
    }
}

fn is_allowed() -> bool {
    static ALLOWED: OnceLock<bool> = OnceLock::new();
    *ALLOWED.get_or_init(|| {
        let mut tried = Command::new("chrt");
        tried.args(["--fifo", PRIORITY, "true"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        tried.status().is_ok_and(|status| status.success())
    })
}
