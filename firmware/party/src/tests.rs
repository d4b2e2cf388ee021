//! The rules as tables and as long walks over random inputs; a [`Pump`] stands for the sound.

mod applause;
mod evening;
mod files;
mod hostile;
mod repertoire;
mod requests;
mod silence;
mod skips;
mod transport;
mod view;
mod voice;
mod waiting;

use std::collections::VecDeque;

use base::{CueId, GuestId, ItemId, RequestId, Time, TrackId};

use crate::{
    Asker, At, Audience, Change, Done, Entry, Fades, Input, Item, Output, Party, Refused, Settings, Source, What,
};

const FADES: Fades = Fades { pause_ms: 200, source_ms: 1_000, stop_ms: 3_000 };

/// Who is host.
const HOST: Asker = Asker { guest: None, leads: true, is_host: true };

fn party() -> Party {
    let mut party = Party::new(Source::Files, FADES, Settings::default(), 1);
    party.handle(Time::ZERO, Input::LineIn(true));
    party
}

/// A guest that is no more than that.
fn guest(number: u32) -> Asker {
    Asker { guest: Some(GuestId(number)), leads: false, is_host: false }
}

/// The news that these are the tracks there are.
fn catalogue(tracks: impl IntoIterator<Item = u64>) -> Input {
    Input::Catalogue(tracks.into_iter().map(TrackId).collect())
}

/// The news that these guests hear the channel, and nobody else.
fn hearing(guests: impl IntoIterator<Item = u32>) -> Input {
    Input::Listening(Audience::of(guests.into_iter().map(GuestId)))
}

/// A guest's wish for a track.
fn request(track: u64) -> What {
    What::Request(TrackId(track))
}

/// A small linear congruential generator (Knuth's MMIX constants): random enough for a walk over inputs.
struct Dice(u64);

impl Dice {
    /// A number below `below`.
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// A party and what stands for its sound: it plays what it is told to, and says so.
struct Pump {
    party: Party,
    now: Time,
    current: Option<(CueId, TrackId)>,
    cued: VecDeque<(CueId, TrackId)>,
    /// Times a track that had been opened was closed unheard.
    replaced: usize,
    mixes: usize,
    /// Everything that came to the party and was not refused, and when.
    log: Vec<(Time, Entry)>,
}

impl Pump {
    /// A party with the tracks 1 to `tracks`, the first of which is heard.
    fn of(settings: Settings, tracks: u64) -> Self {
        let party = Party::new(Source::Files, FADES, settings, 1);
        let mut pump = Self {
            party,
            now: Time::ZERO,
            current: None,
            cued: VecDeque::new(),
            replaced: 0,
            mixes: 0,
            log: Vec::new(),
        };
        pump.tell(hearing(1..=10));
        pump.tell(catalogue(1..=tracks));
        pump
    }

    fn new() -> Self {
        Self::of(Settings::default(), 100)
    }

    fn tell(&mut self, input: Input) {
        self.log.push((self.now, Entry::Input(input.clone())));
        let outputs = self.party.handle(self.now, input);
        self.carry_out(outputs);
    }

    fn ask(&mut self, asker: Asker, wish: What) -> Result<Done, Refused> {
        let entry = Entry::Wish(asker, wish.clone());
        let (done, outputs) = self.party.ask(self.now, asker, wish)?;
        self.log.push((self.now, entry));
        self.carry_out(outputs);
        Ok(done)
    }

    fn set(&mut self, change: Change) {
        self.ask(HOST, What::Set(change)).unwrap();
    }

    /// Puts a track into the queue as a host.
    fn add(&mut self, track: u64, at: At) -> ItemId {
        match self.ask(HOST, What::Add(TrackId(track), at)) {
            Ok(Done::Queued(item)) => item,
            other => panic!("{other:?}"),
        }
    }

    /// Has a guest ask for a track that is let in at once.
    fn wish(&mut self, number: u32, track: u64) -> ItemId {
        let track = TrackId(track);
        let mut asker = guest(number);
        asker.leads = true;
        let asked = self.ask(asker, What::Request(track));
        assert!(matches!(asked, Ok(Done::Admitted(_))), "{asked:?}");
        self.party.queue().items().find(|item| item.track == track).unwrap().id
    }

    fn pending(&mut self, number: u32, track: u64) -> RequestId {
        match self.ask(guest(number), request(track)) {
            Ok(Done::Pending(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    fn carry_out(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Cue(cue, track) | Output::CueAt(cue, track, _) => self.cued.push_back((cue, track)),
                Output::Uncue => {
                    self.replaced += self.cued.len();
                    self.cued.clear();
                }
                Output::Skip => self.end(),
                Output::Mix(_) => self.mixes += 1,
            }
            assert!(self.cued.len() <= 2, "{:?}", self.cued);
        }
        if self.current.is_none() {
            self.start();
        }
    }

    fn start(&mut self) {
        if let Some(next) = self.cued.pop_front() {
            self.current = Some(next);
            self.tell(Input::TrackStarted(next.0));
        }
    }

    /// What is heard ends, and the next begins.
    fn end(&mut self) {
        if let Some((cue, _)) = self.current.take() {
            self.start();
            self.tell(Input::TrackEnded(cue));
        }
    }

    /// What is heard ends after three minutes; what is heard then.
    fn heard_next(&mut self) -> u64 {
        self.now = self.now.plus_millis(180_000);
        self.tell(Input::Pass);
        self.end();
        self.heard()
    }

    fn heard(&self) -> u64 {
        let heard = self.current.expect("it is never silent").1;
        assert_eq!(self.party.view().track, Some(heard));
        heard.0
    }

    /// Everything about the queue's items, in order, and how many are pinned.
    fn standing(&self) -> (Vec<Item>, usize) {
        let (order, pinned) = self.party.queue().in_order();
        (order.into_iter().cloned().collect(), pinned)
    }

    /// The tracks that wait, in order.
    fn waiting(&self) -> Vec<u64> {
        self.party.queue().in_order().0.iter().map(|item| item.track.0).collect()
    }
}
