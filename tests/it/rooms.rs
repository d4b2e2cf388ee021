//! Rooms of the real program: whoever comes, leaves, plays and vanishes a thousand times leaves it as it was, and is told of no
//! room but their own. What is heard there is tested in browsers (`pages::rooms`).

use std::fs;
use std::io;
use std::time::Duration;

use serde_json::{Value, json};
use tests::dice::Dice;
use tests::program::Running;
use tests::seat::Seat;
use tests::{metrics, wait};

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// Evenings, and how many of them pass before the box is measured: it has made by then what it makes once.
const EVENINGS: u32 = 1_000;
const WARM: u32 = 200;

/// What happens in one, and how many people there may be at once.
const STEPS: u32 = 24;
const PEOPLE_MAX: usize = 6;

/// How much more memory the box may have after all of them than after the first, bytes: less than 1 kB for each connection that there was.
const GROWTH_MAX: u64 = 4 << 20;

/// What pages say, of which what they might say is made.
const SAID: [&str; 2] =
    [include_str!("../fuzz/seeds/room_messages/evening"), include_str!("../fuzz/seeds/room_messages/wrong")];

/// Bytes that mean something in JSON.
const MARKS: &[u8] = b"{}[]\",:0\\u";

/// How often something is made of it.
const MADE: u32 = 3_000;

/// Somebody who is in a room, or is not.
struct Person {
    seat: Seat,
    /// The room's code, and their number there.
    place: Option<(String, Value)>,
    key: Value,
}

impl Person {
    /// Asks for something, and returns the answer. What came before it is looked at.
    fn ask(&mut self, message: &Value) -> io::Result<Value> {
        self.seat.say(message)?;
        loop {
            let said = self.seat.hear()?;
            match said["type"].as_str() {
                Some("room" | "left" | "refused" | "pong") => return Ok(said),
                Some("offer" | "answer" | "ice-candidate") => {
                    let code = self.place.as_ref().map(|(code, _)| code.as_str());
                    let from = said["sdp"].as_str().or(said["candidate"]["candidate"].as_str());
                    assert_eq!(from, code, "told of another room: {said}");
                }
                _ => {}
            }
        }
    }

    fn enter(&mut self, message: &Value) -> io::Result<()> {
        let said = self.ask(message)?;
        if said["type"] == "room" {
            let code = said["code"].as_str().expect("a code").to_owned();
            (self.place, self.key) = (Some((code, said["you"].clone())), said["key"].clone());
        }
        Ok(())
    }
}

/// Something that somebody does, or that happens to them.
fn step(dice: &mut Dice, running: &Running, cookie: &mut String, people: &mut Vec<Person>) -> io::Result<()> {
    let pick = |dice: &mut Dice, count: usize| usize::try_from(dice.below(count as u64)).expect("a few");
    let kind = dice.below(10);
    if people.is_empty() || kind < 3 && people.len() < PEOPLE_MAX {
        let (seat, given) = Seat::open(running.address, cookie)?;
        *cookie = given;
        let mut person = Person { seat, place: None, key: Value::Null };
        let inside: Vec<&Person> = people.iter().filter(|person| person.place.is_some()).collect();
        let other = inside.get(pick(dice, inside.len().max(1)));
        let there = other.and_then(|other| Some((other.place.clone()?.0, other.key.clone())));
        match there {
            Some((code, key)) if dice.chance(0.8) => {
                let join = json!({ "type": "join", "code": code, "name": "Bob" });
                let back = json!({ "type": "join", "code": code, "name": "Bob", "key": key });
                person.enter(if dice.chance(0.2) { &back } else { &join })?;
            }
            _ => person.enter(&json!({ "type": "create", "name": "Ann" }))?,
        }
        people.push(person);
        return Ok(());
    }
    let one = pick(dice, people.len());
    let code = people[one].place.as_ref().map_or(String::new(), |(code, _)| code.clone());
    // Mostly to somebody in the same room.
    let far = dice.chance(0.2);
    let places = people.iter().enumerate().filter(|(n, _)| *n != one).filter_map(|(_, other)| other.place.as_ref());
    let near: Vec<&Value> = places.filter(|(theirs, _)| far || *theirs == code).map(|(_, you)| you).collect();
    let to = near.get(pick(dice, near.len().max(1))).map_or(json!(0), |you| (*you).clone());
    let person = &mut people[one];
    let said = match kind {
        0..=4 => person.seat.say(&json!({ "type": "offer", "to": to, "sdp": code })),
        5 => person.seat.say(&json!({ "type": "ice-candidate", "to": to, "candidate": { "candidate": code } })),
        6 => person.seat.say(&json!({ "type": if dice.chance(0.5) { "hand-over" } else { "take-over" }, "to": to })),
        7 => person.ask(&json!({ "type": "leave" })).map(|said| {
            if said["type"] == "left" {
                person.place = None;
            }
        }),
        8 => person.ask(&json!({ "type": "ping", "t": 1 })).map(drop),
        _ => person.seat.stammer(),
    };
    // Whoever half said something, was replaced, or is simply cut, is gone.
    if kind == 9 || said.is_err() {
        people.remove(one);
    }
    Ok(())
}

