//! Joining, leaving, being lost.

use super::world::World;
use crate::api::{OfferError, Patched, SessionError};
use crate::config::{CONSENT_MS_MAX, HANDSHAKE_MS_MAX, Limits};
use crate::dtls::Ended;
use crate::sim::Setup;

#[test]
fn a_phone_joins_whichever_side_begins_dtls_and_hears_packets() {
    for setup in [Setup::Actpass, Setup::Active, Setup::Passive] {
        let mut world = World::new();
        let (n, _) = world.phone(setup, None);
        // The sound runs from the offer on, so that it is there when the handshake is done.
        (0..4).for_each(|_| world.block());
        world.settle();
        assert!(world.phones[n].1.is_joined(), "{setup:?}: {:?}", world.phones[n].1.ended);
        assert_eq!(world.phones[n].1.heard.len(), 1, "{setup:?}: the newest packet comes at once");
        world.play(4);
        assert_eq!(world.phones[n].1.heard.len(), 3);
        assert_eq!(world.listening(), 1);
    }
}

#[test]
fn a_handshake_survives_a_lost_flight() {
    let mut world = World::new();
    let (n, _) = world.phone(Setup::Actpass, None);
    // The check gets through; the first flight of DTLS is lost.
    world.prove(n);
    assert!(!world.phones[n].1.outbox.take().is_empty());
    world.pass(500, false);
    assert!(world.phones[n].1.is_joined());
}

#[test]
fn silence_frees_a_listener_and_signs_of_life_keep_it() {
    let mut world = World::new();
    world.join(None);
    world.pass(CONSENT_MS_MAX + 5_000, true);
    assert_eq!(world.listening(), 1);
    // It answers nothing any more; the last answer is a few seconds old.
    world.phones[0].1.is_deaf = true;
    world.pass(CONSENT_MS_MAX - 6_000, false);
    assert_eq!(world.listening(), 1);
    world.pass(7_000, false);
    assert_eq!((world.listening(), world.engine.stats().lost_total), (0, 1));
}

#[test]
fn a_phone_that_never_shakes_hands_is_freed() {
    let mut world = World::new();
    let (n, _) = world.phone(Setup::Actpass, None);
    world.phones[n].1.outbox.take();
    world.pass(HANDSHAKE_MS_MAX - 100, false);
    assert_eq!(world.engine.stats().handshaking, 1);
    world.pass(200, false);
    assert_eq!((world.engine.stats().handshaking, world.engine.stats().handshake_failures_total), (0, 1));
}

#[test]
fn bye_close_and_delete_free_at_once() {
    let mut world = World::new();
    let (a, _) = world.join(None);
    let (b, _) = world.join(None);
    let (c, answer) = world.join(None);
    world.phones[a].1.leave();
    world.settle();
    assert_eq!(world.listening(), 2);
    world.phones[b].1.close();
    world.settle();
    assert_eq!(world.listening(), 1);
    assert_eq!(world.engine.delete(world.now, answer.session, &mut world.out), Ok(()));
    world.settle();
    assert_eq!(world.listening(), 0);
    assert_eq!((world.phones[c].1.bye, world.phones[c].1.ended), (true, Some(Ended::Closed)));
    assert_eq!(world.engine.delete(world.now, answer.session, &mut world.out), Err(SessionError::Unknown));
}

#[test]
fn shutdown_tells_everybody() {
    let mut world = World::new();
    for _ in 0..3 {
        world.join(None);
    }
    world.engine.shutdown(world.now, &mut world.out);
    world.settle();
    assert!(world.phones.iter().all(|(_, phone)| phone.bye && phone.ended == Some(Ended::Closed)));
    assert_eq!(world.listening(), 0);
    assert!(world.engine.listeners().is_empty());
}

#[test]
fn sound_follows_the_phone_to_a_new_address() {
    let mut world = World::new();
    let (n, _) = world.join(None);
    world.phones[n].0 = "10.0.9.9:1234".parse().unwrap();
    world.phones[n].1.check();
    world.settle();
    world.phones[n].1.heard.clear();
    world.play(4);
    assert_eq!(world.phones[n].1.heard.len(), 2);
}

#[test]
fn a_restart_changes_credentials_and_tag_and_the_sound_goes_on() {
    let mut world = World::new();
    let (n, answer) = world.join(None);
    let trickle = "a=ice-ufrag:ph0\r\na=ice-pwd:0123456789012345678901\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n";
    let mut patch = |fragment, tag| world.engine.patch(answer.session, fragment, tag);
    assert_eq!(patch(trickle, Some(answer.etag.as_str())), Ok(Patched::Trickled));
    assert_eq!(patch(trickle, Some("other")), Err(SessionError::EtagMismatch));
    assert!(matches!(patch("nonsense", None), Err(SessionError::Malformed(_))));
    let restart = "a=ice-ufrag:new1\r\na=ice-pwd:abcdefghijabcdefghijab\r\n";
    let Ok(Patched::Restarted { sdp_fragment, etag }) = patch(restart, Some("*")) else { panic!("no restart") };
    assert_ne!(etag, answer.etag);
    assert!(sdp_fragment.contains("a=candidate:1 1 udp"));
    let before = world.phones[n].1.checks_answered;
    world.phones[n].1.check();
    world.settle();
    assert_eq!(world.phones[n].1.checks_answered, before, "the old credentials are gone");
    assert!(world.phones[n].1.restart(&sdp_fragment));
    world.settle();
    assert_eq!(world.phones[n].1.checks_answered, before + 1);
    world.phones[n].1.heard.clear();
    world.play(2);
    assert_eq!(world.phones[n].1.heard.len(), 1);
}

#[test]
fn limits_refuse_with_their_own_reasons_and_recover() {
    let limits =
        Limits { listeners: 3, sessions_per_address: 2, handshakes: 2, offers_per_second: 10, offers_burst: 9 };
    let mut world = World::with(limits);
    let (a, answer) = world.join(None);
    let (from, sdp) = (world.phones[a].0.ip(), world.phones[a].1.offer());
    world.offer_of(sdp.clone(), from, None).unwrap();
    assert_eq!(world.offer_of(sdp.clone(), from, None).unwrap_err(), OfferError::TooManyFromAddress { limit: 2 });
    let other = "10.3.3.3".parse().unwrap();
    world.offer_of(sdp.clone(), other, None).unwrap();
    let third = "10.3.3.4".parse().unwrap();
    assert_eq!(world.offer_of(sdp.clone(), third, None).unwrap_err(), OfferError::Full { limit: 3 });
    world.engine.delete(world.now, answer.session, &mut world.out).unwrap();
    assert_eq!(world.offer_of(sdp.clone(), third, None).unwrap_err(), OfferError::Unavailable, "two shake hands");
    world.pass(HANDSHAKE_MS_MAX + 100, false);
    let mut taken = 0;
    while world.offer_of("v=0".to_owned(), [10, 4, 0, taken].into(), None).unwrap_err() != OfferError::Unavailable {
        taken += 1;
    }
    assert_eq!(taken, 9, "the burst");
    world.pass(100, false);
    assert!(world.offer_of(sdp, third, None).is_ok(), "a tenth of a second earns one offer");
    let refusals = world.engine.stats().refusals;
    assert_eq!((refusals.full_total, refusals.address_total, refusals.unavailable_total), (1, 1, 2));
}
