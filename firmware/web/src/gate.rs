//! Counts who is inside, in all and per address, and refuses whoever would be one too many.
//!
//! One kind of gate serves connections, MP3 listeners and event listeners. It keeps no queue: who is refused is told
//! so at once. A place is a [`Pass`]; dropping it, on whatever path, gives the place back.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many may be inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    /// In all.
    pub(crate) total: usize,
    /// Of these, only for the privileged (hosts).
    pub(crate) kept: usize,
    /// Per address.
    pub(crate) per_address: usize,
}

/// Which limit refused an entry; the number is the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// Every place is taken: retry later.
    Total(usize),
    /// This address holds as many places as one address may.
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
}

/// A place inside.
#[derive(Debug)]
pub(crate) struct Pass {
    inside: Arc<Mutex<Inside>>,
    address: IpAddr,
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

    /// Lets `who` in or says which limit forbids it.
    pub(crate) fn enter(&self, who: Entrant) -> Result<Pass, Full> {
        let (address, total, per_address) = match who {
            Entrant::Guest(ip) => (ip, self.places.total.saturating_sub(self.places.kept), self.places.per_address),
            Entrant::Host(ip) => (ip, self.places.total, self.places.per_address),
            Entrant::Own(ip) => (ip, self.places.total, usize::MAX),
        };
        let mut inside = lock(&self.inside);
        if inside.total >= total {
            return Err(Full::Total(total));
        }
        let held = inside.by_address.get(&address).copied().unwrap_or(0);
        if held >= per_address {
            return Err(Full::Address(per_address));
        }
        inside.total += 1;
        inside.by_address.insert(address, held + 1);
        Ok(Pass { inside: Arc::clone(&self.inside), address })
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = lock(&self.inside);
        inside.total -= 1;
        if let Some(held) = inside.by_address.get_mut(&self.address) {
            *held -= 1;
            if *held == 0 {
                inside.by_address.remove(&self.address);
            }
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
        let gate = Gate::new(Places { total: 10, kept: 0, per_address: 2 });
        let held = [gate.enter(Entrant::Guest(A)).unwrap(), gate.enter(Entrant::Guest(A)).unwrap()];
        assert_eq!(gate.enter(Entrant::Guest(A)).unwrap_err(), Full::Address(2));
        assert!(gate.enter(Entrant::Guest(B)).is_ok());
        drop(held);
        assert!(gate.enter(Entrant::Guest(A)).is_ok());
    }

    #[test]
    fn the_last_places_are_for_hosts() {
        let gate = Gate::new(Places { total: 2, kept: 1, per_address: 9 });
        let _guest = gate.enter(Entrant::Guest(A)).unwrap();
        assert_eq!(gate.enter(Entrant::Guest(B)).unwrap_err(), Full::Total(1));
        let _host = gate.enter(Entrant::Host(B)).unwrap();
        assert_eq!(gate.enter(Entrant::Host(B)).unwrap_err(), Full::Total(2));
    }

    #[test]
    fn a_place_given_back_leaves_no_trace() {
        let gate = Gate::new(Places { total: 2, kept: 0, per_address: 1 });
        drop(gate.enter(Entrant::Guest(A)).unwrap());
        assert_eq!(gate.total(), 0);
        assert!(lock(&gate.inside).by_address.is_empty());
    }
}
