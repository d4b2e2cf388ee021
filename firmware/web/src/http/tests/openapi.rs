//! The description of the API tells the truth: of every route, both ways, and of what is answered.

use std::collections::BTreeSet;
use std::sync::Arc;

use ::party::{Asker, At, Audience, ByView, Change, Done, Input, Party, Reaction, RequestState, Requests, Role, What};
use appliance::card_file::{Code, Problem};
use appliance::config::{Cable, Portal};
use appliance::facts::{Facts, Network, Power, Radio, Update};
use appliance::network::PORTAL;
use appliance::rules::{Below, Origins};
use base::{CueId, GuestId, Origin, Time, TrackId};
use serde_json::Value;

use super::guests::join;
use super::table::path;
use super::world::{World, hosts, party, snapshot, snapshot_of, status_of};
use crate::http::openapi;
use crate::http::route::{Route, Takes, Who};
use crate::http::routes::{OF_CHANNEL, ROUTES};
use crate::panel::LineLevel;
use crate::status::Snapshot;

fn document() -> Value {
    serde_json::from_str(openapi::text(OF_CHANNEL)).expect("JSON")
}

fn described<'a>(document: &'a Value, route: &Route) -> &'a Value {
    &document["paths"][route.path][route.method.as_str().to_ascii_lowercase()]
}

#[test]
fn every_route_is_described_with_who_may_and_what_it_takes() {
    let document = document();
    for route in ROUTES.iter() {
        let name = format!("{} {}", route.method, route.path);
        let operation = described(&document, route);
        let who = match route.who {
            Who::Anyone => "anyone",
            Who::Guest => "guest",
            Who::Dj => "dj",
            Who::Sender => "sender",
            Who::Scraper => "scraper",
            Who::Host => "host",
        };
        assert_eq!(operation["x-who"], who, "{name}");
        let body = &operation["requestBody"];
        let (media, bytes_max) = match route.takes {
            Takes::Nothing | Takes::Socket => {
                assert!(body.is_null(), "{name} takes no body");
                continue;
            }
            Takes::Media(media, bytes_max) => (media, bytes_max as u64),
            Takes::File(media, bytes_max) => (media, bytes_max),
        };
        let known: Vec<&str> = body["content"].as_object().expect("a body").keys().map(String::as_str).collect();
        assert_eq!((known, body["x-bytes-max"].as_u64()), (vec![media], Some(bytes_max)), "{name}");
    }
}

#[test]
fn nothing_is_described_that_is_not_there() {
    let document = document();
    let routes: BTreeSet<(String, String)> =
        ROUTES.iter().map(|route| (route.path.to_owned(), route.method.as_str().to_ascii_lowercase())).collect();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            assert!(routes.contains(&(path.clone(), method.clone())), "{method} {path}");
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path").count();
            assert_eq!(in_path, path.matches('{').count(), "{method} {path}");
        }
    }
    let named: Vec<&str> =
        openapi::text(OF_CHANNEL).split("\"$ref\":\"#/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(named.len() > 100, "{}", named.len());
    let leads_nowhere = |reference: &&&str| document.pointer(&format!("/{reference}")).is_none();
    assert_eq!(named.iter().find(leads_nowhere), None);
}

/// Why `value` is not what `schema` says, if it is not: of JSON Schema as much as the description uses.
fn wrong(document: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return wrong(document, document.pointer(&reference[1..]).expect("a schema"), value, at);
    }
    for either in ["anyOf", "oneOf"] {
        if let Some(schemas) = schema[either].as_array() {
            let why: Vec<String> = schemas.iter().filter_map(|schema| wrong(document, schema, value, at)).collect();
            return (why.len() == schemas.len()).then(|| why.join(" and "));
        }
    }
    let kinds = match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return Some(format!("{at}: the schema names no type")),
    };
    let fits = kinds.iter().any(|kind| match *kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => value.is_null(),
    });
    if !fits {
        return Some(format!("{at}: {value} is no {kinds:?}"));
    }
    if let Some(allowed) = schema["enum"].as_array().filter(|allowed| !allowed.contains(value)) {
        return Some(format!("{at}: {value} is none of {allowed:?}"));
    }
    if let Value::Array(items) = value {
        return items.iter().find_map(|item| wrong(document, &schema["items"], item, &format!("{at}[]")));
    }
    let fields = value.as_object()?;
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    if let Some(missing) = required.iter().find(|key| !fields.contains_key(key.as_str().unwrap())) {
        return Some(format!("{at}: {missing} is missing"));
    }
    fields.iter().find_map(|(key, value)| {
        let at = format!("{at}.{key}");
        match (&schema["properties"][key], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => Some(format!("{at} is not described")),
            (Value::Null, Value::Object(_)) => wrong(document, &schema["additionalProperties"], value, &at),
            (Value::Null, _) => None,
            (known, _) => wrong(document, known, value, &at),
        }
    })
}

