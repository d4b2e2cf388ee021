//! Who may send and who does, alone and together.

use super::*;
use crate::text::NAME_CHARS_MAX;

/// One sender at a time, and nobody takes over.
const ALONE: Terms = Terms { together_max: 1, takes_over: false };
const TAKES_OVER: Terms = Terms { takes_over: true, ..ALONE };
const TWO: Terms = Terms { together_max: 2, takes_over: false };

fn channel(name: &str) -> ChannelId {
    ChannelId::new(name).unwrap()
}

fn ids(senders: &Senders, channel: ChannelId) -> Vec<SendingId> {
    senders.sending(channel).iter().map(|sending| sending.id).collect()
}

#[test]
fn a_token_is_for_its_channel_or_for_any_and_only_until_it_is_revoked() {
    let mut senders = Senders::default();
    let (red, blue) = (channel("red"), channel("blue"));
    let desk = senders.issue("Desk", Some(red), [1; 32]).unwrap();
    senders.issue(" \u{202e}Phone\n", None, [2; 32]).unwrap();
    assert_eq!(senders.tokens()[1].name, "Phone");
    assert_eq!(senders.find(&[1; 32], red).map(|token| token.id), Some(desk));
    assert_eq!(senders.find(&[1; 32], blue), None);
    assert!(senders.find(&[2; 32], blue).is_some() && senders.find(&[3; 32], red).is_none());
    assert_eq!(senders.holder(&[1; 32]).map(|token| (token.id, token.channel)), Some((desk, Some(red))));
    assert_eq!(senders.holder(&[3; 32]), None);
    let sending = senders.begin(red, Who::Token(desk), "Desk", ALONE).unwrap().id;
    assert_eq!(senders.revoke(desk), Some(vec![sending]));
    assert_eq!((senders.find(&[1; 32], red), senders.sending(red)), (None, &[][..]));
    assert_eq!(senders.revoke(desk), None);
}

#[test]
fn a_channel_has_one_sender_who_may_come_back_but_not_be_pushed_aside() {
    let mut senders = Senders::default();
    let (red, ann, bob) = (channel("red"), Who::Guest(GuestId(1)), Who::Guest(GuestId(2)));
    let first = senders.begin(red, ann, "Ann", ALONE).unwrap().id;
    let Began { id: again, replaced, .. } = senders.begin(red, ann, "Ann", ALONE).unwrap();
    assert_eq!(replaced, [first]);
    assert_eq!(senders.begin(red, bob, "Bob", ALONE), Err(Refused::Taken { name: "Ann".to_owned() }));
    // What is said late of a connection that was replaced ends nothing.
    senders.end(first);
    assert_eq!(ids(&senders, red), [again]);
    let Began { id: of_bob, replaced, .. } = senders.begin(red, bob, "Bob", TAKES_OVER).unwrap();
    assert_eq!(replaced, [again]);
    assert_eq!(senders.end_guest(GuestId(2)), [of_bob]);
    assert!(senders.begin(channel("blue"), ann, "Ann", ALONE).is_ok());
}

#[test]
fn nothing_but_a_host_outlives_the_party() {
    let mut senders = Senders::default();
    let token = senders.issue("Desk", None, [1; 32]).unwrap();
    senders.begin(channel("red"), Who::Token(token), "Desk", ALONE).unwrap();
    senders.begin(channel("blue"), Who::Guest(GuestId(1)), "Ann", ALONE).unwrap();
    senders.begin(channel("green"), Who::Host, "", ALONE).unwrap();
    assert_eq!(senders.end_party().len(), 2);
    assert!(senders.tokens().is_empty());
    assert_eq!(senders.all().map(|(channel, _)| channel).collect::<Vec<_>>(), [channel("green")]);
}

#[test]
fn there_are_only_so_many_tokens_and_each_has_a_name() {
    let mut senders = Senders::default();
    assert_eq!(senders.issue(" \n", None, [0; 32]), Err(Refused::NoName));
    for n in 0..TOKENS_MAX {
        senders.issue(&"x".repeat(1_000), None, [n as u8; 32]).unwrap();
    }
    assert_eq!(senders.issue("more", None, [99; 32]), Err(Refused::TooManyTokens));
    assert_eq!(senders.tokens()[0].name.len(), NAME_CHARS_MAX);
}

