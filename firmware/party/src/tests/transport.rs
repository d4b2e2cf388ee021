//! Playing and pausing, skipping and volume, as tables.
//!
//! Tracks are opened under numbers that count up, so the first ones of a catalogue 1, 2, 3 are opened as 1, 2, 3.

use base::{CueId, Time, TrackId};

use super::{FADES, HOST, party};
use crate::{Entry, Input, MixPlan, OFF_DB, Output, Party, Refused, Settings, Source, Volume, What};

/// The output that opens this track.
fn cue(cue: u64, track: u64) -> Output {
    Output::Cue(CueId(cue), TrackId(track))
}

fn want(what: What) -> Entry {
    Entry::Wish(HOST, what)
}

fn catalogue(tracks: impl IntoIterator<Item = u64>) -> Entry {
    Entry::Input(super::catalogue(tracks))
}

fn started(cue: u64) -> Entry {
    Entry::Input(Input::TrackStarted(CueId(cue)))
}

fn ended(cue: u64) -> Entry {
    Entry::Input(Input::TrackEnded(CueId(cue)))
}

/// Feeds all entries and returns the outputs of the last one.
fn last(party: &mut Party, entries: &[Entry]) -> Vec<Output> {
    entries.iter().fold(Vec::new(), |_, entry| party.replay(Time::ZERO, entry.clone()))
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
    assert_eq!(last(&mut party, &[started(1), ended(1)]), [cue(3, 3)]);
    assert_eq!(last(&mut party, &[started(2), ended(2)]), [cue(4, 1)]);
}

#[test]
fn a_single_track_follows_itself() {
    let mut party = party();
    let opened = last(&mut party, &[catalogue([7])]);
    assert_eq!(opened, [cue(1, 7), cue(2, 7)]);
    last(&mut party, &[started(1), started(2)]);
    assert_eq!(last(&mut party, &[ended(1)]), [cue(3, 7)]);
    assert_eq!(party.view().track, Some(TrackId(7)), "its second deck is already playing");
}

/// The plan of a channel in which nothing is heard.
fn silent(ramp_ms: u16) -> MixPlan {
    MixPlan {
        line_in_db: OFF_DB,
        sender_db: OFF_DB,
        voice_db: OFF_DB,
        line_in_is_voice: false,
        tracks_db: OFF_DB,
        ramp_ms,
        fallback_to_tracks: false,
    }
}

#[test]
fn pause_silences_both_sources_and_play_brings_the_chosen_one_back() {
    let mut party = party();
    let silent = silent(200);
    assert_eq!(last(&mut party, &[want(What::Pause)]), [Output::Mix(silent)]);
    assert_eq!(last(&mut party, &[want(What::Pause)]), []);
    assert_eq!(last(&mut party, &[want(What::Play)]), [Output::Mix(MixPlan { tracks_db: 0.0, ..silent })]);
}

#[test]
fn line_in_falls_back_to_tracks_only_while_it_plays() {
    let mut party = party();
    let chosen = last(&mut party, &[want(What::Select(Source::LineIn))]);
    let plan = MixPlan { line_in_db: 0.0, fallback_to_tracks: true, ..silent(1_000) };
    assert_eq!(chosen, [Output::Mix(plan)]);
    let [Output::Mix(paused)] = last(&mut party, &[want(What::Pause)])[..] else { panic!("no plan") };
    assert!(!paused.fallback_to_tracks);
}

#[test]
fn a_sender_is_heard_when_it_is_chosen_and_tracks_stand_in_for_it() {
    let mut party = party();
    let [Output::Mix(chosen)] = last(&mut party, &[want(What::Select(Source::Sender))])[..] else { panic!("no plan") };
    assert_eq!((chosen.sender_db, chosen.tracks_db, chosen.line_in_db), (0.0, OFF_DB, OFF_DB));
    assert!(chosen.fallback_to_tracks, "also before anybody sends");
    assert_eq!(party.ask(Time::ZERO, HOST, What::Next), Err(Refused::NothingNext));
}

