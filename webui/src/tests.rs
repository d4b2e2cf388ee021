//! What every page must keep to, checked on the embedded bytes themselves.

mod joined;
mod words;

use std::collections::BTreeSet;

use super::{Asset, all, find, find_from_right};

/// The guest page and all it needs, in bytes on the wire without headers: fast on an old phone over a full radio.
const BYTES_MAX: usize = 60_000;

/// What a first flight of ten segments carries (RFC 6928): a page of this size is painted after one round trip.
const FIRST_FLIGHT_BYTES: usize = 14_000;

/// What the pages name that is not a file of this package.
const SERVED_ELSEWHERE: [&str; 7] = [
    "/stream/main.mp3",
    "/why",
    "/api/qr/page.svg",
    "/api/qr/page.png",
    "/api/qr/wifi.svg",
    "/api/qr/wifi.png",
    "/api/box/backup",
];

fn text(asset: &Asset) -> &'static str {
    if asset.mime == "image/png" {
        return "";
    }
    std::str::from_utf8(asset.body).expect("every page file is UTF-8")
}

fn pages() -> impl Iterator<Item = &'static Asset> {
    all().iter().filter(|asset| asset.name.starts_with("pages/"))
}

fn modules() -> impl Iterator<Item = &'static Asset> {
    all().iter().filter(|asset| asset.name.starts_with("js/"))
}

fn named(name: &str) -> &'static Asset {
    all().iter().find(|asset| asset.name == name).unwrap_or_else(|| panic!("there is no {name}"))
}

/// Everything between `open` and the next `close`, for each `open` in the text.
fn between<'a>(text: &'a str, open: &'a str, close: char) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split(close).next())
}

/// The files that a page makes the browser load, each once: it names all of them, but the words.
fn loaded(page: &Asset) -> Vec<&'static Asset> {
    let body = text(page);
    let named = between(body, "href=\"/v/", '"').chain(between(body, "src=\"/v/", '"'));
    // A part of a drawing is named behind a hash sign.
    let named: BTreeSet<&str> = named.filter_map(|rest| rest.split('#').next()).collect();
    named
        .into_iter()
        // What a phone fetches only when it puts the page on its home screen.
        .filter(|rest| !rest.ends_with(".png"))
        .map(|rest| find(&format!("/v/{rest}")).unwrap_or_else(|| panic!("{rest} is named and does not exist")))
        .collect()
}

#[test]
fn pages_are_found_at_their_paths_and_nothing_else_by_chance() {
    assert!(find("/").expect("a guest page").mime.starts_with("text/html"));
    for path in ["", "/guest.html", "/guest", "/js", "/js/main.js", "/v/", "//", "/../src/lib.rs"] {
        assert!(find(path).is_none(), "{path}");
    }
}

#[test]
fn the_guest_page_and_all_it_needs_stay_small() {
    let page = find("/").expect("a guest page");
    let files = loaded(page);
    // Besides, one language is loaded; the largest one counts.
    let words = ["shared", "guest"].map(|part| {
        let is_part = |asset: &&Asset| asset.name.starts_with("lang/") && asset.name.ends_with(&format!("/{part}.js"));
        let of_part = all().iter().filter(is_part);
        of_part.map(|asset| asset.gzip.len()).max().expect("words")
    });
    let bytes =
        page.gzip.len() + files.iter().map(|asset| asset.gzip.len()).sum::<usize>() + words.iter().sum::<usize>();
    println!("{bytes} bytes in {} files", files.len() + 3);
    assert!(bytes <= BYTES_MAX, "{bytes} bytes");
}

#[test]
fn each_page_is_painted_after_one_round_trip() {
    for page in pages() {
        assert!(page.gzip.len() <= FIRST_FLIGHT_BYTES, "{}: {} bytes", page.name, page.gzip.len());
        assert!(!text(page).contains("rel=\"stylesheet\""), "{} waits for a style sheet", page.name);
    }
}

#[test]
fn each_page_is_there_for_who_reads_from_the_right_and_is_else_the_same() {
    for page in pages().filter(|page| !page.from_right) {
        let mirrored = find_from_right(page.path).expect("a page");
        assert_eq!(text(mirrored).replacen("dir=\"rtl\"", "dir=\"ltr\"", 1), text(page), "{}", page.path);
        assert!(mirrored.from_right && mirrored.etag != page.etag && mirrored.style == page.style, "{}", page.path);
    }
    let script = modules().next().expect("a module");
    assert_eq!(find_from_right(script.path).map(|asset| asset.etag), Some(script.etag), "other files are the same");
    assert!(find_from_right("/nothing").is_none());
}

