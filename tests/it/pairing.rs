//! Pairing from end to end: the real program, its button (a key of the terminal), and phones that are real browsers.

use std::path::Path;
use std::time::Duration;

use tests::browser::{Options, missing};
use tests::host::Host;
use tests::terminal::Terminal;

/// How long anything on a busy machine may take before it counts as not happening. Holding the button takes 10 s of it.
const PATIENCE: Duration = Duration::from_secs(40);

/// The keys that press the button for pairing shortly, and hold it for long enough to forget.
const PRESS: &str = "h";
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
    let number = one.browser.run("return document.getElementById('pairing-number').textContent").expect("a number");
    let number = number.as_str().expect("a text").to_owned();
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
    terminal.press(PRESS);
    until_host(&two, true);
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
fn who_taps_after_the_press_is_host_at_once_and_may_leave() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut terminal) = start(folder.path()) else { return };
    let one = phone(&terminal);
    terminal.press(PRESS);
    terminal.until(|seen| seen.contains("the first phone that asks"), PATIENCE).expect("told at the box");
    one.tap("#pairing-button").expect("a tap");
    until_host(&one, true);
    one.part("people").expect("the list");
    one.until_shown("Leave", PATIENCE).expect("a way out");
    one.tap("#hosts-list button").expect("leaving");
    one.tap("#sure-yes").expect("surely");
    until_host(&one, false);
    one.until_shown("Be the host", PATIENCE).expect("a way back");
}
