//! The rules of rooms, one by one, and a thousand random evenings against a model of them.

use std::collections::BTreeMap;

use super::*;

const LIMITS: RoomLimits = RoomLimits { rooms_max: 3, participants_max: 4 };

/// Ann plays, Bob listens.
fn ann_and_bob() -> (Rooms, Entered, Entered) {
    let mut rooms = Rooms::new(LIMITS);
    let ann = rooms.create("Ann", None, 7, [1; 32]).unwrap();
    let bob = rooms.join(ann.code, "Bob", [2; 32], None).unwrap();
    (rooms, ann, bob)
}

fn told(deliveries: &[Delivery]) -> Vec<(u64, &Event)> {
    deliveries.iter().map(|delivery| (delivery.to.0, &delivery.event)).collect()
}

#[test]
fn who_comes_late_is_told_who_is_there_and_the_others_are_told_of_them() {
    let (mut rooms, ann, bob) = ann_and_bob();
    let eve = rooms.join(ann.code, " Eve\n", [3; 32], None).unwrap();
    let names: Vec<&str> = eve.participants.iter().map(|who| who.name.as_str()).collect();
    assert_eq!((names, eve.dj), (vec!["Ann", "Bob", "Eve"], Some(ann.you)));
    let joined = Event::ParticipantJoined { participant: Participant { id: eve.you, name: "Eve".into() } };
    assert_eq!(told(&eve.deliveries), [(ann.you.0, &joined), (bob.you.0, &joined)]);
    let left = Event::ParticipantLeft { id: bob.you };
    assert_eq!(told(&rooms.leave(bob.you)), [(ann.you.0, &left), (eve.you.0, &left)]);
    assert_eq!(rooms.leave(bob.you), [], "twice is once");
}

#[test]
fn nobody_in_a_room_is_called_like_another() {
    let (mut rooms, ann, _) = ann_and_bob();
    let again = rooms.join(ann.code, "aNN", [3; 32], None).unwrap();
    assert_eq!(again.participants[2].name, "aNN 2");
    assert_eq!(rooms.join(ann.code, " \u{202e} ", [4; 32], None), Err(RoomRefused::NoName));
    assert_eq!(rooms.create("", None, 1, [4; 32]), Err(RoomRefused::NoName));
}

#[test]
fn a_room_has_its_own_code_and_so_many_participants_and_the_box_so_many_rooms() {
    let mut rooms = Rooms::new(LIMITS);
    let codes: Vec<Code> = (0..3).map(|n| rooms.create("Ann", None, 7, [n; 32]).unwrap().code).collect();
    assert!(codes[0] != codes[1] && codes[1] != codes[2], "the same number twice: {codes:?}");
    assert_eq!(rooms.create("Ann", None, 9, [9; 32]), Err(RoomRefused::TooManyRooms { max: 3 }));
    for n in 1..4 {
        rooms.join(codes[0], "Bob", [10 + n; 32], None).unwrap();
    }
    assert_eq!(rooms.join(codes[0], "Bob", [20; 32], None), Err(RoomRefused::RoomFull { max: 4 }));
    assert!(rooms.join(codes[0], "Bob", [20; 32], Some([11; 32])).is_ok(), "who comes back has a place");
    assert_eq!(rooms.count(), (3, 6));
    assert_eq!(rooms.join(Code::drawn(1_000), "Bob", [21; 32], None), Err(RoomRefused::NoSuchRoom));
}

#[test]
fn a_dj_comes_back_to_the_code_that_people_have_if_nobody_else_has_it() {
    let mut rooms = Rooms::new(LIMITS);
    let code = Code::drawn(99);
    assert_eq!(rooms.create("Ann", Some(code), 7, [1; 32]).unwrap().code, code);
    assert_ne!(rooms.create("Bob", Some(code), 7, [2; 32]).unwrap().code, code);
}

