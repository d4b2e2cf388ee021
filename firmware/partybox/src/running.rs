//! The running box: its loop carries values between the rooms.

use std::sync::Arc;
use std::time::Duration;

use appliance::Appliance;
use appliance::address::Page;
use appliance::wifi::Wifi;
use audio::clock::Clock;
use base::TrackId;
use party::Source;
use tokio::sync::{Notify, mpsc, watch};
use web::control::{Command, Refused};
use web::status::Snapshot;

use crate::buttons::Action;
use crate::channel::Channel;
use crate::config::Config;
use crate::ear::{Ear, Moment};
use crate::face::Facts;
use crate::keys::{self, Keys};
use crate::memory::Memory;
use crate::music::Music;
use crate::pairing::Pairing;
use crate::panel::{Asked, Panel};
use crate::supervise::{Supervisor, Trouble};
use crate::told::Told;
use crate::tracks::News;
use crate::{console, logger, report};

/// How often snapshot, status line and supervision are looked after: a change is on every page within a quarter second.
const TICK: Duration = Duration::from_millis(250);

/// How often tracks that could not be played are given another chance while there are no others, in ticks: 10 s.
const RETRY_TICKS: u32 = 40;

/// The running box: everything the loop looks after.
pub(crate) struct Running {
    pub(crate) channel: Channel,
    /// What pages were told of its queue.
    pub(crate) told: Told,
    pub(crate) memory: Memory,
    pub(crate) news: mpsc::Receiver<News>,
    /// New lists of all tracks.
    pub(crate) lists: mpsc::Receiver<Vec<TrackId>>,
    pub(crate) music: Option<Music>,
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) pairing: Pairing,
    /// What phones ask about pairing.
    pub(crate) phones: mpsc::Receiver<web::pairing::Request>,
    /// Rung by the pump when it has events.
    pub(crate) wake: Arc<Notify>,
    pub(crate) snapshot: watch::Sender<Arc<Snapshot>>,
    pub(crate) supervisor: Supervisor,
    pub(crate) clock: Clock,
    pub(crate) rtc: rtc::Handle,
    pub(crate) hub: web::mp3::Hub,
    pub(crate) panel: Panel,
    /// The network that guests shall join.
    pub(crate) network: Wifi,
    /// The box as a thing.
    pub(crate) appliance: Appliance,
    /// What listens to what is sent.
    pub(crate) ear: Ear,
    /// Where the page is, for the display.
    pub(crate) page: Page,
    /// The terminal's keys, which press the buttons of a simulated board.
    pub(crate) keys: Option<Keys>,
}

impl Running {
    /// Carries values until something essential is in trouble.
    pub(crate) async fn run(&mut self, config: &Config) -> Trouble {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut ticks_without_tracks = 0;
        loop {
            tokio::select! {
                Some(command) = self.commands.recv() => {
                    // Who has gone in the meantime needs no answer.
                    _ = command.reply.send(self.channel.obey(command.action, command.by));
                }
                asked = self.panel.next() => {
                    if let Some(asked) = asked {
                        self.press(asked);
                    }
                }
                key = keys::next(&mut self.keys) => self.panel.sim().into_iter().for_each(|sim| keys::press(key, sim)),
                request = self.appliance.next() => self.appliance.handle(self.clock.now(), request),
                Some(request) = self.phones.recv() => self.pairing.answer(self.clock.now(), request),
                Some(ids) = self.lists.recv() => self.channel.relist(ids),
                Some(news) = self.news.recv() => self.channel.learn(news),
                () = self.wake.notified() => self.channel.listen(),
                _ = ticks.tick() => {
                    self.channel.listen();
                    self.channel.pass();
                    self.pairing.tick(self.clock.now());
                    self.page.poll(self.clock.now());
                    if let Err(trouble) = self.listen_to_oneself() {
                        return trouble;
                    }
                    ticks_without_tracks = if self.channel.view().has_tracks { 0 } else { ticks_without_tracks + 1 };
                    if ticks_without_tracks == RETRY_TICKS {
                        ticks_without_tracks = 0;
                        self.channel.offer_catalogue();
                    }
                }
            }
            if let Err(trouble) = self.tell(config) {
                return trouble;
            }
        }
    }

