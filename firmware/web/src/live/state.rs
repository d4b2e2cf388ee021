//! What phones are told of the party: what everybody may see, and what only one phone may.

use ::party::{BOOSTS_MAX, Requests};
use appliance::facts::Facts;
use serde_json::{Map, Value, json};

use crate::guests::{Guest, Names};
use crate::party_view::GuestView;
use crate::status::{Listeners, ScanStatus, Snapshot};

/// Colours of the streams, oldest first: what a phone's whole screen shows while it hears one.
const COLORS: [&str; 3] = ["#e53935", "#43a047", "#1e88e5"];

/// What everybody may see. May hold nulls.
pub(crate) fn state(
    snapshot: &Snapshot,
    listeners: Listeners,
    scan: Option<ScanStatus>,
    names: &Names,
    facts: &Facts,
) -> Map<String, Value> {
    let party = &snapshot.party;
    let panel = &snapshot.panel;
    let sources = snapshot.sources.iter();
    let streams = snapshot.streams.iter().enumerate();
    let mut state = json!({
        "name": snapshot.name,
        "version": snapshot.version,
        "session": {
            "live": party.session.live,
            "title": party.session.title,
            "started_ms": party.session.started_ms,
            "invite": panel.urls.first(),
        },
        "playing": snapshot.playing,
        "source": snapshot.source.id(),
        "sources": sources
            .map(|source| json!({ "id": source.kind.id(), "state": source.state, "detail": source.detail }))
            .collect::<Value>(),
        "fallback": snapshot.fallback,
        // Without the sign that zero may have.
        "volume_db": party.volume_db + 0.0,
        "track": track(snapshot),
        "streams": streams
            .map(|(n, stream)| {
                let color = COLORS[n % COLORS.len()];
                json!({ "id": stream.id, "name": snapshot.name, "color": color, "live": stream.live })
            })
            .collect::<Value>(),
        "listeners": listeners,
        "queue": party.queue,
        "upcoming": party.upcoming,
        "history": party.history,
        "skip": party.skip,
        "settings": party.settings,
        "scan": scan,
        "radio": facts.radio,
        "power": facts.power,
        "update": facts.update,
        "forgets": facts.forgets,
    });
    call_by_name(&mut state, names);
    match state {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// The track that is heard, with what the party knows of it beyond what the sound does.
fn track(snapshot: &Snapshot) -> Value {
    let Some(track) = &snapshot.track else { return Value::Null };
    let now = snapshot.party.now.as_ref().filter(|now| now.track.id == track.id);
    json!({
        "id": track.id,
        "item": now.and_then(|now| now.item),
        "by": now.and_then(|now| now.by.as_ref()),
        "title": track.title,
        "artist": track.artist,
        "album": now.map_or("", |now| now.track.album.as_str()),
        "duration_ms": track.duration_ms,
        "art": now.and_then(|now| now.track.art.as_deref()),
    })
}

/// Puts names beside guests' numbers: who runs the party knows numbers only.
fn call_by_name(value: &mut Value, names: &Names) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let label = value.get("label").and_then(Value::as_u64).and_then(|label| u32::try_from(label).ok());
                match label.filter(|_| key == "by") {
                    Some(label) => value["name"] = json!(names.of(base::GuestId(label))),
                    None => call_by_name(value, names),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| call_by_name(value, names)),
        _ => {}
    }
}

/// What one phone may know: `guest` as whom the box knows it, if it does.
pub(crate) fn you(snapshot: &Snapshot, names: &Names, guest: Option<&Guest>, is_host: bool) -> Value {
    let party = &snapshot.party;
    let is_dj = is_host || guest.is_some_and(|guest| guest.is_dj);
    let mut you = match guest.and_then(|guest| party.guests.get(&guest.id)) {
        Some(view) => json!(view),
        None => json!(newcomer(snapshot)),
    };
    you["role"] = if is_host {
        "host"
    } else if is_dj {
        "dj"
    } else {
        "guest"
    }
    .into();
    you["label"] = json!(guest.map(|guest| guest.id));
    you["name"] = json!(guest.and_then(|guest| guest.name.as_deref()));
    if is_dj {
        you["pending"] = json!(party.pending);
        call_by_name(&mut you, names);
    }
    if is_host {
        you["origins"] = json!(party.origins);
        you["line_level"] = json!(snapshot.panel.line_level);
    }
    you
}

/// A guest of whom the party has heard nothing yet.
fn newcomer(snapshot: &Snapshot) -> GuestView {
    let settings = &snapshot.party.settings;
    let requests_left = if settings.requests == Requests::Off { 0 } else { u32::from(settings.per_guest_max) };
    GuestView { requests_left, boosts_left: BOOSTS_MAX.into(), ..GuestView::default() }
}
