//! Floods of offers and of handshakes that nobody goes on with: whoever comes honestly joins beside them.

use std::net::{IpAddr, SocketAddr};

use super::world::{World, stream_id};
use crate::api::{Offer, OfferError};
use crate::sim::Setup;
use base::GuestId;

/// What a flood consists of.
#[derive(Clone, Copy, Debug)]
enum Flood {
    /// Offers that nobody can read.
    Garbage,
    /// Offers whose sessions then do nothing.
    Held,
}

/// Lets `flooders` offer 1,000 times a second in all, each in turn, while a phone comes every 50 ms from an address of its own,
/// or as a guest of its own behind `behind`. Returns how many of the phones joined at their first try.
fn joined_beside(flood: Flood, flooders: u32, behind: Option<IpAddr>, phones: usize) -> usize {
    let mut world = World::new();
    let sdp = match flood {
        Flood::Garbage => "v=0\r\n".repeat(100),
        Flood::Held => world.sdp(),
    };
    let mut joined = 0;
    // It has begun long before the first phone comes.
    for ms in 0..5_000 + 50 * phones {
        let from = IpAddr::from((0x0a05_0000 + ms as u32 % flooders).to_be_bytes());
        let from = if flooders == 1 { behind.unwrap_or(from) } else { from };
        _ = world.offer_of(sdp.clone(), from, None);
        if ms >= 5_000 && ms % 50 == 0 {
            joined += usize::from(comes(&mut world, behind));
        }
        world.now = world.now.plus_millis(1);
        if world.engine.poll_timeout().is_some_and(|at| at <= world.now) {
            world.engine.handle_timeout(world.now, &mut world.out);
        }
    }
    joined
}

/// Lets a phone come, hear and leave. Returns whether it joined.
fn comes(world: &mut World, behind: Option<IpAddr>) -> bool {
    let n = world.phones.len();
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
    let Ok(answer) = answer else { return false };
    assert!(phone.answer(world.now, &answer.sdp, world.box_address));
    world.phones.push((address, phone));
    world.settle();
    let joined = world.phones[n].1.is_joined();
    world.phones[n].1.leave();
    world.settle();
    joined
}

#[test]
fn phones_join_beside_floods_of_offers_from_one_address_or_many() {
    for flood in [Flood::Garbage, Flood::Held] {
        for flooders in [1, 8, 32, 64] {
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
