//! Coming in and being let in: without a camera, without a button, and as a DJ who is told so.

use std::fs;

use serde_json::json;
use tests::browser::{Browser, Options, missing};
use tests::program::Running;

use super::looks::pictures;
use super::stage::resize;
use super::{PATIENCE, guest, start_with_records};

/// A box with this configuration, of whom nobody is host but by address. `None`, with the reason printed, where something
/// needed is missing.
fn start_as(text: &str, options: &[&str]) -> Option<(Running, tempfile::TempDir)> {
    if let Some(reason) = missing() {
        println!("{reason}");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("partybox.toml");
    fs::write(&file, text).expect("a file");
    let mut all = vec!["--config", file.to_str().expect("UTF-8")];
    all.extend(options);
    Some((Running::start(&all)?, folder))
}

const NETWORK: &str = "[wifi]\nssid = \"Garden party\"\npassphrase = \"maple-otter-73\"\n";

#[test]
fn who_has_no_camera_reads_network_password_and_name() {
    let Some((running, _folder)) = start_as(NETWORK, &["--host-from", "127.0.0.1/32"]) else { return };
    let browser = Browser::open(&Options::default()).expect("a browser");
    let reads = |wanted: &[&str]| {
        for text in wanted {
            let shown = format!("document.body.innerText.includes('{text}')");
            browser.wait_for(&shown, PATIENCE).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    };
    browser.go(&running.url("/host")).expect("the page opens");
    browser.wait_for("document.getElementById('page').dataset.role === 'host'", PATIENCE).expect("a host");
    browser.click("#tab-people").expect("the people");
    reads(&["Garden party", "maple-otter-73", "party.internal"]);
    for width in [320, 390] {
        resize(&browser, (width, 844));
        // What is typed is read in one go: no break after a hyphen.
        // A box is asked on port 80, which no name says.
        let broken = "document.getElementById('page-name').textContent = 'party.internal';
        return [...document.querySelectorAll('.typed b, #invite-address')].filter((one) => one.textContent !== '').filter((one) => {
          const range = document.createRange();
          range.selectNodeContents(one);
          return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size !== 1;
        }).map((one) => one.textContent)";
        assert_eq!(browser.run(broken).expect("a judgement"), json!([]), "{width}");
        browser.run("document.querySelector('.invite').scrollIntoView({ block: 'center' })").expect("in sight");
        browser.screenshot(&pictures().join(format!("host-typed-{width}.png"))).expect("a picture");
    }
    browser.go(&running.url("/poster")).expect("the page opens");
    reads(&["Garden party", "maple-otter-73", "party.internal"]);
    browser.go(&running.url("/screen")).expect("the page opens");
    reads(&["Garden party", "maple-otter-73", "party.internal"]);
    // The host would rather not have it read aloud.
    browser.go(&running.url("/screen?words=no")).expect("the page opens");
    browser.wait_for("document.getElementById('wifi').naturalWidth > 0", PATIENCE).expect("the code");
    reads(&["party.internal"]);
    assert!(!browser.text().contains("maple-otter-73"), "{}", browser.text());
}

#[test]
fn who_is_no_host_reads_no_password() {
    let Some((running, _folder)) = start_as(NETWORK, &["--host-from", ""]) else { return };
    let browser = Browser::open(&Options::default()).expect("a browser");
    for page in ["/screen", "/poster", "/host", "/"] {
        browser.go(&running.url(page)).expect("the page opens");
        browser.wait_for("document.readyState === 'complete'", PATIENCE).expect("loaded");
        let asked = "(async () => (await fetch('/api/invitation')).status)()";
        assert_eq!(browser.wait_for(asked, PATIENCE).expect("an answer"), 403, "{page}");
        assert!(!browser.text().contains("maple-otter-73"), "{page}: {}", browser.text());
    }
}

#[test]
fn a_box_without_a_button_says_what_to_do_and_counts_down_for_nobody() {
    let Some((running, _folder)) = start_as("", &["--host-from", "", "--board", "none"]) else { return };
    let browser = Browser::open(&Options::default()).expect("a browser");
    browser.go(&running.url("/host")).expect("the page opens");
    let told = "document.body.innerText.includes('--host-from 127.0.0.1')";
    browser.wait_for(told, PATIENCE).expect("what whoever runs it can do");
    browser.wait_for("!document.getElementById('pairing-button').checkVisibility()", PATIENCE).expect("no dead end");
    assert!(!browser.text().contains("pair button"), "{}", browser.text());
}

#[test]
fn a_box_in_a_terminal_names_the_key() {
    let Some((running, _folder)) = start_as("", &["--host-from", "", "--board", "sim"]) else { return };
    let browser = Browser::open(&Options::default()).expect("a browser");
    browser.go(&running.url("/host")).expect("the page opens");
    let told = "document.body.innerText.includes('press the key h in the terminal')";
    browser.wait_for(told, PATIENCE).expect("the key");
    browser.click("#pairing-button").expect("a tap");
    browser.wait_for("document.body.innerText.includes('Press h in the terminal')", PATIENCE).expect("and again");
}

#[test]
fn a_guest_who_is_made_dj_is_told_and_finds_the_way() {
    let Some(mut party) = start_with_records() else { return };
    let guest = guest(&party.running);
    let label = "(async () => (await (await fetch('/api/queue')).json()).you?.label)()";
    let label = guest.browser.wait_for(label, PATIENCE).expect("a number");
    let link = "document.getElementById('dj-link').checkVisibility()";
    assert_eq!(guest.browser.run(&format!("return {link}")).expect("a judgement"), false, "a guest steers nothing");
    party.host("PUT", &format!("/api/guests/{label}/dj"), None);
    guest.until_said("The host made you DJ", PATIENCE).expect("told");
    guest.browser.wait_for(link, PATIENCE).expect("the way");
    guest.browser.click("#dj-link").expect("a tap");
    guest.browser.wait_for("document.getElementById('page').dataset.role === 'dj'", PATIENCE).expect("the DJ's page");
    guest.browser.run("history.back()").expect("back");
    party.host("DELETE", &format!("/api/guests/{label}/dj"), None);
    guest.until_said("You are no longer DJ", PATIENCE).expect("told");
    guest.browser.wait_for(&format!("!{link}"), PATIENCE).expect("and the way is gone");
}

#[test]
fn a_host_who_takes_no_wishes_is_read_of_where_wishes_are_made() {
    let Some(mut party) = start_with_records() else { return };
    party.host("PUT", "/api/party/settings", Some(json!({ "requests": "off" })));
    let guest = guest(&party.running);
    for part in ["queue", "music"] {
        guest.browser.run(&format!("location.hash = '/{part}'")).expect("a part");
        guest.until_shown("The host takes no requests right now.", PATIENCE).expect(part);
    }
}
