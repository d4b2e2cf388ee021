//! Opening tracks: from an id in the catalogue to a deck in the pump, and what is known about each.
//!
//! Which track and when is decided by `party`; how it is decoded by `audio`. What a track is and where it lies is looked up
//! by another thread (`lookup.rs`): a track is opened when the answer is there, and everything that was to be done behind it
//! is done behind it.

use std::collections::VecDeque;

use audio::deck::Deck;
use audio::decode::{self, Cut, Outcome, TrackInfo, WorkerCommand};
use audio::pcm::SAMPLE_RATE_HZ;
use audio::pump::Controls;
use base::{ChannelId, CueId, TrackId};
use party::Input;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use web::track::TrackView;

use super::details::Details;
use super::lookup::{Answer, Found, Lookup};
use crate::catalogue::Catalogue;
use crate::stock::Entry;

/// News from decoders on their way to the loop. Each track sends two, and of each channel four are open at most; when it is
/// full the loop is stuck, and the news is dropped with a line in the log.
pub(crate) const NEWS_MAX: usize = 128;

/// A track that breaks before this many frames counts as unplayable; later, what there is of it is worth playing.
const WORTH_PLAYING_FRAMES: u64 = SAMPLE_RATE_HZ as u64;

/// Times that a track which is to be opened is looked up while the library gives no answer: storage that was busy for a
/// moment is no reason to give a track up, and storage that is broken none to be silent.
const TRIES_MAX: usize = 4;

/// Tracks of which it is remembered what decoders said: more than the party ever has open, or closed a moment ago.
const HEARD_MAX: usize = 8;

/// News from a decoder about the track that was opened under this number.
pub(crate) type News = (CueId, decode::Event);

/// A track that is to be opened.
struct Wanted {
    cue: CueId,
    track: TrackId,
    /// Where in it to begin, ms after its start.
    from_ms: u64,
    is_level: bool,
    /// `None`: it is being looked up.
    found: Option<Found>,
    /// Times that there was no answer.
    tries: usize,
}

/// The open tracks and what is known of all.
pub(crate) struct Tracks {
    catalogue: Catalogue,
    controls: Controls,
    worker: WorkerCommand,
    channel: ChannelId,
    news: mpsc::Sender<(ChannelId, News)>,
    lookup: Lookup,
    details: Details,
    /// What is known of those that were opened last, the newest at the end.
    heard: VecDeque<(TrackId, TrackInfo)>,
    /// Those that were opened within the track, the newest at the end, and where, ms after its start.
    within: VecDeque<(CueId, u64)>,
    /// To be opened, in this order. The party opens two at a time, so there are never more here.
    wanted: VecDeque<Wanted>,
    /// Whether the pump is to skip as soon as these are open.
    skips: bool,
    /// Decks the pump had no room for yet.
    waiting: VecDeque<Deck>,
}

impl Tracks {
    /// Returns the tracks of `catalogue`, to be looked up by `lookup` and opened into the pump of `channel` behind
    /// `controls`; `news` is told of them.
    pub(super) fn new(
        channel: ChannelId,
        catalogue: Catalogue,
        controls: Controls,
        worker: WorkerCommand,
        news: mpsc::Sender<(ChannelId, News)>,
        lookup: Lookup,
    ) -> Self {
        let (details, heard) = (Details::default(), VecDeque::new());
        let (wanted, skips, waiting, within) = (VecDeque::new(), false, VecDeque::new(), VecDeque::new());
        Self { catalogue, controls, worker, channel, news, lookup, details, heard, within, wanted, skips, waiting }
    }

    /// Returns the same, of which that much is known already.
    pub(super) fn knowing(self, details: Details) -> Self {
        Self { details, ..self }
    }

    /// All ids, in playing order.
    pub(crate) fn ids(&self) -> Vec<TrackId> {
        self.catalogue.ids()
    }

    /// Takes a new list of all tracks.
    pub(super) fn relist(&mut self, ids: Vec<TrackId>) {
        self.catalogue.relist(ids);
        self.details.forget_missing();
    }

