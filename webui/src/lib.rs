//! The pages that phones open, embedded in the program: one guest page with its style, modules and words.
//!
//! It only holds bytes and finds them by path. It does not serve them, and it knows nothing of HTTP beyond the media
//! type and the entity tag that belong to a file's content.

#[cfg(test)]
mod tests;

/// One embedded file.
#[derive(Debug)]
pub struct Asset {
    /// The path it is served under, starting with a slash. The guest page itself is `/`.
    pub path: &'static str,
    /// The media type, with the character set where there is one.
    pub mime: &'static str,
    /// A strong entity tag, quotes included, made from the content: equal tags mean equal bytes.
    pub etag: &'static str,
    /// The content.
    pub body: &'static [u8],
}

/// Media types by file ending, as `text/javascript` and friends are registered with IANA.
const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Embeds one file: where it is served, its media type, and where it lies in this package.
macro_rules! asset {
    ($path:literal, $mime:expr, $file:literal) => {{
        const BODY: &[u8] = include_bytes!(concat!("../", $file));
        const TAG: [u8; ETAG_BYTES] = etag(BODY);
        const ETAG: &str = match std::str::from_utf8(&TAG) {
            Ok(text) => text,
            Err(_) => unreachable!(),
        };
        Asset { path: $path, mime: $mime, etag: ETAG, body: BODY }
    }};
}

/// Every file, in the order in which a phone needs them.
static ASSETS: &[Asset] = &[
    asset!("/", HTML, "pages/guest.html"),
    asset!("/css/partybox.css", CSS, "css/partybox.css"),
    asset!("/js/main.js", JS, "js/main.js"),
    asset!("/js/api.js", JS, "js/api.js"),
    asset!("/js/asking.js", JS, "js/asking.js"),
    asset!("/js/backoff.js", JS, "js/backoff.js"),
    asset!("/js/feed.js", JS, "js/feed.js"),
    asset!("/js/host.js", JS, "js/host.js"),
    asset!("/js/hosts.js", JS, "js/hosts.js"),
    asset!("/js/i18n.js", JS, "js/i18n.js"),
    asset!("/js/listening.js", JS, "js/listening.js"),
    asset!("/js/pairing.js", JS, "js/pairing.js"),
    asset!("/js/player.js", JS, "js/player.js"),
    asset!("/js/pocket.js", JS, "js/pocket.js"),
    asset!("/js/progress.js", JS, "js/progress.js"),
    asset!("/js/sdp.js", JS, "js/sdp.js"),
    asset!("/js/stall.js", JS, "js/stall.js"),
    asset!("/js/view.js", JS, "js/view.js"),
    asset!("/js/whep.js", JS, "js/whep.js"),
    asset!("/js/words.js", JS, "js/words.js"),
    asset!("/lang/en.js", JS, "lang/en.js"),
    asset!("/img/icon.svg", SVG, "img/icon.svg"),
];

/// The file served under exactly this path (no query), if there is one.
pub fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

/// Every file.
pub fn all() -> &'static [Asset] {
    ASSETS
}

/// A quote, 16 hexadecimal digits, a quote.
const ETAG_BYTES: usize = 18;

/// The entity tag of some content: its 64-bit FNV-1a hash. That is no protection against forgery and needs none:
/// the content comes from the program itself, and the tag only tells one version of it from another.
const fn etag(body: &[u8]) -> [u8; ETAG_BYTES] {
    // Offset basis and prime of 64-bit FNV-1a, as its authors publish them.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut at = 0;
    while at < body.len() {
        hash = (hash ^ body[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    let mut tag = [b'"'; ETAG_BYTES];
    let mut digit = 0;
    while digit < 16 {
        tag[digit + 1] = b"0123456789abcdef"[(hash >> (60 - 4 * digit)) as usize & 15];
        digit += 1;
    }
    tag
}
