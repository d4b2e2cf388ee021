//! All timers of all listeners in one hashed wheel: arming one costs no search, however many there are, and no memory but
//! for more timers than there ever were.
//!
//! It holds keys and deadlines; it neither reads a clock nor knows what a key means. A timer is not disarmed: whoever
//! is woken too early looks at its own deadline and arms again. After [`Wheel::expire`] the timers that are due must be
//! taken out with [`Wheel::pop_due`].

use base::Time;

/// Width of a slot in microseconds: timers fire at most this late.
const SLOT_US: u64 = 5_000;

/// Slots, a power of two: together 5.12 s. A later deadline waits in the last slot and is armed again from there.
const SLOTS: usize = 1_024;

const WORDS: usize = SLOTS / 64;

/// The end of a chain of timers.
const END: usize = usize::MAX;

#[derive(Debug)]
struct Timer<K> {
    deadline: Time,
    key: K,
    /// The next timer of the chain that this one is in.
    next: usize,
}

/// A hashed timer wheel.
#[derive(Debug)]
pub(super) struct Wheel<K> {
    timers: Vec<Timer<K>>,
    /// The first timer of each slot's chain, of those that are due, and of those that are not in use.
    slots: Vec<usize>,
    due: usize,
    unused: usize,
    /// One bit per slot that holds something.
    occupied: [u64; WORDS],
    /// Number of the first slot that has not been emptied yet, counted from the start of the clock.
    cursor: u64,
}

impl<K: Copy> Wheel<K> {
    /// An empty wheel that starts at `now`.
    pub(super) fn new(now: Time) -> Self {
        let cursor = now.as_micros() / SLOT_US;
        Self { timers: Vec::new(), slots: vec![END; SLOTS], due: END, unused: END, occupied: [0; WORDS], cursor }
    }

    /// Arms a timer. A deadline in the past fires at the next [`Self::expire`].
    pub(super) fn arm(&mut self, deadline: Time, key: K) {
        let timer = Timer { deadline, key, next: END };
        let at = self.unused;
        if at == END {
            self.timers.push(timer);
            return self.link(self.timers.len() - 1);
        }
        self.unused = self.timers[at].next;
        self.timers[at] = timer;
        self.link(at);
    }

    /// Puts a timer into its slot.
    fn link(&mut self, at: usize) {
        let wanted = self.timers[at].deadline.as_micros().div_ceil(SLOT_US);
        let number = wanted.clamp(self.cursor, self.cursor + SLOTS as u64 - 1);
        let slot = number as usize % SLOTS;
        self.timers[at].next = self.slots[slot];
        self.slots[slot] = at;
        self.occupied[slot / 64] |= 1 << (slot % 64);
    }

    /// When to call [`Self::expire`] next.
    pub(super) fn next(&self) -> Option<Time> {
        let start = self.cursor as usize % SLOTS;
        (0..=WORDS).find_map(|step| {
            let word = (start / 64 + step) % WORDS;
            let mut bits = self.occupied[word];
            // The word of the cursor is looked at twice: first from the cursor on, at the end up to it.
            if step == 0 {
                bits &= !0 << (start % 64);
            } else if step == WORDS {
                bits &= !(!0 << (start % 64));
            }
            let slot = word * 64 + bits.trailing_zeros() as usize;
            let ahead = ((slot + SLOTS - start) % SLOTS) as u64;
            (bits != 0).then(|| Time::from_micros((self.cursor + ahead) * SLOT_US))
        })
    }

    /// Gives every timer whose deadline is not after `now` to [`Self::pop_due`].
    pub(super) fn expire(&mut self, now: Time) {
        let last = now.as_micros() / SLOT_US;
        let mut early = END;
        let end = last.min(self.cursor + SLOTS as u64 - 1);
        for number in self.cursor..=end {
            let slot = number as usize % SLOTS;
            let mut at = std::mem::replace(&mut self.slots[slot], END);
            self.occupied[slot / 64] &= !(1 << (slot % 64));
            while at != END {
                let Timer { deadline, next, .. } = &mut self.timers[at];
                let chain = if *deadline <= now { &mut self.due } else { &mut early };
                let after = std::mem::replace(next, *chain);
                *chain = std::mem::replace(&mut at, after);
            }
        }
        self.cursor = self.cursor.max(last);
        while early != END {
            let after = self.timers[early].next;
            self.link(early);
            early = after;
        }
    }

    /// Takes out the key of a timer that is due.
    pub(super) fn pop_due(&mut self) -> Option<K> {
        let at = self.due;
        let timer = self.timers.get_mut(at)?;
        self.due = std::mem::replace(&mut timer.next, self.unused);
        self.unused = at;
        Some(timer.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fired(wheel: &mut Wheel<u32>, at_us: u64) -> Vec<u32> {
        wheel.expire(Time::from_micros(at_us));
        let mut due: Vec<u32> = std::iter::from_fn(|| wheel.pop_due()).collect();
        due.sort_unstable();
        due
    }

    #[test]
    fn timers_fire_in_their_slot_and_not_before() {
        let mut wheel = Wheel::new(Time::ZERO);
        wheel.arm(Time::from_micros(12_000), 1);
        wheel.arm(Time::from_micros(30_000), 2);
        assert_eq!(wheel.next(), Some(Time::from_micros(15_000)));
        assert!(fired(&mut wheel, 11_999).is_empty());
        assert_eq!(fired(&mut wheel, 15_000), [1]);
        assert_eq!(wheel.next(), Some(Time::from_micros(30_000)));
        assert_eq!(fired(&mut wheel, 30_000), [2]);
        assert_eq!(wheel.next(), None);
    }

    #[test]
    fn a_deadline_beyond_the_wheel_fires_in_time() {
        let mut wheel = Wheel::new(Time::from_micros(77));
        wheel.arm(Time::from_micros(30_000_000), 7);
        let mut due = Vec::new();
        let mut woken = 0;
        while let Some(at) = wheel.next() {
            wheel.expire(at);
            due.extend(wheel.pop_due());
            woken += 1;
            assert!(due.is_empty() || at >= Time::from_micros(30_000_000));
            assert!(woken < 20, "woken too often");
        }
        assert_eq!(due, [7]);
    }

    #[test]
    fn every_timer_fires_once_whatever_the_jumps() {
        let mut wheel = Wheel::new(Time::ZERO);
        for n in 0..2_000_u32 {
            wheel.arm(Time::from_micros(u64::from(n) * 7_919), n);
        }
        let mut seen = Vec::new();
        let mut now = 0;
        for jump in (1..).map(|n: u64| n * 13_577 % 900_001) {
            now += jump;
            seen.extend(fired(&mut wheel, now));
            assert!(seen.iter().all(|&n| u64::from(n) * 7_919 <= now));
            if wheel.next().is_none() {
                break;
            }
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..2_000).collect::<Vec<_>>());
    }

    #[test]
    fn timers_that_fired_are_used_again() {
        let mut wheel = Wheel::new(Time::ZERO);
        for round in 0..100 {
            let at = round * 10_000;
            (0..3).for_each(|n| wheel.arm(Time::from_micros(at + n), n as u32));
            assert_eq!(fired(&mut wheel, at + 5_000), [0, 1, 2]);
        }
        assert_eq!((wheel.timers.len(), wheel.next()), (3, None));
    }

    #[test]
    fn a_deadline_in_the_past_fires_at_once() {
        let mut wheel = Wheel::new(Time::from_micros(1_000_000));
        wheel.arm(Time::ZERO, 3);
        assert_eq!(fired(&mut wheel, 1_000_000), [3]);
    }
}
