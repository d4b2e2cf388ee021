//! The map of channels: wishes go to the one they are about, and the map follows the evening.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use appliance::state::{self, Written};
use audio::status::Status;
use base::{ChannelId, Time, TrackId};
use party::{Asker, Audience, Changed, Channel, ChannelWish, Done, Evening, Refused, Scope, What, Wish};

use super::lookup::Answer;
use super::memory::Memory;
use super::programme::{Listening, Programme};
use super::remedy::Remedy;
use super::roster::{self, Roster};
use super::supplies::{Supplies, encoders};
use super::tracks::News;
use crate::error::Error;
use crate::lists::{Lists, wanted_by};
use crate::stock::Stock;
use crate::supervise::Trouble;

/// The channels of the box.
pub(crate) struct Channels {
    evening: Evening,
    pub(super) programmes: BTreeMap<ChannelId, Programme>,
    pub(super) supplies: Supplies,
    roster: Roster,
    /// The channel that the box's own buttons act on, if it is not the first.
    steered: Option<ChannelId>,
    /// Those of which the writer has not everything yet.
    unwritten: BTreeSet<ChannelId>,
    /// What guests have brought and a party needs.
    files: BTreeSet<TrackId>,
}

impl Channels {
    /// Opens the channels of the last evening, or the one with which a box begins. Nothing plays yet, so this waits for
    /// storage to begin with what `stock` has.
    ///
    /// # Errors
    /// Something that a channel is made of cannot be had.
    pub(crate) fn open(mut supplies: Supplies, roster: Roster, stock: &Stock) -> Result<Self, Error> {
        let evening = roster.read();
        let read = stock.library().map(|library| Lists::read(library, &wanted_by(evening.channels()))).transpose();
        let lists =
            read.inspect_err(|error| log::warn!("the list of tracks: {error}")).ok().flatten().unwrap_or_default();
        let mut programmes = BTreeMap::new();
        for (place, channel) in evening.channels().iter().enumerate() {
            let mut programme = supplies.open(channel.id, place, Some(stock))?;
            let own = lists.own.get(&channel.repertoire).cloned().unwrap_or_default();
            programme.set_repertoire((!channel.repertoire.is_all()).then_some(own));
            programme.offer_catalogue();
            programmes.insert(channel.id, programme);
        }
        supplies.want(evening.channels());
        let (steered, unwritten) = (None, BTreeSet::new());
        let files = needed(&programmes);
        if let Some(library) = stock.library() {
            library.keep_only_guests_files(&files);
        }
        Ok(Self { evening, programmes, supplies, roster, steered, unwritten, files })
    }

