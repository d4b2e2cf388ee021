//! Who sends, as the box keeps it.

use super::*;

struct Nowhere;

impl PacketInlet for Nowhere {
    fn take(&mut self, _: SentPacket<'_>) {}
}

#[test]
fn whoever_is_gone_holds_no_channel() {
    let (senders, channel) = (Senders::default(), ChannelId::new("main").unwrap());
    let first = senders.begin(channel, Who::Guest(GuestId(1)), "Ann", false).unwrap();
    let inlet = first.watch(Box::new(Nowhere));
    assert!(senders.answered(&first, SessionId(1)));
    assert!(senders.begin(channel, Who::Guest(GuestId(2)), "Bob", false).is_err());
    assert_eq!(senders.heard(channel).map(|heard| heard.name).as_deref(), Some("Ann"));
    drop(inlet);
    assert_eq!(senders.heard(channel), None);
    assert!(senders.begin(channel, Who::Guest(GuestId(2)), "Bob", false).is_ok());
}

#[test]
fn a_revoked_token_ends_what_was_sent_with_it_even_before_it_is_answered() {
    let (senders, channel) = (Senders::default(), ChannelId::new("main").unwrap());
    let (token, secret) = senders.issue("Desk", None).unwrap().unwrap();
    assert_eq!(senders.check(&secret.to_hex(), channel, Time::ZERO), Ok((token, "Desk".to_owned())));
    let begun = senders.begin(channel, Who::Token(token), "Desk", false).unwrap();
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
    let begun = senders.begin(channel, Who::Token(token), "Desk", false).unwrap();
    let (id, (_, pipe)) = (begun.id, std::io::pipe().unwrap());
    let inlet = StreamInlet { bytes: pipe.into(), is_cut: Arc::default() };
    let streaming = senders.streams(begun, &inlet).unwrap();
    assert!(senders.entitle(channel, token, title.clone()));
    assert!(!senders.entitle(channel, TokenId(99), Title::default()));
    assert_eq!(senders.heard(channel), Some(Heard { name: "Desk".into(), title }));
    senders.plays(id, Title::default());
    assert_eq!(senders.heard(channel).unwrap().title, Title::default());
    // Taken over, it is silent at once, and its connection is told.
    let second = senders.begin(channel, Who::Host, "Host", true).unwrap();
    assert!(inlet.is_cut.load(Ordering::Acquire) && second.replaced.is_none());
    {
        let told = std::pin::pin!(streaming.hung_up.notified());
        assert!(told.poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_ready());
    }
    drop(streaming);
    assert_eq!(senders.heard(channel).unwrap().name, "Host");
}
