//! A channel's state as JSON: what everybody may see of its party, of the sound and of the box.

use std::sync::Arc;

use ::party::Color;
use serde_json::{Map, Value, json};

use crate::guests::Names;
use crate::status::{ChannelStatus, Listeners, ScanStatus, Snapshot, SourceStatus};
use appliance::facts::Facts;

/// Returns what a phone's whole screen shows while it hears a channel of `color`.
const fn web_color(color: Color) -> &'static str {
    match color {
        Color::Red => "#e53935",
        Color::Green => "#43a047",
        Color::Blue => "#1e88e5",
        Color::Yellow => "#fdd835",
        Color::Purple => "#8e24aa",
        Color::Orange => "#fb8c00",
        Color::Teal => "#00897b",
        Color::Pink => "#d81b60",
    }
}

/// Returns what everybody may see of the channel of `status`. `heard` goes with the channels of `snapshot`. May hold
/// nulls.
pub(crate) fn state(
    snapshot: &Snapshot,
    status: &ChannelStatus,
    heard: &[Listeners],
    scan: Option<ScanStatus>,
    names: &Names,
    facts: &Facts,
) -> Map<String, Value> {
    let mut state = party(status);
    if let Some(Value::Object(session)) = state.get_mut("session") {
        session.insert("invite".into(), json!(snapshot.panel.urls.first()));
        session.insert("name".into(), json!(snapshot.panel.name));
        session.insert("https_port".into(), json!(snapshot.panel.https_port));
    }
    let all = heard.iter().fold(Listeners::default(), |all, heard| Listeners {
        live: all.live + heard.live,
        pocket: all.pocket + heard.pocket,
    });
    let sources = status.sources.iter();
    let sources = sources.map(source);
    state.extend(fields(json!({
        "name": snapshot.name,
        "version": snapshot.version,
        "channel": status.channel.id,
        "channels": channels(snapshot, heard),
        "sources": sources.collect::<Value>(),
        "fallback": status.fallback,
        "track": track(status),
        "streams": streams(snapshot),
        "listeners": all,
        "scan": scan,
        "radio": facts.radio,
        "power": facts.power,
        "update": facts.update,
        "forgets": facts.forgets,
        "network_trouble": facts.network_trouble,
    })));
    state.values_mut().for_each(|value| call_by_name(value, names));
    state
}

/// Returns a source, with what it says that plays there.
fn source(source: &SourceStatus) -> Value {
    let mut shown = json!({ "id": source.kind.id(), "state": source.state, "detail": source.detail });
    for (key, text) in [("title", &source.title.title), ("artist", &source.title.artist)] {
        if !text.is_empty() {
            shown[key] = text.as_str().into();
        }
    }
    shown
}

/// Returns what everybody may see of the party of `status` alone, without names.
pub(crate) fn party(status: &ChannelStatus) -> Map<String, Value> {
    fields(json!(status.party.everybody))
}

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// Returns the channels that guests can choose from, with as much of each as a button shows.
fn channels(snapshot: &Snapshot, heard: &[Listeners]) -> Value {
    let heard = heard.iter().copied().chain(std::iter::repeat(Listeners::default()));
    let channel = |(status, heard): (&Arc<ChannelStatus>, Listeners)| {
        let (title, artist) = status.heard();
        json!({
            "id": status.channel.id,
            "name": status.channel.name,
            "color": status.channel.color.id(),
            "playing": status.party.everybody.playing,
            "source": status.party.everybody.source,
            "title": title,
            "artist": artist,
            "listeners": heard.total(),
        })
    };
    snapshot.channels.iter().zip(heard).map(channel).collect()
}

/// Returns what can be listened to by id: a stream per channel.
fn streams(snapshot: &Snapshot) -> Value {
    let stream = |status: &Arc<ChannelStatus>| {
        let channel = &status.channel;
        let name = if channel.name.is_empty() { &snapshot.name } else { &channel.name };
        json!({ "id": channel.id, "name": name, "color": web_color(channel.color) })
    };
    snapshot.channels.iter().map(stream).collect()
}

/// Returns the track that is heard, with what the party knows of it beyond what the sound does.
fn track(status: &ChannelStatus) -> Value {
    let Some(track) = &status.track else { return Value::Null };
    let now = status.now();
    json!({
        "id": track.id,
        "item": now.and_then(|now| now.item),
        "by": now.and_then(|now| now.by.as_ref()),
        "hearts": now.map_or(0, |now| now.hearts),
        "title": track.title,
        "artist": track.artist,
        "album": now.map_or("", |now| now.track.album.as_str()),
        "duration_ms": track.duration_ms,
        "art": now.and_then(|now| now.track.art.as_deref()),
    })
}

/// Adds where the music is to a `state`: feeds have messages of their own for that.
pub(crate) fn add_position(state: &mut Map<String, Value>, status: &ChannelStatus) {
    if let (Some(track), Some(Value::Object(shown))) = (&status.track, state.get_mut("track")) {
        shown.insert("position_ms".into(), track.position_ms.into());
    }
}

/// Returns the event `status`: as much of `state` as programs need that only want to know what plays.
pub(super) fn status_event(state: &Map<String, Value>, status: &ChannelStatus, is_host: bool) -> String {
    let picked = [
        "name",
        "version",
        "channel",
        "channels",
        "playing",
        "source",
        "sources",
        "fallback",
        "track",
        "streams",
        "listeners",
    ];
    let pick = |key: &str| (key.to_owned(), state.get(key).cloned().unwrap_or(Value::Null));
    let mut event: Map<String, Value> = picked.into_iter().map(pick).collect();
    add_position(&mut event, status);
    event.insert("you_are_host".into(), is_host.into());
    format!("event: status\ndata: {}\n\n", Value::Object(event))
}

/// Joins names in beside guests' numbers: the rules know numbers only.
pub(crate) fn call_by_name(value: &mut Value, names: &Names) {
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
