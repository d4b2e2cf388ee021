//! What channels are made of, and how one is put together and taken apart.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use audio::clock::Clock;
use audio::decode::WorkerCommand;
use audio::encode::{self, Encode, Profile};
use audio::line::LineSource;
use audio::pump::{self, Controls};
use audio::source::{Absent, Source as SoundSource};
use base::{ChannelId, PacketDuration, PacketSink, StreamId, Timeline, TrackId};
use party::{CHANNELS_MAX, Channel, Fades, Input, Party, Settings, Source};
use rtc::config::StreamConfig;
use tokio::sync::{Notify, mpsc, watch};
use web::http::Hubs;
use web::mp3;
use web::senders::{Intakes, Senders};
use web::status::Snapshot;
use web::visual::Visuals;

use super::details::Details;
use super::ear;
use super::estimate::Estimate;
use super::intake::{Inputs, intake};
use super::lookup::Lookup;
use super::memory::Memory;
use super::mix::{Faders, plan};
use super::programme::{Listening, Programme};
use super::remedy::Remedies;
use super::sights;
use super::suspects::Suspects;
use super::tracks::{News, Tracks};
use super::view::Shown;
use crate::catalogue::Catalogue;
use crate::config::{Config, Start};
use crate::error::Error;
use crate::lists::{Wanted, wanted_by};
use crate::stock::Stock;
use crate::supervise::PumpWatch;

/// Delay of a channel's first block: its thread is certainly running by then, so that it is not late, ms.
pub(super) const FIRST_BLOCK_MS: u64 = 50;

/// What counts something of a channel.
pub(crate) struct Gauges {
    pub(crate) controls: Controls,
    pub(crate) inputs: Inputs,
    /// Packets for the box's own ear that found no room.
    pub(crate) ear_dropped: Arc<AtomicU64>,
}

/// Every channel's, for the metrics.
pub(crate) type Gauged = Mutex<BTreeMap<ChannelId, Gauges>>;

/// What channels are made of.
pub(crate) struct Supplies {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) timeline: Timeline,
    pub(crate) rtc: rtc::Handle,
    /// Serves MP3 bodies, until the channels end.
    pub(crate) carrier: Arc<mp3::Carrier>,
    /// Line-in, if one is configured.
    pub(crate) line: Option<LineSource>,
    pub(crate) catalogue: Catalogue,
    /// What tracks are.
    pub(crate) lookup: Lookup,
    /// Whether there is a library, whose lists of folders and playlists come when they are wanted.
    pub(crate) has_library: bool,
    /// Those that are.
    pub(crate) wanted: watch::Sender<Wanted>,
    pub(crate) writer: Option<Arc<appliance::state::Writer>>,
    /// Where decoders say what becomes of their tracks.
    pub(crate) news: mpsc::Sender<(ChannelId, News)>,
    /// Rung by every pump that has events.
    pub(crate) wake: Arc<Notify>,
    pub(crate) snapshots: watch::Receiver<Arc<Snapshot>>,
    pub(crate) hubs: watch::Sender<Hubs>,
    /// Who sends, and where they do.
    pub(crate) senders: Senders,
    pub(crate) intakes: watch::Sender<Intakes>,
    /// What mixing up begins with; nobody's secret depends on it.
    pub(crate) seed: u64,
    /// How many channels this board can encode.
    pub(crate) estimate: Estimate,
    pub(crate) gauged: Arc<Gauged>,
    /// What was blamed for trouble with the sound.
    pub(crate) suspects: Suspects,
    /// Where what pages draw of the sound is published.
    pub(crate) visuals: Visuals,
}

