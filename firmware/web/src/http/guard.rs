//! What every request must pass before anything of it is acted on: whose address it used, who sent it, what it brings.
//!
//! The order is that of cost: names first, the role, the origin, the media type, and only then is the body read. A page
//! from elsewhere, open on a guest's phone, can send requests to the box: it is told apart by `Host` (it may have
//! pointed its own name at us) and `Origin`.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use axum::RequestExt;
use axum::body::Body;
use axum::extract::{RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::call::{Call, Ends, Server};
use super::cookie;
use super::incoming::{Incoming, too_large};
use super::limits::URI_BYTES_MAX;
use super::refusal::{Refusal, no_room_for_guest};
use super::role::Role;
use super::route::{Route, Takes, Who};

/// The port that a name without port means.
const HTTP_PORT: u16 = 80;

/// What a page of ours may load: only our own files. `blob:` is for sound that the page itself puts together.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                   media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The same for a page whose own style has this hash.
pub(super) fn policy(style: &str) -> HeaderValue {
    let policy = CSP.replace("style-src 'self'", &format!("style-src '{style}'"));
    HeaderValue::from_str(&policy).expect("a hash is plain text")
}

/// Answers a request to a route of the table.
pub(super) async fn answer(server: Arc<Server>, route: &'static Route, request: Request) -> Response {
    let counted = Arc::clone(&server);
    let (result, newcomer) = match admit(server, route, request).await {
        Ok(call) => {
            let newcomer = call.newcomer.clone();
            ((route.answer)(call).await, newcomer)
        }
        Err(refusal) => (Err(refusal), None),
    };
    let result = result.map_err(|refusal| refusal.explained(route.explains_itself()));
    // Nobody becomes a guest before what they said was understood.
    let joined = newcomer.filter(|newcomer| result.is_ok() && counted.join(newcomer).is_ok());
    let mut response = finish(&counted, result);
    if let Some(newcomer) = joined {
        response.headers_mut().append(header::SET_COOKIE, cookie::set_guest(&newcomer.secret));
    }
    response
}

/// Answers a request to something outside the table (pages, `OPTIONS`, wrong methods) by `then`.
pub(super) fn checked(
    server: &Server,
    request: &Request<Body>,
    then: impl FnOnce() -> Result<Response, Refusal>,
) -> Response {
    let result = ends(request.extensions())
        .and_then(|ends| check_address(server, request.uri(), request.version(), request.headers(), ends))
        .and_then(|()| check_no_body(request.headers()))
        .and_then(|()| then());
    finish(server, result)
}

/// Counts the answer and adds the headers that every answer has.
fn finish(server: &Server, result: Result<Response, Refusal>) -> Response {
    let mut response = result.unwrap_or_else(IntoResponse::into_response);
    server.counters.answered(response.status().as_u16());
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(CSP));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}

/// Checks a request and reads its body. A phone that is to be known as a guest and is not is a newcomer.
async fn admit(server: Arc<Server>, route: &Route, mut request: Request) -> Result<Call, Refusal> {
    let ends = ends(request.extensions())?;
    check_address(&server, request.uri(), request.version(), request.headers(), ends)?;
    let mut role = server.role(ends.peer.ip(), request.headers());
    check_role(route.who, &role)?;
    if route.is_for_own_pages() {
        check_origin(request.headers())?;
    }
    let params = request
        .extract_parts::<RawPathParams>()
        .await
        .map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, "The path is not valid UTF-8.").closing())?;
    let params = params.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let (parts, body) = request.into_parts();
    let (body, file) = match route.takes {
        Takes::File(media, bytes_max) => (Bytes::new(), Some(file(&server, media, bytes_max, &parts, body)?)),
        takes => (read_body(&server, takes, &parts, body).await?, None),
    };
    let mut guest = role.guest().map(|guest| guest.id);
    let mut newcomer = None;
    if guest.is_none() && (route.who == Who::Guest || route.takes == Takes::Socket) {
        match server.guests.greet(ends.peer.ip(), server.now()) {
            Ok(greeted) => {
                role.become_guest(greeted.secret.key());
                (guest, newcomer) = (Some(greeted.id), Some(Arc::new(greeted)));
            }
            // Whom the box cannot remember may still see what happens.
            Err(_) if route.who == Who::Anyone => {}
            Err(refused) => return Err(no_room_for_guest(refused)),
        }
    }
    Ok(Call {
        server,
        ends,
        method: parts.method,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        params,
        headers: parts.headers,
        body,
        role,
        file: file.into(),
        guest,
        newcomer,
    })
}

/// Whether somebody in this role may at all. Everybody may be a guest.
fn check_role(who: Who, role: &Role) -> Result<(), Refusal> {
    let refuse = |detail| Err(Refusal::new(StatusCode::FORBIDDEN, detail).code("role").closing());
    match who {
        Who::Host if !role.is_host() => refuse("Only a host of the party may do this."),
        Who::Dj if !role.is_dj() => refuse("Only a DJ or a host of the party may do this."),
        Who::Anyone | Who::Guest | Who::Dj | Who::Sender | Who::Host => Ok(()),
    }
}

fn ends(extensions: &axum::http::Extensions) -> Result<Ends, Refusal> {
    let missing = || Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "The connection has no ends.");
    extensions.get::<Ends>().copied().ok_or_else(missing)
}

