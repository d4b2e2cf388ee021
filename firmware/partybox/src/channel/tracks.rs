//! Opening tracks: from an id in the catalogue to a deck in the pump, and what is known about each.
//!
//! Which track and when is decided by `party`; how it is decoded by `audio`.

use std::collections::{HashMap, VecDeque};

use audio::deck::Deck;
use audio::decode::{self, Cut, Outcome, TrackInfo, WorkerCommand};
use audio::pcm::SAMPLE_RATE_HZ;
use audio::pump::Controls;
use base::{ChannelId, CueId, TrackId};
use party::Input;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::catalogue::Catalogue;

/// News from decoders on their way to the loop. Each track sends two, and of each channel four are open at most; when it is
/// full the loop is stuck, and the news is dropped with a line in the log.
pub(crate) const NEWS_MAX: usize = 128;

/// A track that breaks before this many frames counts as unplayable; later, what there is of it is worth playing.
const WORTH_PLAYING_FRAMES: u64 = SAMPLE_RATE_HZ as u64;

/// News from a decoder about the track that was opened under this number.
pub(crate) type News = (CueId, decode::Event);

/// The open tracks and what is known of all.
pub(crate) struct Tracks {
    catalogue: Catalogue,
    controls: Controls,
    worker: WorkerCommand,
    channel: ChannelId,
    news: mpsc::Sender<(ChannelId, News)>,
    info: HashMap<TrackId, TrackInfo>,
    /// Decks the pump had no room for yet. The party opens two at a time, so there are never more here.
    waiting: VecDeque<Deck>,
}

impl Tracks {
    /// Returns the tracks of `catalogue`, to be opened into the pump of `channel` behind `controls`; `news` is told of them.
    pub(super) fn new(
        channel: ChannelId,
        catalogue: Catalogue,
        controls: Controls,
        worker: WorkerCommand,
        news: mpsc::Sender<(ChannelId, News)>,
    ) -> Self {
        let (info, waiting) = (HashMap::new(), VecDeque::new());
        Self { catalogue, controls, worker, channel, news, info, waiting }
    }

    /// Which tracks there are.
    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// All ids, in playing order.
    pub(crate) fn ids(&self) -> Vec<TrackId> {
        self.catalogue.ids()
    }

    /// Takes a new list of all tracks.
    pub(super) fn relist(&mut self, ids: Vec<TrackId>) {
        self.catalogue.relist(ids);
    }

    /// How many tracks there are.
    pub(crate) fn count(&self) -> usize {
        self.catalogue.len()
    }

    /// Opens `track` under the number `cue` behind those already open, brought to the loudness of all if `is_level`.
    /// `false` if there is no such track.
    pub(super) fn cue(&mut self, cue: CueId, track: TrackId, is_level: bool) -> bool {
        let Some(entry) = self.catalogue.get(track) else { return false };
        self.info.insert(track, entry.about);
        let (news, channel) = (self.news.clone(), self.channel);
        let notify = move |cue, event| {
            // A box that ends listens no more.
            if let Err(TrySendError::Full(_)) = news.try_send((channel, (cue, event))) {
                log::error!("news about track {track} was dropped: the loop is stuck");
            }
        };
        let gain_db = if is_level { entry.gain_db } else { 0.0 };
        let cut = Cut { path: entry.path, start_ms: entry.start_ms, end_ms: entry.end_ms, gain_db };
        self.waiting.push_back(decode::open_cut(&self.worker, cut, cue, notify));
        self.hand_over();
        true
    }

    /// Closes every open track that has not begun. `false` if the pump does not take commands.
    pub(super) fn uncue(&mut self) -> bool {
        self.waiting.clear();
        self.controls.clear_next()
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
                let known = self.info.entry(track).or_default();
                // The tags' reader knows more kinds of titles, the decoder knows the length to the frame.
                known.artist = known.artist.take().or(told.artist);
                known.duration_ms = told.duration_ms.or(known.duration_ms);
                None
            }
            decode::Event::Ended(Outcome::Broken(broken)) => {
                log::warn!("skipped: {broken}");
                (broken.after_frames < WORTH_PLAYING_FRAMES).then_some(Input::TrackBroken(cue))
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

    /// Title, artist and length of `track`, as far as known.
    pub(crate) fn describe(&self, track: TrackId) -> TrackInfo {
        self.info.get(&track).cloned().unwrap_or_default()
    }
}
