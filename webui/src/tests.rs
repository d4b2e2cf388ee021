//! What every page must keep to, checked on the embedded bytes themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::{Asset, all, etag, find};

/// The guest page and all it needs, in bytes on the wire: fast on an old phone over a full radio.
const BYTES_MAX: usize = 100_000;

/// What the page names that is not a file of this package.
const SERVED_ELSEWHERE: [&str; 1] = ["/stream/main.mp3"];

/// Message keys that are put together at run time: every key with such a beginning counts as used.
const KEY_FAMILIES: [&str; 7] =
    ["state.", "hint.pocket_", "listeners.", "source.", "source_state.", "pairing.ended_", "pairing.refused_"];

fn text(asset: &Asset) -> &'static str {
    std::str::from_utf8(asset.body).expect("every page file is UTF-8")
}

fn page() -> &'static str {
    text(find("/").expect("a guest page"))
}

fn modules() -> impl Iterator<Item = &'static Asset> {
    all().iter().filter(|asset| asset.path.ends_with(".js"))
}

/// Everything between `open` and the next `close`, for each `open` in the text.
fn between<'a>(text: &'a str, open: &'a str, close: char) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split(close).next())
}

/// The files that a file asks the browser for.
fn references(asset: &Asset) -> Vec<String> {
    let folder = asset.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let parent = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
    let body = text(asset);
    let found: Vec<&str> = match asset.path {
        "/" => between(body, "href=\"", '"').chain(between(body, "src=\"", '"')).collect(),
        path if path.ends_with(".js") => between(body, "\nimport ", ';').filter_map(|i| i.split('\'').nth(1)).collect(),
        _ => Vec::new(),
    };
    found
        .into_iter()
        .map(|name| match (name.strip_prefix("./"), name.strip_prefix("../")) {
            (Some(here), _) => format!("{folder}/{here}"),
            (_, Some(above)) => format!("{parent}/{above}"),
            _ => name.to_owned(),
        })
        .collect()
}

/// The messages by key, read from the language file.
fn messages() -> BTreeMap<String, String> {
    let body = text(find("/lang/en.js").expect("English"));
    // One entry is a key, a colon and a quoted text, which may stand on the next line.
    let mut quoted = body.split_once("export default {").expect("one table").1.split('\'').skip(1).step_by(2);
    let mut found = BTreeMap::new();
    while let (Some(key), Some(message)) = (quoted.next(), quoted.next()) {
        found.insert(key.to_owned(), message.to_owned());
    }
    found
}

#[test]
fn the_guest_page_is_found_at_the_root_and_nothing_else_by_chance() {
    assert!(find("/").expect("a guest page").mime.starts_with("text/html"));
    for path in ["", "/guest.html", "/js", "/js/", "/js/main.js?x", "//", "/../src/lib.rs"] {
        assert!(find(path).is_none(), "{path}");
    }
}

#[test]
fn the_page_and_all_it_needs_stay_small() {
    let bytes: usize = all().iter().map(|asset| asset.body.len()).sum();
    assert!(bytes <= BYTES_MAX, "{bytes} bytes");
}

#[test]
fn every_file_is_reached_from_the_page_and_every_reference_is_a_file() {
    let mut reached = BTreeSet::from(["/".to_owned()]);
    let mut open = vec!["/".to_owned()];
    while let Some(path) = open.pop() {
        let asset = find(&path).unwrap_or_else(|| panic!("{path} is asked for and does not exist"));
        for next in references(asset) {
            if !SERVED_ELSEWHERE.contains(&next.as_str()) && reached.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    let all: BTreeSet<String> = all().iter().map(|asset| asset.path.to_owned()).collect();
    assert_eq!(reached, all);
}

#[test]
fn every_module_is_announced_before_it_is_needed() {
    for module in modules().filter(|module| module.path != "/js/main.js") {
        let line = format!("<link rel=\"modulepreload\" href=\"{}\">", module.path);
        assert!(page().contains(&line), "{} is not announced", module.path);
    }
}

#[test]
fn nothing_comes_from_anywhere_but_the_box() {
    for asset in all() {
        let body = text(asset).replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        for outside in ["http://", "https://", "ws://", "wss://", "\"//", "'//", "url(", "@import"] {
            assert!(!body.contains(outside), "{} contains {outside}", asset.path);
        }
    }
}

#[test]
fn the_page_holds_no_script_and_no_style_of_its_own() {
    for tag in between(page(), "<", '>') {
        let name = tag.split_whitespace().next().unwrap_or_default();
        assert!(name != "style", "<{tag}>");
        assert!(name != "script" || tag.contains(" src=\"/"), "<{tag}>");
        for attribute in tag.split_whitespace().skip(1) {
            assert!(!attribute.starts_with("style="), "<{tag}>");
            assert!(!(attribute.starts_with("on") && attribute.contains('=')), "<{tag}>");
        }
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
    for module in modules() {
        for word in banned {
            assert!(!text(module).contains(word), "{} uses {word}", module.path);
        }
    }
}

#[test]
fn only_one_module_names_addresses() {
    for module in modules().filter(|module| module.path != "/js/api.js") {
        for word in ["fetch(", "EventSource(", "'/", "`/", "\"/"] {
            assert!(!text(module).contains(word), "{} contains {word}", module.path);
        }
    }
}

#[test]
fn every_message_that_is_used_exists_and_every_message_is_used() {
    let messages = messages();
    let families: BTreeSet<&str> = messages.keys().filter_map(|key| key.split('.').next()).collect();
    let mut used = BTreeSet::new();
    for module in modules().filter(|module| module.path != "/lang/en.js") {
        let is_key = |word: &&str| {
            let plain = word.bytes().all(|b| b.is_ascii_lowercase() || b"._-".contains(&b));
            plain && word.split_once('.').is_some_and(|(family, rest)| families.contains(family) && !rest.is_empty())
        };
        used.extend(text(module).split('\'').filter(is_key));
    }
    used.extend(between(page(), "data-t=\"", '"'));
    used.remove("partybox.path");
    for key in &used {
        assert!(messages.contains_key(*key), "{key} has no message");
    }
    for key in messages.keys() {
        let family = KEY_FAMILIES.iter().any(|family| key.starts_with(family));
        assert!(family || used.contains(key.as_str()), "{key} is never shown");
    }
}

#[test]
fn the_page_says_the_same_before_and_after_its_scripts_run() {
    let messages = messages();
    for element in page().split("data-t=\"").skip(1) {
        let (key, rest) = element.split_once('"').expect("a key");
        let shown = rest.split_once('>').and_then(|(_, shown)| shown.split('<').next()).expect("a text");
        assert_eq!(Some(shown), messages.get(key).map(String::as_str), "{key}");
    }
}

#[test]
fn equal_tags_mean_equal_bytes() {
    let tags: BTreeSet<&str> = all().iter().map(|asset| asset.etag).collect();
    assert_eq!(tags.len(), all().len());
    // The test vectors that the authors of FNV publish for nothing and for "a".
    assert_eq!(&etag(b""), b"\"cbf29ce484222325\"");
    assert_eq!(&etag(b"a"), b"\"af63dc4c8601ec8c\"");
    assert_ne!(etag(b"party"), etag(b"partx"));
}