    /// How many tracks there are.
    pub(crate) fn count(&self) -> usize {
        self.catalogue.len()
    }

    /// Returns `track` as lists show it: nothing inside if there is no such track, nothing at all while that is not known;
    /// then it is looked up, and [`Input::Described`] tells when it is.
    pub(super) fn show(&self, track: TrackId) -> Option<Option<TrackView>> {
        self.details.known(track)
    }

    /// Has the library count that `track` is played; `wanted`: because somebody asked for it.
    pub(super) fn played(&self, track: TrackId, wanted: bool) {
        self.lookup.played(track, wanted);
    }

    /// Asks what is not known and shall be, as far as the thread takes questions. To be called now and then.
    pub(super) fn ask(&self) {
        self.details.ask(|track| self.lookup.ask(self.channel, track));
    }

    /// Opens `track`, from `from_ms` after its start on, under the number `cue` behind those already open, brought to the
    /// loudness of all if `is_level`, as soon as it is looked up.
    pub(super) fn cue(&mut self, cue: CueId, track: TrackId, from_ms: u64, is_level: bool) {
        self.wanted.push_back(Wanted { cue, track, from_ms, is_level, found: None, tries: 0 });
        // What was known a while ago may have moved since.
        self.details.want(track);
        self.ask();
    }

    /// Takes in what was found out about a track; what `is_barred` is not opened. What the party is told comes of it, in order.
    pub(super) fn answer(
        &mut self,
        Answer { track, found, .. }: Answer,
        is_barred: impl Fn(TrackId, &TrackView) -> bool,
    ) -> Vec<Input> {
        let is_new = match &found {
            Found::Entry(entry) => self.details.learn(track, Some(entry.view(track))),
            Found::Nothing => self.details.learn(track, None),
            Found::NoAnswer => {
                self.details.give_up(track);
                false
            }
        };
        let mut inputs: Vec<Input> = is_new.then_some(Input::Described(track)).into_iter().collect();
        for wanted in self.wanted.iter_mut().filter(|wanted| wanted.track == track) {
            wanted.tries += usize::from(found == Found::NoAnswer);
            if found == Found::NoAnswer && wanted.tries < TRIES_MAX {
                self.details.want(track);
            } else {
                wanted.found = Some(found.clone());
            }
        }
        while let Some(Wanted { cue, track, from_ms, is_level, found, .. }) =
            self.wanted.pop_front_if(|wanted| wanted.found.is_some())
        {
            match found {
                Some(Found::Entry(entry)) if !is_barred(track, &entry.view(track)) => {
                    self.open(cue, track, from_ms, is_level, *entry);
                }
                _ => inputs.push(Input::CueFailed(cue)),
            }
        }
        self.ask();
        inputs
    }

    /// Returns where in its track the cue began, ms after the track's start.
    pub(crate) fn begins_at_ms(&self, cue: CueId) -> u64 {
        self.within.iter().find(|(within, _)| *within == cue).map_or(0, |(_, from_ms)| *from_ms)
    }

    fn open(&mut self, cue: CueId, track: TrackId, from_ms: u64, is_level: bool, entry: Entry) {
        if from_ms > 0 {
            self.within.push_back((cue, from_ms));
            self.within.drain(..self.within.len().saturating_sub(HEARD_MAX));
        }
        self.heard.retain(|(heard, _)| *heard != track);
        if self.heard.len() >= HEARD_MAX {
            self.heard.pop_front();
        }
        self.heard.push_back((track, entry.about));
        let (news, channel) = (self.news.clone(), self.channel);
        let notify = move |cue, event| {
            // A box that ends listens no more.
            if let Err(TrySendError::Full(_)) = news.try_send((channel, (cue, event))) {
                log::error!("news about track {track} was dropped: the loop is stuck");
            }
        };
        let gain_db = if is_level { entry.gain_db } else { 0.0 };
        let cut =
            Cut { path: entry.path, start_ms: entry.start_ms.saturating_add(from_ms), end_ms: entry.end_ms, gain_db };
        self.waiting.push_back(decode::open_cut(&self.worker, cut, cue, notify));
        self.hand_over();
    }

