//! Pairing from end to end: the real program, its button (a key of the terminal), and phones that are real browsers.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use party::pairing::CONFIRM_MS;
use serde_json::Value;
use tests::browser::{Options, missing};
use tests::caller::Caller;
use tests::host::Host;
use tests::terminal::Terminal;
use tests::wait;

/// How long anything on a busy machine may take before it counts as not happening. Holding the button takes 10 s of it.
const PATIENCE: Duration = Duration::from_secs(40);

/// The keys that press the button for pairing shortly, and hold it for long enough to forget.
const PRESS: &str = "h";

/// How long a press may take to be seen on a page before somebody presses again: longer than presses count as one.
const SOON: Duration = Duration::from_secs(3);

/// Another phone than the browsers.
const STRANGER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const HOLD: &str = "f";

/// A box on which no address is host, with its memory in `folder`. `None`, with the reason printed, where no browser or
/// no built program is.
fn start(folder: &Path) -> Option<Terminal> {
    if let Some(reason) = missing() {
        println!("{reason}");
        return None;
    }
    let config = folder.join("partybox.toml");
    let text = format!("[state]\nfolder = \"{}\"\n", folder.join("state").display());
    std::fs::write(&config, text).expect("a configuration");
    Terminal::start(&["--board", "sim", "--host-from", "", "--config", &config.display().to_string()])
}

fn phone(terminal: &Terminal) -> Host {
    Host::visit(&terminal.running.url(""), &Options::default()).expect("the page opens")
}

fn ask(phone: &Host) {
    phone.browser.click("#pairing-button").expect("a tap");
    phone.until_shown("Press h in the terminal", PATIENCE).expect("what to do next");
}

/// Presses the button for a phone that asks alone, again if that came too soon after the pairing of another.
fn pair(terminal: &mut Terminal, phone: &Host) {
    let paired = wait::comes_true(PATIENCE, || {
        terminal.press(PRESS);
        phone.until_role("host", SOON).is_ok()
    });
    assert!(paired, "{}", terminal.text());
}

fn number(phone: &Host) -> String {
    let number = phone.browser.run("return document.getElementById('pairing-number').textContent").expect("a number");
    number.as_str().expect("a text").to_owned()
}

/// Whether the page is the host's.
fn is_host(phone: &Host) -> bool {
    phone.role().expect("an answer") == "host"
}

fn until_host(phone: &Host, yes: bool) {
    phone
        .until_role(if yes { "host" } else { "guest" }, PATIENCE)
        .expect("the page becomes the host's, or is it no more");
}

fn until_playing(terminal: &Terminal, yes: bool) {
    terminal.running.until("/api/party/status", PATIENCE, |status| status["playing"] == yes);
}

