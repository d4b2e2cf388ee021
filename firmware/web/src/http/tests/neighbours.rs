//! Proxies in front of the box, names and ports that others give it, and pages of others that play its stream.

use axum::http::Method;

use super::world::{Reply, World, hosts};
use crate::http::Config;
use crate::http::qr::tests::scanned;
use crate::http::routes::ROUTES;

const NAME: &str = "party.example.org";

/// A box on this machine behind a proxy on it, whose word is believed if it `trusts`; this machine's address is a host's.
async fn behind_proxy(trusts: bool) -> World {
    let proxies = if trusts { vec!["127.0.0.0/8".parse().unwrap()] } else { Vec::new() };
    World::new(Config { names: vec![NAME.to_owned()], proxies, ..hosts() }).await
}

/// Sends a request with exactly these head lines.
async fn send(world: &World, method: &str, path: &str, lines: &[&str]) -> Reply {
    let lines = lines.join("\r\n").replace('@', &world.addr.to_string());
    world.raw(format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n{lines}\r\n\r\n").as_bytes()).await
}

#[tokio::test]
async fn a_request_that_was_forwarded_is_never_a_hosts_by_its_address() {
    for trusts in [false, true] {
        let world = behind_proxy(trusts).await;
        assert_eq!(send(&world, "POST", "/api/party/pause", &["Host: @"]).await.status, 204, "the host at the box");
        for mark in [
            "X-Forwarded-For: 192.168.1.77",
            "X-Forwarded-For: 127.0.0.1",
            "Forwarded: for=127.0.0.1",
            "X-Real-IP: 127.0.0.1",
            "Via: 1.1 proxy",
            "X-Forwarded-Proto: https",
        ] {
            let name = format!("Host: {NAME}");
            let reply = send(&world, "POST", "/api/party/pause", &[&name, mark]).await;
            assert_eq!(reply.status, 403, "{mark}, believed: {trusts}");
            let reply = send(&world, "GET", "/api/party/settings", &[&name, mark]).await;
            assert_eq!(reply.status, 403, "{mark}, believed: {trusts}");
        }
    }
}

#[tokio::test]
async fn limits_are_those_of_whom_a_proxy_that_is_believed_speaks_for() {
    let world = behind_proxy(true).await;
    // More guests than one address may have, each of an address of its own.
    for n in 0..40 {
        let from = format!("X-Forwarded-For: 192.168.1.{n}");
        let body = format!("{{\"name\":\"A{n:02}\"}}");
        let name = ["Host: @", &from, "Content-Type: application/json", "Content-Length: 14", "", &body];
        let reply = send(&world, "PUT", "/api/me", &name).await;
        assert_eq!(reply.status, 204, "{n}: {}", reply.text());
    }
}

#[tokio::test]
async fn a_configured_name_works_behind_tls_a_mapped_port_and_however_it_is_written() {
    let world = behind_proxy(false).await;
    for (host, origin) in [
        ("party.example.org", "http://party.example.org"),
        ("PARTY.Example.org.", "http://party.example.org"),
        ("party.example.org:9000", "http://party.example.org:9000"),
        ("party.example.org", "https://party.example.org"),
        ("party.example.org", "https://party.example.org:8443"),
        ("party.example.org:8443", "https://party.example.org:8443"),
        ("party.example.org:8080", "https://Party.Example.Org"),
    ] {
        let (host, origin) = (format!("Host: {host}"), format!("Origin: {origin}"));
        assert_eq!(send(&world, "GET", "/health", &[&host]).await.status, 200, "{host}");
        let reply = send(&world, "POST", "/api/party/pause", &[&host, &origin]).await;
        assert_eq!(reply.status, 204, "{host} {origin}: {}", reply.text());
    }
    for (host, origin) in [
        ("party.example.org", "http://party.example.org:8000"),
        ("party.example.org", "https://party.example.org.evil.example"),
        ("party.example.org", "ftp://party.example.org"),
        ("party.example.org", "null"),
        ("@", "https://@"),
        ("@", "http://party.example.org"),
    ] {
        let (host, origin) = (format!("Host: {host}"), format!("Origin: {origin}"));
        assert_eq!(send(&world, "POST", "/api/party/pause", &[&host, &origin]).await.status, 403, "{host} {origin}");
    }
    assert_eq!(send(&world, "GET", "/health", &["Host: other.example.org"]).await.status, 421);
}

#[tokio::test]
async fn a_proxy_that_is_believed_says_under_which_name_the_phone_came() {
    let world = behind_proxy(true).await;
    let outer = ["Host: 127.0.0.1:1", "X-Forwarded-Host: party.example.org:8443", "X-Forwarded-Proto: https"];
    let with = |line| [&outer[..], &[line]].concat();
    assert_eq!(send(&world, "POST", "/api/pairing", &with("Origin: https://party.example.org:8443")).await.status, 200);
    assert_eq!(send(&world, "POST", "/api/pairing", &with("Origin: https://evil.example")).await.status, 403);
    let foreign = ["Host: @", "X-Forwarded-Host: evil.example"];
    assert_eq!(send(&world, "GET", "/health", &foreign).await.status, 421);
}

#[tokio::test]
async fn codes_and_links_show_the_address_that_others_can_use() {
    let shown =
        async |world: &World, lines: &[&str]| scanned(&send(world, "GET", "/api/qr/page.png", lines).await.body);
    let world = behind_proxy(true).await;
    let tls = ["Host: party.example.org", "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https"];
    assert_eq!(shown(&world, &tls).await, "https://party.example.org/");
    assert_eq!(
        shown(&world, &["Host: party.example.org:9000"]).await,
        "http://party.example.org:9000/",
        "a mapped port"
    );
    assert_eq!(shown(&world, &["Host: @"]).await, "http://10.77.0.1/", "as the box knows it");
    let lied = ["Host: party.example.org", "X-Forwarded-Host: evil.example"];
    assert_eq!(send(&world, "GET", "/api/qr/page.png", &lied).await.status, 421);
    let url = Some("https://music.example/".to_owned());
    let world = World::new(Config { url, names: vec![NAME.to_owned()], ..hosts() }).await;
    assert_eq!(shown(&world, &["Host: @"]).await, "https://music.example/");
    assert!(send(&world, "GET", "/api/invitation", &["Host: @"]).await.text().contains("https://music.example/"));
}

#[tokio::test]
async fn pages_of_others_may_play_and_look_and_change_nothing() {
    let world = World::new(Config::default()).await;
    let page = "Origin: http://homeassistant.local:8123";
    for path in ["/stream/latest.mp3", "/api/party/status", "/api/library/art/1", "/health"] {
        let reply = send(&world, "HEAD", path, &["Host: @", page]).await;
        assert_eq!(reply.header("cross-origin-resource-policy"), "cross-origin", "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
    }
    let ask = ["Host: @", page, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type"];
    let reply = send(&world, "OPTIONS", "/whep/latest", &ask).await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (204, "*"));
    assert!(reply.header("access-control-allow-methods").contains("POST"));
    for name in ["Content-Type", "Authorization", "Accept-Encoding", "Cache-Control", "X-Requested-With", "Range"] {
        assert!(reply.header("access-control-allow-headers").split(", ").any(|known| known == name), "{name}");
    }
    let offer = ["Host: @", page, "Content-Type: application/sdp", "Content-Length: 2", "", "v="];
    let reply = send(&world, "POST", "/whep/main", &offer).await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (201, "*"), "{}", reply.text());
    for name in ["Location", "Retry-After", "Content-Range", "icy-url", "ice-audio-info"] {
        assert!(reply.header("access-control-expose-headers").split(", ").any(|known| known == name), "{name}");
    }
    for path in ["/", "/metrics", "/api/library/tracks"] {
        let reply = send(&world, "GET", path, &["Host: @", page]).await;
        assert_eq!(reply.header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), "", "{path}");
    }
    let open = ROUTES.iter().filter(|route| route.is_for_all_pages());
    for route in open.filter(|route| route.method != Method::GET) {
        assert!(route.path.starts_with("/whep/") && !route.path.ends_with("time"), "{}", route.path);
    }
}

