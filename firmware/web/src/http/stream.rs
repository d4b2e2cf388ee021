//! `GET /stream/{id}.mp3`: the request for an endless MP3 body. The body itself is fed by [`crate::mp3`]. Beside it are the
//! playlists that name it.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use ::party::LATEST;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use base::StreamId;
use bytes::Bytes;
use http_body_util::StreamBody;
use hyper::body::Frame;

use super::call::Call;
use super::refusal::{Refusal, no_place, unavailable};
use super::streams::{self, Playlist};
use super::takeover::{Mp3Body, TakeOver};
use super::{pages, relayed};
use crate::mp3::{Hub, icy};

/// The first two bytes of an MPEG-1 layer III frame without checksum: what a probe for `bytes=0-1` gets.
const PROBE: Bytes = Bytes::from_static(&[0xff, 0xfb]);

/// Longest `icy-name` in bytes.
const NAME_BYTES_MAX: usize = 100;

/// Seconds after which a client that came after the end may ask again.
const RETRY_SECONDS: u32 = 10;

/// Answers with the playlist of the stream if the file is one, else with its sound.
pub(super) fn stream(call: &Call) -> Result<Response, Refusal> {
    // Streams have small letters only.
    let file = &pages::by_hand(call.param("file"));
    match Playlist::of(file) {
        Some((name, form)) => {
            let stream = streams::named(&call.server, name).ok_or_else(|| unknown(call))?;
            Ok(streams::playlist(call, form, stream, name))
        }
        None => sound(call, find(call, file.strip_suffix(".mp3").unwrap_or_default())?),
    }
}

/// Answers with a mark that the connection becomes a live body, or, for `HEAD` and probes, at once.
fn sound(call: &Call, hub: Hub) -> Result<Response, Refusal> {
    let bitrate_bps = bitrate(call, &hub)?;
    let icy = call.header("icy-metadata") == Some("1");
    let mut response = Response::new(endless());
    describe(response.headers_mut(), call, bitrate_bps, icy);
    if call.method == Method::HEAD {
        return Ok(response);
    }
    if is_probe(call.header("range")) {
        // Safari asks for two bytes first, and counts as a second listener if this connection is kept.
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        response.headers_mut().insert(header::CONTENT_RANGE, HeaderValue::from_static("bytes 0-1/*"));
        *response.body_mut() = Body::from(PROBE);
        return Ok(response);
    }
    if !hub.serves(bitrate_bps) {
        return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "The stream has ended.").retry_after(RETRY_SECONDS));
    }
    relayed::admit(call, hub.stream())?;
    let place = call.lasting(&call.server.mp3_listeners);
    let place = place.inspect_err(|_| call.server.turned_away.note(call.ends.peer.ip(), call.server.now()));
    let place = place.map_err(no_place)?;
    let held = call.server.guests.hold_body(call.role.guest_keys(), hub.stream());
    response.extensions_mut().insert(TakeOver::Mp3(Mp3Body {
        hub,
        bitrate_bps,
        icy,
        // Between blocks of titles a tag would be counted as sound.
        stamped: !icy && call.query("stamp") == Some("id3"),
        place: Arc::new(Mutex::new(Some(place))),
        held: Arc::new(Mutex::new(held)),
    }));
    Ok(response)
}

/// A body of unknown length, so that no length is announced for one that has no end. The bytes come from the fan-out.
fn endless() -> Body {
    type Nothing = Result<Frame<Bytes>, Infallible>;
    Body::new(StreamBody::new(futures_util::stream::empty::<Nothing>()))
}

/// Returns the hub of the stream `name`. A sender's is decoded from now on.
fn find(call: &Call, name: &str) -> Result<Hub, Refusal> {
    let server = &call.server;
    let stream = streams::named(server, name).ok_or_else(|| unknown(call))?;
    if let Some(made) = server.relays.mp3(stream, &server.app.decode) {
        return made.ok_or_else(unavailable);
    }
    let hubs = server.app.mp3.borrow();
    hubs.iter().find(|hub| hub.stream() == stream).cloned().ok_or_else(|| unknown(call))
}

