//! What can be listened to: `GET /stream/status` for programs and for the pages `/streams` and `/stream/latest`, and the
//! playlists `/stream/{id}.m3u` and `.pls` for players that take an address from a file.
//!
//! The sound itself is elsewhere: `stream` has the MP3, `whep` what is heard live.

use std::sync::Arc;

use ::party::LATEST;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base::StreamId;
use serde_json::{Value, json};

use super::call::{Call, Server};
use super::music;
use crate::mp3::Hub;
use crate::relays::Listed;
use crate::status::{ChannelStatus, Snapshot};

/// What a file with an address in it says of how long that plays: for ever.
const ENDLESS: i32 = -1;

/// A form in which players take an address from a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Playlist {
    /// Extended M3U, in UTF-8.
    M3u,
    /// PLS, version 2.
    Pls,
}

impl Playlist {
    /// Returns the stream's name and the form that a file name asks for; `None` if it names neither form.
    pub(super) fn of(file: &str) -> Option<(&str, Self)> {
        let m3u = || file.strip_suffix(".m3u8").or_else(|| file.strip_suffix(".m3u")).map(|name| (name, Self::M3u));
        m3u().or_else(|| file.strip_suffix(".pls").map(|name| (name, Self::Pls)))
    }

    const fn media(self) -> &'static str {
        match self {
            Self::M3u => "audio/x-mpegurl; charset=utf-8",
            Self::Pls => "audio/x-scpls; charset=utf-8",
        }
    }

    /// Returns the file for the stream of `name` at `address`.
    fn write(self, name: &str, address: &str) -> String {
        // A line of its own would be another entry.
        let name: String = name.chars().filter(|c| !c.is_control()).collect();
        match self {
            Self::M3u => format!("#EXTM3U\n#EXTINF:{ENDLESS},{name}\n{address}\n"),
            Self::Pls => {
                format!("[playlist]\nNumberOfEntries=1\nFile1={address}\nTitle1={name}\nLength1={ENDLESS}\nVersion=2\n")
            }
        }
    }
}

/// Answers with the playlist of `stream`, which is called `file` in addresses: by its own name, or as the latest one.
pub(super) fn playlist(call: &Call, form: Playlist, stream: StreamId, file: &str) -> Response {
    let snapshot = call.server.app.snapshot.borrow().clone();
    let channel = snapshot.channels.iter().find(|status| StreamId::from(status.channel.id) == stream);
    let name = channel.map_or_else(|| sender_of(&call.server, stream), |status| name_of(&snapshot, status));
    let body = form.write(&name, &format!("{}stream/{file}.mp3", call.address()));
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(form.media())),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, body).into_response()
}

/// Returns the stream that `name` means in an address, if it can be heard: its own name, or `latest`.
pub(super) fn named(server: &Server, name: &str) -> Option<StreamId> {
    if name == LATEST {
        return latest(server);
    }
    let is_there = |stream: &StreamId| {
        server.app.mp3.borrow().iter().any(|hub| hub.stream() == *stream)
            || server.relays.list().iter().any(|listed| listed.id == *stream)
    };
    StreamId::new(name).ok().filter(is_there)
}

/// Returns every stream that is heard now: those of senders, the newest first, then the channels that play, in the hosts' order. Who
/// takes the first one hears who speaks, as the design notes' pages mean it.
pub(super) fn active(server: &Server) -> Vec<StreamId> {
    let senders = server.relays.list().into_iter().rev().map(|listed| listed.id);
    let snapshot = server.app.snapshot.borrow();
    senders.chain(playing(&snapshot)).collect()
}

/// Returns the streams of the channels that play, in the hosts' order.
pub(super) fn playing(snapshot: &Snapshot) -> impl Iterator<Item = StreamId> {
    let plays = snapshot.channels.iter().filter(|status| status.party.everybody.playing);
    plays.map(|status| StreamId::from(status.channel.id))
}

/// Returns the stream that `latest` means: the newest of those that play, or, where none does, of all.
pub(super) fn latest(server: &Server) -> Option<StreamId> {
    let snapshot = server.app.snapshot.borrow().clone();
    let plays = |stream: StreamId| {
        let of = |status: &&Arc<ChannelStatus>| StreamId::from(status.channel.id) == stream;
        snapshot.channels.iter().find(of).is_some_and(|status| status.party.everybody.playing)
    };
    // Before the first look at the channels, and after the last one, only they themselves know which there are.
    let any = || server.relays.latest(|_| true).or_else(|| server.app.mp3.borrow().last().map(Hub::stream));
    server.relays.latest(plays).or_else(any)
}

