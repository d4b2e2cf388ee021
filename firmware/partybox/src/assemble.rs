//! Puts the box together from its rooms, as the configuration says.
//!
//! Constructs and connects; what flows through the connections is `app`'s business.

use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use appliance::address::{self, Page};
use appliance::certificate::Certificates;
use appliance::clock::WallClock;
use appliance::state::{self, Folder, Writer};
use appliance::wifi::Wifi;
use appliance::{Appliance, Upkeep};
use audio::capture::{Alsa, Open, Pipe};
use audio::clock::Clock;
use audio::line::{self, LineSource};
use base::{ChannelId, Timeline};
use board::{Function, Kind, Wiring};
use rtc::config::Clocks;
use tokio::sync::{Notify, mpsc, watch};
use web::control::COMMANDS_WAITING_MAX;
use web::mp3::Carrier;
use web::pairing::Way;
use web::senders::{Intakes, Senders};
use web::visual::Visuals;

use crate::box_metrics;
use crate::buttons::{Action, Buttons};
use crate::card;
use crate::catalogue::Catalogue;
use crate::channel::{self, Channels, Estimate, Lookup, NEWS_MAX, Roster, Supplies, Suspects};
use crate::config::{Config, LineInConfig};
use crate::error::Error;
use crate::lists::{self, Wanted};
use crate::music::Music;
use crate::pairing::Pairing;
use crate::panel::Panel;
use crate::parked::Parked;
use crate::report;
use crate::running::Running;
use crate::settings::{Keeper, backup};
use crate::settling::Settling;
use crate::stock::Stock;
use crate::supervise::{self, Supervisor};
use crate::system;

/// The box, put together but for its server.
pub(crate) struct Assembled {
    pub(crate) app: web::http::App,
    pub(crate) running: Running,
}

