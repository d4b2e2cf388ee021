//! The settings of the box over HTTP: what hosts are answered, and what they are refused with.

use std::sync::Arc;

use appliance::config::{Cable, Portal};
use appliance::facts::{Facts, Network};
use appliance::rules::{Below, Origins};
use base::Origin;
use serde_json::{Value, json};

use super::world::{World, hosts};

const JSON: &str = "Content-Type: application/json";

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[tokio::test]
async fn rules_of_the_network_are_listed_as_they_are_with_where_they_are_set() {
    let world = World::new(hosts()).await;
    let origins = Origins { portal: Origin::Page, ..Origins::default() };
    let network = Network {
        portal: Portal::Off,
        probed_at: "192.0.2.1".parse().unwrap(),
        page: String::new(),
        forward: false,
        cable: Cable::House,
        origins,
        below: Below { origins: Origins { portal: Origin::Card, ..Origins::default() }, ..Below::default() },
    };
    world.facts.send_replace(Arc::new(Facts { network: Some(network), ..Facts::default() }));
    let said = json_of(&world.get("/api/box/settings").await.text());
    let portal = &said["settings"][1];
    assert_eq!((&portal["value"], &portal["origin"]), (&json!("off"), &json!("page")), "{said}");
    assert_eq!(portal["takes"], json!({ "elsewhere": "/api/box/network" }));
    assert_eq!(portal["back"], json!({ "value": "quiet", "origin": "card" }));
    let taken = |path: &'static str| world.ask("DELETE", path, &[], b"");
    assert_eq!(taken("/api/box/network/portal").await.status, 204);
    let (rule, setting) = (taken("/api/box/network/channel").await, taken("/api/party/settings/channel").await);
    for refused in [rule, setting] {
        assert_eq!((refused.status, &json_of(&refused.text())["code"]), (404, &json!("no-such-setting")));
    }
    assert_eq!(taken("/api/party/settings/crossfade_ms").await.status, 204);
}

#[tokio::test]
async fn a_change_is_answered_with_all_settings_and_a_refusal_names_key_value_and_what_is_allowed() {
    let world = World::new(hosts()).await;
    let patch = async |body: &[u8]| world.ask("PATCH", "/api/box/settings", &[JSON], body).await;
    let done = patch(br#"{"opus.complexity":3}"#).await;
    assert_eq!((done.status, &json_of(&done.text())["settings"][0]["value"]), (200, &json!(3)));
    let refused = patch(br#"{"opus.complexity":13}"#).await;
    let said = json_of(&refused.text());
    let named = ["code", "field", "value", "allowed"].map(|name| said[name].as_str().unwrap_or_default().to_owned());
    assert_eq!(
        (refused.status, named),
        (400, ["setting-value", "opus.complexity", "13", "0 to 10"].map(str::to_owned))
    );
    for wrong in [&b"[]"[..], b"3", b"{", b""] {
        assert!((400..500).contains(&patch(wrong).await.status));
    }
}

#[tokio::test]
async fn a_backup_is_a_file_to_keep_and_what_is_none_is_refused_by_a_code() {
    let world = World::new(hosts()).await;
    let saved = world.get("/api/box/backup?hosts=yes").await;
    assert!(saved.header("content-disposition").contains("partybox-backup.json") && saved.status == 200);
    let put = async |body: &[u8]| world.ask("PUT", "/api/box/backup", &[JSON], body).await;
    let taken = put(&saved.body).await;
    assert_eq!(
        (taken.status, json_of(&taken.text())),
        (200, json!({ "left_out": [{ "name": "stars", "why": "unknown" }] }))
    );
    for (wrong, status, code) in [
        (&b"{}"[..], 400, "no-backup"),
        (b"not JSON", 400, "no-backup"),
        (b"{\"partybox_backup\":2}", 409, "backup-too-new"),
    ] {
        let refused = put(wrong).await;
        assert_eq!((refused.status, &json_of(&refused.text())["code"]), (status, &json!(code)));
    }
}
