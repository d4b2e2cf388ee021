//! The box as a thing, over HTTP: each system's question for the internet, the sheet's page, and the host's choices.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use appliance::config::{Cable, Portal};
use appliance::facts::{Facts, Forgets, Network};

use super::world::{World, hosts};
use crate::http::Config;

fn own_network(portal: Portal, probed_at: IpAddr) -> Arc<Facts> {
    let page = "http://10.77.0.1/".to_owned();
    let (origins, below) = Default::default();
    let network = Network { portal, probed_at, page, forward: false, cable: Cable::Guests, origins, below };
    Arc::new(Facts { network: Some(network), ..Facts::default() })
}

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// What each system asks, as status and body must be while the box keeps phones without a word.
const PROBES: [(&str, &str, u16, &str); 7] = [
    (
        "captive.apple.com",
        "/hotspot-detect.html",
        200,
        "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>",
    ),
    ("connectivitycheck.gstatic.com", "/generate_204", 204, ""),
    ("www.google.com:80", "/gen_204", 204, ""),
    ("connectivitycheck.samsung.com", "/generate_204", 204, ""),
    ("www.msftconnecttest.com", "/connecttest.txt", 200, "Microsoft Connect Test"),
    ("detectportal.firefox.com", "/success.txt", 200, "success\n"),
    ("nmcheck.gnome.org", "/check_network_status.txt", 200, "NetworkManager is online\n"),
];

async fn probe(world: &World, host: &str, path: &str) -> super::world::Reply {
    world.ask("GET", path, &[&format!("Host: {host}")], &[]).await
}

#[tokio::test]
async fn every_systems_probe_is_answered_as_it_wants_while_the_box_is_its_own_network() {
    let world = World::new(Config::default()).await;
    world.facts.send_replace(own_network(Portal::Quiet, HERE));
    for (host, path, status, body) in PROBES {
        let reply = probe(&world, host, path).await;
        assert_eq!((reply.status, reply.text().as_str()), (status, body), "{host}{path}");
        assert_eq!(reply.header("cache-control"), "no-store", "{host}");
    }
}

#[tokio::test]
async fn nothing_but_probes_passes_under_their_names_and_none_where_they_are_not_expected() {
    let world = World::new(hosts()).await;
    let elsewhere = own_network(Portal::Quiet, IpAddr::from([192, 0, 2, 1]));
    for facts in [Arc::default(), elsewhere, own_network(Portal::Off, HERE)] {
        world.facts.send_replace(facts);
        for (host, path, ..) in PROBES {
            assert_eq!(probe(&world, host, path).await.status, 421, "{host}");
        }
    }
    world.facts.send_replace(own_network(Portal::Quiet, HERE));
    for path in ["/", "/api/party/status", "/api/box", "/metrics", "/portal", "/generate_204/../api/box"] {
        assert_eq!(probe(&world, "www.google.com", path).await.status, 421, "{path}");
    }
    let posted = world.ask("POST", "/generate_204", &["Host: www.google.com"], &[]).await;
    assert_eq!(posted.status, 421);
}

#[tokio::test]
async fn android_is_shown_the_page_until_its_owner_stays_and_the_others_never() {
    let world = World::new(Config::default()).await;
    world.facts.send_replace(own_network(Portal::SignIn, HERE));
    let shown = probe(&world, "connectivitycheck.gstatic.com", "/generate_204").await;
    assert_eq!((shown.status, shown.header("location")), (302, "http://10.77.0.1/portal"));
    assert_eq!(probe(&world, "captive.apple.com", "/hotspot-detect.html").await.status, 200);
    let page = world.get("/portal").await;
    assert!(page.status == 200 && page.text().contains("http://127.0.0.1/"), "{}", page.text());
    assert_eq!(probe(&world, "www.google.com", "/gen_204").await.status, 302, "the page alone changes nothing");
    assert_eq!(world.get("/portal/stay").await.status, 200);
    assert_eq!(probe(&world, "www.google.com", "/gen_204").await.status, 204);
}

#[tokio::test]
async fn a_host_chooses_how_the_network_behaves_and_is_told_why_not() {
    let world = World::new(hosts()).await;
    let put = |body: &'static str| {
        let world = &world;
        async move { world.ask("PUT", "/api/box/network", &["Content-Type: application/json"], body.as_bytes()).await }
    };
    assert_eq!(put(r#"{"portal":"off"}"#).await.status, 204);
    assert_eq!(put(r#"{"portal":"loud"}"#).await.status, 400);
    assert_eq!(put(r#"{"cable":"guests"}"#).await.status, 204);
    let refused = put(r#"{"cable":"sea"}"#).await;
    assert!(refused.status == 400 && refused.text().contains("house, guests"), "{}", refused.text());
    let refused = put(r#"{"forward":true}"#).await;
    assert!(refused.status == 409 && refused.text().contains(r#""code":"no-uplink""#), "{}", refused.text());
    world.facts.send_replace(own_network(Portal::SignIn, HERE));
    let about = world.get("/api/box").await.text();
    assert!(about.contains(r#""network":{"portal":"sign-in","forward":false,"cable":"guests","origins":{"#), "{about}");
}

#[tokio::test]
async fn everybody_is_told_that_the_box_forgets_and_a_host_gives_up_what_it_kept() {
    let world = World::new(hosts()).await;
    assert!(world.get("/api/box").await.text().contains(r#""forgets":null"#));
    for (forgets, name) in [
        (Forgets::ReadOnly, "read-only"),
        (Forgets::Lost, "lost"),
        (Forgets::Making, "making"),
        (Forgets::Failed, "failed"),
    ] {
        world.facts.send_replace(Arc::new(Facts { forgets: Some(forgets), ..Facts::default() }));
        for path in ["/api/box", "/api/party/status"] {
            let told = world.get(path).await.text();
            assert!(told.contains(&format!(r#""forgets":"{name}""#)), "{path}: {told}");
        }
    }
    assert_eq!(world.ask("POST", "/api/box/anew", &[], &[]).await.status, 204);
}

#[tokio::test]
async fn an_update_comes_in_whole_and_one_that_breaks_off_leaves_nothing() {
    let world = World::new(hosts()).await;
    let typed = "Content-Type: application/octet-stream";
    let bundle = vec![7; 700_000];
    assert_eq!(world.ask("POST", "/api/update", &[typed], &bundle).await.status, 202);
    let inbox = world.inbox.clone();
    assert!(std::fs::read(&inbox.whole).unwrap() == bundle && !inbox.part.exists());
    std::fs::remove_file(&inbox.whole).unwrap();
    let broken = format!(
        "POST /api/update HTTP/1.1\r\nHost: {}\r\n{typed}\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        world.addr
    );
    assert_eq!(world.raw(broken.as_bytes()).await.status, 400);
    assert!(!inbox.part.exists() && !inbox.whole.exists());
    assert_eq!(world.get("/api/update").await.text(), "null");
    std::fs::remove_dir_all(inbox.part.parent().unwrap()).unwrap();
}