#[test]
fn only_the_dj_hands_over_and_only_to_somebody_in_the_room() {
    let (mut rooms, ann, bob) = ann_and_bob();
    let far = rooms.create("Far", None, 50, [9; 32]).unwrap();
    assert_eq!(rooms.hand_over(bob.you, bob.you), Err(RoomRefused::NotTheDj));
    for nobody in [ann.you, far.you, ParticipantId(77)] {
        assert_eq!(rooms.hand_over(ann.you, nobody), Err(RoomRefused::NoSuchParticipant));
    }
    assert_eq!(rooms.hand_over(ParticipantId(77), bob.you), Err(RoomRefused::NotInARoom));
    let changed = Event::DjChanged { dj: bob.you };
    let deliveries = rooms.hand_over(ann.you, bob.you).unwrap();
    assert_eq!(told(&deliveries), [(ann.you.0, &changed), (bob.you.0, &changed)]);
    assert_eq!(rooms.hand_over(ann.you, bob.you), Err(RoomRefused::NotTheDj));
    assert_eq!(rooms.take_over(ann.you), Err(RoomRefused::HasADj));
}

#[test]
fn a_lost_dj_is_told_to_all_and_whoever_takes_over_first_plays() {
    let (mut rooms, ann, bob) = ann_and_bob();
    let eve = rooms.join(ann.code, "Eve", [3; 32], None).unwrap();
    let deliveries = rooms.leave(ann.you);
    let (left, lost) = (Event::ParticipantLeft { id: ann.you }, Event::DjLost { id: ann.you, name: "Ann".into() });
    let wanted = [(bob.you.0, &left), (eve.you.0, &left), (bob.you.0, &lost), (eve.you.0, &lost)];
    assert_eq!(told(&deliveries), wanted);
    assert_eq!(rooms.may_relay(bob.you, eve.you, Signal::Offer), Err(RoomRefused::NotTheDj));
    assert_eq!(rooms.take_over(eve.you).unwrap().len(), 2);
    assert_eq!(rooms.take_over(bob.you), Err(RoomRefused::HasADj));
    // Who was lost comes back as one of the others.
    let back = rooms.join(ann.code, "Ann", [4; 32], Some([1; 32])).unwrap();
    assert_eq!((back.dj, back.deliveries.len()), (Some(eve.you), 2));
}

#[test]
fn a_lost_dj_who_comes_back_before_anybody_took_over_plays_again() {
    let (mut rooms, ann, bob) = ann_and_bob();
    rooms.leave(ann.you);
    let stranger = rooms.join(ann.code, "Eve", [3; 32], Some([9; 32])).unwrap();
    assert_eq!(stranger.dj, None);
    let back = rooms.join(ann.code, "Ann", [4; 32], Some([1; 32])).unwrap();
    assert_eq!(back.dj, Some(back.you));
    let changed = Event::DjChanged { dj: back.you };
    assert_eq!(told(&back.deliveries)[2..], [(bob.you.0, &changed), (stranger.you.0, &changed)]);
}

#[test]
fn who_comes_back_before_their_end_was_noticed_takes_their_own_place() {
    let (mut rooms, ann, bob) = ann_and_bob();
    let back = rooms.join(ann.code, "Ann", [4; 32], Some([1; 32])).unwrap();
    assert_eq!((back.dj, back.participants[1].name.as_str()), (Some(back.you), "Ann"));
    let (left, changed) = (Event::ParticipantLeft { id: ann.you }, Event::DjChanged { dj: back.you });
    let joined = Event::ParticipantJoined { participant: Participant { id: back.you, name: "Ann".into() } };
    let wanted = [(ann.you.0, &Event::Replaced), (bob.you.0, &left), (bob.you.0, &joined), (bob.you.0, &changed)];
    assert_eq!(told(&back.deliveries), wanted);
    assert_eq!(rooms.leave(ann.you), [], "the old connection ends nothing");
    assert_eq!(rooms.count(), (1, 2));
}

#[test]
fn offers_come_from_the_dj_answers_go_there_and_nothing_leaves_the_room() {
    let (mut rooms, ann, bob) = ann_and_bob();
    let eve = rooms.join(ann.code, "Eve", [3; 32], None).unwrap();
    let far = rooms.create("Far", None, 50, [9; 32]).unwrap();
    let (ann, bob, eve, far) = (ann.you, bob.you, eve.you, far.you);
    use Signal::{Answer, Candidate, Offer};
    for (from, to, signal) in [(ann, bob, Offer), (bob, ann, Answer), (ann, bob, Candidate), (bob, ann, Candidate)] {
        assert_eq!(rooms.may_relay(from, to, signal), Ok(()), "{signal:?}");
    }
    for (from, to, signal) in [(bob, ann, Offer), (ann, bob, Answer), (bob, eve, Candidate), (bob, eve, Offer)] {
        assert_eq!(rooms.may_relay(from, to, signal), Err(RoomRefused::NotTheDj), "{signal:?}");
    }
    for to in [ann, far, ParticipantId(77)] {
        assert_eq!(rooms.may_relay(ann, to, Offer), Err(RoomRefused::NoSuchParticipant));
    }
    assert_eq!(rooms.may_relay(ParticipantId(77), ann, Offer), Err(RoomRefused::NotInARoom));
}