    /// Closes every open track that has not begun. `false` if the pump does not take commands.
    pub(super) fn uncue(&mut self) -> bool {
        self.wanted.clear();
        self.waiting.clear();
        self.controls.clear_next()
    }

    /// Goes on to the next open track, once those that are to be opened are.
    pub(super) fn skip(&mut self) {
        self.skips = true;
    }

    /// Skips if that was put off and can be done now. `false` if the pump does not take commands.
    pub(super) fn settle(&mut self) -> bool {
        let skips = self.skips && self.wanted.is_empty();
        self.skips &= !skips;
        !skips || self.controls.skip()
    }

    /// Gives waiting decks to the pump as far as it has room.
    pub(super) fn hand_over(&mut self) {
        while let Some(deck) = self.waiting.pop_front() {
            if let Err(deck) = self.controls.cue(deck) {
                self.waiting.push_front(deck);
                return;
            }
        }
    }

    /// Takes in what a decoder told about `track`; the input is for the party.
    pub(super) fn learn(&mut self, track: TrackId, (cue, event): News) -> Option<Input> {
        match event {
            decode::Event::Opened(told) => {
                if let Some((_, known)) = self.heard.iter_mut().find(|(heard, _)| *heard == track) {
                    // The tags' reader knows more kinds of titles, the decoder knows the length to the frame.
                    known.artist = known.artist.take().or(told.artist);
                    // Of one that was opened within, it is how much is left.
                    let told_ms = told.duration_ms.filter(|_| self.within.iter().all(|(within, _)| *within != cue));
                    known.duration_ms = told_ms.or(known.duration_ms);
                }
                None
            }
            decode::Event::Ended(Outcome::Broken(broken)) => {
                log::warn!("skipped: {broken}");
                if broken.after_frames >= WORTH_PLAYING_FRAMES {
                    return None;
                }
                self.lookup.failed(track);
                Some(Input::TrackBroken(cue))
            }
            decode::Event::Ended(Outcome::Completed { .. } | Outcome::Abandoned) => None,
        }
    }

    /// Artist and title of `track` in one line, as far as known.
    pub(crate) fn title(&self, track: TrackId) -> String {
        let about = self.describe(track);
        let title = about.title.unwrap_or_default();
        match about.artist {
            Some(artist) if !artist.is_empty() => format!("{artist} – {title}"),
            _ => title,
        }
    }

