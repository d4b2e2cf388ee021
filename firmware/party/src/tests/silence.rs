//! A line-in that is silent while somebody waits: offered, or filled with tracks.

use base::{CueId, Time, TrackId};

use super::{HOST, catalogue, party};
use crate::{At, Change, Input, MixPlan, OFF_DB, Output, Party, SILENT_MS, Source, What};

fn ms(ms: u64) -> Time {
    Time::ZERO.plus_millis(ms)
}

fn plan_of(outputs: Vec<Output>) -> Option<MixPlan> {
    outputs.into_iter().find_map(|output| if let Output::Mix(plan) = output { Some(plan) } else { None })
}

/// A party on line-in, from which sound has come, with tracks.
fn on_line(fills: bool) -> Party {
    let mut party = party();
    party.handle(Time::ZERO, catalogue([1, 2, 3]));
    party.handle(Time::ZERO, Input::LineIn(true));
    party.handle(Time::ZERO, Input::LineInHeard(true));
    for what in [What::Select(Source::LineIn), What::Set(Change { fill_silence: Some(fills), ..Change::default() })] {
        party.ask(Time::ZERO, HOST, what).expect("granted");
    }
    party
}

fn wish(party: &mut Party) {
    party.ask(Time::ZERO, HOST, What::Add(TrackId(3), At::End)).expect("queued");
}

#[test]
fn a_silence_is_offered_to_be_filled_once_it_has_lasted_and_somebody_waits() {
    let mut party = on_line(false);
    party.handle(ms(1_000), Input::LineInHeard(false));
    party.handle(ms(1_000 + SILENT_MS), Input::Pass);
    assert!(!party.is_line_in_silent(), "nobody waits");
    wish(&mut party);
    let revision = party.revision();
    assert_eq!(party.handle(ms(1_000 + SILENT_MS), Input::Pass), [], "it is offered, not done");
    assert!(party.page_view().everybody.line_in_silent && party.revision() > revision);
    assert!(!party.fills_silence());
    party.handle(ms(40_000), Input::LineInHeard(true));
    assert!(!party.is_line_in_silent(), "the cable is back");
    // A pause between two records.
    party.handle(ms(41_000), Input::LineInHeard(false));
    party.handle(ms(41_000 + SILENT_MS - 1), Input::Pass);
    assert!(!party.is_line_in_silent());
}

#[test]
fn tracks_stand_in_where_the_host_wants_it_until_sound_comes_in_again() {
    let mut party = on_line(true);
    wish(&mut party);
    party.handle(ms(0), Input::LineInHeard(false));
    assert_eq!(party.handle(ms(SILENT_MS - 1), Input::Pass), []);
    let filled = plan_of(party.handle(ms(SILENT_MS), Input::Pass)).expect("a plan");
    assert_eq!((filled.tracks_db, filled.line_in_db), (0.0, 0.0), "what comes in is heard at once");
    assert!(party.fills_silence());
    // What was waited for is heard, and the music goes on after it.
    party.handle(ms(31_000), Input::TrackStarted(CueId(1)));
    party.ask(ms(31_000), HOST, What::Clear).expect("nobody waits any more");
    assert_eq!(party.handle(ms(60_000), Input::Pass), []);
    let back = plan_of(party.handle(ms(61_000), Input::LineInHeard(true))).expect("a plan");
    assert_eq!((back.tracks_db, back.line_in_db), (OFF_DB, 0.0));
    assert!(!party.fills_silence());
}

#[test]
fn the_setting_holds_while_it_is_silent_and_a_pause_is_a_pause() {
    let mut party = on_line(false);
    wish(&mut party);
    party.handle(ms(0), Input::LineInHeard(false));
    party.handle(ms(SILENT_MS), Input::Pass);
    let fill = |on| What::Set(Change { fill_silence: Some(on), ..Change::default() });
    party.ask(ms(SILENT_MS), HOST, fill(true)).expect("granted");
    assert!(plan_of(party.handle(ms(SILENT_MS + 250), Input::Pass)).is_some_and(|plan| plan.tracks_db == 0.0));
    let (_, outputs) = party.ask(ms(32_000), HOST, What::Pause).expect("granted");
    assert_eq!(plan_of(outputs).map(|plan| (plan.tracks_db, plan.line_in_db)), Some((OFF_DB, OFF_DB)));
    let (_, outputs) = party.ask(ms(33_000), HOST, What::Play).expect("granted");
    assert_eq!(plan_of(outputs).map(|plan| plan.tracks_db), Some(0.0));
    party.ask(ms(34_000), HOST, fill(false)).expect("granted");
    assert!(plan_of(party.handle(ms(34_250), Input::Pass)).is_some_and(|plan| plan.tracks_db == OFF_DB));
    // Another source ends the matter.
    party.ask(ms(35_000), HOST, What::Select(Source::Files)).expect("granted");
    assert!(!party.is_line_in_silent());
}
