//! The feed over a WebSocket as a phone has it: all of it, then changes, then only what it missed; and phones that mean
//! ill. What the socket keeps for every conversation is tested with it.

use std::sync::Arc;

use ::party::{ByView, ItemView, QueueView, Why};
use base::{GuestId, ItemId};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::keeper::cookie as host_cookie;
use super::world::{LIMIT, Reply, World, hosts, seen, snapshot, snapshot_of};
use crate::http::Config;
use crate::http::following::{MESSAGE_BYTES_MAX, MESSAGES_BURST_MAX};
use crate::http::limits::Limits;
use crate::http::socket::sim::frame;
use crate::status::Snapshot;

/// The key of RFC 6455's example, and the answer to it (section 1.3).
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Head lines that ask for a WebSocket.
pub(super) const UPGRADE: [&str; 4] = [
    "Connection: keep-alive, Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/// Sends the request and reads the head of the answer.
pub(super) async fn knock(world: &World, path: &str, lines: &[&str]) -> (Reply, TcpStream) {
    let mut socket = TcpStream::connect(world.addr).await.unwrap();
    let lines = [&UPGRADE[..], lines].concat().join("\r\n");
    let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{lines}\r\n\r\n", world.addr);
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        read.push(timeout(LIMIT, socket.read_u8()).await.expect("an answer in time").expect("an answer"));
    }
    (Reply::parse(&read), socket)
}

/// A phone with a live connection.
pub(super) struct Phone {
    pub(super) socket: WebSocketStream<TcpStream>,
    cookie: String,
}

impl Phone {
    pub(super) async fn new(world: &World, query: &str, lines: &[&str]) -> Self {
        Self::at(world, &format!("/api/party/live{query}"), lines).await
    }

    /// A phone that follows the feed at `path`.
    pub(super) async fn at(world: &World, path: &str, lines: &[&str]) -> Self {
        let (reply, socket) = knock(world, path, lines).await;
        assert_eq!((reply.status, reply.header("sec-websocket-accept")), (101, ACCEPT), "{KEY}");
        assert_eq!((reply.header("connection"), reply.header("content-length")), ("Upgrade", ""));
        let cookie = reply.header("set-cookie").split(';').next().map(|pair| format!("Cookie: {pair}"));
        let socket = WebSocketStream::from_raw_socket(socket, Role::Client, None).await;
        Self { socket, cookie: cookie.unwrap_or_default() }
    }

    /// The next message of one of these types.
    pub(super) async fn next(&mut self, types: &[&str]) -> Value {
        let reading = async {
            loop {
                let Some(Ok(message)) = self.socket.next().await else { panic!("the server closed") };
                let Message::Text(text) = message else { continue };
                let message: Value = serde_json::from_str(&text).unwrap();
                if types.iter().any(|kind| message["type"] == *kind) {
                    return message;
                }
            }
        };
        timeout(LIMIT, reading).await.unwrap_or_else(|_| panic!("no {types:?} in time"))
    }

    /// The code with which the server ends the connection, 0 if it just ends.
    pub(super) async fn end(&mut self) -> u16 {
        let reading = async {
            let mut code = 0;
            while let Some(Ok(message)) = self.socket.next().await {
                if let Message::Close(Some(frame)) = message {
                    code = frame.code.into();
                }
            }
            code
        };
        timeout(LIMIT, reading).await.expect("the connection ends in time")
    }
}

/// A party that goes on, with one item in its queue, of guest 1.
fn party(playing: bool) -> Snapshot {
    let by = Some(ByView::Guest { label: GuestId(1) });
    let item = ItemView { track: Default::default(), by, votes: 2, boosted: false, why: vec![Why::Oldest] };
    let queue = QueueView { order: vec![ItemId(9)], items: [(ItemId(9), item)].into(), can_undo: false };
    snapshot_of([seen(|party| {
        party.session.title = "Garden".into();
        (party.playing, party.queue) = (playing, queue);
    })])
}

pub(super) async fn metric(world: &World, line: &str) -> bool {
    world.get("/metrics").await.text().lines().any(|found| found == line)
}

pub(super) async fn until_metric(world: &World, line: &str) {
    let reached = timeout(LIMIT, async {
        while !metric(world, line).await {
            tokio::task::yield_now().await;
        }
    });
    assert!(reached.await.is_ok(), "no {line} in {}", world.get("/metrics").await.text());
}

