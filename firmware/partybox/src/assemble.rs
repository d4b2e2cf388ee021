//! Puts the box together from its rooms, as the configuration says.
//!
//! Constructs and connects; what flows through the connections is `app`'s business.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use appliance::Appliance;
use appliance::address::{self, Page};
use appliance::state::{self, Folder, Writer};
use appliance::wifi::Wifi;
use audio::capture::Alsa;
use audio::clock::Clock;
use audio::decode::WorkerCommand;
use audio::encode::{self, Encode, Profile};
use audio::line;
use audio::pump;
use audio::source::Source as SoundSource;
use base::{ChannelId, PacketDuration, PacketSink, StreamId, Timeline};
use party::{Fades, Party, Settings, Source};
use rtc::config::{Clocks, StreamConfig};
use tokio::sync::{Notify, mpsc, watch};
use web::control::COMMANDS_WAITING_MAX;

use crate::box_metrics;
use crate::catalogue::Catalogue;
use crate::channel::{self, Channel};
use crate::config::{Config, Start};
use crate::ear;
use crate::error::Error;
use crate::memory::Memory;
use crate::music::Music;
use crate::pairing::Pairing;
use crate::panel::Panel;
use crate::report;
use crate::running::Running;
use crate::state::{self, Folder, Writer};
use crate::supervise::{self, Supervisor};
use crate::told::Told;
use crate::tracks::Tracks;

/// The name of the one channel there is.
const CHANNEL: &str = "main";

/// Delay of the first block after start: its thread is certainly running by then, so that it is not late, ms.
const FIRST_BLOCK_MS: u64 = 50;

/// The box, put together but for its server.
pub(crate) struct Assembled {
    pub(crate) app: web::http::App,
    pub(crate) running: Running,
}

