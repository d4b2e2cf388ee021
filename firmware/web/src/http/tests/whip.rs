//! WHIP as a sender sees it (RFC 9725), and what hosts decide about senders.

use std::sync::Arc;

use base::ChannelId;
use party::{PartyView, Source};
use serde_json::{Value, json as value};

use super::guests::join;
use super::world::{Reply, SESSION, World, hosts, snapshot};
use crate::http::Config;
use crate::senders::TITLE_CHARS_MAX;
use crate::status::{SourceState, SourceStatus};

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
    let plays = || world.senders.heard(ChannelId::new("main").unwrap()).unwrap().title;
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
        status.sources = vec![SourceStatus {
            kind: Source::Sender,
            state: SourceState::Signal,
            detail: "Host".into(),
            title: crate::senders::Title::default(),
        }];
        world.snapshot.send_replace(Arc::new(told));
        let said = json(&world.get(&heard).await);
        let chosen = source == Source::Sender;
        let wanted = value!({ "state": "signal", "chosen": chosen, "heard": is_heard, "waits_ms": 42, "listeners": 0 });
        assert_eq!(said, wanted, "{source:?}");
    }
    assert_eq!(world.get(&format!("/whip/main/{}/heard", "0".repeat(32))).await.status, 404);
}
