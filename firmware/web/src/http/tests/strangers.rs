//! What somebody learns who is nobody in particular: nothing of what happens at the box, and no numbers.

use axum::http::Method;

use super::keeper::cookie;
use super::table::path;
use super::world::{Reply, World, hosts, snapshot_of, status};
use crate::http::Config;
use crate::http::route::{Route, Takes, Who};
use crate::http::routes::ROUTES;
use crate::status::ChannelStatus;

/// A guest's phone, of which the box's configuration says nothing.
const STRANGER: [u8; 4] = [127, 0, 0, 2];

/// What is of the moment in an answer, whatever happens: a name and the number behind it.
const OF_THE_MOMENT: [&str; 2] = ["\"time_ms\":", "\"remaining_ms\":"];

/// Everything of an answer but when it was given; its length is its body's.
fn all(reply: &Reply) -> String {
    let differs = ["date", "set-cookie", "content-length"];
    let heads = reply.headers.iter().filter(|(name, _)| !differs.contains(&name.as_str()));
    let heads: Vec<String> = heads.map(|(name, value)| format!("{name}: {value}")).collect();
    let mut text = reply.text();
    for name in OF_THE_MOMENT {
        let parts: Vec<&str> = text.split(name).collect();
        let rest = parts[1..].iter().map(|part| part.trim_start_matches(|letter: char| letter.is_ascii_digit()));
        text = [parts[0]].into_iter().chain(rest).collect::<Vec<_>>().join(name);
    }
    format!("{} {heads:?} {text}", reply.status)
}

/// What a guest may read of an answer that ends.
fn is_open(route: &&Route) -> bool {
    let ends = !route.path.contains("events") && !route.path.contains("stream/{file}") && route.takes != Takes::Socket;
    route.method == Method::GET && matches!(route.who, Who::Anyone | Who::Guest) && ends
}

/// What a stranger is answered wherever they may ask, and what phones are told that asked to be host.
async fn everything(world: &World, phones: &[u8]) -> Vec<(String, String)> {
    let mut answers = Vec::new();
    for route in ROUTES.iter().filter(is_open) {
        answers.push((path(route), all(&world.ask_from(STRANGER, "GET", &path(route)).await)));
    }
    for path in ["/health", "/metrics", "/api/hosts", "/api/box"] {
        answers.push((path.to_owned(), all(&world.ask_from(STRANGER, "GET", path).await)));
    }
    for &n in phones {
        for path in ["/api/pairing", "/api/pairing/way", "/api/party/status"] {
            answers.push((format!("{path} of {n}"), all(&world.ask("GET", path, &[&cookie(n)], &[]).await)));
        }
    }
    answers
}

#[tokio::test]
async fn no_answer_to_anybody_tells_that_somebody_pressed() {
    let world = World::new(Config::default()).await;
    let before = everything(&world, &[]).await;
    assert!(before.len() > 20, "{}", before.len());
    assert_eq!(everything(&world, &[]).await, before, "nothing but the time is of the moment");
    for _ in 0..3 {
        world.keeper.press();
        assert_eq!(everything(&world, &[]).await, before);
    }
    // Two ask: a press shows a number. Then both ran out: the next comes too late.
    for n in 3..=4 {
        assert_eq!(world.ask_from([127, 0, 0, n], "POST", "/api/pairing").await.status, 200);
    }
    let before = everything(&world, &[1, 2]).await;
    world.keeper.press();
    assert_eq!(everything(&world, &[1, 2]).await, before);
    world.keeper.lapse();
    let before = everything(&world, &[1, 2]).await;
    world.keeper.press();
    assert_eq!(everything(&world, &[1, 2]).await, before);
}

#[tokio::test]
async fn asking_is_answered_alike_whether_or_not_somebody_pressed_before() {
    let (pressed, calm) = (World::new(Config::default()).await, World::new(Config::default()).await);
    for n in 3..=14 {
        pressed.keeper.press();
        let mut answers = Vec::new();
        for world in [&pressed, &calm] {
            let reply = world.ask_from([127, 0, 0, n], "POST", "/api/pairing").await;
            assert!(reply.text().contains("asking"), "{}", reply.text());
            answers.push((all(&reply), reply.header("set-cookie").to_owned()));
            let taken_back = world.ask("DELETE", "/api/pairing", &[&cookie(n - 2)], &[]).await;
            answers.push((all(&taken_back), String::new()));
        }
        assert_eq!(answers[..2], answers[2..], "phone {n}");
    }
}

#[tokio::test]
async fn numbers_are_for_hosts_and_the_networks_that_the_configuration_names() {
    let world = World::new(Config::default()).await;
    assert_eq!(world.ask_from(STRANGER, "POST", "/api/pairing").await.status, 200);
    world.keeper.press();
    let refused = world.ask_from(STRANGER, "GET", "/metrics").await;
    assert_eq!((refused.status, refused.text().contains("metrics_from")), (403, true), "{}", refused.text());
    assert_eq!(world.ask_from(STRANGER, "HEAD", "/metrics").await.status, 403);
    assert!(!refused.text().contains("pairing"), "{}", refused.text());
    let little = world.ask_from(STRANGER, "GET", "/health").await;
    assert_eq!((little.status, little.text()), (200, r#"{"status":"healthy"}"#.to_owned()));
    world.snapshot.send_replace(std::sync::Arc::new(snapshot_of([ChannelStatus { fallback: true, ..status() }])));
    let little = world.ask_from(STRANGER, "GET", "/health").await;
    assert_eq!((little.status, little.text()), (200, r#"{"status":"degraded"}"#.to_owned()), "as well as anybody");

    // Addresses that are named, but not through somebody who may speak for anyone.
    assert!(world.get("/metrics").await.text().contains("partybox_listeners"));
    assert!(world.get("/health").await.text().contains("uptime_s"));
    let forwarded = "X-Forwarded-For: 127.0.0.1";
    assert_eq!(world.ask("GET", "/metrics", &[forwarded], &[]).await.status, 403);
    assert_eq!(world.ask("GET", "/health", &[forwarded], &[]).await.text(), r#"{"status":"degraded"}"#);
    // A host's phone, wherever it is; and hosts by address.
    let paired = world.ask("GET", "/metrics", &[forwarded, &cookie(1)], &[]).await;
    assert_eq!((paired.status, paired.text().contains("partybox_listeners")), (200, true));
    assert!(world.ask("GET", "/health", &[forwarded, &cookie(1)], &[]).await.text().contains("uptime_s"));
    let by_address = World::new(hosts()).await;
    assert_eq!(by_address.ask_from(STRANGER, "GET", "/metrics").await.status, 200);
    assert!(by_address.ask_from(STRANGER, "GET", "/health").await.text().contains("uptime_s"));
}
