//! Playing and pausing, skipping and volume, as tables.
//!
//! Tracks are opened under numbers that count up, so the first ones of a catalogue 1, 2, 3 are opened as 1, 2, 3.

use base::{CueId, Time, TrackId};

use super::{FADES, catalogue, party};
use crate::{Input, MixPlan, OFF_DB, Output, Party, Settings, Source, Volume};

/// The output that opens this track.
fn cue(cue: u64, track: u64) -> Output {
    Output::Cue(CueId(cue), TrackId(track))
}

/// Feeds all inputs and returns the outputs of the last one.
fn last(party: &mut Party, inputs: &[Input]) -> Vec<Output> {
    inputs.iter().fold(Vec::new(), |_, input| party.handle(Time::ZERO, input.clone()))
}

#[test]
fn music_plays_without_being_asked() {
    let plan = party().plan();
    assert_eq!((plan.tracks_db, plan.line_in_db), (0.0, OFF_DB));
}

#[test]
fn two_tracks_are_open_at_once_and_the_next_follows_when_one_ends() {
    let mut party = party();
    let opened = last(&mut party, &[catalogue([1, 2, 3])]);
    assert_eq!(opened, [cue(1, 1), cue(2, 2)]);
    assert_eq!(last(&mut party, &[Input::TrackStarted(CueId(1)), Input::TrackEnded(CueId(1))]), [cue(3, 3)]);
    assert_eq!(last(&mut party, &[Input::TrackStarted(CueId(2)), Input::TrackEnded(CueId(2))]), [cue(4, 1)]);
}

#[test]
fn a_single_track_follows_itself() {
    let mut party = party();
    let opened = last(&mut party, &[catalogue([7])]);
    assert_eq!(opened, [cue(1, 7), cue(2, 7)]);
    last(&mut party, &[Input::TrackStarted(CueId(1)), Input::TrackStarted(CueId(2))]);
    assert_eq!(last(&mut party, &[Input::TrackEnded(CueId(1))]), [cue(3, 7)]);
    assert_eq!(party.view().track, Some(TrackId(7)), "its second deck is already playing");
}

#[test]
fn pause_silences_both_sources_and_play_brings_the_chosen_one_back() {
    let mut party = party();
    let silent = MixPlan { line_in_db: OFF_DB, tracks_db: OFF_DB, ramp_ms: 200, fallback_to_tracks: false };
    assert_eq!(last(&mut party, &[Input::Pause]), [Output::Mix(silent)]);
    assert_eq!(last(&mut party, &[Input::Pause]), []);
    assert_eq!(last(&mut party, &[Input::Play]), [Output::Mix(MixPlan { tracks_db: 0.0, ..silent })]);
}

#[test]
fn line_in_falls_back_to_tracks_only_while_it_plays() {
    let mut party = party();
    let chosen = last(&mut party, &[Input::Select(Source::LineIn)]);
    let plan = MixPlan { line_in_db: 0.0, tracks_db: OFF_DB, ramp_ms: 1_000, fallback_to_tracks: true };
    assert_eq!(chosen, [Output::Mix(plan)]);
    let [Output::Mix(paused)] = last(&mut party, &[Input::Pause])[..] else { panic!("no plan") };
    assert!(!paused.fallback_to_tracks);
}

#[test]
fn next_skips_and_resumes() {
    let mut party = party();
    last(&mut party, &[catalogue([1, 2]), Input::TrackStarted(CueId(1)), Input::Pause]);
    let outputs = last(&mut party, &[Input::Next]);
    assert_eq!(outputs[0], Output::Skip);
    assert!(party.view().playing && outputs.len() == 2);
}

#[test]
fn next_does_nothing_on_line_in_or_without_tracks() {
    assert_eq!(last(&mut party(), &[Input::Next]), []);
    let mut on_line = Party::new(Source::LineIn, FADES, Settings::default(), 1);
    assert_eq!(last(&mut on_line, &[catalogue([1]), Input::Next]), []);
}

#[test]
fn broken_tracks_stay_out_until_the_catalogue_changes() {
    let mut party = party();
    last(&mut party, &[catalogue([1, 2, 3]), Input::TrackStarted(CueId(1))]);
    assert_eq!(last(&mut party, &[Input::TrackBroken(CueId(2))]), [Output::Uncue, cue(3, 3)]);
    assert_eq!(last(&mut party, &[Input::TrackStarted(CueId(3)), Input::TrackEnded(CueId(1))]), [cue(4, 1)]);
    assert_eq!(last(&mut party, &[Input::TrackStarted(CueId(4)), Input::TrackEnded(CueId(3))]), [cue(5, 3)]);
    assert_eq!(last(&mut party, &[catalogue([1, 2, 3])]), [], "what is open is as good as any other");
    assert_eq!(last(&mut party, &[Input::TrackStarted(CueId(5)), Input::TrackEnded(CueId(4))]), [cue(6, 1)]);
    assert_eq!(last(&mut party, &[Input::TrackStarted(CueId(6)), Input::TrackEnded(CueId(5))]), [cue(7, 2)]);
}