/// Numbers that look random (Knuth's MMIX), the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }
}

/// Who is in which room, with which key, as the test believes.
type Believed = BTreeMap<ParticipantId, (Code, [u8; 32])>;

/// Fails if anything is told to somebody who is not, or was not until now, in the room `code`.
fn check_told(deliveries: &[Delivery], code: Code, before: &Believed, seed: u64) {
    for Delivery { to, event } in deliveries {
        let place = before.get(to).map(|(code, _)| *code);
        assert_eq!(place, Some(code), "seed {seed}: {event:?} for {to:?}, who is elsewhere");
    }
}

#[test]
fn a_thousand_random_evenings_end_where_they_began_and_tell_nothing_across_rooms() {
    for seed in 0..1_000 {
        let mut dice = Dice(seed);
        let (mut rooms, mut believed) = (Rooms::new(LIMITS), Believed::new());
        let mut keys = 0_u64;
        for _ in 0..60 {
            keys += 1;
            let mut key = [0; 32];
            key[..8].copy_from_slice(&keys.to_be_bytes());
            let people: Vec<ParticipantId> = believed.keys().copied().collect();
            let one = people.get(dice.below(people.len().max(1))).copied().unwrap_or(ParticipantId(0));
            let other = people.get(dice.below(people.len().max(1))).copied().unwrap_or(ParticipantId(0));
            let room = believed.get(&one).map_or(Code::drawn(1), |(code, _)| *code);
            match dice.below(7) {
                0 => {
                    let wanted = (dice.below(2) == 0).then_some(room);
                    if let Ok(entered) = rooms.create("Ann", wanted, dice.below(4) as u64, key) {
                        assert!(believed.values().all(|(code, _)| *code != entered.code), "seed {seed}: a room twice");
                        believed.insert(entered.you, (entered.code, key));
                    }
                }
                1 | 2 => {
                    let returning = (dice.below(3) == 0).then(|| believed.get(&other).map(|(_, key)| *key)).flatten();
                    if let Ok(entered) = rooms.join(room, "Bob", key, returning) {
                        check_told(&entered.deliveries, room, &believed, seed);
                        believed.retain(|_, (code, key)| *code != room || Some(*key) != returning);
                        believed.insert(entered.you, (room, key));
                        let there = believed.values().filter(|(code, _)| *code == room).count();
                        assert_eq!(entered.participants.len(), there, "seed {seed}");
                    }
                }
                3 => {
                    let deliveries = rooms.leave(one);
                    believed.remove(&one);
                    check_told(&deliveries, room, &believed, seed);
                }
                4 => {
                    if let Ok(deliveries) = rooms.hand_over(one, other) {
                        check_told(&deliveries, room, &believed, seed);
                    }
                }
                5 => {
                    if let Ok(deliveries) = rooms.take_over(one) {
                        check_told(&deliveries, room, &believed, seed);
                    }
                }
                _ => {
                    // All connections of one room are cut at once.
                    let cut: Vec<ParticipantId> =
                        believed.iter().filter(|(_, (code, _))| *code == room).map(|(id, _)| *id).collect();
                    for id in cut {
                        believed.remove(&id);
                        check_told(&rooms.leave(id), room, &believed, seed);
                    }
                }
            }
            for signal in [Signal::Offer, Signal::Answer, Signal::Candidate] {
                let together = believed.get(&one).map(|(code, _)| code) == believed.get(&other).map(|(code, _)| code);
                assert!(rooms.may_relay(one, other, signal).is_err() || together, "seed {seed}: across rooms");
            }
            let in_use: std::collections::BTreeSet<Code> = believed.values().map(|(code, _)| *code).collect();
            assert_eq!(rooms.count(), (in_use.len(), believed.len()), "seed {seed}");
        }
        for id in believed.into_keys() {
            rooms.leave(id);
        }
        let last = rooms.last;
        assert_eq!(rooms, Rooms { last, ..Rooms::new(LIMITS) }, "seed {seed}");
    }
}
