//! What every request must pass before anything of it is acted on: whose address it used, who sent it, what it brings.
//!
//! The order is that of cost: names first, the role, the origin, the media type, and only then is the body read. A page
//! from elsewhere, open on a guest's phone, can send requests to the box: it is told apart by `Host` (it may have
//! pointed its own name at us) and `Origin`.

use std::net::{IpAddr, SocketAddr};
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
use rtc::api::OfferError;

use super::call::{Call, Ends, HTTP_PORT, Server};
use super::cookie;
use super::cross_site;
use super::incoming::{Incoming, too_large};
use super::limits::URI_BYTES_MAX;
use super::refusal::{Refusal, no_room_for_guest};
use super::role::Role;
use super::route::{Route, Takes, Who};
use super::way::{Way, name_of, port_of};
use super::{foreign, lost, policy, whep};
use crate::door::Seat;

/// Answers a request to a route of the table.
pub(super) async fn answer(server: Arc<Server>, route: &'static Route, request: Request) -> Response {
    let counted = Arc::clone(&server);
    let lost = lost::Asking::of(&request);
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
    let mut response = finish(&counted, result, lost);
    if route.is_open() {
        foreign::open(response.headers_mut());
    }
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
    let lost = lost::Asking::of(request);
    let result = ends(request.extensions())
        .and_then(|ends| {
            let way = Way::of(&server.app.config, ends.peer.ip(), ends.is_tls, request.headers());
            check_address(server, request.uri(), request.version(), request.headers(), ends, &way)
        })
        .and_then(|()| check_no_body(request.headers()))
        .and_then(|()| then());
    finish(server, result, lost)
}

/// Counts the answer and adds the headers that every answer has. Somebody who is lost gets a page that says where to go.
fn finish(server: &Server, result: Result<Response, Refusal>, lost: Option<lost::Asking>) -> Response {
    let mut response = match (result, lost) {
        (Ok(response), _) => response,
        (Err(refusal), None) => refusal.into_response(),
        (Err(refusal), Some(asking)) => asking.page(server, refusal),
    };
    server.counters.answered(response.status().as_u16());
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(policy::CSP));
    foreign::frame(headers, &server.app.config.embed);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry("cross-origin-resource-policy").or_insert(HeaderValue::from_static("same-origin"));
    response
}

/// Checks a request and reads its body. A phone that is to be known as a guest and is not is a newcomer.
async fn admit(server: Arc<Server>, route: &Route, mut request: Request) -> Result<Call, Refusal> {
    let mut ends = ends(request.extensions())?;
    let way = Way::of(&server.app.config, ends.peer.ip(), ends.is_tls, request.headers());
    check_address(&server, request.uri(), request.version(), request.headers(), ends, &way)?;
    ends.peer = SocketAddr::new(way.client, ends.peer.port());
    let mut role = server.role(&way, request.headers());
    check_role(route.who, &role)?;
    let seat = request.extensions().get::<Arc<Seat>>().cloned();
    if let Some(seat) = seat.as_ref().filter(|_| role.is_host() || role.guest().is_some()) {
        seat.know();
    }
    let is_stranger = route.is_open() && check_origin(&server, request.headers(), &way).is_err();
    if is_stranger {
        role.forget_phone();
    } else if route.is_for_own_pages() {
        check_origin(&server, request.headers(), &way)?;
    } else if !route.is_for_all_pages() {
        let host = own_host(request.headers(), &way);
        cross_site::check(request.headers(), host, |page| is_own(&server, page, host, &way))?;
    }
    let of_guest = role.guest().map(|guest| guest.id);
    if route.is_offer() && !server.may_offer(ends.peer.ip(), of_guest) {
        return Err(whep::refuse_offer(OfferError::Unavailable));
    }
    let params = request
        .extract_parts::<RawPathParams>()
        .await
        .map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, "The path is not valid UTF-8.").closing())?;
    let params = params.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let (parts, body) = request.into_parts();
    let (body, file) = match route.takes {
        Takes::File(media, bytes_max) => (Bytes::new(), Some(file(&server, media, bytes_max, &parts, body)?)),
        takes => {
            let bytes = read_body(&server, takes, &parts, body);
            // As long as the rest of it is waited for.
            seat.iter().for_each(|seat| seat.wait());
            let bytes = bytes.await;
            seat.iter().for_each(|seat| seat.serve());
            (bytes?, None)
        }
    };
    let mut guest = of_guest;
    let mut newcomer = None;
    if guest.is_none() && !is_stranger && (route.who == Who::Guest || route.takes == Takes::Socket) {
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
        way,
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
        Who::Scraper if !role.is_scraper() => {
            refuse("Only hosts, and the networks of metrics_from in the configuration, may read this.")
        }
        Who::Anyone | Who::Guest | Who::Dj | Who::Sender | Who::Scraper | Who::Host => Ok(()),
    }
}

