//! What pages of others may do: play the stream, show covers and what is heard, listen live, and send with a token; and, where that
//! is configured, show a page of ours in a frame. Whatever else changes something stays for own pages.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};

/// The header that says from where a resource may be used.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Headers of an answer that other pages may read: where a session is and how to change it, and what a stream says of itself.
const EXPOSED: &str = "Location, ETag, Accept-Patch, Link, Content-Range, Retry-After, icy-br, icy-name, icy-metaint, icy-url, \
                       ice-audio-info";

/// Headers that other pages may send: those that are read here, and those that players and libraries add whatever they ask.
const TAKEN: &str = "Authorization, Content-Type, If-Match, If-None-Match, Range, Icy-MetaData, Accept, Accept-Encoding, \
                     Cache-Control, X-Requested-With";

/// How long a browser may remember what is allowed, seconds.
const REMEMBERED_S: &str = "600";

/// Opens an answer to the pages of others. They get it without cookies: what they see is what anybody may.
pub(super) fn open(headers: &mut HeaderMap) {
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
}

/// Answers what a browser asks before another page may do something: that these `methods` are open to it.
pub(super) fn preflight(headers: &mut HeaderMap, methods: &[&Method]) {
    open(headers);
    let methods: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
    let methods = HeaderValue::from_str(&methods.join(", ")).expect("method names are plain text");
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(TAKEN));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(REMEMBERED_S));
    // A page of the internet may ask for a device in the same home (Private Network Access).
    headers.insert("access-control-allow-private-network", HeaderValue::from_static("true"));
}

/// Lets pages of the origins `embed` show ours in a frame.
pub(super) fn frame(headers: &mut HeaderMap, embed: &[String]) {
    let Some(policy) = headers.get(header::CONTENT_SECURITY_POLICY).filter(|_| !embed.is_empty()) else { return };
    let ancestors = format!("frame-ancestors 'self' {}", embed.join(" "));
    let policy = policy.to_str().unwrap_or_default().replace("frame-ancestors 'none'", &ancestors);
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}