#[test]
fn the_button_goes_round_the_sources_that_are_there() {
    let mut party = Party::new(Source::Files, FADES, Settings::default(), 1);
    assert_eq!(party.ask(Time::ZERO, HOST, What::NextSource), Err(Refused::NoLineIn));
    party.handle(Time::ZERO, Input::Sender(true));
    for (has_line_in, round) in
        [(false, &[Source::Sender, Source::Files][..]), (true, &[Source::LineIn, Source::Sender, Source::Files])]
    {
        party.handle(Time::ZERO, Input::LineIn(has_line_in));
        for source in round {
            party.ask(Time::ZERO, HOST, What::NextSource).unwrap();
            assert_eq!(party.view().source, *source);
        }
    }
}

#[test]
fn next_skips_and_resumes() {
    let mut party = party();
    last(&mut party, &[catalogue([1, 2]), started(1), want(What::Pause)]);
    let outputs = last(&mut party, &[want(What::Next)]);
    assert_eq!(outputs[0], Output::Skip);
    assert!(party.view().playing && outputs.len() == 2);
}

#[test]
fn next_is_refused_on_line_in_and_does_nothing_without_tracks() {
    assert_eq!(last(&mut party(), &[want(What::Next)]), []);
    let mut on_line = Party::new(Source::LineIn, FADES, Settings::default(), 1);
    last(&mut on_line, &[catalogue([1])]);
    assert_eq!(on_line.ask(Time::ZERO, HOST, What::Next), Err(Refused::NothingNext));
}

#[test]
fn broken_tracks_stay_out_until_the_catalogue_changes() {
    let mut party = party();
    last(&mut party, &[catalogue([1, 2, 3]), started(1)]);
    assert_eq!(last(&mut party, &[Entry::Input(Input::TrackBroken(CueId(2)))]), [Output::Uncue, cue(3, 3)]);
    assert_eq!(last(&mut party, &[started(3), ended(1)]), [cue(4, 1)]);
    assert_eq!(last(&mut party, &[started(4), ended(3)]), [cue(5, 3)]);
    assert_eq!(last(&mut party, &[catalogue([1, 2, 3])]), [], "what is open is as good as any other");
    assert_eq!(last(&mut party, &[started(5), ended(4)]), [cue(6, 1)]);
    assert_eq!(last(&mut party, &[started(6), ended(5)]), [cue(7, 2)]);
}

#[test]
fn a_catalogue_of_broken_files_comes_to_rest() {
    let mut party = party();
    let mut outputs = party.replay(Time::ZERO, catalogue(1..=50));
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
    last(&mut party, &[catalogue([1, 2]), started(1)]);
    last(&mut party, &[catalogue([1, 2, 3])]);
    assert_eq!(last(&mut party, &[started(2), ended(1)]), [cue(3, 3)]);
}

#[test]
fn one_button_plays_and_pauses() {
    let mut party = party();
    let paused = last(&mut party, &[want(What::Toggle)]);
    assert!(!party.view().playing);
    assert_eq!(paused, party_with(&[want(What::Pause)]));
    let [Output::Mix(plays)] = last(&mut party, &[want(What::Toggle)])[..] else { panic!("no plan") };
    assert_eq!((plays.tracks_db, party.view().playing), (0.0, true));
}

/// What a new party answers to the last of these entries.
fn party_with(entries: &[Entry]) -> Vec<Output> {
    last(&mut party(), entries)
}

#[test]
fn a_stop_fades_out_slowly_and_the_next_play_begins_with_another_track() {
    let mut party = party();
    let stopped = last(&mut party, &[catalogue([1, 2, 3]), started(1), want(What::Stop)]);
    let [Output::Mix(plan)] = stopped[..] else { panic!("{stopped:?}") };
    assert_eq!((plan.tracks_db, plan.ramp_ms), (OFF_DB, FADES.stop_ms));
    for again in [want(What::Play), want(What::Toggle), want(What::Next)] {
        let outputs = last(&mut party, std::slice::from_ref(&again));
        let [Output::Skip, Output::Mix(plan)] = outputs[..] else { panic!("{again:?}: {outputs:?}") };
        assert_eq!((plan.tracks_db, plan.ramp_ms), (0.0, FADES.pause_ms));
        last(&mut party, &[want(What::Stop)]);
    }
}

#[test]
fn a_stop_while_paused_still_gives_the_track_up() {
    let stopped = [catalogue([1, 2]), want(What::Pause), want(What::Stop)];
    assert_eq!(party_with(&stopped), []);
    let [Output::Skip, Output::Mix(_)] = party_with(&[&stopped[..], &[want(What::Play)]].concat())[..] else {
        panic!("the old track goes on")
    };
}

