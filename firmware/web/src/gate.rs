//! Counts who is inside, in all, per address and per guest behind an address, and refuses whoever would be one too many.
//!
//! One kind of gate serves connections, MP3 listeners, event listeners and whoever waits for an answer. The fewer places are left,
//! the fewer one address may hold ([`base::fair_limit`]), so that some are left for others. It keeps no queue: who is refused is
//! told so at once. A place is a [`Pass`]; dropping it, on whatever path, gives the place back.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::{Asking, GuestId, fair_limit};

/// How many may be inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    /// In all.
    pub(crate) total: usize,
    /// Of these, only for the privileged (hosts).
    pub(crate) kept: usize,
    /// Per address; where guests are told apart, per guest, or for all of an address that are not known together.
    pub(crate) each: usize,
    /// How many times as many an address may hold with all its guests. Phones behind another router share one.
    pub(crate) guests: usize,
}

/// How many guests with all their places fit behind one address, where guests are told apart.
pub(crate) const GUESTS_BEHIND_ADDRESS: usize = 4;

/// Which limit refused an entry; the number is the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// Every place is taken: retry later.
    Total(usize),
    /// This address, or this guest, holds as many places as one may at the moment: so many.
    Address(usize),
}

/// Who asks to enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entrant {
    /// Anybody: both limits hold and the kept places are out of reach.
    Guest(IpAddr),
    /// A host: may take kept places; the limit per address holds.
    Host(IpAddr),
    /// The box itself (loopback): may take kept places, and one machine's programs share no limit per address.
    Own(IpAddr),
}

impl Entrant {
    /// Where it comes from.
    pub(crate) fn address(self) -> IpAddr {
        let (Self::Guest(address) | Self::Host(address) | Self::Own(address)) = self;
        address
    }
}

/// The gate. Cloning gives another handle to the same gate.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    places: Places,
    inside: Arc<Mutex<Inside>>,
}

#[derive(Debug, Default)]
struct Inside {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
    by_guest: HashMap<Asking, usize>,
}

/// A place inside.
#[derive(Debug)]
pub(crate) struct Pass {
    inside: Arc<Mutex<Inside>>,
    who: Asking,
}

/// The counts stay right whatever panicked elsewhere: they are only ever changed in one step.
fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gate {
    pub(crate) fn new(places: Places) -> Self {
        Self { places, inside: Arc::default() }
    }

    /// How many are inside.
    pub(crate) fn total(&self) -> usize {
        lock(&self.inside).total
    }

    /// Whether somebody from `address` is inside.
    pub(crate) fn holds(&self, address: IpAddr) -> bool {
        lock(&self.inside).by_address.contains_key(&address)
    }

    /// Lets `who` in or says which limit forbids it. `guest` is whose it is, if that is known.
    pub(crate) fn enter(&self, who: Entrant, guest: Option<GuestId>) -> Result<Pass, Full> {
        self.enter_beside(who, guest, 0)
    }

    /// The same, where so many of those inside give way when they have to: they make nobody's share smaller.
    pub(crate) fn enter_beside(&self, who: Entrant, guest: Option<GuestId>, give_way: usize) -> Result<Pass, Full> {
        let Places { total, kept, each, guests } = self.places;
        let (address, total, is_limited) = match who {
            Entrant::Guest(ip) => (ip, total.saturating_sub(kept), true),
            Entrant::Host(ip) => (ip, total, true),
            Entrant::Own(ip) => (ip, total, false),
        };
        let who = Asking { address, guest };
        let mut inside = lock(&self.inside);
        if inside.total >= total {
            return Err(Full::Total(total));
        }
        let of_address = inside.by_address.get(&address).copied().unwrap_or(0);
        let of_guest = inside.by_guest.get(&who).copied().unwrap_or(0);
        let address_max = each.saturating_mul(guests);
        let is_fair = of_address < fair_limit(total, inside.total.saturating_sub(give_way), address_max)
            && (guests == 1 || of_guest < fair_limit(address_max, of_address, each));
        if is_limited && !is_fair {
            return Err(Full::Address(of_address));
        }
        inside.total += 1;
        *inside.by_address.entry(address).or_default() += 1;
        *inside.by_guest.entry(who).or_default() += 1;
        Ok(Pass { inside: Arc::clone(&self.inside), who })
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = lock(&self.inside);
        inside.total -= 1;
        let Self { who, .. } = self;
        give_back(&mut inside.by_address, &who.address);
        give_back(&mut inside.by_guest, who);
    }
}

