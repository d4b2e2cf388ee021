//! Admission of connections: a [`Gate`] at which idle connections are evicted for new ones.
//!
//! A connection costs a stranger nothing, and as many addresses as a network has take every place with one each; no share per
//! address can tell them from phones. But who came to be served says so at once. So as long as the box waits for the other end
//! (for a request, for the rest of one, for an answer to be taken), a connection keeps its place only until another needs it: where
//! all are taken, the one goes whose other end has been silent longest, strangers before guests (compare RFC 4987 section 3.4,
//! recycling the oldest half-open connection). Where nobody has been silent for long, because all ask without end, the one goes that has
//! had most answers, of those whose turn has not come. Nobody else notices: what is being answered, and what lasts (sound, events), stays.
//! An address that has lost a connection so, or over which it never came to an answer, takes nobody's place for a while, so that those
//! who come back at once do not push each other, and everybody, out. It reads the clock, and closes nothing itself: who gives way is
//! told so.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use crate::gate::{Entrant, Full, Gate, Pass, Places};

/// The door. Cloning gives another handle to the same.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    gate: Gate,
    total: usize,
    zero: Instant,
    inside: Arc<Mutex<Inside>>,
}

#[derive(Debug, Default)]
struct Inside {
    seats: Vec<Arc<Seat>>,
    /// Addresses that have lost a connection over which they never came to an answer, and when, in microseconds of the door's clock;
    /// the last one at the end.
    turned_out: VecDeque<(IpAddr, u64)>,
}

/// Addresses that are remembered as turned out; of more, the one that was it first is forgotten.
const TURNED_OUT_MAX: usize = 4_096;

/// How long one that was turned out takes nobody's place, in microseconds (10 s).
const TURNED_OUT_US: u64 = 10_000_000;

/// Nothing is waited for.
const SERVED: u64 = 0;

/// It has asked for something, and its turn has not come.
const IN_LINE: u64 = u64::MAX - 1;

/// It has given way.
const GONE: u64 = u64::MAX;

/// How long a connection may be silent, in microseconds (0.5 s), before it goes rather than one that has had answers: a bad
/// radio brings a request within that.
const SILENT_US: u64 = 500_000;

/// One connection, as the door sees it.
#[derive(Debug)]
pub(crate) struct Seat {
    /// When the door's clock began.
    zero: Instant,
    /// Since when its other end has been silent, in microseconds of that clock, or [`SERVED`], [`IN_LINE`] or [`GONE`].
    silent_since: AtomicU64,
    /// Whether a guest or a host has asked something over it.
    is_known: AtomicBool,
    address: IpAddr,
    /// How much was answered over it.
    answers: AtomicU32,
    passes: Mutex<Vec<Pass>>,
    gone: Notify,
}

/// A connection's hold on its seat; dropping it gives the place back.
#[derive(Debug)]
pub(crate) struct Seated {
    seat: Arc<Seat>,
    doors: Vec<Door>,
}

/// What is behind it stays right whatever panicked elsewhere: it is only ever changed in one step.
fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Door {
    pub(crate) fn new(places: Places) -> Self {
        Self { gate: Gate::new(places), total: places.total, zero: Instant::now(), inside: Arc::default() }
    }

    /// How many are inside.
    pub(crate) fn total(&self) -> usize {
        self.gate.total()
    }

    /// Gives `who` a place, that of somebody who waits if there is no other, or says which limit forbids it. It is not silent before
    /// somebody has looked at it ([`Seat::wait`]).
    pub(crate) fn enter(&self, who: Entrant) -> Result<Seated, Full> {
        let seat = Arc::new(Seat {
            zero: self.zero,
            silent_since: AtomicU64::new(SERVED),
            is_known: AtomicBool::new(false),
            address: who.address(),
            answers: AtomicU32::new(0),
            passes: Mutex::default(),
            gone: Notify::new(),
        });
        let mut seated = Seated { seat, doors: Vec::with_capacity(1) };
        self.admit(who, &mut seated)?;
        Ok(seated)
    }

    /// Whether `address` takes nobody's place for a while.
    pub(crate) fn has_turned_out(&self, address: IpAddr) -> bool {
        lock(&self.inside).was_turned_out(address, now_us(self.zero))
    }

    /// Gives a connection that has come in by another door a place behind this one, too.
    pub(crate) fn admit(&self, who: Entrant, seated: &mut Seated) -> Result<(), Full> {
        let mut inside = lock(&self.inside);
        // As long as half of the places are free nobody needs one of them.
        let is_crowded = self.gate.total() * 2 > self.total;
        let give_way = |seat: &&Arc<Seat>| seat.is_silent() || seat.waits_again();
        let give_way = if is_crowded { inside.seats.iter().filter(give_way).count() } else { 0 };
        let pass = self.gate.enter_beside(who, None, give_way).or_else(|full| {
            let now = now_us(self.zero);
            let has_room =
                matches!(full, Full::Total(_)) && !inside.was_turned_out(who.address(), now) && inside.give_way(now);
            if has_room { self.gate.enter_beside(who, None, give_way) } else { Err(full) }
        })?;
        lock(&seated.seat.passes).push(pass);
        inside.seats.push(Arc::clone(&seated.seat));
        seated.doors.push(self.clone());
        Ok(())
    }
}

