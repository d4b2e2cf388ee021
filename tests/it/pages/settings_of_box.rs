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
    browser.run(&format!("document.querySelector({}).select()", Value::from(selector))).expect("a field");
    browser.press(selector, text).expect("typed");
}

#[test]
fn a_host_sets_the_box_up_and_applies_all_of_it_with_one_button() {
    let Some((_folder, running)) = own("name = \"File\"") else { return };
    let host = Host::visit(&running.url(""), &options(PHONE, true)).expect("the page opens");
    host.until_role("host", PATIENCE).expect("a host by its address");
    host.part("box").expect("the box");
    let there = "document.querySelector('#boxset-opus summary')";
    host.browser.wait_for(there, PATIENCE).expect("sections");
    host.tap("#boxset-box > summary").expect("a section");
    host.tap("#boxset-opus > summary").expect("another");
    // At once: the name is on the page.
    fill(&host.browser, "#set-name", "Garden\u{e007}");
    until(&running, "name", &"Garden".into(), "page");
    host.browser
        .wait_for("document.getElementById('box-name').textContent === 'Garden'", PATIENCE)
        .expect("its effect");
    host.until_shown("Go back to: File", PATIENCE).expect("the way back");
    // Later: it waits, and one button does all of it.
    fill(&host.browser, "#set-opus-complexity", "3\u{e007}");
    host.tap("#set-opus-fec").expect("a switch");
    until(&running, "opus.fec", &false.into(), "page");
    host.until_shown("Waiting for a restart: 2", PATIENCE).expect("told");
    look(&host.browser, "host-settings-pending", PHONE);
    host.tap("#boxset-restart-go").expect("the button");
    host.tap("#sure-yes").expect("surely");
    let applied =
        || said(&running, "opus.complexity")["pending"] == false && said(&running, "opus.fec")["pending"] == false;
    assert!(wait::comes_true(PATIENCE, applied), "{}", said(&running, "opus.complexity"));
    host.browser.wait_for("document.getElementById('boxset-restart').hidden", PATIENCE).expect("nothing waits");
    host.browser
        .wait_for("document.body.dataset.reachable === 'true'", PATIENCE)
        .expect("the page came back by itself");
    assert_eq!(said(&running, "opus.complexity")["value"], 3);
    host.tap("[data-key=name] .set-back").expect("the way back");
    until(&running, "name", &"File".into(), "file");
    host.browser.wait_for("document.getElementById('set-name').value === 'File'", PATIENCE).expect("shown");
}

#[test]
fn every_section_looks_right_on_every_screen_and_in_every_direction() {
    let Some((_folder, running)) = own("") else { return };
    for (window, dark, kind, language) in [
        (NARROW, true, "narrow", "en"),
        (PHONE, false, "light", "de"),
        (NARROW, true, "rtl", "ar"),
        (WIDE, true, "wide", "en"),
    ] {
        let host = Host::visit(&running.url(""), &options(window, dark)).expect("the page opens");
        host.browser.run(&format!("localStorage.setItem('partybox.language', '{language}')")).expect("kept");
        host.browser.reload().expect("the page");
        host.until_role("host", PATIENCE).expect("still a host");
        host.part("box").expect("the box");
        host.browser.wait_for("document.querySelector('#boxset-fixed summary')", PATIENCE).expect("sections");
        host.browser
            .run("document.querySelectorAll('#boxset-box details').forEach((one) => { one.open = true; })")
            .expect("open");
        look(&host.browser, &format!("host-settings-{kind}"), window);
        let unknown = "return [...document.querySelectorAll('#boxset-box *')].filter((one) => one.children.length === 0 && /^set\\./.test(one.textContent)).map((one) => one.textContent)";
        assert_eq!(host.browser.run(unknown).expect("texts"), Value::Array(vec![]), "words are missing");
    }
}

#[test]
fn the_first_host_is_asked_once_and_everything_is_filled_in() {
    let Some((_folder, running)) = own("") else { return };
    for (window, kind) in [(NARROW, "narrow"), (WIDE, "wide")] {
        let host = paired(&running, &options(window, true));
        host.browser.wait_for("document.getElementById('first').open", PATIENCE).expect("it asks");
        let filled = "['first-name', 'first-ssid', 'first-passphrase'].every((id) => document.getElementById(id).value.length > 3)";
        host.browser.wait_for(filled, PATIENCE).expect("good answers");
        look(&host.browser, &format!("host-first-{kind}"), window);
    }
    let host = paired(&running, &options(PHONE, true));
    host.browser.wait_for("document.getElementById('first').open", PATIENCE).expect("nobody has answered yet");
    host.tap("#first-country option[value=DE]").expect("a country");
    fill(&host.browser, "#first-name", "Garden");
    host.tap("#first-form [type=submit]").expect("that is all");
    until(&running, "name", &"Garden".into(), "page");
    until(&running, "wifi.country", &"DE".into(), "page");
    let applied = || said(&running, "wifi.country")["pending"] == false;
    assert!(wait::comes_true(PATIENCE, applied), "it opens 5 GHz by a restart");
    host.browser.wait_for("document.body.dataset.reachable === 'true'", PATIENCE).expect("the page came back");
    host.browser.reload().expect("the page again");
    host.until_role("host", PATIENCE).expect("still a host");
    host.part("box").expect("the box");
    host.browser.wait_for("document.querySelector('#boxset-wifi summary')", PATIENCE).expect("it has been told");
    let open = host.browser.run("return document.getElementById('first').open").expect("a dialog");
    assert_eq!(open, Value::Bool(false), "it asks again");
}

#[test]
fn a_computer_that_is_no_network_of_its_own_asks_nobody() {
    let Some(running) = start() else { return };
    let asks = ureq::get(running.url("/api/box/settings"))
        .call()
        .and_then(|mut answer| answer.body_mut().read_json::<Value>());
    assert_eq!(asks.expect("settings")["asks"], false);
}

/// A host's page of a phone that is paired: the page is told so in place of a press of the button.
fn paired(running: &Running, options: &Options) -> Host {
    let browser = Browser::open(options).expect("a browser");
    let answers = "
        const own = window.fetch;
        window.fetch = (path, init) =>
          path === '/api/pairing' && (init?.method ?? 'GET') === 'GET'
            ? Promise.resolve(new Response('{\"state\":\"host\",\"id\":1,\"label\":10}', { status: 200 }))
            : own(path, init);";
    let script = serde_json::json!({ "source": answers });
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", &script).expect("a script");
    browser.go(&running.url("/host")).expect("the page opens");
    let host = Host { browser };
    host.until_role("host", PATIENCE).expect("a host by its address");
    host
}
