//! Makes MP3 of a sender's stream: a pump of its own, with the sender as its only source, for as long as somebody hears it.

use std::sync::{Arc, Weak};
use std::thread;

use audio::clock::Clock;
use audio::encode::{self, Encode};
use audio::mixer::{Decibels, MixPlan};
use audio::pump;
use audio::sender::SenderInput;
use base::Timeline;
use tokio::sync::watch;
use web::decoding::{Decode, Decoding};
use web::mp3::{self, Carrier};
use web::status::Snapshot;

use super::supplies::FIRST_BLOCK_MS;

/// Returns how it is begun. It costs what a channel costs that is heard as MP3, and nothing while nobody asks. Where `carrier` is gone,
/// the box ends, which this does not hold up.
pub(crate) fn decode(
    config: mp3::Config,
    (clock, timeline): (Clock, Timeline),
    carrier: Weak<Carrier>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
) -> Decode {
    Arc::new(move |stream| {
        let failed = |error: &dyn std::fmt::Display| log::error!("{stream}: there is no MP3 of it: {error}");
        let carrier = carrier.upgrade()?;
        let mut encoders: Vec<Box<dyn Encode>> = Vec::new();
        for &bitrate_bps in &config.bitrates_bps {
            encoders.push(Box::new(encode::Mp3::new(bitrate_bps).inspect_err(|error| failed(error)).ok()?));
        }
        let sender = SenderInput::new();
        let inlet = sender.open().inspect_err(|error| failed(error)).ok()?;
        let (hub, sink) = mp3::hub(stream, &config, &snapshots, &carrier);
        let first = timeline.next_packet_start(clock.now().plus_millis(FIRST_BLOCK_MS));
        let plan = MixPlan { decks: Decibels::SILENCE, fallback_to_decks: false, ..MixPlan::default() };
        let plan = plan.with_source(0, Decibels::UNITY);
        let sources = vec![Box::new(sender.source()) as _];
        let (pump, controls, _) = pump::new(timeline, first, plan, sources, encoders, vec![Box::new(sink)]);
        let run = move || pump::run(pump, clock);
        thread::Builder::new().name("pump".to_owned()).spawn(run).inspect_err(|error| failed(error)).ok()?;
        Some(Decoding { inlet, hub, stop: Box::new(move || controls.stop()) })
    })
}
