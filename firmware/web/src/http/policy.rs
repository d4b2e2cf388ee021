//! What pages of ours may load, as the header that tells browsers so.

use axum::http::HeaderValue;

/// What a page of ours may load: only our own files. `blob:` is for sound that the page itself puts together.
pub(super) const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                   manifest-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The same for a page whose own style has this hash.
pub(super) fn with_style(style: &str) -> HeaderValue {
    let policy = CSP.replace("style-src 'self'", &format!("style-src '{style}'"));
    HeaderValue::from_str(&policy).expect("a hash is plain text")
}
