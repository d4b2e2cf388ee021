//! How the host's page, the party screen and the poster look: pictures of every state for people to look at, and what an
//! accessibility engine and a printer make of them.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tests::browser::{Browser, Options, installed};
use tests::caller::Caller;

use super::host::{Party, party, party_of};
use super::{PATIENCE, web_tools};

/// A phone held upright, the narrowest, a wide window, a tablet on its side, a larger one, and a screen on the wall.
pub(super) const PHONE: (u32, u32) = (390, 844);
const NARROW: (u32, u32) = (320, 568);
const WIDE: (u32, u32) = (1440, 900);
const TABLET: (u32, u32) = (1024, 768);
const LAPTOP: (u32, u32) = (1180, 820);
const WALL: (u32, u32) = (1920, 1080);

/// Parts whose rows the page asks for, and when they are there.
const ROWS: [(&str, &str); 2] = [
    ("music", "document.querySelectorAll('#found li').length === 6 && document.querySelector('#places li')"),
    ("people", "document.querySelectorAll('#guests li').length >= 3"),
];

/// Longest page that is put into one picture, in CSS pixels.
const PICTURE_HEIGHT_MAX: f64 = 4_000.0;

/// A6 in PostScript points, as PDF counts (105 x 148 mm, ISO 216), and what rounding may do to it.
const A6_PT: (f64, f64) = (297.6, 419.5);
const ROUNDING_PT: f64 = 1.5;

/// Where the pictures are put.
pub(super) fn pictures() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let folder = target.join("screenshots");
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Everything that plays in a party: a queue, requests, guests with and without names.
fn busy(party: &Party) {
    party.enqueue(&["Blaue Stunde", "Cómo Vuela el Tiempo", "Dust and Neon"]);
    for (number, name, title) in
        [(1, Some("Ann"), "Evergreen"), (2, Some("سلمى"), "Far From the Shore"), (3, None, "Amber Lights")]
    {
        let mut phone = party.phone(number);
        phone.ask("PUT", "/api/me", Some(&json!({ "name": name })));
        phone.ask("POST", "/api/requests", Some(&json!({ "track": party.track(title) })));
    }
}

/// Asks the page for no motion from now on. The box goes on playing: a song that ends while a page is looked at changes its colours
/// and covers, and what is half way from one to the other has no contrast; the screen on the wall wanders without end.
fn keep_still(browser: &Browser) {
    let dark = browser.run("return matchMedia('(prefers-color-scheme: dark)').matches").expect("a scheme");
    let features = json!([
        { "name": "prefers-color-scheme", "value": if dark == true { "dark" } else { "light" } },
        { "name": "prefers-reduced-motion", "value": "reduce" },
    ]);
    browser.devtools("Emulation.setEmulatedMedia", &json!({ "features": features })).expect("a calm page");
}

/// Takes a picture of the whole page and lets the accessibility engine look for anything it knows to be wrong.
pub(super) fn look(browser: &Browser, name: &str, window: (u32, u32)) {
    keep_still(browser);
    let height =
        browser.run("return document.documentElement.scrollHeight").expect("a height").as_f64().expect("a number");
    let phone = window.0 < 600;
    let screen = |height: f64| json!({ "width": window.0, "height": height, "deviceScaleFactor": 1, "mobile": phone });
    let whole = height.clamp(f64::from(window.1), PICTURE_HEIGHT_MAX);
    browser.devtools("Emulation.setDeviceMetricsOverride", &screen(whole)).expect("a taller screen");
    let settled = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))";
    browser.wait_for(settled, PATIENCE).expect("drawn");
    let still = "document.getAnimations().every((one) => one.playState !== 'running')";
    browser.wait_for(still, PATIENCE).expect("everything has come to rest");
    browser
        .wait_for("[...document.images].every((image) => image.complete || !image.checkVisibility())", PATIENCE)
        .expect("pictures");
    browser.screenshot(&pictures().join(format!("{name}.png"))).expect("a picture");
    browser.devtools("Emulation.setDeviceMetricsOverride", &screen(f64::from(window.1))).expect("the screen again");
    let across = browser.run("return document.documentElement.scrollWidth - innerWidth").expect("a width");
    assert!(across.as_f64().is_some_and(|across| across < 1.0), "{name} can be pushed sideways by {across} px");
    let wrong = wrong(browser);
    assert!(wrong.is_empty(), "{name}: {wrong:#?}");
}

