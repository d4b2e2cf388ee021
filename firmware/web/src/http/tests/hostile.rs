//! Requests made to hurt: each is refused within bounds, and the next guest is served as if nothing had been.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::world::{LIMIT, Reply, World, hosts};
use crate::http::Config;
use crate::http::limits::Limits;

/// Short limits, so that a test need not wait for long ones.
fn short() -> Config {
    let tenth = Duration::from_millis(100);
    let limits = Limits {
        head_timeout: tenth,
        idle_timeout: tenth,
        body_timeout: tenth,
        write_timeout: tenth,
        ..Limits::default()
    };
    Config { limits, ..Config::default() }
}

/// One kind of abuse: its name, the bytes (with `@` for our address), the statuses that are right (0: closed unanswered).
type Abuse = (&'static str, Vec<u8>, &'static [u16]);

fn abuses() -> Vec<Abuse> {
    let get = |rest: &str| format!("GET {rest}\r\n\r\n").into_bytes();
    let with =
        |lines: &str| format!("GET /health HTTP/1.1\r\nHost: @\r\nConnection: close\r\n{lines}\r\n\r\n").into_bytes();
    let post = |lines: &str, body: &str| {
        format!("POST /whep/main HTTP/1.1\r\nHost: @\r\nContent-Type: application/sdp\r\n{lines}\r\n\r\n{body}")
            .into_bytes()
    };
    let many = |line: &str, count: usize| vec![line; count].join("\r\n");
    vec![
        ("no Host", get("/health HTTP/1.1"), &[400]),
        ("two Hosts", with("Host: @"), &[400]),
        ("absolute URI of another", get("http://evil.example/ HTTP/1.1\r\nHost: @"), &[421]),
        ("dot dot", get("/../etc/passwd HTTP/1.1\r\nHost: @\r\nConnection: close"), &[404]),
        ("encoded dot dot", get("/%2e%2e/etc/passwd HTTP/1.1\r\nHost: @\r\nConnection: close"), &[404]),
        ("encoded zero", get("/stream/%00.mp3 HTTP/1.1\r\nHost: @\r\nConnection: close"), &[404]),
        ("overlong UTF-8", get("/stream/%c0%ae.mp3 HTTP/1.1\r\nHost: @\r\nConnection: close"), &[400]),
        ("8 KiB URI", get(&format!("/{} HTTP/1.1\r\nHost: @", "a".repeat(8_192))), &[414]),
        ("65 headers", with(&many("X: y", 65)), &[431]),
        ("16 KiB header", with(&format!("X: {}", "y".repeat(16 * 1_024))), &[431]),
        ("8 KiB cookie", with(&format!("Cookie: {}", "y".repeat(8 * 1_024))), &[200]),
        ("header without colon", with("nonsense"), &[400]),
        ("bare CR", with("X: a\rb"), &[400]),
        ("space before colon", with("X : a"), &[400]),
        ("folded header", with("X: a\r\n b"), &[400]),
        ("length and chunks", post("Content-Length: 3\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), &[400, 201]),
        ("two lengths", post("Content-Length: 3\r\nContent-Length: 4", "abcd"), &[400]),
        ("negative length", post("Content-Length: -1", ""), &[400]),
        ("length beyond reason", post("Content-Length: 9223372036854775808", ""), &[413]),
        ("length beyond 64 bits", post("Content-Length: 99999999999999999999", ""), &[400]),
        ("chunk beyond 64 bits", post("Transfer-Encoding: chunked", "fffffffffffffffff\r\nx"), &[400]),
        (
            "flood of chunk extensions",
            post("Transfer-Encoding: chunked", &format!("1;{}\r\n", "x".repeat(20_000))),
            &[400],
        ),
        ("body on GET", with("Content-Length: 1"), &[400]),
        ("continue, then nothing", post("Content-Length: 5\r\nExpect: 100-continue", ""), &[100]),
        ("slow head", b"GET / HTTP/1.1\r\nHost:".to_vec(), &[0]),
        ("nothing at all", vec![], &[0]),
        ("slow body", post("Content-Length: 5", "v="), &[408]),
        ("unknown method", b"BREW /health HTTP/1.1\r\nHost: @\r\n\r\n".to_vec(), &[405]),
        ("TRACE", b"TRACE /health HTTP/1.1\r\nHost: @\r\n\r\n".to_vec(), &[405]),
        ("CONNECT", b"CONNECT evil.example:443 HTTP/1.1\r\nHost: @\r\n\r\n".to_vec(), &[421]),
        ("CONNECT to us", b"CONNECT @ HTTP/1.1\r\nHost: @\r\nConnection: close\r\n\r\n".to_vec(), &[404, 405]),
        ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), &[0, 400, 505]),
        ("TLS on a plain port", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), &[0, 400]),
        ("WebSocket", with("Upgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13"), &[200]),
        (
            "range bomb",
            get(&format!("/nothing HTTP/1.1\r\nHost: @\r\nConnection: close\r\nRange: bytes={}", "0-1,".repeat(1_000))),
            &[404],
        ),
        ("empty SDP", post("Content-Length: 0\r\nConnection: close", ""), &[201]),
        ("zero bytes", vec![0; 4_000], &[0, 400]),
    ]
}

