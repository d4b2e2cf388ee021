//! The settings of the box on the host's page, and what a box that nobody has told anything asks its first host.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tests::browser::{Browser, Options, missing};
use tests::host::Host;
use tests::program::Running;
use tests::wait;

use super::looks::{PHONE, look};
use super::{PATIENCE, start};

/// The smallest phone and a wide page.
const NARROW: (u32, u32) = (320, 640);
const WIDE: (u32, u32) = (1440, 900);

fn options(window: (u32, u32), dark: bool) -> Options {
    Options { window, dark, ..Options::default() }
}

/// A box that is its own network, with this in its configuration.
fn own(text: &str) -> Option<(tempfile::TempDir, Running)> {
    if let Some(reason) = missing() {
        println!("{reason}");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let config: PathBuf = folder.path().join("own.toml");
    fs::write(&config, format!("wifi.own = true\n{text}")).expect("a file");
    let running = Running::start(&["--config".as_ref(), config.as_os_str()])?;
    Some((folder, running))
}

fn said(running: &Running, key: &str) -> Value {
    let body = ureq::get(running.url("/api/box/settings")).call().and_then(|mut answer| answer.body_mut().read_json());
    let body: Value = body.unwrap_or_default();
    let settings = body["settings"].as_array().into_iter().flatten();
    settings.into_iter().find(|setting| setting["key"] == key).cloned().unwrap_or_default()
}

fn until(running: &Running, key: &str, value: &Value, origin: &str) {
    let holds = || {
        let said = said(running, key);
        said["value"] == *value && said["origin"] == origin
    };
    assert!(wait::comes_true(PATIENCE, holds), "{key} is {}", said(running, key));
}

/// Types over what a field holds.
fn fill(browser: &Browser, selector: &str, text: &str) {
    let field = format!("document.querySelector({})", Value::from(selector));
    browser.run(&format!("{field}.focus(); {field}.value = '';")).expect("a field");
    browser.press(selector, text).expect("typed");
}

/// The page with the settings, open.
fn visit(running: &Running, options: &Options) -> Browser {
    let browser = Browser::open(options).expect("a browser");
    browser.go(&running.url("/settings")).expect("the page opens");
    browser.wait_for("document.querySelector('#section-fixed summary')", PATIENCE).expect("sections");
    browser
}

fn shows(browser: &Browser, text: &str) {
    let shown = format!("document.body.innerText.includes({})", Value::from(text));
    browser.wait_for(&shown, PATIENCE).unwrap_or_else(|error| panic!("{text}: {error}"));
}

/// Scrolls something to the middle of the screen and taps it.
fn tap(browser: &Browser, selector: &str) {
    let selected = Value::from(selector);
    let scroll = format!("document.querySelector({selected})?.scrollIntoView({{ block: 'center' }})");
    browser.run(&scroll).expect("scrolled");
    browser.click(selector).unwrap_or_else(|error| panic!("{selector}: {error}"));
}

#[test]
fn a_host_sets_the_box_up_and_applies_all_of_it_with_one_button() {
    let Some((_folder, running)) = own("name = \"File\"") else { return };
    let host = Host::visit(&running.url(""), &options(PHONE, true)).expect("the page opens");
    host.until_role("host", PATIENCE).expect("a host by its address");
    host.part("box").expect("the box");
    host.tap("#box-settings").expect("the way there");
    let page = &host.browser;
    page.wait_for("document.querySelector('#section-opus summary')", PATIENCE).expect("sections");
    tap(page, "#section-box > summary");
    tap(page, "#section-opus > summary");
    // At once.
    fill(page, "#set-name", "Garden\u{e007}");
    until(&running, "name", &"Garden".into(), "page");
    let name = ureq::get(running.url("/api/party/status")).call().and_then(|mut answer| answer.body_mut().read_json());
    assert_eq!(name.map(|status: Value| status["name"].clone()).ok(), Some("Garden".into()), "its effect");
    shows(page, "Go back to: File");
    // Later: it waits, and one button does all of it.
    fill(page, "#set-opus-complexity", "3\u{e007}");
    until(&running, "opus.complexity", &3.into(), "page");
    tap(page, "#set-opus-fec");
    until(&running, "opus.fec", &false.into(), "page");
    shows(page, "Waiting for a restart: 2");
    look(page, "settings-pending", PHONE);
    tap(page, "#restart-go");
    page.click("#sure-yes").expect("surely");
    let applied = ["opus.complexity", "opus.fec"];
    let is_applied = || applied.iter().all(|key| said(&running, key)["pending"] == false);
    assert!(wait::comes_true(PATIENCE, is_applied), "{}", said(&running, "opus.complexity"));
    page.wait_for("document.getElementById('restart').hidden", PATIENCE).expect("nothing waits, and the page is back");
    assert_eq!(said(&running, "opus.complexity")["value"], 3);
    tap(page, "[data-key=name] .foot .button");
    until(&running, "name", &"File".into(), "file");
    page.wait_for("document.getElementById('set-name').value === 'File'", PATIENCE).expect("shown");
    // What is not possible is said, and nothing changes.
    fill(page, "#set-opus-complexity", "11\u{e007}");
    shows(page, "cannot be that");
    assert_eq!(said(&running, "opus.complexity")["value"], 3);
}

#[test]
fn every_section_looks_right_on_every_screen_and_in_every_direction() {
    let Some((_folder, running)) = own("") else { return };
    for (window, dark, kind, language) in [
        (NARROW, true, "narrow", "pl"),
        (PHONE, false, "light", "de"),
        (NARROW, true, "rtl", "ar"),
        (WIDE, true, "wide", "en"),
    ] {
        let page = visit(&running, &options(window, dark));
        page.run(&format!("localStorage.setItem('partybox.language', '{language}')")).expect("kept");
        page.reload().expect("the page");
        page.wait_for("document.querySelector('#section-fixed summary')", PATIENCE).expect("sections");
        page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })").expect("open");
        look(&page, &format!("settings-{kind}"), window);
        let unknown = "return [...document.querySelectorAll('main *')].map((one) => one.textContent).filter((text) => /^set\\./.test(text))";
        assert_eq!(page.run(unknown).expect("texts"), Value::Array(vec![]), "words are missing");
        assert_eq!(page.console().expect("a log"), Vec::<String>::new());
    }
}