/// What the accessibility engine finds wrong, in its words; nothing where it is not installed.
fn wrong(browser: &Browser) -> Vec<String> {
    let Some(tools) = web_tools() else { return Vec::new() };
    let engine = fs::read_to_string(tools.join("axe-core/axe.min.js")).expect("the engine");
    // The driver runs scripts beside the page's own, so that the page's policy does not forbid them.
    browser.run(&engine).expect("the engine starts");
    let rules = json!({ "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    let found = browser.wait_for(&format!("(async () => [await axe.run(document, {rules})])()"), PATIENCE);
    let found = found.expect("a judgement");
    let violations = found[0]["violations"].as_array().expect("a list");
    let told = |violation: &Value| format!("{}: {}", violation["help"], violation["nodes"][0]["html"]);
    violations.iter().map(told).collect()
}

fn options(window: (u32, u32), dark: bool) -> Options {
    Options { window, dark, ..Options::default() }
}

#[test]
fn every_part_of_the_hosts_page_looks_right_dark_and_light_narrow_and_wide() {
    let Some(party) = party() else { return };
    busy(&party);
    let looks = [
        (PHONE, true, "dark", "ja"),
        (PHONE, false, "light", "de"),
        (PHONE, true, "rtl", "ar"),
        (NARROW, true, "narrow", "pl"),
        (WIDE, true, "wide", "en"),
        (TABLET, true, "tablet", "de"),
        (LAPTOP, false, "laptop", "fr"),
    ];
    for (window, dark, kind, language) in looks {
        let host = party.host(&options(window, dark));
        let keep = format!("localStorage.setItem('partybox.language', '{language}')");
        host.browser.run(&keep).expect("kept");
        host.browser.reload().expect("the page");
        host.until_role("host", PATIENCE).expect("still a host");
        host.until_shown("Blaue Stunde", PATIENCE).expect("the queue");
        let parts: &[&str] = match kind {
            "wide" => &["asks", "people"],
            "narrow" | "tablet" | "laptop" => &["queue", "music"],
            _ => &["queue", "asks", "music", "people", "box"],
        };
        for part in parts {
            host.part(part).expect("a part");
            let shown = format!("!document.getElementById('panel-{part}').hidden");
            host.browser.wait_for(&shown, PATIENCE).expect("open");
            if let Some((_, rows)) = ROWS.iter().find(|(name, _)| name == part) {
                host.browser.wait_for(rows, PATIENCE).expect("its rows");
            }
            look(&host.browser, &format!("host-{part}-{kind}"), window);
        }
        let complaints = host.browser.console().expect("a log");
        // A box without a Wi-Fi of its own has no code for it.
        let foreign: Vec<_> = complaints.iter().filter(|line| !line.contains("/api/qr/wifi")).collect();
        assert!(foreign.is_empty(), "{foreign:?}");
    }
}

#[test]
fn a_timeline_runs_from_the_left_in_every_script_and_its_colour_with_it() {
    let Some(party) = party() else { return };
    let host = party.host(&options(PHONE, true));
    for (language, volume) in [("en", "ltr"), ("ar", "rtl")] {
        host.browser.run(&format!("localStorage.setItem('partybox.language', '{language}')")).expect("kept");
        host.browser.reload().expect("the page");
        host.browser.wait_for(&format!("document.documentElement.lang === '{language}'"), PATIENCE).expect("spoken");
        let ways = "return ['seek', 'volume'].map((id) => {
          const { direction, backgroundImage } = getComputedStyle(document.querySelector(`[data-page=host] #${id}`));
          return [direction, /gradient\\(to (right|left)/.exec(backgroundImage)?.[1]];
        })";
        let way = |direction: &str| json!([direction, if direction == "ltr" { "right" } else { "left" }]);
        let found = host.browser.run(ways).expect("two sliders");
        assert_eq!(found, json!([way("ltr"), way(volume)]), "{language}");
    }
}

#[test]
fn who_is_not_host_is_told_how_to_become_one() {
    let Some(party) = party_of("") else { return };
    for (dark, kind) in [(true, "dark"), (false, "light")] {
        let browser = Browser::open(&options(PHONE, dark)).expect("a browser");
        browser.go(&party.running.url("/host")).expect("the page opens");
        browser.wait_for("!document.getElementById('gate').hidden", PATIENCE).expect("the way in");
        look(&browser, &format!("host-gate-{kind}"), PHONE);
        browser.click("#pairing-button").expect("a tap");
        browser.wait_for("!document.getElementById('pairing-wait').hidden", PATIENCE).expect("a number");
        look(&browser, &format!("host-gate-asking-{kind}"), PHONE);
    }
}

#[test]
fn the_party_screen_fills_a_wall_and_asks_for_nothing() {
    let Some(party) = party() else { return };
    busy(&party);
    for (window, kind) in [(WALL, "wall"), ((1280, 720), "small"), ((1080, 1920), "upright")] {
        let browser = Browser::open(&options(window, true)).expect("a browser");
        browser.go(&party.running.url("/screen")).expect("the page opens");
        browser.wait_for("document.body.innerText.includes('Blaue Stunde')", PATIENCE).expect("what comes next");
        browser.wait_for("document.getElementById('page-code').naturalWidth > 0", PATIENCE).expect("a code to scan");
        let buttons = browser.run("return document.querySelectorAll('button, input, a').length").expect("a number");
        assert_eq!(buttons, 0, "nothing to tap");
        let high = browser.run("return document.documentElement.scrollHeight - innerHeight").expect("a height");
        assert!(high.as_f64().is_some_and(|high| high < 1.0), "{kind}: nothing is below the screen");
        look(&browser, &format!("screen-{kind}"), window);
    }
}

#[test]
fn the_party_screen_comes_back_by_itself_after_a_restart_of_the_box() {
    let Some(mut party) = party() else { return };
    let browser = Browser::open(&options(WALL, true)).expect("a browser");
    browser.go(&party.running.url("/screen")).expect("the page opens");
    let moves = "document.getElementById('progress').value > 0";
    browser.wait_for(moves, PATIENCE).expect("what plays is shown");
    party.running.end();
    browser.wait_for("!document.getElementById('lost').hidden", PATIENCE).expect("a word about it");
    browser.screenshot(&pictures().join("screen-lost.png")).expect("a picture");
    party.running.restart();
    browser.wait_for("document.getElementById('lost').hidden", PATIENCE).expect("connected again");
    browser.wait_for(moves, PATIENCE).expect("what plays is shown again");
}

#[test]
fn the_poster_of_a_channel_bears_its_name_and_opens_it() {
    let Some(party) = party() else { return };
    let channel = json!({ "name": "Late night", "color": "yellow" });
    let answer =
        Caller::new(Ipv4Addr::LOCALHOST, party.running.address).ask("PUT", "/api/channels/late", Some(&channel));
    assert_eq!(answer.status, 204, "{}", answer.body);
    let browser = Browser::open(&options((800, 900), false)).expect("a browser");
    browser.go(&party.running.url("/poster?channel=late")).expect("the page opens");
    let code = "document.getElementById('page')";
    browser.wait_for(&format!("{code}.naturalWidth > 0"), PATIENCE).expect("a code to scan");
    browser.wait_for(&format!("{code}.src.endsWith('channel=late')"), PATIENCE).expect("the channel's own code");
    let seen = browser.run("return document.getElementById('sheet').innerText").expect("a text");
    assert!(seen.as_str().is_some_and(|text| text.contains("Late night")), "{seen}");
    look(&browser, "poster-channel", (800, 900));
}

#[test]
fn the_poster_sends_only_who_is_no_host_to_a_hosts_phone() {
    for (hosts, is_told) in [("", true), ("127.0.0.1/32", false)] {
        let Some(party) = party_of(hosts) else { return };
        let browser = Browser::open(&options((800, 900), false)).expect("a browser");
        browser.go(&party.running.url("/poster")).expect("the page opens");
        browser.wait_for("document.body.dataset.told === ''", PATIENCE).expect("all of it is there");
        // A box without a Wi-Fi of its own has no code for anybody.
        let told = browser.run("return !document.getElementById('no-wifi').hidden").expect("a state");
        assert_eq!(told, is_told, "hosts: {hosts}");
    }
}

#[test]
fn the_poster_is_one_page_of_a6_with_a_code_to_scan() {
    let Some(party) = party() else { return };
    let browser = Browser::open(&options((800, 900), false)).expect("a browser");
    browser.go(&party.running.url("/poster")).expect("the page opens");
    browser.wait_for("document.getElementById('page').naturalWidth > 0", PATIENCE).expect("a code to scan");
    browser.wait_for("document.getElementById('address').textContent !== ''", PATIENCE).expect("the address");
    look(&browser, "poster", (800, 900));
    let printed = browser.devtools("Page.printToPDF", &json!({ "preferCSSPageSize": true, "printBackground": false }));
    let printed = printed.expect("a print");
    let pdf = BASE64.decode(printed["data"].as_str().expect("data")).expect("a file");
    let place = pictures().join("poster.pdf");
    fs::write(&place, &pdf).expect("a file");
    let text = String::from_utf8_lossy(&pdf);
    assert_eq!(text.matches("/Type /Page\n").count(), 1, "one page");
    let size = text.split("/MediaBox [").nth(1).and_then(|rest| rest.split(']').next()).expect("a size");
    let size: Vec<f64> = size.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    let is_a6 = (size[2] - A6_PT.0).abs() < ROUNDING_PT && (size[3] - A6_PT.1).abs() < ROUNDING_PT;
    assert!(is_a6, "{size:?}");
    if !installed("pdftoppm") {
        println!("no picture of the print: pdftoppm not installed");
        return;
    }
    let picture = Command::new("pdftoppm")
        .args(["-png", "-r", "150", "-singlefile"])
        .arg(&place)
        .arg(pictures().join("poster-print"))
        .status();
    assert!(picture.is_ok_and(|status| status.success()), "the print can be drawn");
}
