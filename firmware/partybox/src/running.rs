//! The running box: its loop carries values between the rooms.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use appliance::Upkeep;
use appliance::address::{self, Page};
use appliance::certificate::Certificates;
use appliance::wifi::Wifi;
use audio::clock::Clock;
use audio::line::LineSource;
use base::ChannelId;
use party::{Asker, Done, Refused, Wish};
use rtc::networks::Networks;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};
use web::control::Command;
use web::http::Audiences;
use web::status::Snapshot;

use crate::buttons::Action;
use crate::channel::{Answer, Channels, News};
use crate::config::Config;
use crate::face::{self, Facts};
use crate::keys::{self, Keys};
use crate::lists::Lists;
use crate::music::Music;
use crate::pairing::Pairing;
use crate::panel::{Asked, Panel};
use crate::parked::Parked;
use crate::settings::{Keeper, Left};
use crate::settling::{Reach, Settling};
use crate::supervise::{Supervisor, Trouble};
use crate::{console, logger, report};

/// How often time is told to the rules, the snapshot published and the threads looked after: a change is on every page
/// within a quarter second.
const PUBLISH_EVERY: Duration = Duration::from_millis(250);

/// How often it is looked whether the secure page needs another certificate.
const CERTIFY_EVERY: Duration = Duration::from_secs(3_600);

/// How often tracks that could not be played are given another chance while there are no others.
const RETRY_EVERY: Duration = Duration::from_secs(10);

/// How often an LED that shows how loud it is is told: as often as an eye follows.
const LOUDNESS_EVERY: Duration = Duration::from_millis(50);

/// The running box: everything the loop looks after.
pub(crate) struct Running {
    pub(crate) channels: Channels,
    /// What decoders say, of which channel.
    pub(crate) news: mpsc::Receiver<(ChannelId, News)>,
    /// New lists of tracks.
    pub(crate) lists: mpsc::Receiver<Lists>,
    /// What was found out about tracks.
    pub(crate) answers: mpsc::Receiver<Answer>,
    /// Wishes about tracks that are being looked up.
    pub(crate) parked: Parked,
    /// Answers that wait for the storage.
    pub(crate) settling: Settling,
    pub(crate) music: Option<Music>,
    pub(crate) commands: mpsc::Receiver<Command>,
    /// Who hears which channel.
    pub(crate) audience: watch::Receiver<Audiences>,
    /// What hosts have set, and the configuration that holds.
    pub(crate) settings: Keeper,
    /// What hosts ask about it.
    pub(crate) wanted_settings: mpsc::Receiver<web::settings::Request>,
    pub(crate) pairing: Pairing,
    /// What phones ask about pairing.
    pub(crate) phones: mpsc::Receiver<web::pairing::Request>,
    /// Rung by every pump that has events.
    pub(crate) wake: Arc<Notify>,
    pub(crate) snapshot: watch::Sender<Arc<Snapshot>>,
    pub(crate) supervisor: Supervisor,
    pub(crate) clock: Clock,
    pub(crate) rtc: rtc::Handle,
    /// Line-in, if one is configured: its thread runs while somebody holds it.
    pub(crate) line: Option<LineSource>,
    pub(crate) panel: Panel,
    /// The network that guests shall join.
    pub(crate) network: Wifi,
    /// The box as a thing.
    pub(crate) upkeep: Upkeep,
    /// Where the page is, for the display.
    pub(crate) page: Page,
    /// The networks that the fan-out was told of last.
    pub(crate) networks: Vec<(IpAddr, u8)>,
    /// The certificate of the secure page, if there is one.
    pub(crate) certificates: Option<Certificates>,
    /// The terminal's keys, which press the buttons of a simulated board.
    pub(crate) keys: Option<Keys>,
}

