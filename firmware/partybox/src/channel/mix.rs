//! The rules' plan as the mixer wants it: which source has which place, and how loud each sender is heard. Pure.

use audio::mixer::{Decibels, MixPlan};
use hub::{Fader, TOGETHER_MAX};

/// The places of the pump's sources; behind the first sender come the others.
pub(super) const LINE_IN: usize = 0;
pub(super) const VOICE: usize = 1;
const SENDER: usize = 2;

/// The faders of the channel's places for senders.
pub(super) type Faders = [Fader; TOGETHER_MAX];

/// Returns the party's plan as the mixer wants it.
pub(super) fn plan(plan: party::MixPlan, crossfade_ms: u16, faders: &Faders) -> MixPlan {
    let mixed = MixPlan {
        decks: Decibels::from_db(plan.tracks_db),
        ramp_ms: plan.ramp_ms,
        crossfade_ms,
        fallback_to_decks: plan.fallback_to_tracks,
        ..MixPlan::default()
    };
    let mixed = if plan.line_in_is_voice { mixed.with_over(LINE_IN) } else { mixed };
    let mixed = mixed
        .with_over(VOICE)
        .with_source(VOICE, Decibels::from_db(plan.voice_db))
        .with_source(LINE_IN, Decibels::from_db(plan.line_in_db));
    let sender = |mixed: MixPlan, (place, fader): (usize, &Fader)| {
        mixed.with_source(SENDER + place, Decibels::from_db(plan.sender_db + fader.db()))
    };
    faders.iter().enumerate().fold(mixed, sender)
}

#[cfg(test)]
mod tests {
    use party::Party;

    use super::*;

    const FADES: party::Fades = party::Fades { pause_ms: 200, source_ms: 1_000, stop_ms: 2_000 };

    #[test]
    fn every_sender_is_heard_at_its_fader_and_the_volume_and_a_shut_one_not_at_all() {
        let [half, shut] = [50, 0].map(|percent| Fader::new(percent).unwrap());
        let rules = Party::new(party::Source::Sender, FADES, party::Settings::default(), 1);
        let planned = party::MixPlan { sender_db: -6.0, ..rules.plan() };
        let mixed = plan(planned, 0, &[Fader::FULL, half, shut, Fader::FULL]);
        let gains: Vec<f32> = mixed.sources[SENDER..].iter().map(|gain| gain.db()).collect();
        assert_eq!(gains, [-6.0, -16.0, f32::NEG_INFINITY, -6.0]);
        assert!(mixed.sources[VOICE].is_silence() && mixed.over[VOICE] && !mixed.over[LINE_IN]);
        assert_eq!(SENDER + TOGETHER_MAX, audio::mixer::SOURCES_MAX);
    }

    #[test]
    fn the_longest_crossfade_that_can_be_set_is_what_the_mixer_can_do() {
        assert_eq!(party::Settings::CROSSFADE_MS_MAX, MixPlan::CROSSFADE_MS_MAX);
    }
}
