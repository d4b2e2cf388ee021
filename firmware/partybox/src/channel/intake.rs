//! A channel's input for senders, as those open it who know them.

use std::sync::Arc;

use audio::decode::{TrackInfo, WorkerCommand};
use audio::sender::{Notify, OpenError, SenderInput, StreamSaid};
use base::ChannelId;
use web::senders::{Intake, News, OnNews, Title};

/// Returns how the input for senders of the channel `id` is opened.
pub(super) fn intake(id: ChannelId, sender: &SenderInput, worker: &WorkerCommand) -> Intake {
    let failed = move |error: &OpenError| log::error!("{id}: {error}");
    let (input, of_streams, measured, worker) = (sender.clone(), sender.clone(), sender.clone(), worker.clone());
    Intake {
        packets: Arc::new(move || input.open().inspect_err(failed).ok()),
        stream: Arc::new(move |on_news| of_streams.open_stream(&worker, told(on_news)).inspect_err(failed).ok()),
        waits_us: Arc::new(move || measured.status().numbers().delay_us),
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
