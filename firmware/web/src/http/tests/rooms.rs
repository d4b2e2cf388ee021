//! Rooms over real WebSockets: who is told what, what is relayed and what is not, and pages that mean ill.

use std::time::Duration;

use futures_util::SinkExt;
use hub::RoomLimits;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::live::{Phone, metric, until_metric};
use super::world::World;
use crate::http::Config;
use crate::http::limits::Limits;
use crate::http::rooms::{MESSAGE_BYTES_MAX, WRONG_CODES_MAX};

/// A candidate with a name that only its own machine knows.
const CANDIDATE: &str = "candidate:1 1 udp 2113937151 7f-a1.local 54321 typ host";

/// A box that believes what proxies on this machine say, so that pages can call from other addresses.
async fn world(rooms: RoomLimits) -> World {
    let limits = Limits { rooms, ..Limits::default() };
    let proxies = vec!["127.0.0.0/8".parse().unwrap()];
    World::new(Config { limits, proxies, ..Config::default() }).await
}

async fn page(world: &World) -> Phone {
    Phone::at(world, "/ws/rooms", &[]).await
}

async fn say(page: &mut Phone, message: Value) {
    page.socket.send(Message::text(message.to_string())).await.unwrap();
}

/// What the page is answered to `message`.
async fn ask(page: &mut Phone, message: Value) -> Value {
    say(page, message).await;
    page.next(&["room", "left", "pong", "refused"]).await
}

/// Why the page is refused `message`.
async fn refused(page: &mut Phone, message: Value) -> Value {
    let answer = ask(page, message).await;
    assert_eq!(answer["type"], "refused", "{answer}");
    answer["code"].clone()
}

/// A room with its DJ's page.
async fn room(world: &World) -> (Phone, Value) {
    let mut dj = page(world).await;
    let room = ask(&mut dj, json!({ "type": "create", "name": "Ann" })).await;
    (dj, room)
}

async fn joined(world: &World, code: &Value, name: &str) -> (Phone, Value) {
    let mut phone = page(world).await;
    let room = ask(&mut phone, json!({ "type": "join", "code": code, "name": name })).await;
    assert_eq!(room["type"], "room", "{room}");
    (phone, room)
}

#[tokio::test]
async fn a_dj_and_a_listener_find_each_other_and_what_they_say_is_relayed() {
    let world = world(RoomLimits::default()).await;
    let (mut dj, room) = room(&world).await;
    let code = room["code"].as_str().expect("a code");
    assert_eq!((code.len(), &room["dj"], &room["you"]), (5, &json!(1), &json!(1)));
    let (mut listener, theirs) = joined(&world, &json!(code.to_lowercase()), "Bob").await;
    assert_eq!(theirs["participants"], json!([{ "id": 1, "name": "Ann" }, { "id": 2, "name": "Bob" }]));
    assert!(theirs["key"].as_str().is_some_and(|key| key.len() == 32) && theirs["key"] != room["key"]);
    let news = dj.next(&["participant-joined"]).await;
    assert_eq!(news["participant"], json!({ "id": 2, "name": "Bob" }));
    say(&mut dj, json!({ "type": "offer", "to": 2, "sdp": "v=0" })).await;
    assert_eq!(listener.next(&["offer"]).await, json!({ "type": "offer", "from": 1, "sdp": "v=0" }));
    say(&mut listener, json!({ "type": "answer", "to": 1, "sdp": "v=1" })).await;
    assert_eq!(dj.next(&["answer"]).await, json!({ "type": "answer", "from": 2, "sdp": "v=1" }));
    let candidate =
        json!({ "candidate": "candidate:1 1 udp 1 10.0.0.9 9 typ host", "sdpMid": "0", "sdpMLineIndex": 0 });
    say(&mut dj, json!({ "type": "ice-candidate", "to": 2, "candidate": candidate })).await;
    assert_eq!(listener.next(&["ice-candidate"]).await["candidate"], candidate);
    say(&mut dj, json!({ "type": "ice-candidate", "to": 2, "candidate": null })).await;
    assert_eq!(listener.next(&["ice-candidate"]).await["candidate"], Value::Null);
    for line in [
        "partybox_rooms 1",
        "partybox_room_participants 2",
        "partybox_room_messages_relayed_total{kind=\"offer\"} 1",
        "partybox_room_messages_relayed_total{kind=\"answer\"} 1",
        "partybox_room_messages_relayed_total{kind=\"ice-candidate\"} 2",
        "partybox_event_listeners 0",
    ] {
        assert!(metric(&world, line).await, "{line}");
    }
}