    /// Hears whether what is sent is what should be, and lets an update stay once it has played.
    fn listen_to_oneself(&mut self) -> Result<(), Trouble> {
        let now = self.clock.now();
        self.appliance.poll(now);
        let view = self.channel.view();
        let sound = self.channel.controls().status();
        let line_in = view.source == Source::LineIn;
        let moment = Moment::of(view.playing, line_in, view.has_tracks, &sound);
        let is_trial = self.appliance.is_trial();
        self.ear.look(now, moment, is_trial)?;
        if is_trial && self.ear.is_proved(now) {
            self.appliance.prove();
        }
        Ok(())
    }

    /// Does what somebody at the box asked for.
    fn press(&mut self, asked: Asked) {
        // What comes of the first two is told by pairing itself, here and on the pages.
        match asked.action {
            Action::Pair => _ = self.pairing.press(self.clock.now()),
            Action::Forget => {
                self.pairing.forget(self.clock.now());
                self.network.renew();
            }
            _ => {}
        }
        match self.channel.press(asked.action, asked.times) {
            Ok(()) => log::info!("button: {}", asked.action),
            Err(refused) => {
                let why = match &refused {
                    Refused::NotNow(why) => why,
                    Refused::Rules(why) => why.code(),
                    Refused::Unavailable => "The box is going down.",
                };
                log::info!("button: {} refused: {why}", asked.action);
                self.panel.notice("Not now", why);
            }
        }
        self.panel.done(asked);
    }

    /// Publishes the snapshot, redraws the status line and looks after the threads.
    fn tell(&mut self, config: &Config) -> Result<(), Trouble> {
        let sound = self.channel.controls().status();
        let live = self.rtc.stats().listeners_in_all();
        let listeners = (live, self.hub.listeners());
        self.channel.count_listeners(listeners.0 + listeners.1);
        if let Some(music) = &self.music {
            music.somebody_listens(listeners.0 + listeners.1 > 0);
        }
        let now = self.clock.now();
        let urgent = self.channel.take_urgent();
        let told = self.told.look(self.channel.party(), |id| self.channel.tracks().catalogue().show(id), now, urgent);
        let track = |id| self.told.track(id).or_else(|| self.channel.tracks().catalogue().show(id));
        self.memory.keep(self.channel.party(), track, now);
        let panel = Arc::new(report::panel(&sound, self.page.urls(), self.network.credentials()));
        let snapshot = Snapshot { panel, ..report::snapshot(config, &self.channel, &sound, told) };
        let facts = report::facts(config, &self.channel, &sound, &snapshot, listeners);
        self.panel.show(Facts {
            pairing: self.pairing.view(now),
            now,
            page_url: self.page.urls().first().cloned(),
            network: self.network.credentials().cloned(),
            fullness_percent: facts.fullness_percent.max(self.appliance.fullness_percent()),
            forgets: self.appliance.forgets(),
            updating: self.appliance.is_updating(),
            ..facts
        });
        if logger::has_terminal() {
            let peak_dbfs = sound.out_peak_dbfs.is_finite().then_some(sound.out_peak_dbfs.round() as i32);
            let heard = report::heard(&self.channel, &snapshot);
            let status = console::Status { playing: snapshot.playing, heard: &heard, listeners, peak_dbfs };
            logger::set_status(&console::status_line(&status, console::width()));
        }
        self.snapshot.send_replace(Arc::new(snapshot));
        self.supervisor.check(self.clock.now(), sound.blocks_total)
    }

    /// Tells every thread to end, and waits for them.
    pub(crate) async fn end(mut self) {
        let track = |id| self.told.track(id).or_else(|| self.channel.tracks().catalogue().show(id));
        self.memory.write(self.channel.party(), track, self.clock.now());
        self.rtc.shutdown().await;
        self.panel.stop();
        self.channel.controls().stop();
        self.supervisor.join();
        if let Some(music) = self.music {
            music.close();
        }
    }
}