impl Supplies {
    /// Puts a channel together, which plays as soon as it is told what there is. It is the one of index `place`. One that is
    /// `resumed` goes on with what was kept of it, as far as its tracks are still in the stock, for which it waits for
    /// storage; else it begins anew.
    ///
    /// # Errors
    /// A part cannot be had.
    pub(super) fn open(&mut self, id: ChannelId, place: usize, resumed: Option<&Stock>) -> Result<Programme, Error> {
        let (stream, clock) = (StreamId::from(id), self.clock);
        let catalogue = self.catalogue.rotated(place, CHANNELS_MAX);
        let memory = Memory::new(self.writer.clone(), id, resumed.is_some());
        let (mut party, mut details) = (self.party(place), Details::default());
        if let Some(stock) = resumed {
            let view = |track| stock.get(track).ok().flatten().map(|entry| entry.view(track));
            if let Some(saved) = memory.read(|track| details.remember(track, view(track))) {
                party.resume(&saved);
            }
        }
        // What may be refused comes before the stream, which would have to be taken back.
        let line = self.line.as_ref().map(LineSource::tap).transpose().map_err(Error::LineIn)?;
        let line = line.map_or_else(|| Box::new(Absent) as Box<dyn SoundSource>, |line| Box::new(line));
        let inputs = Inputs::new(self.config.whip.together_max);
        // In the order of their places in the plan.
        let mut sources: Vec<Box<dyn SoundSource>> = vec![line, Box::new(inputs.voice.source())];
        sources.extend(inputs.senders.iter().map(|sender| Box::new(sender.source()) as Box<dyn SoundSource>));
        let encoders = encoders(&self.config)?;
        let (hub, mp3) = mp3::hub(stream, &mp3_config(&self.config), &self.snapshots, &self.carrier);
        let (tap, ear) = ear::pair();
        let opus = self.rtc.add_stream(self.stream(stream)).map_err(Error::Stream)?;
        let sinks: Vec<Box<dyn PacketSink>> = vec![Box::new(opus), Box::new(mp3), Box::new(tap)];
        let first = self.timeline.next_packet_start(clock.now().plus_millis(FIRST_BLOCK_MS));
        let (planned, faders) = (party.plan(), Faders::default());
        let mixed = plan(planned, party.settings().crossfade_ms, &faders);
        let (pump, controls, plan) = pump::new(self.timeline, first, mixed, sources, encoders, sinks);
        let wake = Arc::clone(&self.wake);
        controls.set_waker(move || wake.notify_one());
        let pump =
            pump.with_tap(sights::spectrum(&self.visuals, id)).with_source_taps(sights::inputs(&self.visuals, id));
        let run = move || pump::run(pump, clock);
        let thread = thread::Builder::new().name("pump".to_owned()).spawn(run).map_err(|error| {
            _ = self.rtc.remove_stream(stream, None);
            Error::System(error)
        })?;
        let (worker, news, lookup) = (WorkerCommand::this_program(), self.news.clone(), self.lookup.clone());
        let intake = intake(id, &inputs, &worker);
        let tracks = Tracks::new(id, catalogue, controls.clone(), worker, news, lookup).knowing(details);
        let gauges = Gauges { controls: controls.clone(), inputs: inputs.clone(), ear_dropped: ear.dropped() };
        self.gauged.lock().unwrap_or_else(PoisonError::into_inner).insert(id, gauges);
        self.hubs.send_modify(|hubs| *hubs = hubs.iter().cloned().chain([hub.clone()]).collect());
        self.intakes.send_modify(|intakes| _ = Arc::make_mut(intakes).insert(id, intake));
        let pump = PumpWatch::new(thread, clock.now());
        let card = self.config.card.as_ref();
        let shown = Shown::new(card.is_some_and(|card| card.says("source.crossfade_ms")));
        let (remedies, suspects) = (Remedies::default(), self.suspects.clone());
        let mut programme = Programme {
            id,
            party,
            controls,
            plan,
            tracks,
            shown,
            memory,
            ear,
            remedies,
            suspects,
            hub,
            inputs,
            senders: self.senders.clone(),
            planned,
            faders,
            has_sender: false,
            has_voice: false,
            line_in_heard: None,
            pump,
            clock,
            urgent: true,
            ahead_of: None,
        };
        programme.apply(Input::LineIn(self.line.is_some()));
        Ok(programme)
    }

    /// Has the lists of the folders and playlists of `channels` read, though they may be the same as before: one of the
    /// channels waits for its own.
    pub(super) fn want(&self, channels: &[Channel]) {
        self.wanted.send_replace(wanted_by(channels));
    }

