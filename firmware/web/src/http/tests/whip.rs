//! WHIP as a sender sees it (RFC 9725), and what hosts decide about senders.

use std::sync::Arc;

use base::ChannelId;
use party::{PartyView, Source};
use serde_json::{Value, json as value};

use super::guests::join;
use super::keeper::cookie;
use super::table::paired;
use super::world::{Reply, SESSION, World, hosts, snapshot};
use crate::http::Config;
use crate::senders::TITLE_CHARS_MAX;

const SDP: &str = "Content-Type: application/sdp";
const FRAGMENT: &str = "Content-Type: application/trickle-ice-sdpfrag";
const JSON: &str = "Content-Type: application/json";

fn json(reply: &Reply) -> Value {
    serde_json::from_str(&reply.text()).unwrap()
}

/// A token for `body`, made by a host.
async fn token(world: &World, body: &str) -> (u64, String) {
    let made = world.ask("POST", "/api/senders", &[JSON], body.as_bytes()).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = json(&made);
    (made["id"].as_u64().unwrap(), made["token"].as_str().unwrap().to_owned())
}

/// Whom nothing but a token lets send: the address of the tests is no host's.
async fn by_token(world: &World, path: &str, token: &str, sdp: &str) -> Reply {
    world.ask("POST", path, &[SDP, &format!("Authorization: Bearer {token}")], sdp.as_bytes()).await
}

#[tokio::test]
async fn a_token_lets_a_program_send_in_its_header_or_its_address() {
    let world = World::new(Config::default()).await;
    let (_, secret) = world.senders.issue("Deck", None).unwrap().unwrap();
    let secret = secret.to_hex();
    let reply = by_token(&world, "/whip/main", &secret, "v=0").await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert_eq!(reply.header("location"), format!("/whip/main/{SESSION}"));
    assert_eq!((reply.header("content-type"), reply.header("etag")), ("application/sdp", ""));
    let again = world.ask("POST", &format!("/whip/main?token={secret}"), &[SDP], b"v=0").await;
    assert_eq!(again.status, 201, "whoever lost the network comes back: {}", again.text());
    let asked = world.asked.lock().unwrap().clone();
    assert!(asked.iter().any(|asked| asked.starts_with("Delete")), "and its old session is ended: {asked:?}");
    assert_eq!(world.get("/whip/main").await.status, 204);
    assert_eq!(world.get("/whip/none").await.status, 404);
}

