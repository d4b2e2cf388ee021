//! How many streams, senders and receivers there may be, and that nothing of them is left behind.

use futures_util::SinkExt;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::super::live::knock;
use super::super::world::{LIMIT, World, hosts};
use super::{Client, answer, offer, receive, until};
use crate::http::Config;

/// What `/stream/status` says of a stream.
pub(super) async fn shown(world: &World, stream: &str) -> Value {
    let all: Value = serde_json::from_str(&world.get("/stream/status").await.text()).unwrap();
    all["streams"].as_array().unwrap().iter().find(|one| one["id"] == *stream).cloned().unwrap_or_default()
}

/// A player that hears the MP3 of a stream, and is counted as the only one.
pub(super) async fn player(world: &World, stream: &str) -> TcpStream {
    let mut socket = TcpStream::connect(world.addr).await.unwrap();
    let ask = format!("GET /stream/{stream}.mp3 HTTP/1.1\r\nHost: {}\r\n\r\n", world.addr);
    socket.write_all(ask.as_bytes()).await.unwrap();
    let counted = timeout(LIMIT, async { while shown(world, stream).await["listeners"] != 1 {} });
    assert!(counted.await.is_ok(), "{}", shown(world, stream).await);
    socket
}

#[tokio::test]
async fn who_hears_the_mp3_of_a_stream_is_one_of_its_receivers() {
    let streams = hub::Limits { receivers: 1, ..hub::Limits::default() };
    let world = World::new(Config { streams, ..hosts() }).await;
    let (mut sender, mut receiver) = (Client::new(&world).await, Client::new(&world).await);
    let stream = sender.send("sound").await;
    receiver.next("stream_available").await;
    let _player = player(&world, &stream).await;
    let second = world.get(&format!("/stream/{stream}.mp3")).await;
    assert_eq!((second.status, second.header("retry-after")), (503, "10"), "{}", second.text());
    assert_eq!(receiver.wrong(&receive(&stream)).await, "full");
    let offer = world.ask("POST", &format!("/whep/{stream}"), &["Content-Type: application/sdp"], b"v=0").await;
    assert_eq!(offer.status, 503, "{}", offer.text());
    assert_eq!(world.ask("HEAD", &format!("/stream/{stream}.mp3"), &[], &[]).await.status, 200, "asking is no hearing");
}

#[tokio::test]
async fn limits_refuse_with_a_reason_and_a_time() {
    let streams = hub::Limits { connections: 3, senders: 1, receivers: 1, ..hub::Limits::default() };
    let world = World::new(Config { streams, ..hosts() }).await;
    let (mut sender, mut second) = (Client::new(&world).await, Client::new(&world).await);
    let third = Client::new(&world).await;
    let (full, _) = knock(&world, "/ws", &[]).await;
    assert_eq!((full.status, full.header("retry-after")), (503, "10"));
    let stream = sender.send("sound").await;
    second.say(r#"{"type":"start_sending"}"#).await;
    let error = second.next("error").await;
    assert_eq!((&error["code"], &error["retry_after_s"]), (&json!("full"), &json!(10)), "{error}");
    second.next("stream_available").await;
    second.say(&receive(&stream)).await;
    second.next("webrtc_offer").await;
    drop(third);
    let metric = "partybox_stream_connections 2\n";
    let reached = timeout(LIMIT, async { while !world.get("/metrics").await.text().contains(metric) {} });
    assert!(reached.await.is_ok(), "{metric}");
    let mut third = Client::new(&world).await;
    assert_eq!(third.wrong(&receive(&stream)).await, "full");
    let offer = world.ask("POST", &format!("/whep/{stream}"), &["Content-Type: application/sdp"], b"v=0").await;
    assert_eq!((offer.status, offer.header("retry-after")), (503, "10"), "{}", offer.text());
}

#[tokio::test]
async fn two_hundred_random_visits_leave_nothing_behind() {
    let streams = hub::Limits { connections: 6, senders: 3, receivers: 2, streams: 3, ..hub::Limits::default() };
    let world = World::new(Config { streams, ..hosts() }).await;
    let seed = rand::random();
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut clients, mut begun) = (Vec::new(), 0);
    for _ in 0..200 {
        let at = if clients.is_empty() { 0 } else { rng.random_range(0..clients.len()) };
        match rng.random_range(0..6) {
            // Some are refused, and some are as quick as the last one was slow to be missed.
            0 | 1 => {
                let (reply, socket) = knock(&world, "/ws", &[]).await;
                if reply.status == 101 {
                    clients.push(WebSocketStream::from_raw_socket(socket, Role::Client, None).await);
                    begun += 1;
                }
            }
            // Killed.
            2 if !clients.is_empty() => drop(clients.swap_remove(at)),
            _ if clients.is_empty() => {}
            _ => {
                let said = [
                    r#"{"type":"start_sending"}"#.to_owned(),
                    offer("sound"),
                    offer("brief"),
                    receive("latest"),
                    answer("v=0"),
                    r#"{"type":"stop_stream"}"#.to_owned(),
                ];
                // Who said too much has been let go.
                _ = clients[at].send(Message::text(said[rng.random_range(0..said.len())].as_str())).await;
            }
        }
    }
    drop(clients);
    assert!(begun > 6, "{begun}");
    until(&world, |said| said["active_streams"] == json!(["main"]) && said["senders"] == 0).await;
    let lines = ["stream_connections 0", "stream_senders 0", "relayed_streams 0", "event_listeners 0"];
    let mut metrics = String::new();
    let reached = timeout(LIMIT, async {
        while !lines.iter().all(|line| metrics.contains(&format!("partybox_{line}\n"))) {
            metrics = world.get("/metrics").await.text();
        }
    });
    assert!(reached.await.is_ok(), "{metrics}");
}