impl Running {
    /// Carries values until something essential is in trouble, or a host wants the box to begin again.
    pub(crate) async fn run(&mut self) -> Result<(), Trouble> {
        let [mut publish, mut retry, mut loudness, mut certify] =
            [PUBLISH_EVERY, RETRY_EVERY, LOUDNESS_EVERY, CERTIFY_EVERY].map(ticker);
        loop {
            let mut granted = Vec::new();
            let mut tells_pages = true;
            let config = &*self.settings.config();
            tokio::select! {
                Some(command) = self.commands.recv() => {
                    let track = self.channels.looks_up(&command.wish);
                    granted.extend(self.parked.park(command, track));
                }
                Some(answer) = self.answers.recv() => {
                    granted = self.parked.released_by(&answer);
                    self.channels.answer(answer);
                }
                asked = self.panel.next() => {
                    // When pages are told something must not tell a guest that somebody pressed for a host.
                    tells_pages = asked.is_some_and(|asked| asked.action != Action::Pair);
                    if let Some(asked) = asked {
                        self.press(asked);
                    }
                }
                key = keys::next(&mut self.keys) => {
                    tells_pages = false;
                    self.panel.sim().into_iter().for_each(|sim| keys::press(key, sim));
                }
                Some(request) = self.phones.recv() => self.pairing.answer(self.clock.now(), request),
                Some(request) = self.wanted_settings.recv(), if !self.settings.is_writing() => {
                    if self.answer(request) {
                        return Ok(());
                    }
                }
                is_written = self.settings.written() => {
                    self.settings.finish(is_written);
                    self.take_effect();
                }
                Some(lists) = self.lists.recv() => self.channels.relist(&lists),
                Some(news) = self.news.recv() => self.channels.learn(news),
                () = self.wake.notified() => self.channels.poll(),
                _ = loudness.tick(), if self.panel.shows_loudness() => {
                    let (_, programme) = self.channels.steered();
                    self.panel.loudness(face::loudness(programme.controls().status().out_peak_dbfs));
                    // Nothing that is published has changed.
                    continue;
                }
                _ = retry.tick() => self.channels.retry(),
                _ = certify.tick() => self.certify(config),
                _ = publish.tick() => {
                    self.channels.poll();
                    self.channels.pass();
                    self.pairing.tick(self.clock.now());
                    self.page.poll(self.clock.now());
                    self.publish_networks(config);
                    self.listen()?;
                }
            }
            let grant = |Command { wish, reply }| (Reach::of(&wish), reply, self.grant(wish));
            let granted: Vec<_> = granted.into_iter().map(grant).collect();
            self.publish(&self.settings.config(), tells_pages)?;
            // Only here: whoever is answered finds what was asked for in the snapshot, and on the storage.
            let Self { settling, channels, clock, .. } = &mut *self;
            let settle = |channel, scope, then| channels.settle(channel, scope, then);
            settling.poll(clock.now(), settle);
            for (reach, reply, outcome) in granted {
                if let Some(outcome) = outcome {
                    settling.answer(clock.now(), reach, (reply, outcome), settle);
                }
            }
        }
    }

    /// Answers a host about settings. Returns whether the box shall begin again.
    fn answer(&mut self, request: web::settings::Request) -> bool {
        match self.settings.answer(request) {
            Some(Left::Restart) => true,
            Some(Left::Clock(unix_ms, set, reply)) => {
                _ = reply.send(self.upkeep.learn_time(unix_ms, set));
                false
            }
            None => false,
        }
    }

    /// Lets the rooms go on with what was set.
    fn take_effect(&mut self) {
        let config = self.settings.config();
        self.upkeep.set_night(config.night, &config.time_zone);
        self.network.set_name(&config.name);
        log::set_max_level(config.log.level.0);
    }

    /// Grants a wish, and returns what came of it; `None`, which needs no answer but that the box is too busy, if it cannot
    /// be done at the moment.
    fn grant(&mut self, wish: Wish) -> Option<Result<Done, Refused>> {
        let outcome = self.channels.ask(wish);
        outcome.inspect_err(|error| log::warn!("a wish cannot be granted: {error}")).ok()
    }

    /// Publishes to the fan-out where guests are, if that has changed.
    fn publish_networks(&mut self, config: &Config) {
        let networks = config.guests_networks().unwrap_or_else(|| self.page.networks().to_vec());
        // Too busy: it is told with the next tick.
        if networks != self.networks && self.rtc.set_networks(Networks::new(networks.iter().copied())) {
            self.networks = networks;
        }
    }

    /// Has the secure page's certificate say what the box is called now, for as long as it is worth anything.
    fn certify(&self, config: &Config) {
        let Some(certificates) = &self.certificates else { return };
        let addresses = address::interfaces().into_iter().chain([IpAddr::from([127, 0, 0, 1])]);
        let names = config.http.names.iter().cloned().chain(["localhost".to_owned()]);
        certificates.renew(names.chain(addresses.map(|ip| ip.to_string())), SystemTime::now());
    }

    /// Hears whether what is sent is what should be, and lets an update stay once it has played.
    fn listen(&mut self) -> Result<(), Trouble> {
        let is_trial = self.upkeep.is_trial();
        self.channels.listen(is_trial)?;
        if is_trial && self.channels.is_proved(self.clock.now()) {
            self.upkeep.prove();
        }
        Ok(())
    }