impl Assembled {
    /// Builds every room and starts its threads. Must be called within the runtime.
    pub(crate) fn new(config: &Config, bound: SocketAddr) -> Result<Self, Error> {
        let folder = state_folder(config);
        let (catalogue, music, lists) = if Music::is_wanted(&config.source) {
            let state = folder.as_deref().map(Folder::path);
            let (music, lists) = Music::open(&config.source, state).map_err(Error::Music)?;
            (Catalogue::of(music.library(), music.ids()).map_err(Error::Catalogue)?, Some(music), lists)
        } else {
            (Catalogue::demo().map_err(Error::Catalogue)?, None, mpsc::channel(1).1)
        };
        let clock = Clock::start();
        let since_kernel = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let clock_zero_s = since_kernel.tv_sec as f64 + since_kernel.tv_nsec as f64 / 1e9;
        let id = ChannelId::new(CHANNEL).expect("the channel's name is a legal one");
        let stream = StreamId::from(id);
        let timeline = Timeline::starting_at(clock.now());
        let (rtc, rtc_sink, rtc_thread) = fan_out(config, bound, stream, clock, timeline)?;

        let fades = Fades {
            pause_ms: config.source.pause_fade_ms,
            source_ms: config.source.source_fade_ms,
            stop_ms: config.source.stop_fade_ms,
        };
        let start = if config.source.start == Start::LineIn { Source::LineIn } else { Source::Files };
        let writer = folder.and_then(state_writer);
        let memory = Memory::new(writer.clone());
        let saved = memory.read(|track| catalogue.show(track));
        let settings = Settings { crossfade_ms: config.source.crossfade_ms, ..Settings::default() };
        // What plays by itself is mixed up differently every evening; nobody's secret depends on it.
        let seed = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos() as u64;
        let mut party = Party::new(start, fades, settings, seed);
        saved.iter().for_each(|saved| party.resume(saved));
        let (snapshot, snapshots) = watch::channel(Arc::new(report::starting(config)));
        let mp3_config =
            web::mp3::Config { bitrates_bps: config.mp3.bitrates_bps.clone(), burst_ms: config.mp3.burst_ms.into() };
        let (hub, feed) = web::mp3::hub(stream, &mp3_config, &snapshots, &tokio::runtime::Handle::current());
        let (sources, line_thread) = line_in(config, clock)?;
        let plan = channel::plan(party.plan(), party.settings().crossfade_ms);
        let (tap, ear) = ear::pair();
        let sinks: Vec<Box<dyn PacketSink>> = vec![Box::new(rtc_sink), Box::new(feed), Box::new(tap)];
        let first = timeline.next_packet_start(clock.now().plus_millis(FIRST_BLOCK_MS));
        let (pump, controls, plan) = pump::new(timeline, first, plan, sources, encoders(config)?, sinks);
        let wake = Arc::new(Notify::new());
        let waker = Arc::clone(&wake);
        controls.set_waker(move || waker.notify_one());
        let pump_thread = spawn("pump", move || pump::run(pump, clock))?;

        let (tracks, news) = Tracks::new(catalogue, controls.clone(), WorkerCommand::this_program());
        let has_line_in = !config.line_in.device.is_empty();
        let channel = Channel::new(id, party, controls.clone(), plan, tracks, clock, has_line_in);
        let (commands_in, commands) = mpsc::channel(COMMANDS_WAITING_MAX);
        let wiring = config.wiring().map_err(Error::Config)?;
        let opened = Panel::open(wiring, config.buttons.clone(), config.board.double_ms);
        let (panel, board_threads) = opened.map_err(Error::System)?;
        let (board, counters) = panel.meters();
        let (phones, keeper) = web::pairing::channel();
        let network = Wifi::new(&config.wifi, &config.name, writer.clone());
        let (mut things, service) = appliance::channel();
        let appliance = Appliance::new(&appliance_config(config), service, writer.clone());
        things.inbox = appliance.inbox();
        let pairing = Pairing::new(writer, keeper.hosts);
        let pairing_counters = pairing.counters();
        let facts = things.facts.clone();
        let gauges = Arc::new(move |page: &mut _| {
            box_metrics::metrics(&facts.borrow(), page);
            report::metrics(clock_zero_s, &controls.status(), page);
            report::board_metrics(board.counts(), &counters, page);
            pairing_counters.write(page);
        });
        let app = web::http::App {
            config: http_config(config),
            rtc: rtc.clone().into(),
            mp3: vec![hub.clone()],
            snapshot: snapshots,
            commands: commands_in,
            pairing: phones,
            library: music.as_ref().map(Music::library),
            appliance: things,
            zero: clock.zero(),
            gauges,
        };
        let mut essential = vec![("pump", pump_thread), ("fan-out", rtc_thread)];
        essential.extend(line_thread.map(|thread| ("capture", thread)));
        essential.extend(board_threads.into_iter().map(|thread| ("board", thread)));
        let supervisor = Supervisor::new(essential, supervise::watchdog_interval(), clock.now());
        let running = Running {
            channel,
            told: Told::default(),
            memory,
            news,
            lists,
            music,
            commands,
            pairing,
            phones: keeper.requests,
            wake,
            snapshot,
            supervisor,
            clock,
            rtc,
            hub,
            panel,
            network,
            appliance,
            ear,
            page: Page::new(bound),
            keys: None,
        };
        Ok(Self { app, running })
    }
}

/// Where the box remembers things. Without it the box plays on and remembers until it restarts.
fn state_folder(config: &Config) -> Option<Arc<Folder>> {
    let folder = state::place(&config.state.folder, |name| std::env::var_os(name)).and_then(Folder::open);
    folder.inspect_err(|error| log::warn!("the box forgets its hosts when it restarts: {error}")).ok().map(Arc::new)
}

/// The way to write there.
fn state_writer(folder: Arc<Folder>) -> Option<Arc<Writer>> {
    let writer = Writer::new(folder);
    writer.inspect_err(|error| log::warn!("hosts last until the box restarts: {error}")).ok().map(Arc::new)
}