/// The time of a door's clock in microseconds, never 0, which means something else.
fn now_us(zero: Instant) -> u64 {
    zero.elapsed().as_micros() as u64 + 1
}

impl Inside {
    /// Lets the one go whose other end has been silent longest, a stranger if there is any; if that is not long, rather the one that
    /// has had most answers of those that wait. Returns whether there was one.
    fn give_way(&mut self, now_us: u64) -> bool {
        let since = |seat: &Seat| seat.silent_since.load(Ordering::Relaxed);
        let silent = self.seats.iter().filter(|seat| seat.is_silent());
        let longest = silent.min_by_key(|seat| (seat.is_known.load(Ordering::Relaxed), since(seat)));
        let answered = self.seats.iter().filter(|seat| seat.waits_again());
        let most = answered.max_by_key(|seat| seat.answers.load(Ordering::Relaxed));
        let is_long = |seat: &Seat| now_us.saturating_sub(since(seat)) >= SILENT_US;
        let (seat, has_had_most) = match (longest, most) {
            (Some(seat), most) if most.is_none() || is_long(seat) => (seat, false),
            (_, Some(seat)) => (seat, true),
            _ => return false,
        };
        if !seat.give_way() {
            return false;
        }
        let was_answered =
            |other: &Arc<Seat>| other.address == seat.address && other.answers.load(Ordering::Relaxed) > 0;
        if has_had_most || !self.seats.iter().any(was_answered) {
            self.turned_out.push_back((seat.address, now_us));
        }
        if self.turned_out.len() > TURNED_OUT_MAX {
            self.turned_out.pop_front();
        }
        true
    }

    fn was_turned_out(&mut self, address: IpAddr, now_us: u64) -> bool {
        while self.turned_out.front().is_some_and(|(_, at)| now_us.saturating_sub(*at) > TURNED_OUT_US) {
            self.turned_out.pop_front();
        }
        self.turned_out.iter().any(|(other, _)| *other == address)
    }
}

impl Seat {
    fn is_silent(&self) -> bool {
        !matches!(self.silent_since.load(Ordering::Relaxed), SERVED | IN_LINE | GONE)
    }

    /// Whether it waits, for its turn or for its other end, after it has had an answer.
    fn waits_again(&self) -> bool {
        !matches!(self.silent_since.load(Ordering::Relaxed), SERVED | GONE) && self.answers.load(Ordering::Relaxed) > 0
    }

    /// The other end is waited for from now on.
    pub(crate) fn wait(&self) {
        self.change(now_us(self.zero));
    }

    /// Something came from the other end, or was taken: if it is waited for, then from now on.
    pub(crate) fn hear(&self) {
        if self.is_silent() {
            self.wait();
        }
    }

    /// The other end waits for its turn from now on.
    pub(crate) fn line_up(&self) {
        self.change(IN_LINE);
    }

    /// The other end waits for the box from now on.
    pub(crate) fn serve(&self) {
        self.change(SERVED);
    }

    /// What was asked over it is answered.
    pub(crate) fn answered(&self) {
        // It wraps after more answers than a connection of a day has.
        self.answers.fetch_add(1, Ordering::Relaxed);
    }

    /// What is asked over it is a guest's or a host's.
    pub(crate) fn know(&self) {
        self.is_known.store(true, Ordering::Relaxed);
    }

    /// Who has given way stays gone.
    fn change(&self, to: u64) {
        let change = |since| (since != GONE).then_some(to);
        _ = self.silent_since.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
    }

    /// Waits until it has to give way to another; then it is to be closed.
    pub(crate) async fn has_to_go(&self) {
        self.gone.notified().await;
    }

    /// Goes, unless it has just been heard of, or its turn has come. Returns whether it does.
    fn give_way(&self) -> bool {
        let since = self.silent_since.load(Ordering::Relaxed);
        let is_gone = !matches!(since, SERVED | GONE)
            && self.silent_since.compare_exchange(since, GONE, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_gone {
            lock(&self.passes).clear();
            self.gone.notify_one();
        }
        is_gone
    }
}

impl Seated {
    /// The seat, for whoever knows what the connection does.
    pub(crate) fn seat(&self) -> &Arc<Seat> {
        &self.seat
    }
}

impl Drop for Seated {
    fn drop(&mut self) {
        for door in &self.doors {
            let seats = &mut lock(&door.inside).seats;
            if let Some(n) = seats.iter().position(|seat| Arc::ptr_eq(seat, &self.seat)) {
                seats.swap_remove(n);
            }
        }
    }
}

#[cfg(test)]
mod tests;
