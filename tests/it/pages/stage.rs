//! The stage of the guest page: everything within one screen, in the colours of the cover, with hearts and reactions that
//! everybody in the room sees.

use serde_json::{Value, json};
use tests::browser::{Browser, Options};
use tests::guest::Guest;

use super::looks::pictures;
use super::{PATIENCE, guest, start, start_with_records};

/// What a guest came for, by its id.
pub(super) const IMPORTANT: [&str; 9] =
    ["cover", "title", "artist", "heart", "play", "skip", "volume", "reactions", "peek"];

/// Phones held upright, from the smallest that is still carried.
pub(super) const PHONES: [(u32, u32); 5] = [(320, 568), (360, 640), (375, 667), (390, 844), (430, 932)];

pub(super) fn resize(browser: &Browser, (width, height): (u32, u32)) {
    let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": true });
    browser.devtools("Emulation.setDeviceMetricsOverride", &metrics).expect("another size");
}

/// Those of these ids that do not lie between the screen's edges and the dock.
pub(super) fn outside(ids: &Value) -> String {
    format!(
        "const dock = document.querySelector('.dock').getBoundingClientRect().top;
         return {ids}.filter((id) => {{
           const place = document.getElementById(id).getBoundingClientRect();
           return place.height < 20 || place.top < 0 || place.bottom > dock + 1 || place.left < 0 || place.right > innerWidth;
         }})"
    )
}

/// The text of a computed property of the root.
fn property(browser: &Browser, name: &str) -> String {
    let script = format!("return document.documentElement.style.getPropertyValue('{name}')");
    browser.run(&script).expect("a property").as_str().expect("text").to_owned()
}

fn listener(party: &super::Party) -> Guest {
    let guest = guest(&party.running);
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    guest
}

#[test]
fn everything_of_the_stage_lies_within_one_screen_of_every_phone() {
    let Some(mut party) = start_with_records() else { return };
    party.host("PUT", "/api/party/settings", Some(json!({ "skip_after_s": 0 })));
    let guest = listener(&party);
    for part in ["skip", "heart", "peek"] {
        guest.browser.wait_for(&format!("!document.getElementById('{part}').hidden"), PATIENCE).expect(part);
    }
    for size in PHONES {
        resize(&guest.browser, size);
        let found = guest.browser.run(&outside(&json!(IMPORTANT))).expect("a judgement");
        assert_eq!(found, json!([]), "{size:?}");
        guest.browser.screenshot(&pictures().join(format!("stage-{}x{}.png", size.0, size.1))).expect("a picture");
    }
}

#[test]
fn the_page_and_the_room_have_the_colour_of_the_cover_and_can_be_read() {
    let Some(mut party) = start_with_records() else { return };
    let guest = guest(&party.running);
    let why = Browser::open(&Options { dark: false, ..Options::default() }).expect("a browser");
    why.go(&party.running.url("/why")).expect("a page");
    let screen = Browser::open(&Options::default()).expect("a browser");
    screen.go(&party.running.url("/screen")).expect("the page opens");
    let mut seen = Vec::new();
    // Records lie in the order of their folders, each with a cover of its own.
    for is_second in [false, true] {
        if is_second {
            party.host("PUT", "/api/party/settings", Some(json!({ "requests": "auto" })));
            let another = "(async () => {
              const { tracks } = await (await fetch('/api/library/search?q=velvet')).json();
              const asked = await fetch('/api/requests', { method: 'POST', headers: { 'Content-Type': 'application/json' },
                body: JSON.stringify({ track: tracks[0].id }) });
              return asked.status === 201 || asked.status === 409;
            })()";
            guest.browser.wait_for(another, PATIENCE).expect("a wish");
            party.host("POST", "/api/party/next", None);
            guest
                .browser
                .wait_for("document.getElementById('title').textContent === 'Velvet Morning'", PATIENCE)
                .expect("plays");
        }
        let cover = "(async () => {
          const { track } = await (await fetch('/api/party/status')).json();
          const { color } = await (await fetch(track.art.replace('?', '/color?'))).json();
          return color;
        })()";
        let color = guest.browser.wait_for(cover, PATIENCE).expect("a colour");
        let color = color.as_str().expect("text").to_owned();
        assert!(color.len() == 7 && color.starts_with('#'), "{color}");
        // What the page makes of it is the page's rule; that it is made of this colour is seen by its hue.
        let hue = "((hex) => {
          const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
          const most = Math.max(r, g, b), least = Math.min(r, g, b), c = most - least || 1;
          const sixths = most === r ? (g - b) / c : most === g ? (b - r) / c + 2 : (r - g) / c + 4;
          return (60 * sixths + 360) % 360;
        })";
        why.wait_for("document.getElementById('page').dataset.looked === ''", PATIENCE).expect("a verdict");
        why.click("#again").expect("it looks again");
        for page in [&guest.browser, &screen, &why] {
            let same = format!(
                "(() => {{ const far = Math.abs({hue}('{color}') - {hue}(document.documentElement.style.getPropertyValue('--fill')));
                   return Math.min(far, 360 - far) < 12; }})()"
            );
            page.wait_for(&same, PATIENCE).expect("the cover's hue");
        }
        let contrast = guest.browser.run(
            "const light = (text) => { const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
               .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
               return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
             const { color, backgroundColor } = getComputedStyle(document.getElementById('play'));
             const [one, two] = [light(color), light(backgroundColor)].sort((a, b) => a - b);
             return (two + 0.05) / (one + 0.05)",
        );
        assert!(contrast.expect("a contrast").as_f64() >= Some(4.5), "{color}");
        seen.push(property(&guest.browser, "--fill"));
    }
    assert_ne!(seen[0], seen[1], "another record looks different");
}

