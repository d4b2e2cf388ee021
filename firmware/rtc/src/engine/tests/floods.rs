//! Floods of offers and of handshakes that nobody goes on with: whoever comes honestly joins beside them.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use super::world::{World, stream_id};
use crate::api::{Offer, OfferError};
use crate::sim::{Phone, Setup};
use base::GuestId;

/// How long a phone takes from its offer to its first word, in milliseconds: what a slow one needs.
const ANSWERS_MS: usize = 150;

/// The addresses of a network of 16 bits, all of which a machine in it may use.
const WHOLE_NETWORK: u32 = 65_536;

/// What a flood consists of.
#[derive(Clone, Copy, Debug)]
enum Flood {
    /// Offers that nobody can read.
    Garbage,
    /// Offers whose sessions then do nothing.
    Held,
}

/// Lets `flooders` offer 2,000 times a second in all, each in turn, while a phone comes every 50 ms from an address of its own,
/// or as a guest of its own behind `behind`. Returns how many of the phones joined at their first try.
fn joined_beside(flood: Flood, flooders: u32, behind: Option<IpAddr>, phones: usize) -> usize {
    let mut world = World::new();
    let sdp = match flood {
        Flood::Garbage => "v=0\r\n".repeat(100),
        Flood::Held => world.sdp(),
    };
    let mut joined = 0;
    let mut on_their_way = VecDeque::new();
    // It has begun long before the first phone comes, and goes on until the last has answered.
    for ms in 0..5_000 + 50 * phones + ANSWERS_MS {
        for half in 0..2 {
            let from = IpAddr::from((0x0a05_0000 + (2 * ms as u32 + half) % flooders).to_be_bytes());
            let from = if flooders == 1 { behind.unwrap_or(from) } else { from };
            _ = world.offer_of(sdp.clone(), from, None);
        }
        if ms >= 5_000 && ms % 50 == 0 && ms < 5_000 + 50 * phones {
            on_their_way.extend(comes(&mut world, ms, behind));
        }
        while let Some((_, address, phone)) = on_their_way.pop_front_if(|(offered, ..)| *offered + ANSWERS_MS <= ms) {
            joined += usize::from(goes_on(&mut world, address, phone));
        }
        world.now = world.now.plus_millis(1);
        if world.engine.poll_timeout().is_some_and(|at| at <= world.now) {
            world.engine.handle_timeout(world.now, &mut world.out);
        }
    }
    joined
}

/// Lets a phone come. Returns it with the moment and its address, if it was answered.
fn comes(world: &mut World, ms: usize, behind: Option<IpAddr>) -> Option<(usize, SocketAddr, Phone)> {
    let n = (ms - 5_000) / 50;
    let own = SocketAddr::from(([10, 0, 1 + (n / 250) as u8, 1 + (n % 250) as u8], 40_000));
    let address = behind.map_or(own, |behind| SocketAddr::new(behind, 10_000 + n as u16));
    let mut phone = world.new_phone(n, Setup::Actpass);
    let offer = Offer {
        stream: stream_id(),
        sdp: phone.offer(),
        local_addr: world.box_address.ip(),
        remote_addr: address.ip(),
        guest: Some(GuestId(n as u32)),
        duration: None,
    };
    let answer: Result<_, OfferError> = world.engine.offer(world.now, &offer);
    assert!(phone.answer(world.now, &answer.ok()?.sdp, world.box_address));
    Some((ms, address, phone))
}

/// Lets it speak to the box, hear and leave. Returns whether it joined.
fn goes_on(world: &mut World, address: SocketAddr, phone: Phone) -> bool {
    world.phones.push((address, phone));
    world.settle();
    let phone = world.phones.len() - 1;
    let joined = world.phones[phone].1.is_joined();
    world.phones[phone].1.leave();
    world.settle();
    joined
}

#[test]
fn phones_join_beside_floods_of_offers_from_one_address_or_many() {
    for flood in [Flood::Garbage, Flood::Held] {
        for flooders in [1, 8, 32, 64, 256, 1_200, WHOLE_NETWORK] {
            let joined = joined_beside(flood, flooders, None, 100);
            assert!(joined >= 99, "{joined} of 100 joined beside {flood:?} from {flooders} addresses");
        }
    }
}

#[test]
fn a_guest_joins_beside_one_that_floods_from_the_same_address() {
    for flood in [Flood::Garbage, Flood::Held] {
        // As many as the address may offer in the long run.
        let joined = joined_beside(flood, 1, Some(IpAddr::from([10, 8, 0, 1])), 4);
        assert_eq!(joined, 4, "{flood:?}");
    }
}
