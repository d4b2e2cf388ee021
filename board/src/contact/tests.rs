//! Contacts as drawings: `#` pressed, `_` open, and the gestures they make.

use proptest::prelude::*;

use super::*;
use crate::gesture::STUCK_US;

/// Knows everything but repeating.
const ALL: Habit = Habit { double_ms: 300, long: true, repeat: false, hold_s: 10 };
const LONG: Habit = Habit { double_ms: 0, ..ALL };
const REPEATS: Habit = Habit { double_ms: 0, long: false, repeat: true, hold_s: 0 };

fn name(gesture: Gesture) -> String {
    match gesture {
        Gesture::Short => "short".to_owned(),
        Gesture::Double => "double".to_owned(),
        Gesture::Long => "long".to_owned(),
        Gesture::Repeat => "repeat".to_owned(),
        Gesture::Held { seconds } => format!("held{seconds}"),
        Gesture::End { .. } => "end".to_owned(),
        Gesture::Stuck => "stuck".to_owned(),
        Gesture::Freed => "freed".to_owned(),
    }
}

/// Runs edges and every deadline at its time, and a minute beyond; returns what was reported, with times in ms.
fn run(habit: Habit, edges: &[(u64, bool)]) -> Vec<(u64, Gesture)> {
    let mut contact = Contact::new(habit, false, Time::ZERO);
    let mut reported = Vec::new();
    let mut emit = |at: Time, gesture| reported.push((at.as_micros() / 1_000, gesture));
    let end = edges.last().map_or(0, |&(at, _)| at) + 60_000_000;
    for (at, edge) in edges.iter().map(|&(at, level)| (at, Some(level))).chain([(end, None)]) {
        while let Some(due) = contact.next_deadline().filter(|due| due.as_micros() < at) {
            contact.at(due, &mut emit);
        }
        if let Some(level) = edge {
            contact.edge(level, Time::from_micros(at), &mut emit);
        }
    }
    reported
}

/// The edges of a drawing with `ms` per character.
fn edges(drawing: &str, ms: u64) -> Vec<(u64, bool)> {
    let levels: Vec<bool> = drawing.bytes().map(|letter| letter == b'#').collect();
    let changes = (1..levels.len()).filter(|&at| levels[at] != levels[at - 1]);
    changes.map(|at| (at as u64 * ms * 1_000, levels[at])).collect()
}

#[track_caller]
fn check_with(habit: Habit, ms: u64, drawing: &str, expected: &str) {
    let reported: Vec<String> = run(habit, &edges(drawing, ms)).into_iter().map(|(_, gesture)| name(gesture)).collect();
    assert_eq!(reported.join(" "), expected, "\n{drawing} ({ms} ms each)");
}

/// 10 ms per character.
#[track_caller]
fn check(drawing: &str, expected: &str) {
    check_with(ALL, 10, drawing, expected);
}

#[test]
fn a_press_that_bounces_is_one_press() {
    check("__#_####__", "short");
    check("__########__", "short");
    check_with(ALL, 1, "___#_#_##__###_#_#_#_##_#_##################################___________", "short");
    check_with(ALL, 1, "___#__________________##################################___________", "short");
    check_with(ALL, 1, "___##########________###################################___________", "short");
    check_with(ALL, 1, "___#######_______#_#_##__###############################___________", "short");
}

#[test]
fn chatter_at_release_is_not_a_second_press() {
    check("__#####_#____", "short");
    check_with(ALL, 5, "__#####_#_#__", "short");
    check_with(ALL, 1, "__#########################################_#_#__##__#_##_#_#________", "short");
    check_with(ALL, 1, "__#########################################__________########_________", "short");
    check_with(ALL, 1, "__#########################################_______#############_____", "short");
}

#[test]
fn a_spike_is_not_a_press() {
    check_with(ALL, 1, "_____#_____________________________________#____________", "");
    check_with(ALL, 1, "_____####_______________________________________________", "");
    check_with(ALL, 1, "_____#_#_#_#_#_#_#_#____________________________________", "");
    check_with(ALL, 1, "_____#####______________________________________________", "short");
}

#[test]
fn a_gap_while_held_does_not_end_a_press() {
    let held = |gap: &str| format!("_{}{gap}{}___", "#".repeat(400), "#".repeat(500));
    check_with(ALL, 1, &held("____"), "long end");
    check_with(ALL, 1, &held("_____"), "double");
}

#[test]
fn a_double_press_is_two_presses_within_the_window() {
    check("__#####_____#####____", "double");
    let pause = |us: u64| run(ALL, &[(0, true), (50_000, false), (50_000 + us, true), (120_000 + us, false)]);
    let names = |us: u64| pause(us).into_iter().map(|(_, gesture)| name(gesture)).collect::<Vec<_>>().join(" ");
    assert_eq!(names(4_999), "short", "a gap that short is chatter");
    assert_eq!(names(5_000), "double");
    assert_eq!(names(299_999), "double");
    assert_eq!(names(300_000), "short short");
    check("__#####_____#####_____#####____", "double short");
    check("__#####_____#####_____#####_____#####____", "double double");
}