/// The request must name us: by an address of ours, a configured name, or `localhost`.
fn check_address(
    server: &Server,
    uri: &axum::http::Uri,
    version: Version,
    headers: &HeaderMap,
    ends: Ends,
) -> Result<(), Refusal> {
    if uri.path().len() + uri.query().map_or(0, str::len) > URI_BYTES_MAX {
        let allowed = format!("at most {URI_BYTES_MAX} bytes");
        return Err(Refusal::new(StatusCode::URI_TOO_LONG, "The address is too long.")
            .field("path", uri.path(), allowed)
            .closing());
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    let named = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().unwrap_or(""),
        // Players of HTTP/1.0 may leave it out; no browser speaks that.
        (None, _) if version == Version::HTTP_10 => return Ok(()),
        _ => return Err(Refusal::new(StatusCode::BAD_REQUEST, "Exactly one Host header is needed.").closing()),
    };
    let authority = uri.authority().map_or(Ok(()), |authority| check_name(server, authority.as_str(), ends));
    check_name(server, named, ends).and(authority)
}

fn check_name(server: &Server, name: &str, ends: Ends) -> Result<(), Refusal> {
    let misdirected = || {
        let allowed = format!("{} or a configured name", ends.local);
        Refusal::new(StatusCode::MISDIRECTED_REQUEST, "The box does not answer to this name.")
            .field("Host", name, allowed)
            .closing()
    };
    let authority = Authority::from_str(name).map_err(|_| misdirected())?;
    let port = authority.port_u16();
    let host = authority.host().to_ascii_lowercase();
    // Browsers take this name to their own machine and ask nobody where it is, so no foreign page can point it at us: who
    // uses it sits at the box, or comes by a port that is forwarded from another machine (an emulator's, a tunnel's), whose
    // number is not ours.
    let is_local = host == "localhost";
    let port_known = match port {
        None => !name.ends_with(':'),
        Some(port) => is_local || port == ends.local.port() || port == HTTP_PORT,
    };
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    let host_known = match IpAddr::from_str(literal) {
        Ok(ip) => ip.to_canonical() == ends.local.ip().to_canonical(),
        Err(_) => is_local || server.app.config.names.contains(&host),
    };
    if port_known && host_known && !name.contains('@') { Ok(()) } else { Err(misdirected()) }
}

/// A request that not every page may make must come from a page of ours or from no page at all.
fn check_origin(headers: &HeaderMap) -> Result<(), Refusal> {
    let refuse = |field, value: &str, allowed: &str| {
        Refusal::new(StatusCode::FORBIDDEN, "Another page may not do this; open the page of the box itself.")
            .field(field, value, allowed)
            .closing()
    };
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("?"));
    if let Some(origin) = text("origin") {
        let own = format!("http://{}", text("host").unwrap_or_default());
        let one = headers.get_all(header::ORIGIN).iter().count() == 1;
        if !one || !origin.eq_ignore_ascii_case(&own) {
            return Err(refuse("Origin", origin, &own));
        }
    }
    match text("sec-fetch-site") {
        None | Some("same-origin" | "none") => Ok(()),
        Some(site) => Err(refuse("Sec-Fetch-Site", site, "same-origin or none")),
    }
}

/// The length a request announces; `None` if it is not known before the end.
fn announced(headers: &HeaderMap) -> Option<u64> {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return None;
    }
    let Some(length) = headers.get(header::CONTENT_LENGTH) else { return Some(0) };
    length.to_str().ok()?.parse().ok()
}

fn check_no_body(headers: &HeaderMap) -> Result<(), Refusal> {
    if announced(headers) == Some(0) {
        return Ok(());
    }
    Err(Refusal::new(StatusCode::BAD_REQUEST, "This address takes no body.").closing())
}

/// Reads the body a route takes, within its limit and time.
async fn read_body(server: &Server, takes: Takes, parts: &Parts, body: Body) -> Result<Bytes, Refusal> {
    let Takes::Media(media, bytes_max) = takes else {
        return check_no_body(&parts.headers).map(|()| Bytes::new());
    };
    check_media(&parts.headers, media)?;
    let too_large = |bytes: &str| too_large(bytes, bytes_max as u64);
    if let Some(length) = announced(&parts.headers).filter(|length| *length > bytes_max as u64) {
        return Err(too_large(&format!("{length} bytes")));
    }
    let collecting = Limited::new(body, bytes_max).collect();
    match tokio::time::timeout(server.app.config.limits.body_timeout, collecting).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(e)) if e.is::<LengthLimitError>() => Err(too_large("more")),
        Ok(Err(_)) => Err(Refusal::new(StatusCode::BAD_REQUEST, "The body is broken.").closing()),
        Err(_) => Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "The body took too long.").closing()),
    }
}

/// The body of a route that reads it piece by piece.
fn file(server: &Server, media: &'static str, bytes_max: u64, parts: &Parts, body: Body) -> Result<Incoming, Refusal> {
    check_media(&parts.headers, media)?;
    let announced = announced(&parts.headers);
    match announced.filter(|length| *length > bytes_max) {
        Some(length) => Err(too_large(&format!("{length} bytes"), bytes_max)),
        None => Ok(Incoming::new(body, announced, bytes_max, server.app.config.limits.body_timeout)),
    }
}

/// The media type must be the one the route takes; parameters (`; charset=…`) are ignored. Compressed bodies are not
/// taken: none of ours is large enough to be worth it, and they can be bombs.
fn check_media(headers: &HeaderMap, media: &'static str) -> Result<(), Refusal> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    let refuse = |field, value: &str, allowed: &str| {
        Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body has a type that is not taken here.")
            .field(field, value, allowed)
            .header(header::HeaderName::from_static("accept-post"), HeaderValue::from_static(media))
            .closing()
    };
    if !essence.eq_ignore_ascii_case(media) {
        return Err(refuse("Content-Type", value, media));
    }
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) => Err(refuse("Content-Encoding", encoding.to_str().unwrap_or("?"), "none")),
        None => Ok(()),
    }
}