    /// Title, artist and length of `track`, which was opened a while ago at most, as far as known.
    pub(crate) fn describe(&self, track: TrackId) -> TrackInfo {
        let heard = self.heard.iter().find(|(heard, _)| *heard == track);
        heard.map(|(_, about)| about.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::mpsc::Receiver;

    use audio::mixer::MixPlan;
    use audio::pump;
    use base::{Time, Timeline};

    use super::*;

    /// Tracks whose questions nobody answers but the test; the pump is not run.
    fn tracks() -> (Tracks, Receiver<(ChannelId, TrackId)>) {
        let timeline = Timeline::starting_at(Time::ZERO);
        let first = timeline.next_packet_start(Time::ZERO);
        let (_, controls, _) = pump::new(timeline, first, MixPlan::default(), Vec::new(), Vec::new(), Vec::new());
        let (lookup, asked) = Lookup::unanswered();
        let ids: Vec<TrackId> = (1..=9).map(TrackId).collect();
        let catalogue = Catalogue::new(ids, Vec::new());
        let (worker, news) = (WorkerCommand::new("/nowhere", ["nothing"]), mpsc::channel(NEWS_MAX).0);
        (Tracks::new(id(), catalogue, controls, worker, news, lookup), asked)
    }

    fn id() -> ChannelId {
        ChannelId::new("main").expect("a legal name")
    }

    fn found(track: u64) -> Answer {
        let about = TrackInfo { title: Some(format!("Track {track}")), ..TrackInfo::default() };
        let (path, album, gain_db) = (PathBuf::from("/nowhere"), String::new(), 0.0);
        let entry = Entry { path, about, album, genres: Vec::new(), art: None, start_ms: 0, end_ms: None, gain_db };
        Answer { channel: id(), track: TrackId(track), found: Found::Entry(Box::new(entry)) }
    }

    fn unknown(track: u64, found: Found) -> Answer {
        Answer { channel: id(), track: TrackId(track), found }
    }

    fn answer(tracks: &mut Tracks, answer: Answer) -> Vec<Input> {
        tracks.answer(answer, |_, _| false)
    }

    fn asked_of(asked: &Receiver<(ChannelId, TrackId)>) -> Vec<u64> {
        asked.try_iter().map(|(_, track)| track.0).collect()
    }

    /// The cues that wait to be opened.
    fn waiting(tracks: &Tracks) -> Vec<u64> {
        tracks.wanted.iter().map(|wanted| wanted.cue.0).collect()
    }

    #[test]
    fn tracks_are_opened_in_the_order_of_their_cues_and_a_skip_comes_behind_them() {
        let (mut tracks, asked) = tracks();
        tracks.cue(CueId(1), TrackId(5), 0, true);
        tracks.cue(CueId(2), TrackId(6), 0, true);
        tracks.skip();
        assert!(tracks.settle());
        assert_eq!((asked_of(&asked), waiting(&tracks), tracks.skips), (vec![5, 6], vec![1, 2], true));
        assert_eq!(answer(&mut tracks, found(6)), [Input::Described(TrackId(6))]);
        tracks.settle();
        assert_eq!((waiting(&tracks), tracks.skips), (vec![1, 2], true), "the first is not known yet");
        answer(&mut tracks, found(5));
        tracks.settle();
        assert_eq!((waiting(&tracks), tracks.skips), (vec![], false));
        let heard: Vec<TrackId> = tracks.heard.iter().map(|(track, _)| *track).collect();
        assert_eq!((heard, tracks.title(TrackId(5)).as_str()), (vec![TrackId(5), TrackId(6)], "Track 5"));
    }

    #[test]
    fn what_is_closed_before_it_is_known_is_not_opened() {
        let (mut tracks, asked) = tracks();
        tracks.cue(CueId(1), TrackId(5), 0, true);
        tracks.uncue();
        tracks.cue(CueId(2), TrackId(6), 0, true);
        answer(&mut tracks, found(5));
        assert_eq!((asked_of(&asked), waiting(&tracks), tracks.heard.len()), (vec![5, 6], vec![2], 0));
    }

    #[test]
    fn a_track_that_is_barred_fails_and_those_behind_it_are_opened() {
        let (mut tracks, _asked) = tracks();
        tracks.cue(CueId(1), TrackId(5), 0, true);
        tracks.cue(CueId(2), TrackId(6), 0, true);
        let is_barred = |track: TrackId, about: &TrackView| track == TrackId(5) && about.title == "Track 5";
        assert_eq!(tracks.answer(found(5), is_barred).last(), Some(&Input::CueFailed(CueId(1))));
        tracks.answer(found(6), is_barred);
        let heard: Vec<TrackId> = tracks.heard.iter().map(|(track, _)| *track).collect();
        assert_eq!((waiting(&tracks), heard), (vec![], vec![TrackId(6)]));
    }

    #[test]
    fn a_track_that_is_gone_fails_at_once_and_one_of_which_nothing_is_said_after_some_tries() {
        let (mut tracks, asked) = tracks();
        tracks.cue(CueId(1), TrackId(5), 0, true);
        assert_eq!(answer(&mut tracks, unknown(5, Found::Nothing)).last(), Some(&Input::CueFailed(CueId(1))));
        tracks.cue(CueId(2), TrackId(6), 0, true);
        for _ in 1..TRIES_MAX {
            assert_eq!(answer(&mut tracks, unknown(6, Found::NoAnswer)), []);
        }
        assert_eq!(asked_of(&asked), [vec![5], vec![6; TRIES_MAX]].concat());
        assert_eq!(answer(&mut tracks, unknown(6, Found::NoAnswer)), [Input::CueFailed(CueId(2))]);
    }
}