impl Assembled {
    /// Builds every room and starts its threads. Must be called within the runtime.
    pub(crate) fn new(config: &Config, bound: SocketAddr) -> Result<Self, Error> {
        let folder = state_folder(config);
        if let Some(folder) = folder.as_deref() {
            backup::complete(folder);
        }
        let config = &card::take_over(config, folder.as_deref().filter(|_| appliance::keeps()));
        let mut settings = Keeper::open(config, folder.as_deref());
        let config = &*settings.config();
        let (lists_in, lists) = mpsc::channel(1);
        let (wanted_in, wanted) = watch::channel(Wanted::new());
        let mut music = None;
        if Music::is_wanted(&config.source) {
            let state = folder.as_deref().map(Folder::path);
            let (opened, changed) = Music::open(&config.source, &config.guest_files, state).map_err(Error::Music)?;
            tokio::spawn(lists::follow(opened.library(), changed, wanted, lists_in));
            music = Some(opened);
        }
        let stock = Stock::new(music.as_ref().map(Music::library)).map_err(Error::Stock)?;
        let ids = stock.library().map_or_else(|| stock.demo_ids(), |library| library.ids().unwrap_or_default());
        let catalogue = Catalogue::new(ids, stock.demo_ids());
        let (lookup, looked_up) = Lookup::start(stock.clone()).map_err(Error::System)?;
        let clock = Clock::start();
        let since_kernel = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let clock_zero_s = since_kernel.tv_sec as f64 + since_kernel.tv_nsec as f64 / 1e9;
        let first = ChannelId::new(channel::FIRST).expect("the channel's name is a legal one");
        let timeline = Timeline::starting_at(clock.now());
        let (rtc, rtc_thread) = fan_out(config, bound, clock, timeline)?;
        let (carrier, mp3_thread) = Carrier::start().map_err(Error::System)?;
        let carrier = Arc::new(carrier);
        audio::thread::raise_priority_of(&mp3_thread, "mp3");
        let writer = folder.and_then(state_writer);
        let (snapshot, snapshots) = watch::channel(Arc::new(report::starting(config, first)));
        let (hubs_in, hubs) = watch::channel(web::http::Hubs::from([]));
        let (senders, (intakes_in, intakes)) = (Senders::default(), watch::channel(Intakes::default()));
        let (line, line_thread) = line_in(config, clock)?;
        let wake = Arc::new(Notify::new());
        let (news_in, news) = mpsc::channel(NEWS_MAX);
        let decode = channel::decode(
            channel::mp3_config(config),
            (clock, timeline),
            Arc::downgrade(&carrier),
            snapshots.clone(),
        );
        let visuals = Visuals::default();
        let supplies = Supplies {
            config: config.clone(),
            clock,
            timeline,
            rtc: rtc.clone(),
            carrier,
            line: line.clone(),
            catalogue,
            lookup,
            has_library: music.is_some(),
            wanted: wanted_in,
            writer: writer.clone(),
            news: news_in,
            wake: Arc::clone(&wake),
            snapshots: snapshots.clone(),
            hubs: hubs_in,
            senders: senders.clone(),
            intakes: intakes_in,
            seed: SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos() as u64,
            estimate: Estimate::start(channel::encoders(config)?),
            gauged: Arc::default(),
            suspects: Suspects::read(writer.clone()),
            visuals: visuals.clone(),
        };
        let channels = Channels::open(supplies, Roster::new(writer.clone(), first), &stock)?;
        let (commands_in, commands) = mpsc::channel(COMMANDS_WAITING_MAX);
        let wiring = config.wiring().map_err(Error::Config)?;
        let way = way(&wiring, &config.buttons);
        let opened = Panel::open(wiring, config.buttons.clone(), config.board.double_ms);
        let (panel, board_threads) = opened.map_err(Error::System)?;
        let (board, counters) = panel.meters();
        let (phones, keeper) = web::pairing::channel();
        keeper.way.send_replace(way);
        let network = Wifi::new(&config.wifi, &config.name, writer.clone());
        settings.begin(writer.clone(), network.credentials());
        let (settings_in, wanted_settings) = web::settings::channel();
        let (mut things, service) = appliance::channel();
        let appliance = Appliance::new(&appliance_config(config), service, writer.clone());
        things.inbox = appliance.inbox();
        let (upkeep, upkeep_thread) =
            Upkeep::start(appliance, config.night, WallClock::new(&config.time_zone), move || clock.now())
                .map_err(Error::System)?;
        let pairing = Pairing::new(writer.clone(), keeper.hosts);
        let pairing_counters = pairing.counters();
        let facts = things.facts.clone();
        // Not held: the end of the last one is when all is written.
        let storage = writer.as_ref().map(Arc::downgrade);
        let gauged = channels.gauges();
        let gauges = Arc::new(move |page: &mut _| {
            box_metrics::metrics(&facts.borrow(), page);
            let storage = storage.as_ref().and_then(Weak::upgrade);
            storage.into_iter().for_each(|storage| box_metrics::storage(storage.counts(), page));
            report::metrics(clock_zero_s, &gauged, page);
            report::board_metrics(board.counts(), &counters, page);
            pairing_counters.write(page);
        });
        let audience = watch::Sender::default();
        let app = web::http::App {
            config: http_config(config),
            rtc: rtc.clone().into(),
            mp3: hubs,
            senders,
            decode,
            intakes,
            snapshot: snapshots,
            audience: audience.clone(),
            commands: commands_in,
            pairing: phones,
            library: music.as_ref().map(Music::library),
            settings: settings_in,
            appliance: things,
            zero: clock.zero(),
            visuals,
            gauges,
        };
        let mut essential = vec![
            ("fan-out", rtc_thread),
            ("mp3", mp3_thread),
            ("lookup", looked_up.thread),
            ("appliance", upkeep_thread),
        ];
        essential.extend(line_thread.map(|thread| ("capture", thread)));
        essential.extend(board_threads.into_iter().map(|thread| ("board", thread)));
        let supervisor = Supervisor::new(essential, supervise::watchdog_interval(), clock.now());
        let running = Running {
            channels,
            news,
            lists,
            answers: looked_up.answers,
            parked: Parked::default(),
            settling: Settling::default(),
            music,
            commands,
            audience: audience.subscribe(),
            settings,
            wanted_settings,
            pairing,
            phones: keeper.requests,
            wake,
            snapshot,
            supervisor,
            clock,
            rtc,
            line,
            panel,
            network,
            upkeep,
            page: Page::new(bound),
            networks: Vec::new(),
            certificates: (config.http.https_port != 0).then(|| Certificates::new(writer)),
            keys: None,
        };
        Ok(Self { app, running })
    }
}