/// Who wants something: the guest of that number, or somebody at the box.
fn who(guest: u32) -> Asker {
    Asker { guest: (guest > 0).then_some(GuestId(guest)), leads: guest == 0, is_host: guest == 0 }
}

/// When a song has been heard for long enough to be skipped by votes.
const LATE: Time = Time::from_micros(60_000_000);

/// A party that has something of everything.
fn full() -> Snapshot {
    let mut party = party();
    let ask = |party: &mut Party, guest, what| party.ask(LATE, who(guest), what).expect("granted").0;
    party.handle(Time::ZERO, Input::Listening(Audience::of((1..=10).map(GuestId))));
    party.handle(Time::ZERO, Input::Catalogue((1..=20).map(TrackId).collect()));
    party.handle(Time::ZERO, Input::TrackStarted(CueId(1)));
    ask(&mut party, 0, What::Next);
    party.handle(Time::ZERO, Input::TrackStarted(CueId(2)));
    ask(&mut party, 1, What::Request(TrackId(12)));
    ask(&mut party, 2, What::Request(TrackId(13)));
    ask(&mut party, 0, What::Set(Change { requests: Some(Requests::Auto), ..Change::default() }));
    let mut item = |guest, what| match ask(&mut party, guest, what) {
        Done::Queued(item) => item,
        Done::Admitted(_) => party.queue().items().map(|item| item.id).max().expect("just let in"),
        other => panic!("{other:?}"),
    };
    item(0, What::Add(TrackId(5), At::Next));
    let removed = item(1, What::Request(TrackId(6)));
    let voted = item(1, What::Request(TrackId(7)));
    item(2, What::Request(TrackId(8)));
    let boosted = item(3, What::Request(TrackId(9)));
    item(4, What::Request(TrackId(10)));
    item(2, What::Request(TrackId(11)));
    for (guest, what) in [
        (2, What::Vote(voted, true)),
        (1, What::Boost(boosted)),
        (1, What::Vote(boosted, true)),
        (1, What::SkipVote(true)),
        (1, What::Love(true)),
        (2, What::React(Reaction::Fire)),
        (0, What::Remove(removed)),
        // Whose items stay, of nobody.
        (0, What::Forget(GuestId(4))),
    ] {
        ask(&mut party, guest, what);
    }
    let mut full = snapshot_of([status_of(&party)]);
    Arc::make_mut(&mut full.panel).line_level = Some(LineLevel { peak_dbfs: Some(-3.5), clipped: true });
    full
}

#[test]
fn the_full_party_has_something_of_everything() {
    let full = full();
    let party = &full.first().party;
    let public = &party.everybody;
    let text = serde_json::json!(public).to_string();
    for code in ["pinned", "turn", "votes", "oldest", "boost", "waiting-turn"] {
        assert!(text.contains(&format!("\"code\":\"{code}\"")), "no {code} in {text}");
    }
    for by in [Some(ByView::Host), Some(ByView::Guest { label: GuestId(1) }), None] {
        assert!(public.queue.items.values().any(|item| item.by == by), "nothing of {by:?}");
    }
    assert!(!public.history.is_empty() && !public.upcoming.is_empty() && public.now.is_some());
    let one = party.of_guest(Some(GuestId(1)));
    assert!(!one.items.is_empty() && !one.votes.is_empty() && one.skip_vote);
    for state in [RequestState::Pending, RequestState::Queued, RequestState::Declined] {
        assert!(one.requests.iter().any(|request| request.state == state), "{state:?}");
    }
    assert!(party.of_role(Role::Dj).pending.is_some_and(|pending| !pending.is_empty()));
}