#[tokio::test]
async fn a_name_that_only_multicast_resolves_becomes_the_address_that_the_box_sees() {
    let world = world(RoomLimits::default()).await;
    let mut dj = Phone::at(&world, "/ws/rooms", &["X-Forwarded-For: 10.77.0.5"]).await;
    let room = ask(&mut dj, json!({ "type": "create", "name": "Ann" })).await;
    // The listener's page is open on the box itself, whose address says nothing to others.
    let (mut listener, _) = joined(&world, &room["code"], "Bob").await;
    let sdp = format!("v=0\r\na={CANDIDATE}\r\n");
    say(&mut dj, json!({ "type": "ice-candidate", "to": 2, "candidate": { "candidate": CANDIDATE } })).await;
    say(&mut dj, json!({ "type": "offer", "to": 2, "sdp": sdp })).await;
    let seen = CANDIDATE.replace("7f-a1.local", "10.77.0.5");
    assert_eq!(listener.next(&["ice-candidate"]).await["candidate"]["candidate"], seen);
    assert_eq!(listener.next(&["offer"]).await["sdp"], sdp.replace("7f-a1.local", "10.77.0.5"));
    say(&mut listener, json!({ "type": "ice-candidate", "to": 1, "candidate": { "candidate": CANDIDATE } })).await;
    assert_eq!(dj.next(&["ice-candidate"]).await["candidate"]["candidate"], CANDIDATE, "passed on as it was");
}

#[tokio::test]
async fn the_end_of_the_djs_connection_is_told_and_somebody_else_plays_on() {
    let world = world(RoomLimits::default()).await;
    let (dj, room) = room(&world).await;
    let (mut bob, _) = joined(&world, &room["code"], "Bob").await;
    let (mut eve, _) = joined(&world, &room["code"], "Eve").await;
    drop(dj);
    for page in [&mut bob, &mut eve] {
        assert_eq!(page.next(&["dj-lost"]).await, json!({ "type": "dj-lost", "id": 1, "name": "Ann" }));
    }
    say(&mut eve, json!({ "type": "take-over" })).await;
    for page in [&mut bob, &mut eve] {
        assert_eq!(page.next(&["dj-changed"]).await["dj"], 3);
    }
    say(&mut eve, json!({ "type": "hand-over", "to": 2 })).await;
    for page in [&mut bob, &mut eve] {
        assert_eq!(page.next(&["dj-changed"]).await["dj"], 2);
    }
    assert_eq!(ask(&mut bob, json!({ "type": "leave" })).await["type"], "left");
    eve.next(&["dj-lost"]).await;
    drop(eve);
    until_metric(&world, "partybox_rooms 0").await;
    assert!(metric(&world, "partybox_room_participants 0").await);
}

#[tokio::test]
async fn who_lost_the_network_comes_back_as_who_they_were_before_the_box_has_noticed() {
    let world = world(RoomLimits::default()).await;
    let (mut dj, room) = room(&world).await;
    let (mut bob, _) = joined(&world, &room["code"], "Bob").await;
    let mut back = page(&world).await;
    let again = json!({ "type": "join", "code": room["code"], "name": "Ann", "key": room["key"] });
    let again = ask(&mut back, again).await;
    assert_eq!((&again["dj"], &again["you"]), (&json!(3), &json!(3)));
    assert_eq!(dj.end().await, 1013, "the old connection is over");
    assert_eq!(bob.next(&["dj-changed", "dj-lost"]).await, json!({ "type": "dj-changed", "dj": 3 }));
    assert!(metric(&world, "partybox_room_participants 2").await);
}