/// Returns what somebody at the box can do to let a phone be host.
fn way(wiring: &Wiring, buttons: &Buttons) -> Way {
    let wired = |button| wiring.pins.iter().any(|pin| pin.function == Function::Button(button));
    match wiring.kind {
        Kind::Gpio if buttons.lead_to(Action::Pair, wired) => Way::Button,
        Kind::Sim if buttons.lead_to(Action::Pair, |_| true) => Way::Key,
        Kind::Gpio | Kind::Sim | Kind::None => Way::None,
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

/// Starts the WebRTC fan-out on its port, and returns the way to it and its thread.
fn fan_out(
    config: &Config,
    bound: SocketAddr,
    clock: Clock,
    timeline: Timeline,
) -> Result<(rtc::Handle, JoinHandle<()>), Error> {
    let port = if config.webrtc.udp_port == 0 { bound.port() } else { config.webrtc.udp_port };
    let address = SocketAddr::new(bound.ip(), port);
    let now = clock.now();
    let unix_now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let since_zero = Duration::from_micros(now.as_micros());
    let addresses = if bound.ip().is_unspecified() { address::interfaces() } else { vec![bound.ip()] };
    let limits = fan_out_limits(config);
    let clocks = Clocks { zero: clock.zero(), unix_at_zero: unix_now.saturating_sub(since_zero) };
    let rtc_config = rtc::config::Config { timeline, addresses, port, limits, clocks };
    let is_in_use = |error: &rtc::SpawnError| match error {
        rtc::SpawnError::Bind { source, .. } => system::is_in_use(source),
        _ => false,
    };
    let spawned = system::bind_patiently(|| rtc::spawn(address, rtc_config.clone()), is_in_use);
    let (handle, thread) = spawned.map_err(Error::FanOut)?;
    audio::thread::raise_priority_of(&thread, "fan-out");
    Ok((handle, thread))
}

/// What the fan-out lets in.
fn fan_out_limits(config: &Config) -> rtc::config::Limits {
    rtc::config::Limits {
        listeners: config.webrtc.listeners_max,
        sessions_per_address: config.http.sessions_of_address(config.webrtc.sessions_per_address_max),
        ..Default::default()
    }
}

/// Starts the thread that reads line-in, if one is configured, and returns where channels get their share.
fn line_in(config: &Config, clock: Clock) -> Result<(Option<LineSource>, Option<JoinHandle<()>>), Error> {
    if config.line_in.device.is_empty() {
        return Ok((None, None));
    }
    let (feeder, source) = line::pair(line_in_device(config));
    let run = move || line::run(feeder, clock);
    let thread = thread::Builder::new().name("capture".to_owned()).spawn(run).map_err(Error::System)?;
    Ok((Some(source), Some(thread)))
}

/// The device of line-in as the configuration asks for it: a sound card, or a pipe into which another program writes.
fn line_in_device(config: &Config) -> Box<dyn Open> {
    let LineInConfig { device, period_ms } = &config.line_in;
    match Pipe::parse(device) {
        Ok(pipe) => Box::new(pipe),
        // A pipe that cannot be was refused with the configuration.
        Err(_) => Box::new(Alsa::new(device).with_period_ms(*period_ms)),
    }
}

/// What the box as a thing needs to know of the configuration.
fn appliance_config(config: &Config) -> appliance::config::Config {
    let (wifi, inbox) = (config.wifi.clone(), config.update.inbox.clone());
    let card = config.card.as_ref();
    appliance::config::Config {
        wifi,
        page_port: config.listen.port(),
        inbox,
        said_by_card: card.map(|card| card.rules(|key| card.says(key))).unwrap_or_default(),
        card_problems: card.map(|card| card.problems.clone()),
    }
}

fn http_config(config: &Config) -> web::http::Config {
    let limits = web::http::limits::Limits {
        connections_max: config.http.connections_max,
        fan_out: fan_out_limits(config),
        event_listeners_max: config.http.pages_max,
        connections_per_address_max: config.http.connections_of_address(),
        guests_per_address_max: config.http.guests_per_address_max,
        mp3_listeners_max: config.mp3.listeners_max,
        rooms: web::http::limits::RoomLimits {
            rooms_max: config.rooms.rooms_max,
            participants_max: config.rooms.participants_max,
        },
        ..Default::default()
    };
    web::http::Config {
        names: config.http.names.to_vec(),
        host_from: config.host_networks(),
        metrics_from: config.http.metrics_networks(),
        proxies: config.http.proxy_networks(),
        url: config.http.outer_url(),
        embed: config.http.embed.clone(),
        refuses_video: config.whip.refuse_video,
        together_max: config.whip.together_max,
        streams: config.streams.limits(),
        limits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_told_what_there_is_to_press() {
        let of = |text: &str| {
            let config = Config::parse(text).unwrap();
            way(&config.wiring().unwrap(), &config.buttons)
        };
        assert_eq!(of("[board]\nboard = \"sim\"\n"), Way::Key);
        assert_eq!(of("[board]\nboard = \"none\"\n"), Way::None);
        assert_eq!(of("[board]\nboard = \"pi-4b\"\n"), Way::Button);
        assert_eq!(of("[board]\nboard = \"pi-4b\"\n[buttons.pair]\nshort = \"none\"\n"), Way::None);
    }

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
