//! The map of channels: wishes go to the one they are about, and the map follows the evening.

use std::collections::BTreeMap;
use std::sync::Arc;

use audio::status::Status;
use base::{ChannelId, TrackId};
use party::{Asker, Changed, Channel, ChannelWish, Done, Evening, Refused, Scope, What, Wish};

use super::programme::{Listening, Programme};
use super::remedy::Remedy;
use super::roster::Roster;
use super::supplies::{Supplies, encoders};
use super::tracks::News;
use crate::error::Error;
use crate::supervise::Trouble;

/// The channels of the box.
pub(crate) struct Channels {
    evening: Evening,
    programmes: BTreeMap<ChannelId, Programme>,
    supplies: Supplies,
    roster: Roster,
    /// The channel that the box's own buttons act on, if it is not the first.
    steered: Option<ChannelId>,
}

impl Channels {
    /// Opens the channels of the last evening, or the one with which a box begins.
    ///
    /// # Errors
    /// Something that a channel is made of cannot be had.
    pub(crate) fn open(mut supplies: Supplies, roster: Roster) -> Result<Self, Error> {
        let evening = roster.read();
        let mut programmes = BTreeMap::new();
        for (place, channel) in evening.channels().iter().enumerate() {
            programmes.insert(channel.id, supplies.open(channel.id, place, true)?);
        }
        Ok(Self { evening, programmes, supplies, roster, steered: None })
    }

