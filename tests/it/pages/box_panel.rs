//! What the host's page offers on a box that is its own network: every wish reaches the box, is kept, and the one that
//! could harm somebody else's network is asked about first.

use serde_json::{Value, json};
use tests::browser::{Options, missing};
use tests::host::Host;
use tests::program::Running;
use tests::wait;

use super::PATIENCE;
use super::looks::PHONE;

/// What the box says of its network.
fn network(running: &Running) -> Value {
    let mut answer = ureq::get(running.url("/api/box")).call().expect("the box");
    answer.body_mut().read_json::<Value>().expect("JSON")["network"].take()
}

/// The same: how it behaves, and who said so.
fn told(portal: (&str, &str), forward: (bool, &str), cable: (&str, &str)) -> Value {
    let origins = json!({ "portal": portal.1, "forward": forward.1, "cable": cable.1 });
    let below = json!({ "portal": "off", "forward": false, "cable": "house" });
    json!({ "portal": portal.0, "forward": forward.0, "cable": cable.0, "origins": origins, "below": below })
}

#[test]
fn the_boxs_own_network_obeys_the_hosts_page() {
    if let Some(reason) = missing() {
        return println!("{reason}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("own.toml");
    let text = format!("[wifi]\nown = true\nportal = \"off\"\n[update]\ninbox = \"{}\"\n", folder.path().display());
    std::fs::write(&config, text).expect("a file");
    let Some(running) = Running::start(&["--config".as_ref(), config.as_os_str()]) else { return };
    let host = Host::visit(&running.url(""), &Options::default()).expect("the page opens");
    host.until_role("host", PATIENCE).expect("a host by its address");
    host.part("box").expect("the box");
    host.browser.wait_for("!document.getElementById('network').hidden", PATIENCE).expect("a network of its own");
    let until = |wanted: Value| {
        let is_so = wait::comes_true(PATIENCE, || network(&running) == wanted);
        assert!(is_so, "{} is not {wanted}", network(&running));
    };
    until(told(("off", "file"), (false, "default"), ("house", "default")));
    host.tap("[data-network=portal] option[value=sign-in]").expect("a choice");
    host.tap("[data-network=forward]").expect("a switch");
    until(told(("sign-in", "page"), (true, "page"), ("house", "default")));

    let cable = "document.querySelector('[data-network=cable]').value";
    host.tap("[data-network=cable] option[value=guests]").expect("a choice");
    host.tap("#sure-no").expect("rather not");
    host.browser.wait_for(&format!("{cable} === 'house'"), PATIENCE).expect("as it was");
    host.tap("[data-network=cable] option[value=guests]").expect("a choice");
    host.tap("#sure-yes").expect("surely");
    until(told(("sign-in", "page"), (true, "page"), ("guests", "page")));
    host.browser.reload().expect("the page again");
    host.until_role("host", PATIENCE).expect("still a host");
    host.part("box").expect("the box");
    host.browser.wait_for(&format!("{cable} === 'guests'"), PATIENCE).expect("what the box says");
    let said = "document.querySelector('[data-network=cable]').closest('label').querySelector('small').innerText";
    host.browser.wait_for(&format!("{said} === 'set here'"), PATIENCE).expect("who said so");
    // Every word of a host's can be taken back.
    let back = |name: &str| format!("label:has({name}) + [data-back]");
    host.until_shown("Go back to: The house", PATIENCE).expect("the way back");
    host.tap(&back("[data-network=portal]")).expect("taken back");
    until(told(("off", "file"), (true, "page"), ("guests", "page")));
    let portal = "document.querySelector('[data-network=portal]').value";
    host.browser.wait_for(&format!("{portal} === 'off'"), PATIENCE).expect("shown");
    let gone = format!("!document.querySelector('{}')", back("[data-network=portal]"));
    host.browser.wait_for(&gone, PATIENCE).expect("there is nothing more to take back");
    let body = json!({ "crossfade_ms": 4_000 }).to_string();
    let set = ureq::put(running.url("/api/party/settings")).content_type("application/json").send(&body);
    assert_eq!(set.expect("set").status(), 204);
    host.until_shown("Go back to: 0 s", PATIENCE).expect("the way back");
    host.tap(&back("[data-setting=crossfade_ms]")).expect("taken back");
    let crossfade = "document.querySelector('[data-setting=crossfade_ms]').value";
    host.browser.wait_for(&format!("{crossfade} === '0'"), PATIENCE).expect("as the file says");
    host.until_shown("A signed update file brings a newer version", PATIENCE).expect("it can be updated");
    super::looks::look(&host.browser, "host-network", PHONE);
    host.part("people").expect("the people");
    host.browser.wait_for("document.getElementById('qr-wifi').naturalWidth > 0", PATIENCE).expect("the Wi-Fi's code");
    super::looks::look(&host.browser, "host-invitation", PHONE);
    assert_eq!(host.browser.console().expect("a log"), Vec::<String>::new());
}