/// Memory in use, open files and threads of the box.
fn measured(running: &Running) -> (u64, usize, usize) {
    let of = |what: &str| format!("/proc/{}/{what}", running.id());
    let status = fs::read_to_string(of("status")).expect("the box runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    let count = |what: &str| fs::read_dir(of(what)).expect("a folder").count();
    (kilobytes * 1_024, count("fd"), count("task"))
}

/// Waits until nobody is in any room, and no connection of theirs is left. Returns the box's numbers.
fn until_empty(running: &Running) -> String {
    let mut page = String::new();
    let empty = wait::comes_true(PATIENCE, || {
        page = running.metrics();
        let number = |name| metrics::number(&page, name).expect("it is counted");
        // The one that asks is connected.
        number("rooms") == 0.0 && number("room_participants") == 0.0 && number("http_connections") == 1.0
    });
    assert!(empty, "{page}");
    page
}

#[test]
fn a_thousand_evenings_in_rooms_leave_the_box_as_it_was() {
    let Some(running) = Running::start::<&str>(&[]) else { return };
    // Tracks that come and go open and close files of their own.
    running.post("/api/party/pause");
    let (mut dice, mut cookie) = (Dice::for_test("rooms"), String::new());
    let mut before = None;
    for evening in 0..EVENINGS {
        let mut people = Vec::new();
        for _ in 0..STEPS {
            step(&mut dice, &running, &mut cookie, &mut people).expect("the box answers");
        }
        drop(people);
        if evening == WARM {
            until_empty(&running);
            before = Some(measured(&running));
        }
    }
    let page = until_empty(&running);
    let number = |name| metrics::number(&page, name).expect("it is counted");
    let (opened, relayed) = (number("websockets_opened_total"), number("room_messages_relayed_total"));
    let before = before.expect("there were as many");
    let mut after = before;
    let is_as_it_was = wait::comes_true(PATIENCE, || {
        after = measured(&running);
        after.0 <= before.0 + GROWTH_MAX && after.1 <= before.1 && after.2 <= before.2
    });
    println!("{opened} connections, {relayed} messages; memory, files, threads: {before:?}, then {after:?}");
    assert!(is_as_it_was, "memory, files, threads: {before:?}, then {after:?}");
    assert!(relayed > f64::from(EVENINGS) / 2.0, "only {relayed} messages were relayed");
}

/// A message with some of its bytes changed, left out or doubled; of two, one half each.
fn garbled(dice: &mut Dice) -> Vec<u8> {
    let lines: Vec<&str> = SAID.iter().flat_map(|text| text.lines()).collect();
    let pick = |dice: &mut Dice, count: usize| usize::try_from(dice.below(count as u64)).expect("a few");
    let mut text = lines[pick(dice, lines.len())].as_bytes().to_vec();
    if dice.chance(0.2) {
        let other = lines[pick(dice, lines.len())].as_bytes();
        text.truncate(text.len() / 2);
        text.extend(&other[other.len() / 2..]);
    }
    for _ in 0..dice.below(4) {
        let at = pick(dice, text.len().max(1));
        match dice.below(4) {
            0 if at < text.len() => text[at] = u8::try_from(dice.below(256)).expect("a byte"),
            1 if at < text.len() => drop(text.remove(at)),
            2 => text.insert(at.min(text.len()), MARKS[pick(dice, MARKS.len())]),
            _ => text.extend_from_within(at.min(text.len())..),
        }
    }
    text
}

#[test]
fn whatever_a_page_may_say_ends_its_own_connection_at_most() {
    let Some(running) = Running::start::<&str>(&[]) else { return };
    let mut dice = Dice::for_test("rooms");
    let open = |cookie: &str| Seat::open(running.address, cookie).expect("the box takes the connection");
    let (mut witness, cookie) = open("");
    witness.say(&json!({ "type": "create", "name": "Ann" })).expect("said");
    assert_eq!(witness.hear().expect("an answer")["type"], "room");
    let (mut seat, mut ended) = (open(&cookie).0, 0);
    for _ in 0..MADE {
        // What it is answered to, and whether, is its own affair; a ping behind it is, unless it was the end.
        let said = seat.say_text(&garbled(&mut dice)).and_then(|()| seat.say(&json!({ "type": "ping", "t": 1 })));
        let answered = said.and_then(|()| {
            while seat.hear()?["type"] != "pong" {}
            Ok(())
        });
        if answered.is_err() {
            (seat, ended) = (open(&cookie).0, ended + 1);
        }
    }
    witness.say(&json!({ "type": "ping", "t": 1 })).expect("said");
    assert_eq!(witness.hear().expect("an answer")["type"], "pong", "nobody else was told anything");
    println!("{MADE} messages ended {ended} connections");
    drop((seat, witness));
    until_empty(&running);
}
