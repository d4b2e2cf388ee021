//! A page that stays where it is and says what is true: nothing jumps, nothing is covered, no tap is lost, a full box says
//! so, and two tabs are no echo.

use serde_json::json;
use tests::browser::{Browser, Options};
use tests::guest::Guest;
use tests::program::Running;

use super::host::party as host_party;
use super::looks::pictures;
use super::{AUDIBLE, PATIENCE, guest, start};

/// Where something stands, and how high, in pixels of the page.
fn top(guest: &Guest, id: &str) -> f64 {
    let top = guest.browser.run(&format!("return document.getElementById('{id}').getBoundingClientRect().top"));
    top.expect("a place").as_f64().expect("a number")
}

#[test]
fn volume_stays_where_it_is_whatever_the_hint_says() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    let rest = top(&guest, "volume");
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    assert!((top(&guest, "volume") - rest).abs() < 2.0, "live: {} for {rest}", top(&guest, "volume"));
    running.post("/api/party/pause");
    guest.until_shown("The host has paused the music", PATIENCE).expect("a longer hint");
    guest.until_shown("No sound? See why", PATIENCE).expect("and a link");
    assert!((top(&guest, "volume") - rest).abs() < 2.0, "paused: {} for {rest}", top(&guest, "volume"));
}

#[test]
fn what_is_said_covers_nothing_that_can_be_tapped() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    for part in ["listen", "queue", "music", "more"] {
        guest.browser.run(&format!("location.hash = '/{part}'")).expect("a part");
        guest
            .browser
            .run(
                "document.getElementById('toast').textContent = 'Something that was said, in two lines, which is long'",
            )
            .expect("said");
        let covered = "const toast = document.getElementById('toast').getBoundingClientRect();
          return [...document.querySelectorAll('button, a, input, select, summary')].filter((one) => {
            if (!one.checkVisibility() || one.closest('.unseen')) return false;
            const place = one.getBoundingClientRect();
            return place.width > 0 && place.bottom > toast.top + 1 && place.top < toast.bottom - 1 && place.right > toast.left && place.left < toast.right;
          }).map((one) => one.id || one.outerHTML)";
        assert_eq!(guest.browser.run(covered).expect("a judgement"), json!([]), "{part}");
    }
}

/// How much of each control can be tapped now (of five points in it), and where it stands; what is said is none of them.
const REACH: &str = "[...document.querySelectorAll('button, a, input, select, summary')]
  .filter((one) => one.checkVisibility() && !one.closest('#toast') && !one.matches('.unseen')).map((one) => {
    const { left, top, width, height } = one.getBoundingClientRect();
    const points = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.2], [0.1, 0.8], [0.9, 0.8]];
    const hits = points.filter(([x, y]) => {
      const hit = document.elementFromPoint(left + width * x, top + height * y);
      return hit !== null && (one.contains(hit) || hit.closest('label')?.contains(one));
    });
    return `${one.id || one.outerHTML.slice(0, 60)} ${Math.round(top)} ${hits.length}`;
  })";

#[test]
fn what_is_said_on_the_hosts_page_covers_and_moves_nothing_that_can_be_tapped_wherever_it_is_scrolled() {
    let Some(party) = host_party() else { return };
    party.enqueue(&["Amber Lights", "Blaue Stunde", "Cómo Vuela el Tiempo", "Dust and Neon", "Evergreen"]);
    for window in [(390, 844), (1280, 800)] {
        let host = party.host(&Options { window, ..Options::default() });
        let screen = json!({ "width": window.0, "height": window.1, "deviceScaleFactor": 1, "mobile": window.0 < 600 });
        host.browser.devtools("Emulation.setDeviceMetricsOverride", &screen).expect("a screen");
        host.browser.wait_for("document.querySelectorAll('#queue li').length === 5", PATIENCE).expect("a queue");
        for part in ["queue", "asks", "music", "people", "box"] {
            if host.browser.run(&format!("return document.getElementById('tab-{part}').hidden")).expect("a state")
                == true
            {
                continue;
            }
            host.browser.run(&format!("document.getElementById('tab-{part}').click()")).expect("a part");
            for far in [0, 300, 9_000] {
                let judged = format!(
                    "scrollTo(0, {far});
                     const [toast, say, undo, close] = ['toast', 'toast-say', 'toast-undo', 'toast-close'].map((id) => document.getElementById(id));
                     say.textContent = '';
                     const before = {REACH};
                     say.textContent = 'Something that was said, in two lines, which is long';
                     undo.hidden = close.hidden = false;
                     const {{ top, bottom, left, right }} = toast.getBoundingClientRect();
                     const said = top >= 0 && bottom <= innerHeight && left >= 0 && right <= innerWidth && bottom - top >= 40
                       && [undo, close].every((one) => one.contains(document.elementFromPoint(
                         one.getBoundingClientRect().left + 10, one.getBoundingClientRect().top + 20)));
                     const after = {REACH};
                     say.textContent = '';
                     undo.hidden = close.hidden = true;
                     return {{ said, many: before.length, lost: before.filter((one, n) => one !== after[n]) }}"
                );
                let found = host.browser.run(&judged).expect("a judgement");
                assert!(found["many"].as_u64() > Some(10), "{found}");
                assert_eq!(found["said"], true, "{window:?} {part} {far}: it is in sight");
                assert_eq!(found["lost"], json!([]), "{window:?} {part} {far}");
            }
        }
        let say = "document.getElementById('toast-say').textContent = 'Dust and Neon plays next.'; scrollTo(0, 200)";
        host.browser.run(say).expect("said");
        host.browser.screenshot(&pictures().join(format!("host-said-{}.png", window.0))).expect("a picture");
    }
}

