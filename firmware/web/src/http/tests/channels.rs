//! Several channels: each has addresses and a feed of its own, and a phone goes from one to the other.

use std::sync::Arc;

use ::party::{Channel, ChannelWish, Color, Repertoire, What};
use axum::http::StatusCode;
use base::ChannelId;
use futures_util::SinkExt;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use super::live::Phone;
use super::world::{SESSION, World, hosts, seen, snapshot, snapshot_of, status};
use crate::http::Config;
use crate::http::qr::tests::scanned;
use crate::status::{ChannelStatus, Snapshot};

const JSON: [&str; 1] = ["Content-Type: application/json"];

fn channel(id: &str, color: Color) -> ChannelStatus {
    let channel = Channel { id: ChannelId::new(id).unwrap(), name: String::new(), color, repertoire: Repertoire::All };
    ChannelStatus { channel, ..seen(|party| party.playing = id != "blue") }
}

fn three() -> Snapshot {
    snapshot_of([channel("main", Color::Red), channel("green", Color::Green), channel("blue", Color::Blue)])
}

async fn json(world: &World, path: &str) -> Value {
    let reply = world.get(path).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    serde_json::from_str(&reply.text()).unwrap()
}

#[tokio::test]
async fn every_channel_has_addresses_of_its_own_and_the_short_ones_mean_the_first() {
    let world = World::new(hosts()).await;
    world.snapshot.send_replace(Arc::new(three()));
    for (path, id, playing) in [
        ("/api/party/status", "main", true),
        ("/api/channels/main/status", "main", true),
        ("/api/channels/blue/status", "blue", false),
    ] {
        let status = json(&world, path).await;
        assert_eq!((&status["channel"], &status["playing"]), (&id.into(), &playing.into()), "{path}");
        let ids: Vec<&str> =
            status["channels"].as_array().unwrap().iter().map(|channel| channel["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["main", "green", "blue"]);
    }
    for path in ["/api/channels/red/status", "/api/channels/Red!/status", "/api/channels/latest/queue"] {
        let reply = world.get(path).await;
        assert_eq!((reply.status, reply.text().contains("no-such-channel")), (404, true), "{path}: {}", reply.text());
    }
    assert_eq!(world.ask("POST", "/api/channels/red/play", &[], &[]).await.status, 404);
    assert!(world.wishes.lock().unwrap().is_empty(), "nobody is asked for what is not there");
}

#[tokio::test]
async fn a_code_opens_the_page_on_the_channel_that_it_names() {
    let world = World::new(hosts()).await;
    world.snapshot.send_replace(Arc::new(three()));
    let address = world.get("/api/qr/page.png").await;
    let blue = world.get("/api/qr/page.png?channel=blue").await;
    let page = scanned(&address.body);
    assert_eq!(scanned(&blue.body), format!("{page}?channel=blue"));
    for nowhere in ["red", "", "Blue", "blue%26x"] {
        let reply = world.get(&format!("/api/qr/page.svg?channel={nowhere}")).await;
        assert_eq!((reply.status, reply.text().contains("no-such-channel")), (404, true), "{nowhere}");
    }
}

#[tokio::test]
async fn a_phone_follows_another_channel_on_the_same_socket_and_the_first_when_its_own_is_removed() {
    let world = World::new(Config::default()).await;
    world.snapshot.send_replace(Arc::new(three()));
    let mut phone = Phone::new(&world, "", &[]).await;
    phone.next(&["snapshot"]).await;
    let follow = |id: &str| Message::text(format!(r#"{{"type":"follow","channel":"{id}"}}"#));
    phone.socket.send(follow("blue")).await.unwrap();
    let blue = phone.next(&["snapshot"]).await;
    assert_eq!((&blue["state"]["channel"], &blue["state"]["playing"]), (&"blue".into(), &false.into()));
    for nowhere in ["red", "", "Blue", "latest"] {
        phone.socket.send(follow(nowhere)).await.unwrap();
        assert_eq!(phone.next(&["refused", "snapshot"]).await["code"], "no-such-channel", "{nowhere}");
    }
    let other = ChannelStatus { channel: channel("blue", Color::Blue).channel, ..status() };
    world.snapshot.send_replace(Arc::new(snapshot_of([channel("main", Color::Red), other])));
    let change = phone.next(&["change", "snapshot"]).await;
    assert_eq!((&change["type"], &change["patch"]["playing"]), (&"change".into(), &true.into()), "{change}");
    world.snapshot.send_replace(Arc::new(snapshot()));
    let first = phone.next(&["snapshot"]).await;
    assert_eq!(first["state"]["channel"], "main");
    assert_ne!(first["session"], blue["session"]);
}

#[tokio::test]
async fn a_channel_that_is_added_again_is_another_run_of_it() {
    let world = World::new(Config::default()).await;
    world.snapshot.send_replace(Arc::new(three()));
    let mut phone = Phone::at(&world, "/api/channels/blue/live", &[]).await;
    let before = phone.next(&["snapshot"]).await;
    drop(phone);
    world.snapshot.send_replace(Arc::new(snapshot()));
    let mut watching = Phone::new(&world, "", &[]).await;
    while watching.next(&["snapshot", "change"]).await["state"]["channels"].as_array().is_some_and(|all| all.len() > 1)
    {
        watching = Phone::new(&world, "", &[]).await;
    }
    world.snapshot.send_replace(Arc::new(three()));
    watching.next(&["change"]).await;
    let (session, seq) = (before["session"].as_str().unwrap(), &before["seq"]);
    let mut again = Phone::at(&world, &format!("/api/channels/blue/live?session={session}&seq={seq}"), &[]).await;
    assert_eq!(again.next(&["snapshot", "change", "you"]).await["type"], "snapshot");
}

#[tokio::test]
async fn hosts_add_describe_move_and_remove_channels_by_wishes() {
    let world = World::new(hosts()).await;
    let put = br#"{"name":"Rock","color":"green"}"#;
    assert_eq!(world.ask("PUT", "/api/channels/rock", &JSON, put).await.status, 204);
    assert_eq!(world.ask("PUT", "/api/channels/rock", &JSON, b"{}").await.status, 204);
    assert_eq!(world.ask("POST", "/api/channels/rock/move", &JSON, br#"{"to":0}"#).await.status, 204);
    assert_eq!(world.ask("DELETE", "/api/channels/rock", &[], &[]).await.status, 204);
    let describe =
        |name: Option<&str>, color| ChannelWish::Put { name: name.map(str::to_owned), color, repertoire: None };
    let wanted =
        [describe(Some("Rock"), Some(Color::Green)), describe(None, None), ChannelWish::Move(0), ChannelWish::Remove];
    assert_eq!(*world.wishes.lock().unwrap(), wanted.map(What::Channel));
    for (path, body, allowed) in [
        ("/api/channels/rock", &br#"{"color":"plaid"}"#[..], "teal"),
        ("/api/channels/Rock", b"{}", "lower-case"),
        ("/api/channels/rock", br#"{"colour":"red"}"#, "color"),
    ] {
        let reply = world.ask("PUT", path, &JSON, body).await;
        assert_eq!((reply.status, reply.text().contains(allowed)), (400, true), "{path}: {}", reply.text());
    }
    assert_eq!(world.wishes.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn what_a_channel_plays_by_itself_is_chosen_by_hosts_among_what_there_is() {
    let world = World::new(hosts()).await;
    let put = |body: &'static str| {
        let world = &world;
        async move {
            let reply = world.ask("PUT", "/api/channels/rock", &JSON, body.as_bytes()).await;
            (reply.status, reply.text())
        }
    };
    assert_eq!(put(r#"{"repertoire":"all"}"#).await.0, 204);
    let all = ChannelWish::Put { name: None, color: None, repertoire: Some(Repertoire::All) };
    assert_eq!(*world.wishes.lock().unwrap(), [What::Channel(all)]);
    // This box has no library, so there is no folder and no playlist.
    for (body, status, said) in [
        (r#"{"repertoire":{"folder":"0123456789abcdef/Jazz"}}"#, 404, "repertoire.folder"),
        (r#"{"repertoire":{"playlist":"../../etc/passwd"}}"#, 404, "no-such-place"),
        (r#"{"repertoire":{"folder":""}}"#, 404, "no-such-place"),
        (r#"{"repertoire":"jazz"}"#, 400, "KEY"),
        (r#"{"repertoire":{"file":"x"}}"#, 400, "KEY"),
        (r#"{"repertoire":{"folder":7}}"#, 400, "KEY"),
        (r#"{"repertoire":{"folder":"x","playlist":"y"}}"#, 400, "KEY"),
        (r#"{"repertoire":["all"]}"#, 400, "KEY"),
    ] {
        let reply = put(body).await;
        assert_eq!((reply.0, reply.1.contains(said)), (status, true), "{body}: {}", reply.1);
    }
    assert_eq!(world.wishes.lock().unwrap().len(), 1, "nobody was asked for what there is not");
    assert_eq!(json(&world, "/api/library/folders").await["folders"], serde_json::json!([]));
}

#[tokio::test]
async fn hosts_are_told_what_each_channel_plays_by_itself_and_guests_are_not() {
    let folder = Repertoire::Folder("0123456789abcdef/Jazz".to_owned());
    let mut green = channel("green", Color::Green);
    (green.channel.repertoire, green.repertoire_lost) = (folder, true);
    let told = snapshot_of([channel("main", Color::Red), green]);
    let about = serde_json::json!({ "folder": "0123456789abcdef/Jazz" });
    for (config, is_host) in [(hosts(), true), (Config::default(), false)] {
        let world = World::new(config).await;
        world.snapshot.send_replace(Arc::new(told.clone()));
        let you = Phone::new(&world, "", &[]).await.next(&["snapshot"]).await["you"].clone();
        let reply = world.get("/api/channels/green").await;
        if is_host {
            let wanted = serde_json::json!({ "repertoire": about, "repertoire_lost": true, "own_only": false });
            assert_eq!(
                (&you["repertoires"]["green"], &you["repertoires"]["main"]["repertoire"]),
                (&wanted, &"all".into())
            );
            let reply = json(&world, "/api/channels/green").await;
            assert_eq!(
                (&reply["color"], &reply["repertoire"], &reply["repertoire_lost"]),
                (&"green".into(), &about, &true.into())
            );
        } else {
            assert_eq!((you["repertoires"].is_null(), reply.status), (true, 403), "{you}");
        }
    }
}

#[tokio::test]
async fn a_listener_switches_by_the_address_of_its_session() {
    let world = World::new(Config::default()).await;
    let path = format!("/whep/main/{SESSION}/stream");
    let body = br#"{"stream":"green"}"#;
    assert_eq!(world.ask("PUT", &path, &JSON, body).await.status, StatusCode::NO_CONTENT.as_u16());
    let asked = world.asked.lock().unwrap().clone();
    assert!(asked.iter().any(|asked| asked.contains("Switch") && asked.contains("green")), "{asked:?}");
    let stranger = format!("/whep/main/{}/stream", "0".repeat(32));
    assert_eq!(world.ask("PUT", &stranger, &JSON, body).await.status, 404);
    let nowhere = world.ask("PUT", &path, &JSON, br#"{"stream":"Green!"}"#).await;
    assert_eq!((nowhere.status, nowhere.text().contains("such stream")), (404, true), "{}", nowhere.text());
}

#[tokio::test]
async fn who_listened_to_what_is_for_hosts_and_ends_with_the_party() {
    let world = World::new(hosts()).await;
    world.snapshot.send_replace(Arc::new(three()));
    let mut phone = Phone::new(&world, "", &[]).await;
    phone.next(&["snapshot"]).await;
    for id in ["green", "main", "green", "green"] {
        phone.socket.send(Message::text(format!(r#"{{"type":"follow","channel":"{id}"}}"#))).await.unwrap();
    }
    phone.next(&["snapshot"]).await;
    phone.next(&["snapshot"]).await;
    phone.next(&["snapshot"]).await;
    let statistics = json(&world, "/api/channels/statistics").await;
    assert_eq!(statistics["switches"][0], serde_json::json!({ "from": "green", "to": "main", "count": 1 }));
    assert_eq!(statistics["switches"][1], serde_json::json!({ "from": "main", "to": "green", "count": 2 }));
    assert_eq!(statistics["channels"].as_array().unwrap().len(), 3);
    assert_eq!(world.ask("POST", "/api/party/end", &[], &[]).await.status, 204);
    assert_eq!(json(&world, "/api/channels/statistics").await["switches"], serde_json::json!([]));
}
