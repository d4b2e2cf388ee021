//! Visualisation: the set of viewers, and the bounded queue from the meters to them.
//!
//! It is measured only while somebody looks, and written once for all who do. A page that takes it slowly loses the
//! oldest of it. Nothing is measured here, and nothing about a guest is known.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::{ChannelId, MediaTime};
use serde_json::json;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::metrics::{Count, Kind, Page};

/// Messages that wait for viewers, shared by all: the newest half second of a spectrum. Who is slower loses the oldest,
/// which is counted.
const MESSAGES_WAITING_MAX: usize = 8;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// Bands and level of what a channel plays, for everybody.
    Spectrum,
    /// How loud each input of a channel is, for hosts.
    Inputs,
}

/// How loud an input is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InputLevel {
    /// Its name as a source.
    pub id: &'static str,
    /// The largest sample, dBFS.
    pub peak_db: f32,
    /// Loudness of the last 3 s, LUFS.
    pub loudness_lufs: f32,
    /// Whether it is cut off at full scale.
    pub clipping: bool,
}

#[derive(Debug)]
struct Shown {
    viewers: Arc<AtomicUsize>,
    messages: broadcast::Sender<Utf8Bytes>,
}

#[derive(Debug, Default)]
struct Inner {
    shown: Mutex<BTreeMap<(ChannelId, Sight), Shown>>,
    published: Count,
    lost: Count,
}

impl Inner {
    fn shown(&self) -> MutexGuard<'_, BTreeMap<(ChannelId, Sight), Shown>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What there is to look at. Cloning gives another handle to the same.
#[derive(Clone, Debug, Default)]
pub struct Visuals(Arc<Inner>);

/// Where one thing that can be looked at is published. Dropping it ends that.
#[derive(Debug)]
pub struct Publisher {
    of: (ChannelId, Sight),
    messages: broadcast::Sender<Utf8Bytes>,
    viewers: Arc<AtomicUsize>,
    visuals: Visuals,
}

/// Somebody who looks, until this is dropped.
#[derive(Debug)]
pub(crate) struct Viewer {
    of: (ChannelId, Sight),
    messages: broadcast::Receiver<Utf8Bytes>,
    viewers: Arc<AtomicUsize>,
    visuals: Visuals,
}

impl Visuals {
    /// Returns where `sight` of `channel` is published from now on.
    pub fn open(&self, channel: ChannelId, sight: Sight) -> Publisher {
        let of = (channel, sight);
        let (messages, viewers) = (broadcast::Sender::new(MESSAGES_WAITING_MAX), Arc::default());
        self.0.shown().insert(of, Shown { viewers: Arc::clone(&viewers), messages: messages.clone() });
        Publisher { of, messages, viewers, visuals: self.clone() }
    }

    /// Returns somebody who looks at `sight` of `channel`; `None` if there is none.
    pub(crate) fn watch(&self, channel: ChannelId, sight: Sight) -> Option<Viewer> {
        let of = (channel, sight);
        let shown = self.0.shown();
        let Shown { viewers, messages } = shown.get(&of)?;
        viewers.fetch_add(1, Ordering::Relaxed);
        let (messages, viewers) = (messages.subscribe(), Arc::clone(viewers));
        Some(Viewer { of, messages, viewers, visuals: self.clone() })
    }

    /// Adds its numbers to a page of metrics.
    pub(crate) fn write(&self, page: &mut Page) {
        let viewers = self.0.shown().values().map(|shown| shown.viewers.load(Ordering::Relaxed)).sum::<usize>();
        page.number("visual_viewers", Kind::Gauge, "Pages that show spectrum or input levels.", viewers as f64);
        let help = "Spectra and input levels written, each once for all who look.";
        page.number("visual_published_total", Kind::Counter, help, self.0.published.get() as f64);
        let help = "Of these, those that slow pages did not get, once per page.";
        page.number("visual_lost_total", Kind::Counter, help, self.0.lost.get() as f64);
    }
}

impl Publisher {
    /// Returns how many look: nothing need be measured for nobody.
    pub fn viewers(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.viewers)
    }

