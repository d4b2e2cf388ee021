//! The signaling of relayed streams as a client has it: its order, who may send, what others are told, and what ends a stream.

mod limits;

use std::sync::Arc;

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::guests::join;
use super::keeper::cookie;
use super::live::Phone;
use super::table::paired;
use super::world::{LIMIT, World, hosts, seen, snapshot_of};
use crate::http::Config;

const JSON: &str = "Content-Type: application/json";

/// What a server says.
const KINDS: [&str; 7] =
    ["available_streams", "stream_available", "stream_ended", "sender_ready", "webrtc_offer", "webrtc_answer", "error"];

/// A client that speaks on `/ws`, and what it was told and has not asked for yet.
struct Client(Phone, Vec<Value>);

impl Client {
    async fn at(world: &World, query: &str, lines: &[&str]) -> Self {
        let mut client = Self(Phone::at(world, &format!("/ws{query}"), lines).await, Vec::new());
        let first = client.next("available_streams").await;
        assert!(first["streams"].as_array().is_some_and(|all| all.contains(&json!("main"))), "{first}");
        client
    }

    async fn new(world: &World) -> Self {
        Self::at(world, "", &[]).await
    }

    async fn say(&mut self, message: &str) {
        self.0.socket.send(Message::text(message)).await.unwrap();
    }

    /// The next message of this type.
    async fn next(&mut self, kind: &str) -> Value {
        loop {
            if let Some(at) = self.1.iter().position(|told| told["type"] == kind) {
                return self.1.remove(at);
            }
            self.1.push(self.0.next(&KINDS).await);
        }
    }

    /// Says something and returns the code of the error that it is answered with.
    async fn wrong(&mut self, message: &str) -> String {
        self.say(message).await;
        let error = self.next("error").await;
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{error}");
        error["code"].as_str().unwrap().to_owned()
    }

