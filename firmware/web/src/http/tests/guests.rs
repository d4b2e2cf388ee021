//! Guests as the box meets them: a cookie that is handed out once, a name, a right that a host gives and takes.

use serde_json::{Value, json};

use super::keeper;
use super::world::{Reply, World, hosts};
use crate::http::Config;

const JSON: &str = "Content-Type: application/json";

/// The head line with which the phone that got this answer shows who it is.
pub(super) fn cookie(reply: &Reply) -> String {
    let set = reply.header("set-cookie");
    let (pair, flags) = set.split_once("; ").expect("a cookie");
    assert_eq!(flags, "Path=/; HttpOnly; SameSite=Strict");
    format!("Cookie: {pair}")
}

/// A guest whom the box knows from now on, by the head line that shows it.
pub(super) async fn join(world: &World) -> String {
    let reply = world.ask("PUT", "/api/me", &[JSON], br#"{"name":null}"#).await;
    assert_eq!(reply.status, 204, "{}", reply.text());
    cookie(&reply)
}

async fn list(world: &World) -> Value {
    serde_json::from_str::<Value>(&world.get("/api/guests").await.text()).unwrap()["guests"].clone()
}

#[tokio::test]
async fn a_guest_gets_a_number_once_and_a_name_when_it_wants() {
    let world = World::new(hosts()).await;
    let first = join(&world).await;
    let named = world.ask("PUT", "/api/me", &[JSON, &first], r#"{"name":" Zoë "}"#.as_bytes()).await;
    assert_eq!((named.status, named.header("set-cookie")), (204, ""), "it has its cookie already");
    join(&world).await;
    let person = |label: u32, name: Value| {
        json!({ "label": label, "name": name, "role": "guest", "here": false, "away_s": 0,
        "listening": false, "requests": 0 })
    };
    assert_eq!(list(&world).await, json!([person(1, "Zoë".into()), person(2, Value::Null)]));
    assert_eq!(world.ask("PUT", "/api/me", &[JSON, &first], br#"{"name":""}"#).await.status, 204);
    assert_eq!(list(&world).await[0], person(1, Value::Null));
}

#[tokio::test]
async fn a_name_is_refused_by_its_length_and_its_kind() {
    let world = World::new(hosts()).await;
    let cookie = join(&world).await;
    let fits = format!(r#"{{"name":"{}"}}"#, "ü".repeat(24));
    assert_eq!(world.ask("PUT", "/api/me", &[JSON, &cookie], fits.as_bytes()).await.status, 204);
    for wrong in [format!(r#"{{"name":"{}"}}"#, "u".repeat(25)), r#"{"name":7}"#.into(), r#"{"nick":"x"}"#.into()] {
        let reply = world.ask("PUT", "/api/me", &[JSON, &cookie], wrong.as_bytes()).await;
        assert_eq!(reply.status, 400, "{wrong}: {}", reply.text());
    }
}

#[tokio::test]
async fn a_dj_may_what_a_dj_may_for_as_long_as_a_host_lets_them() {
    // The host's phone is paired, because by address everybody here would be host.
    let world = World::new(Config::default()).await;
    world.ask_from([127, 0, 0, 1], "POST", "/api/pairing").await;
    world.keeper.press();
    let host = keeper::cookie(1);
    let dj = join(&world).await;
    let next = async |cookie: &str| world.ask("POST", "/api/party/next", &[cookie], &[]).await;
    let refused = next(&dj).await;
    assert_eq!((refused.status, refused.text().contains(r#""code":"role""#)), (403, true), "{}", refused.text());
    assert_eq!(world.ask("PUT", "/api/guests/1/dj", &[&host], &[]).await.status, 204);
    // The party of these tests has nothing to skip to.
    assert_eq!(next(&dj).await.status, 409);
    assert_eq!(next("X-None: x").await.status, 403, "it is the phone's right, not the address's");
    assert_eq!(world.ask("POST", "/api/party/pause", &[&dj], &[]).await.status, 403, "pausing is a host's");
    assert_eq!(world.ask("PUT", "/api/guests/1/dj", &[&dj], &[]).await.status, 403, "a DJ makes no DJ");
    assert_eq!(world.ask("DELETE", "/api/guests/1/dj", &[&host], &[]).await.status, 204);
    assert_eq!(next(&dj).await.status, 403);
    for wrong in ["2", "0", "x", "-1", "4294967296"] {
        let reply = world.ask("PUT", &format!("/api/guests/{wrong}/dj"), &[&host], &[]).await;
        assert_eq!((reply.status, reply.text().contains("no-such-guest")), (404, true), "{wrong}");
    }
}

#[tokio::test]
async fn whoever_is_only_refused_is_no_guest_and_gets_no_cookie() {
    let world = World::new(hosts()).await;
    for n in 0..50 {
        for (method, path, body) in [
            ("PUT", "/api/me", r#"{"name":7}"#),
            ("PUT", "/api/me", "{}x"),
            ("POST", "/api/requests", r#"{"track":"nonsense"}"#),
            ("PUT", "/api/queue/nonsense/vote", ""),
            ("PUT", "/api/channels/none/queue/1/vote", ""),
        ] {
            let heads: &[&str] = if body.is_empty() { &[] } else { &[JSON] };
            let reply = world.ask(method, path, heads, body.as_bytes()).await;
            assert!((400..500).contains(&reply.status), "{n}: {method} {path} {}", reply.status);
            assert_eq!(reply.header("set-cookie"), "", "{n}: {method} {path}");
        }
    }
    assert_eq!(list(&world).await, json!([]));
    join(&world).await;
    assert_eq!(list(&world).await.as_array().map(Vec::len), Some(1), "whoever is understood is one");
}

#[tokio::test]
async fn nobody_but_a_host_is_called_like_one_and_nobody_like_another_guest() {
    for (config, status) in [(Config::default(), 409), (hosts(), 204)] {
        let world = World::new(config).await;
        let (ann, bob) = (join(&world).await, join(&world).await);
        let name = async |cookie: &str, name: &str| {
            let body = json!({ "name": name }).to_string();
            world.ask("PUT", "/api/me", &[JSON, cookie], body.as_bytes()).await
        };
        assert_eq!(name(&ann, "Ann").await.status, 204);
        let like_host = name(&bob, "H\u{43e}st").await;
        assert_eq!(like_host.status, status, "{}", like_host.text());
        for alike in ["Ann", "a\u{200b}nn"] {
            let reply = name(&bob, alike).await;
            assert!(reply.status == 409 && reply.text().contains("\"code\":\"name-taken\""), "{}", reply.text());
        }
    }
}
