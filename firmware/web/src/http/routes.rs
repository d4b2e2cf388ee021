//! The one table of what can be asked over HTTP: method, path, who may, what body, who answers.
//!
//! The router, `405` with `Allow`, `OPTIONS`, the role check, the body limit and the tests are all made from it, so a
//! new route cannot be left out of any of them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ::library::UPLOAD_BYTES_MAX;
use axum::http::Method;

use super::limits::{BACKUP_BYTES_MAX, JSON_BYTES_MAX, SDP_BYTES_MAX, UPDATE_BYTES_MAX};
use super::qr::Format;
use super::route::{BYTES, JSON, Route, SDP, SDP_FRAGMENT, Takes, Who};
use super::{
    appliance, art, channels, files, following, guests, health, icecast, music, openapi, pairing, party, portal,
    preview, qr, queue, relayed, relaying, rooms, senders, settings, statistics, stream, streams, update, upload, whep,
    whip, why,
};

/// Writes an address within a channel.
macro_rules! channel {
    ($rest:literal) => {
        concat!("/api/channels/{channel}", $rest)
    };
}

/// Where streams are; the files there are named by their ids.
pub(super) const STREAM: &str = "/stream/";
const STREAM_FILE: &str = "/stream/{file}";
const WHEP: &str = "/whep/{stream}";
const WHEP_SESSION: &str = "/whep/{stream}/{session}";
const WHIP: &str = "/whip/{channel}";
const WHIP_SESSION: &str = "/whip/{channel}/{session}";
const WHIP_TITLE: &str = "/whip/{channel}/{session}/title";
const SENDERS: &str = "/api/senders";
const GUEST_DJ: &str = "/api/guests/{label}/dj";
const PAIRING: &str = "/api/pairing";
const CHANNEL: &str = channel!("");
const QUEUE: &str = channel!("/queue");
const VOTE: &str = channel!("/queue/{item}/vote");
const SETTINGS: &str = channel!("/settings");
const BACKUP: &str = "/api/box/backup";
const BOX_SETTINGS: &str = "/api/box/settings";
const SKIP_VOTE: &str = channel!("/skip-vote");
const HEART: &str = channel!("/heart");
const TALK_OVER: &str = channel!("/talk-over");
const CHANNEL_SENDER: &str = channel!("/senders/{id}");

/// The table: what is asked of a channel under two addresses, its own and, for the first channel, a shorter one.
pub(super) static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let first = OF_CHANNEL.iter().map(|(path, route)| Route { path, ..route.clone() });
    let of_channel = OF_CHANNEL.iter().map(|(_, route)| route.clone());
    OF_BOX.iter().cloned().chain(of_channel).chain(first).collect()
});

