//! The room's threads on a simulated board. Everything is waited for with a limit that only a hang reaches.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::*;
use crate::config::{Config, PinConfig};
use crate::event::{Event, Part, Problem, What};
use crate::gesture::{Gesture, Habits};
use crate::light::{Condition, Conditions, Flash, Scene};
use crate::runner::{Counts, Running, start};
use crate::screen::{Screen, Show};

const LIMIT: Duration = Duration::from_secs(20);

struct Room {
    running: Running,
    sim: Sim,
    events: Receiver<Event>,
}

/// A started room, with or without a display.
fn started(display: &str, prepare: impl FnOnce(&mut Config)) -> Room {
    let mut config = Config { board: "sim".to_owned(), display: display.to_owned(), ..Config::default() };
    prepare(&mut config);
    let wiring = Wiring::resolve(&config, &[]).unwrap();
    let (emit, events) = channel();
    let running = start(wiring, Habits::default(), move |event| emit.send(event).unwrap_or_default()).unwrap();
    let sim = running.sim.clone().unwrap();
    let room = Room { running, sim, events };
    // What is pressed before the lines are open is nobody's press; LEDs are opened after buttons.
    room.until(|sim| sim.led(Led::Status) > 0);
    room
}

impl Room {
    fn next(&self) -> What {
        self.events.recv_timeout(LIMIT).expect("an event within the limit").what
    }

    fn scene(&self, conditions: &[Condition]) {
        let conditions: Conditions = conditions.iter().copied().collect();
        self.running.handle.scene(Scene { conditions, brightness_percent: 100, tint: None });
    }

    /// Waits until `seen` holds of what can be seen.
    fn until(&self, seen: impl Fn(&Sim) -> bool) {
        let mut change = 0;
        let end = std::time::Instant::now() + LIMIT;
        while !seen(&self.sim) {
            assert!(std::time::Instant::now() < end, "not seen within the limit:\n{}", self.sim.drawing());
            change = self.sim.wait_change(change, LIMIT);
        }
    }

    fn stop(self) {
        self.running.handle.stop();
        for thread in self.running.threads {
            thread.join().unwrap();
        }
        assert_eq!(self.sim.led(Led::Status), 0, "the LEDs are out");
        assert_eq!(self.sim.frame().lit(), 0, "the display is dark");
    }
}

fn press(button: Button, gesture: Gesture) -> What {
    What::Press { button, gesture }
}

#[test]
fn presses_of_all_buttons_are_told_once_each() {
    let room = started("none", |_| {});
    for button in [Button::Play, Button::Next, Button::VolumeUp, Button::VolumeDown, Button::Pair] {
        room.sim.press(button, 60);
        assert_eq!(room.next(), press(button, Gesture::Short));
    }
    room.stop();
}

#[test]
fn of_many_presses_in_a_row_none_is_lost_and_none_added() {
    let room = started("none", |_| {});
    for held_ms in 30..50 {
        room.sim.press(Button::Next, held_ms);
    }
    room.sim.press(Button::Play, 1_000);
    let mut seen = Vec::new();
    while seen.iter().filter(|what| **what == press(Button::Next, Gesture::Short)).count() < 20 {
        seen.push(room.next());
    }
    seen.retain(|what| *what != press(Button::Next, Gesture::Short));
    assert_eq!(seen[0], press(Button::Play, Gesture::Long));
    let ended = matches!(seen[1], What::Press { button: Button::Play, gesture: Gesture::End { held_ms: 1_000 } });
    assert!(ended, "{seen:?}");
    assert!(room.events.try_recv().is_err(), "nothing more");
    room.stop();
}

#[test]
fn the_knob_turns_both_ways() {
    let room = started("none", |_| {});
    room.sim.turn(3);
    room.sim.turn(-2);
    let steps = |what| if let What::Turn { steps } = what { steps } else { 0 };
    let turns: Vec<i32> = (0..5).map(|_| steps(room.next())).collect();
    assert_eq!(turns, [1, 1, 1, -1, -1]);
    room.stop();
}

#[test]
fn an_idle_board_wakes_for_the_patterns_own_steps_only() {
    let room = started("none", |_| {});
    // It starts as starting, lit, which blinks twice a second.
    for lit in [false, true, false, true] {
        room.until(|sim| (sim.led(Led::Status) > 0) == lit);
    }
    let counts = room.running.handle.counts();
    assert_eq!((counts.edges_total, counts.gestures_total, counts.retries_total), (0, 0, 0));
    assert!((4..=5).contains(&counts.steps_total), "{counts:?}");
    // Steady light: nothing wakes, however long.
    room.scene(&[Condition::Playing]);
    room.until(|sim| sim.led(Led::Play) == 255);
    let before = room.running.handle.counts();
    (0..100).for_each(|_| room.scene(&[Condition::Playing]));
    room.sim.press(Button::Next, 400);
    assert_eq!(room.next(), press(Button::Next, Gesture::Short));
    let after = room.running.handle.counts();
    let others = |counts: Counts| (counts.steps_total, counts.retries_total, counts.requests_total);
    assert_eq!(others(after), others(before));
    // 14 edges, each at most a wake-up of its own, and the two that are waited out (with spare ones for a slow machine).
    assert!(after.edges_total <= before.edges_total + 14, "{after:?}");
    assert!(after.gestures_total <= before.gestures_total + 14, "{after:?}");
    room.stop();
}