#[tokio::test]
async fn what_is_answered_is_what_is_described() {
    let document = document();
    let world = World::new(hosts()).await;
    let radio = Radio { stations: 1, stations_max: 2, nearly_full: false, full: true, chipset: "x".into() };
    let power = Power {
        undervoltage: None,
        undervoltage_seen: true,
        throttled: false,
        temperature_c: Some(51.5),
        volt: None,
        warning: Some("hot"),
    };
    let update = Some(Update { progress: Some(0.5), ..Update::default() });
    let cookie = join(&world).await;
    assert_eq!(world.ask("POST", "/whip/main", &["Content-Type: application/sdp"], b"v=0").await.status, 201);
    let page = "http://10.77.0.1/".to_owned();
    let network = Some(Network {
        portal: Portal::Quiet,
        probed_at: PORTAL.into(),
        page,
        forward: true,
        cable: Cable::House,
        origins: Origins { portal: Origin::Page, ..Origins::default() },
        below: Below::default(),
    });
    let problems =
        [Problem::new(Some(3), "wifi.country", Code::Value, "allowed is"), Problem::of_file(Code::TooLarge, "")];
    let card_problems = Some(problems.to_vec());
    let facts = Facts { network, radio: Some(radio), power: Some(power), update, card_problems, ..Facts::default() };
    for (shown, facts) in [(snapshot(), Facts::default()), (full(), facts)] {
        world.snapshot.send_replace(Arc::new(shown));
        world.facts.send_replace(Arc::new(facts));
        let mut checked = 0;
        for route in ROUTES.iter().filter(|route| route.method == "GET" && route.takes == Takes::Nothing) {
            let schema = &described(&document, route)["responses"]["200"]["content"]["application/json"]["schema"];
            // No track of these tests has a cover.
            if schema.is_null() || route.path.ends_with("/color") {
                continue;
            }
            let reply = world.ask("GET", &path(route), &[&cookie], &[]).await;
            assert_eq!(reply.status, 200, "{}: {}", route.path, reply.text());
            let value: Value = serde_json::from_str(&reply.text()).unwrap();
            assert_eq!(wrong(&document, schema, &value, route.path), None);
            checked += 1;
        }
        assert!(checked >= 14, "{checked}");
    }
}

#[tokio::test]
async fn a_refusal_is_what_is_described() {
    let (document, world) = (document(), World::new(crate::http::Config::default()).await);
    let refusal = &document["components"]["responses"]["Refused"]["content"]["application/json"]["schema"];
    for (method, path, body) in [
        ("POST", "/api/party/play", &b""[..]),
        ("PUT", "/api/me", b"{"),
        ("GET", "/nothing", b""),
        ("GET", "/stream/x", b""),
    ] {
        let reply = world.ask(method, path, &["Content-Type: application/json"], body).await;
        assert!(reply.status >= 400, "{path}");
        assert_eq!(wrong(&document, refusal, &serde_json::from_str(&reply.text()).unwrap(), path), None);
    }
}

#[test]
fn what_is_not_as_described_is_noticed() {
    let document = document();
    let schema = &document["components"]["schemas"]["Skip"];
    for (text, right) in [
        (r#"{"votes":1,"needed":2}"#, true),
        (r#"{"votes":1}"#, false),
        (r#"{"votes":"1","needed":2}"#, false),
        (r#"{"votes":1,"needed":2,"more":3}"#, false),
    ] {
        assert_eq!(wrong(&document, schema, &serde_json::from_str(text).unwrap(), "").is_none(), right, "{text}");
    }
    let message = &document["components"]["schemas"]["FeedMessage"];
    let pong: Value = serde_json::from_str(r#"{"type":"pong","t":1.5,"time_ms":2}"#).unwrap();
    assert_eq!(wrong(&document, message, &pong, ""), None);
}
