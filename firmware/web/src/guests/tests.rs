//! Guests come, go and are forgotten, at times that the tests make up.

use std::net::IpAddr;

use base::{GuestId, Time};

use super::{AWAY_US_MIN, GUESTS_MAX, GUESTS_PER_ADDRESS_MAX, Guests, NameTaken, Newcomer, Refused};
use crate::pairing::Secret;

const LATER: Time = Time::from_micros(AWAY_US_MIN);

fn address(n: usize) -> IpAddr {
    IpAddr::from([10, 0, (n / 250) as u8, (n % 250) as u8])
}

/// A guest who has joined.
#[derive(Debug)]
struct Joined {
    id: GuestId,
    secret: Secret,
    gone: Option<GuestId>,
}

fn join(guests: &Guests, address: IpAddr, now: Time) -> Result<Joined, Refused> {
    let newcomer = guests.greet(address, now)?;
    let gone = guests.join(&newcomer, now)?;
    let Newcomer { id, secret, .. } = newcomer;
    Ok(Joined { id, secret, gone })
}

#[test]
fn who_is_only_greeted_takes_no_place_and_sends_nobody_away() {
    let guests = Guests::default();
    for n in 0..2 * GUESTS_MAX {
        let newcomer = guests.greet(address(n % 7), LATER).unwrap();
        assert!(guests.find(&[newcomer.secret.key()]).is_none());
    }
    assert_eq!(guests.count(), (0, 0));
    let newcomer = guests.greet(address(1), Time::ZERO).unwrap();
    assert_eq!((guests.join(&newcomer, Time::ZERO), guests.join(&newcomer, Time::ZERO)), (Ok(None), Ok(None)));
    assert_eq!(guests.find(&[newcomer.secret.key()]).map(|guest| guest.id), Some(newcomer.id));
}

#[test]
fn a_few_addresses_cannot_fill_the_table() {
    for greedy in [32, 64, 200] {
        let guests = Guests::default();
        for _ in 0..GUESTS_PER_ADDRESS_MAX {
            (0..greedy).for_each(|n| _ = join(&guests, address(n), Time::ZERO));
        }
        for n in 0..150 {
            assert!(join(&guests, address(1_000 + n), Time::ZERO).is_ok(), "{greedy} addresses, newcomer {n}");
        }
    }
}

#[test]
fn a_guest_is_known_by_the_secret_and_by_nothing_else() {
    let guests = Guests::default();
    let Joined { id: first, secret, .. } = join(&guests, address(1), Time::ZERO).unwrap();
    let Joined { id: second, secret: other, gone } = join(&guests, address(1), Time::ZERO).unwrap();
    assert_eq!(gone, None);
    assert_eq!((first, second), (GuestId(1), GuestId(2)));
    assert_ne!(secret.to_hex(), other.to_hex());
    assert_eq!(guests.find(&[secret.key()]).map(|guest| guest.id), Some(first));
    assert_eq!(guests.find(&[]), None);
    let mut near = other.key();
    near.0[0] ^= 1;
    assert_eq!(guests.find(&[near]), None);
}

#[test]
fn who_drops_its_cookie_again_and_again_is_refused_until_an_earlier_self_is_long_away() {
    let guests = Guests::default();
    for _ in 0..GUESTS_PER_ADDRESS_MAX {
        join(&guests, address(1), Time::ZERO).unwrap();
    }
    assert_eq!(join(&guests, address(1), Time::ZERO).unwrap_err(), Refused::Address);
    assert!(join(&guests, address(2), Time::ZERO).is_ok(), "others may");
    let Joined { id, gone, .. } = join(&guests, address(1), LATER).unwrap();
    assert_eq!(gone.map(|gone| gone.0 <= GUESTS_PER_ADDRESS_MAX as u32), Some(true), "the party is told who went");
    assert_eq!((id, guests.count().0), (GuestId(GUESTS_PER_ADDRESS_MAX as u32 + 2), GUESTS_PER_ADDRESS_MAX + 1));
    let own = IpAddr::from([127, 0, 0, 1]);
    assert!((0..2 * GUESTS_PER_ADDRESS_MAX).all(|_| join(&guests, own, LATER).is_ok()), "the box's own programs");
}

#[test]
fn when_it_is_full_the_longest_away_goes_and_nobody_who_is_here() {
    let guests = Guests::default();
    let joined: Vec<_> =
        (0..GUESTS_MAX).map(|n| join(&guests, address(n), Time::from_micros(n as u64)).unwrap()).collect();
    let here: Vec<_> = joined.iter().map(|joined| guests.open_page(&[joined.secret.key()]).unwrap()).collect();
    let much_later = LATER.plus_millis(1_000);
    assert_eq!(join(&guests, address(5_000), much_later).unwrap_err(), Refused::Full);
    drop(here);
    guests.saw(&[joined[0].secret.key()], much_later);
    assert_eq!(join(&guests, address(5_000), much_later).unwrap().gone, Some(joined[1].id));
    assert!(guests.find(&[joined[0].secret.key()]).is_some() && guests.find(&[joined[1].secret.key()]).is_none());
    assert_eq!(guests.count(), (GUESTS_MAX, 0));
}

#[test]
fn a_page_that_is_open_is_presence_until_the_last_one_closes() {
    let guests = Guests::default();
    let secret = join(&guests, address(1), Time::ZERO).unwrap().secret;
    let (one, two) = (guests.open_page(&[secret.key()]), guests.open_page(&[secret.key()]));
    drop(one);
    assert_eq!(guests.count(), (1, 1));
    drop(two);
    assert_eq!(guests.count(), (1, 0));
}

#[test]
fn names_and_rights_are_told_and_end_with_the_party() {
    let guests = Guests::default();
    let Joined { id, secret, .. } = join(&guests, address(1), Time::ZERO).unwrap();
    let mut changes = guests.changes();
    assert!(guests.rename(id, Some("Ann".into())) == Ok(true) && guests.set_dj(id, true));
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    assert_eq!(guests.names().of(id), Some("Ann"));
    assert!(guests.find(&[secret.key()]).unwrap().is_dj);
    assert!(!guests.set_dj(GuestId(2), true));
    let page = guests.open_page(&[secret.key()]);
    guests.forget_all();
    assert!(changes.has_changed().unwrap());
    assert_eq!((guests.find(&[secret.key()]), guests.names().of(id), guests.list()), (None, None, vec![]));
    drop(page);
    assert_eq!(join(&guests, address(1), Time::ZERO).unwrap().id, GuestId(2), "a number is never used twice");
}

#[test]
fn a_name_that_looks_like_another_guests_is_taken_until_that_one_has_another() {
    let guests = Guests::default();
    let [ann, other] = [1, 2].map(|n| join(&guests, address(n), Time::ZERO).unwrap().id);
    assert_eq!(guests.rename(ann, Some("Ann".into())), Ok(true));
    for alike in ["Ann", "ANN", "\u{410}nn", "A nn"] {
        assert_eq!(guests.rename(other, Some(alike.into())), Err(NameTaken), "{alike:?}");
    }
    assert_eq!(guests.rename(ann, Some("ann".into())), Ok(true), "it is her own");
    assert_eq!(guests.rename(ann, None), Ok(true));
    assert_eq!(guests.rename(other, Some("Ann".into())), Ok(true));
}
