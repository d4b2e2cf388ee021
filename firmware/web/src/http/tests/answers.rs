//! Answers as such: when they come, what they say of the time, and of what is done and not kept.

use std::time::{Duration, SystemTime};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::world::{LIMIT, NOT_KEPT_DB, Reply, World, hosts};

const JSON: &str = "Content-Type: application/json";

#[tokio::test]
async fn who_has_said_all_and_closes_their_half_is_answered() {
    let world = World::new(hosts()).await;
    for (request, status) in [
        ("GET /api/party/status HTTP/1.1\r\nHost: @\r\n\r\n", 200),
        ("POST /api/party/play HTTP/1.1\r\nHost: @\r\n\r\n", 204),
        (
            "PUT /api/party/volume HTTP/1.1\r\nHost: @\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"db\":-6}",
            204,
        ),
        ("GET / HTTP/1.0\r\n\r\n", 200),
    ] {
        let mut socket = TcpStream::connect(world.addr).await.unwrap();
        socket.write_all(request.replace('@', &world.addr.to_string()).as_bytes()).await.unwrap();
        socket.shutdown().await.unwrap();
        let mut all = Vec::new();
        timeout(LIMIT, socket.read_to_end(&mut all)).await.expect("the server closes in time").unwrap();
        assert_eq!(Reply::parse(&all).status, status, "{request}");
    }
}

#[tokio::test]
async fn every_answer_says_once_what_time_it_is() {
    let world = World::new(hosts()).await;
    for path in ["/", "/api/party/status", "/nothing", "/stream/main.mp3?x"] {
        let now = SystemTime::now();
        let reply = if path.starts_with("/stream") {
            // Its body has no end; the head is enough.
            let mut socket = TcpStream::connect(world.addr).await.unwrap();
            let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", world.addr);
            socket.write_all(request.as_bytes()).await.unwrap();
            let mut head = vec![0; 4_096];
            let read = timeout(LIMIT, socket.read(&mut head)).await.expect("in time").unwrap();
            Reply::parse(&head[..read])
        } else {
            world.get(path).await
        };
        let dates = reply.headers.iter().filter(|(name, _)| name == "date").count();
        let said = httpdate::parse_http_date(reply.header("date")).expect("a date");
        // In whole seconds.
        let apart = said.duration_since(now).or_else(|_| now.duration_since(said)).unwrap();
        assert!(dates == 1 && apart < Duration::from_secs(30), "{path}: {dates} dates, {apart:?} off");
    }
}

#[tokio::test]
async fn what_is_done_and_not_kept_is_said_in_these_words() {
    let world = World::new(hosts()).await;
    let body = format!("{{\"db\":{NOT_KEPT_DB}}}");
    let reply = world.ask("PUT", "/api/party/volume", &[JSON], body.as_bytes()).await;
    assert_eq!(reply.status, 507);
    assert!(reply.text().contains("\"code\":\"not-kept\"") && reply.text().contains("It is done"), "{}", reply.text());
}
