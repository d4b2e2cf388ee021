//! Several sources at once: senders that play together, and a voice over them.

use super::*;

/// Two senders as loud as they came.
const BOTH: MixPlan =
    MixPlan { decks: Decibels::SILENCE, ..DECKS }.with_source(0, Decibels::UNITY).with_source(1, Decibels::UNITY);

/// A second of a tone in both channels.
fn tone(hz: f32) -> Vec<Frame> {
    let sample = |n: u32| 0.25 * (std::f32::consts::TAU * hz * n as f32 / SAMPLE_RATE_HZ as f32).sin();
    (0..SAMPLE_RATE_HZ).map(|n| [sample(n); 2]).collect()
}

/// The amplitude of a tone that fits a whole number of times into `frames`.
fn amplitude(frames: &[Frame], hz: f32) -> f32 {
    let angle = |n: usize| std::f64::consts::TAU * f64::from(hz) * n as f64 / f64::from(SAMPLE_RATE_HZ);
    let sum = |wave: fn(f64) -> f64| -> f64 {
        frames.iter().enumerate().map(|(n, frame)| f64::from(frame[0]) * wave(angle(n))).sum()
    };
    (2.0 * sum(f64::sin).hypot(sum(f64::cos)) / frames.len() as f64) as f32
}

/// A mixer of several sources.
fn desk(plan: MixPlan, sources: usize) -> Desk {
    Desk { mixer: Mixer::new(plan, sources), ..Desk::new(plan) }
}

#[test]
fn two_tones_are_heard_at_their_gains_and_one_that_is_turned_down_leaves_the_other_alone() {
    let mut desk = desk(BOTH, 2);
    let [one, two] = [1_000.0, 1_500.0].map(tone);
    let mut at = 0;
    let mut play = |desk: &mut Desk, blocks: usize| {
        for _ in 0..blocks {
            let here = at % SAMPLE_RATE_HZ as usize..at % SAMPLE_RATE_HZ as usize + BLOCK_FRAMES;
            desk.block_of(&[FromSource::Sound(&one[here.clone()]), FromSource::Sound(&two[here])]);
            at += BLOCK_FRAMES;
        }
        let heard = &desk.out[desk.out.len() - 4_800..];
        [1_000.0, 1_500.0].map(|hz| amplitude(heard, hz))
    };
    let near = |heard: [f32; 2], wanted: [f32; 2]| {
        assert!(heard.iter().zip(wanted).all(|(heard, wanted)| (heard - wanted).abs() < 2e-4), "{heard:?} {wanted:?}");
    };
    near(play(&mut desk, 30), [0.25, 0.25]);
    desk.plan = BOTH.with_source(1, Decibels::from_db(-10.0));
    near(play(&mut desk, 30), [0.25, 0.25 * 0.316_23]);
    desk.plan = BOTH.with_source(1, Decibels::SILENCE);
    near(play(&mut desk, 30), [0.25, 0.0]);
    // The steepest step of both tones together is 0.082.
    assert!(desk.step_max() < 0.085, "{}", desk.step_max());
}

#[test]
fn one_that_goes_or_falls_asleep_leaves_the_other_as_it_was() {
    for gone in [FromSource::Gone, FromSource::Late] {
        let mut desk = desk(BOTH.with_source(1, Decibels::from_db(-6.0)), 2);
        desk.mixer.cue(finished(1, &[[-0.5; 2]; 90_000])).unwrap();
        // Each on a side of its own, so that both can be read off.
        let (left, right) = ([[0.5, 0.0]; BLOCK_FRAMES], [[0.0, 0.5]; BLOCK_FRAMES]);
        (0..20).for_each(|_| desk.block_of(&[FromSource::Sound(&left), FromSource::Sound(&right)]));
        let begun = desk.out.len();
        (0..40).for_each(|_| desk.block_of(&[gone, FromSource::Sound(&right)]));
        (0..20).for_each(|_| desk.block_of(&[FromSource::Sound(&left), FromSource::Sound(&right)]));
        let other = desk.out[begun - 1][1];
        assert!((other - 0.5 * 0.501_19).abs() < 1e-4, "{other}");
        assert!(desk.out[begun..].iter().all(|frame| frame[1] == other), "{gone:?}");
        assert_eq!(desk.out.last(), Some(&[0.5, other]));
        assert_eq!(
            (desk.mixer.position(), desk.mixer.standing_in()),
            (None, false),
            "nothing stands in while one plays"
        );
        assert!(desk.step_max() < 0.005, "{gone:?}: {}", desk.step_max());
    }
}

#[test]
fn tracks_stand_in_when_both_are_gone_whoever_speaks_over_them() {
    let plan = BOTH.with_source(2, Decibels::UNITY).with_over(2);
    let mut desk = desk(plan, 3);
    desk.mixer.cue(finished(1, &[[0.25; 2]; 90_000])).unwrap();
    let voice = [[0.125; 2]; BLOCK_FRAMES];
    (0..20).for_each(|_| desk.block_of(&[FromSource::Sound(&ONE), FromSource::Gone, FromSource::Sound(&voice)]));
    assert_eq!(desk.out.last(), Some(&[0.625; 2]));
    (0..20).for_each(|_| desk.block_of(&[FromSource::Gone, FromSource::Gone, FromSource::Sound(&voice)]));
    assert!(desk.mixer.standing_in());
    assert_eq!(desk.out.last(), Some(&[0.375; 2]));
    // And for a voice that is gone nothing stands in.
    let alone = MixPlan { decks: Decibels::SILENCE, ..DECKS }.with_source(2, Decibels::UNITY).with_over(2);
    desk.plan = alone;
    (0..20).for_each(|_| desk.block_of(&[]));
    assert_eq!((desk.mixer.standing_in(), desk.out.last()), (false, Some(&SILENCE)));
}
