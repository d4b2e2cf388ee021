//! The tokens of senders on the host's page: made, shown once and taken back. What they are worth is tested where sound is sent.

use serde_json::json;
use tests::browser::Options;

use super::PATIENCE;
use super::host::party;
use super::looks::pictures;

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
