//! Talk-over: who may speak, what the music does meanwhile, and how it ends.

use base::Time;

use super::{FADES, HOST, party};
use crate::{Change, Input, MixPlan, OFF_DB, Output, Party, Refused, Settings, Source, TALK_OVER_MS, What};

const TALK: What = What::TalkOver(true);

fn ms(ms: u64) -> Time {
    Time::ZERO.plus_millis(ms)
}

/// Grants a wish at `at` and returns the plan that follows, if there is another.
fn plan(party: &mut Party, at: u64, what: What) -> Option<MixPlan> {
    let (_, outputs) = party.ask(ms(at), HOST, what).expect("granted");
    outputs.into_iter().find_map(|output| if let Output::Mix(plan) = output { Some(plan) } else { None })
}

fn with_line_in() -> Party {
    let mut party = party();
    party.handle(Time::ZERO, Input::LineIn(true));
    party
}

#[test]
fn the_music_steps_back_for_a_voice_and_comes_back() {
    let mut party = with_line_in();
    let under = plan(&mut party, 0, TALK).expect("a plan");
    assert_eq!((under.tracks_db, under.line_in_db, under.sender_db), (-14.0, 0.0, OFF_DB));
    assert_eq!((under.ramp_ms, under.fallback_to_tracks), (150, false));
    assert!(party.page_view().everybody.talk_over);
    assert_eq!(plan(&mut party, 1_000, TALK), None, "said again, it is the same");
    let after = plan(&mut party, 2_000, What::TalkOver(false)).expect("a plan");
    assert_eq!((after.tracks_db, after.line_in_db, after.ramp_ms), (0.0, OFF_DB, 800));
    assert!(!party.page_view().everybody.talk_over);
    assert_eq!(plan(&mut party, 3_000, What::TalkOver(false)), None);
}

#[test]
fn how_far_it_steps_back_is_set_and_both_follow_the_volume() {
    let mut party = with_line_in();
    plan(&mut party, 0, What::Set(Change { duck_db: Some(20), ..Change::default() }));
    plan(&mut party, 0, What::Volume(-6.0));
    let under = plan(&mut party, 0, TALK).expect("a plan");
    assert_eq!((under.tracks_db, under.line_in_db), (-26.0, -6.0));
    let softer = plan(&mut party, 0, What::Volume(-10.0)).expect("a plan");
    assert_eq!((softer.tracks_db, softer.line_in_db), (-30.0, -10.0));
    for (duck_db, right) in [(5, false), (6, true), (40, true), (41, false)] {
        let asked = party.ask(Time::ZERO, HOST, What::Set(Change { duck_db: Some(duck_db), ..Change::default() }));
        assert_eq!(asked.is_ok(), right, "{duck_db}");
    }
}

#[test]
fn a_voice_is_heard_over_a_sender_and_over_a_pause() {
    let mut party = with_line_in();
    plan(&mut party, 0, What::Select(Source::Sender));
    let under = plan(&mut party, 0, TALK).expect("a plan");
    assert_eq!((under.sender_db, under.line_in_db, under.tracks_db), (-14.0, 0.0, OFF_DB));
    let paused = plan(&mut party, 0, What::Pause).expect("a plan");
    assert_eq!((paused.sender_db, paused.line_in_db), (OFF_DB, 0.0));
    let softer = plan(&mut party, 0, What::Volume(-6.0)).expect("the voice is heard");
    assert_eq!(softer.line_in_db, -6.0);
}

#[test]
fn a_phone_that_says_nothing_any_more_does_not_leave_the_music_soft() {
    let mut party = with_line_in();
    plan(&mut party, 0, TALK);
    plan(&mut party, 4_000, TALK);
    assert_eq!(party.handle(ms(4_000 + TALK_OVER_MS - 1), Input::Pass), []);
    let revision = party.revision();
    let [Output::Mix(after)] = party.handle(ms(4_000 + TALK_OVER_MS), Input::Pass)[..] else { panic!("no plan") };
    assert_eq!((after.tracks_db, after.line_in_db), (0.0, OFF_DB));
    assert!(party.revision() > revision, "pages are told");
    assert_eq!(party.handle(ms(99_000), Input::Pass), []);
}

