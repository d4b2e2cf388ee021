//! Divides what there is little of among whoever asks, so that nobody's appetite is another's hunger: places that are held
//! and events per second, per address and per guest behind an address.
//!
//! Values that are told who asks and when, and answer whether there is a share; they hold and refuse nothing themselves.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};

use crate::bucket::{Bucket, Rate};
use crate::{GuestId, Time};

/// Returns how many of `places` one party may hold while `taken` are, `each_max` at most: the fewer are left, the fewer, but
/// always one.
///
/// Whoever holds many stops while there is room for others, however many such there are: the dynamic thresholds of shared
/// switch buffers (Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998). As long as half of the places are free,
/// nobody notices.
pub const fn fair_limit(places: usize, taken: usize, each_max: usize) -> usize {
    if places == 0 {
        return 1;
    }
    let free = places.saturating_sub(taken);
    let limit = each_max.saturating_mul(2).saturating_mul(free) / places;
    if limit > each_max {
        each_max
    } else if limit == 0 {
        1
    } else {
        limit
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asking {
    /// From where.
    pub address: IpAddr,
    /// Which guest, if it is known: guests behind one address are told apart by it.
    pub guest: Option<GuestId>,
}

/// A budget of events that is shared by networks, within a network by addresses, and within an address by guests.
///
/// Each level has its own budget. The less is left of one, the less of theirs those below it may have used: who asks seldom
/// passes as long as there is anything at all. A network is what makes addresses for itself without asking anybody: 64 bits of
/// IPv6 (RFC 4862), where one phone is as many addresses as it likes, and gets half of the total at most. The box itself
/// (loopback) has no share of its own.
#[derive(Clone, Debug)]
pub struct Shares {
    rates: [Rate; 4],
    total: Bucket,
    networks: HashMap<Ipv6Addr, Bucket>,
    addresses: HashMap<IpAddr, Bucket>,
    guests: HashMap<Asking, Bucket>,
}

/// Networks, addresses, and guests, whose use is remembered at once. Who has not asked for long has a full share again and is
/// forgotten; above it, those are who have used least, because that makes the smallest difference. Nobody is refused for it.
const REMEMBERED_MAX: usize = 4_096;

/// The part of the total that a network may use, as its inverse.
const PART_OF_NETWORK: u64 = 2;

/// The bits of an IPv6 address that its network has given.
const GIVEN_BITS: u32 = 64;

impl Shares {
    /// Returns a full budget of `total`, of which an address gets `per_address` at most and a guest behind one `per_guest`.
    pub fn new(total: Rate, per_address: Rate, per_guest: Rate, now: Time) -> Self {
        let part = |of: u64| of.div_ceil(PART_OF_NETWORK);
        let per_network = Rate { per_1000_s: part(total.per_1000_s), burst: part(total.burst) };
        Self {
            rates: [total, per_network, per_address, per_guest],
            total: Bucket::full(total, now),
            networks: HashMap::new(),
            addresses: HashMap::new(),
            guests: HashMap::new(),
        }
    }

    /// Spends one event at `now` if there is a share for `who`.
    pub fn spend(&mut self, now: Time, who: Asking) -> bool {
        let [total, per_network, per_address, per_guest] = self.rates;
        self.total.earn(total, now);
        if who.address.is_loopback() {
            return spend(&mut [(&mut self.total, total)]);
        }
        let who = Asking { address: who.address.to_canonical(), ..who };
        let address = (bucket(&mut self.addresses, who.address, per_address, now), per_address);
        let guest = (bucket(&mut self.guests, who, per_guest, now), per_guest);
        let all = (&mut self.total, total);
        match who.address {
            IpAddr::V4(_) => spend(&mut [all, address, guest]),
            IpAddr::V6(own) => {
                let network = Ipv6Addr::from_bits(own.to_bits() >> GIVEN_BITS << GIVEN_BITS);
                let network = (bucket(&mut self.networks, network, per_network, now), per_network);
                spend(&mut [all, network, address, guest])
            }
        }
    }
}

/// Spends one of each level, if each has one and is light enough for the one before it.
fn spend(levels: &mut [(&mut Bucket, Rate)]) -> bool {
    let is_light = |pair: &[(&mut Bucket, Rate)]| pair[1].0.is_light(pair[1].1, pair[0].0, pair[0].1);
    let passes = levels.iter().all(|(bucket, _)| bucket.has_one()) && levels.windows(2).all(is_light);
    if passes {
        levels.iter_mut().for_each(|(bucket, _)| bucket.spend());
    }
    passes
}

/// Returns the bucket of `key`, a full one if it is not remembered.
fn bucket<K: Copy + Eq + Hash>(buckets: &mut HashMap<K, Bucket>, key: K, rate: Rate, now: Time) -> &mut Bucket {
    if buckets.len() >= REMEMBERED_MAX && !buckets.contains_key(&key) {
        forget(buckets, rate, now);
    }
    let bucket = buckets.entry(key).or_insert_with(|| Bucket::full(rate, now));
    bucket.earn(rate, now);
    bucket
}

/// Forgets those that are full, and of more than half of [`REMEMBERED_MAX`] others those that are fullest: so it happens seldom.
fn forget<K: Copy + Eq + Hash>(buckets: &mut HashMap<K, Bucket>, rate: Rate, now: Time) {
    buckets.retain(|_, bucket| {
        bucket.earn(rate, now);
        !bucket.is_full(rate)
    });
    let most = REMEMBERED_MAX / 2;
    if buckets.len() > most {
        let mut saved: Vec<u64> = buckets.values().map(Bucket::saved).collect();
        let (below, limit, _) = saved.select_nth_unstable(most);
        // Of those that have just as much, as many stay as there is room for.
        let (limit, mut room) = (*limit, most - below.iter().filter(|saved| **saved < *limit).count());
        buckets.retain(|_, bucket| {
            let has_room = bucket.saved() == limit && room > 0;
            room -= usize::from(has_room);
            has_room || bucket.saved() < limit
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOTAL: Rate = Rate { per_1000_s: 50_000, burst: 256 };
    const ADDRESS: Rate = Rate { per_1000_s: 500, burst: 16 };
    const GUEST: Rate = Rate { per_1000_s: 500, burst: 4 };

    fn asking(address: u32, guest: Option<u32>) -> Asking {
        Asking { address: IpAddr::from((0x0a00_0000 + address).to_be_bytes()), guest: guest.map(GuestId) }
    }

    /// Lets `flooders` ask 1,000 times a second in all for 20 s, and a newcomer of `of` once a tenth of a second, from its own
    /// address or guest each time. Returns how many newcomers of how many passed.
    fn flood(flooders: impl Fn(u64) -> Asking, of: impl Fn(u32) -> Asking) -> (u32, u32) {
        let mut shares = Shares::new(TOTAL, ADDRESS, GUEST, Time::ZERO);
        let (mut passed, mut asked) = (0, 0);
        for ms in 0..20_000 {
            let now = Time::from_micros(ms * 1_000);
            shares.spend(now, flooders(ms));
            if ms % 100 == 99 {
                passed += u32::from(shares.spend(now, of(asked)));
                asked += 1;
            }
        }
        (passed, asked)
    }

    #[test]
    fn newcomers_pass_whoever_floods() {
        let newcomer = |n| asking(10_000 + n, Some(500 + n));
        for flooders in [1, 2, 8, 32, 64] {
            let (passed, asked) = flood(|ms| asking((ms % flooders) as u32, None), newcomer);
            assert_eq!(passed, asked, "{flooders} addresses");
        }
        let (passed, asked) = flood(|ms| asking(1, Some((ms % 16) as u32)), newcomer);
        assert_eq!(passed, asked, "one address with many guests");
    }

    /// An address of a phone's own making in the network of this number.
    fn made(network: u128, n: u64) -> Asking {
        // Far apart, as phones draw them.
        let own = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Asking { address: Ipv6Addr::from_bits((0xfd00 << 112) + (network << 64) + u128::from(own)).into(), guest: None }
    }

    #[test]
    fn newcomers_pass_beside_a_phone_that_makes_an_address_for_each_of_its_requests() {
        let (passed, asked) = flood(|ms| made(1, ms), |n| asking(10_000 + n, None));
        assert_eq!(passed, asked, "those of IPv4");
        let (passed, asked) = flood(|ms| made(1, ms), |n| made(2, u64::from(n)));
        assert_eq!(passed, asked, "those of another network");
    }

    #[test]
    fn a_guest_passes_beside_one_that_floods_from_the_same_address() {
        for guests in [None, Some(1)] {
            let flood = |ms: u64| asking(1, guests.map(|_| (ms % 3) as u32));
            let mut shares = Shares::new(TOTAL, ADDRESS, GUEST, Time::ZERO);
            (0..2_000).for_each(|ms| _ = shares.spend(Time::from_micros(ms * 1_000), flood(ms)));
            assert!(shares.spend(Time::from_micros(2_000_000), asking(1, Some(99))), "{guests:?}");
        }
    }

    #[test]
    fn a_whole_party_that_comes_back_at_once_passes() {
        let mut shares = Shares::new(TOTAL, ADDRESS, GUEST, Time::ZERO);
        assert!((0..256).all(|n| shares.spend(Time::ZERO, asking(n, Some(n)))));
        assert!(!shares.spend(Time::ZERO, asking(300, Some(300))), "the total holds");
        assert!(shares.spend(Time::from_micros(20_000), asking(300, Some(300))));
        let own = Asking { address: IpAddr::from([127, 0, 0, 1]), guest: None };
        let mut shares = Shares::new(TOTAL, ADDRESS, GUEST, Time::ZERO);
        assert!((0..256).all(|_| shares.spend(Time::ZERO, own)), "the box's own programs");
    }

    #[test]
    fn what_is_remembered_has_a_limit_and_nobody_is_refused_for_it() {
        let rich = Rate { per_1000_s: 1_000_000, burst: 1_000_000 };
        let mut shares = Shares::new(rich, ADDRESS, GUEST, Time::ZERO);
        let greedy = asking(0, Some(1));
        while shares.spend(Time::ZERO, greedy) {}
        // All addresses of a network of 16 bits.
        for n in 1..65_536 {
            assert!(shares.spend(Time::ZERO, asking(n, None)), "{n} addresses have come");
            assert!(shares.addresses.len().max(shares.guests.len()) <= REMEMBERED_MAX);
        }
        assert!(!shares.spend(Time::ZERO, greedy), "who has used most is forgotten last");
        let later = Time::from_micros(60_000_000);
        (0..4_096).for_each(|n| _ = shares.spend(later, asking(70_000 + n, None)));
        assert!(shares.addresses.len() <= REMEMBERED_MAX && shares.spend(later, greedy));
    }

    #[test]
    fn the_fewer_places_are_left_the_fewer_one_may_hold() {
        assert_eq!([0, 128, 192, 224, 255, 256].map(|taken| fair_limit(256, taken, 8)), [8, 8, 4, 2, 1, 1]);
        assert_eq!((fair_limit(0, 0, 8), fair_limit(256, 0, 10_000)), (1, 10_000));
        // Greedy parties leave places, as long as there are not as many of them as places.
        for greedy in [1, 8, 32, 64] {
            let mut held = vec![0; greedy];
            let mut taken = 0;
            while let Some(more) = held.iter_mut().find(|held| taken < 256 && **held < fair_limit(256, taken, 8)) {
                *more += 1;
                taken += 1;
            }
            assert!(256 - taken >= 8, "{greedy} hold {taken}");
        }
    }
}
