//! Memory that the box holds after a peak, given back to the system: the allocator keeps what a flood of requests needed once, for
//! the next one, and a board with little memory has better uses for it.
//!
//! It is asked for every 15 s on a thread that may wait, and only where more is held than before by a part that matters: giving back
//! holds up who allocates meanwhile for a moment.
#![allow(unsafe_code, reason = "glibc gives free memory back when it is asked to, and offers no safe way to ask")]

use std::fs;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

/// How often it is looked how much is held.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// More than at the last look that matters: a part of it, and bytes.
const MORE: (u64, u64) = (8, 6 * 1024 * 1024);

/// Gives memory back after peaks, for ever.
pub(crate) async fn give_back() {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut least = u64::MAX;
    loop {
        looks.tick().await;
        // A blocking thread's panic costs one look.
        least = spawn_blocking(move || look(least)).await.unwrap_or(least);
    }
}

/// Gives memory back if that is worth it. Returns how much is held then, or the least that was.
fn look(least: u64) -> u64 {
    let Some(held) = held_bytes() else { return least };
    if !is_peak(least, held) {
        return least.min(held);
    }
    trim();
    let left = held_bytes().unwrap_or(held);
    log::debug!("memory: {} of {} MiB are given back", held.saturating_sub(left) >> 20, held >> 20);
    left
}

/// Returns whether so much more is held that giving some back is worth it.
fn is_peak(least: u64, held: u64) -> bool {
    let (part, bytes) = MORE;
    held.saturating_sub(least) > (least / part).max(bytes)
}

/// Returns how much memory of the machine this process has, bytes; `None` where the system does not say (proc(5)).
fn held_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

#[cfg(target_env = "gnu")]
fn trim() {
    // SAFETY: malloc_trim(3) takes no pointer, may be called by any thread at any time, and moves nothing that is in use.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(target_env = "gnu"))]
fn trim() {}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    #[test]
    fn a_peak_is_more_than_a_part_and_some_megabytes_above_the_least() {
        assert!(!is_peak(u64::MAX, 60 * MIB), "the first look");
        assert!(!is_peak(35 * MIB, 40 * MIB) && is_peak(35 * MIB, 42 * MIB));
        assert!(!is_peak(400 * MIB, 440 * MIB) && is_peak(400 * MIB, 451 * MIB));
        assert!(!is_peak(40 * MIB, 35 * MIB));
    }

    #[test]
    fn what_was_freed_is_given_back() {
        let before = held_bytes().expect("the system says");
        // Small pieces: large ones are given back by themselves.
        let mut pieces: Vec<Vec<u8>> = (0..40_000).map(|n| vec![n as u8; 1_024]).collect();
        // Something at the end keeps the rest from being given back by itself.
        let last = pieces.pop();
        drop(pieces);
        let peak = held_bytes().expect("the system says");
        let after = look(before);
        assert!(after + 20 * MIB < peak.max(before + 40 * MIB), "{before} {peak} {after}");
        drop(last);
    }
}
