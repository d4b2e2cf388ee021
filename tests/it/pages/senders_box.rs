//! Senders on the host's page: tokens that are made, shown once and taken back, and the faders of those who play together. What
//! either does to the sound is tested where sound is sent.

use serde_json::json;
use tests::browser::Options;
use tests::caller::Caller;

use super::PATIENCE;
use super::dj::Killed;
use super::host::party;
use super::looks::{look, pictures};

#[test]
fn a_host_makes_a_token_for_a_sender_sees_it_once_and_takes_it_back() {
    let Some(party) = party() else { return };
    let host = party.host(&Options::default());
    host.part("people").expect("the people");
    host.until_shown("There is no token yet.", PATIENCE).expect("none");
    host.browser.press("#sender-name", "Desk").expect("a name");
    host.tap("#sender-form button").expect("made");
    host.until_shown("Only now", PATIENCE).expect("shown");
    let token =
        host.browser.wait_for("document.getElementById('sender-token').textContent", PATIENCE).expect("a token");
    assert!(token.as_str().is_some_and(|token| token.len() >= 16), "{token}");
    let address = host.browser.run("return document.getElementById('sender-address').textContent").expect("an address");
    assert!(address.as_str().is_some_and(|address| address.ends_with("/whip/main")), "{address}");
    let drawn =
        "document.getElementById('sender-code').complete && document.getElementById('sender-code').naturalWidth > 0";
    host.browser.wait_for(drawn, PATIENCE).expect("a QR code");
    host.browser.screenshot(&pictures().join("host-sender-token.png")).expect("a picture");
    host.tap("#sender-close").expect("I have it");
    assert_eq!(host.browser.run("return document.getElementById('sender-token').textContent").expect("gone"), "");
    host.browser.wait_for("document.querySelectorAll('#senders li').length === 1", PATIENCE).expect("in the list");
    host.tap("[aria-label='Remove the token of Desk']").expect("taken back");
    host.until_shown("There is no token yet.", PATIENCE).expect("none");
    let all = party.get("/api/senders");
    assert_eq!(all["tokens"], json!([]), "{all}");
}

#[test]
fn a_host_lets_two_play_together_moves_a_fader_and_ends_one_of_them() {
    let Some(party) = party() else { return };
    let mut caller = Caller::new([127, 0, 0, 1].into(), party.running.address);
    let window = (360, 780);
    let host = party.host(&Options { window, ..Options::default() });
    host.part("people").expect("the people");
    host.tap("#senders-together").expect("the switch");
    party.running.until("/api/party/status", PATIENCE, |status| status["settings"]["together"] == true);
    let Some(_ann) = Killed::sends(&party.running, &mut caller, "Ann") else { return };
    host.until_shown("Sending to", PATIENCE).expect("the first");
    let _bob = Killed::sends(&party.running, &mut caller, "Bob");
    host.browser.wait_for("document.querySelectorAll('#senders-on li').length === 2", PATIENCE).expect("both");
    let slide = "const fader = document.querySelector('[aria-label=\"Loudness of Bob\"]');
        fader.scrollIntoView({ block: 'center' });
        for (const to of [80, 60, 50]) { fader.value = to; fader.dispatchEvent(new Event('input')); }
        return fader.getAttribute('aria-valuetext');";
    assert_eq!(host.browser.run(slide).expect("a fader"), "50 %");
    let percent = |caller: &mut Caller| {
        let on = caller.ask("GET", "/api/senders", None).body["on"].clone();
        on.as_array().map(|on| on.iter().map(|one| one["loudness_percent"].clone()).collect::<Vec<_>>())
    };
    assert!(tests::wait::comes_true(PATIENCE, || percent(&mut caller) == Some(vec![json!(100), json!(50)])));
    look(&host.browser, "host-senders-together", window);
    host.tap("[aria-label='End Ann']").expect("ended");
    assert!(tests::wait::comes_true(PATIENCE, || percent(&mut caller) == Some(vec![json!(50)])));
    host.browser.wait_for("document.querySelectorAll('#senders-on li').length === 1", PATIENCE).expect("one is left");
}