#[test]
fn a_press_within_the_window_counts_even_if_the_box_wakes_before_it_is_believed() {
    let mut reported = Vec::new();
    let mut contact = Contact::new(ALL, false, Time::ZERO);
    let us = Time::from_micros;
    for (at, pressed) in [(0, true), (50_000, false), (349_900, true)] {
        contact.at(us(at), &mut |_, gesture| reported.push(gesture));
        contact.edge(pressed, us(at), &mut |_, gesture| reported.push(gesture));
        contact.at(us(at + 2_000), &mut |_, gesture| reported.push(gesture));
        contact.at(us(at + 30_000), &mut |_, gesture| reported.push(gesture));
    }
    assert_eq!(reported, [Gesture::Double]);
}

#[test]
fn a_button_without_double_presses_does_not_wait_for_one() {
    let edges = [(0, true), (50_000, false), (150_000, true), (200_000, false)];
    assert_eq!(run(LONG, &edges), [(50, Gesture::Short), (150 + 50, Gesture::Short)]);
    let mut contact = Contact::new(LONG, false, Time::ZERO);
    let mut reported = 0;
    contact.edge(true, Time::ZERO, &mut |_, _| reported += 1);
    contact.edge(false, Time::from_micros(50_000), &mut |_, _| reported += 1);
    assert_eq!(contact.next_deadline(), Some(Time::from_micros(55_000)));
    contact.at(Time::from_micros(55_000), &mut |_, _| reported += 1);
    assert_eq!((reported, contact.next_deadline()), (1, None));
}

#[test]
fn a_press_is_long_at_the_moment_it_becomes_long() {
    let long = |us: u64| run(LONG, &[(0, true), (us, false)]);
    assert_eq!(long(799_999), [(799, Gesture::Short)]);
    assert_eq!(long(800_001), [(800, Gesture::Long), (800, Gesture::End { held_ms: 800 })]);
    assert_eq!(long(900_000), [(800, Gesture::Long), (900, Gesture::End { held_ms: 900 })]);
}

#[test]
fn a_button_without_long_presses_is_short_however_long_it_is_held() {
    assert_eq!(run(Habit::PLAIN, &[(0, true), (5_000_000, false)]), [(5_000, Gesture::Short)]);
}

#[test]
fn a_held_button_counts_the_seconds_and_letting_go_ends_it() {
    check_with(LONG, 100, &format!("_{}_", "#".repeat(35)), "long held1 held2 held3 end");
    let all = "long held1 held2 held3 held4 held5 held6 held7 held8 held9 held10 end";
    check_with(LONG, 100, &format!("_{}_", "#".repeat(150)), all);
}

#[test]
fn a_button_that_repeats_is_told_at_once_and_again_and_again() {
    assert_eq!(run(REPEATS, &[(0, true), (100_000, false)]), [(0, Gesture::Short)]);
    let reported = run(REPEATS, &[(0, true), (900_000, false)]);
    let times: Vec<u64> = reported.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [0, 500, 650, 800, 900]);
    assert_eq!(reported.last().map(|reported| reported.1), Some(Gesture::End { held_ms: 900 }));
}

#[test]
fn a_stuck_button_is_told_once_and_ignored_until_it_is_let_go() {
    check_with(Habit::PLAIN, 100, &format!("_{}__#_", "#".repeat(400)), "stuck freed short");
    let reported = run(REPEATS, &[(0, true), (40_000_000, false)]);
    let tail: Vec<Gesture> = reported.iter().rev().take(3).rev().map(|reported| reported.1).collect();
    assert_eq!(tail, [Gesture::End { held_ms: 30_000 }, Gesture::Stuck, Gesture::Freed]);
    assert!(reported.iter().all(|(at, gesture)| *at <= 30_000 || *gesture == Gesture::Freed), "it repeats no more");
}

#[test]
fn a_button_held_at_the_start_is_nobodys_press() {
    let mut reported = Vec::new();
    let mut contact = Contact::new(LONG, true, Time::ZERO);
    contact.at(Time::from_micros(20_000_000), &mut |_, gesture| reported.push(gesture));
    contact.edge(false, Time::from_micros(20_000_000), &mut |_, gesture| reported.push(gesture));
    contact.at(Time::from_micros(21_000_000), &mut |_, gesture| reported.push(gesture));
    assert_eq!((reported, contact.next_deadline()), (Vec::new(), None));
}

#[test]
fn a_line_that_is_lost_ends_what_lasts() {
    let mut reported = Vec::new();
    let mut contact = Contact::new(LONG, false, Time::ZERO);
    contact.edge(true, Time::ZERO, &mut |_, gesture| reported.push(gesture));
    contact.lose(Time::from_micros(2_500_000), &mut |_, gesture| reported.push(gesture));
    let held = |seconds| Gesture::Held { seconds };
    assert_eq!(reported, [Gesture::Long, held(1), held(2), Gesture::End { held_ms: 2_500 }]);
}