#[test]
fn a_stopped_line_in_only_fades_and_plays_again() {
    let mut party = party();
    let inputs = [catalogue([1, 2]), want(What::Select(Source::LineIn)), want(What::Stop)];
    let [Output::Mix(stopped)] = last(&mut party, &inputs)[..] else { panic!("no plan") };
    assert_eq!(stopped.line_in_db, OFF_DB);
    let [Output::Mix(plays)] = last(&mut party, &[want(What::Play)])[..] else { panic!("no plan") };
    assert_eq!(plays.line_in_db, 0.0);
}

#[test]
fn a_track_given_up_on_is_not_skipped_twice() {
    let mut party = party();
    last(&mut party, &[catalogue([1, 2, 3]), want(What::Stop), want(What::Play), want(What::Pause)]);
    let [Output::Mix(_)] = last(&mut party, &[want(What::Play)])[..] else { panic!("skipped again") };
}

#[test]
fn the_volume_has_ends_and_changes_what_is_heard_at_once() {
    let mut party = party();
    let [Output::Mix(softer)] = last(&mut party, &[want(What::Turn(-3))])[..] else { panic!("no plan") };
    assert_eq!(softer.tracks_db, -3.0 * Volume::STEP_DB);
    assert_eq!(last(&mut party, &[want(What::Turn(i8::MAX))]).len(), 1);
    assert_eq!((party.view().volume, last(&mut party, &[want(What::Turn(1))])), (Volume::FULL, vec![]));
    last(&mut party, &[want(What::Turn(i8::MIN))]);
    assert_eq!(party.view().volume.db(), Volume::MIN_DB);
    assert_eq!(last(&mut party, &[want(What::Turn(-1))]), []);
}

#[test]
fn a_volume_turned_while_paused_is_heard_after_it() {
    let mut party = party();
    assert_eq!(last(&mut party, &[want(What::Pause), want(What::Turn(-1))]), []);
    let [Output::Mix(plan)] = last(&mut party, &[want(What::Play)])[..] else { panic!("no plan") };
    assert_eq!(plan.tracks_db, -Volume::STEP_DB);
    let [Output::Mix(line_in)] = last(&mut party, &[want(What::Select(Source::LineIn))])[..] else { panic!("no plan") };
    assert_eq!(line_in.line_in_db, -Volume::STEP_DB, "the volume is the channel's, not a source's");
}

#[test]
fn a_track_goes_on_from_another_place_and_is_still_the_same_one() {
    let mut party = party();
    last(&mut party, &[catalogue([1, 2, 3]), started(1)]);
    let within = Output::CueAt(CueId(3), TrackId(1), 90_000);
    assert_eq!(last(&mut party, &[want(What::Seek(90_000))]), [Output::Uncue, within, Output::Skip]);
    assert_eq!(last(&mut party, &[started(3)]), []);
    assert_eq!(last(&mut party, &[ended(1)]), [cue(4, 2)], "what comes after it is opened again");
    assert_eq!((party.view().track, party.history().iter().count()), (Some(TrackId(1)), 0));
    last(&mut party, &[started(4), ended(3)]);
    let heard: Vec<TrackId> = party.history().iter().map(|played| played.track).collect();
    assert_eq!(heard, [TrackId(1)], "it was heard once");
}

#[test]
fn two_seeks_in_a_row_lead_to_the_last_and_none_where_nothing_plays() {
    let mut party = party();
    let nothing = party.ask(Time::ZERO, HOST, What::Seek(1)).unwrap_err();
    assert_eq!(nothing, Refused::NothingPlays);
    last(&mut party, &[catalogue([1, 2, 3]), started(1), want(What::Seek(10))]);
    let within = Output::CueAt(CueId(4), TrackId(1), 20);
    assert_eq!(last(&mut party, &[want(What::Seek(20))]), [Output::Uncue, within, Output::Skip]);
    assert_eq!(last(&mut party, &[started(4), ended(1)]), [cue(5, 2)]);
    last(&mut party, &[want(What::Select(Source::LineIn))]);
    assert_eq!(party.ask(Time::ZERO, HOST, What::Seek(1)).unwrap_err(), Refused::NothingPlays);
}
