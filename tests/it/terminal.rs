//! The terminal as a board: keys press its buttons, drawings show its lights, and the terminal is left as it was.

use std::time::Duration;

use serde_json::{Value, json};
use tests::caller::Caller;
use tests::terminal::Terminal;
use tests::wait;

/// How long anything on a busy machine may take before it counts as not happening.
const PATIENCE: Duration = Duration::from_secs(20);

fn status(terminal: &Terminal) -> Value {
    let mut answer = ureq::get(terminal.running.url("/api/party/status")).call().expect("the box answers");
    answer.body_mut().read_json().expect("JSON")
}

/// Waits until the box's status pleases `wanted`.
fn until_status(terminal: &Terminal, what: &str, wanted: impl Fn(&Value) -> bool) {
    let is_so = wait::comes_true(PATIENCE, || wanted(&status(terminal)));
    assert!(is_so, "{what}: {}\n{}", status(terminal), terminal.text());
}

fn see(terminal: &Terminal, what: &str) -> String {
    let seen = terminal.until(|text| text.contains(what), PATIENCE);
    seen.unwrap_or_else(|text| panic!("no {what:?} in:\n{text}"))
}

#[test]
fn keys_press_the_buttons_of_a_simulated_board_which_is_drawn() {
    let Some(mut terminal) = Terminal::start(&["--board", "sim"]) else { return };
    see(&terminal, "[p]lay");
    until_status(&terminal, "music after the start", |status| status["playing"] == true && !status["track"].is_null());
    let playing = see(&terminal, "playing ·");
    println!("{playing}");
    terminal.press("p");
    until_status(&terminal, "a pause", |status| status["playing"] == false);
    see(&terminal, "paused ·");
    terminal.press("p");
    until_status(&terminal, "music again", |status| status["playing"] == true);
    let before = status(&terminal)["track"]["id"].clone();
    terminal.press("n");
    until_status(&terminal, "another track", |status| status["track"]["id"] != before && !status["track"].is_null());
    terminal.press("-");
    see(&terminal, "button: volume-down");
    terminal.press("P");
    see(&terminal, "button: stop");
    until_status(&terminal, "a stop", |status| status["playing"] == false);
    // The foot of the screen is drawn anew, not again and again; a look may fall into the middle of a drawing.
    let once = terminal.until(|text| text.matches("[p]lay").count() == 1, PATIENCE);
    once.unwrap_or_else(|text| panic!("drawn more than once:\n{text}"));
}

#[test]
fn a_count_down_is_seen_and_ends_when_the_button_is_let_go() {
    let Some(mut terminal) = Terminal::start(&["--board", "sim"]) else { return };
    see(&terminal, "[p]lay");
    terminal.press("f");
    see(&terminal, "button: pair is held");
    let counting = display(&terminal.text()).join("\n");
    terminal.until(|text| display(text).join("\n") != counting, PATIENCE).expect("the number goes down on the display");
    terminal.press("f");
    let text = see(&terminal, "button: pair was let go in time");
    assert!(!text.contains("forgotten"), "{text}");
}

#[test]
fn the_rgb_led_has_the_colour_of_the_channel_that_the_buttons_act_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("partybox.toml");
    std::fs::write(&config, "[buttons]\nnext = { short = \"channel\" }\n").expect("a file");
    let Some(mut terminal) = Terminal::start(&["--board", "sim", "--config", &config.display().to_string()]) else {
        return;
    };
    see(&terminal, "· red  ● green  · blue");
    let address = terminal.running.url("").trim_start_matches("http://").parse().expect("an address");
    let answer = Caller::new([127, 0, 0, 1].into(), address).ask(
        "PUT",
        "/api/channels/late",
        Some(&json!({ "name": "Late night", "color": "blue" })),
    );
    assert_eq!(answer.status, 204, "{}", answer.body);
    see(&terminal, "● red  · green  · blue");
    terminal.press("n");
    see(&terminal, "· red  · green  ● blue");
    terminal.press("p");
    until_status(&terminal, "the first plays on", |status| status["playing"] == true);
    terminal.press("n");
    see(&terminal, "● red  · green  · blue");
}

/// The lines of the display's drawing.
fn display(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with('│')).collect()
}

#[test]
fn the_terminal_is_left_as_it_was() {
    let Some(mut terminal) = Terminal::start(&["--board", "sim"]) else { return };
    see(&terminal, "[p]lay");
    assert!(!terminal.is_ordinary(), "single keys are not taken");
    let status = terminal.interrupt(PATIENCE).expect("Ctrl-C ends the box");
    assert_eq!(status.code(), Some(0));
    assert!(terminal.is_ordinary(), "the shell would find a terminal that shows nothing");
    // What it wrote last may still be on its way to the screen.
    let clean = |text: &str| !text.contains("[p]lay") && text.trim_end().ends_with("stopping");
    terminal.until(clean, PATIENCE).unwrap_or_else(|text| panic!("drawings are left:\n{text}"));
}

#[test]
fn without_a_board_the_keys_are_the_terminals() {
    let Some(terminal) = Terminal::start(&["--board", "none"]) else { return };
    see(&terminal, "playing ·");
    assert!(terminal.is_ordinary());
}