#[test]
fn an_edge_that_was_missed_leaves_no_press_behind() {
    // Pressed, (let go: missed), pressed, let go.
    check_with(LONG, 1, "_", "");
    let edges = [(0, true), (100_000, true), (200_000, false)];
    assert_eq!(run(LONG, &edges), [(200, Gesture::Short)]);
    let edges = [(0, false), (100_000, true), (200_000, false), (300_000, false)];
    assert_eq!(run(LONG, &edges), [(200, Gesture::Short)]);
}

#[test]
fn stamps_that_are_equal_or_run_backwards_are_one_train() {
    let reported = |edges: &[(u64, bool)]| {
        let mut reported = Vec::new();
        let mut contact = Contact::new(LONG, false, Time::ZERO);
        for &(ms, pressed) in edges {
            contact.edge(pressed, Time::ZERO.plus_millis(ms), &mut |at, gesture| reported.push((at, gesture)));
        }
        contact.at(Time::ZERO.plus_millis(300), &mut |at, gesture| reported.push((at, gesture)));
        reported
    };
    let press =
        [(100, true), (100, false), (99, true), (0, false), (101, true), (200, false), (150, true), (200, false)];
    assert_eq!(reported(&press), [(Time::ZERO.plus_millis(200), Gesture::Short)]);
    assert_eq!(reported(&[(100, true), (101, false), (0, true), (103, false)]), [], "a spike does not last since 0");
}

fn habits() -> impl Strategy<Value = Habit> {
    prop_oneof![Just(ALL), Just(LONG), Just(REPEATS), Just(Habit::PLAIN), Just(Habit { hold_s: 255, ..ALL })]
}

proptest! {
    #[test]
    fn no_sequence_makes_more_presses_than_rising_edges_and_every_long_press_ends(
        habit in habits(),
        steps in prop::collection::vec((0_u64..2_000_000, any::<bool>()), 0..200),
    ) {
        let mut at = 0;
        let mut edges: Vec<(u64, bool)> = steps.iter().map(|&(wait, level)| { at += wait; (at, level) }).collect();
        edges.push((at + 100_000, false));
        let rising = edges.iter().filter(|edge| edge.1).count();
        let reported = run(habit, &edges);
        let presses = reported.iter().map(|(_, gesture)| match gesture {
            Gesture::Short | Gesture::Long => 1,
            // Its first half was not reported.
            Gesture::Double => 2,
            _ => 0,
        });
        prop_assert!(presses.sum::<usize>() <= rising, "{reported:?}");
        let (mut lasting, mut stuck) = (false, false);
        for (_, gesture) in &reported {
            match gesture {
                Gesture::Long | Gesture::Repeat | Gesture::Held { .. } => lasting = true,
                Gesture::End { .. } => { prop_assert!(lasting, "{reported:?}"); lasting = false }
                Gesture::Stuck => { prop_assert!(!lasting && !stuck, "{reported:?}"); stuck = true }
                Gesture::Freed => { prop_assert!(stuck, "{reported:?}"); stuck = false }
                Gesture::Short | Gesture::Double => prop_assert!(!lasting && !stuck, "{reported:?}"),
            }
        }
        prop_assert!(!lasting && !stuck, "{reported:?}");
        prop_assert!(reported.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{reported:?}");
    }

    #[test]
    fn no_press_of_a_finger_is_lost_however_often_and_late_the_box_wakes(
        presses in prop::collection::vec((6_000_u64..700_000, 26_000_u64..200_000, any::<u64>()), 1..50),
    ) {
        let (mut reported, mut now) = (0, 1_000_000);
        let mut contact = Contact::new(LONG, false, Time::ZERO);
        let mut emit = |_, gesture| reported += usize::from(gesture == Gesture::Short);
        for &(hold, gap, wakes) in &presses {
            for (pressed, lasts) in [(true, hold), (false, gap)] {
                contact.edge(pressed, Time::from_micros(now), &mut emit);
                // Some wake-ups in between, or none at all.
                for wake in 0..wakes % 5 {
                    contact.at(Time::from_micros(now + lasts * wake / 5), &mut emit);
                }
                now += lasts;
            }
        }
        contact.at(Time::from_micros(now + 100_000), &mut emit);
        prop_assert_eq!(reported, presses.len());
    }

    #[test]
    fn no_sequence_of_times_breaks_it(
        habit in habits(),
        steps in prop::collection::vec((any::<u64>(), any::<u64>(), any::<bool>(), any::<bool>()), 0..60),
    ) {
        let mut contact = Contact::new(habit, false, Time::ZERO);
        for (coarse, fine, level, is_edge) in steps {
            // Half of them near each other, half anywhere.
            let at = Time::from_micros(if fine % 2 == 0 { coarse } else { fine % (2 * STUCK_US) });
            if is_edge { contact.edge(level, at, &mut |_, _| {}) } else { contact.at(at, &mut |_, _| {}) }
        }
    }
}