#[tokio::test]
async fn whoever_brings_no_right_token_is_told_so_and_nothing_of_it_is_read() {
    let world = World::new(Config::default()).await;
    let other = world.senders.issue("Red", Some(ChannelId::new("red").unwrap())).unwrap().unwrap().1.to_hex();
    let guest = join(&world).await;
    for line in [
        "X-None: x".to_owned(),
        "Authorization: Bearer 0".into(),
        "Authorization: Basic YTpi".into(),
        format!("Authorization: Bearer {}", "0".repeat(32)),
        format!("Authorization: Bearer {other}"),
        guest,
    ] {
        let reply = world.ask("POST", "/whip/main", &[SDP, &line], b"v=0").await;
        assert_eq!((reply.status, reply.header("www-authenticate")), (401, "Bearer"), "{line}");
        assert_eq!(reply.header("content-type"), "application/problem+json");
        let problem = json(&reply);
        assert_eq!((&problem["status"], &problem["code"]), (&401.into(), &"token".into()), "{problem}");
        assert_eq!(problem["title"], "Unauthorized");
    }
    assert!(world.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_page_from_elsewhere_sends_by_a_token_and_not_by_whose_phone_it_is_open_on() {
    let page = "Origin: https://radio.example";
    for config in [hosts(), Config::default()] {
        let world = World::new(config).await;
        paired(&world, 1).await;
        let (host, own) = (cookie(1), format!("Origin: http://{}", world.addr));
        let secret = world.senders.issue("Card", None).unwrap().unwrap().1.to_hex();
        let bearer = format!("Authorization: Bearer {secret}");
        let preflight = world.ask("OPTIONS", "/whip/main", &[page, "Access-Control-Request-Method: POST"], &[]).await;
        assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (204, "*"));
        assert!(preflight.header("access-control-allow-methods").contains("POST"));
        assert!(preflight.header("access-control-allow-headers").contains("Authorization"));
        let (title, session) = (&br#"{"title":"Song"}"#[..], format!("/whip/main/{SESSION}"));
        for (method, path, lines, body, status) in [
            ("POST", "/whip/main", vec![SDP, &host], &b"v=0"[..], 401),
            ("POST", "/whip/main?takeover=1", vec![SDP, &host], b"v=0", 401),
            ("POST", "/whip/main?voice=1", vec![SDP, &host, &bearer], b"v=0", 403),
            ("POST", "/whip/main?token=0", vec![SDP], b"v=0", 401),
            ("POST", "/whip/none", vec![SDP, &bearer], b"v=0", 404),
            ("POST", "/whip/main", vec!["Content-Type: text/plain", &bearer], b"v=0", 415),
            ("PUT", "/whip/main", vec![&bearer], b"", 405),
            ("POST", &format!("/whip/main?token={secret}"), vec![SDP], b"v=0", 201),
            ("POST", "/whip/main", vec![SDP, &bearer], b"v=0", 201),
            ("PATCH", &session, vec![FRAGMENT], b"a=candidate:x", 204),
            ("PUT", &format!("{session}/title"), vec![JSON], title, 204),
            ("GET", &format!("{session}/heard"), vec![], b"", 200),
            ("DELETE", &session, vec![], b"", 200),
        ] {
            let reply = world.ask(method, path, &[&lines[..], &[page]].concat(), body).await;
            assert_eq!(reply.status, status, "{method} {path} {lines:?}: {}", reply.text());
            assert_eq!(reply.header("access-control-allow-origin"), "*", "{method} {path} {status}");
            assert!(reply.header("access-control-expose-headers").contains("Location"));
        }
        let ours = world.ask("POST", "/whip/main?takeover=1", &[SDP, &host, &own], b"v=0").await;
        assert_eq!(ours.status, 201, "a page of the box's is whose phone it is open on: {}", ours.text());
    }
}

#[tokio::test]
async fn a_second_sender_is_told_who_sends_and_a_host_may_take_over() {
    let world = World::new(hosts()).await;
    let (desk, _) = (token(&world, r#"{"name":"Desk"}"#).await, ());
    let (_, phone) = token(&world, r#"{"name":"Phone","channel":"main"}"#).await;
    assert_eq!(by_token(&world, "/whip/main", &desk.1, "v=0").await.status, 201);
    let second = by_token(&world, "/whip/main", &phone, "v=0").await;
    assert_eq!((second.status, second.header("retry-after")), (409, "30"), "{}", second.text());
    assert_eq!((&json(&second)["code"], &json(&second)["value"]), (&"sender-taken".into(), &"Desk".into()));
    assert_eq!(by_token(&world, "/whip/main?takeover=1", &phone, "v=0").await.status, 201);
    let list = json(&world.get("/api/senders").await);
    assert_eq!(list["on"][0]["name"], "Phone", "{list}");
    assert_eq!(list["tokens"].as_array().unwrap().len(), 3, "{list}");
    assert!(!list.to_string().contains(&phone), "a token is told once");
    assert_eq!(world.ask("DELETE", "/api/channels/main/sender", &[], &[]).await.status, 204);
    assert_eq!(json(&world.get("/api/senders").await)["on"], Value::Array(vec![]));
}

#[tokio::test]
async fn a_refused_offer_leaves_the_channel_free_and_says_why() {
    let world = World::new(hosts()).await;
    for (sdp, status, text) in [("video", 422, "no Opus"), ("bad", 400, "no a=fingerprint")] {
        let reply = world.ask("POST", "/whip/main", &[SDP], sdp.as_bytes()).await;
        assert_eq!((reply.status, reply.header("content-type")), (status, "application/problem+json"));
        assert!(reply.text().contains(text), "{}", reply.text());
        assert_eq!(json(&world.get("/api/senders").await)["on"], Value::Array(vec![]), "{sdp}");
    }
    assert_eq!(world.ask("POST", "/whip/none", &[SDP], b"v=0").await.status, 404);
    assert_eq!(world.ask("POST", "/whip/main", &["Content-Type: text/plain"], b"v=0").await.status, 415);
    assert_eq!(world.ask("POST", "/whip/main", &[SDP], b"brief").await.status, 201, "hosts need no token");
}

#[tokio::test]
async fn a_session_is_trickled_to_and_deleted_by_its_address() {
    let world = World::new(Config::default()).await;
    let path = format!("/whip/main/{SESSION}");
    assert_eq!(world.ask("PATCH", &path, &[FRAGMENT], b"a=candidate:x").await.status, 204);
    assert_eq!(world.ask("DELETE", &path, &[], &[]).await.status, 200);
    assert_eq!(world.ask("DELETE", &format!("/whip/main/{}", "0".repeat(32)), &[], &[]).await.status, 404);
}

#[tokio::test]
async fn a_revoked_token_and_a_party_that_ended_let_nobody_send() {
    let world = World::new(hosts()).await;
    let (id, desk) = token(&world, r#"{"name":"Desk"}"#).await;
    let picture = world.get(&format!("/api/senders/{id}/qr.svg?token={desk}")).await;
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/svg+xml"));
    assert_eq!(world.ask("DELETE", &format!("/api/senders/{id}"), &[], &[]).await.status, 204);
    assert_eq!(world.ask("DELETE", &format!("/api/senders/{id}"), &[], &[]).await.status, 404);
    assert_eq!(by_token(&world, "/whip/main", &desk, "v=0").await.status, 401, "a wrong token is no host's");
    let (_, phone) = token(&world, r#"{"name":"Phone"}"#).await;
    assert_eq!(world.ask("POST", "/api/party/end", &[], &[]).await.status, 204);
    assert_eq!(by_token(&world, "/whip/main", &phone, "v=0").await.status, 401);
    let nameless = world.ask("POST", "/api/senders", &[JSON], br#"{"name":" "}"#).await;
    assert_eq!(nameless.status, 400);
}

#[tokio::test]
async fn a_session_says_what_plays_in_it_and_nobody_elses_does() {
    let world = World::new(hosts()).await;
    let title = format!("/whip/main/{SESSION}/title");
    let entitle = async |path: &str, body: &str| world.ask("PUT", path, &[JSON], body.as_bytes()).await.status;
    assert_eq!(entitle(&title, r#"{"title":"Song"}"#).await, 404, "nobody sends");
    assert_eq!(world.ask("POST", "/whip/main", &[SDP], b"v=0").await.status, 201);
    let plays = || world.senders.heard(ChannelId::new("main").unwrap())[0].title.clone();
    assert_eq!(entitle(&title, r#"{"title":" So\nng ","artist":"Ann"}"#).await, 204);
    assert_eq!((plays().title.as_str(), plays().artist.as_str()), ("Song", "Ann"));
    assert_eq!(entitle(&title, &format!(r#"{{"title":"{}"}}"#, "x".repeat(999))).await, 204);
    assert_eq!((plays().title.len(), plays().artist.as_str()), (TITLE_CHARS_MAX, ""));
    for (path, body, status) in [
        (title.clone(), r#"{"song":"x"}"#, 400),
        (title.clone(), r#"{"title":7}"#, 400),
        (format!("/whip/main/{}/title", "0".repeat(32)), "{}", 404),
        ("/whip/main/short/title".into(), "{}", 404),
        (format!("/whip/none/{SESSION}/title"), "{}", 404),
    ] {
        assert_eq!(entitle(&path, body).await, status, "{path} {body}");
    }
    assert_eq!(plays().title.len(), TITLE_CHARS_MAX, "what is refused changes nothing");
}

#[tokio::test]
async fn a_session_is_told_whether_listeners_hear_it_and_how_long_its_packets_wait() {
    let world = World::new(hosts()).await;
    let heard = format!("/whip/main/{SESSION}/heard");
    assert_eq!(world.get(&heard).await.status, 404, "nobody sends");
    assert_eq!(world.ask("POST", "/whip/main", &[SDP], b"v=0").await.status, 201);
    for (source, fallback, is_heard) in
        [(Source::Files, false, false), (Source::Sender, true, false), (Source::Sender, false, true)]
    {
        let mut told = snapshot();
        let status = Arc::make_mut(&mut told.channels[0]);
        let mut party: PartyView<_> = (*status.party).clone();
        (party.everybody.source, party.everybody.playing) = (source, true);
        status.party = Arc::new(party);
        status.fallback = fallback;
        world.snapshot.send_replace(Arc::new(told));
        let said = json(&world.get(&heard).await);
        let chosen = source == Source::Sender;
        let wanted = value!({
            "state": "signal",
            "chosen": chosen,
            "heard": is_heard,
            "loudness_percent": 100,
            "together": [],
            "waits_ms": 42,
            "listeners": 0,
        });
        assert_eq!(said, wanted, "{source:?}");
    }
    assert_eq!(world.get(&format!("/whip/main/{}/heard", "0".repeat(32))).await.status, 404);
}

/// Lets two send to the channel at once.
fn allow_two(world: &World) {
    let mut told = snapshot();
    let status = Arc::make_mut(&mut told.channels[0]);
    let mut party: PartyView<_> = (*status.party).clone();
    party.everybody.settings.together = true;
    status.party = Arc::new(party);
    world.snapshot.send_replace(Arc::new(told));
}

#[tokio::test]
async fn where_the_host_lets_them_two_play_together_each_at_a_fader_and_a_third_is_told_both_names() {
    let world = World::new(Config { together_max: 2, ..hosts() }).await;
    let [ann, bob, eve] = [
        token(&world, r#"{"name":"Ann"}"#).await.1,
        token(&world, r#"{"name":"Bob"}"#).await.1,
        token(&world, r#"{"name":"Eve"}"#).await.1,
    ];
    assert_eq!(by_token(&world, "/whip/main", &ann, "v=0").await.status, 201);
    assert_eq!(by_token(&world, "/whip/main", &bob, "v=0").await.status, 409, "the host allows one");
    allow_two(&world);
    assert_eq!(by_token(&world, "/whip/main", &bob, "v=0").await.status, 201);
    let third = by_token(&world, "/whip/main", &eve, "v=0").await;
    assert_eq!((third.status, &json(&third)["value"]), (409, &"Ann + Bob".into()));
    let heard = json(&world.get(&format!("/whip/main/{SESSION}/heard")).await);
    assert_eq!(heard["together"].as_array().map(Vec::len), Some(1), "{heard}");
    let on = json(&world.get("/api/senders").await)["on"].clone();
    assert_eq!(
        (&on[0]["name"], &on[1]["name"], &on[1]["loudness_percent"]),
        (&"Ann".into(), &"Bob".into(), &100.into())
    );
    let path = format!("/api/channels/main/senders/{}", on[1]["id"]);
    for (body, status) in [
        (r#"{"loudness_percent":50}"#, 204),
        (r#"{"loudness_percent":52}"#, 400),
        (r#"{"loudness_percent":105}"#, 400),
        (r#"{"loudness_percent":-5}"#, 400),
        ("{}", 400),
    ] {
        assert_eq!(world.ask("PUT", &path, &[JSON], body.as_bytes()).await.status, status, "{body}");
    }
    let on = || async { json(&world.get("/api/senders").await)["on"].clone() };
    assert_eq!(on().await[1]["loudness_percent"], 50);
    assert_eq!(by_token(&world, "/whip/main", &bob, "v=0").await.status, 201, "Bob lost the network");
    let again = on().await;
    assert_eq!((&again[1]["name"], &again[1]["loudness_percent"]), (&"Bob".into(), &50.into()));
    assert_eq!(world.ask("DELETE", &path, &[], &[]).await.status, 404, "it is another connection");
    let path = format!("/api/channels/main/senders/{}", again[1]["id"]);
    assert_eq!(world.ask("DELETE", &path, &[], &[]).await.status, 204);
    let left = on().await;
    assert_eq!((left.as_array().map(Vec::len), &left[0]["name"]), (Some(1), &"Ann".into()));
}

#[tokio::test]
async fn only_a_host_speaks_over_the_music_and_takes_nobodys_place() {
    let world = World::new(hosts()).await;
    let desk = token(&world, r#"{"name":"Desk"}"#).await.1;
    assert_eq!(by_token(&world, "/whip/main", &desk, "v=0").await.status, 201);
    assert_eq!(world.ask("POST", "/whip/main?voice=1", &[SDP], b"v=0").await.status, 201);
    let list = json(&world.get("/api/senders").await);
    assert_eq!((list["on"].as_array().map(Vec::len), &list["on"][0]["name"]), (Some(1), &"Desk".into()));
    let world = World::new(Config::default()).await;
    let secret = world.senders.issue("Desk", None).unwrap().unwrap().1.to_hex();
    let refused = by_token(&world, "/whip/main?voice=1", &secret, "v=0").await;
    assert_eq!(refused.status, 403, "{}", refused.text());
}
