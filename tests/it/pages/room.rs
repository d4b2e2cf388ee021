//! Room for words and controls: on tablets and small laptops, on phones on their side, on a wall that stands upright, with
//! letters twice as large. What a person must read or reach is measured, on the page as it is drawn.

use serde_json::json;
use tests::browser::{Browser, Options};

use super::host::{Party, party};
use super::{PATIENCE, guest, start};

/// A screen of this size from now on.
fn resize(browser: &Browser, width: u32, height: u32) {
    let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    browser.devtools("Emulation.setDeviceMetricsOverride", &screen).expect("another screen");
    let drawn = format!("innerWidth === {width} && new Promise((done) => requestAnimationFrame(() => done(true)))");
    browser.wait_for(&drawn, PATIENCE).expect("drawn");
}

fn nothing_is_sideways(browser: &Browser, told: &str) {
    let across = browser.run("return document.documentElement.scrollWidth - innerWidth").expect("a width");
    if across.as_f64().is_some_and(|across| across < 1.0) {
        return;
    }
    let outside = "return [...document.body.querySelectorAll('*')]
      .filter((part) => part.checkVisibility() && part.getBoundingClientRect().right > innerWidth + 1)
      .map((part) => `${part.tagName}#${part.id}.${part.className}`)";
    panic!("{told} can be pushed sideways by {across} px: {}", browser.run(outside).expect("what stands out"));
}

fn fill(party: &Party) {
    party.enqueue(&["Blaue Stunde", "Cómo Vuela el Tiempo", "Dust and Neon"]);
}

#[test]
fn titles_of_the_hosts_queue_have_room_on_every_screen() {
    let Some(party) = party() else { return };
    fill(&party);
    let host = party.host(&Options::default());
    host.until_shown("Blaue Stunde", PATIENCE).expect("the queue");
    for width in [320, 390, 700, 768, 820, 896, 1024, 1133, 1180, 1194, 1280, 1440, 1920] {
        resize(&host.browser, width, 800);
        host.part("queue").ok();
        let room = host.browser.run(
            "return Math.min(...[...document.querySelectorAll('#queue .row-title')].map((title) => title.getBoundingClientRect().width))",
        );
        let room = room.expect("widths").as_f64().expect("a number");
        assert!(room >= 110.0, "{width}: a title has {room} px");
        nothing_is_sideways(&host.browser, &format!("{width}"));
        let inside =
            "return [...document.querySelectorAll('#queue li')].every((row) => [...row.querySelectorAll('button')]
            .filter((button) => button.checkVisibility())
            .every((button) => button.getBoundingClientRect().right <= row.getBoundingClientRect().right + 1))";
        assert_eq!(host.browser.run(inside).expect("a judgement"), true, "{width}: a button hangs out of its row");
    }
}

#[test]
fn letters_twice_as_large_break_no_word_and_push_nothing_sideways() {
    let Some(party) = party() else { return };
    fill(&party);
    // No word is broken into lines of less than this many letters.
    let broken = "return [...document.querySelectorAll('b, .row-title, .title, h1, h2, h3')].filter((text) => {
      if (!text.checkVisibility() || text.children.length > 0 || text.closest('.unseen')) return false;
      const range = document.createRange();
      range.selectNodeContents(text);
      const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
      return lines > 2 && text.textContent.trim().length / lines < 3;
    }).map((text) => text.textContent)";
    let host = party.host(&Options::default());
    host.until_shown("Blaue Stunde", PATIENCE).expect("the queue");
    let guest = tests::guest::Guest::visit(&party.running.url(""), &Options::default()).expect("the page opens");
    for browser in [&host.browser, &guest.browser] {
        resize(browser, 360, 780);
        browser.run("document.documentElement.style.fontSize = '32px'").expect("large letters");
    }
    for part in ["queue", "asks", "music", "people", "box"] {
        host.part(part).expect("a part");
        let shown = format!("!document.getElementById('panel-{part}').hidden");
        host.browser.wait_for(&shown, PATIENCE).expect("open");
        nothing_is_sideways(&host.browser, part);
        assert_eq!(host.browser.run(broken).expect("words"), json!([]), "{part}");
    }
    for part in ["listen", "queue", "music", "more"] {
        guest.browser.run(&format!("location.hash = '/{part}'")).expect("a part");
        guest
            .browser
            .wait_for(&format!("document.getElementById('page').dataset.view === '{part}'"), PATIENCE)
            .expect(part);
        nothing_is_sideways(&guest.browser, part);
        assert_eq!(guest.browser.run(broken).expect("words"), json!([]), "{part}");
    }
}

