//! Every route of the table against everything that must be refused: made from the table, so none can be forgotten. The
//! last test shows that the same requests pass from whom they should.

use axum::http::Method;

use super::guests::join;
use super::keeper::cookie;
use super::world::{Reply, SESSION, World, hosts};
use crate::http::Config;
use crate::http::route::{Route, Takes, Who};
use crate::http::routes::{ROUTES, paths};

/// A path that matches the pattern.
pub(super) fn path(route: &Route) -> String {
    let session = SESSION.to_string();
    let path = route
        .path
        .replace("{stream}", "main")
        .replace("{channel}", "main")
        .replace("{session}", &session)
        .replace("{file}", "main.mp3");
    let path = path
        .replace("{item}", "1")
        .replace("{request}", "1")
        .replace("{label}", "1")
        .replace("{track}", "1")
        .replace("{id}", "1")
        .replace("{rule}", "portal")
        .replace("{setting}", "crossfade_ms")
        .replace("/groups", "/groups?by=album")
        .replace("/qr/room.svg", "/qr/room.svg?room=BCDFG");
    assert!(!path.contains('{'), "{path}: say here what fits");
    path
}

/// Head lines and a body with which the route does what it is for.
fn right(route: &Route) -> (Vec<String>, &'static [u8]) {
    let media = match route.takes {
        Takes::Nothing | Takes::Socket => return (vec![], b""),
        Takes::Media(media, _) | Takes::File(media, _) => media,
    };
    let mut lines = vec![format!("Content-Type: {media}")];
    if route.method == Method::PATCH {
        lines.push("If-Match: \"e1\"".into());
    }
    let rest = route.path.strip_prefix("/api/channels/{channel}");
    let first = rest.map(|rest| match rest {
        "/queue" | "/queue/{item}/move" | "/requests" => format!("/api{rest}"),
        rest => format!("/api/party{rest}"),
    });
    let body: &[u8] = match first.as_deref().unwrap_or(route.path) {
        "/api/party" => br#"{"name":"Rock","color":"green"}"#,
        "/api/party/move" => br#"{"to":0}"#,
        "/whep/{stream}/{session}/stream" => br#"{"stream":"main"}"#,
        "/api/party/source" => br#"{"source":"line-in"}"#,
        "/api/box/network" => br#"{"portal":"sign-in"}"#,
        "/api/box/settings" => br#"{"opus.complexity":3}"#,
        "/api/box/backup" => br#"{"partybox_backup":1}"#,
        "/api/box/clock" => br#"{"unix_ms":1800000000000}"#,
        "/whep/{stream}/{session}/ptime" => br#"{"ptime":40}"#,
        "/api/party/volume" => br#"{"db":-6}"#,
        "/api/party/senders/{id}" => br#"{"loudness_percent":50}"#,
        "/api/party/settings" => br#"{"requests":"auto"}"#,
        "/api/party/reactions" => br#"{"kind":"fire"}"#,
        "/api/party/seek" => br#"{"position_ms":5}"#,
        "/api/queue" => br#"{"track":1,"at":"end"}"#,
        "/api/queue/{item}/move" => br#"{"to":0}"#,
        "/api/requests" => br#"{"track":1}"#,
        "/api/senders" => br#"{"name":"Desk"}"#,
        "/whip/{channel}/{session}/title" => br#"{"title":"Song"}"#,
        "/api/party/start" => br#"{"title":"Garden"}"#,
        "/api/me" => br#"{"name":"Ann"}"#,
        _ => b"v=0",
    };
    (lines, body)
}

async fn ask(world: &World, route: &Route, extra: &[&str]) -> Reply {
    let (mut lines, body) = right(route);
    lines.extend(extra.iter().map(|line| (*line).to_owned()));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    world.ask(route.method.as_str(), &path(route), &lines, body).await
}

fn name(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

/// What is served besides the table: every embedded file, and what does not exist.
fn pages() -> Vec<&'static str> {
    webui::all().iter().map(|asset| asset.path).chain(["/favicon.ico", "/nothing", "/api", "/api/party"]).collect()
}

/// Addresses that are not ours.
const FOREIGN_HOSTS: [&str; 14] = [
    "[127.0.0.1]",
    "127.0.0.1]",
    "127.0.0.1:080",
    "127.0.0.1:+80",
    "127.1",
    "127.000.000.001",
    "[::ffff:127.0.0.1",
    "evil.example",
    "10.0.0.1",
    "127.0.0.1:1",
    "127.0.0.1@evil.example",
    "localhost.evil.example",
    "evil.localhost",
    "",
];

