//! Visualisation of a channel: tasks that measure its sound beside the pump, while there are viewers, and publish the result.
//!
//! A task for each waits until the pump wakes it, which it does only while there is a viewer. It ends with the pump.

use std::sync::Arc;

use audio::gauge::Gauge;
use audio::spectrum::Analyzer;
use audio::tap::{self, Tap};
use base::ChannelId;
use party::Source;
use tokio::sync::Notify;
use web::visual::{InputLevel, Sight, Visuals};

/// Inputs that can be looked at, in the order of the pump's sources.
const INPUTS: [Source; 2] = [Source::LineIn, Source::Sender];

/// Returns where the pump of `channel` shows what it sends. Must be called within the runtime.
pub(super) fn spectrum(visuals: &Visuals, channel: ChannelId) -> Tap {
    let publisher = visuals.open(channel, Sight::Spectrum);
    let (wake, woken) = bell();
    let (tap, flow) = tap::pair(publisher.viewers(), wake);
    let mut analyzer = Analyzer::new(flow);
    tokio::spawn(async move {
        while analyzer.is_open() {
            woken.notified().await;
            while let Some(spectrum) = analyzer.make() {
                publisher.spectrum(spectrum.at, spectrum.level_db, &spectrum.bands_db);
            }
        }
    });
    tap
}

/// Returns where the pump of `channel` shows what its sources bring. Must be called within the runtime.
pub(super) fn inputs(visuals: &Visuals, channel: ChannelId) -> Vec<Tap> {
    let publisher = visuals.open(channel, Sight::Inputs);
    let (wake, woken) = bell();
    let wake = Arc::new(wake);
    let (taps, mut gauges): (Vec<Tap>, Vec<Gauge>) = INPUTS
        .iter()
        .map(|_| {
            let wake = Arc::clone(&wake);
            let (tap, flow) = tap::pair(publisher.viewers(), move || wake());
            (tap, Gauge::new(flow))
        })
        .unzip();
    tokio::spawn(async move {
        while gauges.iter().all(Gauge::is_open) {
            woken.notified().await;
            let read = gauges.iter_mut().zip(INPUTS).filter_map(|(gauge, input)| {
                let reading = std::iter::from_fn(|| gauge.read()).last()?;
                let (peak_db, loudness_lufs) = (reading.peak_db, reading.loudness_lufs);
                Some(InputLevel { id: input.id(), peak_db, loudness_lufs, clipping: reading.is_clipping })
            });
            let levels: Vec<InputLevel> = read.collect();
            if !levels.is_empty() {
                publisher.inputs(&levels);
            }
        }
    });
    taps
}

/// Returns what rings a bell, and the bell.
fn bell() -> (impl Fn() + Send + Sync, Arc<Notify>) {
    let notify = Arc::new(Notify::new());
    let bell = Arc::clone(&notify);
    (move || notify.notify_one(), bell)
}
