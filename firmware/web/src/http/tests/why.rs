//! Why a phone hears nothing: each fault is made, and its code must come, and go with the fault.

use std::sync::Arc;
use std::time::Duration;

use ::party::Source;
use appliance::facts::{Facts, Radio};
use base::{PacketDuration, StreamId, Time};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::guests::join;
use super::world::{SESSION, World, seen, snapshot, snapshot_of, status};
use crate::http::Config;
use crate::senders::Title;
use crate::status::{ChannelStatus, Snapshot, SourceState, SourceStatus};
use rtc::api::{Link, ListenerStats, SessionId};

async fn why(world: &World, lines: &[&str]) -> Value {
    let reply = world.ask("GET", "/api/why", lines, &[]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    serde_json::from_str(&reply.text()).unwrap()
}

async fn codes(world: &World, lines: &[&str]) -> Vec<String> {
    let why = why(world, lines).await;
    why["reasons"].as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap().to_owned()).collect()
}

/// A listener at this machine that has been sent `packets` of 20 ms and last reported at `at`.
fn listener(session: SessionId, packets: u32, at: Option<Time>) -> ListenerStats {
    let link = at.map(|at| Link { at, loss: 0.0, lost_total: 0, jitter_us: 0, round_trip_us: None });
    ListenerStats {
        session,
        stream: StreamId::new("main").unwrap(),
        address: "127.0.0.1:50000".parse().unwrap(),
        duration: PacketDuration::Ms20,
        packets_total: packets,
        link,
    }
}

fn line_in(state: SourceState) -> Snapshot {
    chosen(Source::LineIn, state)
}

fn chosen(kind: Source, state: SourceState) -> Snapshot {
    let source = SourceStatus { kind, state, detail: String::new(), title: Title::default() };
    snapshot_of([ChannelStatus { sources: vec![source], ..seen(|party| party.source = kind) }])
}

#[tokio::test]
async fn every_fault_of_the_party_has_its_code() {
    let world = World::new(Config::default()).await;
    world.listeners.lock().unwrap().push(listener(SESSION, 1, None));
    let party =
        |live, volume_db| snapshot_of([seen(|party| (party.session.live, party.volume_db) = (live, volume_db))]);
    let mut empty = status();
    empty.sources[0].state = SourceState::Empty;
    let empty = snapshot_of([empty]);
    for (shown, code) in [
        (snapshot(), None),
        (snapshot_of([seen(|party| party.playing = false)]), Some("paused")),
        (party(true, 0.0), None),
        (party(false, 0.0), Some("ended")),
        (party(true, -40.0), Some("muted-volume")),
        (party(true, -38.0), None),
        (empty, Some("no-tracks")),
        (line_in(SourceState::Signal), None),
        (line_in(SourceState::Clipping), None),
        (line_in(SourceState::Silent), Some("no-signal")),
        (line_in(SourceState::NoDevice), Some("line-in-gone")),
        (line_in(SourceState::Opening), Some("line-in-gone")),
        (chosen(Source::Sender, SourceState::Signal), None),
        (chosen(Source::Sender, SourceState::Silent), None),
        (chosen(Source::Sender, SourceState::Opening), Some("sender-gone")),
        (chosen(Source::Sender, SourceState::Off), Some("sender-gone")),
    ] {
        world.snapshot.send_replace(Arc::new(shown));
        assert_eq!(codes(&world, &[]).await, code.into_iter().collect::<Vec<_>>());
    }
    let radio = |full| {
        let radio = Radio { stations: 6, stations_max: 7, nearly_full: true, full, chipset: String::new() };
        Arc::new(Facts { radio: Some(radio), ..Facts::default() })
    };
    world.snapshot.send_replace(Arc::new(snapshot()));
    for full in [false, true] {
        world.facts.send_replace(radio(full));
        assert_eq!(codes(&world, &[]).await.contains(&"radio-full".to_owned()), full);
    }
}

#[tokio::test]
async fn a_phone_without_a_session_is_told_so_and_one_with_is_told_whether_sound_gets_there() {
    let world = World::new(Config::default()).await;
    assert_eq!(why(&world, &[]).await, json!({ "listening": null, "reasons": [{ "code": "no-listener" }] }));
    let silent_for = |seconds: u64| Time::from_micros(world.now().as_micros().saturating_sub(seconds * 1_000_000));
    for (packets, reported, flows) in [
        (10, None, true),
        (100_000, None, false),
        (100_000, Some(world.now()), true),
        (100_000, Some(silent_for(10)), true),
    ] {
        *world.listeners.lock().unwrap() = vec![listener(SESSION, packets, reported)];
        let answer = why(&world, &[]).await;
        assert_eq!((&answer["listening"], answer["reasons"] == json!([])), (&json!("live"), flows), "{answer}");
        if !flows {
            assert_eq!(answer["reasons"], json!([{ "code": "not-flowing" }]));
        }
    }
}

#[tokio::test]
async fn a_report_that_is_long_ago_says_that_nothing_gets_there() {
    // The box has run for a while; only its clock says so.
    let world = World::started(Config::default(), Duration::from_secs(60)).await;
    for (ago_s, flows) in [(14, true), (20, false)] {
        let at = Time::from_micros(world.now().as_micros() - ago_s * 1_000_000);
        *world.listeners.lock().unwrap() = vec![listener(SESSION, 100_000, Some(at))];
        assert_eq!(codes(&world, &[]).await.is_empty(), flows, "{ago_s} s");
    }
}

#[tokio::test]
async fn a_session_belongs_to_the_guest_whose_cookie_came_with_it() {
    let world = World::new(Config::default()).await;
    let (one, other) = (join(&world).await, join(&world).await);
    let offer = world.ask("POST", "/whep/main", &["Content-Type: application/sdp", &one], b"v=0").await;
    assert_eq!(offer.status, 201);
    // Another session from the same address, of a phone that brought no cookie.
    *world.listeners.lock().unwrap() = vec![listener(SessionId(7), 100_000, None)];
    assert_eq!(codes(&world, &[&one]).await, ["no-listener"], "its own session is gone");
    assert_eq!(codes(&world, &[&other]).await, ["not-flowing"], "by its address, for want of better knowledge");
    world.listeners.lock().unwrap().push(listener(SESSION, 10, None));
    assert_eq!(codes(&world, &[&one]).await, [] as [&str; 0]);
}

#[tokio::test]
async fn who_found_no_place_is_told_so_until_it_has_one() {
    let world = World::new(Config::default()).await;
    let offer = world.ask("POST", "/whep/main", &["Content-Type: application/sdp"], b"full").await;
    assert_eq!(offer.status, 503);
    assert_eq!(codes(&world, &[]).await, ["server-full"]);
    world.listeners.lock().unwrap().push(listener(SESSION, 10, None));
    assert_eq!(codes(&world, &[]).await, [] as [&str; 0]);
}

#[tokio::test]
async fn an_mp3_body_is_a_session() {
    let mut world = World::new(Config::default()).await;
    let mut socket = TcpStream::connect(world.addr).await.unwrap();
    let head = format!("GET /stream/main.mp3 HTTP/1.1\r\nHost: {}\r\n\r\n", world.addr);
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut begun = [0; 1_000];
    world.publish_until(async { socket.read_exact(&mut begun).await.unwrap() }).await;
    assert_eq!(why(&world, &[]).await, json!({ "listening": "pocket", "reasons": [] }));
}
