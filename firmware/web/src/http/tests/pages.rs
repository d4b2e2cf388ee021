//! Pages, status, health, metrics and what a host may do.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::world::{LIMIT, World, hosts, snapshot_of, status};
use crate::http::Config;
use crate::status::ChannelStatus;
use ::party::{Source, What};
use std::sync::Arc;

#[tokio::test]
async fn every_embedded_file_is_served_whole_and_only_once() {
    let world = World::new(Config::default()).await;
    for asset in webui::all() {
        let language = if asset.from_right { "Accept-Language: ar-EG, en;q=0.5" } else { "Accept-Language: de" };
        let reply = world.ask("GET", asset.path, &[language], &[]).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, asset.mime), "{}", asset.path);
        assert!(reply.body == asset.body, "{}", asset.path);
        assert!(reply.header("content-security-policy").starts_with("default-src 'none'"));
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        let tag = format!("If-None-Match: \"x\", W/{}", reply.header("etag"));
        let again = world.ask("GET", asset.path, &[language, &tag], &[]).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{}", asset.path);
        let policy = "content-security-policy";
        assert_eq!(again.header(policy), reply.header(policy), "{}: a kept page keeps its style", asset.path);
        let head = world.ask("HEAD", asset.path, &[language], &[]).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{}", asset.path);
        assert_eq!(head.header("content-length"), asset.body.len().to_string());
        let packed = world.ask("GET", asset.path, &[language, "Accept-Encoding: deflate, gzip;q=0.9"], &[]).await;
        assert_eq!(packed.header("content-encoding"), "gzip", "{}", asset.path);
        assert!(packed.body == asset.gzip, "{}", asset.path);
        assert_eq!(reply.header("cache-control").contains("immutable"), asset.lasting, "{}", asset.path);
        assert_eq!(reply.header("vary").contains("accept-language"), asset.style.is_some(), "{}", asset.path);
        if let Some(style) = asset.style {
            assert!(reply.header("content-security-policy").contains(&format!("style-src '{style}';")));
        }
    }
    assert_eq!(world.get("/favicon.ico").await.header("content-type"), "image/svg+xml");
    let nothing = world.get("/nothing").await;
    assert_eq!(nothing.status, 404);
    assert!(nothing.text().contains("\"error\":\"There is nothing at this address.\""), "{}", nothing.text());
}

#[tokio::test]
async fn the_status_tells_who_is_host() {
    let guest = World::new(Config::default()).await.get("/api/party/status").await;
    assert!(guest.text().contains("\"you_are_host\":false"), "{}", guest.text());
    let host = World::new(hosts()).await.get("/api/party/status").await;
    assert!(host.text().contains("\"you_are_host\":true"), "{}", host.text());
}

#[tokio::test]
async fn a_host_commands_and_hears_why_not() {
    let world = World::new(hosts()).await;
    let json = ["Content-Type: application/json"];
    assert_eq!(world.ask("POST", "/api/party/pause", &[], &[]).await.status, 204);
    assert_eq!(world.ask("POST", "/api/party/play", &[], &[]).await.status, 204);
    assert_eq!(world.ask("POST", "/api/party/source", &json, br#"{"source":"line-in"}"#).await.status, 204);
    let next = world.ask("POST", "/api/party/next", &[], &[]).await;
    assert_eq!((next.status, next.text().contains("\"code\":\"nothing-next\"")), (409, true));
    let done = [What::Pause, What::Play, What::Select(Source::LineIn), What::Next];
    assert_eq!(*world.wishes.lock().unwrap(), done);
    for body in
        [&br#"{"source":"tape"}"#[..], b"{}", b"[", br#"{"source":"files","source":"files"}"#, b"{\"source\":1e999}"]
    {
        let reply = world.ask("POST", "/api/party/source", &json, body).await;
        assert_eq!(reply.status, 400, "{}", reply.text());
        assert!(reply.text().contains("line-in"), "the allowed values are named: {}", reply.text());
    }
    assert_eq!(world.wishes.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn health_says_what_is_wrong() {
    let world = World::new(Config::default()).await;
    let reply = world.get("/health").await;
    assert!(reply.text().contains("\"status\":\"healthy\""), "{}", reply.text());
    assert!(reply.text().contains("\"active_streams\":[\"main\"]"), "{}", reply.text());
    world.snapshot.send_replace(Arc::new(snapshot_of([ChannelStatus { fallback: true, ..status() }])));
    assert!(world.get("/health").await.text().contains("\"status\":\"degraded\""));
}

#[tokio::test]
async fn metrics_hold_every_rooms_numbers() {
    let world = World::new(Config::default()).await;
    world.get("/nothing").await;
    let reply = world.get("/metrics").await;
    let text = reply.text();
    assert!(reply.header("content-type").starts_with("text/plain; version=0.0.4"));
    for wanted in [
        "partybox_http_answers_total{class=\"4xx\"} 1\n",
        "partybox_listeners{kind=\"mp3\"} 0\n",
        "partybox_mp3_sent_bytes_total{stream=\"main\"} 0\n",
        "partybox_of_the_lead 7\n",
    ] {
        assert!(text.contains(wanted), "{wanted} is missing in {text}");
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok() && name.starts_with("partybox_"), "{line}");
    }
}

#[tokio::test]
async fn the_server_ends_when_told_even_with_open_bodies() {
    let mut world = World::new(Config::default()).await;
    let mut events = TcpStream::connect(world.addr).await.unwrap();
    let request = format!("GET /api/party/events HTTP/1.1\r\nHost: {}\r\n\r\n", world.addr);
    events.write_all(request.as_bytes()).await.unwrap();
    events.read_u8().await.unwrap();
    let mut live = TcpStream::connect(world.addr).await.unwrap();
    live.write_all(request.replace("api/party/events", "stream/main.mp3").as_bytes()).await.unwrap();
    live.read_u8().await.unwrap();
    world.stop.take().unwrap().send(()).unwrap();
    timeout(LIMIT, world.server).await.expect("the server ends").unwrap();
    let mut rest = Vec::new();
    timeout(LIMIT, events.read_to_end(&mut rest)).await.expect("events end").unwrap();
    timeout(LIMIT, live.read_to_end(&mut rest)).await.expect("the live body ends").unwrap();
}