#[tokio::test]
async fn what_is_refused_has_a_code_and_changes_nothing() {
    let world = world(RoomLimits { rooms_max: 2, participants_max: 2 }).await;
    let (mut dj, room) = room(&world).await;
    let code = &room["code"];
    let (mut bob, _) = joined(&world, code, "Bob").await;
    let mut eve = page(&world).await;
    let join = |code: &Value, name: &str| json!({ "type": "join", "code": code, "name": name });
    assert_eq!(refused(&mut eve, join(code, "Eve")).await, "room-full");
    assert_eq!(refused(&mut eve, join(&json!("BBBBB"), "Eve")).await, "no-such-room");
    assert_eq!(refused(&mut eve, join(&json!("12345"), "Eve")).await, "no-such-room");
    assert_eq!(refused(&mut eve, json!({ "type": "create", "name": " " })).await, "no-name");
    assert_eq!(refused(&mut eve, json!({ "type": "take-over" })).await, "not-in-a-room");
    assert_eq!(refused(&mut eve, json!({ "type": "offer", "to": 1, "sdp": "v=0" })).await, "not-in-a-room");
    assert_eq!(refused(&mut bob, json!({ "type": "offer", "to": 1, "sdp": "v=0" })).await, "not-the-dj");
    assert_eq!(refused(&mut bob, json!({ "type": "hand-over", "to": 2 })).await, "not-the-dj");
    assert_eq!(refused(&mut bob, json!({ "type": "take-over" })).await, "has-a-dj");
    assert_eq!(refused(&mut bob, join(code, "Bob")).await, "in-a-room");
    for to in [1, 3, 77] {
        let offer = json!({ "type": "offer", "to": to, "sdp": "v=0" });
        assert_eq!(refused(&mut dj, offer).await, "no-such-participant", "{to}");
    }
    for unknown in [json!({ "type": "wave" }), json!({}), json!({ "type": "offer", "to": "2", "sdp": "v=0" })] {
        assert_eq!(refused(&mut dj, unknown).await, "unknown-message");
    }
    assert_eq!(ask(&mut eve, json!({ "type": "create", "name": "Eve" })).await["type"], "room");
    let mut late = page(&world).await;
    let full = ask(&mut late, json!({ "type": "create", "name": "Late" })).await;
    assert_eq!((&full["code"], &full["max"]), (&json!("too-many-rooms"), &json!(2)));
    assert_eq!(full["retry_after_s"], 10, "{full}");
    // Of all that, nothing reached anybody.
    say(&mut dj, json!({ "type": "offer", "to": 2, "sdp": "v=0" })).await;
    let first = bob.next(&["offer", "answer", "ice-candidate", "dj-changed", "participant-joined"]).await;
    assert_eq!(first["type"], "offer");
    assert!(metric(&world, "partybox_room_messages_relayed_total{kind=\"offer\"} 1").await);
    assert!(metric(&world, "partybox_rooms 2").await && metric(&world, "partybox_room_participants 3").await);
}

#[tokio::test]
async fn a_page_that_breaks_the_rules_is_let_go_and_its_room_is_told() {
    let world = world(RoomLimits::default()).await;
    for (name, message, code) in [
        ("binary", Message::binary(vec![1, 2, 3]), 1003),
        ("no JSON", Message::text("hello"), 1008),
        ("no object", Message::text("[]"), 1008),
        ("too large", Message::text(" ".repeat(MESSAGE_BYTES_MAX + 1)), 1009),
    ] {
        let (mut dj, room) = room(&world).await;
        let (mut bob, _) = joined(&world, &room["code"], "Bob").await;
        dj.socket.send(message).await.unwrap();
        assert_eq!(dj.end().await, code, "{name}");
        bob.next(&["dj-lost"]).await;
    }
    let mut guessing = page(&world).await;
    for _ in 0..=WRONG_CODES_MAX {
        say(&mut guessing, json!({ "type": "join", "code": "BBBBB", "name": "Eve" })).await;
    }
    assert_eq!(guessing.end().await, 1008, "who tries all codes");
    until_metric(&world, "partybox_rooms 0").await;
}

#[tokio::test]
async fn one_that_does_not_read_is_let_go_before_others_fill_the_boxs_memory() {
    let limits = Limits { write_timeout: Duration::from_millis(300), ..Limits::default() };
    let world = World::new(Config { limits, ..Config::default() }).await;
    let (mut dj, room) = room(&world).await;
    let (bob, theirs) = joined(&world, &room["code"], "Bob").await;
    // Bob is there and takes nothing; this is more than kernel and box hold for him, and less than a DJ may say at once.
    let offer = json!({ "type": "offer", "to": theirs["you"], "sdp": "x".repeat(MESSAGE_BYTES_MAX - 100) });
    for _ in 0..100 {
        say(&mut dj, offer.clone()).await;
    }
    until_metric(&world, "partybox_websockets_slow_total 1").await;
    until_metric(&world, "partybox_room_participants 1").await;
    drop(bob);
}

#[tokio::test]
async fn the_code_to_scan_leads_to_the_room_and_to_no_other_address() {
    let world = world(RoomLimits::default()).await;
    let picture = world.get("/api/qr/room.svg?room=bcdfg").await;
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/svg+xml"));
    for wrong in ["", "?room=", "?room=BCDF", "?room=http://evil.example/"] {
        assert_eq!(world.get(&format!("/api/qr/room.svg{wrong}")).await.status, 400, "{wrong}");
    }
}
