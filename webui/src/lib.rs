//! The pages that phones open, embedded in the program: markup, style, modules, words and pictures, plain and compressed.
//!
//! It only holds bytes and finds them by path; `build.rs` puts them there. It does not serve them, and it knows nothing
//! of HTTP beyond what belongs to a file's content: media type, entity tag, how long it may be kept.

#[cfg(test)]
mod tests;

/// One embedded file.
#[derive(Debug)]
pub struct Asset {
    /// The path it is served under, starting with a slash. The guest page itself is `/`; what pages load has a hash of
    /// everything in its path.
    pub path: &'static str,
    /// Where it lies in this package, such as `js/main.js`.
    pub name: &'static str,
    /// The media type, with the character set where there is one.
    pub mime: &'static str,
    /// An entity tag made from the content. It is weak, because it names the plain and the compressed form alike.
    pub etag: &'static str,
    /// The content.
    pub body: &'static [u8],
    /// The content as gzip, the one compression that every browser takes over plain HTTP.
    pub gzip: &'static [u8],
    /// For a page: the hash of the style inside it, as a content security policy names it.
    pub style: Option<&'static str>,
    /// Whether this path never means other content, so that a phone may keep it without asking again.
    pub lasting: bool,
    /// Whether this is a page as it is laid out for languages that are written from the right. Each page is there in both
    /// ways under the same path.
    pub from_right: bool,
}

/// Every file.
static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/table.rs"));

/// Media types by file ending, as IANA registers them.
const fn mime(ending: &str) -> &'static str {
    match ending.as_bytes() {
        b"html" => "text/html; charset=utf-8",
        b"js" => "text/javascript; charset=utf-8",
        b"svg" => "image/svg+xml",
        b"png" => "image/png",
        b"map" => "application/json",
        b"webmanifest" => "application/manifest+json",
        _ => panic!("a file of the pages has an ending without media type"),
    }
}

/// The file served under exactly this path (no query), if there is one.
pub fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path && !asset.from_right)
}

/// The same for somebody who reads from the right: a page's first picture is then laid out as its words will be.
pub fn find_from_right(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path && asset.from_right).or_else(|| find(path))
}

/// Every file.
pub fn all() -> &'static [Asset] {
    ASSETS
}