/// `GET /stream/status`: every stream, in the hosts' order, and which of them `latest` is.
pub(super) fn status(call: &Call) -> Response {
    let server = &call.server;
    let snapshot = server.app.snapshot.borrow().clone();
    let channels = snapshot.channels.iter().map(|status| of_channel(server, &snapshot, status));
    let shown: Vec<Value> =
        channels.chain(server.relays.list().iter().map(|listed| of_sender(server, listed))).collect();
    music::answer(&json!({
        "active": shown.iter().any(|stream| stream["active"] == true),
        "latest": latest(server),
        "time_ms": server.time_ms(),
        "streams": shown,
    }))
}

/// Returns what may be known of the stream of a channel.
fn of_channel(server: &Server, snapshot: &Snapshot, status: &ChannelStatus) -> Value {
    let (id, party) = (status.channel.id, &status.party.everybody);
    let (title, artist) = status.heard();
    let track = status.now().map(|now| &now.track);
    with_addresses(
        id.into(),
        json!({
            "id": id,
            "name": name_of(snapshot, status),
            "color": status.channel.color.id(),
            "active": party.playing,
            "source": party.source,
            "title": title,
            "artist": artist,
            "art": track.and_then(|track| track.art.as_deref()),
            "tags": track.map(|track| &track.genres[..]).unwrap_or_default(),
            "listeners": server.listeners_of(id).total(),
            "since_ms": party.session.started_ms,
        }),
    )
}

/// Returns the name of a sender's stream, or its id where nobody gave it one.
fn sender_of(server: &Server, stream: StreamId) -> String {
    let named = server.relays.list().into_iter().find(|listed| listed.id == stream && !listed.name.is_empty());
    named.map_or_else(|| stream.to_string(), |listed| listed.name)
}

/// Returns what may be known of a stream that is a sender's as it came.
fn of_sender(server: &Server, listed: &Listed) -> Value {
    let name = if listed.name.is_empty() { listed.id.as_str() } else { &listed.name };
    with_addresses(
        listed.id,
        json!({
            "id": listed.id,
            "name": name,
            "color": null,
            "active": true,
            "source": ::party::Source::Sender,
            "title": "",
            "artist": "",
            "art": null,
            "tags": [],
            "listeners": server.app.rtc.listeners_of(listed.id) + listed.pocket,
            "since_ms": listed.since.as_micros() / 1_000,
        }),
    )
}

/// Adds where a stream is heard.
fn with_addresses(id: StreamId, mut stream: Value) -> Value {
    for form in ["mp3", "m3u", "pls"] {
        stream[form] = format!("/stream/{id}.{form}").into();
    }
    stream["whep"] = format!("/whep/{id}").into();
    stream
}

/// Returns what a stream is called: as its channel, or, where that has no name, as the box.
fn name_of(snapshot: &Snapshot, status: &ChannelStatus) -> String {
    let name = &status.channel.name;
    if name.is_empty() { snapshot.name.clone() } else { name.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_says_which_stream_and_which_form() {
        assert_eq!(Playlist::of("red.m3u"), Some(("red", Playlist::M3u)));
        assert_eq!(Playlist::of("red.m3u8"), Some(("red", Playlist::M3u)));
        assert_eq!(Playlist::of("latest.pls"), Some(("latest", Playlist::Pls)));
        assert_eq!((Playlist::of("red.mp3"), Playlist::of("m3u")), (None, None));
    }

    #[test]
    fn a_hostile_name_adds_no_entry() {
        let m3u = Playlist::M3u.write("Bob's\r\nhttp://evil/", "http://box/stream/main.mp3");
        assert_eq!(m3u, "#EXTM3U\n#EXTINF:-1,Bob'shttp://evil/\nhttp://box/stream/main.mp3\n");
        let pls = Playlist::Pls.write("x\nFile1=http://evil/", "http://box/stream/main.mp3");
        assert_eq!(pls.lines().filter(|line| line.starts_with("File1=")).count(), 1, "{pls}");
    }
}
