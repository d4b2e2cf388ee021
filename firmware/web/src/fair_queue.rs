//! A fair queue: requests of the address served least of late come first, so that a flood delays only itself.
//!
//! It is start-time fair queueing (Goyal, Vin and Cheng, IEEE/ACM Transactions on Networking 5(5), 1997) over addresses: what is
//! asked gets as its tag the virtual time at which a fair server would begin with it, and the smallest tag is served first. Unlike
//! there, an address that has been idle is a burst ahead of the others, not level with them: a newcomer to a crowd that keeps the
//! box busy does not wait for one answer to each of the crowd. It only orders: it serves nobody, waits for nothing, and has no
//! limit, which is its owner's.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};

use base::Time;

/// What the turn of an address costs it, in virtual time.
const TURN: u64 = 64;

/// Addresses that a network of IPv6 may be before they share what is theirs: one phone is as many as it likes.
const NETWORK_ADDRESSES: u64 = 32;

/// How far ahead of a crowd a newcomer is, in turns: a page with all it is made of, and a few covers.
const BURST: u64 = 32;

/// How many turns a second everybody gets back who was ahead, however little the box is asked: who has opened a page is a newcomer
/// again after half a minute.
const TURNS_PER_S: u64 = 1;

/// Addresses, and networks, whose turns are remembered. Of more, those with the fewest are forgotten, because that makes the
/// smallest difference.
const REMEMBERED_MAX: usize = 4_096;

/// The bits of an IPv6 address that its network has given (RFC 4862).
const GIVEN_BITS: u32 = 64;

/// The queue.
#[derive(Debug)]
pub(crate) struct FairQueue<T> {
    /// Virtual time: the largest tag that was served, and no less than the real time makes it.
    now: u64,
    /// The real time that it has gone by.
    counted: Time,
    arrivals: u64,
    waiting: BTreeMap<Place, (IpAddr, T)>,
    /// Virtual times at which a fair server would have done with all that these asked for.
    addresses: HashMap<IpAddr, u64>,
    networks: HashMap<Ipv6Addr, u64>,
}

/// A place in the queue: smaller ones are served first, equal ones as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    tag: u64,
    arrival: u64,
}

impl<T> FairQueue<T> {
    pub(crate) fn new() -> Self {
        Self {
            now: BURST * TURN,
            counted: Time::ZERO,
            arrivals: 0,
            waiting: BTreeMap::new(),
            addresses: HashMap::new(),
            networks: HashMap::new(),
        }
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Takes in what `address` asks for at the time `at`.
    pub(crate) fn push(&mut self, at: Time, address: IpAddr, asked: T) -> Place {
        let passed = at.micros_since(self.counted).saturating_mul(TURNS_PER_S * TURN) / 1_000_000;
        if passed > 0 {
            (self.now, self.counted) = (self.now + passed, at);
        }
        let address = address.to_canonical();
        let ahead = self.now.saturating_sub(BURST * TURN);
        let done = finish(&mut self.addresses, address, ahead);
        let mut tag = *done;
        if let Some(network) = network(address) {
            let of_all = finish(&mut self.networks, network, ahead);
            tag = tag.max(*of_all);
            *of_all += TURN / NETWORK_ADDRESSES;
        }
        *done = tag + TURN;
        let place = Place { tag, arrival: self.arrivals };
        self.arrivals += 1;
        self.waiting.insert(place, (address, asked));
        place
    }

    /// Returns what is to be served next.
    pub(crate) fn pop(&mut self) -> Option<T> {
        let (place, (_, asked)) = self.waiting.pop_first()?;
        self.now = self.now.max(place.tag);
        Some(asked)
    }

    /// Returns what would be served last; it has cost its address nothing.
    pub(crate) fn pop_last(&mut self) -> Option<T> {
        let (place, (address, asked)) = self.waiting.pop_last()?;
        if let Some(done) = self.addresses.get_mut(&address).filter(|done| **done == place.tag + TURN) {
            *done = place.tag;
        }
        if let Some(of_all) = network(address).and_then(|network| self.networks.get_mut(&network)) {
            *of_all = of_all.saturating_sub(TURN / NETWORK_ADDRESSES);
        }
        Some(asked)
    }

    /// Takes out who waits no longer, if it has not been served.
    pub(crate) fn remove(&mut self, place: Place) -> Option<T> {
        self.waiting.remove(&place).map(|(_, asked)| asked)
    }
}

/// The network that has given an address, where phones make addresses for themselves.
fn network(address: IpAddr) -> Option<Ipv6Addr> {
    match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(own) => Some(Ipv6Addr::from_bits(own.to_bits() >> GIVEN_BITS << GIVEN_BITS)),
    }
}

/// Returns when all is done that `key` asked for, but not before `ahead`: what was not used longer ago is lost.
fn finish<K: Copy + Eq + Hash>(all: &mut HashMap<K, u64>, key: K, ahead: u64) -> &mut u64 {
    if all.len() >= REMEMBERED_MAX && !all.contains_key(&key) {
        forget(all, ahead);
    }
    let done = all.entry(key).or_insert(ahead);
    *done = (*done).max(ahead);
    done
}