async fn still_serves(world: &World, after: &str) {
    let reply = timeout(LIMIT, world.get("/health")).await.expect("an answer in time");
    assert_eq!(reply.status, 200, "after {after}");
}

#[tokio::test]
async fn every_abuse_is_refused_within_bounds() {
    let world = World::new(short()).await;
    let address = world.addr.to_string();
    for (name, bytes, expected) in abuses() {
        let bytes = String::from_utf8(bytes.clone()).map_or(bytes, |text| text.replace('@', &address).into_bytes());
        let reply = world.raw(&bytes).await;
        assert!(expected.contains(&reply.status), "{name}: {} {}", reply.status, reply.text());
        still_serves(&world, name).await;
    }
}

#[tokio::test]
async fn a_head_that_drips_is_cut_off_however_often_a_byte_comes() {
    let world = World::new(short()).await;
    let mut socket = TcpStream::connect(world.addr).await.unwrap();
    let begun = Instant::now();
    let dripped = timeout(LIMIT, async {
        let mut pace = tokio::time::interval(Duration::from_millis(10));
        loop {
            pace.tick().await;
            if socket.write_all(b"a").await.is_err() {
                return;
            }
        }
    });
    dripped.await.expect("the connection is closed");
    assert!(begun.elapsed() >= Duration::from_millis(100));
}

#[tokio::test]
async fn a_second_head_on_the_same_connection_has_its_own_limit() {
    let world = World::new(short()).await;
    let mut socket = TcpStream::connect(world.addr).await.unwrap();
    let head = format!("GET /health HTTP/1.1\r\nHost: {}\r\n\r\nGET /he", world.addr);
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut all = Vec::new();
    timeout(LIMIT, socket.read_to_end(&mut all)).await.expect("closed").unwrap();
    assert_eq!(Reply::parse(&all).status, 200);
}

#[tokio::test]
async fn a_thousand_pipelined_requests_are_answered_in_order() {
    let world = World::new(Config::default()).await;
    let mut all = format!("GET /nothing HTTP/1.1\r\nHost: {}\r\n\r\n", world.addr).repeat(999);
    all += &format!("GET /health HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", world.addr);
    let socket = TcpStream::connect(world.addr).await.unwrap();
    let (mut read, mut write) = socket.into_split();
    let writing = tokio::spawn(async move { write.write_all(all.as_bytes()).await.map(|()| write) });
    let mut answers = Vec::new();
    timeout(LIMIT, read.read_to_end(&mut answers)).await.expect("in time").unwrap();
    let _write = writing.await.unwrap().unwrap();
    let text = String::from_utf8(answers).unwrap();
    assert_eq!((text.matches("HTTP/1.1 404").count(), text.matches("HTTP/1.1 200").count()), (999, 1));
}

#[tokio::test]
async fn who_asks_for_many_at_once_is_answered_one_at_a_turn_with_all_others() {
    let world = World::new(hosts()).await;
    let mut asking = TcpStream::connect(world.addr).await.unwrap();
    let all = format!("GET /metrics HTTP/1.1\r\nHost: {}\r\n\r\n", world.addr).repeat(16);
    asking.write_all(all.as_bytes()).await.unwrap();
    // Everything here runs on one thread, each ready task in its turn.
    let (mut answered, mut at_once_max) = (0, 0);
    let turns = async {
        while answered < 16 {
            tokio::task::yield_now().await;
            let at_once = world.scraped.swap(0, Ordering::Relaxed);
            (answered, at_once_max) = (answered + at_once, at_once_max.max(at_once));
        }
    };
    timeout(LIMIT, turns).await.expect("in time");
    assert_eq!(at_once_max, 1);
}
