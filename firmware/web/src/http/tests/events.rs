//! Server-sent events: sent at once and at every change, and only what was missed to whoever says what it knows.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::world::{LIMIT, World, hosts, seen, snapshot_of};
use crate::http::Config;

/// A program that listens to events.
struct Program {
    socket: TcpStream,
    /// Everything it has heard.
    text: String,
}

impl Program {
    async fn new(world: &World, lines: &str) -> Self {
        let mut socket = TcpStream::connect(world.addr).await.unwrap();
        let request = format!("GET /api/party/events HTTP/1.1\r\nHost: {}\r\n{lines}\r\n", world.addr);
        socket.write_all(request.as_bytes()).await.unwrap();
        Self { socket, text: String::new() }
    }

    /// Reads until it has heard `wanted`.
    async fn until(&mut self, wanted: &str) {
        let mut buffer = [0; 4_096];
        // Positions come for ever, so it is the whole that has a limit.
        let heard = timeout(LIMIT, async {
            while !self.text.contains(wanted) {
                let count = self.socket.read(&mut buffer).await.unwrap();
                assert!(count > 0, "the server closed: {}", self.text);
                self.text.push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        });
        let in_time = heard.await.is_ok();
        assert!(in_time, "no {wanted:?} in {}", self.text);
    }

    /// The `id` of the last event that had one.
    fn id(&self) -> String {
        self.text.rsplit_once("\nid: ").and_then(|(_, rest)| rest.split('\n').next()).expect("an id").to_owned()
    }
}

#[tokio::test]
async fn events_come_at_once_and_at_every_change() {
    let world = World::new(hosts()).await;
    let mut program = Program::new(&world, "").await;
    program.until("\n\n").await;
    assert!(program.text.contains("content-type: text/event-stream"), "{}", program.text);
    program.until("event: status\ndata: {\"").await;
    program.until("\"name\":\"Partybox\"").await;
    world.snapshot.send_replace(Arc::new(snapshot_of([seen(|party| party.playing = false)])));
    program.until("\"playing\":false").await;
    assert!(program.text.contains("\"you_are_host\":true"));
}

#[tokio::test]
async fn who_comes_back_with_the_last_id_is_sent_only_what_it_missed() {
    let world = World::new(Config::default()).await;
    let mut program = Program::new(&world, "").await;
    program.until("event: snapshot\nid: ").await;
    program.until("\n\nevent: position\n").await;
    let known = program.id();
    drop(program);
    // Somebody else gets the change, so it has happened.
    let mut other = Program::new(&world, "").await;
    other.until("event: snapshot\n").await;
    world.snapshot.send_replace(Arc::new(snapshot_of([seen(|party| party.playing = false)])));
    other.until("event: change\n").await;
    let (session, seq) = known.split_once(':').expect("a run of the box, and a number");
    let seq: u64 = seq.parse().expect("a number");

    let mut again = Program::new(&world, &format!("Last-Event-ID: {known}\r\n")).await;
    again.until("event: you\n").await;
    assert!(!again.text.contains("event: snapshot"), "{}", again.text);
    assert!(again.text.contains(&format!("event: change\nid: {session}:{}\ndata: ", seq + 1)), "{}", again.text);
    assert!(again.text.contains(r#""playing":false"#), "{}", again.text);

    let strange =
        [format!("{session}:{}", seq + 9), format!("{session}:x"), format!("0:{seq}"), ":".into(), "3".into()];
    for id in strange {
        let mut stranger = Program::new(&world, &format!("Last-Event-ID: {id}\r\n")).await;
        stranger.until("event: snapshot\n").await;
    }
}
