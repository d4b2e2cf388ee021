//! Joins of real clients beside somebody who forges DTLS hellos in their names, as a phone in the same network can that knows or
//! guesses their ports.
//!
//! What the forger sees to know the ports is more than one in a venue would see, who would try all of them. It hears no answer.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tests::apart::{self, Place};
use tests::browser::Options;
use tests::firefox::Firefox;
use tests::guest::Guest;
use tests::program::Running;
use tests::{browser, firefox};

use crate::clients::{python_with_aiortc, python_with_gstreamer};

/// Forged hellos per second and phone.
const PER_SECOND: &str = "300";

/// Hellos for each join, at least: somebody was there who forged.
const HELLOS: u32 = 10;

/// Joins of each client, and of each browser.
const JOINS: usize = 4;
const TAPS: u32 = 1;

/// Longest wait for anything in a browser.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody who forges, until this is dropped.
struct Forger {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
    /// Hellos of the lines that were read.
    sent: u32,
}

impl Forger {
    fn begin(python: &OsStr, device: &str) -> Self {
        let mut command = Command::new(python);
        command.arg(script("forger.py")).args([device, &apart::BOX.to_string(), PER_SECOND]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the forger starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        lines.read_line(&mut line).expect("it says that it watches");
        assert_eq!(line, "watching\n");
        Self { child, lines, sent: 0 }
    }

    /// Waits until it has forged so many hellos; meanwhile somebody has to be there in whose name it can.
    fn until(&mut self, count: u32) {
        while self.sent < count {
            let mut line = String::new();
            self.lines.read_line(&mut line).expect("it goes on");
            self.sent += line.trim_end().parse::<u32>().expect("a number");
        }
    }

    /// Ends it; returns how many hellos it has forged.
    fn end(mut self) -> u32 {
        self.child.kill().expect("it is ours");
        let lines = self.lines.by_ref().lines().map_while(Result::ok);
        self.sent += lines.filter_map(|line| line.parse::<u32>().ok()).sum::<u32>();
        self.child.wait().expect("it has ended");
        self.sent
    }
}

fn script(name: &str) -> std::path::PathBuf {
    tests::tidy::repository::root().join("tests/clients").join(name)
}

/// Lets a client join from `place` and listen for a moment; returns whether it heard.
fn joins(place: &Place, python: &OsStr, client: &str, running: &Running, out: &Path) -> bool {
    let python = python.to_str().expect("a path of plain text");
    let mut command = place.command(python);
    command.arg(script(client)).arg(running.url("/whep/main")).arg("0.5").arg(out);
    let output = command.stdin(Stdio::null()).output().expect("the client starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    // One client counts what it heard, the other says what kept it from hearing enough.
    let is_enough = |said: &Value| {
        said["frames"].as_u64().is_some_and(|frames| frames >= 24_000) || said.get("error") == Some(&Value::Null)
    };
    let heard = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).any(|said| is_enough(&said));
    if !heard {
        println!("{client}: {said}{}", String::from_utf8_lossy(&output.stderr));
    }
    heard
}

/// All joins of a client beside a forger.
fn beside_a_forger(test: &str, python: Option<std::ffi::OsString>, client: &str) {
    let Some(python) = python else { return };
    if !apart::is_within(&format!("forged::{test}")) {
        return;
    }
    let [place] = &apart::lay(1)[..] else { panic!("one phone") };
    let Some(running) = Running::start_at(apart::BOX) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let forger = Forger::begin(&python, "switch");
    let joined =
        (0..JOINS).filter(|n| joins(place, &python, client, &running, &folder.path().join(format!("{n}.wav")))).count();
    let forged = forger.end();
    println!("{client}: {joined} of {JOINS} joined beside {forged} forged hellos");
    assert!(forged >= HELLOS * JOINS as u32, "the forger was there: {forged}");
    assert_eq!(joined, JOINS);
}

#[test]
fn forged_hellos_keep_no_aiortc_from_joining() {
    beside_a_forger("forged_hellos_keep_no_aiortc_from_joining", python_with_aiortc(), "whep_aiortc.py");
}

#[test]
fn forged_hellos_keep_no_gstreamer_from_joining() {
    beside_a_forger("forged_hellos_keep_no_gstreamer_from_joining", python_with_gstreamer(), "whep_gstreamer.py");
}

#[test]
fn forged_hellos_keep_no_firefox_from_joining() {
    if let Some(reason) = firefox::missing() {
        return println!("{reason}");
    }
    let Some(python) = python_with_aiortc() else { return };
    if !apart::is_within("forged::forged_hellos_keep_no_firefox_from_joining") {
        return;
    }
    apart::lay(0);
    let Some(running) = Running::start_at(apart::BOX) else { return };
    let mut forger = Forger::begin(&python, "lo");
    for tap in 0..TAPS {
        let mut guest = Firefox::open(&running.url(""), (390, 844), None).expect("the page opens");
        guest.wait_for("!document.getElementById('listeners').hidden", PATIENCE).expect("what plays");
        guest.click("#play").expect("a tap");
        let live = guest.wait_for("document.getElementById('page').dataset.phase === 'live'", PATIENCE);
        assert!(live.is_ok(), "tap {tap}: {live:?}");
        forger.until(HELLOS * (tap + 1));
    }
    let forged = forger.end();
    println!("Firefox: {TAPS} taps, {TAPS} times live beside {forged} forged hellos");
}

#[test]
fn forged_hellos_keep_no_chromium_from_joining() {
    if let Some(reason) = browser::missing() {
        return println!("{reason}");
    }
    let Some(python) = python_with_aiortc() else { return };
    if !apart::is_within("forged::forged_hellos_keep_no_chromium_from_joining") {
        return;
    }
    let [place] = &apart::lay(1)[..] else { panic!("one phone") };
    let Some(running) = Running::start_at(apart::BOX) else { return };
    let mut forger = Forger::begin(&python, "switch");
    for tap in 0..TAPS {
        let options = Options { place: Some(place.clone()), ..Options::default() };
        let guest = Guest::visit(&running.url(""), &options).expect("the page opens");
        guest.tap().expect("a tap");
        let live = guest.until("live", PATIENCE);
        assert!(live.is_ok(), "tap {tap}: {live:?}");
        forger.until(HELLOS * (tap + 1));
    }
    let forged = forger.end();
    println!("Chromium: {TAPS} taps, {TAPS} times live beside {forged} forged hellos");
}
