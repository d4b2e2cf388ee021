//! How long a program has computed, in processor time, which does not depend on what else the machine does.

use std::time::Duration;

/// Ticks per second of proc(5)'s counts of processor time: fixed for programs on Linux.
const TICKS_HZ: u64 = 100;

/// Processor time that the process has used, in its own code and in the kernel.
///
/// # Panics
/// When there is no such process.
pub fn time(process: u32) -> Duration {
    fields(process, 11)
}

/// The same of the children that this process has waited for.
///
/// # Panics
/// When the kernel does not tell.
pub fn time_of_children() -> Duration {
    fields(std::process::id(), 13)
}

/// Two fields of proc(5)'s `stat`, user and system time, `first` counted from the state after the name.
fn fields(process: u32, first: usize) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("the process runs");
    let after_name = stat.rsplit_once(')').expect("the name ends in a parenthesis").1;
    let ticks = after_name.split_whitespace().skip(first).take(2).map(|field| field.parse::<u64>().expect("a number"));
    Duration::from_millis(ticks.sum::<u64>() * 1000 / TICKS_HZ)
}