/// The WebRTC fan-out on its port, the way in for packets, and its thread.
fn fan_out(
    config: &Config,
    bound: SocketAddr,
    stream: StreamId,
    clock: Clock,
    timeline: Timeline,
) -> Result<(rtc::Handle, rtc::Sink, JoinHandle<()>), Error> {
    let port = if config.webrtc.udp_port == 0 { bound.port() } else { config.webrtc.udp_port };
    let address = SocketAddr::new(bound.ip(), port);
    let now = clock.now();
    let unix_now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let since_zero = Duration::from_micros(now.as_micros());
    let stream = StreamConfig {
        id: stream,
        duration: duration(config.opus.packet_ms),
        bitrate_bps: config.opus.bitrate_bps,
        in_band_fec: config.opus.fec,
    };
    let addresses = if bound.ip().is_unspecified() { address::interfaces() } else { vec![bound.ip()] };
    let limits = rtc::config::Limits {
        listeners: config.webrtc.listeners_max,
        sessions_per_address: config.webrtc.sessions_per_address_max,
        ..Default::default()
    };
    let clocks = Clocks { zero: clock.zero(), unix_at_zero: unix_now.saturating_sub(since_zero) };
    let rtc_config = rtc::config::Config { timeline, addresses, port, limits, clocks };
    let (handle, thread) = rtc::spawn(address, rtc_config).map_err(Error::FanOut)?;
    audio::thread::raise_priority_of(&thread, "fan-out");
    let sink = handle.add_stream(stream).expect("the first stream is not one too many");
    Ok((handle, sink, thread))
}

/// A channel's sources and the thread that feeds them.
type LineIn = (Vec<Box<dyn SoundSource>>, Option<JoinHandle<()>>);

/// The channel's sources, which are line-in if one is configured, and the thread that feeds it.
fn line_in(config: &Config, clock: Clock) -> Result<LineIn, Error> {
    if config.line_in.device.is_empty() {
        return Ok((Vec::new(), None));
    }
    let (feeder, source) = line::pair(Box::new(line_in_device(config)));
    let line = source.tap().expect("the first tap is one of several");
    let thread = spawn("capture", move || line::run(feeder, clock))?;
    Ok((vec![Box::new(line)], Some(thread)))
}

/// The device of line-in as the configuration asks for it.
fn line_in_device(config: &Config) -> Alsa {
    Alsa::new(&config.line_in.device).with_period_ms(config.line_in.period_ms)
}

/// Every encoder of the channel. Those nobody listens to cost nothing.
fn encoders(config: &Config) -> Result<Vec<Box<dyn Encode>>, Error> {
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

/// What the box as a thing needs to know of the configuration.
fn appliance_config(config: &Config) -> appliance::config::Config {
    let (wifi, inbox) = (config.wifi.clone(), config.update.inbox.clone());
    appliance::config::Config { wifi, page_port: config.listen.port(), inbox }
}

fn http_config(config: &Config) -> web::http::Config {
    let limits = web::http::limits::Limits {
        connections_max: config.http.connections_max,
        connections_per_address_max: config.http.connections_per_address_max,
        mp3_listeners_max: config.mp3.listeners_max,
        ..Default::default()
    };
    web::http::Config { names: config.http.names.clone(), host_from: config.host_networks(), limits }
}

fn duration(packet_ms: u8) -> PacketDuration {
    let wanted = u32::from(packet_ms);
    PacketDuration::ALL.into_iter().find(|duration| duration.millis() == wanted).unwrap_or(PacketDuration::Ms20)
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map_err(Error::System)
}

#[cfg(test)]
mod tests {
    use audio::capture::Open;

    use super::*;

    #[test]
    fn the_period_of_line_in_is_the_configured_one() {
        for period_ms in [5, 2, 20] {
            let text = format!("[line_in]\ndevice = \"null\"\nperiod_ms = {period_ms}\n");
            let mut device = line_in_device(&Config::parse(&text).unwrap());
            let format = device.open().map(|opened| opened.format()).expect("ALSA's device for nothing");
            assert_eq!(format.period_frames * 1_000 / format.rate_hz as usize, period_ms);
        }
    }
}