#[test]
fn the_small_bar_of_the_hosts_page_comes_only_when_what_plays_is_out_of_sight() {
    let Some(party) = host_party() else { return };
    let browser = Browser::open(&Options::default()).expect("a browser");
    let watch = "window.testNeeded = [];
      new MutationObserver((news) => news.forEach(({ target }) => target.id === 'mini' && window.testNeeded.push(target.dataset.needed)))
        .observe(document, { subtree: true, attributes: true, attributeFilter: ['data-needed'] })";
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": watch })).expect("watched");
    browser.go(&party.running.url("/host")).expect("the page opens");
    let drawn =
        "document.getElementById('page').dataset.role === 'host' && document.getElementById('title').textContent !== ''
      && new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))";
    browser.wait_for(drawn, PATIENCE).expect("a host's page");
    browser.wait_for("window.testNeeded.length > 0", PATIENCE).expect("it was looked at");
    let seen = browser.run("return window.testNeeded").expect("what it was");
    assert!(seen.as_array().is_some_and(|seen| seen.iter().all(|one| one == "false")), "{seen}");
    browser.click("#tab-music").expect("another part");
    browser.wait_for("window.testNeeded.at(-1) === 'true'", PATIENCE).expect("it stands in for the card");
    browser.click("#tab-queue").expect("back");
    browser.wait_for("window.testNeeded.at(-1) === 'false'", PATIENCE).expect("it goes");
}

#[test]
fn a_tap_before_the_page_is_ready_is_remembered() {
    let Some(running) = start() else { return };
    let options = Options { until_loaded: false, ..Options::default() };
    let guest = Guest::visit(&running.url(""), &options).expect("the page opens");
    // The modules are late, as on a radio that is full: the button is there long before them.
    guest.browser.devtools("Network.enable", &json!({})).expect("a network");
    guest.browser.devtools("Network.setCacheDisabled", &json!({ "cacheDisabled": true })).expect("nothing is kept");
    let slow = json!({ "offline": false, "latency": 400, "downloadThroughput": 8_000, "uploadThroughput": 8_000 });
    guest.browser.devtools("Network.emulateNetworkConditions", &slow).expect("a slow network");
    guest.browser.run("location.reload()").expect("anew");
    let early = "document.readyState !== 'loading' && document.getElementById('state')?.textContent === 'One moment…'
      && performance.getEntriesByType('resource').some(({ name, responseEnd }) => name.includes('early') && responseEnd > 0)";
    guest.browser.wait_for(early, PATIENCE).expect("painted, and not ready");
    assert!(!guest.browser.text().contains("Ready to play"), "only said when it is true");
    guest.browser.click("#play").expect("a tap");
    guest.until("live", PATIENCE).expect("it was remembered");
}

#[test]
fn a_full_box_says_so_and_lets_in_whoever_waited() {
    if let Some(reason) = tests::browser::missing() {
        println!("{reason}");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("partybox.toml");
    let text = "[webrtc]\nlisteners_max = 1\n[mp3]\nlisteners_max = 1\n";
    std::fs::write(&file, text).expect("a file");
    let Some(running) = Running::start(&["--config", file.to_str().expect("UTF-8")]) else { return };
    let (one, two, three) = (guest(&running), guest(&running), guest(&running));
    one.tap().expect("a tap");
    one.until("live", PATIENCE).expect("live");
    two.tap().expect("a tap");
    two.until("pocket", PATIENCE).expect("the other way");
    three.tap().expect("a tap");
    three.until_shown("The box is full", PATIENCE).expect("the truth");
    three.until_shown("tries again every 10 seconds", PATIENCE).expect("and what happens next");
    one.tap().expect("the first one stops");
    three.until("live", PATIENCE).expect("its place is taken, without a tap");
}

#[test]
fn two_tabs_of_one_phone_are_no_echo() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    let open = || {
        let window = guest.browser.open_window(&running.url("/")).expect("a window");
        guest.browser.wait_for("!document.getElementById('listeners').hidden", PATIENCE).expect("the page");
        guest.tap().expect("a tap");
        guest.until("live", PATIENCE).expect("live");
        window
    };
    let first = open();
    open();
    guest.browser.turn_to(&first).expect("the first tab again");
    guest.until("idle", PATIENCE).expect("silent here");
    guest.until_shown("plays in another tab", PATIENCE).expect("and why");
    running.until("/api/party/status", PATIENCE, |status| status["listeners"]["live"] == 1);
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("it comes back here");
    guest.hears(AUDIBLE, PATIENCE).expect("sound");
}
