//! Pairing as a phone sees it over HTTP: asking, what comes of it, and what a host may do about hosts.

use ::party::pairing::{ASKS_MAX, ASKS_PER_ADDRESS_MAX, Outcome};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::keeper::{cookie, secret};
use super::world::{LIMIT, Reply, World};
use crate::http::Config;

const PHONE: &str = "User-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/149.0.0.0 Safari/537.36";

async fn ask(world: &World, lines: &[&str]) -> Reply {
    world.ask("POST", "/api/pairing", lines, &[]).await
}

/// How the phone stands that asked as the `n`th.
async fn state(world: &World, n: u8) -> String {
    world.ask("GET", "/api/pairing", &[&cookie(n)], &[]).await.text()
}

#[tokio::test]
async fn a_phone_asks_somebody_presses_and_it_is_host() {
    let world = World::new(Config::default()).await;
    assert_eq!(world.get("/api/pairing").await.text(), r#"{"state":"guest"}"#);
    let reply = ask(&world, &[PHONE]).await;
    assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"), "{}", reply.text());
    let set = format!("partybox_host={}; Max-Age=34560000; Path=/; HttpOnly; SameSite=Strict", secret(1).to_hex());
    assert_eq!(reply.header("set-cookie"), set);
    assert!(reply.text().contains(r#""state":"asking""#) && reply.text().contains(r#""remaining_ms":60000"#));
    assert!(!reply.text().contains(&secret(1).to_hex()), "scripts of the page never see it");
    assert!(state(&world, 1).await.contains("asking"));
    assert!(world.ask("GET", "/api/party/status", &[&cookie(1)], &[]).await.text().contains("\"you_are_host\":false"));
    assert!(matches!(world.keeper.press(), Outcome::Paired { .. }));
    assert!(state(&world, 1).await.contains(r#""state":"host""#));
    assert!(world.ask("GET", "/api/party/status", &[&cookie(1)], &[]).await.text().contains("\"you_are_host\":true"));
    assert!(world.get("/api/party/status").await.text().contains("\"you_are_host\":false"), "only that phone");
    assert_eq!(world.ask("POST", "/api/party/pause", &[&cookie(1)], &[]).await.status, 204);
}

#[tokio::test]
async fn every_end_of_a_request_has_its_own_word() {
    let world = World::new(Config::default()).await;
    ask(&world, &[PHONE]).await;
    ask(&world, &[PHONE]).await;
    assert_eq!(state(&world, 1).await, r#"{"state":"ended","why":"replaced"}"#);
    assert_eq!(world.ask("DELETE", "/api/pairing", &[&cookie(2)], &[]).await.status, 204);
    assert_eq!(state(&world, 2).await, r#"{"state":"ended","why":"aborted"}"#);
    ask(&world, &[PHONE]).await;
    world.keeper.forget();
    assert_eq!(state(&world, 3).await, r#"{"state":"ended","why":"forgotten"}"#);
    ask(&world, &[PHONE]).await;
    world.keeper.lapse();
    assert_eq!(state(&world, 4).await, r#"{"state":"ended","why":"lapsed"}"#);
    assert!(matches!(world.keeper.press(), Outcome::Late { .. }));
    assert_eq!(
        state(&world, 4).await,
        r#"{"state":"ended","why":"lapsed"}"#,
        "that somebody pressed too late is not told"
    );
    assert!(ask(&world, &[PHONE]).await.text().contains(r#""state":"asking""#), "nor by what asking leads to");
    world.keeper.press();
    assert!(state(&world, 5).await.contains(r#""state":"host""#));
    world.keeper.revoke(1);
    assert_eq!(state(&world, 5).await, r#"{"state":"ended","why":"revoked"}"#);
    assert_eq!(state(&world, 99).await, r#"{"state":"guest"}"#);
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let world = World::new(Config::default()).await;
    for _ in 0..ASKS_PER_ADDRESS_MAX {
        assert_eq!(ask(&world, &[]).await.status, 200);
    }
    let refused = ask(&world, &[]).await;
    assert_eq!((refused.status, refused.header("retry-after"), refused.header("set-cookie")), (429, "300", ""));
    assert!(refused.text().contains("too often"), "{}", refused.text());
}

#[tokio::test]
async fn of_several_the_one_is_host_whose_number_was_shown_and_nobody_else_learns_of_it() {
    let world = World::new(Config::default()).await;
    for n in 2..ASKS_MAX as u8 + 2 {
        assert_eq!(world.ask_from([127, 0, 0, n], "POST", "/api/pairing").await.status, 200);
    }
    let one_more = world.ask_from([127, 0, 0, 100], "POST", "/api/pairing").await;
    assert_eq!(one_more.status, 200, "a newcomer finds a place");
    assert_eq!(state(&world, 8).await, r#"{"state":"ended","why":"crowded"}"#, "any of those who asked as much");
    assert!(matches!(world.keeper.press(), Outcome::Shown { asking: ASKS_MAX, .. }));
    for n in [2, 9] {
        assert!(state(&world, n).await.contains(r#""state":"asking""#), "{n}");
    }
    assert!(matches!(world.keeper.press(), Outcome::Paired { .. }));
    assert!(state(&world, 9).await.contains(r#""state":"host""#), "who asked last");
    assert!(state(&world, 2).await.contains(r#""state":"asking""#));
}

#[tokio::test]
async fn hosts_see_and_remove_hosts_themselves_included() {
    let world = World::new(Config::default()).await;
    ask(&world, &[PHONE]).await;
    world.keeper.press();
    world.ask_from([127, 0, 0, 2], "POST", "/api/pairing").await;
    world.keeper.press();
    let list = world.ask("GET", "/api/hosts", &[&cookie(2)], &[]).await.text();
    let hosts: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(hosts["hosts"][0]["browser"], "Chrome");
    assert_eq!((&hosts["hosts"][0]["system"], &hosts["hosts"][0]["you"]), (&"Android".into(), &false.into()));
    assert_eq!((&hosts["hosts"][1]["id"], &hosts["hosts"][1]["you"]), (&2.into(), &true.into()));
    for wrong in ["3", "x", "-1", "18446744073709551616", "%00"] {
        let reply = world.ask("DELETE", &format!("/api/hosts/{wrong}"), &[&cookie(2)], &[]).await;
        assert_eq!((reply.status, reply.text().contains("no such host")), (404, true), "{wrong}");
    }
    assert_eq!(world.ask("DELETE", "/api/hosts/1", &[&cookie(2)], &[]).await.status, 204);
    assert_eq!(world.ask("POST", "/api/party/play", &[&cookie(1)], &[]).await.status, 403, "at once");
    assert_eq!(world.ask("DELETE", "/api/hosts/2", &[&cookie(2)], &[]).await.status, 204);
    assert_eq!(world.ask("GET", "/api/hosts", &[&cookie(2)], &[]).await.status, 403);
}

/// Reads an event stream as far as a text.
async fn read_until(socket: &mut TcpStream, wanted: &str) {
    let mut text = String::new();
    let reading = async {
        let mut buffer = [0; 4_096];
        while !text.contains(wanted) {
            let count = socket.read(&mut buffer).await.unwrap();
            assert!(count > 0, "the server closed");
            text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
    };
    // The limit is on the whole: the server repeats itself every few seconds.
    let found = timeout(LIMIT, reading).await;
    assert!(found.is_ok(), "no {wanted} in {text}");
}

#[tokio::test]
async fn an_open_event_stream_gains_and_loses_the_hosts_powers_at_once() {
    let world = World::new(Config::default()).await;
    ask(&world, &[PHONE]).await;
    let mut socket = TcpStream::connect(world.addr).await.unwrap();
    let request = format!("GET /api/party/events HTTP/1.1\r\nHost: {}\r\n{}\r\n\r\n", world.addr, cookie(1));
    socket.write_all(request.as_bytes()).await.unwrap();
    read_until(&mut socket, "\"you_are_host\":false").await;
    world.keeper.press();
    read_until(&mut socket, "\"you_are_host\":true").await;
    world.keeper.forget();
    read_until(&mut socket, "\"you_are_host\":false").await;
}

#[tokio::test]
async fn without_somebody_who_keeps_the_rules_asking_is_refused() {
    let world = World::new(Config::default()).await;
    world.keeper.end();
    let refused = timeout(LIMIT, ask(&world, &[])).await.unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (503, "2"), "{}", refused.text());
}