/// What is asked of a channel. Before each stands the address that means the first channel.
pub(super) static OF_CHANNEL: &[(&str, Route)] = &[
    ("/api/party/status", Route::get(channel!("/status"), |call| Box::pin(async move { party::status(&call) }))),
    ("/api/party/events", Route::get(channel!("/events"), |call| Box::pin(async move { party::events(&call) }))),
    ("/api/party/live", Route::socket(channel!("/live"), |call| Box::pin(async move { following::follow(&call) }))),
    ("/api/party/play", Route::host(channel!("/play"), Takes::Nothing, |call| Box::pin(party::play(call)))),
    ("/api/party/pause", Route::host(channel!("/pause"), Takes::Nothing, |call| Box::pin(party::pause(call)))),
    ("/api/party/next", Route::bare(Method::POST, channel!("/next"), Who::Dj, |call| Box::pin(party::next(call)))),
    (
        "/api/party/previous",
        Route::bare(Method::POST, channel!("/previous"), Who::Dj, |call| Box::pin(party::previous(call))),
    ),
    (
        "/api/party/source",
        Route::with_json(Method::POST, channel!("/source"), Who::Host, |call| Box::pin(party::source(call))),
    ),
    (
        "/api/party/sender",
        Route::bare(Method::DELETE, channel!("/sender"), Who::Host, |call| Box::pin(senders::hang_up(call))),
    ),
    (
        "/api/party/senders/{id}",
        Route::with_json(Method::PUT, CHANNEL_SENDER, Who::Host, |call| Box::pin(senders::fade(call))),
    ),
    (
        "/api/party/senders/{id}",
        Route::bare(Method::DELETE, CHANNEL_SENDER, Who::Host, |call| Box::pin(senders::hang_up_one(call))),
    ),
    (
        "/api/party/volume",
        Route::with_json(Method::PUT, channel!("/volume"), Who::Host, |call| Box::pin(party::volume(call))),
    ),
    (
        "/api/party/settings",
        Route::bare(Method::GET, SETTINGS, Who::Host, |call| Box::pin(async move { party::settings(&call) })),
    ),
    ("/api/party/settings", Route::with_json(Method::PUT, SETTINGS, Who::Host, |call| Box::pin(party::set(call)))),
    (
        "/api/party/settings/{setting}",
        Route::bare(Method::DELETE, channel!("/settings/{setting}"), Who::Host, |call| Box::pin(party::unset(call))),
    ),
    (
        "/api/party/skip-vote",
        Route::bare(Method::PUT, SKIP_VOTE, Who::Guest, |call| Box::pin(party::vote_to_skip(call, true))),
    ),
    (
        "/api/party/skip-vote",
        Route::bare(Method::DELETE, SKIP_VOTE, Who::Guest, |call| Box::pin(party::vote_to_skip(call, false))),
    ),
    ("/api/party/seek", Route::with_json(Method::POST, channel!("/seek"), Who::Dj, |call| Box::pin(party::seek(call)))),
    ("/api/party/heart", Route::bare(Method::PUT, HEART, Who::Guest, |call| Box::pin(party::love(call, true)))),
    ("/api/party/heart", Route::bare(Method::DELETE, HEART, Who::Guest, |call| Box::pin(party::love(call, false)))),
    (
        "/api/party/talk-over",
        Route::bare(Method::PUT, TALK_OVER, Who::Host, |call| Box::pin(party::talk_over(call, true))),
    ),
    (
        "/api/party/talk-over",
        Route::bare(Method::DELETE, TALK_OVER, Who::Host, |call| Box::pin(party::talk_over(call, false))),
    ),
    (
        "/api/party/reactions",
        Route::with_json(Method::POST, channel!("/reactions"), Who::Guest, |call| Box::pin(party::react(call))),
    ),
    ("/api/party/evening", Route::get(channel!("/evening"), |call| Box::pin(async move { party::evening(&call) }))),
    ("/api/party/wished", Route::get(channel!("/wished"), |call| Box::pin(async move { party::wished(&call) }))),
    ("/api/queue", Route::get(QUEUE, |call| Box::pin(async move { queue::list(&call) }))),
    ("/api/queue", Route::with_json(Method::POST, QUEUE, Who::Dj, |call| Box::pin(queue::add(call)))),
    ("/api/queue", Route::bare(Method::DELETE, QUEUE, Who::Host, |call| Box::pin(queue::clear(call)))),
    (
        "/api/queue/undo",
        Route::bare(Method::POST, channel!("/queue/undo"), Who::Host, |call| Box::pin(queue::undo(call))),
    ),
    (
        "/api/queue/{item}",
        Route::bare(Method::DELETE, channel!("/queue/{item}"), Who::Guest, |call| Box::pin(queue::remove(call))),
    ),
    (
        "/api/queue/{item}/move",
        Route::with_json(Method::POST, channel!("/queue/{item}/move"), Who::Dj, |call| Box::pin(queue::shift(call))),
    ),
    ("/api/queue/{item}/vote", Route::bare(Method::PUT, VOTE, Who::Guest, |call| Box::pin(queue::vote(call, true)))),
    (
        "/api/queue/{item}/vote",
        Route::bare(Method::DELETE, VOTE, Who::Guest, |call| Box::pin(queue::vote(call, false))),
    ),
    (
        "/api/queue/{item}/boost",
        Route::bare(Method::PUT, channel!("/queue/{item}/boost"), Who::Guest, |call| Box::pin(queue::boost(call))),
    ),
    (
        "/api/requests",
        Route::with_json(Method::POST, channel!("/requests"), Who::Guest, |call| Box::pin(queue::request(call))),
    ),
    (
        "/api/files",
        Route {
            method: Method::POST,
            path: channel!("/files"),
            who: Who::Guest,
            takes: Takes::File(BYTES, UPLOAD_BYTES_MAX),
            answer: |call| Box::pin(files::bring(call)),
        },
    ),
    (
        "/api/requests/{request}",
        Route::bare(Method::DELETE, channel!("/requests/{request}"), Who::Guest, |call| {
            Box::pin(queue::withdraw(call))
        }),
    ),
    (
        "/api/requests/{request}/approve",
        Route::bare(Method::POST, channel!("/requests/{request}/approve"), Who::Dj, |call| {
            Box::pin(queue::approve(call))
        }),
    ),
    (
        "/api/requests/{request}/decline",
        Route::bare(Method::POST, channel!("/requests/{request}/decline"), Who::Dj, |call| {
            Box::pin(queue::decline(call))
        }),
    ),
];

