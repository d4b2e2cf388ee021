//! What the LEDs say, as drawings of 100 ms per character.

use super::*;
use crate::pattern::is_lit;

const ALL: [Condition; 13] = Condition::ALL;

fn scene(conditions: &[Condition]) -> Scene {
    Scene { conditions: conditions.iter().copied().collect(), brightness_percent: 100, tint: None }
}

/// What an LED shows from `start_ms` on.
fn drawing(light: &mut Light, led: Led, start_ms: u64, length: usize) -> String {
    let at = |n: usize| Time::ZERO.plus_millis(start_ms + 100 * n as u64);
    let letter = |n| {
        light.at(at(n));
        if is_lit(light.level(led, at(n))) { '#' } else { '_' }
    };
    (0..length).map(letter).collect()
}

/// The shape of a pattern: whether it ends, and its on and off times from the rotation that sorts first, so that the
/// instant at which one starts to look does not matter.
fn shape(pattern: Pattern) -> (bool, Vec<(bool, u32)>) {
    let mut runs = pattern.runs();
    if !pattern.repeats() {
        return (true, runs);
    }
    // The end of the last run and the start of the first are one to the eye.
    if runs.len() > 1 && runs.first().map(|run| run.0) == runs.last().map(|run| run.0) {
        let last = runs.pop().map_or(0, |run| run.1);
        runs[0].1 += last;
    }
    if runs.len() == 1 {
        runs[0].1 = 1;
    }
    let rotations = (0..runs.len()).map(|by| [&runs[by..], &runs[..by]].concat());
    (false, rotations.min().unwrap_or_default())
}

/// Whether two shapes are the same but for their speed, and that within a factor of three.
fn alike(a: &(bool, Vec<(bool, u32)>), b: &(bool, Vec<(bool, u32)>)) -> bool {
    let similar = |(a, b): (&(bool, u32), &(bool, u32))| a.0 == b.0 && a.1.max(b.1) < 3 * a.1.min(b.1);
    a.0 == b.0 && a.1.len() == b.1.len() && a.1.iter().zip(&b.1).all(similar)
}

#[test]
fn no_two_conditions_look_the_same_on_a_single_led_without_colour() {
    let conditions = ALL.map(|condition| (format!("{condition:?}"), shape(pattern(condition))));
    let flashes = Flash::ALL.map(|flash| (format!("{flash:?}"), shape(patterns::flash(flash))));
    let all: Vec<_> = conditions.into_iter().chain(flashes).collect();
    for (at, (name, shape)) in all.iter().enumerate() {
        for (other, other_shape) in &all[..at] {
            assert!(!alike(shape, other_shape), "{name} looks like {other}: {shape:?} {other_shape:?}");
        }
    }
}

#[test]
fn what_an_led_shows_differs_for_every_condition() {
    let mut seen: Vec<(Condition, String)> = Vec::new();
    for condition in ALL {
        let mut light = Light::new(Time::ZERO);
        light.set(scene(&[condition]), Time::ZERO);
        let drawn = drawing(&mut light, Led::Status, 0, 120);
        assert!(seen.iter().all(|(_, other)| *other != drawn), "{condition:?}: {drawn}");
        assert!(drawn.contains('#'), "{condition:?} is dark");
        seen.push((condition, drawn));
    }
}

#[test]
fn the_highest_priority_shows() {
    let mut light = Light::new(Time::ZERO);
    for (at, lower) in ALL.iter().enumerate() {
        for higher in &ALL[at + 1..] {
            light.set(Scene { conditions: Conditions::NONE, ..Scene::default() }, Time::ZERO);
            light.set(scene(&[*higher, *lower]), Time::ZERO);
            let both = drawing(&mut light, Led::Status, 0, 50);
            light.set(Scene { conditions: Conditions::NONE, ..Scene::default() }, Time::ZERO);
            light.set(scene(&[*higher]), Time::ZERO);
            assert_eq!(both, drawing(&mut light, Led::Status, 0, 50), "{higher:?} above {lower:?}");
        }
    }
}

#[test]
fn a_new_guest_is_one_blink_on_a_lit_led_and_on_a_dark_one() {
    let mut light = Light::new(Time::ZERO);
    light.set(scene(&[Condition::Playing]), Time::ZERO);
    light.flash(Flash::NewGuest, Time::ZERO.plus_millis(500));
    assert_eq!(drawing(&mut light, Led::Guests, 500, 9), "__###____");
    light.flash(Flash::NewGuest, Time::ZERO.plus_millis(2_000));
    assert_eq!(drawing(&mut light, Led::Status, 2_000, 11), "__###__####");
    assert_eq!(light.next_change(Time::ZERO.plus_millis(3_200)), None, "playing is steady: nothing wakes");
}

#[test]
fn flashes_wait_for_each_other_and_a_crowd_is_one_more() {
    let mut light = Light::new(Time::ZERO);
    light.set(scene(&[Condition::Playing]), Time::ZERO);
    for _ in 0..100 {
        light.flash(Flash::NewGuest, Time::ZERO);
    }
    assert_eq!(drawing(&mut light, Led::Guests, 0, 20), "__###____###________");
}

