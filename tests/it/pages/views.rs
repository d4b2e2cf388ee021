//! The pages of one phone within one document: the sound goes on from page to page, and what explains silence is there
//! when the box is not.

use tests::browser::Options;
use tests::guest::Guest;
use tests::host::Host;

use super::{AUDIBLE, PATIENCE, guest, start};

/// Has the page count whatever stops the sound from now on.
fn watch(guest: &Guest) {
    let counted = "window.testPauses = 0;
      document.getElementById('audio').addEventListener('pause', () => (window.testPauses += 1));";
    guest.browser.run(counted).expect("counted");
}

/// Waits until more is heard than now, in the document that was watched, and nothing has stopped the sound.
fn goes_on(guest: &Guest) {
    let before = guest.played().expect("a position");
    let more = format!("document.getElementById('audio').currentTime > {before} + 0.5");
    guest.browser.wait_for(&more, PATIENCE).expect("the sound goes on");
    guest.hears(AUDIBLE, PATIENCE).expect("and can be heard");
    assert_eq!(guest.browser.run("return window.testPauses").expect("a count"), 0, "it was never stopped");
}

/// Taps a link, wherever on the page it is.
fn follow(guest: &Guest, link: &str) {
    guest.browser.run(&format!("document.querySelector('{link}').scrollIntoView({{ block: 'center' }})")).expect(link);
    guest.browser.click(link).expect("a tap");
}

#[test]
fn a_host_hears_and_steers_on_one_phone() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    watch(&guest);
    guest.browser.run("location.hash = '/more'").expect("the settings");
    follow(&guest, "a[href=\"/host\"]");
    guest
        .browser
        .wait_for("document.getElementById('page').dataset.role === 'host'", PATIENCE)
        .expect("the host's page");
    guest.browser.wait_for("location.pathname === '/host'", PATIENCE).expect("its own address");
    goes_on(&guest);
    guest.until_shown("Volume of the party", PATIENCE).expect("what a host steers with");
    guest.browser.click("#toggle").expect("a tap");
    running.until("/api/party/status", PATIENCE, |status| status["playing"] == false);
    // Until the page knows, its button is the same as before.
    let knows = "document.getElementById('toggle-label').textContent === 'Play for everybody'";
    guest.browser.wait_for(knows, PATIENCE).expect("the page says that it is paused");
    guest.browser.click("#toggle").expect("another tap");
    goes_on(&guest);
    guest.browser.run("history.back()").expect("the phone's own way back");
    guest.until("live", PATIENCE).expect("live, without a tap");
    guest.browser.wait_for("location.hash === '#/more'", PATIENCE).expect("where the guest was");
    guest.until_shown("Your name at this party", PATIENCE).expect("the settings again");
    goes_on(&guest);
    // Forward again by the phone, and back by the page's own link.
    guest.browser.run("history.forward()").expect("forward");
    guest
        .browser
        .wait_for("document.getElementById('page').dataset.role === 'host'", PATIENCE)
        .expect("the host's page");
    follow(&guest, "a[href=\"/\"]");
    guest.until_shown("Your name at this party", PATIENCE).expect("the settings again");
    goes_on(&guest);
    let complaints = guest.browser.console().expect("a log");
    // A session that a busy machine lost is not there to be left.
    let known = |line: &String| line.contains("/api/qr/wifi") || line.contains("/whep/");
    assert!(complaints.iter().all(known), "{complaints:?}");
}

#[test]
fn the_reasons_for_silence_are_looked_for_while_the_sound_goes_on() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    guest.browser.run("location.hash = '/more'").expect("the settings");
    follow(&guest, "#more a[href=\"/why\"]");
    guest.until_shown("Everything looks right from here", PATIENCE).expect("this phone is no other tab of its own");
    let before = guest.played().expect("a position");
    let more = format!("document.getElementById('audio').currentTime > {before} + 0.5");
    guest.browser.wait_for(&more, PATIENCE).expect("the sound goes on");
    follow(&guest, ".line-up a[href=\"/\"]");
    guest.until("live", PATIENCE).expect("live, without a tap");
}

#[test]
fn the_hosts_own_listen_sounds_and_goes_on_at_the_party_page() {
    let Some(running) = start() else { return };
    let host = Host::visit(&running.url(""), &Options::default()).expect("the page opens");
    host.until_role("host", PATIENCE).expect("a host");
    host.tap("#listen").expect("a tap");
    host.browser.wait_for("document.getElementById('listen').innerText === 'Live'", PATIENCE).expect("live");
    let guest = Guest { browser: host.browser };
    guest.hears(AUDIBLE, PATIENCE).expect("sound");
    follow(&guest, "a[href=\"/\"]");
    guest.until("live", PATIENCE).expect("the party page knows");
    let before = guest.played().expect("a position");
    let more = format!("document.getElementById('audio').currentTime > {before} + 0.5");
    guest.browser.wait_for(&more, PATIENCE).expect("the sound goes on");
    guest.tap().expect("the second tap");
    guest.until("idle", PATIENCE).expect("stops it");
}

#[test]
fn who_asks_why_when_the_box_is_gone_is_answered() {
    let Some(mut running) = start() else { return };
    let guest = guest(&running);
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    let travelled = "performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/joined/why.js'))";
    guest.browser.wait_for(travelled, PATIENCE).expect("the answer travels with the page");
    running.end();
    guest.browser.wait_for("!document.getElementById('why-link').hidden", PATIENCE).expect("a way to find out");
    follow(&guest, "#why-link");
    guest.until_shown("The box does not answer.", PATIENCE).expect("the reason");
    guest.until_shown("Check that this phone is on the party’s Wi‑Fi", PATIENCE).expect("and what to do");
    assert_eq!(guest.browser.run("return location.pathname").expect("an address"), "/why");
    running.restart();
    follow(&guest, ".line-up a[href=\"/\"]");
    guest.until("live", PATIENCE).expect("live again, without a tap");
    guest.hears(AUDIBLE, PATIENCE).expect("sound");
}