#[test]
fn a_catalogue_of_broken_files_comes_to_rest() {
    let mut party = party();
    let mut outputs = party.handle(Time::ZERO, catalogue(1..=50));
    let mut cues = 0;
    while let Some(output) = outputs.pop() {
        if let Output::Cue(cue, _) = output {
            cues += 1;
            outputs.extend(party.handle(Time::ZERO, Input::CueFailed(cue)));
        }
    }
    assert!((50..=100).contains(&cues), "each file is tried once for each deck at most: {cues}");
    assert!(!party.view().has_tracks);
}

#[test]
fn a_new_catalogue_goes_on_after_the_last_track() {
    let mut party = party();
    last(&mut party, &[catalogue([1, 2]), Input::TrackStarted(CueId(1))]);
    last(&mut party, &[catalogue([1, 2, 3])]);
    assert_eq!(last(&mut party, &[Input::TrackStarted(CueId(2)), Input::TrackEnded(CueId(1))]), [cue(3, 3)]);
}

#[test]
fn one_button_plays_and_pauses() {
    let mut party = party();
    let paused = last(&mut party, &[Input::Toggle]);
    assert!(!party.view().playing);
    assert_eq!(paused, party_with(&[Input::Pause]));
    let [Output::Mix(plays)] = last(&mut party, &[Input::Toggle])[..] else { panic!("no plan") };
    assert_eq!((plays.tracks_db, party.view().playing), (0.0, true));
}

/// What a new party answers to the last of these inputs.
fn party_with(inputs: &[Input]) -> Vec<Output> {
    last(&mut party(), inputs)
}

#[test]
fn a_stop_fades_out_slowly_and_the_next_play_begins_with_another_track() {
    let mut party = party();
    let stopped = last(&mut party, &[catalogue([1, 2, 3]), Input::TrackStarted(CueId(1)), Input::Stop]);
    let [Output::Mix(plan)] = stopped[..] else { panic!("{stopped:?}") };
    assert_eq!((plan.tracks_db, plan.ramp_ms), (OFF_DB, FADES.stop_ms));
    for again in [Input::Play, Input::Toggle, Input::Next] {
        let outputs = last(&mut party, std::slice::from_ref(&again));
        let [Output::Skip, Output::Mix(plan)] = outputs[..] else { panic!("{again:?}: {outputs:?}") };
        assert_eq!((plan.tracks_db, plan.ramp_ms), (0.0, FADES.pause_ms));
        party.handle(Time::ZERO, Input::Stop);
    }
}

#[test]
fn a_stop_while_paused_still_gives_the_track_up() {
    let stopped = [catalogue([1, 2]), Input::Pause, Input::Stop];
    assert_eq!(party_with(&stopped), []);
    let [Output::Skip, Output::Mix(_)] = party_with(&[&stopped[..], &[Input::Play]].concat())[..] else {
        panic!("the old track goes on")
    };
}

#[test]
fn a_stopped_line_in_only_fades_and_plays_again() {
    let mut party = party();
    let inputs = [catalogue([1, 2]), Input::Select(Source::LineIn), Input::Stop];
    let [Output::Mix(stopped)] = last(&mut party, &inputs)[..] else { panic!("no plan") };
    assert_eq!(stopped.line_in_db, OFF_DB);
    let [Output::Mix(plays)] = last(&mut party, &[Input::Play])[..] else { panic!("no plan") };
    assert_eq!(plays.line_in_db, 0.0);
}

#[test]
fn a_track_given_up_on_is_not_skipped_twice() {
    let mut party = party();
    last(&mut party, &[catalogue([1, 2, 3]), Input::Stop, Input::Play, Input::Pause]);
    let [Output::Mix(_)] = last(&mut party, &[Input::Play])[..] else { panic!("skipped again") };
}

#[test]
fn the_volume_has_ends_and_changes_what_is_heard_at_once() {
    let mut party = party();
    let [Output::Mix(softer)] = last(&mut party, &[Input::Turn(-3)])[..] else { panic!("no plan") };
    assert_eq!(softer.tracks_db, -3.0 * Volume::STEP_DB);
    assert_eq!(last(&mut party, &[Input::Turn(i8::MAX)]).len(), 1);
    assert_eq!((party.view().volume, last(&mut party, &[Input::Turn(1)])), (Volume::FULL, vec![]));
    last(&mut party, &[Input::Turn(i8::MIN)]);
    assert_eq!(party.view().volume.db(), Volume::MIN_DB);
    assert_eq!(last(&mut party, &[Input::Turn(-1)]), []);
}

#[test]
fn a_volume_turned_while_paused_is_heard_after_it() {
    let mut party = party();
    assert_eq!(last(&mut party, &[Input::Pause, Input::Turn(-1)]), []);
    let [Output::Mix(plan)] = last(&mut party, &[Input::Play])[..] else { panic!("no plan") };
    assert_eq!(plan.tracks_db, -Volume::STEP_DB);
    let [Output::Mix(line_in)] = last(&mut party, &[Input::Select(Source::LineIn)])[..] else { panic!("no plan") };
    assert_eq!(line_in.line_in_db, -Volume::STEP_DB, "the volume is the channel's, not a source's");
}
