//! Proxies in front of the box, names and ports that others give it, and pages of others that play its stream.

use axum::http::Method;

use super::keeper::cookie;
use super::table::paired;
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
            "X-Forwarded-Client-Cert: x",
            "X-Forwarded-Prefix: /",
            "X-Original-Forwarded-For: 127.0.0.1",
            "X-Original-Host: localhost",
            "X-Cluster-Client-IP: 127.0.0.1",
            "X-Envoy-External-Address: 127.0.0.1",
            "Fastly-Client-IP: 127.0.0.1",
            "X-Azure-ClientIP: 127.0.0.1",
            "X-Scheme: https",
            "X-Ingress-Path: /x",
            "CF-Ray: 1",
            "CF-Connecting-IPv6: ::1",
        ] {
            for host in [&*format!("Host: {NAME}"), "Host: @"] {
                for (method, path) in [("POST", "/api/party/pause"), ("GET", "/api/party/settings")] {
                    let reply = send(&world, method, path, &[host, mark]).await;
                    assert_eq!(reply.status, 403, "{path} {host} {mark}, believed: {trusts}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_tunnel_that_does_not_say_so_makes_nobody_host() {
    let names = vec![NAME.to_owned(), "203.0.113.7".to_owned()];
    let world = World::new(Config { names, ..hosts() }).await;
    paired(&world, 1).await;
    for (host, status) in [
        ("@", 204),
        ("localhost:1", 204),
        ("LOCALHOST.", 204),
        ("127.0.0.1", 204),
        (NAME, 403),
        ("203.0.113.7", 403),
        ("203.0.113.7:9000", 403),
    ] {
        let host = format!("Host: {host}");
        assert_eq!(send(&world, "POST", "/api/party/pause", &[&host]).await.status, status, "{host}");
        let reply = send(&world, "POST", "/api/party/pause", &[&host, &cookie(1)]).await;
        assert_eq!(reply.status, 204, "a paired phone is host by any way: {host}");
    }
}

#[tokio::test]
async fn fifty_phones_behind_one_router_are_fifty_guests_and_one_more_flood_is_not() {
    let world = behind_proxy(true).await;
    let from = "X-Forwarded-For: 192.168.1.7";
    let mut known = 0;
    for n in 0..200 {
        let body = format!("{{\"name\":\"A{n:03}\"}}");
        let lines = ["Host: @", from, "Content-Type: application/json", "Content-Length: 15", "", &body];
        let reply = send(&world, "PUT", "/api/me", &lines).await;
        match reply.status {
            204 => known += 1,
            status => assert!(n >= 50 && status == 429, "{n}: {}", reply.text()),
        }
    }
    assert!((50..=64).contains(&known), "{known}: who drops cookies on and on is refused at last");
    let body = ["Host: @", "X-Forwarded-For: 192.168.1.8", "Content-Type: application/json", "Content-Length: 14", ""];
    let other = send(&world, "PUT", "/api/me", &[&body[..], &["{\"name\":\"Bob\"}"]].concat()).await;
    assert_eq!(other.status, 204, "others may: {}", other.text());
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
    let url = Some("https://music.example:8443/".to_owned());
    let names = [NAME, "203.0.113.7", "[fd00::7]"].map(str::to_owned).to_vec();
    let world = World::new(Config { url, names, ..hosts() }).await;
    paired(&world, 1).await;
    for (host, origin) in [
        ("203.0.113.7", "http://203.0.113.7"),
        ("203.0.113.7:9000", "http://203.0.113.7:9000"),
        ("[fd00::7]:9000", "http://[fd00::7]:9000"),
        // The name of the address from outside is one of the box's without being said twice.
        ("music.example", "https://music.example"),
        ("Music.example:8443", "https://music.example:8443"),
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
        let reply = send(&world, "POST", "/api/party/pause", &[&host, &origin, &cookie(1)]).await;
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
        let reply = send(&world, "POST", "/api/party/pause", &[&host, &origin, &cookie(1)]).await;
        assert_eq!(reply.status, 403, "{host} {origin}");
    }
    for host in ["other.example.org", "203.0.113.8", "[fd00::8]", "fd00::7", "sub.music.example"] {
        assert_eq!(send(&world, "GET", "/health", &[&format!("Host: {host}")]).await.status, 421, "{host}");
    }
}

#[tokio::test]
async fn a_proxy_that_is_believed_says_under_which_name_the_phone_came() {
    let world = behind_proxy(true).await;
    let outer = ["Host: 127.0.0.1:1", "X-Forwarded-Host: party.example.org:8443", "X-Forwarded-Proto: https"];
    let with = |line| [&outer[..], &[line]].concat();
    assert_eq!(send(&world, "POST", "/api/pairing", &with("Origin: https://party.example.org:8443")).await.status, 200);
    assert_eq!(send(&world, "POST", "/api/pairing", &with("Origin: https://evil.example")).await.status, 403);
    for host in ["evil.example", "evil.example, inner.local"] {
        let foreign = ["Host: @", &format!("X-Forwarded-Host: {host}")];
        assert_eq!(send(&world, "GET", "/health", &foreign).await.status, 421, "{host}");
    }
    // The outer of two proxies gives the phone's name, the inner one its own for the outer one.
    let two = ["Host: 127.0.0.1:1", "X-Forwarded-Host: party.example.org:8443, inner.local"];
    let two = [&two[..], &["X-Forwarded-Proto: https, http"]].concat();
    let asks = |origin| [&two[..], &[origin]].concat();
    assert_eq!(send(&world, "POST", "/api/pairing", &asks("Origin: https://party.example.org:8443")).await.status, 200);
    assert_eq!(send(&world, "POST", "/api/pairing", &asks("Origin: https://inner.local")).await.status, 403);
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
    for (path, page) in [
        ("/Host", "/host"),
        ("/host/", "/host"),
        ("/host.", "/host"),
        ("/host).", "/host"),
        ("/HOST.html?x=1", "/host?x=1"),
        ("/index.html", "/"),
        ("//", "/"),
        ("/Stream/latest.mp3", "/stream/latest.mp3"),
        ("/stream/latest.mp3/", "/stream/latest.mp3"),
        ("/STREAM/Main.M3U?bitrate=64", "/stream/main.m3u?bitrate=64"),
        ("/Stream/Latest", "/stream/latest"),
    ] {
        let reply = world.get(path).await;
        assert_eq!((reply.status, reply.header("location")), (302, page), "{path}");
    }
    for path in ["/stream/latest.MP3", "/stream/Main.mp3", "/stream/latest.mp3).", "/stream/LATEST.Pls"] {
        let reply = world.ask("HEAD", path, &[], &[]).await;
        assert_eq!(reply.status, 200, "{path}");
    }
    for path in ["/nothing", "/Nothing/", "/js/", "/Stream/a/b.mp3", "/stream/none.MP3"] {
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
