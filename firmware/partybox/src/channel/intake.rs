//! A channel's inputs for senders, as those open them who know them, and what becomes of what comes in there.

use std::sync::Arc;

use audio::decode::{TrackInfo, WorkerCommand};
use audio::sender::status::{SenderNumbers, SenderState};
use audio::sender::{Notify, OpenError, SenderInput, StreamSaid};
use base::ChannelId;
use hub::Place;
use web::senders::{Arriving, Intake, News, OnNews, Title};
use web::status::SourceState;

/// A channel's inputs: one for a voice over the music, and one for each of those who may play together.
#[derive(Clone)]
pub(crate) struct Inputs {
    pub(crate) voice: SenderInput,
    pub(crate) senders: Arc<[SenderInput]>,
}

impl Inputs {
    /// Returns inputs for `together` senders, into which nobody sends.
    pub(super) fn new(together: usize) -> Self {
        Self { voice: SenderInput::new(), senders: (0..together.max(1)).map(|_| SenderInput::new()).collect() }
    }

    /// Returns the input at `place`, if there is one.
    fn at(&self, place: Place) -> Option<&SenderInput> {
        match place {
            Place::Voice => Some(&self.voice),
            Place::Sender(place) => self.senders.get(usize::from(place)),
        }
    }

    /// Returns what all senders together do and have counted.
    pub(crate) fn numbers(&self) -> SenderNumbers {
        let all = self.senders.iter().map(|sender| sender.status().numbers());
        all.reduce(SenderNumbers::and).unwrap_or_default()
    }

    /// Returns what the sender at `place` does.
    pub(crate) fn state(&self, place: u8) -> SenderState {
        self.at(Place::Sender(place)).map(|sender| sender.status().numbers().state).unwrap_or_default()
    }
}

/// Returns how the inputs of the channel `id` are opened.
pub(super) fn intake(id: ChannelId, inputs: &Inputs, worker: &WorkerCommand) -> Intake {
    let failed = move |error: &OpenError| log::error!("{id}: {error}");
    let (of_packets, of_streams, measured, worker) = (inputs.clone(), inputs.clone(), inputs.clone(), worker.clone());
    Intake {
        packets: Arc::new(move |place| of_packets.at(place)?.open().inspect_err(failed).ok()),
        stream: Arc::new(move |place, on_news| {
            of_streams.at(place)?.open_stream(&worker, told(on_news)).inspect_err(failed).ok()
        }),
        arrives: Arc::new(move |place| {
            let numbers = measured.at(place).map(|input| input.status().numbers()).unwrap_or_default();
            Arriving { state: shown_state(numbers.state), waits_us: numbers.delay_us }
        }),
    }
}

/// Returns what is shown of a sender who is connected.
pub(crate) fn shown_state(state: SenderState) -> SourceState {
    match state {
        // Connected, though no sound of it has reached the pump yet.
        SenderState::Off | SenderState::Waiting => SourceState::Opening,
        SenderState::Silent => SourceState::Silent,
        SenderState::Signal => SourceState::Signal,
        SenderState::Clipping => SourceState::Clipping,
    }
}

/// Tells what a stream says of itself in the words of those who show it.
fn told(mut on_news: OnNews) -> Notify {
    Box::new(move |said| {
        on_news(match said {
            StreamSaid::Info(TrackInfo { title, artist, .. }) => {
                News::Plays(Title { title: title.unwrap_or_default(), artist: artist.unwrap_or_default() })
            }
            StreamSaid::Failed(error) => News::Failed(error.to_string()),
        });
    })
}