#[test]
fn a_phone_on_its_side_shows_title_state_button_and_volume_at_once() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    for (width, height) in [(568, 320), (640, 360), (844, 390), (915, 412)] {
        resize(&guest.browser, width, height);
        for part in ["title", "state", "play", "volume"] {
            let seen = guest.browser.run(&format!(
                "const place = document.getElementById('{part}').getBoundingClientRect();
                 const dock = document.querySelector('.dock').getBoundingClientRect();
                 return place.top >= 0 && place.bottom <= dock.top + 1 && place.right <= innerWidth + 1"
            ));
            assert_eq!(seen.expect("a judgement"), true, "{width} × {height}: {part}");
        }
        nothing_is_sideways(&guest.browser, &format!("{width} × {height}"));
    }
}

#[test]
fn nothing_lies_on_anything_on_a_wall_that_stands_upright() {
    let Some(party) = party() else { return };
    fill(&party);
    let screen = Browser::open(&Options::default()).expect("a browser");
    screen.go(&party.running.url("/screen")).expect("the page opens");
    screen.wait_for("document.body.innerText.includes('Blaue Stunde')", PATIENCE).expect("what comes next");
    screen.wait_for("document.getElementById('page-code').naturalWidth > 0", PATIENCE).expect("a code to scan");
    // How far apart two things are that stand below or beside each other.
    let above = "const of = (what) => document.querySelector(what).getBoundingClientRect();
      const [top, picture, words, next, codes] = ['.screen-top', '.picture', '.words', '#next-box', '.codes'].map(of);
      const apart = (a, b) => Math.max(b.top - a.bottom, a.top - b.bottom, b.left - a.right, a.left - b.right);
      return { top: picture.top - top.bottom, picture: apart(picture, next), pictured: apart(picture, codes),
        words: apart(picture, words), next: next.top - words.bottom, codes: codes.top - words.bottom,
        foot: innerHeight - Math.max(next.bottom, codes.bottom, picture.bottom) }";
    for (width, height) in [(768, 1024), (800, 1280), (1024, 1366), (1080, 1920), (600, 960), (1920, 1080), (1280, 720)]
    {
        resize(&screen, width, height);
        let room = screen.run(above).expect("places");
        for (what, free) in room.as_object().expect("places") {
            assert!(free.as_f64().is_some_and(|free| free >= 0.0), "{width} × {height}, {what}: {free}");
        }
    }
}

#[test]
fn the_poster_fits_a_small_screen_and_a_sheet_of_a4() {
    let Some(party) = party() else { return };
    let poster = Browser::open(&Options::default()).expect("a browser");
    poster.go(&party.running.url("/poster")).expect("the page opens");
    poster.wait_for("document.getElementById('page').naturalWidth > 0", PATIENCE).expect("a code to scan");
    for width in [320, 360, 390, 421, 800] {
        resize(&poster, width, 800);
        nothing_is_sideways(&poster, &format!("{width}"));
    }
    for (paper, sheets) in [("a4", 1), ("four", 4)] {
        poster.run(&format!("document.querySelector('input[value={paper}]').click()")).expect("a paper");
        let many = poster.run("return document.querySelectorAll('.sheet').length").expect("a number");
        assert_eq!(many, sheets, "{paper}");
        let printed =
            poster.devtools("Page.printToPDF", &json!({ "preferCSSPageSize": true, "printBackground": true }));
        let printed = printed.expect("a print");
        let pdf = pdf(printed["data"].as_str().expect("data"));
        assert_eq!(pdf.matches("/Type /Page\n").count(), 1, "{paper}: one page");
        let size = pdf.split("/MediaBox [").nth(1).and_then(|rest| rest.split(']').next()).expect("a size");
        let size: Vec<f64> = size.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        // 210 × 297 mm (ISO 216) in PostScript points, rounded to whole pixels.
        assert!((size[2] - 595.3).abs() < 1.5 && (size[3] - 841.9).abs() < 1.5, "{paper}: {size:?}");
    }
}

fn pdf(data: &str) -> String {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::STANDARD.decode(data).expect("a file");
    String::from_utf8_lossy(&bytes).into_owned()
}