#[tokio::test]
async fn a_page_is_in_a_frame_only_where_that_is_configured() {
    let policy = async |embed: &[&str]| {
        let embed = embed.iter().map(|origin| (*origin).to_owned()).collect();
        let world = World::new(Config { embed, ..Config::default() }).await;
        world.get("/").await.header("content-security-policy").to_owned()
    };
    assert!(policy(&[]).await.contains("frame-ancestors 'none'"));
    let open = policy(&["http://ha.local:8123"]).await;
    assert!(open.contains("frame-ancestors 'self' http://ha.local:8123") && !open.contains("'none'; base"), "{open}");
}

#[tokio::test]
async fn an_address_written_by_hand_leads_to_the_page_that_is_meant() {
    let world = World::new(Config::default()).await;
    for (path, page) in
        [("/Host", "/host"), ("/host/", "/host"), ("/HOST.html?x=1", "/host?x=1"), ("/index.html", "/"), ("//", "/")]
    {
        let reply = world.get(path).await;
        assert_eq!((reply.status, reply.header("location")), (302, page), "{path}");
    }
    for path in ["/nothing", "/Nothing/", "/js/"] {
        assert_eq!(world.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn somebody_in_a_browser_who_is_lost_gets_a_page_with_the_right_address() {
    let world = World::new(Config::default()).await;
    let browser = ["Accept: text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language: de"];
    let with = |host| [&[host], &browser[..]].concat();
    let reply = send(&world, "GET", "/nothing", &with("Host: @")).await;
    assert_eq!((reply.status, reply.header("content-type")), (404, "text/html; charset=utf-8"));
    assert!(reply.text().contains("href=\"/\"") && reply.text().contains("Zur Party"), "{}", reply.text());
    let reply = send(&world, "GET", "/", &with("Host: wrong.example")).await;
    assert_eq!(reply.status, 421);
    assert!(reply.text().contains("href=\"http://10.77.0.1/\""), "{}", reply.text());
    let program = send(&world, "GET", "/nothing", &["Host: @", "Accept: */*"]).await;
    assert_eq!(program.header("content-type"), "application/json");
    let script = [&with("Host: @")[..], &["Sec-Fetch-Mode: cors"]].concat();
    assert_eq!(send(&world, "GET", "/nothing", &script).await.header("content-type"), "application/json");
}
