//! The DJ's page while others send, when a host takes its place away, and after the box began anew.

use std::process::{Child, Command, Stdio};

use serde_json::json;
use tests::browser::Options;
use tests::caller::Caller;
use tests::program::Running;

use super::super::PATIENCE;
use super::super::host::party;
use super::super::looks::look;
use super::{Desk, Stage, songs};

#[test]
fn a_dj_waits_while_somebody_else_sends_and_is_next() {
    let Some(mut stage) = Stage::open() else { return };
    stage.done("POST", "/api/party/source", Some(json!({ "source": "sender" })));
    let [first, second] = [stage.dj(&Options::default()), stage.dj(&Options::default())];
    first.play("a", &stage.files[0], "Red Tone");
    first.tap("#air");
    first.until_said("You are on the channel");
    second.play("b", &stage.files[1], "Blue Tone");
    second.slide("fader", 100);
    second.tap("#air");
    second.until_said("sends to this channel. You are next");
    assert_eq!(second.0.run("return document.getElementById('take-over').hidden").expect("a button"), true);
    first.tap("#air");
    first.until_said("Nothing is sent yet");
    second.until_said("You are on the channel");
    stage.until_titled("Blue Tone", "Bob");
    stage.done("DELETE", "/api/party/sender", None);
    second.until_said("A host ended it");
    // Who is DJ is led here.
    second.0.go(&stage.running.url("/#/more")).expect("the guests' page");
    second.until("document.getElementById('dj-play').checkVisibility()");
    second.tap("#dj-play");
    second.until("location.pathname === '/dj' && !document.getElementById('booth').hidden");
}

#[test]
fn two_djs_play_together_and_each_page_says_with_whom() {
    let Some(mut stage) = Stage::open() else { return };
    stage.done("POST", "/api/party/source", Some(json!({ "source": "sender" })));
    let [first, second] = [stage.dj(&Options::default()), stage.dj(&Options::default())];
    first.play("a", &stage.files[0], "Red Tone");
    first.tap("#air");
    first.until_said("You are on the channel");
    second.play("b", &stage.files[1], "Blue Tone");
    second.slide("fader", 100);
    second.tap("#air");
    second.until_said("sends to this channel. You are next");
    // The host lets them, and the one who waited need not tap again.
    stage.done("PUT", "/api/party/settings", Some(json!({ "together": true })));
    for desk in [&first, &second] {
        desk.until_said("You are on the channel");
        desk.until_said("Together with DJ ");
        look(&desk.0, "dj-together", Options::default().window);
    }
    // Whoever lost the connection for a moment comes last.
    let parts = |text: &serde_json::Value| -> Vec<String> {
        let mut parts: Vec<String> = text.as_str().unwrap_or_default().split(" + ").map(str::to_owned).collect();
        parts.sort();
        parts
    };
    stage.running.until("/api/party/status", PATIENCE, |status| {
        let channel = &status["channels"][0];
        let artists = parts(&channel["artist"]);
        parts(&channel["title"]) == ["Blue Tone", "Red Tone"] && artists.len() == 2 && artists[0].starts_with("DJ ")
    });
    // How loud each of two senders is, `senders::together` hears.
    first.tap("#air");
    first.until_said("Nothing is sent yet");
    stage.until_titled("Blue Tone", "Bob");
    first.until_said("Nothing is sent yet");
}

#[test]
fn a_host_takes_over_from_whoever_sends() {
    let Some(party) = party() else { return };
    let Some((_folder, files)) = songs() else { return };
    let mut host = Caller::new([127, 0, 0, 1].into(), party.running.address);
    assert_eq!(host.ask("POST", "/api/party/source", Some(&json!({ "source": "sender" }))).status, 204);
    let Some(sender) = Killed::sends(&party.running, &mut host, "Old Desk") else { return };
    party.running.until("/api/party/status", PATIENCE, |status| {
        let sources = status["sources"].as_array().cloned().unwrap_or_default();
        sources.iter().any(|one| one["id"] == "sender" && one["detail"] == "Old Desk" && one["state"] == "signal")
    });
    let desk = Desk::open(&party.running.url("/dj"), &Options::default());
    desk.until("!document.getElementById('booth').hidden");
    desk.play("a", &files[0], "Red Tone");
    desk.tap("#air");
    desk.until_said("Old Desk sends to this channel.");
    desk.tap("#take-over");
    desk.until_said("You are on the channel");
    drop(sender);
}

/// A program that ends with the test.
pub(in super::super) struct Killed(Child);

impl Killed {
    /// Starts a sender called so; `None`, with the reason printed, if this machine has no Python for it.
    pub(in super::super) fn sends(running: &Running, host: &mut Caller, name: &str) -> Option<Self> {
        let python = python()?;
        let made = host.ask("POST", "/api/senders", Some(&json!({ "name": name })));
        let token = made.body["token"].as_str().expect("a token");
        let script = tests::tidy::repository::root().join("tests/clients/whip_aiortc.py");
        let mut command = Command::new(python);
        command.arg(script).args([&running.url("/whip/main"), token, "60", "600", "700"]);
        Some(Self(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("Python starts")))
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// Python with the tests' packages; `None`, with the reason printed, if this machine has none.
fn python() -> Option<std::ffi::OsString> {
    let python = std::env::var_os("PARTYBOX_PYTHON");
    if python.is_none() {
        println!("not run: PARTYBOX_PYTHON names no Python with aiortc; cargo xtask test does");
    }
    python
}

#[test]
fn a_page_that_sends_goes_on_by_itself_when_the_box_is_back() {
    let Some(mut party) = party() else { return };
    let Some((_folder, files)) = songs() else { return };
    let desk = Desk::open(&party.running.url("/dj"), &Options::default());
    desk.until("!document.getElementById('booth').hidden");
    desk.play("a", &files[0], "Red Tone");
    desk.tap("#air");
    let sends = "/The box receives you|You are on the channel/.test(document.getElementById('air-say').textContent)";
    desk.until(sends);
    party.running.end();
    desk.until(&format!("!document.getElementById('link').hidden && !({sends})"));
    party.running.restart();
    desk.until(sends);
}