    /// Publishes how loud the channel is at `at`, all in all and by bands, in dB. The message bears the channel: a page may look
    /// at several.
    pub fn spectrum(&self, at: MediaTime, level_db: f32, bands_db: &[f32]) {
        let bands: Vec<i32> = bands_db.iter().map(|db| db.round() as i32).collect();
        let message = json!({
            "type": "spectrum",
            "channel": self.of.0.to_string(),
            "media_time": at.as_ticks(),
            "level_db": level_db.round() as i32,
            "bands_db": bands,
        });
        self.publish(message.to_string());
    }

    /// Publishes how loud the inputs are.
    pub fn inputs(&self, inputs: &[InputLevel]) {
        let tenth = |db: f32| f64::from((db * 10.0).round()) / 10.0;
        let inputs: Vec<_> = inputs
            .iter()
            .map(|InputLevel { id, peak_db, loudness_lufs, clipping }| {
                let (peak_db, loudness_lufs) = (tenth(*peak_db), tenth(*loudness_lufs));
                json!({ "id": id, "peak_db": peak_db, "loudness_lufs": loudness_lufs, "clipping": clipping })
            })
            .collect();
        self.publish(json!({ "type": "inputs", "inputs": inputs }).to_string());
    }

    fn publish(&self, text: String) {
        self.visuals.0.published.add();
        // Who has just stopped looking misses nothing.
        _ = self.messages.send(text.into());
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        let mut shown = self.visuals.0.shown();
        // A channel of the same name may have begun anew.
        if shown.get(&self.of).is_some_and(|shown| Arc::ptr_eq(&shown.viewers, &self.viewers)) {
            shown.remove(&self.of);
        }
    }
}

impl Viewer {
    /// Whether it is this that is looked at, and it is still there.
    pub(crate) fn sees(&self, channel: ChannelId, sight: Sight) -> bool {
        let shown = self.visuals.0.shown();
        let is_there = shown.get(&self.of).is_some_and(|shown| Arc::ptr_eq(&shown.viewers, &self.viewers));
        self.of == (channel, sight) && is_there
    }

    /// Waits for the next message; for ever once there are no more.
    pub(crate) async fn next(&mut self) -> Utf8Bytes {
        loop {
            match self.messages.recv().await {
                Ok(message) => return message,
                Err(RecvError::Lagged(lost)) => (0..lost).for_each(|_| self.visuals.0.lost.add()),
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.viewers.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn main() -> ChannelId {
        ChannelId::new("main").unwrap()
    }

    #[tokio::test]
    async fn who_looks_is_counted_and_who_is_slow_loses_the_oldest() {
        let visuals = Visuals::default();
        assert!(visuals.watch(main(), Sight::Spectrum).is_none());
        let publisher = visuals.open(main(), Sight::Spectrum);
        let viewers = publisher.viewers();
        let mut all: Vec<Viewer> = (0..50).filter_map(|_| visuals.watch(main(), Sight::Spectrum)).collect();
        assert_eq!(viewers.load(Ordering::Relaxed), 50);
        for n in 0..25 {
            publisher.spectrum(MediaTime::from_ticks(n), -12.4, &[-90.0, -3.6]);
        }
        let first = all[0].next().await;
        let kept = 25 - MESSAGES_WAITING_MAX;
        let wanted =
            format!(r#"{{"bands_db":[-90,-4],"channel":"main","level_db":-12,"media_time":{kept},"type":"spectrum"}}"#);
        assert_eq!(first.as_str(), wanted, "what waits is bounded");
        let mut page = Page::new();
        visuals.write(&mut page);
        let text = page.into_text();
        for line in [
            "visual_viewers 50".to_owned(),
            "visual_published_total 25".to_owned(),
            format!("visual_lost_total {kept}"),
        ] {
            assert!(text.contains(&format!("partybox_{line}\n")), "{text}");
        }
        all.clear();
        assert_eq!(viewers.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_channel_that_begins_anew_is_another_one() {
        let visuals = Visuals::default();
        let before = visuals.open(main(), Sight::Inputs);
        let viewer = visuals.watch(main(), Sight::Inputs).unwrap();
        assert!(viewer.sees(main(), Sight::Inputs) && !viewer.sees(main(), Sight::Spectrum));
        let _now = visuals.open(main(), Sight::Inputs);
        assert!(!viewer.sees(main(), Sight::Inputs));
        drop(before);
        assert!(visuals.watch(main(), Sight::Inputs).is_some(), "the old one takes nothing along");
    }
}