/// Forgets who is as far ahead as a newcomer, and, of more than half of [`REMEMBERED_MAX`] others, who was served least: so it
/// happens seldom.
fn forget<K: Copy + Eq + Hash>(all: &mut HashMap<K, u64>, ahead: u64) {
    all.retain(|_, done| *done > ahead);
    let most = REMEMBERED_MAX / 2;
    if all.len() > most {
        let mut done: Vec<u64> = all.values().copied().collect();
        let surplus = done.len() - most;
        let (_, limit, _) = done.select_nth_unstable(surplus);
        let limit = *limit;
        all.retain(|_, done| *done > limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u32) -> IpAddr {
        IpAddr::from((0x0a00_0000 + n).to_be_bytes())
    }

    /// A queue that `crowd` keep busy, each of whom asks again as soon as it was served, after many rounds.
    fn busy(crowd: u32) -> FairQueue<u32> {
        let mut queue = FairQueue::new();
        for n in 0..crowd {
            queue.push(Time::ZERO, address(n), n);
        }
        for _ in 0..crowd * 200 {
            let served = queue.pop().unwrap();
            queue.push(Time::ZERO, address(served), served);
        }
        queue
    }

    #[test]
    fn who_comes_to_a_crowd_waits_for_none_of_them() {
        let mut queue = busy(1_000);
        for n in 0..=BURST as u32 {
            queue.push(Time::ZERO, address(5_000), 10_000 + n);
            assert_eq!(queue.pop(), Some(10_000 + n));
        }
        queue.push(Time::ZERO, address(5_000), 20_000);
        assert_ne!(queue.pop(), Some(20_000), "then it is one of them");
    }

    #[test]
    fn one_that_asks_for_much_at_once_and_one_that_asks_for_little_are_served_in_turn() {
        let mut queue = FairQueue::new();
        (0..200).for_each(|_| _ = queue.push(Time::ZERO, address(1), 1));
        queue.push(Time::ZERO, address(2), 2);
        let mut served = [0_usize; 3];
        for _ in 0..200 {
            let n = queue.pop().unwrap();
            served[n] += 1;
            if n == 2 {
                queue.push(Time::ZERO, address(2), 2);
            }
            assert!(served[1].abs_diff(served[2]) <= 1, "{served:?}");
        }
    }

    #[test]
    fn everybody_of_a_crowd_is_served_as_often() {
        let mut queue = busy(100);
        let mut served = [0; 100];
        for _ in 0..10_000 {
            let n = queue.pop().unwrap();
            served[n as usize] += 1;
            queue.push(Time::ZERO, address(n), n);
        }
        assert!(served.iter().all(|times| (99..=101).contains(times)), "{served:?}");
    }

    #[test]
    fn a_phone_that_makes_an_address_for_each_of_its_requests_is_one_network() {
        let made = |n: u32| IpAddr::from([0xfd00, 0, 0, 1, 7, 7, (n >> 16) as u16, n as u16]);
        let mut queue = busy(10);
        let (mut of_made, mut of_crowd) = (0, 0);
        queue.push(Time::ZERO, made(0), 99);
        for n in 1..20_000 {
            match queue.pop().unwrap() {
                99 => {
                    of_made += 1;
                    queue.push(Time::ZERO, made(n), 99);
                }
                other => {
                    of_crowd += 1;
                    queue.push(Time::ZERO, address(other), other);
                }
            }
        }
        assert!(of_crowd * 4 >= of_made, "10 phones {of_crowd}, one that is as many as it likes {of_made}");
        queue.push(Time::ZERO, address(5_000), 10_000);
        assert_eq!(queue.pop(), Some(10_000), "a newcomer waits for neither");
    }

    #[test]
    fn who_has_asked_for_much_is_a_newcomer_again_after_a_while() {
        let mut queue = busy(100);
        (0..BURST * 2).for_each(|_| _ = queue.push(Time::ZERO, address(5_000), 10_000));
        while queue.pop().is_some() {}
        let at = Time::from_micros(BURST * 1_000_000 / TURNS_PER_S);
        (0..100).for_each(|n| _ = queue.push(at, address(10_000 + n), n));
        queue.push(at, address(5_000), 10_000);
        (0..100).for_each(|n| _ = queue.push(at, address(10_000 + n), n));
        assert_eq!((0..101).filter_map(|_| queue.pop()).position(|asked| asked == 10_000), Some(100));
    }

    #[test]
    fn what_was_taken_back_has_cost_nothing() {
        let mut queue = busy(10);
        let newcomer = address(5_000);
        let first = queue.push(Time::ZERO, newcomer, 100);
        assert_eq!((queue.remove(first), queue.remove(first)), (Some(100), None));
        let before = (queue.len(), queue.addresses[&address(3)]);
        (0..1_000).for_each(|_| _ = queue.push(Time::ZERO, address(3), 3));
        (0..1_000).for_each(|_| assert_eq!(queue.pop_last(), Some(3)));
        assert_eq!((queue.len(), queue.addresses[&address(3)]), before);
    }

    #[test]
    fn what_is_remembered_has_a_limit_and_the_greedy_are_forgotten_last() {
        let mut queue = busy(10);
        for n in 0..65_536 {
            queue.push(Time::ZERO, address(100 + n), n);
            queue.pop();
            assert!(queue.addresses.len() <= REMEMBERED_MAX);
        }
        queue.push(Time::ZERO, address(3), 3);
        queue.push(Time::ZERO, address(200_000), 200_000);
        assert_eq!(queue.pop(), Some(200_000), "one of the crowd is remembered as that");
    }
}