/// What is asked of the box and of the evening as a whole.
static OF_BOX: &[Route] = &[
    Route::get(STREAM_FILE, |call| Box::pin(async move { stream::stream(&call) })),
    Route::get("/stream/status", |call| Box::pin(async move { Ok(streams::status(&call)) })),
    Route {
        method: Method::POST,
        path: WHEP,
        who: Who::Anyone,
        takes: Takes::Media(SDP, SDP_BYTES_MAX),
        answer: |call| Box::pin(whep::offer(call)),
    },
    Route {
        method: Method::PATCH,
        path: WHEP_SESSION,
        who: Who::Anyone,
        takes: Takes::Media(SDP_FRAGMENT, SDP_BYTES_MAX),
        answer: |call| Box::pin(whep::patch(call)),
    },
    Route {
        method: Method::DELETE,
        path: WHEP_SESSION,
        who: Who::Anyone,
        takes: Takes::Nothing,
        answer: |call| Box::pin(whep::delete(call)),
    },
    Route::with_json(Method::PUT, "/whep/{stream}/{session}/stream", Who::Anyone, |call| Box::pin(whep::switch(call))),
    Route {
        method: Method::PUT,
        path: "/whep/{stream}/{session}/ptime",
        who: Who::Anyone,
        takes: Takes::Media(JSON, JSON_BYTES_MAX),
        answer: |call| Box::pin(whep::set_duration(call)),
    },
    Route {
        method: Method::POST,
        path: WHIP,
        who: Who::Sender,
        takes: Takes::Media(SDP, SDP_BYTES_MAX),
        answer: |call| Box::pin(whip::offer(call)),
    },
    Route::get(WHIP, |call| Box::pin(async move { whip::greet(&call) })),
    Route {
        method: Method::PATCH,
        path: WHIP_SESSION,
        who: Who::Anyone,
        takes: Takes::Media(SDP_FRAGMENT, SDP_BYTES_MAX),
        answer: |call| Box::pin(whip::patch(call)),
    },
    Route::bare(Method::DELETE, WHIP_SESSION, Who::Anyone, |call| Box::pin(whip::delete(call))),
    Route::with_json(Method::PUT, WHIP_TITLE, Who::Anyone, |call| Box::pin(async move { whip::entitle(&call) })),
    Route::get("/whip/{channel}/{session}/heard", |call| Box::pin(async move { whip::heard(&call) })),
    Route::bare(Method::GET, "/admin/metadata", Who::Sender, |call| Box::pin(async move { icecast::update(&call) })),
    Route::bare(Method::GET, SENDERS, Who::Host, |call| Box::pin(async move { Ok(senders::list(&call)) })),
    Route::with_json(Method::POST, SENDERS, Who::Host, |call| Box::pin(senders::issue(call))),
    Route::bare(Method::GET, "/api/senders/{id}/qr.svg", Who::Host, |call| {
        Box::pin(async move { senders::picture(&call) })
    }),
    Route::bare(Method::DELETE, "/api/senders/{id}", Who::Host, |call| Box::pin(senders::revoke(call))),
    Route {
        method: Method::GET,
        path: "/ws",
        who: Who::Anyone,
        takes: Takes::Socket,
        answer: |call| Box::pin(async move { relaying::connect(&call) }),
    },
    Route::bare(Method::DELETE, "/api/streams/{stream}", Who::Host, |call| {
        Box::pin(async move { relayed::end(&call) })
    }),
    Route::with_json(Method::POST, "/api/party/start", Who::Host, |call| Box::pin(party::start(call))),
    Route::host("/api/party/end", Takes::Nothing, |call| Box::pin(party::end(call))),
    Route::bare(Method::GET, CHANNEL, Who::Host, |call| Box::pin(async move { channels::about(&call) })),
    Route::with_json(Method::PUT, CHANNEL, Who::Host, |call| Box::pin(channels::put(call))),
    Route::bare(Method::DELETE, CHANNEL, Who::Host, |call| Box::pin(channels::remove(call))),
    Route::with_json(Method::POST, channel!("/move"), Who::Host, |call| Box::pin(channels::shift(call))),
    Route::bare(Method::GET, "/api/channels/statistics", Who::Host, |call| {
        Box::pin(async move { Ok(statistics::statistics(&call)) })
    }),
    Route::get("/api/library/search", |call| Box::pin(music::search(call))),
    Route::get("/api/library/tracks", |call| Box::pin(music::tracks(call))),
    Route::get("/api/library/newest", |call| Box::pin(music::newest(call))),
    Route::get("/api/library/playlists", |call| Box::pin(music::playlists(call))),
    Route::bare(Method::GET, "/api/library/folders", Who::Host, |call| Box::pin(music::folders(call))),
    Route::bare(Method::GET, "/api/library/lists", Who::Host, |call| Box::pin(music::lists(call))),
    Route::get("/api/library/groups", |call| Box::pin(music::groups(call))),
    Route::get("/api/library/art/{track}", |call| Box::pin(art::picture(call))),
    Route::get("/api/library/art/{track}/color", |call| Box::pin(art::color(call))),
    Route::host("/api/library/uploads", Takes::File(BYTES, UPLOAD_BYTES_MAX), |call| Box::pin(upload::upload(call))),
    Route::bare(Method::GET, "/api/library/uploads/unfinished/{id}", Who::Host, |call| {
        Box::pin(async move { Ok(upload::unfinished(&call)) })
    }),
    Route::bare(Method::DELETE, "/api/library/uploads/{track}", Who::Host, |call| Box::pin(upload::remove(call))),
    Route::get("/api/files/unfinished/{id}", |call| Box::pin(async move { Ok(files::unfinished(&call)) })),
    Route::bare(Method::GET, "/api/files/{track}/sound", Who::Host, |call| Box::pin(preview::sound(call))),
    Route::bare(Method::POST, "/api/files/{track}/keep", Who::Host, |call| Box::pin(files::keep(call))),
    Route::bare(Method::GET, "/api/library/roots", Who::Host, |call| Box::pin(upload::roots(call))),
    Route::host("/api/library/rescan", Takes::Nothing, |call| Box::pin(upload::rescan(call))),
    Route::bare(Method::GET, "/api/library/broken", Who::Host, |call| Box::pin(music::broken(call))),
    Route::get("/api/pairing/way", |call| Box::pin(async move { Ok(pairing::way(&call)) })),
    Route::get(PAIRING, |call| Box::pin(pairing::state(call))),
    Route::bare(Method::POST, PAIRING, Who::Anyone, |call| Box::pin(pairing::begin(call))),
    Route::bare(Method::DELETE, PAIRING, Who::Anyone, |call| Box::pin(pairing::abort(call))),
    Route {
        method: Method::PUT,
        path: "/api/me",
        who: Who::Guest,
        takes: Takes::Media(JSON, JSON_BYTES_MAX),
        answer: |call| Box::pin(guests::rename(call)),
    },
    Route::bare(Method::GET, "/api/guests", Who::Host, |call| Box::pin(guests::list(call))),
    Route::bare(Method::PUT, GUEST_DJ, Who::Host, |call| Box::pin(guests::set_dj(call, true))),
    Route::bare(Method::DELETE, GUEST_DJ, Who::Host, |call| Box::pin(guests::set_dj(call, false))),
    Route::bare(Method::GET, "/api/hosts", Who::Host, |call| Box::pin(pairing::hosts(call))),
    Route::bare(Method::DELETE, "/api/hosts/{id}", Who::Host, |call| Box::pin(pairing::revoke(call))),
    Route::bare(Method::GET, "/api/box", Who::Host, |call| Box::pin(async move { Ok(appliance::about(&call)) })),
    Route {
        method: Method::PUT,
        path: "/api/box/network",
        who: Who::Host,
        takes: Takes::Media(JSON, JSON_BYTES_MAX),
        answer: |call| Box::pin(appliance::set_network(call)),
    },
    Route::bare(Method::DELETE, "/api/box/network/{rule}", Who::Host, |call| Box::pin(appliance::unset_network(call))),
    Route::bare(Method::GET, BOX_SETTINGS, Who::Host, |call| Box::pin(settings::read(call))),
    Route::with_json(Method::PATCH, BOX_SETTINGS, Who::Host, |call| Box::pin(settings::change(call))),
    Route::host("/api/box/settings/asked", Takes::Nothing, |call| Box::pin(settings::asked(call))),
    Route::bare(Method::GET, BACKUP, Who::Host, |call| Box::pin(settings::back_up(call))),
    Route {
        method: Method::PUT,
        path: BACKUP,
        who: Who::Host,
        takes: Takes::Media(JSON, BACKUP_BYTES_MAX),
        answer: |call| Box::pin(settings::restore(call)),
    },
    Route::with_json(Method::POST, "/api/box/clock", Who::Host, |call| Box::pin(settings::learn_time(call))),
    Route::host("/api/box/restart", Takes::Nothing, |call| Box::pin(settings::restart(call))),
    Route::host("/api/box/anew", Takes::Nothing, |call| Box::pin(appliance::erase_storage(call))),
    Route::host("/api/update", Takes::File(BYTES, UPDATE_BYTES_MAX), |call| Box::pin(update::receive(call))),
    Route::bare(Method::GET, "/api/update", Who::Host, |call| Box::pin(async move { Ok(update::state(&call)) })),
    Route::host("/api/update/stick", Takes::Nothing, |call| Box::pin(appliance::copy_from_stick(call))),
    Route::host("/api/update/restart", Takes::Nothing, |call| Box::pin(appliance::restart(call))),
    Route::get("/portal", |call| Box::pin(async move { Ok(portal::page(&call)) })),
    Route::get("/portal/stay", |call| Box::pin(async move { Ok(portal::stay(&call)) })),
    Route::get("/api/why", |call| Box::pin(async move { Ok(why::why(call).await) })),
    Route::get("/api/qr/page.svg", |call| Box::pin(async move { qr::page(&call, Format::Svg) })),
    Route::get("/api/qr/page.png", |call| Box::pin(async move { qr::page(&call, Format::Png) })),
    Route::get("/api/qr/room.svg", |call| Box::pin(async move { rooms::picture(&call, Format::Svg) })),
    Route::socket("/ws/rooms", |call| Box::pin(async move { rooms::enter(&call) })),
    Route::bare(Method::GET, "/api/invitation", Who::Host, |call| Box::pin(async move { Ok(qr::words(&call)) })),
    Route::bare(Method::GET, "/api/qr/wifi.svg", Who::Host, |call| {
        Box::pin(async move { qr::wifi(&call, Format::Svg) })
    }),
    Route::bare(Method::GET, "/api/qr/wifi.png", Who::Host, |call| {
        Box::pin(async move { qr::wifi(&call, Format::Png) })
    }),
    Route::get("/openapi.json", |_| Box::pin(async { Ok(openapi::describe(OF_CHANNEL)) })),
    Route::get("/health", |call| Box::pin(async move { Ok(health::health(&call)) })),
    Route::bare(Method::GET, "/metrics", Who::Scraper, |call| Box::pin(async move { Ok(health::metrics(&call)) })),
];

/// Every path with its methods: from the table, and the embedded pages.
pub(super) fn paths() -> BTreeMap<&'static str, Vec<&'static Route>> {
    let mut paths: BTreeMap<&str, Vec<&Route>> = BTreeMap::new();
    for route in ROUTES.iter() {
        paths.entry(route.path).or_default().push(route);
    }
    paths
}