#[test]
fn the_phone_that_asks_is_host_after_a_press_until_it_is_removed_or_forgotten() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut terminal) = start(folder.path()) else { return };
    let (one, two) = (phone(&terminal), phone(&terminal));
    assert!(!is_host(&one) && !is_host(&two));
    ask(&one);
    let number = number(&one);
    let below = "return document.getElementById('pairing').getBoundingClientRect().bottom - innerHeight";
    let below = one.browser.run(below).expect("an answer").as_f64().expect("a number");
    assert!(below < 1.0, "number and count-down can be seen: {below} px are below the screen");
    terminal
        .until(|seen| seen.contains(&format!("phone {number} at 127.0.0.1 asks")), PATIENCE)
        .expect("told at the box");
    terminal.press(PRESS);
    until_host(&one, true);
    let focus = one.browser.run("return document.activeElement.id").expect("an element");
    assert_eq!(focus, "host-heading", "keyboard and screen reader go on where the button led");
    assert!(!is_host(&two), "only the phone that asked");
    one.tap("#toggle").expect("pause");
    until_playing(&terminal, false);

    ask(&two);
    pair(&mut terminal, &two);
    one.part("people").expect("the list");
    one.until_shown("this phone", PATIENCE).expect("the list knows us");
    one.browser.wait_for("document.querySelectorAll('#hosts-list li').length === 2", PATIENCE).expect("both");
    one.tap("#hosts-list li:nth-child(2) button").expect("removal");
    one.tap("#sure-yes").expect("surely");
    // Said when the removal is on the box's storage: only then may its plug be pulled, below.
    one.until_shown("is no longer host.", PATIENCE).expect("done");
    until_host(&two, false);
    two.until_shown("This phone is no longer a host", PATIENCE).expect("a reason");
    assert!(is_host(&one));

    drop(terminal);
    let mut terminal = start(folder.path()).expect("it started before");
    for phone in [&one, &two] {
        phone.browser.go(&terminal.running.url("/host")).expect("the page opens");
        phone.until_shown("listening", PATIENCE).expect("the box answers");
    }
    until_host(&one, true);
    assert!(!is_host(&two), "removed for good");
    one.tap("#toggle").expect("pause");
    until_playing(&terminal, false);

    terminal.press(HOLD);
    until_host(&one, false);
    one.until_shown("The box has forgotten all its hosts", PATIENCE).expect("a reason");
    let complaints = one.browser.console().expect("a log");
    // A box without a Wi-Fi of its own has no code for it.
    let foreign: Vec<_> =
        complaints.iter().filter(|line| !line.contains("ERR_") && !line.contains("/api/qr/wifi")).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

#[test]
fn a_request_can_be_taken_back_outlasts_a_reload_and_is_replaced_by_the_next_from_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut terminal) = start(folder.path()) else { return };
    let (one, two) = (phone(&terminal), phone(&terminal));
    ask(&one);
    one.browser.press("#pairing-button", "\u{e007}").expect("cancelled from the keyboard");
    terminal.until(|seen| seen.contains("no longer asks"), PATIENCE).expect("told at the box");
    ask(&one);
    one.browser.reload().expect("a page");
    one.until_shown("Press h in the terminal", PATIENCE).expect("still asking");
    ask(&two);
    one.until_shown("Another page on this phone asked after this one", PATIENCE).expect("a reason");
    terminal.press(PRESS);
    until_host(&two, true);
    assert!(!is_host(&one));
}

#[test]
fn who_taps_after_the_press_waits_for_the_next_and_may_leave() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut terminal) = start(folder.path()) else { return };
    let one = phone(&terminal);
    terminal.press(PRESS);
    terminal.until(|seen| seen.contains("ask on the page, then press again"), PATIENCE).expect("told at the box");
    ask(&one);
    let asks = format!("phone {} at 127.0.0.1 asks", number(&one));
    terminal.until(|seen| seen.contains(&asks), PATIENCE).expect("told at the box");
    one.browser.reload().expect("a page");
    one.until_shown("Press h in the terminal", PATIENCE).expect("it still asks, and is no host");
    pair(&mut terminal, &one);
    one.part("people").expect("the list");
    one.until_shown("Leave", PATIENCE).expect("a way out");
    one.tap("#hosts-list button").expect("leaving");
    one.tap("#sure-yes").expect("surely");
    until_host(&one, false);
    one.until_shown("Be the host", PATIENCE).expect("a way back");
}

/// The number that a press has shown last.
fn shown(terminal: &Terminal) -> Option<String> {
    let text = terminal.text();
    let (before, _) = text.rsplit_once(" is one of ")?;
    let (_, phone) = before.rsplit_once("phone ")?;
    phone.split(' ').next().map(str::to_owned)
}

