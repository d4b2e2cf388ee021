//! Which channels there may be, as tables and as a walk over anything that can be asked.

use base::ChannelId;

use super::Dice;
use crate::{
    CHANNEL_NAME_CHARS_MAX, CHANNELS_MAX, Changed, Channel, ChannelWish, Color, Evening, KEY_BYTES_MAX, Refused,
    Repertoire,
};

fn id(text: &str) -> ChannelId {
    ChannelId::new(text).expect("a legal name")
}

fn add(name: &str, color: Color) -> ChannelWish {
    ChannelWish::Put { name: Some(name.to_owned()), color: Some(color), repertoire: None }
}

const SAME: ChannelWish = ChannelWish::Put { name: None, color: None, repertoire: None };

fn of(repertoire: Repertoire) -> ChannelWish {
    ChannelWish::Put { name: None, color: None, repertoire: Some(repertoire) }
}

fn order(evening: &Evening) -> Vec<&str> {
    evening.channels().iter().map(|channel| channel.id.as_str()).collect()
}

#[test]
fn a_silent_disco_is_three_wishes_and_each_may_be_made_twice() {
    let mut evening = Evening::new(id("main"));
    for _ in 0..2 {
        _ = evening.ask(id("main"), add("", Color::Red)).unwrap();
        for (name, color) in [("green", Color::Green), ("blue", Color::Blue)] {
            evening.ask(id(name), add("", color)).unwrap();
        }
    }
    assert_eq!(order(&evening), ["main", "green", "blue"]);
    assert_eq!(evening.ask(id("blue"), ChannelWish::Move(0)), Ok(Changed::Described));
    assert_eq!(order(&evening), ["blue", "main", "green"]);
    assert_eq!(evening.ask(id("green"), ChannelWish::Move(99)), Ok(Changed::Described));
    assert_eq!(evening.ask(id("blue"), ChannelWish::Remove), Ok(Changed::Removed { successor: id("main") }));
    assert_eq!(order(&evening), ["main", "green"]);
}

#[test]
fn a_channel_that_says_no_colour_gets_the_first_that_is_free_and_keeps_what_is_not_said() {
    let mut evening = Evening::new(id("main"));
    evening.ask(id("main"), ChannelWish::Put { name: None, color: Some(Color::Blue), repertoire: None }).unwrap();
    evening.ask(id("a"), SAME).unwrap();
    evening.ask(id("b"), SAME).unwrap();
    evening.ask(id("c"), SAME).unwrap();
    let colors: Vec<Color> = evening.channels().iter().map(|channel| channel.color).collect();
    assert_eq!(colors, [Color::Blue, Color::Red, Color::Green, Color::Yellow]);
    let folder = Repertoire::Folder("1234/Rock".to_owned());
    for (name, color, repertoire) in [
        (Some("  Rock\u{202e} ".to_owned()), None, None),
        (None, None, Some(folder.clone())),
        (None, Some(Color::Pink), None),
    ] {
        evening.ask(id("a"), ChannelWish::Put { name, color, repertoire }).unwrap();
    }
    let rock = Channel { id: id("a"), name: "Rock".into(), color: Color::Pink, repertoire: folder };
    assert_eq!((&evening.channels()[1], &evening.channels()[2].repertoire), (&rock, &Repertoire::All));
}