#[test]
fn the_first_host_is_asked_once_and_everything_is_filled_in() {
    let Some((_folder, running)) = own("") else { return };
    for (window, kind) in [(NARROW, "narrow"), (WIDE, "wide")] {
        let page = paired(&running, &options(window, true));
        page.wait_for("document.getElementById('first')?.open", PATIENCE).expect("it asks");
        let fields = "['first-name', 'first-ssid', 'first-passphrase']";
        let filled = format!("{fields}.every((id) => document.getElementById(id).value.length > 3)");
        page.wait_for(&filled, PATIENCE).expect("good answers");
        look(&page, &format!("settings-first-{kind}"), window);
    }
    let page = paired(&running, &options(PHONE, true));
    page.wait_for("document.getElementById('first')?.open", PATIENCE).expect("nobody has answered yet");
    page.click("#first-country option[value=DE]").expect("a country");
    fill(&page, "#first-name", "Garden");
    tap(&page, "#first-form [type=submit]");
    until(&running, "name", &"Garden".into(), "page");
    until(&running, "wifi.country", &"DE".into(), "page");
    let applied = || said(&running, "wifi.country")["pending"] == false;
    assert!(wait::comes_true(PATIENCE, applied), "it opens 5 GHz by a restart");
    let page = paired(&running, &options(PHONE, true));
    page.go(&running.url("/settings")).expect("the page with the settings");
    page.wait_for("document.querySelector('#section-wifi summary')", PATIENCE).expect("it has been told");
    let open = page.run("return document.getElementById('first').open").expect("a dialog");
    assert_eq!(open, Value::Bool(false), "it asks again");
}

