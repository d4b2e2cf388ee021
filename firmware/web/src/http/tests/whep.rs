//! WHEP as a client sees it: statuses and headers of draft-ietf-wish-whep and RFC 9725.

use super::world::{SESSION, World, hosts};
use crate::http::Config;

const SDP: &str = "Content-Type: application/sdp";
const FRAGMENT: &str = "Content-Type: application/trickle-ice-sdpfrag";

#[tokio::test]
async fn an_offer_is_answered_with_a_session() {
    let world = World::new(Config::default()).await;
    for path in ["/whep/main", "/whep/latest?ptime=40"] {
        let reply = world.ask("POST", path, &[SDP], b"v=0\r\n").await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        assert_eq!(reply.header("location"), format!("/whep/main/{SESSION}"));
        assert_eq!(reply.header("etag"), "\"e1\"");
        assert_eq!(reply.header("accept-patch"), "application/trickle-ice-sdpfrag");
        assert_eq!((reply.header("content-type"), reply.text().as_str()), ("application/sdp", "v=0"));
    }
    let asked = world.asked.lock().unwrap().clone();
    assert!(asked[0].contains("duration: None") && asked[0].contains("local_addr: 127.0.0.1"), "{asked:?}");
    assert!(asked[1].contains("duration: Some(Ms40)") && asked[1].contains("StreamId(\"main\")"), "{asked:?}");
}

#[tokio::test]
async fn a_refused_offer_says_why_and_when_to_come_back() {
    let world = World::new(Config::default()).await;
    for (path, sdp, status, retry, text) in [
        ("/whep/main", "bad", 400, "", "no a=fingerprint"),
        ("/whep/main", "video", 406, "", "no Opus"),
        ("/whep/main", "full", 503, "5", "All 3 places"),
        ("/whep/main", "many", 429, "5", "2 sessions"),
        ("/whep/red", "v=0", 404, "5", "no such stream"),
        ("/whep/RED", "v=0", 404, "", "no such stream"),
        ("/whep/main?ptime=30", "v=0", 400, "", "10, 20, 40 or 60"),
    ] {
        let reply = world.ask("POST", path, &[SDP], sdp.as_bytes()).await;
        assert_eq!((reply.status, reply.header("retry-after")), (status, retry), "{path} {sdp}");
        assert!(reply.text().contains(text), "{}", reply.text());
    }
    assert_eq!(world.ask("POST", "/whep/main", &[SDP], b"\xff\xfe").await.status, 400);
}

#[tokio::test]
async fn trickle_and_restart_need_the_right_etag() {
    let world = World::new(Config::default()).await;
    let path = format!("/whep/main/{SESSION}");
    for (lines, status) in [
        (vec![FRAGMENT], 428),
        (vec![FRAGMENT, "If-Match: \"e1\""], 204),
        (vec![FRAGMENT, "If-Match: \"e0\""], 412),
        (vec![FRAGMENT, "If-Match: *"], 200),
        (vec![SDP, "If-Match: *"], 415),
    ] {
        let reply = world.ask("PATCH", &path, &lines, b"a=candidate:x").await;
        assert_eq!(reply.status, status, "{lines:?}: {}", reply.text());
        if status == 200 {
            assert_eq!((reply.header("etag"), reply.text().as_str()), ("\"e2\"", "a=ice-ufrag:x"));
        }
    }
}

#[tokio::test]
async fn only_who_knows_the_session_ends_or_changes_it() {
    let world = World::new(hosts()).await;
    let json = ["Content-Type: application/json"];
    let path = format!("/whep/main/{SESSION}");
    let other = format!("/whep/main/{:032x}", 1);
    for wrong in [other.as_str(), "/whep/main/x", "/whep/main/0x23456789abcdef0123456789abcdef01"] {
        assert_eq!(world.ask("DELETE", wrong, &[], &[]).await.status, 404, "{wrong}");
    }
    assert_eq!(world.ask("DELETE", &path, &[], &[]).await.status, 200);
    let ptime = format!("{path}/ptime");
    assert_eq!(world.ask("PUT", &ptime, &json, br#"{"ptime":60}"#).await.status, 204);
    let wrong = world.ask("PUT", &ptime, &json, br#"{"ptime":15}"#).await;
    assert!(wrong.status == 400 && wrong.text().contains("10, 20, 40 or 60"), "{}", wrong.text());
}
