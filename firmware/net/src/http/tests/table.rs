//! Every route of the table against everything that must be refused: made from the table, so none can be forgotten.

use axum::http::Method;

use super::world::{SESSION, World, hosts};
use crate::http::Config;
use crate::http::routes::{ROUTES, Route, Takes, Who, paths};

/// A path that matches the pattern.
fn path(route: &Route) -> String {
    let session = SESSION.to_string();
    route.path.replace("{stream}", "main").replace("{session}", &session).replace("{file}", "main.mp3")
}

/// The head line and a body that the route takes.
fn body(route: &Route) -> (Vec<String>, Vec<u8>) {
    match route.takes {
        Takes::Nothing => (vec![], vec![]),
        Takes::Media(media, _) => (vec![format!("Content-Type: {media}")], b"{}".to_vec()),
    }
}

async fn ask(world: &World, route: &Route, extra: &[&str]) -> super::world::Reply {
    let (mut lines, body) = body(route);
    lines.extend(extra.iter().map(|line| (*line).to_owned()));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    world.ask(route.method.as_str(), &path(route), &lines, &body).await
}

#[tokio::test]
async fn no_route_answers_to_a_foreign_name() {
    let world = World::new(hosts()).await;
    let port = world.addr.port();
    for route in ROUTES {
        for host in ["evil.example", "10.0.0.1", "127.0.0.1:1", "127.0.0.1@evil.example", "localhost.evil.example", ""]
        {
            let reply = ask(&world, route, &[&format!("Host: {host}")]).await;
            assert_eq!(reply.status, 421, "{} {} as {host:?}: {}", route.method, route.path, reply.text());
        }
        let twice = [format!("Host: 127.0.0.1:{port}"), "Host: evil.example".to_owned()];
        let reply = ask(&world, route, &[&twice[0], &twice[1]]).await;
        assert_eq!(reply.status, 400, "{} {} as two", route.method, route.path);
    }
}

#[tokio::test]
async fn no_changing_route_obeys_a_foreign_page() {
    let world = World::new(hosts()).await;
    let own = format!("Origin: http://{}", world.addr);
    let other_port = "Origin: http://127.0.0.1:1".to_owned();
    let secure = format!("Origin: https://{}", world.addr);
    for route in ROUTES.iter().filter(|route| route.changes_something()) {
        for line in [
            "Origin: null",
            "Origin: http://evil.example",
            &other_port,
            &secure,
            "Sec-Fetch-Site: cross-site",
            "Sec-Fetch-Site: same-site",
        ] {
            let reply = ask(&world, route, &[line]).await;
            assert_eq!(reply.status, 403, "{} {} with {line}", route.method, route.path);
            assert!(reply.text().contains("open the page of the box itself"), "{}", reply.text());
        }
        let two = ask(&world, route, &[&own, "Origin: http://evil.example"]).await;
        assert_eq!(two.status, 403, "{} {} with two origins", route.method, route.path);
        let reply = ask(&world, route, &[&own, "Sec-Fetch-Site: same-origin"]).await;
        assert_ne!(reply.status, 403, "{} {} from our own page", route.method, route.path);
    }
    let asked = world.actions.lock().unwrap().len();
    assert_eq!(asked, 3, "only our own page's play, pause and next came through");
}

#[tokio::test]
async fn no_host_route_obeys_a_guest() {
    let world = World::new(Config::default()).await;
    let hosts_only: Vec<_> = ROUTES.iter().filter(|route| route.who == Who::Host).collect();
    assert!(hosts_only.len() >= 4);
    for route in hosts_only {
        let reply = ask(&world, route, &[]).await;
        assert_eq!(reply.status, 403, "{} {}", route.method, route.path);
        assert!(reply.text().contains("Only the host"), "{}", reply.text());
    }
    assert!(world.actions.lock().unwrap().is_empty());
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
    let whep = world.ask("OPTIONS", "/whep/main", &[], &[]).await;
    assert_eq!(whep.header("accept-post"), "application/sdp");
}

#[tokio::test]
async fn every_body_is_limited_and_of_its_type() {
    let world = World::new(hosts()).await;
    for route in ROUTES {
        let target = path(route);
        let name = format!("{} {}", route.method, route.path);
        let method = route.method.as_str();
        let Takes::Media(media, bytes_max) = route.takes else {
            assert_eq!(world.ask(method, &target, &[], b"x").await.status, 400, "{name} with a body");
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
        "127.0.0.1:80".into(),
    ] {
        assert_eq!(world.ask("GET", "/health", &[&format!("Host: {host}")], &[]).await.status, 200, "{host}");
    }
}