    /// Returns the channels with what runs each, in the hosts' order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Channel, &Programme)> {
        let programme = |channel: &Channel| self.programmes.get(&channel.id);
        self.evening.channels().iter().filter_map(move |channel| Some((channel, programme(channel)?)))
    }

    /// Returns the first channel and its programme.
    pub(crate) fn first(&self) -> (&Channel, &Programme) {
        self.iter().next().expect("an evening has at least one channel")
    }

    /// Returns the channel that the box's own buttons act on, and its programme.
    pub(crate) fn steered(&self) -> (&Channel, &Programme) {
        let steered = self.iter().find(|(channel, _)| Some(channel.id) == self.steered);
        steered.unwrap_or_else(|| self.first())
    }

    /// Lets the box's own buttons act on the channel after the one they act on, round and round. Returns its name.
    pub(crate) fn steer_next(&mut self) -> String {
        let channels = self.evening.channels();
        let steered = self.steered().0.id;
        let place = channels.iter().position(|channel| channel.id == steered).map_or(0, |place| place + 1);
        let channel = &channels[place % channels.len()];
        let name = if channel.name.is_empty() { channel.color.id() } else { &channel.name };
        let name = name.to_owned();
        self.steered = Some(channel.id);
        name
    }

    /// Grants a wish, however far it reaches, and carries out what follows.
    ///
    /// # Errors
    /// The outer: the box cannot do it now. The inner: why the rules refuse it.
    pub(crate) fn ask(&mut self, wish: Wish) -> Result<Result<Done, Refused>, Error> {
        let Wish { channel, who, what } = wish;
        match (what.scope(), what) {
            (_, What::Channel(wish)) => self.change(channel, wish),
            (Scope::Parties, what) => Ok(self.ask_all(who, &what)),
            (_, what) => Ok(self.ask_one(channel, who, what)),
        }
    }

    fn ask_one(&mut self, channel: ChannelId, who: Asker, what: What) -> Result<Done, Refused> {
        let programme = self.programmes.get_mut(&channel).ok_or(Refused::NoSuchChannel)?;
        let done = programme.ask(who, what)?;
        // Whoever lets one channel play after the end begins an evening for all.
        let session = programme.party.session().clone();
        if session.live {
            self.programmes.values_mut().for_each(|programme| programme.party.join(&session));
        }
        Ok(done)
    }

    /// Asks every party the same. What one refuses, all do: what reaches all depends on nothing that differs.
    fn ask_all(&mut self, who: Asker, what: &What) -> Result<Done, Refused> {
        let mut outcome = Err(Refused::NoSuchChannel);
        for programme in self.programmes.values_mut() {
            outcome = programme.ask(who, what.clone());
        }
        outcome
    }

    fn change(&mut self, id: ChannelId, wish: ChannelWish) -> Result<Result<Done, Refused>, Error> {
        let mut evening = self.evening.clone();
        match evening.ask(id, wish) {
            Err(refused) => return Ok(Err(refused)),
            Ok(Changed::Described) => {}
            Ok(Changed::Added) => {
                let session = self.first().1.party.session().clone();
                let mut programme = self.supplies.open(id, evening.channels().len() - 1, false)?;
                programme.party.join(&session);
                self.programmes.insert(id, programme);
                log::info!("{id}: the channel is there");
            }
            Ok(Changed::Removed { successor }) => {
                if let Some(programme) = self.programmes.remove(&id) {
                    self.supplies.close(programme, successor);
                }
                log::info!("{id}: the channel is removed; its listeners go on with {successor}");
            }
        }
        self.evening = evening;
        self.roster.write(&self.evening);
        Ok(Ok(Done::Plainly))
    }

    /// Replaces the list of all tracks.
    pub(crate) fn relist(&mut self, ids: &[TrackId]) {
        self.supplies.relist(ids);
        self.programmes.values_mut().for_each(|programme| programme.relist(ids.to_vec()));
    }

    /// Gives tracks that could not be played another chance, where there are no others.
    pub(crate) fn retry(&mut self) {
        let without = self.programmes.values_mut().filter(|programme| !programme.view().has_tracks);
        without.for_each(Programme::offer_catalogue);
    }

    /// Applies what a decoder of a channel said.
    pub(crate) fn learn(&mut self, (channel, news): (ChannelId, News)) {
        if let Some(programme) = self.programmes.get_mut(&channel) {
            programme.learn(news);
        }
    }

    /// Applies what the pumps said.
    pub(crate) fn poll(&mut self) {
        self.programmes.values_mut().for_each(Programme::poll);
    }

    /// Tells the rules that time goes on.
    pub(crate) fn pass(&mut self) {
        self.programmes.values_mut().for_each(Programme::pass);
    }

    /// Compares what is sent with what should be heard, and does something about sound that gets lost. `closely`: an update
    /// must prove itself.
    ///
    /// # Errors
    /// [`Trouble::Silent`]: nothing less than a restart can help.
    pub(crate) fn listen(&mut self, closely: bool) -> Result<(), Trouble> {
        for (id, programme) in &mut self.programmes {
            let heard = self.supplies.listening(programme).total() > 0;
            let Some((lost, remedy)) = programme.listen(closely, heard) else { continue };
            let lost_in = lost.id();
            match remedy {
                Remedy::SkipTrack(cue, track) => programme.leave(cue, track),
                Remedy::RenewSound { acquitted } => {
                    log::error!("{id}: sound gets lost ({lost_in}); mixer and encoders are replaced");
                    acquitted.into_iter().for_each(|track| programme.suspects.acquit(track));
                    let renewed = encoders(&self.supplies.config).map(|encoders| programme.controls.renew(encoders));
                    match renewed {
                        Ok(true) => {}
                        Ok(false) => log::error!("{id}: the pump takes no commands"),
                        Err(error) => log::error!("{id}: {error}"),
                    }
                }
                Remedy::EndProcess if programme.suspects.may_end(*id, lost) => return Err(Trouble::Silent),
                // Once more would be a box that restarts for ever.
                Remedy::EndProcess => {
                    log::error!("{id}: sound gets lost ({lost_in}), and a restart has not helped before")
                }
            }
        }
        Ok(())
    }

    /// Returns whether a channel has sounded for long enough to trust this version. One is enough: the others may be paused,
    /// and one that is silent and should not be is [`Trouble::Silent`].
    pub(crate) fn is_proved(&self) -> bool {
        self.programmes.values().any(Programme::is_proved)
    }

    /// Returns how many listen to each channel, and tells the rules.
    pub(crate) fn count_listeners(&mut self) -> BTreeMap<ChannelId, Listening> {
        let counted = |(id, programme): (&ChannelId, &mut Programme)| {
            let listening = self.supplies.listening(programme);
            programme.count_listeners(listening.total());
            (*id, listening)
        };
        self.programmes.iter_mut().map(counted).collect()
    }

    /// Calls `each` for every channel in the hosts' order, with what its sound does, to make what is shown of it.
    pub(crate) fn show<T>(&mut self, each: impl Fn(&Channel, &mut Programme, &Status) -> T) -> Vec<T> {
        let Self { evening, programmes, .. } = self;
        let mut shown = Vec::new();
        for channel in evening.channels() {
            if let Some(programme) = programmes.get_mut(&channel.id) {
                let sound = programme.controls.status();
                shown.push(each(channel, programme, &sound));
            }
        }
        shown
    }

    /// Returns how many channels this board can encode, as far as it was measured.
    pub(crate) fn estimate(&self) -> usize {
        self.supplies.estimate()
    }

    /// Writes what outlasts a restart, if it has changed; at once if `all`.
    pub(crate) fn keep(&mut self, all: bool) {
        self.roster.keep(&self.evening);
        self.supplies.suspects.keep();
        self.programmes.values_mut().for_each(|programme| programme.keep(all));
    }

    /// Looks whether every pump makes blocks.
    ///
    /// # Errors
    /// [`Trouble::Died`], [`Trouble::Stuck`].
    pub(crate) fn check(&mut self) -> Result<(), Trouble> {
        for programme in self.programmes.values_mut() {
            let blocks = programme.controls.status().blocks_total;
            let checked = programme.pump.check(programme.clock.now(), blocks);
            if matches!(checked, Err(Trouble::Died(_))) {
                programme.accuse_playing();
            }
            checked?;
        }
        Ok(())
    }

    /// Ends every pump and waits for it.
    pub(crate) fn end(self) {
        let programmes: Vec<Programme> = self.programmes.into_values().collect();
        programmes.iter().for_each(|programme| programme.controls.stop());
        programmes.into_iter().for_each(|programme| programme.pump.join());
    }

    /// Returns what gives the numbers of every channel's sound, for whoever exports them from another thread.
    pub(crate) fn gauges(&self) -> Arc<super::supplies::Gauged> {
        self.supplies.gauged()
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use appliance::state::peek;
    use party::Volume;

    use super::*;
    use crate::assemble::Assembled;
    use crate::config::Config;
    use crate::running::Running;

    fn id(text: &str) -> ChannelId {
        ChannelId::new(text).expect("a legal name")
    }

    /// A box whose state is in `folder`.
    fn running(folder: &std::path::Path) -> (Running, web::http::App) {
        let mut config = Config::default();
        config.state.folder = folder.to_owned();
        let free = UdpSocket::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
        let Assembled { running, app } = Assembled::new(&config, free).expect("a box");
        (running, app)
    }

    fn ask(channels: &mut Channels, channel: &str, what: What) -> Result<Done, Refused> {
        channels.ask(Wish { channel: id(channel), who: Asker::BOX, what }).expect("the box can")
    }

    fn put() -> What {
        What::Channel(ChannelWish::Put { name: None, color: None })
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn channels_come_and_go_and_leave_nothing_behind() {
        let directory = tempfile::tempdir().expect("a folder");
        let (mut running, app) = running(directory.path());
        let channels = &mut running.channels;
        for round in 0..20 {
            for name in ["green", "blue"] {
                assert_eq!(ask(channels, name, put()), Ok(Done::Plainly), "round {round}");
            }
            assert_eq!(channels.iter().count(), 3);
            assert_eq!(app.mp3.borrow().len(), 3);
            for name in ["blue", "green"] {
                assert_eq!(ask(channels, name, What::Channel(ChannelWish::Remove)), Ok(Done::Plainly));
                assert_eq!(ask(channels, name, What::Pause), Err(Refused::NoSuchChannel));
            }
        }
        assert_eq!(running.rtc.stats().listeners.len(), 1, "streams are left");
        assert_eq!((app.mp3.borrow().len(), channels.gauges().lock().unwrap().len()), (1, 1));
        assert_eq!(ask(channels, "main", What::Channel(ChannelWish::Remove)), Err(Refused::LastChannel));
        running.end().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn each_channel_keeps_its_own_and_the_evening_is_everybodys() {
        let directory = tempfile::tempdir().expect("a folder");
        let (mut running, _app) = running(directory.path());
        let channels = &mut running.channels;
        ask(channels, "green", put()).expect("there is room");
        ask(channels, "green", What::Volume(-12.0)).expect("in range");
        ask(channels, "main", What::Start(Some("Garden".to_owned()))).expect("a title");
        let of = |channels: &Channels, name: &str| {
            let party = channels.iter().find(|(channel, _)| channel.id == id(name)).expect("it is there").1.party();
            (party.view().volume.db(), party.session().clone())
        };
        let (loud, soft) = (of(channels, "main"), of(channels, "green"));
        assert_eq!((loud.0, soft.0), (Volume::FULL.db(), -12.0));
        assert_eq!((&loud.1, loud.1.title.as_str()), (&soft.1, "Garden"));
        ask(channels, "green", What::End).expect("it goes on");
        assert!(!of(channels, "main").1.live && !of(channels, "green").1.live);
        ask(channels, "green", What::Play).expect("whoever plays begins an evening");
        assert!(of(channels, "main").1.live, "for all channels");
        running.end().await;
        // What a restart goes on with.
        let [roster, first, second] =
            ["channels", "party", "party-green"].map(|file| peek(directory.path(), file).expect("it was written"));
        assert!(roster.contains("id = \"main\"") && roster.contains("id = \"green\""), "{roster}");
        assert!(first.contains("volume_db = 0.0") && second.contains("volume_db = -12.0"), "{first}\n{second}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_channel_that_is_added_again_begins_with_nothing_of_the_one_before() {
        let directory = tempfile::tempdir().expect("a folder");
        let (mut running, _app) = running(directory.path());
        let channels = &mut running.channels;
        ask(channels, "green", put()).expect("there is room");
        ask(channels, "green", What::Volume(-12.0)).expect("in range");
        channels.keep(true);
        ask(channels, "green", What::Channel(ChannelWish::Remove)).expect("it is not the last");
        ask(channels, "green", put()).expect("there is room");
        running.end().await;
        let kept = peek(directory.path(), "party-green").expect("it was written");
        assert!(kept.contains("volume_db = 0.0"), "the volume of the one before is back: {kept}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_boxs_buttons_act_on_one_channel_after_the_other() {
        let directory = tempfile::tempdir().expect("a folder");
        let (mut running, _app) = running(directory.path());
        let channels = &mut running.channels;
        ask(channels, "green", put()).expect("there is room");
        assert_eq!(channels.steered().0.id, id("main"));
        assert_eq!((channels.steer_next().as_str(), channels.steered().0.id), ("green", id("green")));
        assert_eq!((channels.steer_next().as_str(), channels.steered().0.id), ("red", id("main")));
        channels.steer_next();
        ask(channels, "green", What::Channel(ChannelWish::Remove)).expect("it is not the last");
        assert_eq!(channels.steered().0.id, id("main"), "what is gone cannot be steered");
        running.end().await;
    }
}
