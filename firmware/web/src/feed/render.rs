//! A channel's state as JSON: what everybody may see, and what only one phone may.

use std::sync::Arc;

use ::party::{BOOSTS_MAX, CHANNELS_MAX, Color, Requests};
use serde_json::{Map, Value, json};

use crate::guests::{Guest, Names};
use crate::party_view::GuestView;
use crate::status::{ChannelStatus, Listeners, ScanStatus, Snapshot};
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
    let party = &status.party;
    let all = heard.iter().fold(Listeners::default(), |all, heard| Listeners {
        live: all.live + heard.live,
        pocket: all.pocket + heard.pocket,
    });
    let mut state = json!({
        "name": snapshot.name,
        "version": snapshot.version,
        "session": {
            "live": party.session.live,
            "title": party.session.title,
            "started_ms": party.session.started_ms,
            "invite": snapshot.panel.urls.first(),
            "name": snapshot.panel.name,
        },
        "channel": status.channel.id,
        "channels": channels(snapshot, heard),
        "playing": status.playing,
        "source": status.source.id(),
        "sources": status.sources.iter()
            .map(|source| json!({ "id": source.kind.id(), "state": source.state, "detail": source.detail }))
            .collect::<Value>(),
        "fallback": status.fallback,
        // Without the sign that zero may have.
        "volume_db": party.volume_db + 0.0,
        "track": track(status),
        "streams": streams(snapshot),
        "listeners": all,
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

/// Returns the channels that guests can choose from, with as much of each as a button shows.
fn channels(snapshot: &Snapshot, heard: &[Listeners]) -> Value {
    let heard = heard.iter().copied().chain(std::iter::repeat(Listeners::default()));
    let channel = |(status, heard): (&Arc<ChannelStatus>, Listeners)| {
        let (title, artist) = status.track.as_ref().map_or(("", ""), |track| (&track.title, &track.artist));
        json!({
            "id": status.channel.id,
            "name": status.channel.name,
            "color": status.channel.color.id(),
            "playing": status.playing,
            "source": status.source.id(),
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
    let now = status.party.now.as_ref().filter(|now| now.track.id == track.id);
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

/// Puts names beside guests' numbers: the rules know numbers only.
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

/// Returns what one phone may know of the channel of `status`: `guest` as whom the box knows it, if it does.
pub(crate) fn you(
    snapshot: &Snapshot,
    status: &ChannelStatus,
    names: &Names,
    guest: Option<&Guest>,
    is_host: bool,
) -> Value {
    let party = &status.party;
    let is_dj = is_host || guest.is_some_and(|guest| guest.is_dj);
    let mut you = match guest.and_then(|guest| party.guests.get(&guest.id)) {
        Some(view) => json!(view),
        None => json!(newcomer(status)),
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
        you["channels_max"] = json!(CHANNELS_MAX);
        you["channels_estimate"] = json!(snapshot.channels_estimate);
    }
    you
}

/// Returns a guest of whom the party has heard nothing yet.
fn newcomer(status: &ChannelStatus) -> GuestView {
    let settings = &status.party.settings;
    let requests_left = if settings.requests == Requests::Off { 0 } else { u32::from(settings.per_guest_max) };
    GuestView { requests_left, boosts_left: BOOSTS_MAX.into(), ..GuestView::default() }
}
