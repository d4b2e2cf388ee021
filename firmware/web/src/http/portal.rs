//! The captive portal: phones' questions for the internet, answered before any other rule, and the page for those who are
//! shown one.
//!
//! Answered only while the box is its own network, only at the one address that its DNS gives for those names, and only
//! what is in the table of [`crate::portal`]. Everything else of such names goes on to the guard, which refuses it.

mod words;

use std::sync::{Arc, LazyLock};

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::call::{Call, Ends, Server};
use super::policy;
use crate::portal::{Answer, answer};

/// What the sheet shows. No script and no storage: sheets have neither, or lose it.
const PAGE: &str = include_str!("portal/page.html");

/// What it shows once its owner stays.
const STAYS: &str = include_str!("portal/stays.html");

/// What somebody sees who has not found the page.
const LOST: &str = include_str!("portal/lost.html");

/// How all look: inside them, because a sheet that fetches less is there sooner.
const STYLE: &str = include_str!("portal/style.css");

/// Allows that style, by the hash of its very bytes, and no other.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = digest(&SHA256, STYLE.as_bytes());
    policy::with_style(&format!("sha256-{}", BASE64.encode(hash)))
});

/// Stands before all routes: answers a probe, and lets everything else pass.
pub(super) async fn door(server: Arc<Server>, request: Request, next: Next) -> Response {
    match probe(&server, &request) {
        Some(response) => {
            server.counters.answered(response.status().as_u16());
            response
        }
        None => next.run(request).await,
    }
}

fn probe(server: &Server, request: &Request<Body>) -> Option<Response> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let facts = server.app.appliance.facts.borrow();
    let network = facts.network.as_ref()?;
    let ends = request.extensions().get::<Ends>()?;
    if ends.local.ip().to_canonical() != network.probed_at {
        return None;
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return None };
    let host = host.to_str().ok()?;
    let host = host.strip_suffix(":80").unwrap_or(host);
    let has_read = server.readers.has(ends.peer.ip());
    let mut response = match answer(host, request.uri().path(), network.portal, has_read)? {
        Answer::Words(media, words) => ([(header::CONTENT_TYPE, media)], words).into_response(),
        Answer::NoContent => StatusCode::NO_CONTENT.into_response(),
        Answer::Page => (StatusCode::FOUND, [(header::LOCATION, format!("{}portal", network.page))]).into_response(),
    };
    // Whoever keeps it would not notice that the party is over.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(response)
}

/// Whether the language that is asked for most is written from the right.
pub(super) fn reads_from_right(headers: &HeaderMap) -> bool {
    words::preferred(headers).direction == "rtl"
}

/// `GET /portal`: what to do next.
pub(super) fn page(call: &Call) -> Response {
    shown(PAGE, call)
}

/// `GET /portal/stay`: the owner of this phone stays; the next probe closes the sheet. It changes nothing for others, so
/// that a link does, which works in every sheet.
pub(super) fn stay(call: &Call) -> Response {
    call.server.readers.note(call.ends.peer.ip(), call.server.now());
    shown(STAYS, call)
}

/// The page for somebody who has not found the party's, because of `detail`: it is at `address`.
pub(super) fn lost(headers: &HeaderMap, detail: &str, address: &str) -> Response {
    let escaped =
        |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    // What was refused comes last: what looks like a place in it is none.
    let page = filled(LOST, headers, &escaped(address)).replace("{detail}", &escaped(detail));
    let mut response = Html(page).into_response();
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept, accept-language"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    response
}

/// A page in the language of whoever asks.
fn shown(page: &str, call: &Call) -> Response {
    let address = format!("http://{}/", call.ends.local.ip());
    let mut response = Html(filled(page, &call.headers, &address)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    response
}

fn filled(page: &str, headers: &HeaderMap, address: &str) -> String {
    let words = words::preferred(headers);
    let mut text = page.to_owned();
    // Words with places for others come before those.
    for (place, content) in [
        ("{language}", words.language),
        ("{direction}", words.direction),
        ("{here}", words.here),
        ("{tap}", words.tap),
        ("{open}", words.open),
        ("{data}", words.data),
        ("{stays}", words.stays),
        ("{closes}", words.closes),
        ("{stay}", words.stay),
        ("{lost}", words.lost),
        ("{home}", words.home),
        ("{address}", address),
        // What looks like a place in it is none.
        ("{style}", STYLE),
    ] {
        text = text.replace(place, content);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_need_nothing_else_and_name_the_address_in_every_language() {
        for page in [PAGE, STAYS] {
            assert!(!page.contains("<script") && !page.contains("<link") && !page.contains("style="), "{page}");
            for language in words::ALL.iter().map(|words| words.language) {
                let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, language.parse().expect("a header"))]);
                let text = filled(page, &headers, "http://10.77.0.1/");
                let (before, rest) = text.split_once("<style>").expect("a style");
                let (style, after) = rest.split_once("</style>").expect("its end");
                assert!(style == STYLE && ![before, after].iter().any(|text| text.contains(['{', '}'])), "{text}");
                assert!(text.contains("<bdi>http://10.77.0.1/</bdi>"), "{text}");
                assert!(text.contains(&format!("<html lang=\"{language}\"")), "{text}");
                assert_eq!(text.contains("href=\"/portal/stay\""), page == PAGE, "{text}");
            }
        }
    }
}
