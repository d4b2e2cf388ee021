//! The one table of what can be asked over HTTP: method, path, who may, what body, who answers.
//!
//! The router, `405` with `Allow`, `OPTIONS`, the role check, the body limit and the tests are all made from it, so a
//! new route cannot be left out of any of them.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use ::library::UPLOAD_BYTES_MAX;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};

use super::call::Server;
use super::limits::{JSON_BYTES_MAX, SDP_BYTES_MAX, UPDATE_BYTES_MAX};
use super::qr::Format;
use super::refusal::Refusal;
use super::route::{BYTES, JSON, Route, SDP, SDP_FRAGMENT, Takes, Who};
use super::{
    appliance, art, guard, guests, health, live, music, openapi, pages, pairing, party, portal, qr, queue, socket,
    update, upload, whep, why,
};

const WHEP: &str = "/whep/{stream}";
const GUEST_DJ: &str = "/api/guests/{label}/dj";
const QUEUE: &str = "/api/queue";
const SETTINGS: &str = "/api/party/settings";
const SKIP_VOTE: &str = "/api/party/skip-vote";
const VOTE: &str = "/api/queue/{item}/vote";
const PAIRING: &str = "/api/pairing";
const WHEP_SESSION: &str = "/whep/{stream}/{session}";

/// The table.
pub(super) static ROUTES: &[Route] = &[
    Route::get("/stream/{file}", |call| Box::pin(async move { live::stream(&call) })),
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
    Route {
        method: Method::PUT,
        path: "/whep/{stream}/{session}/ptime",
        who: Who::Anyone,
        takes: Takes::Media(JSON, JSON_BYTES_MAX),
        answer: |call| Box::pin(whep::set_duration(call)),
    },
    Route::get("/api/party/status", |call| Box::pin(async move { Ok(party::status(&call)) })),
    Route::get("/api/party/events", |call| Box::pin(async move { party::events(&call) })),
    Route {
        method: Method::GET,
        path: "/api/party/live",
        who: Who::Anyone,
        takes: Takes::Socket,
        answer: |call| Box::pin(async move { socket::open(&call) }),
    },
    Route::host("/api/party/play", Takes::Nothing, |call| Box::pin(party::play(call))),
    Route::host("/api/party/pause", Takes::Nothing, |call| Box::pin(party::pause(call))),
    Route::bare(Method::POST, "/api/party/next", Who::Dj, |call| Box::pin(party::next(call))),
    Route::host("/api/party/source", Takes::Media(JSON, JSON_BYTES_MAX), |call| Box::pin(party::source(call))),
    Route::bare(Method::POST, "/api/party/previous", Who::Dj, |call| Box::pin(party::previous(call))),
    Route::with_json(Method::POST, "/api/party/start", Who::Host, |call| Box::pin(party::start(call))),
    Route::host("/api/party/end", Takes::Nothing, |call| Box::pin(party::end(call))),
    Route::with_json(Method::PUT, "/api/party/volume", Who::Host, |call| Box::pin(party::volume(call))),
    Route::bare(Method::GET, SETTINGS, Who::Host, |call| Box::pin(async move { Ok(party::settings(&call)) })),
    Route::with_json(Method::PUT, SETTINGS, Who::Host, |call| Box::pin(party::set(call))),
    Route::bare(Method::PUT, SKIP_VOTE, Who::Guest, |call| Box::pin(party::vote_to_skip(call, true))),
    Route::bare(Method::DELETE, SKIP_VOTE, Who::Guest, |call| Box::pin(party::vote_to_skip(call, false))),
    Route::get(QUEUE, |call| Box::pin(async move { Ok(queue::list(&call)) })),
    Route::with_json(Method::POST, QUEUE, Who::Dj, |call| Box::pin(queue::add(call))),
    Route::bare(Method::DELETE, QUEUE, Who::Host, |call| Box::pin(queue::clear(call))),
    Route::bare(Method::POST, "/api/queue/undo", Who::Host, |call| Box::pin(queue::undo(call))),
    Route::bare(Method::DELETE, "/api/queue/{item}", Who::Guest, |call| Box::pin(queue::remove(call))),
    Route::with_json(Method::POST, "/api/queue/{item}/move", Who::Dj, |call| Box::pin(queue::shift(call))),
    Route::bare(Method::PUT, VOTE, Who::Guest, |call| Box::pin(queue::vote(call, true))),
    Route::bare(Method::DELETE, VOTE, Who::Guest, |call| Box::pin(queue::vote(call, false))),
    Route::bare(Method::PUT, "/api/queue/{item}/boost", Who::Guest, |call| Box::pin(queue::boost(call))),
    Route::with_json(Method::POST, "/api/requests", Who::Guest, |call| Box::pin(queue::request(call))),
    Route::bare(Method::DELETE, "/api/requests/{request}", Who::Guest, |call| Box::pin(queue::withdraw(call))),
    Route::bare(Method::POST, "/api/requests/{request}/approve", Who::Dj, |call| Box::pin(queue::approve(call))),
    Route::bare(Method::POST, "/api/requests/{request}/decline", Who::Dj, |call| Box::pin(queue::decline(call))),
    Route::get("/api/library/search", |call| Box::pin(music::search(call))),
    Route::get("/api/library/tracks", |call| Box::pin(music::tracks(call))),
    Route::get("/api/library/playlists", |call| Box::pin(music::playlists(call))),
    Route::get("/api/library/groups", |call| Box::pin(music::groups(call))),
    Route::get("/api/library/art/{track}", |call| Box::pin(art::picture(call))),
    Route::host("/api/library/uploads", Takes::File(BYTES, UPLOAD_BYTES_MAX), |call| Box::pin(upload::upload(call))),
    Route::bare(Method::DELETE, "/api/library/uploads/{track}", Who::Host, |call| Box::pin(upload::remove(call))),
    Route::bare(Method::GET, "/api/library/roots", Who::Host, |call| Box::pin(upload::roots(call))),
    Route::host("/api/library/rescan", Takes::Nothing, |call| Box::pin(upload::rescan(call))),
    Route::bare(Method::GET, "/api/library/broken", Who::Host, |call| Box::pin(music::broken(call))),
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
    Route::bare(Method::GET, "/api/qr/wifi.svg", Who::Host, |call| {
        Box::pin(async move { qr::wifi(&call, Format::Svg) })
    }),
    Route::bare(Method::GET, "/api/qr/wifi.png", Who::Host, |call| {
        Box::pin(async move { qr::wifi(&call, Format::Png) })
    }),
    Route::get("/openapi.json", |_| Box::pin(async { Ok(openapi::describe()) })),
    Route::get("/health", |call| Box::pin(async move { Ok(health::health(&call)) })),
    Route::get("/metrics", |call| Box::pin(async move { Ok(health::metrics(&call)) })),
];

