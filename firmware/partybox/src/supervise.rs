//! Watching the essential threads, and telling the supervisor above us (systemd) that the box is well.
//!
//! A thread without which there is no sound must not die unnoticed: then the process ends and its supervisor starts it
//! again. The watchdog is fed only while blocks are being made, so a box that hangs is restarted too.

use std::thread::JoinHandle;
use std::time::Duration;

use base::Time;
use sd_notify::NotifyState;

/// How long no block may be made before the box counts as stuck: far longer than any hiccup the pump catches up with,
/// short enough that a restart helps the party.
const STUCK_US: u64 = 2_000_000;

/// A channel's pump: its thread, and whether it makes blocks.
pub struct PumpWatch {
    thread: JoinHandle<()>,
    blocks: u64,
    progress_at: Time,
}

impl PumpWatch {
    /// Watches `thread`, which has begun just now.
    pub fn new(thread: JoinHandle<()>, now: Time) -> Self {
        Self { thread, blocks: 0, progress_at: now }
    }

    /// Looks whether it lives; `blocks` is how many it has made so far.
    ///
    /// # Errors
    /// [`Trouble::Died`], [`Trouble::Stuck`].
    pub fn check(&mut self, now: Time, blocks: u64) -> Result<(), Trouble> {
        if self.thread.is_finished() {
            return Err(Trouble::Died("pump"));
        }
        if blocks != self.blocks {
            self.blocks = blocks;
            self.progress_at = now;
        }
        if now.micros_since(self.progress_at) > STUCK_US { Err(Trouble::Stuck) } else { Ok(()) }
    }

    /// Waits until the thread has ended; it must have been told to.
    pub fn join(self) {
        if self.thread.join().is_err() {
            log::error!("the pump thread panicked");
        }
    }
}

/// The other watched threads and the state of the watchdog.
pub struct Supervisor {
    essential: Vec<(&'static str, JoinHandle<()>)>,
    watchdog: Option<Duration>,
    fed_at: Time,
}

/// What is wrong with the box. A restart may help; nothing else here can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// This thread has ended.
    Died(&'static str),
    /// The pump makes no blocks.
    Stuck,
    /// What leaves the box is silent while it should not be.
    Silent,
}

impl Supervisor {
    /// Watches `essential` threads, each with its name. `watchdog` is how often systemd wants to hear from us.
    pub fn new(essential: Vec<(&'static str, JoinHandle<()>)>, watchdog: Option<Duration>, now: Time) -> Self {
        Self { essential, watchdog, fed_at: now }
    }

    /// Looks at every thread, and feeds the watchdog. To be called when all pumps are well.
    ///
    /// # Errors
    /// [`Trouble::Died`].
    pub fn check(&mut self, now: Time) -> Result<(), Trouble> {
        if let Some((name, _)) = self.essential.iter().find(|(_, thread)| thread.is_finished()) {
            return Err(Trouble::Died(name));
        }
        // Twice per interval, as sd_watchdog_enabled(3) advises.
        let due = self.watchdog.is_some_and(|every| u128::from(now.micros_since(self.fed_at)) >= every.as_micros() / 2);
        if due {
            self.fed_at = now;
            notify(&[NotifyState::Watchdog]);
        }
        Ok(())
    }

    /// Waits until every watched thread has ended; they must have been told to.
    pub fn join(self) {
        for (name, thread) in self.essential {
            if thread.join().is_err() {
                log::error!("the {name} thread panicked");
            }
        }
    }
}

/// How often systemd wants to hear from us, if it runs us with a watchdog.
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

/// Tells systemd that the box serves, and where.
pub fn ready(status: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// Tells systemd that the box is ending on request.
pub fn stopping() {
    notify(&[NotifyState::Stopping]);
}

fn notify(states: &[NotifyState<'_>]) {
    // Without systemd there is nobody to tell, which is no error.
    if let Err(error) = sd_notify::notify(states) {
        log::debug!("systemd cannot be told: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_ends_is_named() {
        let thread = std::thread::spawn(|| {});
        while !thread.is_finished() {
            std::thread::yield_now();
        }
        let mut supervisor = Supervisor::new(vec![("capture", thread)], None, Time::ZERO);
        assert_eq!(supervisor.check(Time::ZERO), Err(Trouble::Died("capture")));
    }

    #[test]
    fn a_pump_that_makes_no_blocks_is_stuck_after_two_seconds() {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || _ = stopped.recv());
        let mut pump = PumpWatch::new(thread, Time::ZERO);
        assert_eq!(pump.check(Time::from_micros(1_000_000), 100), Ok(()));
        assert_eq!(pump.check(Time::from_micros(3_000_000), 100), Ok(()));
        assert_eq!(pump.check(Time::from_micros(3_000_001), 100), Err(Trouble::Stuck));
        drop(stop);
        pump.join();
    }
}