    fn stream(&self, id: StreamId) -> StreamConfig {
        let opus = &self.config.opus;
        let duration = duration(opus.packet_ms);
        StreamConfig { id, duration, bitrate_bps: opus.bitrate_bps, in_band_fec: opus.fec }
    }

    fn party(&self, place: usize) -> Party {
        let source = &self.config.source;
        let fades =
            Fades { pause_ms: source.pause_fade_ms, source_ms: source.source_fade_ms, stop_ms: source.stop_fade_ms };
        let starts_on_line = source.start == Start::LineIn && place == 0;
        let start = if starts_on_line { Source::LineIn } else { Source::Files };
        let (crossfade_ms, files_per_guest_max) = (source.crossfade_ms, self.config.guest_files.per_guest_max);
        let settings = Settings { crossfade_ms, files_per_guest_max, ..Settings::default() };
        Party::new(start, fades, settings, self.seed.wrapping_add(place as u64))
    }

    /// Takes a channel apart. Its listeners go on with `successor`, those of MP3 in the bodies that they have.
    pub(super) fn close(&mut self, programme: Programme, successor: ChannelId) {
        let Programme { id, controls, hub, pump, .. } = programme;
        if let Err(error) = self.rtc.remove_stream(id.into(), Some(successor.into())) {
            log::error!("{id}: {error}");
        }
        controls.stop();
        match self.hubs.borrow().iter().find(|hub| hub.stream() == successor.into()) {
            Some(heir) => hub.hand_over(heir),
            None => hub.stop(),
        }
        self.intakes.send_modify(|intakes| _ = Arc::make_mut(intakes).remove(&id));
        self.gauged.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        self.hubs.send_modify(|hubs| *hubs = hubs.iter().filter(|hub| hub.stream() != id.into()).cloned().collect());
        // It ends with its next block; nobody waits for that here.
        drop(pump);
    }

    /// Returns how many listen to `programme`.
    pub(super) fn listening(&self, programme: &Programme) -> Listening {
        let live = self.rtc.stats().listeners_of(programme.id.into());
        Listening { live, pocket: programme.hub.listeners() }
    }

    /// Replaces the list of all tracks, for channels to come.
    pub(super) fn relist(&mut self, ids: &[TrackId]) {
        self.catalogue.relist(ids.to_vec());
    }

    pub(super) fn estimate(&self) -> usize {
        self.estimate.channels()
    }

    pub(super) fn gauged(&self) -> Arc<Gauged> {
        Arc::clone(&self.gauged)
    }
}

/// Returns every encoder of a channel. Those whose packets nobody wants cost nothing.
pub(crate) fn encoders(config: &Config) -> Result<Vec<Box<dyn Encode>>, Error> {
    let opus = encode::OpusConfig {
        bitrate_bps: config.opus.bitrate_bps,
        inband_fec: config.opus.fec,
        expected_loss_percent: config.opus.expected_loss_percent,
        complexity: config.opus.complexity,
    };
    let mut encoders: Vec<Box<dyn Encode>> = Vec::new();
    for profile in [Profile::Default, Profile::LowDelay] {
        encoders.push(Box::new(encode::Opus::new(profile, opus).map_err(Error::Encoder)?));
    }
    for &bitrate_bps in &config.mp3.bitrates_bps {
        encoders.push(Box::new(encode::Mp3::new(bitrate_bps).map_err(Error::Encoder)?));
    }
    Ok(encoders)
}

/// Returns how MP3 is made and sent.
pub(crate) fn mp3_config(config: &Config) -> mp3::Config {
    let mp3 = &config.mp3;
    mp3::Config { bitrates_bps: mp3.bitrates_bps.clone(), burst_ms: mp3.burst_ms.into() }
}

fn duration(packet_ms: u8) -> PacketDuration {
    let wanted = u32::from(packet_ms);
    PacketDuration::ALL.into_iter().find(|duration| duration.millis() == wanted).unwrap_or(PacketDuration::Ms20)
}
