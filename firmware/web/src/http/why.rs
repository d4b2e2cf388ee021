//! `GET /api/why?channel=`: why this phone hears nothing, as far as the box can tell.
//!
//! Every reason is a fact of this moment, with a code for which pages have a sentence. What only the phone itself can
//! know (not tapped yet, its silent switch, its Bluetooth) is the page's to find out. Whose a media session is, is told
//! by the guest's cookie where the session came with one, else by the phone's address.

use ::party::{Source, Volume};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base::{ChannelId, Time};
use serde_json::{Value, json};

use super::call::Call;
use crate::status::{ChannelStatus, ScanStatus, SourceState};
use rtc::api::ListenerStats;

/// Sound that a phone must have been sent before it counts that it has not reported, ms: browsers report after 1 to 5 s
/// (RFC 3550 section 6.2, and libwebrtc's fixed interval for audio).
const FIRST_REPORT_MS: u64 = 8_000;

/// Age from which a phone's last report says that nothing gets through, in microseconds: three of its intervals.
const REPORT_US_MAX: u64 = 15_000_000;

/// How long a phone that found no place counts as turned away, in microseconds.
const TURNED_AWAY_US: u64 = 60_000_000;

/// What is known of this phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listening {
    /// It has no media session.
    No,
    /// It has a session over WebRTC.
    Live {
        /// Whether its reports come in, or are not due yet.
        flows: bool,
    },
    /// It is sent MP3.
    Pocket,
}

/// `GET /api/why`.
pub(super) async fn why(call: Call) -> Response {
    let server = &call.server;
    let address = call.ends.peer.ip();
    let sessions = call.role.guest().map(|guest| guest.sessions).unwrap_or_default();
    let listeners = server.app.rtc.listeners_now().await;
    let of_guest = |listener: &&ListenerStats| sessions.contains(&listener.session);
    let of_address = |listener: &&ListenerStats| listener.address.ip().to_canonical() == address;
    let mine = match sessions.is_empty() {
        false => listeners.iter().rev().find(of_guest),
        true => listeners.iter().rev().find(of_address),
    };
    let listening = match mine {
        Some(listener) => Listening::Live { flows: flows(listener, server.box_time()) },
        None if server.mp3_listeners.holds(address) => Listening::Pocket,
        None => Listening::No,
    };
    let snapshot = server.app.snapshot.borrow().clone();
    let asked = call.query("channel").and_then(|id| ChannelId::new(id).ok()).and_then(|id| snapshot.channel(id));
    let status = asked.unwrap_or_else(|| snapshot.first());
    let scan = server.app.library.as_ref().map(|library| library.progress().into());
    let mut reasons = of_the_party(status, scan);
    let radio = server.app.appliance.facts.borrow().radio.clone();
    if let Some(radio) = radio.filter(|radio| radio.full) {
        reasons.push(json!({ "code": "radio-full", "guests": radio.stations, "guests_max": radio.stations_max }));
    }
    match listening {
        Listening::No if server.turned_away.has_within(TURNED_AWAY_US, address, server.now()) => {
            reasons.push(code("server-full"))
        }
        Listening::No => reasons.push(code("no-listener")),
        Listening::Live { flows: false } => reasons.push(code("not-flowing")),
        Listening::Live { flows: true } | Listening::Pocket => {}
    }
    let listening = match listening {
        Listening::No => Value::Null,
        Listening::Live { .. } => "live".into(),
        Listening::Pocket => "pocket".into(),
    };
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, json!({ "reasons": reasons, "listening": listening }).to_string()).into_response()
}

fn code(code: &str) -> Value {
    json!({ "code": code })
}

/// Whether what is sent to a listener gets there, as far as its reports tell. `now` is the box's clock, like theirs.
fn flows(listener: &ListenerStats, now: Time) -> bool {
    match listener.link {
        Some(link) => now.micros_since(link.at) <= REPORT_US_MAX,
        None => u64::from(listener.packets_total) * u64::from(listener.duration.millis()) <= FIRST_REPORT_MS,
    }
}

/// Why nobody hears anything.
fn of_the_party(status: &ChannelStatus, scan: Option<ScanStatus>) -> Vec<Value> {
    let mut reasons = Vec::new();
    let party = &status.party.everybody;
    if !party.session.live {
        reasons.push(code("ended"));
    }
    if !party.playing {
        reasons.push(code("paused"));
    }
    let state = status.sources.iter().find(|source| source.kind == party.source).map(|source| source.state);
    match (party.source, state) {
        (Source::LineIn, Some(SourceState::Silent)) => reasons.push(code("no-signal")),
        (Source::LineIn, Some(SourceState::NoDevice | SourceState::Opening | SourceState::Off)) => {
            // What stands in for it is heard, if there is something.
            reasons.push(json!({ "code": "line-in-gone", "stands_in": status.fallback && status.track.is_some() }));
        }
        (Source::Sender, Some(SourceState::Opening | SourceState::Off)) => {
            reasons.push(json!({ "code": "sender-gone", "stands_in": status.fallback && status.track.is_some() }));
        }
        (Source::Files, Some(SourceState::Empty)) => reasons.push(match scan.filter(|scan| scan.running) {
            Some(scan) => json!({ "code": "scanning", "files_done": scan.files_done, "files_total": scan.files_total }),
            None => code("no-tracks"),
        }),
        _ => {}
    }
    if party.volume_db <= Volume::MIN_DB {
        reasons.push(code("muted-volume"));
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_is_a_reason_only_while_nothing_can_be_played() {
        let mut status = crate::http::tests::status();
        let scan = Some(ScanStatus { running: true, files_total: 7, ..ScanStatus::default() });
        assert_eq!(of_the_party(&status, scan), [] as [Value; 0]);
        status.sources[0].state = SourceState::Empty;
        assert_eq!(of_the_party(&status, scan), [json!({ "code": "scanning", "files_done": 0, "files_total": 7 })]);
        assert_eq!(of_the_party(&status, Some(ScanStatus::default())), [code("no-tracks")]);
    }
}
