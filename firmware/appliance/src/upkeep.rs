//! An appliance at work: a thread of its own that polls it and does what hosts ask, because what it reads lies on cards, on
//! sticks and in the kernel, any of which may take its time.
//!
//! Whoever runs the box is held up by none of it, and sees what was published last.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use base::Time;
use tokio::runtime::Handle as Runtime;
use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval};

use crate::appliance::Appliance;
use crate::clock::{ClockUnit, NotSet, SetBy, WallClock};
use crate::facts::Facts;
use crate::night::Night;

/// How often the appliance is polled: what has changed is on every page within twice that.
const POLL_EVERY: Duration = Duration::from_millis(250);

/// What the box knows of its appliance, whose thread ends when this is dropped.
#[derive(Debug)]
pub struct Upkeep {
    facts: watch::Receiver<Arc<Facts>>,
    clock: ClockUnit,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// The hours of night, and the clock by which they are known.
    hours: Mutex<(Night, WallClock)>,
    /// Whether this start must prove itself by sound.
    is_trial: AtomicBool,
    /// Set once it has.
    is_proved: AtomicBool,
    is_night: AtomicBool,
    ends: AtomicBool,
    wake: Notify,
}

impl Upkeep {
    /// Starts the thread, which must end before the runtime of the caller does. `now` tells the time, and `night` when it
    /// is dark by this `clock`.
    ///
    /// # Errors
    /// The system has no thread for us.
    pub fn start(
        appliance: Appliance,
        night: Night,
        clock: WallClock,
        now: impl Fn() -> Time + Send + 'static,
    ) -> io::Result<(Self, JoinHandle<()>)> {
        let shared = Arc::new(Shared {
            is_trial: appliance.is_trial().into(),
            is_night: night.is_now(&clock).into(),
            hours: Mutex::new((night, clock)),
            is_proved: AtomicBool::default(),
            ends: AtomicBool::default(),
            wake: Notify::new(),
        });
        let (facts, clock) = (appliance.facts(), appliance.clock_unit());
        let upkeep = Self { facts: facts.clone(), clock, shared: Arc::clone(&shared) };
        let runtime = Runtime::current();
        let run = move || runtime.block_on(work(appliance, now, &facts, &shared));
        let thread = thread::Builder::new().name("appliance".to_owned()).spawn(run)?;
        Ok((upkeep, thread))
    }

    /// Returns what was published last.
    pub fn facts(&self) -> Arc<Facts> {
        Arc::clone(&self.facts.borrow())
    }

    /// Returns whether this start must prove itself by sound.
    pub fn is_trial(&self) -> bool {
        self.shared.is_trial.load(Ordering::Relaxed)
    }

    /// Returns whether it is night, so that lights shall be dim.
    pub fn is_night(&self) -> bool {
        self.shared.is_night.load(Ordering::Relaxed)
    }

    /// Changes when it is night, and the time zone in which that is meant.
    pub fn set_night(&self, night: Night, zone: &str) {
        let mut hours = self.shared.hours.lock().unwrap_or_else(PoisonError::into_inner);
        hours.0 = night;
        hours.1.set_zone(zone);
        self.shared.wake.notify_one();
    }

    /// Learns from a host's phone what time it is, in ms since 1970, and has the system's clock `set` to it if that is wanted.
    ///
    /// # Errors
    /// That cannot be the time, or the clock is not ours to set; then nothing has changed.
    pub fn learn_time(&self, unix_ms: u64, set: bool) -> Result<(), NotSet> {
        if set && !self.facts().clock.settable {
            return Err(NotSet::Elsewhere);
        }
        let is_possible = self.shared.hours.lock().unwrap_or_else(PoisonError::into_inner).1.learn(unix_ms);
        if !is_possible {
            return Err(NotSet::Impossible);
        }
        self.shared.wake.notify_one();
        if set && let Err(error) = self.clock.ask(unix_ms) {
            log::warn!("the clock cannot be set: {error}");
            return Err(NotSet::Elsewhere);
        }
        Ok(())
    }

    /// Lets this version stay: sound has flowed for long enough.
    pub fn prove(&self) {
        self.shared.is_proved.store(true, Ordering::Relaxed);
        self.shared.wake.notify_one();
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::Relaxed);
        self.shared.wake.notify_one();
    }
}

async fn work(mut appliance: Appliance, now: impl Fn() -> Time, facts: &watch::Receiver<Arc<Facts>>, shared: &Shared) {
    let mut polls = interval(POLL_EVERY);
    polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !shared.ends.load(Ordering::Relaxed) {
        tokio::select! {
            request = appliance.next() => appliance.handle(now(), request),
            () = shared.wake.notified() => {}
            _ = polls.tick() => appliance.poll(now()),
        }
        if appliance.is_trial() && shared.is_proved.swap(false, Ordering::Relaxed) {
            appliance.prove();
        }
        shared.is_trial.store(appliance.is_trial(), Ordering::Relaxed);
        let is_set = facts.borrow().clock.by != SetBy::Nobody;
        let (night, clock) = {
            let mut hours = shared.hours.lock().unwrap_or_else(PoisonError::into_inner);
            hours.1.trust_system(is_set);
            hours.clone()
        };
        shared.is_night.store(night.is_now(&clock), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::config::Config;
    use crate::handle::{Request, channel};

    #[tokio::test(flavor = "multi_thread")]
    async fn what_hosts_ask_is_done_on_its_thread_which_ends_with_the_box() {
        let (handle, service) = channel();
        let appliance = Appliance::new(&Config::default(), service, None);
        let (upkeep, thread) =
            Upkeep::start(appliance, Night::default(), WallClock::new(""), || Time::ZERO).expect("a thread");
        let (reply, outcome) = oneshot::channel();
        handle.requests.send(Request::Restart { reply }).await.expect("it takes requests");
        let refused = outcome.await.expect("an answer").map_err(|refused| refused.code);
        assert_eq!((refused, upkeep.is_trial()), (Err("not-updatable"), false));
        let now_ms = crate::clock::system_ms();
        assert_eq!(upkeep.learn_time(now_ms, false), Ok(()));
        assert_eq!(upkeep.learn_time(3, false), Err(NotSet::Impossible));
        assert_eq!(upkeep.learn_time(now_ms, true), Err(NotSet::Elsewhere), "a machine whose clock is its own affair");
        drop(upkeep);
        thread.join().expect("it ends");
        assert!(handle.requests.is_closed());
    }
}
