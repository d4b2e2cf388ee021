//! The page that says why nothing is heard: each sentence from what is really so.

use serde_json::json;
use tests::guest::Guest;

use super::{PATIENCE, guest, start};

/// Goes from the guest page to the page that says why, as the link there does, and waits for its verdict.
fn ask_why(guest: &Guest) {
    guest.browser.run("location.href = '/why'").expect("the page opens");
    let said = "location.pathname === '/why' && !document.getElementById('page').hasAttribute('aria-busy')";
    guest.browser.wait_for(said, PATIENCE).expect("a verdict");
}

#[test]
fn a_guest_who_has_not_tapped_is_told_to() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    ask_why(&guest);
    guest.until_shown("The music was not started on this phone.", PATIENCE).expect("the reason");
    let reasons = guest.browser.run("return document.querySelectorAll('#reasons li').length").expect("a list");
    assert_eq!(reasons, 1, "{}", guest.browser.text());
}

#[test]
fn a_pause_and_a_volume_of_zero_are_both_said() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    guest
        .browser
        .run("const v = document.getElementById('volume'); v.value = 0; v.dispatchEvent(new Event('input'));")
        .expect("silent");
    running.post("/api/party/pause");
    guest.until_shown("The host has paused the music", PATIENCE).expect("paused");
    guest.browser.wait_for("!document.getElementById('why-link').hidden", PATIENCE).expect("a way to find out");
    ask_why(&guest);
    for reason in ["The host has paused the music.", "The volume on the page is at zero."] {
        guest.until_shown(reason, PATIENCE).expect(reason);
    }
    guest.until_shown("Press play on the host’s page", PATIENCE).expect("what a host can do, because this one is");
}

#[test]
fn a_phone_that_lets_no_udp_through_is_told_so_and_everything_else_is_right() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    // The box is asked and answers, but no packet comes: the phone throws away the address of the sound.
    let deaf = "const real = RTCPeerConnection.prototype.setRemoteDescription;
      RTCPeerConnection.prototype.setRemoteDescription = function (answer) {
        return real.call(this, { ...answer, sdp: answer.sdp.replace(/^a=candidate.*$/gm, '').replace(/(\\r?\\n)+/g, '\\r\\n') });
      };";
    guest.browser.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": deaf })).expect("deaf");
    ask_why(&guest);
    guest.until_shown("The sound does not get through to this phone.", PATIENCE).expect("the reason");
}

#[test]
fn another_tab_that_plays_is_found() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    guest.browser.open_tab(&running.url("/why")).expect("a second tab");
    guest.until_shown("Another tab on this phone is playing.", PATIENCE).expect("the reason");
}