#[test]
fn every_address_in_a_page_is_served() {
    for page in pages() {
        let body = text(page);
        for address in between(body, "href=\"/", '"').chain(between(body, "src=\"/", '"')) {
            let path = format!("/{address}");
            let path = path.split('#').next().unwrap_or_default();
            assert!(find(path).is_some() || SERVED_ELSEWHERE.contains(&path), "{}: {path}", page.name);
        }
    }
}

#[test]
fn nothing_comes_from_anywhere_but_the_box() {
    for asset in all() {
        let body =
            text(asset).replace("'http://www.w3.org/2000/svg'", "").replace("=\"http://www.w3.org/2000/svg\"", "");
        for outside in ["http://", "https://", "ws://", "wss://", "\"//", "'//", "url(", "@import"] {
            assert!(!body.contains(outside), "{} contains {outside}", asset.name);
        }
    }
}

#[test]
fn pages_hold_no_script_of_their_own_and_no_style_but_the_one_whose_hash_is_known() {
    for page in pages() {
        for tag in between(text(page), "<", '>') {
            let name = tag.split_whitespace().next().unwrap_or_default();
            assert!(name != "script" || tag.contains(" src=\"/v/"), "{}: <{tag}>", page.name);
            for attribute in tag.split_whitespace().skip(1) {
                assert!(!attribute.starts_with("style="), "{}: <{tag}>", page.name);
                assert!(!(attribute.starts_with("on") && attribute.contains('=')), "{}: <{tag}>", page.name);
            }
        }
        assert_eq!(text(page).matches("<style>").count(), 1, "{}", page.name);
        assert!(page.style.is_some_and(|hash| hash.starts_with("sha256-")), "{}", page.name);
    }
}

#[test]
fn modules_write_no_markup_and_use_nothing_that_needs_a_secure_page() {
    let banned = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "randomUUID",
        "crypto.subtle",
        "clipboard",
        "wakeLock",
        "serviceWorker",
        "audioWorklet",
        "mediaDevices",
    ];
    // What asks first whether the page is a secure one, and is told so otherwise.
    let asks = ["js/dj/microphone.js", "js/late/lamp.js"];
    for module in modules().filter(|module| !asks.contains(&module.name)) {
        for word in banned {
            assert!(!text(module).contains(word), "{} uses {word}", module.name);
        }
    }
}

#[test]
fn only_modules_made_for_it_name_addresses() {
    let made_for_it = |name: &str| name.ends_with("/api.js");
    for module in modules().filter(|module| !made_for_it(module.name)) {
        for word in ["fetch(", "EventSource(", "WebSocket(", "'/api", "`/api", "'/stream", "\"/"] {
            assert!(!text(module).contains(word), "{} contains {word}", module.name);
        }
    }
}

#[test]
fn what_a_phone_may_keep_has_the_content_in_its_address() {
    let places: BTreeSet<&str> =
        all().iter().filter(|asset| asset.lasting).filter_map(|asset| asset.path.split('/').nth(2)).collect();
    assert_eq!(places.len(), 1, "{places:?}");
    for asset in all() {
        assert_eq!(asset.lasting, asset.path.starts_with("/v/"), "{}", asset.path);
    }
    // A page is asked for again each time, and its tag says whether it changed.
    let tags: BTreeSet<&str> = all().iter().map(|asset| asset.etag).collect();
    let contents: BTreeSet<&[u8]> = all().iter().map(|asset| asset.body).collect();
    assert_eq!(tags.len(), contents.len());
}

#[test]
fn the_compressed_form_is_the_same_file() {
    for asset in all() {
        // The last four bytes of gzip are the length of what went in (RFC 1952 section 2.3.1).
        let end = asset.gzip.last_chunk::<4>().expect("a trailer");
        assert_eq!(u32::from_le_bytes(*end) as usize, asset.body.len(), "{}", asset.name);
        assert!(asset.gzip.starts_with(&[0x1f, 0x8b]));
    }
}