fn ends(extensions: &axum::http::Extensions) -> Result<Ends, Refusal> {
    let missing = || Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "The connection has no ends.");
    extensions.get::<Ends>().copied().ok_or_else(missing)
}

/// The request must name us: by an address of ours, a configured name or address, or `localhost`.
fn check_address(
    server: &Server,
    uri: &axum::http::Uri,
    version: Version,
    headers: &HeaderMap,
    ends: Ends,
    way: &Way,
) -> Result<(), Refusal> {
    if uri.path().len() + uri.query().map_or(0, str::len) > URI_BYTES_MAX {
        let allowed = format!("at most {URI_BYTES_MAX} bytes");
        return Err(Refusal::new(StatusCode::URI_TOO_LONG, "The address is too long.")
            .field("path", uri.path(), allowed)
            .closing());
    }
    // What the proxy calls the box is between the two of them.
    if let Some(host) = &way.host {
        return check_name(server, host, ends);
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
    let host = name_of(authority.host());
    // Browsers take this name to their own machine and ask nobody where it is, so no foreign page can point it at us: who
    // uses it sits at the box, or comes by a port that is forwarded from another machine (an emulator's, a tunnel's), whose
    // number is not ours.
    let is_local = host == "localhost";
    // A configured name may lead here by any port: one that is mapped, or that of whatever speaks TLS for the box.
    let is_name = server.app.config.has_name(&host);
    let port_known = match port {
        None => !name.ends_with(':'),
        // Digits as a browser writes them: no sign, no zeros before.
        Some(port) if !name.ends_with(&format!(":{port}")) => false,
        Some(port) => is_local || is_name || port == ends.local.port() || port == HTTP_PORT,
    };
    // Brackets are for IPv6, and for nothing else (RFC 3986 section 3.2.2).
    let literal = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(literal) => literal.parse().map(IpAddr::V6),
        None => host.parse().map(IpAddr::V4),
    };
    let host_known = match literal {
        // One that is configured leads here from outside: through a mapped port, or into a container.
        Ok(ip) => is_name || ip.to_canonical() == ends.local.ip().to_canonical(),
        Err(_) => is_local || is_name,
    };
    if port_known && host_known && !name.contains('@') { Ok(()) } else { Err(misdirected()) }
}

/// A request that not every page may make must come from a page of ours or from no page at all.
fn check_origin(server: &Server, headers: &HeaderMap, way: &Way) -> Result<(), Refusal> {
    let refuse = |field, value: &str, allowed: &str| {
        Refusal::new(StatusCode::FORBIDDEN, "Another page may not do this; open the page of the box itself.")
            .field(field, value, allowed)
            .closing()
    };
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("?"));
    if let Some(origin) = text("origin") {
        let host = own_host(headers, way);
        let one = headers.get_all(header::ORIGIN).iter().count() == 1;
        if !one || !is_own(server, origin, host, way) {
            return Err(refuse("Origin", origin, &format!("{}://{host}", way.scheme())));
        }
    }
    match text("sec-fetch-site") {
        None | Some("same-origin" | "none") => Ok(()),
        Some(site) => Err(refuse("Sec-Fetch-Site", site, "same-origin or none")),
    }
}

/// Returns the name and port by which the request addressed the box.
fn own_host<'a>(headers: &'a HeaderMap, way: &'a Way) -> &'a str {
    let said = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    way.host.as_deref().or(said).unwrap_or_default()
}

/// Whether a page of `origin` is one that the box serves to phones that address it as `host`.
fn is_own(server: &Server, origin: &str, host: &str, way: &Way) -> bool {
    let Some((scheme, place)) = origin.split_once("://") else { return false };
    let is_tls = scheme.eq_ignore_ascii_case("https");
    if !is_tls && !scheme.eq_ignore_ascii_case("http") || name_of(place) != name_of(host) {
        return false;
    }
    let usual = if is_tls { 443 } else { HTTP_PORT };
    let is_same = port_of(place).unwrap_or(usual) == port_of(host).unwrap_or(usual);
    // Whatever speaks TLS for the box, or forwards, may call it by another port than phones do; a name is the owner's.
    let in_front = (is_tls || way.is_forwarded) && server.app.config.has_name(&name_of(host));
    // Of its own, the box serves each port by one scheme.
    in_front || is_same && is_tls == way.is_tls
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
        None => Ok(Incoming::new(body, announced, bytes_max, server.app.config.limits.file_pause)),
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