#[test]
fn beside_somebody_who_asks_without_end_the_phone_is_host_whose_number_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut terminal) = start(folder.path()) else { return };
    let mut stranger = Caller::new(STRANGER, terminal.running.address);
    terminal.press(PRESS);
    terminal.until(|seen| seen.contains("ask on the page, then press again"), PATIENCE).expect("told at the box");
    // As quickly as a program can, before the owner has tapped.
    let asked = stranger.done("POST", "/api/pairing", None);
    assert_eq!(asked.body["state"], "asking", "the press made nobody host");
    let owner = phone(&terminal);
    ask(&owner);
    let own = number(&owner);
    assert_ne!(asked.body["label"].to_string(), own);
    let paired = wait::comes_true(PATIENCE, || {
        // Not theirs: they let it pass, and press for the next.
        let passes = Duration::from_millis(CONFIRM_MS) + SOON;
        if shown(&terminal).is_some_and(|shown| shown != own) && owner.until_role("host", passes).is_ok() {
            return true;
        }
        terminal.press(PRESS);
        owner.until_role("host", SOON / 2).is_ok()
    });
    assert!(paired, "{}", terminal.text());
    assert!(shown(&terminal).is_some(), "a number was shown first: {}", terminal.text());
    let stands = stranger.done("GET", "/api/pairing", None);
    assert_eq!(stands.body["state"], "asking", "{stands:?}");
    assert_eq!(stranger.done("GET", "/api/party/status", None).body["you_are_host"], false);
}

/// What anybody may read of the box and ends: by its own description.
fn open_addresses(guest: &mut Caller) -> Vec<String> {
    let description = guest.done("GET", "/openapi.json", None).body;
    let paths = description["paths"].as_object().expect("addresses");
    let is_open = |operations: &Value| matches!(operations["get"]["x-who"].as_str(), Some("anyone" | "guest"));
    let is_json = |operations: &Value| !operations["get"]["responses"]["200"]["content"]["application/json"].is_null();
    let open = paths.iter().filter(|(_, operations)| is_open(operations) && is_json(operations));
    let named = open.map(|(path, _)| path.replace("{channel}", "main").replace("/groups", "/groups?by=album"));
    named.filter(|path| !path.contains('{') && !path.ends_with("/search")).collect()
}

/// The same with every number left out: positions, times and lengths are of the moment.
fn told(guest: &mut Caller, paths: &[String]) -> Vec<String> {
    let told = paths.iter().map(|path| {
        let answer = guest.ask("GET", path, None);
        let body = answer.body.to_string();
        let words: Vec<&str> =
            body.split(|letter: char| letter.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
        format!("{path}: {} {}", answer.status, words.join("#"))
    });
    told.collect()
}

#[test]
fn nothing_that_a_guest_may_read_tells_of_a_press() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut terminal) = start(folder.path()) else { return };
    terminal.running.until("/api/party/status", PATIENCE, |status| !status["track"].is_null());
    let mut guest = Caller::new(STRANGER, terminal.running.address);
    let mut other = Caller::new(Ipv4Addr::new(127, 0, 0, 3), terminal.running.address);
    let open = open_addresses(&mut guest);
    for path in ["/api/pairing", "/api/party/status", "/api/why", "/health"] {
        assert!(open.iter().any(|open| open == path), "{path} is not in {open:?}");
    }
    let mut paths = open;
    paths.extend(["/metrics", "/api/hosts", "/api/box"].map(str::to_owned));
    let before = told(&mut guest, &paths);
    assert!(before.contains(&"/health: 200 {\"status\":\"healthy\"}".to_owned()), "{before:?}");
    assert!(before.iter().any(|line| line.starts_with("/metrics: 403")), "{before:?}");

    terminal.press(PRESS);
    terminal.until(|seen| seen.contains("pressed while no phone asks"), PATIENCE).expect("pressed");
    assert_eq!(told(&mut guest, &paths), before);
    // A number that is shown is shown at the box alone.
    for phone in [&mut guest, &mut other] {
        assert_eq!(phone.done("POST", "/api/pairing", None).body["state"], "asking");
    }
    let before = [told(&mut guest, &paths), told(&mut other, &paths)];
    terminal.press(PRESS);
    terminal.until(|seen| seen.contains(" is one of 2"), PATIENCE).expect("a number");
    assert_eq!([told(&mut guest, &paths), told(&mut other, &paths)], before);
}
