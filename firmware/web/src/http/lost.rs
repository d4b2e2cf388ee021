//! Somebody in a browser whose request was refused: a page in words, with the address that is right, in place of what programs
//! read.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::call::{Ends, Server};
use super::portal;
use super::refusal::Refusal;

/// Somebody who opens an address in a browser.
pub(super) struct Asking {
    headers: HeaderMap,
    ends: Option<Ends>,
}

impl Asking {
    /// Returns the person who asks by this request; `None` if that is a program or a page of ours.
    pub(super) fn of(request: &Request<Body>) -> Option<Self> {
        let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let takes_pages = text("accept").is_some_and(|accept| accept.contains("text/html"));
        let is_opening = text("sec-fetch-mode").is_none_or(|mode| mode == "navigate");
        let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
        let ends = request.extensions().get::<Ends>().copied();
        (takes_pages && is_opening && is_reading).then(|| Self { headers: request.headers().clone(), ends })
    }

    /// The refusal as a page.
    pub(super) fn page(self, server: &Server, refusal: Refusal) -> Response {
        let detail = refusal.detail().to_owned();
        let (parts, _) = refusal.into_response().into_parts();
        // Who uses a name that the box does not answer to cannot go on under it.
        let address = match (parts.status, self.ends) {
            (StatusCode::MISDIRECTED_REQUEST, Some(ends)) => server.home(ends),
            _ => "/".to_owned(),
        };
        let mut response = portal::lost(&self.headers, &detail, &address);
        *response.status_mut() = parts.status;
        let headers = response.headers_mut();
        for (name, value) in parts.headers.iter().filter(|(name, _)| **name != header::CONTENT_TYPE) {
            headers.insert(name.clone(), value.clone());
        }
        response
    }
}
