//! What can be listened to: the list for programs and pages, playlists, and the page that waits.

use std::sync::Arc;

use serde_json::Value;

use super::world::{World, seen, snapshot_of, status};
use crate::http::Config;

async fn listed(world: &World) -> Value {
    let reply = world.get("/stream/status").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/json"));
    serde_json::from_str(&reply.text()).expect("JSON")
}

#[tokio::test]
async fn every_stream_is_listed_with_what_plays_and_where_it_is_heard() {
    let world = World::new(Config::default()).await;
    let mut named = status();
    named.channel.name = "Garden".into();
    world.snapshot.send_replace(Arc::new(snapshot_of([named])));
    let said = listed(&world).await;
    let stream = &said["streams"][0];
    assert_eq!((&said["latest"], &stream["id"], &stream["name"]), (&"main".into(), &"main".into(), &"Garden".into()));
    assert_eq!((&stream["title"], &stream["listeners"]), (&"Title".into(), &0.into()));
    for (field, place) in [("mp3", "/stream/main.mp3"), ("whep", "/whep/main")] {
        assert_eq!(stream[field], place);
    }
    for field in ["m3u", "pls"] {
        let list = world.get(stream[field].as_str().expect("an address")).await;
        assert_eq!(list.status, 200, "{}", list.text());
        assert!(list.text().contains("http://10.77.0.1/stream/main.mp3\n"), "{}", list.text());
        assert!(list.text().contains("Garden"), "{}", list.text());
    }
}

#[tokio::test]
async fn nothing_is_active_while_the_host_has_paused() {
    let world = World::new(Config::default()).await;
    for playing in [true, false] {
        world.snapshot.send_replace(Arc::new(snapshot_of([seen(|party| party.playing = playing)])));
        let said = listed(&world).await;
        assert_eq!((&said["active"], &said["streams"][0]["active"]), (&playing.into(), &playing.into()));
        assert_eq!(said["latest"], "main", "where none plays the newest of all is meant");
        let health: Value = serde_json::from_str(&world.get("/health").await.text()).expect("JSON");
        let active = if playing { vec![Value::from("main")] } else { vec![] };
        assert_eq!((&health["active_streams"], &health["senders"]), (&active.into(), &0.into()));
    }
}

#[tokio::test]
async fn playlists_are_known_by_their_ending_and_name_the_address_that_was_asked() {
    let config = Config { names: vec!["party.example.org".to_owned()], ..Config::default() };
    let world = World::new(config).await;
    for (path, media, line) in [
        ("/stream/latest.m3u", "audio/x-mpegurl; charset=utf-8", "http://party.example.org:8123/stream/latest.mp3\n"),
        ("/stream/main.m3u8", "audio/x-mpegurl; charset=utf-8", "http://party.example.org:8123/stream/main.mp3\n"),
        (
            "/stream/latest.pls",
            "audio/x-scpls; charset=utf-8",
            "File1=http://party.example.org:8123/stream/latest.mp3\n",
        ),
    ] {
        let reply = world.ask("GET", path, &["Host: party.example.org:8123"], &[]).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, media), "{path}");
        assert!(reply.text().contains(line), "{path}: {}", reply.text());
        assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
    }
    for path in ["/stream/red.m3u", "/stream/.pls", "/stream/main.xspf"] {
        let reply = world.get(path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(reply.text().contains("latest.mp3, main.mp3"), "{}", reply.text());
    }
}

#[tokio::test]
async fn the_page_that_waits_lies_among_the_streams_and_is_read_only() {
    let world = World::new(Config::default()).await;
    let page = world.get("/stream/latest").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let post = world.ask("POST", "/stream/latest", &[], &[]).await;
    assert_eq!((post.status, post.header("allow")), (405, "GET, HEAD, OPTIONS"));
    assert_eq!(world.get("/Streams/").await.header("location"), "/streams");
}