#[test]
fn a_flash_does_not_interrupt_the_count_down() {
    let mut light = Light::new(Time::ZERO);
    light.set(scene(&[Condition::Countdown]), Time::ZERO);
    let alone = drawing(&mut light, Led::Status, 0, 110);
    light.flash(Flash::NewGuest, Time::ZERO.plus_millis(1_000));
    assert_eq!(drawing(&mut light, Led::Status, 0, 110), alone);
    assert!(alone.starts_with("#####_____#####_____") && alone.ends_with("####################"), "{alone}");
}

#[test]
fn a_condition_begins_with_the_start_of_its_pattern() {
    let mut light = Light::new(Time::ZERO);
    light.set(scene(&[Condition::Ready]), Time::ZERO);
    let drawn = |light: &mut Light, start| drawing(light, Led::Status, start, 20);
    for start in [5_300, 60_700] {
        light.set(scene(&[Condition::Ready, Condition::Countdown]), Time::ZERO.plus_millis(start));
        assert_eq!(drawn(&mut light, start), "#####_____#####_____");
        light.set(scene(&[Condition::Ready]), Time::ZERO.plus_millis(start + 2_000));
    }
}

#[test]
fn a_condition_that_goes_on_goes_on_in_its_pattern() {
    let mut light = Light::new(Time::ZERO);
    light.set(scene(&[Condition::Paused]), Time::ZERO);
    light.set(scene(&[Condition::Paused, Condition::Ready]), Time::ZERO.plus_millis(1_500));
    assert_eq!(drawing(&mut light, Led::Status, 1_500, 8), "#####___");
}

#[test]
fn each_led_says_its_own() {
    let mut light = Light::new(Time::ZERO);
    light.set(scene(&[Condition::Playing, Condition::PairingAsked]), Time::ZERO);
    assert_eq!(drawing(&mut light, Led::Play, 0, 10), "##########");
    assert_eq!(drawing(&mut light, Led::Guests, 0, 10), "#_#_#_#_#_");
    let now = Time::ZERO;
    assert_eq!([Led::Red, Led::Green, Led::Blue].map(|led| light.level(led, now)), [0, 0, 255]);
}

#[test]
fn the_leds_for_power_and_level_say_that_and_what_endangers_it() {
    let mut light = Light::new(Time::ZERO);
    light.set(scene(&[Condition::Playing, Condition::Error]), Time::ZERO);
    light.set_loudness(90);
    light.flash(Flash::NewGuest, Time::ZERO);
    assert_eq!([Led::Power, Led::Level].map(|led| light.level(led, Time::ZERO)), [255, 90], "no flash, no error");
    light.set(scene(&[Condition::Clipping]), Time::ZERO);
    assert_eq!(drawing(&mut light, Led::Level, 0, 12), "##__##__##__");
    light.set(scene(&[Condition::Updating]), Time::ZERO);
    assert_eq!(drawing(&mut light, Led::Power, 0, 18), "###############___");
    assert!(light.next_change(Time::ZERO).is_some(), "it wakes for its pattern");
}

#[test]
fn music_has_the_colour_of_what_the_buttons_act_on_and_nothing_else_has() {
    let orange = Colour { red: 255, green: 128, blue: 0 };
    for condition in ALL {
        let mut light = Light::new(Time::ZERO);
        light.set(Scene { tint: Some(orange), ..scene(&[condition]) }, Time::ZERO);
        let lit = (0..100).map(|n| Time::ZERO.plus_millis(100 * n)).find(|now| light.level(Led::Status, *now) > 0);
        let now = lit.expect("each is lit within ten seconds");
        let is_music = matches!(condition, Condition::Ready | Condition::Playing | Condition::Paused);
        let Colour { red, green, blue } = if is_music { orange } else { colour(condition) };
        assert_eq!(Led::COLOURS.map(|led| light.level(led, now)), [red, green, blue], "{condition:?}");
    }
}

#[test]
fn an_idle_box_wakes_for_its_own_steps_only() {
    for condition in ALL {
        let mut light = Light::new(Time::ZERO);
        light.set(scene(&[condition]), Time::ZERO);
        let (mut now, mut wakes) = (Time::ZERO, 0);
        while let Some(next) = light.next_change(now).filter(|next| *next <= Time::from_micros(60_000_000)) {
            assert!(next > now, "{condition:?}");
            light.at(next);
            (now, wakes) = (next, wakes + 1);
        }
        let pattern = pattern(condition);
        let steps = if pattern.runs().len() == 1 { 0 } else { pattern.runs().len() as u64 };
        let rounds = if pattern.repeats() { 60_000_000 / pattern.length_us().max(1) + 1 } else { 1 };
        assert!(wakes <= steps * rounds, "{condition:?}: {wakes} wake-ups in a minute");
    }
}