#[test]
fn a_box_that_does_not_know_the_time_is_told_it_by_one_tap_of_the_first_hosts_phone() {
    // In Germany nobody is asked what has been said already.
    let Some((_folder, running)) = own("wifi.country = \"DE\"") else { return };
    let page = paired_where(&running, &options(PHONE, true), CLOCK);
    page.wait_for("document.querySelector('#clock .primary')", PATIENCE).expect("it offers");
    look(&page, "host-clock", PHONE);
    tap(&page, "#clock .primary");
    shows(&page, "The clock of the box is set.");
    let told = page.run("return Math.abs(JSON.parse(sessionStorage.told).unix_ms - Date.now()) < 60000").expect("told");
    assert_eq!(told, Value::Bool(true), "the phone's own time");
    let zone = page.run("return Intl.DateTimeFormat().resolvedOptions().timeZone").expect("a zone");
    until(&running, "time_zone", &zone, "page");
    page.wait_for("!document.getElementById('clock')", PATIENCE).expect("it asks no more");
    // The settings say who is in charge, and offer it again.
    page.go(&running.url("/settings")).expect("the page with the settings");
    page.wait_for("document.querySelector('#section-box summary')", PATIENCE).expect("sections");
    tap(&page, "#section-box > summary");
    shows(&page, "Nobody has told the box what time it is.");
    let plain = visit(&running, &options(PHONE, true));
    tap(&plain, "#section-box > summary");
    shows(&plain, "The clock of this machine is set by its system.");
    assert_eq!(page.console().expect("a log"), Vec::<String>::new());
}

#[test]
fn a_guest_is_shown_no_setting_and_a_computer_in_a_house_asks_nobody() {
    let Some(running) = start() else { return };
    let body = ureq::get(running.url("/api/box/settings")).call().and_then(|mut answer| answer.body_mut().read_json());
    assert_eq!(body.map(|said: Value| said["asks"].clone()).ok(), Some(Value::Bool(false)));
    let Some(foreign) = Running::start(&["--host-from", "127.0.0.2/32"]) else { return };
    let page = Browser::open(&options(PHONE, true)).expect("a browser");
    page.go(&foreign.url("/settings")).expect("the page opens");
    page.wait_for("!document.getElementById('gate').hidden", PATIENCE).expect("it is for hosts");
    assert_eq!(page.run("return document.querySelectorAll('.row').length").expect("rows"), 0);
}

/// What a card says whose clock nobody has set, and keeps of what it is told.
const CLOCK: &str = "
    const plain = window.fetch;
    window.fetch = async (path, init) => {
      const method = init?.method ?? 'GET';
      if (path === '/api/box/clock' && JSON.parse(init.body).set) {
        sessionStorage.told = init.body;
        return new Response(null, { status: 204 });
      }
      const answer = await plain(path, init);
      if (path !== '/api/box/settings' || method !== 'GET') return answer;
      const said = { ...(await answer.json()), clock: { by: 'nobody', settable: true } };
      return new Response(JSON.stringify(said), { status: 200 });
    };";

/// The host's page on a phone that is paired: the page is told so in place of a press of the button.
fn paired(running: &Running, options: &Options) -> Browser {
    paired_where(running, options, "")
}

/// The same where this script is run before all others.
fn paired_where(running: &Running, options: &Options, before: &str) -> Browser {
    let browser = Browser::open(options).expect("a browser");
    let answers = "
        const own = window.fetch;
        window.fetch = (path, init) =>
          path === '/api/pairing' && (init?.method ?? 'GET') === 'GET'
            ? Promise.resolve(new Response('{\"state\":\"host\",\"id\":1,\"label\":10}', { status: 200 }))
            : own(path, init);";
    let script = serde_json::json!({ "source": format!("{before}{answers}") });
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", &script).expect("a script");
    browser.go(&running.url("/host")).expect("the page opens");
    browser
}