#[test]
fn leds_follow_the_scene_and_a_flash_is_seen() {
    let room = started("none", |_| {});
    room.scene(&[Condition::Playing]);
    room.until(|sim| sim.led(Led::Play) == 255 && sim.led(Led::Green) == 255 && sim.led(Led::Guests) == 0);
    room.running.handle.flash(Flash::NewGuest);
    room.until(|sim| sim.led(Led::Guests) == 255);
    room.until(|sim| sim.led(Led::Guests) == 0 && sim.led(Led::Status) == 255);
    let conditions = Conditions::NONE.with(Condition::Playing);
    room.running.handle.scene(Scene { conditions, brightness_percent: 20, tint: None });
    room.until(|sim| sim.led(Led::Status) == 51);
    room.stop();
}

#[test]
fn loudness_is_shown_where_an_led_is_wired_for_it_and_wakes_nobody_elsewhere() {
    let room = started("none", |config| {
        config.pins.insert("level-led".to_owned(), PinConfig { line: Some(8), ..PinConfig::default() });
    });
    room.scene(&[Condition::Playing]);
    assert!(room.running.handle.shows_loudness());
    room.running.handle.loudness(200);
    room.until(|sim| sim.led(Led::Level) == 200);
    room.running.handle.loudness(0);
    room.until(|sim| sim.led(Led::Level) == 0);
    room.stop();
    let room = started("none", |_| {});
    room.scene(&[Condition::Playing]);
    room.until(|sim| sim.led(Led::Play) == 255);
    let before = room.running.handle.counts().requests_total;
    room.running.handle.loudness(200);
    room.sim.press(Button::Play, 50);
    assert_eq!(room.next(), press(Button::Play, Gesture::Short));
    assert_eq!((room.running.handle.shows_loudness(), room.running.handle.counts().requests_total), (false, before));
    room.stop();
}

#[test]
fn a_chip_that_goes_away_is_told_once_and_comes_back_by_itself() {
    let room = started("none", |_| {});
    room.scene(&[Condition::Playing]);
    room.until(|sim| sim.led(Led::Status) == 255);
    room.sim.set_present(false);
    let gone = room.next();
    assert!(matches!(&gone, What::Trouble { part: Part::Chip(_), problem: Problem::Gone, .. }), "{gone:?}");
    room.sim.set_present(true);
    let back = room.next();
    assert!(matches!(&back, What::Well { part: Part::Chip(_) }), "{back:?}");
    room.sim.press(Button::Play, 50);
    assert_eq!(room.next(), press(Button::Play, Gesture::Short));
    room.stop();
}

#[test]
fn a_display_that_is_missing_is_told_once_and_found_when_it_comes() {
    let room = started("/dev/i2c-7", |_| {});
    room.running.handle.show(Show { brightness_percent: 100, urgent: Some(message()), ..Show::default() });
    room.until(|sim| sim.frame().lit() > 0);
    room.sim.set_present(false);
    room.running.handle.show(Show { brightness_percent: 50, urgent: Some(message()), ..Show::default() });
    let reported = [room.next(), room.next()];
    let mut troubles = reported.to_vec();
    troubles.retain(|what| matches!(what, What::Trouble { part: Part::Display { .. }, problem: Problem::Gone, .. }));
    assert_eq!(troubles.len(), 1, "{reported:?}");
    room.sim.set_present(true);
    while !matches!(room.next(), What::Well { part: Part::Display { .. } }) {}
    assert!(room.sim.frame().lit() > 0, "it shows again what it showed");
    room.stop();
}

#[test]
fn the_terminal_shows_leds_and_display() {
    let room = started("auto", |_| {});
    room.scene(&[Condition::Playing]);
    room.running.handle.show(Show { brightness_percent: 100, screens: vec![message()], ..Show::default() });
    room.until(|sim| sim.led(Led::Play) == 255 && sim.frame().lit() > 0);
    let drawing = room.sim.drawing();
    assert!(drawing.contains("● play") && drawing.lines().count() == 19, "{drawing}");
    room.stop();
}

#[test]
fn a_box_without_a_board_has_no_threads() {
    let running = start(Wiring::none(), Habits::default(), |_| {}).unwrap();
    assert!(running.threads.is_empty() && running.sim.is_none());
    running.handle.scene(Scene::default());
    running.handle.stop();
}

#[test]
fn buttons_that_are_not_wired_stay_still() {
    let room = started("none", |config| {
        let unwired = PinConfig { wired: Some(false), ..Default::default() };
        config.pins.insert("pair-button".to_owned(), unwired);
    });
    room.sim.press(Button::Pair, 50);
    room.sim.press(Button::Next, 50);
    assert_eq!(room.next(), press(Button::Next, Gesture::Short));
    room.stop();
}

fn message() -> Screen {
    Screen::Message { headline: "Hello".to_owned(), text: "there".to_owned() }
}