/// Refuses the file of a stream that is not there, and names those that are.
fn unknown(call: &Call) -> Refusal {
    let channels: Vec<StreamId> = call.server.app.mp3.borrow().iter().map(Hub::stream).collect();
    let all = channels.into_iter().chain(call.server.relays.list().into_iter().map(|listed| listed.id));
    let known: Vec<String> = all.map(|stream| format!("{stream}.mp3")).collect();
    Refusal::new(StatusCode::NOT_FOUND, "There is no such stream.").field(
        "stream",
        call.param("file"),
        format!("{LATEST}.mp3, {}", known.join(", ")),
    )
}

/// `?bitrate=` in kbit/s among the configured ones; the first of them if it is not given.
fn bitrate(call: &Call, hub: &Hub) -> Result<u32, Refusal> {
    let mut known = hub.bitrates_bps();
    let Some(asked) = call.query("bitrate") else {
        return known.next().ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "This stream has no MP3."));
    };
    let wanted = asked.parse::<u32>().ok().and_then(|kbps| kbps.checked_mul(1_000));
    known.find(|bps| Some(*bps) == wanted).ok_or_else(|| {
        let allowed: Vec<String> = hub.bitrates_bps().map(|bps| (bps / 1_000).to_string()).collect();
        Refusal::new(StatusCode::BAD_REQUEST, "This bit rate is not offered.").field(
            "bitrate",
            asked,
            allowed.join(", "),
        )
    })
}

/// Whether a `Range` asks for the first two bytes only. Every other range gets the live body: there is no other.
fn is_probe(range: Option<&str>) -> bool {
    range == Some("bytes=0-1")
}

/// Headers of a live body.
fn describe(headers: &mut HeaderMap, call: &Call, bitrate_bps: u32, icy: bool) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("audio/mpeg"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    headers.insert("icy-br", HeaderValue::from(bitrate_bps / 1_000));
    headers.insert("icy-pub", HeaderValue::from_static("0"));
    headers.insert("icy-name", name(&call.server.app.snapshot.borrow().name));
    headers.extend(HeaderValue::from_str(&call.address()).ok().map(|url| (HeaderName::from_static("icy-url"), url)));
    let about = format!("samplerate=48000;channels=2;bitrate={}", bitrate_bps / 1_000);
    headers.extend(HeaderValue::from_str(&about).ok().map(|about| (HeaderName::from_static("ice-audio-info"), about)));
    if icy {
        headers.insert("icy-metaint", HeaderValue::from(icy::METAINT));
    }
}

/// The name of the box as a header, in UTF-8 as Icecast sends it; control characters are left out, and a name without any other
/// is that of the product.
fn name(name: &str) -> HeaderValue {
    let mut plain = String::new();
    for c in name.chars().filter(|c| !c.is_control()) {
        if plain.len() + c.len_utf8() > NAME_BYTES_MAX {
            break;
        }
        plain.push(c);
    }
    let named = Some(plain.trim()).filter(|name| !name.is_empty());
    named.and_then(|name| HeaderValue::from_bytes(name.as_bytes()).ok()).unwrap_or(HeaderValue::from_static("Partybox"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_probe_of_two_bytes_is_a_probe() {
        assert!(is_probe(Some("bytes=0-1")));
        for range in [None, Some("bytes=0-"), Some("bytes=0-1,5-9"), Some("bytes=1-1"), Some("x")] {
            assert!(!is_probe(range), "{range:?}");
        }
    }

    #[test]
    fn a_hostile_name_cannot_add_a_header() {
        assert_eq!(name("Bob's\r\nbox ☃").as_bytes(), "Bob'sbox ☃".as_bytes());
        assert_eq!(
            (name("\r\n"), name(" ")),
            (HeaderValue::from_static("Partybox"), HeaderValue::from_static("Partybox"))
        );
        assert_eq!(name(&"é".repeat(100)).len(), NAME_BYTES_MAX, "no letter is cut in two");
    }
}