#[test]
fn a_box_with_one_channel_and_no_cover_has_the_houses_colour_and_nobody_is_greeted_with_a_zero() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    let is_house = "document.documentElement.style.getPropertyValue('--channel') === '#ff7a45'";
    for path in ["/", "/why", "/dj"] {
        guest.browser.go(&running.url(path)).expect("a page");
        guest.browser.wait_for(is_house, PATIENCE).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    guest.browser.go(&running.url("/")).expect("the page");
    let greeted = "!document.getElementById('listeners').hidden && document.getElementById('listeners')";
    let alone = guest
        .browser
        .wait_for(&format!("{greeted} && {{ said: document.getElementById('listeners').textContent }}"), PATIENCE);
    assert_eq!(alone.expect("the box speaks"), json!({ "said": "" }));
    guest.tap().expect("a tap");
    guest.until_shown("1 listening", PATIENCE).expect("and somebody is");
}

#[test]
fn a_heart_for_what_plays_is_seen_by_everybody_and_taken_back() {
    let Some(party) = start_with_records() else { return };
    let (one, two) = (guest(&party.running), guest(&party.running));
    let screen = Browser::open(&Options::default()).expect("a browser");
    screen.go(&party.running.url("/screen")).expect("the page opens");
    one.browser.wait_for("!document.getElementById('heart').hidden", PATIENCE).expect("a heart to give");
    one.browser.click("#heart").expect("a tap");
    for phone in [&one, &two] {
        phone.browser.wait_for("document.getElementById('hearts').textContent === '1'", PATIENCE).expect("counted");
    }
    screen.wait_for("document.getElementById('by').innerText.includes('♥ 1')", PATIENCE).expect("in the room");
    let pressed = |guest: &Guest| {
        guest.browser.run("return document.getElementById('heart').getAttribute('aria-pressed')").expect("a state")
    };
    assert_eq!((pressed(&one), pressed(&two)), (Value::from("true"), Value::from("false")));
    one.browser.click("#heart").expect("a second tap");
    two.browser.wait_for("document.getElementById('hearts').textContent === ''", PATIENCE).expect("taken back");
}

#[test]
fn reactions_rise_in_the_room_once_a_second_until_the_host_switches_them_off() {
    let Some(mut party) = start_with_records() else { return };
    let one = guest(&party.running);
    let screen = Browser::open(&Options::default()).expect("a browser");
    screen.go(&party.running.url("/screen")).expect("the page opens");
    screen.wait_for("document.getElementById('title').textContent.length > 2", PATIENCE).expect("what plays");
    screen
        .run(
            "window.risen = 0; new MutationObserver((news) => news.forEach(({ addedNodes }) =>
        (window.risen += addedNodes.length))).observe(document.getElementById('cheers'), { childList: true })",
        )
        .expect("somebody who counts");
    one.browser.wait_for("document.querySelectorAll('#reactions button').length === 5", PATIENCE).expect("five kinds");
    one.browser
        .wait_for("getComputedStyle(document.getElementById('reactions')).visibility === 'visible'", PATIENCE)
        .expect("to be tapped");
    one.browser.click("#reactions button:nth-child(1)").expect("a tap");
    screen.wait_for("window.risen === 1", PATIENCE).expect("one rises");
    let react = "(async () => { const answers = [];
      for (const kind of ['wow', 'wow']) answers.push((await fetch('/api/party/reactions', { method: 'POST',
        headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ kind }) })).status);
      return answers.join() === '204,429'; })()";
    one.browser.wait_for(react, PATIENCE).expect("a second one within a second is refused");
    screen.wait_for("window.risen > 1", PATIENCE).expect("the other rises as well");
    party.host("PUT", "/api/party/settings", Some(json!({ "reactions": false })));
    one.browser
        .wait_for("getComputedStyle(document.getElementById('reactions')).visibility === 'hidden'", PATIENCE)
        .expect("nothing to tap");
    let refused = "(async () => { const answer = await fetch('/api/party/reactions', { method: 'POST',
        headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ kind: 'fire' }) });
      return (await answer.json()).code; })()";
    assert_eq!(one.browser.wait_for(refused, PATIENCE).expect("an answer"), "reactions-off");
}
