//! Who sends, as the box keeps it.

use base::{PacketInlet, SentPacket};

use super::*;

/// One sender at a time, and nobody takes over.
const ALONE: Terms = Terms { together_max: 1, takes_over: false };

struct Nowhere;

impl PacketInlet for Nowhere {
    fn take(&mut self, _: SentPacket<'_>) {}
}

#[test]
fn whoever_is_gone_holds_no_channel() {
    let (senders, channel) = (Senders::default(), ChannelId::new("main").unwrap());
    let first = senders.begin(channel, Who::Guest(GuestId(1)), "Ann", ALONE).unwrap();
    let inlet = first.watch(Box::new(Nowhere));
    assert!(senders.answered(&first, SessionId(1)));
    assert!(senders.begin(channel, Who::Guest(GuestId(2)), "Bob", ALONE).is_err());
    assert_eq!(shown(&senders.heard(channel)).0, "Ann");
    drop(inlet);
    assert_eq!(senders.heard(channel), []);
    assert!(senders.begin(channel, Who::Guest(GuestId(2)), "Bob", ALONE).is_ok());
}

#[test]
fn a_revoked_token_ends_what_was_sent_with_it_even_before_it_is_answered() {
    let (senders, channel) = (Senders::default(), ChannelId::new("main").unwrap());
    let (token, secret) = senders.issue("Desk", None).unwrap().unwrap();
    assert_eq!(senders.check(&secret.to_hex(), channel, Time::ZERO), Ok((token, "Desk".to_owned())));
    let begun = senders.begin(channel, Who::Token(token), "Desk", ALONE).unwrap();
    assert!(senders.answered(&begun, SessionId(7)));
    assert_eq!(senders.revoke(token), Some(vec![SessionId(7)]));
    assert!(!senders.answered(&begun, SessionId(7)));
    assert_eq!(senders.check(&secret.to_hex(), channel, Time::ZERO), Err(Unknown::Token));
}

#[test]
fn wrong_tokens_are_looked_at_ten_times_a_second() {
    let (senders, channel) = (Senders::default(), ChannelId::new("main").unwrap());
    let (_, secret) = senders.issue("Desk", None).unwrap().unwrap();
    for n in 0..20 {
        let expected = if n < 10 { Unknown::Token } else { Unknown::TooMany };
        assert_eq!(senders.check("nonsense", channel, Time::ZERO), Err(expected), "{n}");
    }
    assert!(senders.check(&secret.to_hex(), channel, Time::ZERO).is_ok(), "the right one counts all the same");
    assert_eq!(senders.check("", channel, Time::from_micros(2_000_000)), Err(Unknown::Token));
}

#[test]
fn only_who_sends_says_what_plays_and_the_end_of_a_stream_reaches_its_connection() {
    let (senders, channel) = (Senders::default(), ChannelId::new("main").unwrap());
    let (token, secret) = senders.issue("Desk", Some(channel)).unwrap().unwrap();
    let held = senders.holder(&secret.to_hex(), Time::ZERO).unwrap();
    assert_eq!((held.id, held.channel), (token, Some(channel)));
    let title = Title { title: "Song".into(), artist: "Ann".into() };
    assert!(!senders.entitle(channel, token, title.clone()), "nobody sends");
    let begun = senders.begin(channel, Who::Token(token), "Desk", ALONE).unwrap();
    let (id, (_, pipe)) = (begun.id, std::io::pipe().unwrap());
    let inlet = StreamInlet { bytes: pipe.into(), is_cut: Arc::default() };
    let streaming = senders.streams(begun, &inlet).unwrap();
    assert!(senders.entitle(channel, token, title.clone()));
    assert!(!senders.entitle(channel, TokenId(99), Title::default()));
    assert_eq!(shown(&senders.heard(channel)), ("Desk".into(), title));
    senders.plays(id, Title::default());
    assert_eq!(senders.heard(channel)[0].title, Title::default());
    // Taken over, it is silent at once, and its connection is told.
    let second = senders.begin(channel, Who::Host, "Host", Terms { takes_over: true, ..ALONE }).unwrap();
    assert!(inlet.is_cut.load(Ordering::Acquire) && second.replaced.is_empty());
    {
        let told = std::pin::pin!(streaming.hung_up.notified());
        assert!(told.poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_ready());
    }
    drop(streaming);
    assert_eq!(senders.heard(channel)[0].name, "Host");
}

#[test]
fn a_session_finds_its_own_place_beside_others_and_beside_a_voice() {
    let (senders, channel) = (Senders::default(), ChannelId::new("main").unwrap());
    let two = Terms { together_max: 2, takes_over: false };
    let begun = [1, 2].map(|n| senders.begin(channel, Who::Guest(GuestId(n)), &format!("DJ {n}"), two).unwrap());
    let voice = senders.begin_voice(channel);
    let inlets = begun.each_ref().map(|begun| begun.watch(Box::new(Nowhere)));
    let spoken = voice.watch(Box::new(Nowhere));
    for (n, begun) in begun.iter().chain([&voice]).enumerate() {
        assert!(senders.answered(begun, SessionId(n as u128)));
    }
    let places = [0, 1, 2].map(|n| senders.place(channel, SessionId(n)).map(|(_, place)| place));
    assert_eq!(places, [Place::Sender(0), Place::Sender(1), Place::Voice].map(Some));
    assert!(senders.entitle_session(channel, SessionId(1), Title { title: "Blue".into(), artist: String::new() }));
    assert_eq!(
        shown(&senders.heard(channel)),
        ("DJ 1 + DJ 2".into(), Title { title: "Blue".into(), artist: "DJ 1 + DJ 2".into() })
    );
    assert!(senders.set_fader(channel, begun[1].id, Fader::new(50).unwrap()));
    assert!(!senders.set_fader(channel, voice.id, Fader::FULL), "a voice has none");
    // One is gone: the other and the voice stay.
    let [first, _second] = inlets;
    drop(first);
    let left: Vec<(u8, u8)> = senders.heard(channel).iter().map(|one| (one.place, one.fader.percent())).collect();
    assert_eq!(left, [(1, 50)]);
    assert_eq!(senders.end_one(channel, begun[0].id), None);
    assert_eq!(senders.end_one(channel, begun[1].id), Some(vec![SessionId(1)]));
    assert_eq!(senders.begin_voice(channel).replaced, [SessionId(2)]);
    drop(spoken);
    assert_eq!((senders.heard(channel), senders.place(channel, SessionId(2))), (Vec::new(), None));
}
