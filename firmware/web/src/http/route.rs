//! One row of the table of routes: what is asked, who may, what body it brings, who answers.

use std::future::Future;
use std::pin::Pin;

use axum::http::Method;
use axum::response::Response;

use super::call::Call;
use super::limits::JSON_BYTES_MAX;
use super::refusal::Refusal;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Everybody in the network.
    Anyone,
    /// Everybody as well, but the box must know one from another: who is not known yet gets a cookie.
    Guest,
    /// Guests whom a host has made DJ, and hosts.
    Dj,
    /// The same, and programs with a sender's token, which the handler looks at: what it is for depends on the channel.
    Sender,
    /// Hosts, and programs that collect numbers, from the networks in [`super::Config::metrics_from`].
    Scraper,
    /// Paired phones, and requests from the networks in [`super::Config::host_from`].
    Host,
}

/// The body a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// None; a body is refused.
    Nothing,
    /// This media type, at most so many bytes.
    Media(&'static str, usize),
    /// A file of this media type and at most so many bytes, which the handler reads piece by piece.
    File(&'static str, u64),
    /// None; but the connection becomes a WebSocket, which other pages may not open.
    Socket,
}

/// An SDP offer.
pub(super) const SDP: &str = "application/sdp";
/// A fragment of an SDP with candidates (RFC 8840).
pub(super) const SDP_FRAGMENT: &str = "application/trickle-ice-sdpfrag";
/// A file of whatever kind.
pub(super) const BYTES: &str = "application/octet-stream";
/// JSON.
pub(super) const JSON: &str = "application/json";

/// What answers a call.
pub(super) type Answer = Pin<Box<dyn Future<Output = Result<Response, Refusal>> + Send>>;

/// One row of the table.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) method: Method,
    /// As axum writes patterns.
    pub(super) path: &'static str,
    pub(super) who: Who,
    pub(super) takes: Takes,
    pub(super) answer: fn(Call) -> Answer,
}

impl Route {
    pub(super) const fn get(path: &'static str, answer: fn(Call) -> Answer) -> Self {
        Self { method: Method::GET, path, who: Who::Anyone, takes: Takes::Nothing, answer }
    }

    pub(super) const fn socket(path: &'static str, answer: fn(Call) -> Answer) -> Self {
        Self { method: Method::GET, path, who: Who::Anyone, takes: Takes::Socket, answer }
    }

    pub(super) const fn host(path: &'static str, takes: Takes, answer: fn(Call) -> Answer) -> Self {
        Self { method: Method::POST, path, who: Who::Host, takes, answer }
    }

    pub(super) const fn with_json(method: Method, path: &'static str, who: Who, answer: fn(Call) -> Answer) -> Self {
        Self { method, path, who, takes: Takes::Media(JSON, JSON_BYTES_MAX), answer }
    }

    pub(super) const fn bare(method: Method, path: &'static str, who: Who, answer: fn(Call) -> Answer) -> Self {
        Self { method, path, who, takes: Takes::Nothing, answer }
    }

    /// Whether it offers a media session, which costs the fan-out much more than it costs the client.
    pub(super) fn is_offer(&self) -> bool {
        self.method == Method::POST && matches!(self.takes, Takes::Media(SDP, _))
    }

    /// Whether its refusals are problem details (RFC 9725 section 4.2 names no other form for them).
    pub(super) fn explains_itself(&self) -> bool {
        self.path.starts_with("/whip/")
    }

    /// Whether a foreign page, open on a phone, must not be able to call it: it changes something, or is not for
    /// everybody.
    pub(super) fn is_for_own_pages(&self) -> bool {
        let changes = self.method != Method::GET || self.who != Who::Anyone || self.takes == Takes::Socket;
        changes && !self.is_for_all_pages() && !self.is_for_strangers()
    }

    /// Whether pages of others may use it as if nobody had been on the phone before: signaling of streams, which the design
    /// notes' cards in pages of a home speak, and WHIP, of which RFC 9725 section 4.2 demands it. What they may is what the
    /// token lets them that they bring.
    pub(super) fn is_for_strangers(&self) -> bool {
        self.path == "/ws" || self.path.starts_with("/whip/")
    }

    /// Whether pages of others may use it and read what it says: the streams, covers, what is heard, how the box is, and
    /// listening live.
    pub(super) fn is_for_all_pages(&self) -> bool {
        let is_whep = self.path == "/whep/{stream}" || self.path == "/whep/{stream}/{session}";
        let reads = ["/stream/", "/api/library/art/", "/api/party/status", "/api/channels/{channel}/status", "/health"];
        is_whep || self.method == Method::GET && reads.iter().any(|path| self.path.starts_with(path))
    }

    /// Whether pages of others may read what it answers, a refusal too.
    pub(super) fn is_open(&self) -> bool {
        self.is_for_all_pages() || self.is_for_strangers()
    }
}
