//! What can be listened to: `GET /stream/status` for programs and for the pages `/streams` and `/stream/latest`, and the
//! playlists `/stream/{id}.m3u` and `.pls` for players that take an address from a file.
//!
//! The sound itself is elsewhere: `stream` has the MP3, `whep` what is heard live.

use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base::StreamId;
use serde_json::{Value, json};

use super::call::{Call, Server};
use super::music;
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
    let name = snapshot.channels.iter().find(|status| StreamId::from(status.channel.id) == stream);
    let name = name.map_or_else(|| stream.to_string(), |status| name_of(&snapshot, status));
    let body = form.write(&name, &format!("{}stream/{file}.mp3", call.address()));
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(form.media())),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, body).into_response()
}

/// Returns the stream that `latest` means: the newest of those that play, or, where none does, of all.
pub(super) fn latest(server: &Server) -> Option<StreamId> {
    let snapshot = server.app.snapshot.borrow();
    let hubs = server.app.mp3.borrow();
    let plays = |stream: StreamId| {
        let of = |status: &&Arc<ChannelStatus>| StreamId::from(status.channel.id) == stream;
        snapshot.channels.iter().find(of).is_some_and(|status| status.party.everybody.playing)
    };
    let streams = || hubs.iter().map(|hub| hub.stream());
    streams().rfind(|stream| plays(*stream)).or_else(|| streams().next_back())
}

/// `GET /stream/status`: every stream, in the hosts' order, and which of them `latest` is.
pub(super) fn status(call: &Call) -> Response {
    let server = &call.server;
    let snapshot = server.app.snapshot.borrow().clone();
    let shown: Vec<Value> = snapshot.channels.iter().map(|status| stream(server, &snapshot, status)).collect();
    music::answer(&json!({
        "active": snapshot.channels.iter().any(|status| status.party.everybody.playing),
        "latest": latest(server),
        "time_ms": server.time_ms(),
        "streams": shown,
    }))
}

/// Returns what may be known of the stream of a channel.
fn stream(server: &Server, snapshot: &Snapshot, status: &ChannelStatus) -> Value {
    let (id, party) = (status.channel.id, &status.party.everybody);
    let (title, artist) = status.heard();
    let listeners = server.listeners_of(id);
    let track = status.now().map(|now| &now.track);
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
        "listeners": listeners.total(),
        "since_ms": party.session.started_ms,
        "mp3": format!("/stream/{id}.mp3"),
        "m3u": format!("/stream/{id}.m3u"),
        "pls": format!("/stream/{id}.pls"),
        "whep": format!("/whep/{id}"),
    })
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
