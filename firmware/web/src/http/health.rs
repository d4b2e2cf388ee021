//! `/health` for people and watchdogs, `/metrics` for Prometheus.

use std::sync::Arc;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use base::StreamId;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::{music, streams};
use crate::feed::{Feed, Feeds};
use crate::metrics::{self, Kind, Page};
use crate::mp3;
use crate::relays::{Relays, Totals};
use crate::status::{ChannelStatus, Snapshot, SourceState};
use rtc::srtp::Profile;
use rtc::stats::Stats;

/// Returns whether the channel's chosen source is heard.
fn is_healthy(status: &ChannelStatus) -> bool {
    let broken = |state| matches!(state, SourceState::NoDevice | SourceState::Empty | SourceState::Off);
    let chosen_broken = status.sources.iter().any(|s| s.kind == status.party.everybody.source && broken(s.state));
    !status.fallback && !chosen_broken
}

/// `GET /health`: always 200 while requests are answered; `status` says how well. How many and since when is for those who may
/// read the metrics.
pub(super) fn health(call: &Call) -> Response {
    let snapshot = call.server.app.snapshot.borrow().clone();
    let forgets = call.server.app.appliance.facts.borrow().forgets;
    let well = snapshot.channels.iter().all(|status| is_healthy(status)) && forgets.is_none();
    let status = if well { "healthy" } else { "degraded" };
    let body = if call.role.is_scraper() { details(call, &snapshot, status) } else { json!({ "status": status }) };
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, body.to_string()).into_response()
}

fn details(call: &Call, snapshot: &Snapshot, status: &str) -> Value {
    let server = &call.server;
    let listeners = server.listeners();
    let sources: Map<String, Value> =
        snapshot.first().sources.iter().map(|s| (s.kind.id().to_owned(), Value::from(s.state.id()))).collect();
    json!({
        "status": status,
        "active_streams": streams::active(server),
        // Who is about to send a stream sends nothing yet.
        "senders": server.app.senders.on_air().len() + server.relays.list().len(),
        "receivers": listeners.total(),
        "listeners": { "webrtc": listeners.live, "mp3": listeners.pocket },
        "sources": sources,
        "forgets": server.app.appliance.facts.borrow().forgets,
        "library": music::progress(server.app.library.as_ref()),
        "uptime_s": server.started.elapsed().as_secs(),
    })
}

/// `GET /metrics`.
pub(super) fn metrics(call: &Call) -> Response {
    let server = &call.server;
    let mut page = Page::new();
    server.counters.write(&mut page);
    let mut gauge = |name, help, value: usize| page.number(name, Kind::Gauge, help, value as f64);
    gauge("http_connections", "Connections open, MP3 and event listeners included.", server.connections.total());
    gauge("event_listeners", "Pages that follow the status.", server.event_listeners.total());
    let (known, here) = server.guests.count();
    gauge("guests", "Guests that are known.", known);
    gauge("guests_here", "Guests with an open page.", here);
    let feeds = Arc::clone(&server.feeds.borrow());
    let kept = feeds.iter().map(|feed| feed.kept_bytes()).sum();
    gauge("feed_kept_bytes", "Bytes of changes kept for phones that come back.", kept);
    let help = "States, changes and parts for a role that were written as JSON, each once for all phones.";
    page.number("feed_written_total", Kind::Counter, help, feeds.of(None).written_total() as f64);
    by_channel(&feeds, &mut page, "feed_changes_total", Kind::Counter, "Changes published to pages.", |feed| feed.seq);
    by_channel(&feeds, &mut page, "channel_listeners", Kind::Gauge, "Listeners of the channel.", |feed| {
        server.listeners_of(feed.channel()).total() as u64
    });
    let listeners = server.listeners();
    let samples = [(&["webrtc"][..], listeners.live as f64), (&["mp3"][..], listeners.pocket as f64)];
    page.family("listeners", Kind::Gauge, "Listeners by way of listening.", &["kind"], samples);
    of_mp3(call, &mut page);
    relayed(&server.relays, &mut page);
    server.app.visuals.write(&mut page);
    webrtc(&server.app.rtc.stats(), &mut page);
    server.rooms.write(&mut page);
    page.number(
        "uptime_seconds",
        Kind::Gauge,
        "Time since the server started.",
        server.started.elapsed().as_secs_f64(),
    );
    (server.app.gauges)(&mut page);
    let headers = [(header::CONTENT_TYPE, metrics::CONTENT_TYPE), (header::CACHE_CONTROL, "no-store")];
    (headers, page.into_text()).into_response()
}

/// Adds a number of each channel.
fn by_channel(feeds: &Feeds, page: &mut Page, name: &str, kind: Kind, help: &str, number: impl Fn(&Feed) -> u64) {
    let channels: Vec<_> = feeds.iter().map(|feed| (feed.channel(), number(feed))).collect();
    let samples: Vec<_> = channels.iter().map(|(channel, number)| ([channel.as_str()], *number as f64)).collect();
    page.family(name, kind, help, &["channel"], samples.iter().map(|(label, number)| (&label[..], *number)));
}