#[tokio::test]
async fn a_phone_is_sent_all_and_then_what_changes() {
    let world = World::new(Config::default()).await;
    let mut phone = Phone::new(&world, "", &[]).await;
    let first = phone.next(&["snapshot"]).await;
    assert_eq!((&first["state"]["name"], &first["state"]["playing"]), (&json!("Partybox"), &json!(true)));
    assert_eq!((&first["you"]["role"], &first["you"]["label"]), (&json!("guest"), &json!(1)));
    assert!(first["time_ms"].is_u64() && first["session"].is_string(), "{first}");
    let position = phone.next(&["position"]).await;
    assert_eq!((&position["track"], &position["playing"]), (&json!(1), &json!(true)));
    world.snapshot.send_replace(Arc::new(party(false)));
    let change = phone.next(&["change"]).await;
    assert_eq!(change["seq"], json!(first["seq"].as_u64().unwrap() + 1));
    let patch = &change["patch"];
    assert_eq!((&patch["playing"], &patch["name"]), (&json!(false), &Value::Null), "only what changed: {patch}");
    assert_eq!(patch["queue"]["items"]["9"]["by"], json!({ "label": 1 }));
    phone.next(&["position"]).await;
}

#[tokio::test]
async fn a_guests_name_and_rights_reach_phones_at_once() {
    let world = World::new(hosts()).await;
    world.snapshot.send_replace(Arc::new(party(true)));
    let mut phone = Phone::new(&world, "", &[]).await;
    let mut other = Phone::new(&world, "", &[]).await;
    assert_eq!(other.next(&["snapshot"]).await["you"]["label"], 2);
    let json = "Content-Type: application/json";
    let cookie = phone.cookie.clone();
    assert_eq!(world.ask("PUT", "/api/me", &[json, &cookie], br#"{"name":"Ann"}"#).await.status, 204);
    let mut you = phone.next(&["you"]).await;
    assert_eq!(you["value"]["name"], "Ann");
    loop {
        // Both are sent the queue's new name; the first change may be that of the party itself.
        let change = other.next(&["change"]).await;
        if change["patch"]["queue"]["items"]["9"]["by"] == json!({ "name": "Ann" }) {
            break;
        }
    }
    assert_eq!(world.ask("PUT", "/api/guests/1/dj", &[], &[]).await.status, 204);
    // By address everybody here is host, so the right shows in the list.
    let listed = world.get("/api/guests").await.text();
    assert!(
        listed.contains(r#""here":true,"label":1,"listening":false,"name":"Ann","requests":0,"role":"dj""#),
        "{listed}"
    );
    you["value"]["name"] = Value::Null;
    assert_eq!(you["value"]["role"], "host");
}

#[tokio::test]
async fn a_removed_host_is_a_guest_at_once() {
    let world = World::new(Config::default()).await;
    world.ask_from([127, 0, 0, 1], "POST", "/api/pairing").await;
    world.keeper.press();
    let mut phone = Phone::new(&world, "", &[&host_cookie(1)]).await;
    let first = phone.next(&["snapshot"]).await;
    assert_eq!((&first["you"]["role"], &first["you"]["pending"]), (&json!("host"), &json!([])));
    world.keeper.revoke(1);
    let you = phone.next(&["you"]).await;
    assert_eq!((&you["value"]["role"], &you["value"]["pending"]), (&json!("guest"), &Value::Null));
}

#[tokio::test]
async fn who_comes_back_is_sent_only_what_it_missed() {
    let world = World::new(Config::default()).await;
    let mut phone = Phone::new(&world, "", &[]).await;
    let first = phone.next(&["snapshot"]).await;
    let (session, seq) = (first["session"].as_str().unwrap().to_owned(), first["seq"].as_u64().unwrap());
    let cookie = phone.cookie.clone();
    world.snapshot.send_replace(Arc::new(snapshot_of([seen(|party| party.playing = false)])));
    phone.next(&["change"]).await;
    drop(phone);
    let mut again = Phone::new(&world, &format!("?session={session}&seq={seq}"), &[&cookie]).await;
    let missed = again.next(&["snapshot", "change"]).await;
    assert_eq!((&missed["type"], &missed["seq"]), (&json!("change"), &json!(seq + 1)));
    assert_eq!(missed["patch"]["playing"], false);
    assert!(missed["patch"]["name"].is_null(), "only what has changed: {missed}");
    assert_eq!(again.next(&["you"]).await["value"]["label"], 1, "it is the same guest");
    for query in [
        format!("?session={session}&seq={}", seq + 2),
        format!("?session=0000000000000000&seq={seq}"),
        "?session=&seq=-1".to_owned(),
        format!("?session={session}&seq=99999999999999999999"),
    ] {
        let mut stranger = Phone::new(&world, &query, &[]).await;
        assert_eq!(stranger.next(&["snapshot", "change"]).await["type"], "snapshot", "{query}");
    }
}

#[tokio::test]
async fn when_the_party_is_over_everybody_is_somebody_new() {
    let world = World::new(hosts()).await;
    let mut phone = Phone::new(&world, "", &[]).await;
    phone.next(&["snapshot"]).await;
    assert_eq!(world.ask("POST", "/api/party/end", &[], &[]).await.status, 204);
    assert_eq!(phone.end().await, 1013, "it may come back");
    let cookie = phone.cookie.clone();
    let again = Phone::new(&world, "", &[&cookie]).await;
    assert!(again.cookie.starts_with("Cookie: partybox_guest=") && again.cookie != cookie);
}

#[tokio::test]
async fn a_ping_comes_back_with_the_time_and_an_unknown_word_is_skipped() {
    let world = World::new(Config::default()).await;
    let mut phone = Phone::new(&world, "", &[]).await;
    phone.socket.send(Message::text(r#"{"type":"wave"}"#)).await.unwrap();
    phone.socket.send(Message::text(r#"{"type":"ping","t":12.5}"#)).await.unwrap();
    let pong = phone.next(&["pong"]).await;
    assert!(pong["t"] == 12.5 && pong["time_ms"].is_u64(), "{pong}");
}

#[tokio::test]
async fn what_is_no_websocket_is_answered_what_would_be() {
    let world = World::new(Config::default()).await;
    let without = |n: usize| UPGRADE.iter().enumerate().filter(move |(m, _)| *m != n).map(|(_, line)| *line);
    for n in 0..UPGRADE.len() {
        let lines: Vec<&str> = without(n).filter(|line| !line.starts_with("Connection")).collect();
        let reply = world.ask("GET", "/api/party/live", &lines, &[]).await;
        assert_eq!((reply.status, reply.header("upgrade")), (426, "websocket"), "{lines:?}");
        assert_eq!(reply.header("sec-websocket-version"), "13");
    }
    for page in ["Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"] {
        assert_eq!(knock(&world, "/api/party/live", &[page]).await.0.status, 403, "{page}");
    }
    let own = format!("Origin: http://{}", world.addr);
    assert_eq!(knock(&world, "/api/party/live", &[&own]).await.0.status, 101);
}

#[tokio::test]
async fn a_phone_that_breaks_the_rules_is_let_go_and_others_are_sent_what_changes() {
    let world = World::new(Config::default()).await;
    let mut other = Phone::new(&world, "", &[]).await;
    other.next(&["snapshot"]).await;
    let text = |payload: &[u8]| frame(0x81, payload.len() as u64, payload);
    let abuses = [
        ("binary", frame(0x82, 1, b"x"), 1003),
        ("no JSON", text(b"hello"), 1008),
        ("no object", text(b"[]"), 1008),
        ("too large", text(&[b' '; MESSAGE_BYTES_MAX + 1]), 1009),
        ("too many", text(b"{\"type\":\"x\"}").repeat(MESSAGES_BURST_MAX as usize + 1).into(), 1008),
    ];
    let count = abuses.len();
    for (name, bytes, code) in abuses {
        let mut phone = Phone::new(&world, "", &[]).await;
        phone.socket.get_mut().write_all(&bytes).await.unwrap();
        assert_eq!(phone.end().await, code, "{name}");
    }
    assert!(metric(&world, &format!("partybox_websockets_abuse_total {count}")).await);
    world.snapshot.send_replace(Arc::new(snapshot_of([seen(|party| party.playing = false)])));
    assert_eq!(other.next(&["change"]).await["patch"]["playing"], false);
}

#[tokio::test]
async fn phones_that_vanish_or_say_half_a_frame_leave_no_trace() {
    let world = World::new(Config::default()).await;
    for bytes in [&b""[..], b"\x81", b"\x81\xfe\x01", b"\x88\x80\0\0\0\0"] {
        let mut phone = Phone::new(&world, "", &[]).await;
        phone.socket.get_mut().write_all(bytes).await.unwrap();
    }
    until_metric(&world, "partybox_event_listeners 0").await;
    assert!(metric(&world, "partybox_guests_here 0").await);
    assert!(metric(&world, "partybox_websockets_abuse_total 0").await, "to go away breaks no rule");
}

#[tokio::test]
async fn bytes_that_come_with_the_request_are_heard() {
    let world = World::new(Config::default()).await;
    let mut socket = TcpStream::connect(world.addr).await.unwrap();
    let head = format!("GET /api/party/live HTTP/1.1\r\nHost: {}\r\n{}\r\n\r\n", world.addr, UPGRADE.join("\r\n"));
    let ping = br#"{"type":"ping","t":1}"#;
    let both = [head.as_bytes(), &frame(0x81, ping.len() as u64, ping)].concat();
    socket.write_all(&both).await.unwrap();
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(r#""type":"pong""#) {
        read.push(timeout(LIMIT, socket.read_u8()).await.expect("a pong in time").expect("a pong"));
    }
}

#[tokio::test]
async fn a_phone_that_never_reads_is_let_go_and_others_are_sent_what_changes() {
    let limits = Limits { write_timeout: std::time::Duration::from_millis(300), ..Limits::default() };
    let world = World::new(Config { limits, ..Config::default() }).await;
    let slow = TcpSocket::new_v4().unwrap();
    slow.set_recv_buffer_size(4_096).unwrap();
    let mut slow = slow.connect(world.addr).await.unwrap();
    let head = format!("GET /api/party/live HTTP/1.1\r\nHost: {}\r\n{}\r\n\r\n", world.addr, UPGRADE.join("\r\n"));
    slow.write_all(head.as_bytes()).await.unwrap();
    let mut other = Phone::new(&world, "", &[]).await;
    other.next(&["snapshot"]).await;
    let mut turn = 0;
    let gone = timeout(LIMIT, async {
        while !metric(&world, "partybox_websockets_slow_total 1").await {
            turn += 1;
            // More than ring, kernel and phone hold for one connection.
            let name = format!("{turn}{}", "x".repeat(200_000));
            world.snapshot.send_replace(Arc::new(Snapshot { name, ..snapshot() }));
            other.next(&["change"]).await;
        }
    });
    gone.await.expect("the one that never reads is let go");
    assert!(metric(&world, "partybox_event_listeners 1").await, "its place is free");
}

#[tokio::test]
async fn places_are_limited_and_given_back() {
    let limits = Limits { event_listeners_max: 2, ..Limits::default() };
    let world = World::new(Config { limits, ..Config::default() }).await;
    for _ in 0..300 {
        let (one, two) = (Phone::new(&world, "", &[]).await, Phone::new(&world, "", &[]).await);
        let (refused, _) = knock(&world, "/api/party/live", &[]).await;
        assert_eq!((refused.status, refused.header("retry-after")), (503, "10"));
        drop((one, two));
        until_metric(&world, "partybox_event_listeners 0").await;
    }
}

#[tokio::test]
async fn every_open_connection_ends_with_the_server() {
    let mut world = World::new(Config::default()).await;
    let mut phone = Phone::new(&world, "", &[]).await;
    phone.next(&["snapshot"]).await;
    drop(world.stop.take());
    assert_eq!(phone.end().await, 1012);
    timeout(LIMIT, world.server).await.expect("the server ends").unwrap();
}

#[tokio::test]
async fn a_message_larger_than_a_packet_of_the_kernel_arrives_whole() {
    let world = World::new(Config::default()).await;
    let mut phone = Phone::new(&world, "", &[]).await;
    phone.next(&["snapshot"]).await;
    let name = "ü".repeat(300_000);
    world.snapshot.send_replace(Arc::new(Snapshot { name: name.clone(), ..snapshot() }));
    assert_eq!(phone.next(&["change"]).await["patch"]["name"], json!(name));
    phone.socket.send(Message::Ping(Bytes::from_static(b"?"))).await.unwrap();
    let answered = timeout(LIMIT, async {
        loop {
            if let Some(Ok(Message::Pong(text))) = phone.socket.next().await {
                return text;
            }
        }
    });
    assert_eq!(answered.await.unwrap(), Bytes::from_static(b"?"));
}
