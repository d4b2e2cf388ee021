//! The embedded pages: whole files with an entity tag, so that a phone fetches each of them once.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::policy;
use super::portal;
use super::refusal::Refusal;

/// What the server is said to do (`OPTIONS *`, RFC 9110 section 9.3.7), as an Icecast server would: of one that also takes POST,
/// libshout would want titles taken so.
const SERVER_ALLOWS: &str = "GET, HEAD, OPTIONS, PUT, SOURCE";

/// Pages are asked for again each time and answered 304 while they are the same: a phone must not run yesterday's page
/// against today's box.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// What has its content in its address is never asked for again (RFC 8246).
const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Answers a request for anything outside the table of routes.
pub(super) fn page(request: &Request<Body>) -> Result<Response, Refusal> {
    let path = request.uri().path();
    let from_right = portal::reads_from_right(request.headers());
    let Some(asset) = (if from_right { webui::find_from_right(path) } else { webui::find(path) }) else {
        let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
        if let Some(meant) = meant(path).filter(|_| is_reading) {
            let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
            let location = [(header::LOCATION, format!("{meant}{query}"))];
            return Ok((StatusCode::FOUND, location).into_response());
        }
        if path == "*" && request.method() == Method::OPTIONS {
            // What the server can do at all: libshout (butt, Mixxx, MPD and others) asks that before it sends a stream.
            return Ok((StatusCode::NO_CONTENT, [(header::ALLOW, SERVER_ALLOWS)]).into_response());
        }
        return Err(Refusal::new(StatusCode::NOT_FOUND, "There is nothing at this address.").field(
            "path",
            path,
            "/ is the page of the party",
        ));
    };
    match *request.method() {
        Method::GET | Method::HEAD => {}
        Method::OPTIONS => {
            let allow = [(header::ALLOW, "GET, HEAD, OPTIONS")];
            return Ok((StatusCode::NO_CONTENT, allow).into_response());
        }
        _ => {
            return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "A page can only be read.")
                .field("method", request.method().as_str(), "GET, HEAD, OPTIONS")
                .header(header::ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"))
                .closing());
        }
    }
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::ETAG, HeaderValue::from_static(asset.etag));
    headers.insert(header::CACHE_CONTROL, if asset.lasting { KEEP } else { ASK_AGAIN });
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // Also on a 304, because a browser puts its headers in the place of those it has kept.
    if let Some(style) = asset.style {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding, accept-language"));
        headers.insert(header::CONTENT_SECURITY_POLICY, policy::with_style(style));
    }
    if is_known(request.headers(), asset.etag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    let body = if takes_gzip(request.headers()) {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        asset.gzip
    } else {
        asset.body
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.mime));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    if request.method() == Method::GET {
        *response.body_mut() = Body::from(Bytes::from_static(body));
    }
    Ok(response)
}

/// What may stand behind an address that somebody took out of a sentence.
const BEHIND: &[char] = &['/', '.', ',', ';', ':', '!', ')', ']', '>', '"', '\''];

/// Returns an address as it is meant that somebody writes by hand: in small letters, and without what a sentence puts behind it.
pub(super) fn by_hand(path: &str) -> String {
    path.trim_end_matches(BEHIND).to_ascii_lowercase()
}

/// The page or the stream's file that somebody means who writes an address by hand: with capitals, a slash, an ending or the end of a
/// sentence behind it.
fn meant(path: &str) -> Option<String> {
    let bare = by_hand(path);
    let is_file = bare.strip_prefix("/stream/").is_some_and(|file| file.contains('.') && !file.contains('/'));
    if is_file && bare != path {
        return Some(bare);
    }
    let bare = bare.strip_suffix(".html").or(bare.strip_suffix(".htm")).unwrap_or(&bare);
    let page = bare.strip_suffix("/index").unwrap_or(bare);
    let page = if page.is_empty() { "/" } else { page };
    let is_page = |asset: &webui::Asset| asset.mime.starts_with("text/html");
    (page != path && webui::find(page).is_some_and(is_page)).then(|| page.to_owned())
}

/// Whether the client takes gzip. A client that names it with weight 0 is one we have never met, and is asked to unpack.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut codings = values.flat_map(|list| list.split(','));
    codings.any(|coding| coding.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("gzip"))
}

/// Whether the client has this version: `If-None-Match` compares weakly (RFC 9110 section 13.1.2).
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|list| list.split(',')).any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.trim_start_matches("W/") == etag.trim_start_matches("W/")
    })
}