fn relayed(relays: &Relays, page: &mut Page) {
    let (connections, senders) = relays.counts();
    for (name, help, value) in [
        ("stream_connections", "Connections that signal over /ws.", connections),
        ("stream_senders", "Of these, those that send a stream or are about to.", senders),
        ("relayed_streams", "Streams of senders that can be heard.", relays.list().len()),
        ("relayed_streams_decoded", "Of these, those that are decoded because somebody hears MP3.", relays.decoded()),
    ] {
        page.number(name, Kind::Gauge, help, value as f64);
    }
    let Totals { begun, ended, full } = relays.totals();
    for (name, help, value) in [
        ("relayed_streams_begun_total", "Streams of senders that could be heard.", begun),
        ("relayed_streams_ended_total", "Streams of senders that have ended, heard or not.", ended),
        ("relayed_streams_full_total", "What was refused because a limit of [streams] was reached.", full),
    ] {
        page.number(name, Kind::Counter, help, value as f64);
    }
}

fn webrtc(stats: &Stats, page: &mut Page) {
    page.number("webrtc_handshaking", Kind::Gauge, "Sessions whose handshake is not done.", stats.handshaking as f64);
    for (name, help, value) in [
        ("packets_sent_total", "RTP packets handed to the kernel.", stats.packets_sent_total),
        ("sent_bytes_total", "Bytes of all datagrams handed to the kernel.", stats.bytes_sent_total),
        ("send_errors_total", "Datagrams that the kernel refused.", stats.send_errors_total),
        ("ring_drops_total", "Packets of the pump that found the ring full.", stats.ring_drops_total),
        ("nacks_answered_total", "Packets sent again.", stats.nacks_answered_total),
        ("nacks_over_budget_total", "Requests to send again that were over the budget.", stats.nacks_over_budget_total),
        ("joins_total", "Listeners that joined.", stats.joins_total),
        ("handshake_failures_total", "Handshakes that failed or took too long.", stats.handshake_failures_total),
        ("lost_total", "Listeners freed because they gave no sign of life.", stats.lost_total),
        ("sender_joins_total", "Senders whose handshake was done.", stats.sender_joins_total),
        ("packets_received_total", "RTP packets of senders.", stats.packets_received_total),
        ("packets_relayed_total", "Of these, those that listeners get as they came.", stats.packets_relayed_total),
        ("strangers_total", "Datagrams that no session proved to be its own.", stats.strangers_total),
        ("refused_total", "Datagrams of ours that were refused where they went.", stats.refused_total),
        ("faults_total", "Sessions ended because of a fault of ours.", stats.faults_total),
    ] {
        page.number(&format!("webrtc_{name}"), Kind::Counter, help, value as f64);
    }
    let joins = Profile::ALL.map(|profile| ([profile.name()], stats.joins_by_profile[profile.index()] as f64));
    let samples = joins.iter().map(|(label, value)| (&label[..], *value));
    page.family("srtp_joins_total", Kind::Counter, "WebRTC listeners that joined, by cipher.", &["profile"], samples);
    let refused = &stats.refusals;
    let samples = [
        (&["malformed"][..], refused.malformed_total as f64),
        (&["not_acceptable"][..], refused.not_acceptable_total as f64),
        (&["unknown_stream"][..], refused.unknown_stream_total as f64),
        (&["full"][..], refused.full_total as f64),
        (&["address"][..], refused.address_total as f64),
        (&["unavailable"][..], refused.unavailable_total as f64),
    ];
    page.family("webrtc_refused_total", Kind::Counter, "Offers refused, by reason.", &["reason"], samples);
}

fn of_mp3(call: &Call, page: &mut Page) {
    let hubs: Vec<(StreamId, mp3::Totals)> =
        call.server.app.mp3.borrow().iter().map(|hub| (hub.stream(), hub.totals())).collect();
    let labels: Vec<[&str; 1]> = hubs.iter().map(|(stream, _)| [stream.as_str()]).collect();
    let mut family = |name, help, number: fn(&mp3::Totals) -> u64| {
        let samples = labels.iter().zip(&hubs).map(|(label, (_, totals))| (&label[..], number(totals) as f64));
        page.family(name, Kind::Counter, help, &["stream"], samples);
    };
    family("mp3_sent_bytes_total", "Bytes of MP3 bodies handed to the kernel.", |t| t.bytes);
    family("mp3_joined_total", "MP3 bodies begun.", |t| t.joined);
    family("mp3_left_total", "MP3 listeners that left or were let go.", |t| t.left);
    family("mp3_slow_total", "MP3 listeners let go because they were slower than the music.", |t| t.slow);
    family("mp3_packets_lost_total", "MP3 packets dropped because the fan-out was stuck.", |t| t.packets_lost);
}