#[test]
fn two_play_together_each_at_a_place_and_a_fader_of_its_own() {
    let (mut senders, red) = (Senders::default(), channel("red"));
    let [ann, bob, eve] = [1, 2, 3].map(|n| Who::Guest(GuestId(n)));
    let half = Fader::new(50).unwrap();
    let first = senders.begin(red, ann, "Ann", TWO).unwrap();
    let second = senders.begin(red, bob, "Bob", TWO).unwrap();
    assert_eq!((first.place, second.place), (Place::Sender(0), Place::Sender(1)));
    assert!(first.replaced.is_empty() && second.replaced.is_empty());
    assert_eq!(senders.begin(red, eve, "Eve", TWO), Err(Refused::Taken { name: "Ann + Bob".to_owned() }));
    assert!(senders.set_fader(red, second.id, half) && !senders.set_fader(channel("blue"), second.id, half));
    // Whoever lost the network comes back to its place and its fader.
    let again = senders.begin(red, bob, "Bob", TWO).unwrap();
    assert_eq!((again.place, &again.replaced[..]), (Place::Sender(1), &[second.id][..]));
    assert_eq!(senders.sending(red)[1].fader, half);
    // One goes: the other stays as it is, and the next has the place that is free, at a fader that is open.
    senders.end(first.id);
    assert_eq!((ids(&senders, red), senders.sending(red)[0].place), (vec![again.id], 1));
    let third = senders.begin(red, eve, "Eve", TWO).unwrap();
    assert_eq!(third.place, Place::Sender(0));
    assert_eq!(senders.sending(red).iter().map(|one| one.fader).collect::<Vec<_>>(), [half, Fader::FULL]);
    assert!(senders.end_one(red, again.id) && !senders.end_one(red, again.id));
    assert_eq!(ids(&senders, red), [third.id]);
}

#[test]
fn where_two_play_and_only_one_may_from_now_on_nobody_is_pushed_out() {
    let (mut senders, red) = (Senders::default(), channel("red"));
    let [ann, bob, eve] = [1, 2, 3].map(|n| Who::Guest(GuestId(n)));
    let first = senders.begin(red, ann, "Ann", TWO).unwrap().id;
    let second = senders.begin(red, bob, "Bob", TWO).unwrap().id;
    assert_eq!(senders.begin(red, bob, "Bob", ALONE).unwrap().replaced, [second], "it may come back");
    assert!(senders.begin(red, eve, "Eve", ALONE).is_err());
    senders.end(first);
    assert!(senders.begin(red, eve, "Eve", ALONE).is_err(), "one is there still");
    let both = Terms { takes_over: true, ..TWO };
    let with_room = senders.begin(red, Who::Host, "Host", both).unwrap();
    assert!(with_room.replaced.is_empty(), "where there is a place nobody has to go");
    assert_eq!(senders.begin(red, eve, "Eve", both).unwrap().replaced.len(), 2);
    assert_eq!(senders.end_channel(red).len(), 1);
}

#[test]
fn a_voice_has_a_place_beside_the_senders_and_the_newest_holds_it() {
    let (mut senders, red) = (Senders::default(), channel("red"));
    let sending = senders.begin(red, Who::Guest(GuestId(1)), "Ann", ALONE).unwrap().id;
    let first = senders.begin_voice(red);
    assert_eq!((first.place, senders.voice(red)), (Place::Voice, Some(first.id)));
    let second = senders.begin_voice(red);
    assert_eq!((second.replaced, ids(&senders, red)), (vec![first.id], vec![sending]));
    senders.end(first.id);
    assert_eq!(senders.voice(red), Some(second.id));
    senders.end(second.id);
    assert_eq!((senders.voice(red), ids(&senders, red)), (None, vec![sending]));
}