#[test]
fn without_a_line_in_of_its_own_nobody_speaks() {
    let mut party = party();
    party.handle(Time::ZERO, Input::LineIn(false));
    assert_eq!(party.ask(Time::ZERO, HOST, TALK), Err(Refused::NoLineIn));
    let mut on_line = Party::new(Source::LineIn, FADES, Settings::default(), 1);
    assert_eq!(on_line.ask(Time::ZERO, HOST, TALK), Err(Refused::LineInIsHeard));
}

#[test]
fn whoever_chooses_line_in_or_takes_it_away_ends_the_talk() {
    let mut party = with_line_in();
    plan(&mut party, 0, TALK);
    let chosen = plan(&mut party, 0, What::Select(Source::LineIn)).expect("a plan");
    assert_eq!((chosen.line_in_db, chosen.tracks_db, chosen.fallback_to_tracks), (0.0, OFF_DB, true));
    plan(&mut party, 0, What::Select(Source::Files));
    plan(&mut party, 0, TALK);
    let [Output::Mix(after)] = party.handle(ms(10), Input::LineIn(false))[..] else { panic!("no plan") };
    assert_eq!((after.tracks_db, after.line_in_db), (0.0, OFF_DB));
}

#[test]
fn a_hosts_phone_is_heard_over_whatever_plays_and_needs_no_line_in() {
    let mut party = party();
    party.handle(Time::ZERO, Input::LineIn(false));
    assert_eq!(party.handle(Time::ZERO, Input::Voice(true)), [], "nobody speaks yet");
    let under = plan(&mut party, 0, TALK).expect("a plan");
    assert_eq!((under.voice_db, under.tracks_db, under.line_in_db), (0.0, -14.0, OFF_DB));
    assert!(!under.line_in_is_voice);
    let after = plan(&mut party, 1_000, What::TalkOver(false)).expect("a plan");
    assert_eq!((after.voice_db, after.tracks_db, after.ramp_ms), (OFF_DB, 0.0, 800));
    // Line-in as the music steps back like any other.
    let mut on_line = Party::new(Source::LineIn, FADES, Settings::default(), 1);
    on_line.handle(Time::ZERO, Input::Voice(true));
    let under = plan(&mut on_line, 0, TALK).expect("a plan");
    assert_eq!((under.line_in_db, under.voice_db, under.line_in_is_voice), (-14.0, 0.0, false));
    assert!(under.fallback_to_tracks, "tracks stand in for line-in all the same");
}

#[test]
fn a_phone_that_goes_away_while_somebody_speaks_gives_the_music_back_at_once() {
    let mut party = with_line_in();
    party.handle(Time::ZERO, Input::Voice(true));
    plan(&mut party, 0, TALK);
    assert_eq!(
        plan(&mut party, 500, What::Select(Source::LineIn)).expect("a plan").voice_db,
        0.0,
        "it is another mouth"
    );
    let [Output::Mix(after)] = party.handle(ms(1_000), Input::Voice(false))[..] else { panic!("no plan") };
    assert_eq!((after.voice_db, after.line_in_db), (OFF_DB, 0.0));
    assert_eq!(party.ask(ms(1_000), HOST, TALK), Err(Refused::LineInIsHeard));
    plan(&mut party, 2_000, What::Select(Source::Files));
    plan(&mut party, 2_000, TALK);
    assert_eq!(party.handle(ms(2_500), Input::Voice(true)), []);
    let phone = plan(&mut party, 3_000, TALK).expect("from now on it is the phone");
    assert_eq!((phone.voice_db, phone.line_in_db, phone.line_in_is_voice), (0.0, OFF_DB, false));
}