    /// Begins to send, and returns the stream's id.
    async fn send(&mut self, sdp: &str) -> String {
        self.say(r#"{"type":"start_sending"}"#).await;
        assert_eq!(self.next("sender_ready").await, json!({ "type": "sender_ready" }));
        self.say(&offer(sdp)).await;
        let answer = self.next("webrtc_answer").await;
        assert_eq!(answer["answer"], json!({ "type": "answer", "sdp": "v=0" }));
        answer["stream_id"].as_str().unwrap().to_owned()
    }
}

fn offer(sdp: &str) -> String {
    json!({ "type": "webrtc_offer", "offer": { "type": "offer", "sdp": sdp } }).to_string()
}

fn answer(sdp: &str) -> String {
    json!({ "type": "webrtc_answer", "answer": { "type": "answer", "sdp": sdp } }).to_string()
}

fn receive(stream: &str) -> String {
    json!({ "type": "start_receiving", "stream_id": stream }).to_string()
}

async fn health(world: &World) -> Value {
    serde_json::from_str(&world.get("/health").await.text()).unwrap()
}

/// Waits until `/health` says so.
async fn until(world: &World, is_so: impl Fn(&Value) -> bool) {
    let reached = timeout(LIMIT, async {
        while !is_so(&health(world).await) {
            tokio::task::yield_now().await;
        }
    });
    assert!(reached.await.is_ok(), "{}", health(world).await);
}

/// Waits until the fan-out was asked something that begins so.
async fn until_asked(world: &World, what: &str) {
    let reached = timeout(LIMIT, async {
        while !world.asked.lock().unwrap().iter().any(|asked| asked.starts_with(what)) {
            tokio::task::yield_now().await;
        }
    });
    assert!(reached.await.is_ok(), "{what}: {:?}", world.asked.lock().unwrap());
}

#[tokio::test]
async fn a_stream_is_told_to_everybody_while_it_can_be_heard_and_ends_with_its_socket() {
    let world = World::new(hosts()).await;
    let mut receiver = Client::new(&world).await;
    let mut sender = Client::new(&world).await;
    let stream = sender.send("sound").await;
    assert_eq!(receiver.next("stream_available").await["stream_id"], *stream);
    receiver.say(r#"{"type":"get_available_streams"}"#).await;
    assert_eq!(receiver.next("available_streams").await["streams"], json!([stream, "main"]));
    let said = health(&world).await;
    assert_eq!((&said["active_streams"], &said["senders"]), (&json!([stream, "main"]), &json!(1)));
    receiver.say(&receive(&stream)).await;
    let offered = receiver.next("webrtc_offer").await;
    assert_eq!((&offered["stream_id"], &offered["offer"]), (&json!(stream), &json!({ "type": "offer", "sdp": "v=0" })));
    receiver.say(r#"{"type":"ice_candidate","candidate":{"candidate":"candidate:1"}}"#).await;
    receiver.say(&answer("v=0")).await;
    until_asked(&world, "Accept").await;
    // The phone is carried away: no good-bye.
    drop(sender);
    assert_eq!(receiver.next("stream_ended").await["stream_id"], *stream);
    until(&world, |said| said["active_streams"] == json!(["main"]) && said["senders"] == 0).await;
    assert_eq!(receiver.wrong(&receive(&stream)).await, "no-such-stream");
    // It is free for something else, such as a channel.
    receiver.say(&receive("latest")).await;
    assert_eq!(receiver.next("webrtc_offer").await["stream_id"], "main");
    let metrics = world.get("/metrics").await.text();
    assert!(metrics.contains("partybox_relayed_streams_begun_total 1\n"), "{metrics}");
    assert!(metrics.contains("partybox_relayed_streams 0\n"), "{metrics}");
}

#[tokio::test]
async fn who_takes_the_first_stream_hears_the_newest_sender_and_no_silent_channel() {
    let world = World::new(hosts()).await;
    let plays = |is_on| world.snapshot.send_replace(Arc::new(snapshot_of([seen(|party| party.playing = is_on)])));
    let mut early = Client::new(&world).await;
    plays(false);
    assert_eq!(early.next("stream_ended").await["stream_id"], "main");
    assert_eq!(early.wrong(&receive("main")).await, "no-such-stream");
    let mut senders = Vec::new();
    for _ in 0..2 {
        let mut phone = Client(Phone::at(&world, "/ws", &[]).await, Vec::new());
        let stream = phone.send("sound").await;
        assert_eq!(early.next("stream_available").await["stream_id"], *stream);
        senders.push((phone, stream));
    }
    let (first, second) = (&senders[0].1, &senders[1].1);
    plays(true);
    assert_eq!(early.next("stream_available").await["stream_id"], "main");
    let all = json!([second, first, "main"]);
    early.say(r#"{"type":"get_available_streams"}"#).await;
    assert_eq!(early.next("available_streams").await["streams"], all);
    assert_eq!(health(&world).await["active_streams"], all);
    // A channel that pauses is a stream that has ended, to who receives it as well.
    early.say(&receive("main")).await;
    early.next("webrtc_offer").await;
    plays(false);
    assert_eq!(early.next("stream_ended").await["stream_id"], "main");
    early.say(&receive(second)).await;
    assert_eq!(early.next("webrtc_offer").await["stream_id"], **second);
}

#[tokio::test]
async fn a_page_of_others_hears_and_sends_by_its_own_right_and_not_by_the_phones() {
    let world = World::new(Config::default()).await;
    paired(&world, 1).await;
    let foreign = "Origin: http://home.example:8123";
    let (own, phone) = (format!("Origin: http://{}", world.addr), cookie(1));
    let mut page = Client::at(&world, "", &[foreign, &phone]).await;
    page.say(&receive("main")).await;
    assert_eq!(page.next("webrtc_offer").await["stream_id"], "main");
    page.say(r#"{"type":"stop_stream"}"#).await;
    assert_eq!(
        page.wrong(r#"{"type":"start_sending"}"#).await,
        "may-not-send",
        "the phone is a host's, the page is not"
    );
    let mut ours = Client::at(&world, "", &[&own, &phone]).await;
    ours.send("sound").await;
    let token = world.senders.issue("Card", None).unwrap().unwrap().1.to_hex();
    let mut card = Client::at(&world, &format!("?token={token}"), &[foreign]).await;
    card.send("sound").await;
}

#[tokio::test]
async fn what_has_no_place_is_named_and_the_connection_goes_on() {
    let world = World::new(hosts()).await;
    let mut client = Client::new(&world).await;
    for (message, code) in [
        ("hello".to_owned(), "not-json"),
        (r#"{"type":"dance"}"#.to_owned(), "unknown-type"),
        (r#"{"type":"start_receiving"}"#.to_owned(), "missing-stream-id"),
        (receive("nowhere"), "no-such-stream"),
        (offer("v=0"), "wrong-order"),
        (answer("v=0"), "wrong-order"),
        (r#"{"type":"ice_candidate"}"#.to_owned(), "wrong-order"),
        (r#"{"type":"stop_stream"}"#.to_owned(), "wrong-order"),
    ] {
        assert_eq!(client.wrong(&message).await, code, "{message}");
    }
    client.say(r#"{"type":"start_sending"}"#).await;
    client.next("sender_ready").await;
    assert_eq!(health(&world).await["senders"], 0, "nothing is sent yet");
    assert_eq!(client.wrong(r#"{"type":"start_sending"}"#).await, "wrong-order");
    assert_eq!(client.wrong(&receive("main")).await, "wrong-order");
    assert_eq!(client.wrong(&answer("v=0")).await, "wrong-order");
    assert_eq!(client.wrong(&offer("bad")).await, "bad-sdp");
    assert_eq!(client.wrong(&offer("video")).await, "not-acceptable");
    // After a bad offer comes a good one.
    client.say(&offer("sound")).await;
    let stream = client.next("webrtc_answer").await["stream_id"].clone();
    assert_eq!(client.next("stream_available").await["stream_id"], stream);
    assert_eq!(client.wrong(&offer("sound")).await, "wrong-order");
    client.say(r#"{"type":"stop_stream"}"#).await;
    assert_eq!(client.next("stream_ended").await["stream_id"], stream);
    // What a browser found out for the stream that has ended is no mistake; the next error is that of the next message.
    client.say(r#"{"type":"ice_candidate"}"#).await;
    assert_eq!(client.wrong(r#"{"type":"dance"}"#).await, "unknown-type");
    client.say(&receive("main")).await;
    client.next("webrtc_offer").await;
    assert_eq!(client.wrong(&answer("bad")).await, "bad-sdp");
    assert_eq!(client.wrong(&answer("v=0")).await, "wrong-order", "it is asked for anew");
}

#[tokio::test]
async fn who_may_not_send_to_a_channel_may_not_send_a_stream() {
    let world = World::new(Config::default()).await;
    let mut guest = Client::new(&world).await;
    assert_eq!(guest.wrong(r#"{"type":"start_sending"}"#).await, "may-not-send");
    guest.say(&receive("main")).await;
    guest.next("webrtc_offer").await;
    let main = base::ChannelId::new("main").unwrap();
    let of_channel = world.senders.issue("Red", Some(main)).unwrap().unwrap().1.to_hex();
    for token in ["0", &of_channel] {
        let mut program = Client::at(&world, &format!("?token={token}"), &[]).await;
        assert_eq!(program.wrong(r#"{"type":"start_sending"}"#).await, "token");
    }
    let (_, secret) = world.senders.issue("Phone", None).unwrap().unwrap();
    let mut program = Client::at(&world, &format!("?token={}", secret.to_hex()), &[]).await;
    program.send("sound").await;
}

#[tokio::test]
async fn a_right_that_is_taken_back_ends_what_is_sent_by_it() {
    let world = World::new(hosts()).await;
    let made = world.ask("POST", "/api/senders", &[JSON], br#"{"name":"Desk"}"#).await;
    let made: Value = serde_json::from_str(&made.text()).unwrap();
    let mut desk = Client::at(&world, &format!("?token={}", made["token"].as_str().unwrap()), &[]).await;
    let first = desk.send("sound").await;
    desk.next("stream_available").await;
    assert_eq!(world.ask("DELETE", &format!("/api/senders/{}", made["id"]), &[], &[]).await.status, 204);
    assert_eq!(desk.next("stream_ended").await["stream_id"], *first);
    assert_eq!(desk.wrong(r#"{"type":"start_sending"}"#).await, "token");
    let mut host = Client::new(&world).await;
    let second = host.send("sound").await;
    host.next("stream_available").await;
    for (stream, status) in [(first.as_str(), 404), (&second, 204), (&second, 404), ("No Name", 404)] {
        let ended = world.ask("DELETE", &format!("/api/streams/{}", stream.replace(' ', "%20")), &[], &[]).await;
        assert_eq!(ended.status, status, "{stream}: {}", ended.text());
    }
    assert_eq!(host.next("stream_ended").await["stream_id"], *second);
    // What nobody could hear yet is told to its sender only.
    host.say(r#"{"type":"start_sending"}"#).await;
    host.next("sender_ready").await;
    host.say(&offer("silent")).await;
    let third = host.next("webrtc_answer").await["stream_id"].clone();
    host.say(r#"{"type":"stop_stream"}"#).await;
    host.say(r#"{"type":"get_available_streams"}"#).await;
    assert_eq!(host.next("available_streams").await["streams"], json!(["main"]), "{third}");
}

#[tokio::test]
async fn a_dj_sends_until_that_is_over() {
    let world = World::new(Config::default()).await;
    paired(&world, 1).await;
    let host = cookie(1);
    for (label, end) in [(1, "DELETE /api/guests/1/dj"), (2, "POST /api/party/end")] {
        let guest = join(&world).await;
        let made = world.ask("PUT", &format!("/api/guests/{label}/dj"), &[&host], &[]).await;
        assert_eq!(made.status, 204, "{}", made.text());
        let mut dj = Client::at(&world, "", &[&guest]).await;
        dj.send("sound").await;
        dj.next("stream_available").await;
        let (method, path) = end.split_once(' ').unwrap();
        assert_eq!(world.ask(method, path, &[&host], &[]).await.status, 204, "{end}");
        until(&world, |said| said["senders"] == 0 && said["active_streams"] == json!(["main"])).await;
    }
}

#[tokio::test]
async fn a_senders_stream_is_the_latest_and_its_mp3_is_named_and_counted() {
    let world = World::new(hosts()).await;
    let mut sender = Client::new(&world).await;
    let stream = sender.send("sound").await;
    sender.next("stream_available").await;
    for name in [&stream, "latest", "main"] {
        assert_eq!(world.ask("HEAD", &format!("/stream/{name}.mp3"), &[], &[]).await.status, 200, "{name}");
    }
    let none = world.get("/stream/none.mp3").await;
    assert!(none.text().contains(&format!("latest.mp3, main.mp3, {stream}.mp3")), "{}", none.text());
    assert_eq!(limits::shown(&world, &stream).await["listeners"], 0);
    let _player = limits::player(&world, &stream).await;
    let sdp = ["Content-Type: application/sdp"];
    world.ask("POST", "/whep/latest", &sdp, b"v=0").await;
    let asked = world.asked.lock().unwrap().pop().unwrap();
    assert!(asked.contains(&stream), "{asked}");
}