    /// Does what somebody at the box asked for.
    fn press(&mut self, asked: Asked) {
        // What comes of the first two is shown by pairing itself, here and on the pages.
        match asked.action {
            Action::Pair => _ = self.pairing.press(self.clock.now()),
            Action::Forget => {
                self.pairing.forget(self.clock.now());
                // First what hosts had set: a power cut in between must not bring it back.
                self.settings.forget_network();
                self.network.renew();
                self.settings.set_network(self.network.credentials());
            }
            Action::Channel => {
                let name = self.channels.steer_next();
                self.panel.notice("Channel", &name);
            }
            _ => {}
        }
        let channel = self.channels.steered().0.id;
        let wish = asked.action.what(asked.times).map(|what| Wish { channel, who: Asker::BOX, what });
        let refused = match wish.map(|wish| self.channels.ask(wish)) {
            None | Some(Ok(Ok(_))) => None,
            Some(Ok(Err(refused))) => Some(face::refused(&refused)),
            Some(Err(error)) => {
                log::warn!("{error}");
                Some("The box is too busy.")
            }
        };
        match refused {
            None => log::info!("button: {}", asked.action),
            Some(why) => {
                log::info!("button: {} refused: {why}", asked.action);
                self.panel.notice("Not now", why);
            }
        }
        self.panel.done(asked);
    }

    /// Shows what is so on the box, publishes it for pages if they are to be told, redraws the status line and looks after the
    /// threads.
    fn publish(&mut self, config: &Config, tells_pages: bool) -> Result<(), Trouble> {
        let now = self.clock.now();
        let listening = self.channels.count_listeners();
        if self.audience.has_changed().unwrap_or(false) {
            let audiences = Arc::clone(&self.audience.borrow_and_update());
            self.channels.tell_audiences(&audiences);
        }
        let somebody_listens = listening.values().any(|listening| listening.total() > 0);
        if let Some(music) = &self.music {
            music.somebody_listens(somebody_listens);
        }
        let statuses =
            self.channels.show(|channel, programme, sound| Arc::new(report::status(config, channel, programme, sound)));
        self.channels.tidy_files();
        self.channels.keep(false);
        let (channel, programme) = self.channels.steered();
        let sound = programme.controls().status();
        let panel = Arc::new(report::panel(
            config,
            &sound,
            self.page.urls(),
            self.certificates.is_some(),
            self.network.credentials(),
        ));
        let snapshot = report::snapshot(config, statuses, self.channels.estimate(), panel);
        let status = snapshot.channel(channel.id).unwrap_or_else(|| snapshot.first());
        let facts = report::facts(config, programme, &sound, status, &listening, self.upkeep.is_night());
        let thing = self.upkeep.facts();
        self.panel.show(Facts {
            channel: report::shown(&snapshot, channel),
            pairing: self.pairing.view(now),
            now,
            page_url: self.page.urls().first().cloned(),
            network: self.network.credentials().cloned(),
            fullness_percent: facts.fullness_percent.max(thing.fullness_percent()),
            forgets: thing.forgets.is_some(),
            network_trouble: thing.network_trouble.clone(),
            card_problems: thing.card_problems.as_ref().map_or(0, Vec::len),
            updating: thing.is_updating(),
            ..facts
        });
        if logger::has_terminal() {
            let peak_dbfs = sound.out_peak_dbfs.is_finite().then_some(sound.out_peak_dbfs.round() as i32);
            let heard = report::heard(programme, status);
            let listeners = report::sum(&listening);
            let status =
                console::Status { playing: status.party.everybody.playing, heard: &heard, listeners, peak_dbfs };
            logger::set_status(&console::status_line(&status, console::width()));
        }
        if tells_pages {
            self.snapshot.send_replace(Arc::new(snapshot));
        }
        self.channels.check()?;
        self.supervisor.check(now)
    }

    /// Tells every thread to end, and waits for them.
    pub(crate) async fn end(mut self) {
        self.channels.keep(true);
        self.settling.poll(self.clock.now(), |channel, scope, then| self.channels.settle(channel, scope, then));
        self.rtc.shutdown().await;
        self.panel.stop();
        self.channels.end();
        drop(self.line);
        // Whoever has an answer to give need not wait for it to be taken.
        drop(self.answers);
        drop(self.upkeep);
        self.supervisor.join();
        if let Some(music) = self.music {
            music.close();
        }
    }
}

/// Returns what is due every so often. What was missed is not made up for.
fn ticker(every: Duration) -> Interval {
    let mut ticker = interval(every);
    ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticker
}