#[test]
fn what_breaks_a_rule_is_refused_and_changes_nothing() {
    let mut evening = Evening::new(id("main"));
    let long = "x".repeat(CHANNEL_NAME_CHARS_MAX + 1);
    for (channel, wish, why) in [
        ("main", ChannelWish::Remove, Refused::LastChannel),
        ("other", ChannelWish::Remove, Refused::NoSuchChannel),
        ("other", ChannelWish::Move(0), Refused::NoSuchChannel),
        ("other", add("", Color::Red), Refused::ColorTaken),
        ("other", add(&long, Color::Blue), Refused::BadText),
        ("latest", SAME, Refused::ReservedName),
        ("main", of(Repertoire::Folder(String::new())), Refused::NoSuchPlace),
        ("main", of(Repertoire::Folder("x".repeat(KEY_BYTES_MAX + 1))), Refused::NoSuchPlace),
        ("other", of(Repertoire::Playlist("two words".to_owned())), Refused::NoSuchPlace),
        ("main", of(Repertoire::Playlist("quoted\"".to_owned())), Refused::NoSuchPlace),
        ("main", of(Repertoire::Playlist("line\nbreak".to_owned())), Refused::NoSuchPlace),
    ] {
        let before = evening.clone();
        assert_eq!(evening.ask(id(channel), wish.clone()), Err(why), "{channel} {wish:?}");
        assert_eq!(evening, before);
    }
    for number in 1..CHANNELS_MAX {
        evening.ask(id(&format!("c{number}")), SAME).unwrap();
    }
    assert_eq!(evening.ask(id("more"), SAME), Err(Refused::ChannelsFull));
    assert_eq!(evening.ask(id("c1"), add("", Color::Red)), Err(Refused::ColorTaken));
}

#[test]
fn an_evening_goes_on_with_what_it_had_and_leaves_out_what_makes_no_sense() {
    let mut evening = Evening::new(id("main"));
    evening.ask(id("b"), add("B", Color::Teal)).unwrap();
    evening.ask(id("b"), of(Repertoire::Playlist("1234/party.m3u".to_owned()))).unwrap();
    assert_eq!(Evening::resume(evening.channels()).unwrap().channels(), evening.channels());
    let same_color = Channel { id: id("c"), name: String::new(), color: Color::Teal, repertoire: Repertoire::All };
    let nowhere = Channel { color: Color::Pink, repertoire: Repertoire::Folder("\0".to_owned()), ..same_color.clone() };
    let odd: Vec<Channel> = evening.channels().iter().cloned().chain([same_color, nowhere]).collect();
    assert_eq!(Evening::resume(&odd).unwrap().channels(), evening.channels());
    assert_eq!(Evening::resume(&[]), None);
}

#[test]
fn whatever_is_asked_there_is_a_channel_and_no_two_are_alike() {
    let mut dice = Dice(7);
    let mut evening = Evening::new(id("main"));
    for step in 0..20_000 {
        let channel = id(&format!("c{}", dice.roll(20)));
        let color = (dice.roll(2) == 0).then(|| Color::ALL[dice.roll(8) as usize]);
        let name = (dice.roll(2) == 0).then(|| "n".repeat(dice.roll(40) as usize));
        let wish = match dice.roll(5) {
            0 => ChannelWish::Remove,
            1 => ChannelWish::Move(dice.roll(10) as usize),
            _ => {
                let key = "k".repeat(dice.roll(3_000) as usize);
                let repertoire = match dice.roll(4) {
                    0 => Some(Repertoire::All),
                    1 => Some(Repertoire::Folder(key)),
                    2 => Some(Repertoire::Playlist(key)),
                    _ => None,
                };
                ChannelWish::Put { name, color, repertoire }
            }
        };
        let before = evening.clone();
        assert!(
            evening.ask(channel, wish).is_ok() || evening == before,
            "step {step}: refused, and yet something changed"
        );
        let channels = evening.channels();
        assert!((1..=CHANNELS_MAX).contains(&channels.len()), "step {step}");
        for (place, one) in channels.iter().enumerate() {
            let alike = |other: &&Channel| other.id == one.id || other.color == one.color;
            assert!(!channels[place + 1..].iter().any(|other| alike(&other)), "step {step}: {channels:?}");
            assert!(one.name.chars().count() <= CHANNEL_NAME_CHARS_MAX);
            assert!(one.repertoire.key().is_none_or(|key| (1..=KEY_BYTES_MAX).contains(&key.len())));
        }
    }
}