/// Every path with its methods: from the table, and the embedded pages.
pub(super) fn paths() -> BTreeMap<&'static str, Vec<&'static Route>> {
    let mut paths: BTreeMap<&str, Vec<&Route>> = BTreeMap::new();
    for route in ROUTES {
        paths.entry(route.path).or_default().push(route);
    }
    paths
}

/// The `Allow` header of a path with these routes.
fn allow(routes: &[&'static Route]) -> HeaderValue {
    let mut methods = Vec::new();
    for route in routes {
        methods.push(route.method.as_str());
        if route.method == Method::GET {
            methods.push("HEAD");
        }
    }
    methods.push("OPTIONS");
    HeaderValue::from_str(&methods.join(", ")).expect("method names are plain text")
}

/// The answer to `OPTIONS`: what the path allows and, for WHEP, what it accepts (RFC 9725 section 4.2).
fn options(routes: &[&'static Route]) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(header::ALLOW, allow(routes));
    for route in routes {
        if let (&Method::POST, Takes::Media(media, _)) = (&route.method, route.takes) {
            response.headers_mut().insert("accept-post", HeaderValue::from_static(media));
        }
        if let (&Method::PATCH, Takes::Media(media, _)) = (&route.method, route.takes) {
            response.headers_mut().insert("accept-patch", HeaderValue::from_static(media));
        }
    }
    response
}

fn not_allowed(method: &Method, routes: &[&'static Route]) -> Refusal {
    let allowed = allow(routes);
    let text = allowed.to_str().unwrap_or_default().to_owned();
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "This address does not take this method.")
        .field("method", method.as_str(), text)
        .header(header::ALLOW, allowed)
        .closing()
}

/// The router made from the table.
pub(super) fn router(server: &Arc<Server>) -> Router {
    let mut router = Router::new();
    for (path, routes) in paths() {
        let mut methods: MethodRouter<(), Infallible> = MethodRouter::new();
        for route in routes.clone() {
            let filter = MethodFilter::try_from(route.method.clone()).expect("the table holds standard methods");
            let server = Arc::clone(server);
            methods = methods.on(filter, move |request: Request| guard::answer(server, route, request));
        }
        let (for_options, for_others) = (routes.clone(), routes);
        let (server_1, server_2) = (Arc::clone(server), Arc::clone(server));
        methods = methods
            .merge(on(MethodFilter::OPTIONS, move |request: Request<Body>| async move {
                guard::checked(&server_1, &request, || Ok(options(&for_options)))
            }))
            .fallback(move |request: Request<Body>| async move {
                guard::checked(&server_2, &request, || Err(not_allowed(request.method(), &for_others)))
            });
        router = router.route(path, methods);
    }
    let (at_the_door, server) = (Arc::clone(server), Arc::clone(server));
    router
        .fallback(
            move |request: Request<Body>| async move { guard::checked(&server, &request, || pages::page(&request)) },
        )
        .layer(middleware::from_fn(move |request, next| portal::door(Arc::clone(&at_the_door), request, next)))
}