/// Counts one place less, and forgets whoever holds none.
fn give_back<K: Eq + Hash>(held: &mut HashMap<K, usize>, by: &K) {
    if let Some(places) = held.get_mut(by) {
        *places -= 1;
        if *places == 0 {
            held.remove(by);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const B: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    #[test]
    fn one_address_cannot_take_every_place() {
        let gate = Gate::new(Places { total: 10, kept: 0, each: 2, guests: 1 });
        let held = [gate.enter(Entrant::Guest(A), None).unwrap(), gate.enter(Entrant::Guest(A), None).unwrap()];
        assert_eq!(gate.enter(Entrant::Guest(A), None).unwrap_err(), Full::Address(2));
        assert!(gate.enter(Entrant::Guest(B), None).is_ok());
        drop(held);
        assert!(gate.enter(Entrant::Guest(A), None).is_ok());
    }

    #[test]
    fn the_last_places_are_for_hosts() {
        let gate = Gate::new(Places { total: 2, kept: 1, each: 9, guests: 1 });
        let _guest = gate.enter(Entrant::Guest(A), None).unwrap();
        assert_eq!(gate.enter(Entrant::Guest(B), None).unwrap_err(), Full::Total(1));
        let _host = gate.enter(Entrant::Host(B), None).unwrap();
        assert_eq!(gate.enter(Entrant::Host(B), None).unwrap_err(), Full::Total(2));
    }

    #[test]
    fn a_place_given_back_leaves_no_trace() {
        let gate = Gate::new(Places { total: 2, kept: 0, each: 1, guests: 1 });
        drop(gate.enter(Entrant::Guest(A), None).unwrap());
        assert_eq!(gate.total(), 0);
        assert!(lock(&gate.inside).by_address.is_empty());
    }

    fn address(n: usize) -> IpAddr {
        IpAddr::from([10, 1, (n / 250) as u8, (n % 250) as u8])
    }

    #[test]
    fn newcomers_find_places_however_many_addresses_take_all_they_get() {
        for (places, each, guests) in [(1_024, 16, 1), (960, 8, 4), (600, 8, 4), (64, 8, 1), (16, 4, 1)] {
            for greedy in [1, 8, 32, 64] {
                let gate = Gate::new(Places { total: places, kept: 0, each, guests });
                let mut held = Vec::new();
                for round in 0..each * guests {
                    let guest = (guests > 1).then_some(GuestId(round as u32 % 16));
                    held.extend((0..greedy).filter_map(|n| gate.enter(Entrant::Guest(address(n)), guest).ok()));
                }
                // One after the other, as they come to a party; each leaves again.
                let came = 1_000;
                let found = (0..came).filter(|n| gate.enter(Entrant::Guest(address(1_000 + n)), None).is_ok()).count();
                let fits = greedy < places;
                assert!(!fits || found * 100 >= came * 99, "{greedy} hold {} of {places}", gate.total());
            }
        }
    }

    #[test]
    fn guests_behind_one_address_have_shares_of_their_own() {
        let gate = Gate::new(Places { total: 960, kept: 0, each: 8, guests: GUESTS_BEHIND_ADDRESS });
        let enter = |guest| gate.enter(Entrant::Guest(A), guest);
        let held: Vec<Pass> = (0..1_000).filter_map(|n| enter((n > 20).then_some(GuestId(n % 3))).ok()).collect();
        assert!(held.len() > 8, "more than one alone may: {}", held.len());
        assert!(enter(Some(GuestId(99))).is_ok(), "whatever the others hold");
    }
}