    /// Has the library let go of what guests have brought and no party needs any more. To be called with every change.
    pub(crate) fn tidy_files(&mut self) {
        let needed = needed(&self.programmes);
        if needed != self.files {
            let gone = self.files.difference(&needed).copied().collect();
            self.supplies.lookup.drop_files(gone);
            self.files = needed;
        }
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

    /// Returns the track that a wish is about and that must be looked up first, which is then under way.
    pub(crate) fn looks_up(&self, wish: &Wish) -> Option<TrackId> {
        let (What::Add(track, _) | What::Request(track) | What::Bring(track)) = wish.what else { return None };
        let programme = self.programmes.get(&wish.channel)?;
        programme.looks_up(track).then_some(track)
    }

    /// Applies what was found out about a track.
    pub(crate) fn answer(&mut self, answer: Answer) {
        if let Some(programme) = self.programmes.get_mut(&answer.channel) {
            programme.answer(answer);
        }
    }

    fn change(&mut self, id: ChannelId, wish: ChannelWish) -> Result<Result<Done, Refused>, Error> {
        let mut evening = self.evening.clone();
        let chooses = matches!(wish, ChannelWish::Put { repertoire: Some(_), .. });
        match evening.ask(id, wish) {
            Err(refused) => return Ok(Err(refused)),
            Ok(Changed::Described) => {
                let programme = self.programmes.get_mut(&id);
                let is_all = evening.repertoire_of(id).is_all();
                // What is in a folder or a playlist comes when it was read.
                programme.filter(|_| is_all || !self.supplies.has_library).into_iter().for_each(|programme| {
                    programme.set_repertoire((!is_all).then(Vec::new));
                });
            }
            Ok(Changed::Added) => {
                let session = self.first().1.party.session().clone();
                let mut programme = self.supplies.open(id, evening.channels().len() - 1, None)?;
                programme.party.join(&session);
                let is_all = evening.repertoire_of(id).is_all();
                if is_all || !self.supplies.has_library {
                    programme.set_repertoire((!is_all).then(Vec::new));
                    programme.offer_catalogue();
                }
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
        if chooses {
            self.supplies.want(self.evening.channels());
        }
        self.roster.write(&self.evening);
        Ok(Ok(Done::Plainly))
    }

    /// Replaces the lists of tracks. A channel whose own was chosen after they were read goes on with what it has.
    pub(crate) fn relist(&mut self, lists: &Lists) {
        self.supplies.relist(&lists.all);
        for channel in self.evening.channels() {
            let Some(programme) = self.programmes.get_mut(&channel.id) else { continue };
            let own = lists.own.get(&channel.repertoire);
            if let Some(own) = own {
                programme.set_repertoire(Some(own.clone()));
            }
            if own.is_some() || channel.repertoire.is_all() || programme.view().has_tracks {
                programme.relist(lists.all.clone());
            }
        }
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
    pub(crate) fn is_proved(&self, now: Time) -> bool {
        self.programmes.values().any(|programme| programme.is_proved(now))
    }

    /// Tells the rules who hears each channel.
    pub(crate) fn tell_audiences(&mut self, audiences: &BTreeMap<ChannelId, Audience>) {
        for (id, programme) in &mut self.programmes {
            programme.set_audience(audiences.get(id).cloned().unwrap_or_default());
        }
    }

    /// Returns how many listen to each channel.
    pub(crate) fn count_listeners(&self) -> BTreeMap<ChannelId, Listening> {
        self.programmes.iter().map(|(id, programme)| (*id, self.supplies.listening(programme))).collect()
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

    /// Hands what outlasts a restart to the writer, if it has changed; what nobody knows of tracks is left out if `all`. To be
    /// called with every change.
    pub(crate) fn keep(&mut self, all: bool) {
        if let Some(writer) = &self.supplies.writer {
            writer.poll();
        }
        self.unwritten.clear();
        for (id, programme) in &mut self.programmes {
            if !programme.keep(all) {
                self.unwritten.insert(*id);
            }
        }
    }

    /// Calls `then` once everything that outlasts a restart, as far as a wish about `channel` reaches, is on the storage, or with the
    /// reason why it is not.
    ///
    /// # Errors
    /// Something of it has not been handed to the writer yet ([`Channels::keep`]): `then` comes back.
    pub(crate) fn settle(&self, channel: ChannelId, scope: Scope, then: Written) -> Result<(), Written> {
        let Some(writer) = &self.supplies.writer else {
            then(Err(state::Error::NoPlace));
            return Ok(());
        };
        let reaches = |id| scope != Scope::Channel || id == channel;
        if self.unwritten.iter().any(|id| reaches(*id)) {
            return Err(then);
        }
        let one = self.programmes.get(&channel).map(|programme| programme.memory.file());
        let is_meant = |file: &str| match scope {
            Scope::Channel => Some(file) == one,
            Scope::Parties => Memory::is_one(file),
            Scope::Channels => Memory::is_one(file) || file == roster::FILE,
        };
        writer.settle(is_meant, then);
        Ok(())
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

/// What guests have brought and one of the parties needs.
fn needed(programmes: &BTreeMap<ChannelId, Programme>) -> BTreeSet<TrackId> {
    programmes.values().flat_map(|programme| programme.party.files()).collect()
}

#[cfg(test)]
mod tests;