/// What tells that a page of somebody else sent a request.
const FOREIGN_PAGES: [&str; 5] = [
    "Origin: null",
    "Origin: http://evil.example",
    "Origin: http://127.0.0.1:1",
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Site: same-site",
];

#[tokio::test]
async fn no_route_and_no_page_answers_to_a_foreign_name() {
    let world = World::new(hosts()).await;
    for host in FOREIGN_HOSTS {
        let line = format!("Host: {host}");
        for route in ROUTES.iter() {
            let reply = ask(&world, route, &[&line]).await;
            assert_eq!(reply.status, 421, "{} as {host:?}: {}", name(route), reply.text());
        }
        for (page, method) in pages().iter().flat_map(|page| ["GET", "POST", "OPTIONS"].map(|method| (page, method))) {
            assert_eq!(world.ask(method, page, &[&line], &[]).await.status, 421, "{method} {page} as {host:?}");
        }
    }
    let twice = [format!("Host: {}", world.addr), "Host: evil.example".to_owned()];
    for route in ROUTES.iter() {
        let reply = ask(&world, route, &[&twice[0], &twice[1]]).await;
        assert_eq!(reply.status, 400, "{} as two", name(route));
    }
    assert!(world.wishes.lock().unwrap().is_empty() && world.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn no_foreign_page_takes_a_place_or_time_by_asking() {
    let world = World::new(hosts()).await;
    let others = |route: &&Route| route.is_for_all_pages() || route.is_for_strangers();
    for route in ROUTES.iter().filter(|route| !route.is_for_own_pages() && !others(route)) {
        for line in FOREIGN_PAGES.into_iter().chain(["Referer: http://evil.example/x"]) {
            let reply = ask(&world, route, &[line]).await;
            assert_eq!(reply.status, 403, "{} with {line}", name(route));
        }
    }
}

#[tokio::test]
async fn what_is_no_object_is_no_body() {
    let world = World::new(hosts()).await;
    for route in ROUTES.iter().filter(|route| matches!(route.takes, Takes::Media("application/json", _))) {
        let (lines, body) = right(route);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let fields: serde_json::Map<_, _> = serde_json::from_slice(body).expect("an object");
        let list = serde_json::Value::from_iter(fields.into_iter().map(|(_, value)| value)).to_string();
        for wrong in [list.as_str(), "[]", "null", "7", "\"x\""] {
            let reply = world.ask(route.method.as_str(), &path(route), &lines, wrong.as_bytes()).await;
            assert_eq!(reply.status, 400, "{} with {wrong}: {}", name(route), reply.text());
        }
    }
    assert!(world.wishes.lock().unwrap().is_empty());
}

#[tokio::test]
async fn no_route_that_matters_obeys_a_foreign_page() {
    // The phone is host in every way there is; the page that is open on it is not ours.
    let world = World::new(hosts()).await;
    paired(&world, 1).await;
    let own = format!("Origin: http://{}", world.addr);
    let secure = format!("Origin: https://{}", world.addr);
    for route in ROUTES.iter().filter(|route| route.is_for_own_pages()) {
        for line in FOREIGN_PAGES.into_iter().chain([secure.as_str()]) {
            let reply = ask(&world, route, &[line, &cookie(1)]).await;
            assert_eq!(reply.status, 403, "{} with {line}", name(route));
            assert!(reply.text().contains("open the page of the box itself"), "{}", reply.text());
        }
        let two = ask(&world, route, &[&own, "Origin: http://evil.example", &cookie(1)]).await;
        assert_eq!(two.status, 403, "{} with two origins", name(route));
    }
    for route in ROUTES.iter().filter(|route| !route.is_for_own_pages()) {
        let is_reading = (&route.method, route.who) == (&Method::GET, Who::Anyone);
        let is_listening = route.path.starts_with("/whep/");
        assert!(is_reading || is_listening || route.is_for_strangers(), "{}", name(route));
        if route.who == Who::Sender {
            let reply = ask(&world, route, &["Origin: http://evil.example", &cookie(1)]).await;
            assert_eq!(reply.status, 401, "who brings no token is nobody, whoever's phone it is: {}", name(route));
        }
    }
    assert!(world.wishes.lock().unwrap().is_empty() && world.asked.lock().unwrap().is_empty());
}

/// Pairs a phone as the `n`th that asks.
pub(super) async fn paired(world: &World, n: u8) {
    asks(world, n).await;
    world.keeper.press();
}

async fn asks(world: &World, n: u8) {
    assert_eq!(world.ask_from([127, 0, 0, n], "POST", "/api/pairing").await.status, 200);
}

#[tokio::test]
async fn no_hosts_or_djs_route_obeys_anybody_else() {
    let world = World::new(Config::default()).await;
    // The first to ask was host and was removed, the second was forgotten, the third's request ran out, the fourth asks.
    paired(&world, 1).await;
    let (guest, dj) = (join(&world).await, join(&world).await);
    assert_eq!(world.ask("PUT", "/api/guests/2/dj", &[&cookie(1)], &[]).await.status, 204);
    world.keeper.revoke(1);
    paired(&world, 2).await;
    world.keeper.forget();
    asks(&world, 3).await;
    world.keeper.lapse();
    asks(&world, 4).await;
    let limited: Vec<_> = ROUTES.iter().filter(|route| matches!(route.who, Who::Host | Who::Dj)).collect();
    assert!(limited.len() >= 10);
    let mut refused = 0;
    for &route in &limited {
        let wrong = [
            "X-None: nothing at all".to_owned(),
            cookie(1),
            cookie(2),
            cookie(3),
            cookie(4),
            cookie(99),
            "Cookie: partybox_host=".into(),
            format!("Cookie: partybox_host={}", "\u{fc}".repeat(16)),
            format!("Cookie: {}", "partybox_host=00;".repeat(400)),
            "Authorization: Basic YWRtaW46YWRtaW4=".into(),
            "X-Forwarded-For: 127.0.0.1".into(),
            guest.clone(),
            guest.replace("_guest=", "_host="),
            format!("Cookie: partybox_guest={}", super::keeper::secret(1).to_hex()),
        ];
        let (refusal, dj_too) = if route.who == Who::Host { ("Only a host", true) } else { ("Only a DJ", false) };
        let wrong = wrong.into_iter().chain(dj_too.then(|| dj.clone()));
        for line in wrong {
            let reply = ask(&world, route, &[&line]).await;
            assert_eq!(reply.status, 403, "{} with {line}", name(route));
            assert!(reply.text().contains(refusal), "{}", reply.text());
            refused += 1;
        }
        if route.method == Method::GET {
            assert_eq!(world.ask("HEAD", &path(route), &[], &[]).await.status, 403, "HEAD {}", route.path);
        }
    }
    assert!(world.wishes.lock().unwrap().is_empty());
    println!("{refused} forged requests on {} routes of hosts and DJs: all refused", limited.len());
}

#[tokio::test]
async fn every_path_names_its_methods() {
    let world = World::new(hosts()).await;
    for (pattern, routes) in paths() {
        let example = path(routes[0]);
        let options = world.ask("OPTIONS", &example, &[], &[]).await;
        assert_eq!(options.status, 204, "{pattern}");
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::TRACE] {
            let known = routes.iter().any(|route| route.method == method);
            assert_eq!(options.header("allow").contains(method.as_str()), known, "{pattern} {method}");
            if !known {
                let reply = world.ask(method.as_str(), &example, &[], &[]).await;
                assert_eq!(reply.status, 405, "{method} {pattern}");
                assert_eq!(reply.header("allow"), options.header("allow"), "{method} {pattern}");
            }
        }
        let unknown = world.ask("BREW", &example, &[], &[]).await;
        assert_eq!(unknown.status, 405, "BREW {pattern}");
    }
    for path in ["/whep/main", "/whip/main"] {
        assert_eq!(world.ask("OPTIONS", path, &[], &[]).await.header("accept-post"), "application/sdp", "{path}");
    }
}

#[tokio::test]
async fn every_body_is_limited_and_of_its_type() {
    let world = World::new(hosts()).await;
    for route in ROUTES.iter() {
        let target = path(route);
        let (name, method) = (name(route), route.method.as_str());
        if let Takes::File(media, bytes_max) = route.takes {
            let announced = [format!("Content-Type: {media}"), format!("Content-Length: {}", bytes_max + 1)];
            let large = world.ask(method, &target, &[&announced[0], &announced[1]], &[]).await;
            assert_eq!((large.status, large.text().contains("too-large")), (413, true), "{name}");
            let wrong = world.ask(method, &target, &["Content-Type: text/plain"], b"x").await;
            assert_eq!(wrong.status, 415, "{name}");
            continue;
        }
        let Takes::Media(media, bytes_max) = route.takes else {
            let refused = world.ask(method, &target, &[], b"x").await;
            assert_eq!((refused.status, refused.text().contains("takes no body")), (400, true), "{name} with a body");
            continue;
        };
        let typed = format!("Content-Type: {media}");
        let large = world.ask(method, &target, &[&typed], &vec![b' '; bytes_max + 1]).await;
        assert_eq!(large.status, 413, "{name}");
        assert!(large.text().contains(&format!("at most {bytes_max} bytes")), "{}", large.text());
        let mut chunked = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\n{typed}\r\nTransfer-Encoding: chunked\r\n\r\n",
            world.addr
        )
        .into_bytes();
        chunked.extend(
            format!("{:x}\r\n", bytes_max + 1).bytes().chain(vec![b' '; bytes_max + 1]).chain(*b"\r\n0\r\n\r\n"),
        );
        assert_eq!(world.raw(&chunked).await.status, 413, "{name} in chunks");
        for wrong in ["Content-Type: text/plain", "X-None: x", "Content-Type: multipart/form-data; boundary=x"] {
            let reply = world.ask(method, &target, &[wrong], b"{}").await;
            assert_eq!(reply.status, 415, "{name} with {wrong}");
            assert!(reply.text().contains(media), "{}", reply.text());
        }
        let packed = world.ask(method, &target, &[&typed, "Content-Encoding: gzip"], b"{}").await;
        assert_eq!(packed.status, 415, "{name} compressed");
    }
    for page in pages() {
        assert_eq!(world.ask("GET", page, &[], b"x").await.status, 400, "{page} with a body");
    }
    assert!(world.wishes.lock().unwrap().is_empty() && world.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_configured_name_and_localhost_are_answered() {
    let config = Config { names: vec!["party.internal".into()], ..Config::default() };
    let world = World::new(config).await;
    let port = world.addr.port();
    for host in [
        "party.internal".to_owned(),
        format!("PARTY.internal:{port}"),
        format!("localhost:{port}"),
        // A forwarded port has a number of its own.
        "LOCALHOST:1".into(),
        "127.0.0.1:80".into(),
    ] {
        assert_eq!(world.ask("GET", "/health", &[&format!("Host: {host}")], &[]).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn every_route_does_what_it_is_for_when_whoever_may_asks_as_it_wants() {
    let own_page = |world: &World| [format!("Origin: http://{}", world.addr), "Sec-Fetch-Site: same-origin".into()];
    for (route, by_address) in ROUTES.iter().flat_map(|route| [(route, true), (route, false)]) {
        let world = World::new(if by_address { hosts() } else { Config::default() }).await;
        paired(&world, 1).await;
        let guest = join(&world).await;
        let [origin, site] = own_page(&world);
        let cookie = match route.who {
            _ if by_address => "X-None: x".into(),
            Who::Anyone => "X-None: x".into(),
            Who::Guest => guest,
            Who::Dj | Who::Sender | Who::Scraper | Who::Host => cookie(1),
        };
        if route.takes == Takes::Socket {
            continue; // The tests of the live connection have it.
        }
        let reply = if route.path.contains("events") || route.path.contains("stream/{file}") {
            // Their bodies do not end; the head tells.
            world.ask("HEAD", &path(route), &[&origin, &site, &cookie], &[]).await
        } else {
            ask(&world, route, &[&origin, &site, &cookie]).await
        };
        // The party of these tests has nothing to skip to.
        let right = match route.path {
            "/api/party/next" | "/api/channels/{channel}/next" => 409..410,
            // The picture shows a token only to whoever has it.
            "/api/senders/{id}/qr.svg" => 404..405,
            // Nobody sends.
            "/whip/{channel}/{session}/title" | "/whip/{channel}/{session}/heard" => 404..405,
            "/api/channels/{channel}/senders/{id}" | "/api/party/senders/{id}" => 404..405,
            // There is no stream of a sender.
            "/api/streams/{stream}" => 404..405,
            // Who says what plays at a sender brings the sender's token.
            "/admin/metadata" => 401..402,
            // And no music, hence no covers.
            "/api/library/art/{track}" | "/api/library/art/{track}/color" => 404..405,
            // Nor a place for uploads.
            "/api/library/uploads" | "/api/files" | "/api/channels/{channel}/files" => 409..410,
            "/api/library/uploads/{track}" | "/api/files/{track}/keep" | "/api/files/{track}/sound" => 404..405,
            _ => 200..300,
        };
        assert!(right.contains(&reply.status), "{}: {} {}", name(route), reply.status, reply.text());
    }
}
