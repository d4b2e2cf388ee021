//! Keeps the database in step with the places music comes from: a scan of everything at start and now and then, and of
//! what the kernel says has changed in between.
//!
//! One thread, at low priority. Only files that are new or whose size or time has changed are opened. What was found out
//! goes to the writer in batches, so that the library grows while it is scanned and a scan that is killed is not lost.

mod compare;
mod places;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

use self::compare::{compare, compare_covers};
use self::places::Places;
pub(crate) use self::places::{Sources, Tended};
use crate::inspect::{Error, Inspected, Inspector};
use crate::lists::names::{Catalog, Context};
use crate::lists::{List, is_cue};
use crate::settings::{Judge, Unheard};
use crate::shared::Shared;
use crate::store::read::{AskError, Reader};
use crate::store::write::Fact;
use crate::tags::{Doubt, Tags};
use crate::walk::{self, Found, Stamp};
use crate::watch::Watch;
use crate::writer::Order;

/// Facts in one transaction: a pulled plug costs this many files' work.
const BATCH_FACTS: usize = 256;

/// Longest time that a fact waits for its batch to fill: new tracks can be played this soon.
const BATCH_MAX: Duration = Duration::from_millis(250);

/// When a scan that could not be done is tried again: the folder is missing, or the system refuses.
const RETRY: Duration = Duration::from_secs(5);

/// How far scanning stands back behind everything else the box does, in nice levels.
const NICE: i32 = 10;

/// The time by which a file is known that could not be read: the next scan of everything tries again.
const UNREAD: Stamp = Stamp { bytes: -1, mtime_ns: 0, ctime_ns: 0 };

/// Why a scan ended early.
enum Stop {
    /// The library is closed.
    Closed,
    /// It cannot go on now; why, for the log.
    Later(String),
}

impl From<AskError> for Stop {
    fn from(error: AskError) -> Self {
        Self::Later(error.to_string())
    }
}

/// What a scan needs.
pub(crate) struct Scanner {
    pub(crate) sources: Sources,
    pub(crate) reader: Arc<Reader>,
    pub(crate) writer: SyncSender<Order>,
    pub(crate) inspector: Inspector,
    pub(crate) judge: Judge,
    pub(crate) rescan_every: Option<Duration>,
    pub(crate) shared: Arc<Shared>,
}

/// Files read by the scan under way, and since when.
struct Reading {
    files: u64,
    since: Instant,
    /// Those that could not be read.
    unread: u64,
}

impl Scanner {
    /// Scans and watches until the library is closed.
    pub(crate) fn run(mut self) {
        // Lower priority is a courtesy: without it everything works, too.
        _ = rustix::process::setpriority_process(None, NICE);
        let mut places = Places::new(std::mem::take(&mut self.sources));
        self.reader.verify();
        while !self.shared.is_closed() {
            if self.reader.is_lost() && self.send(Order::Rebuild).is_err() {
                return;
            }
            let mut jobs = Vec::new();
            if self.meet(&mut places).is_ok() {
                jobs = places.due(Instant::now());
            }
            if jobs.is_empty() {
                // What takes no other database now may take one in a while.
                places.wait(&self.shared, self.reader.is_lost().then_some(RETRY));
                jobs = places.news();
            }
            if !jobs.is_empty() && matches!(self.pass(&mut places, jobs), Err(Stop::Closed)) {
                return;
            }
        }
    }

    /// Tells the writer of places that have come and gone.
    fn meet(&self, places: &mut Places) -> Result<(), Stop> {
        let parted = places.part();
        for &root in &parted {
            self.send(Order::Present { root, present: false })?;
        }
        // Nothing is scanned for a stick that has gone, but its tracks count no more.
        if !parted.is_empty() && self.flush().is_ok() {
            self.count();
        }
        for place in places.arrived() {
            let (answer, root) = sync_channel(1);
            self.send(Order::Place { place: place.clone(), answer })?;
            if let Some(root) = root.recv().map_err(|_| Stop::Closed)? {
                places.add(place, root);
            }
        }
        Ok(())
    }

    /// Brings the library in step with these paths of these places; an empty path is the whole place.
    fn pass(&mut self, places: &mut Places, jobs: Vec<(usize, BTreeSet<Vec<u8>>)>) -> Result<(), Stop> {
        self.shared.update(|progress| {
            (progress.scanning, progress.files_seen, progress.files_done) = (true, 0, 0);
        });
        let mut reading = Reading { files: 0, since: Instant::now(), unread: 0 };
        let mut done = Ok(());
        for (index, paths) in jobs {
            let is_whole = paths.contains(&Vec::new());
            let Some(place) = places.get(index) else { continue };
            if is_whole {
                place.watch_anew();
            }
            reading.unread = 0;
            let outcome = self.scan(place, &paths, &mut reading).and_then(|()| self.flush());
            match outcome {
                Err(Stop::Closed) => done = Err(Stop::Closed),
                Err(Stop::Later(why)) => place.failed(why, Instant::now() + RETRY),
                Ok(()) if is_whole => {
                    let every = self.rescan_every.and_then(|pause| Instant::now().checked_add(pause));
                    place.done(every, reading.unread > 0);
                }
                Ok(()) if reading.unread > 0 => place.retry_unread(),
                Ok(()) => {}
            }
        }
        self.inspector.rest();
        self.count();
        self.shared.update(|progress| {
            progress.scanning = false;
            progress.left = None;
        });
        self.shared.changed();
        done
    }

    fn scan(&mut self, place: &mut Tended, paths: &BTreeSet<Vec<u8>>, reading: &mut Reading) -> Result<(), Stop> {
        let (mut changed, mut gone) = (Vec::new(), Vec::new());
        let (mut changed_lists, mut gone_lists) = (Vec::new(), Vec::new());
        let root = place.root;
        for path in paths {
            if let Some(folder) = walk::cover_folder(path) {
                let found = walk::covers_at(&place.path, folder);
                let mut known = self.reader.covers(root, folder)?;
                known.retain(|cover| walk::depends(&cover.folder, folder));
                self.send_facts(place, compare_covers(found, &known, |_| false))?;
                continue;
            }
            let all = place.reads_all && path.is_empty();
            let Tended { path: at, watch, .. } = &mut *place;
            let visit = |folder: &[u8]| {
                watch.iter_mut().for_each(|watch: &mut Watch| watch.add(folder));
                !self.shared.is_closed()
            };
            let walked = walk::below(at, path, visit);
            if path.is_empty() {
                self.send(Order::Present { root, present: walked.is_ok() })?;
            }
            let mut walked = walked.map_err(|error| Stop::Later(format!("{}: {error}", place.path.display())))?;
            if path.is_empty() {
                self.shared.pass_over(root, std::mem::take(&mut walked.passed_over));
            }
            let known = self.reader.covers(root, path)?;
            let covers = std::mem::take(&mut walked.covers);
            self.send_facts(place, compare_covers(covers, &known, |folder| walked.may_hide(folder)))?;
            let found = walked.files.len() as u64;
            let known = self.reader.known(root, path)?;
            let differences = compare(std::mem::take(&mut walked.files), &known, all);
            let unchanged = found - differences.changed.len() as u64;
            self.shared.update(|progress| {
                progress.files_seen += found;
                progress.files_done += unchanged;
            });
            changed.extend(differences.changed);
            let lists = compare(std::mem::take(&mut walked.lists), &self.reader.lists(root, path)?, all);
            changed_lists.extend(lists.changed);
            gone.extend(differences.gone.into_iter().filter(|path| !walked.may_hide(path)));
            gone_lists.extend(lists.gone.into_iter().filter(|path| !walked.may_hide(path)));
        }
        let is_new = |path: &Vec<u8>| !changed_lists.iter().any(|found: &Found| found.path == *path);
        if !changed.is_empty() {
            // Their encoding was guessed, and files that they name may have come.
            let unsure = self.reader.unsure_lists(root)?.into_iter().filter(|list| is_new(&list.path));
            let unsure: Vec<Found> = unsure.map(|list| Found { path: list.path, stamp: list.stamp }).collect();
            changed_lists.extend(unsure);
        }
        let has_changed = !(changed.is_empty() && changed_lists.is_empty() && gone.is_empty() && gone_lists.is_empty());
        self.read(place, changed, reading)?;
        self.read_lists(place, changed_lists, reading)?;
        self.send_facts(place, gone_lists.into_iter().map(|path| Fact::NoList { path }).collect())?;
        // Only now: what was renamed has been known again by its old place.
        self.send_facts(place, gone.into_iter().map(|path| Fact::Gone { path }).collect())?;
        if has_changed { self.send(place.derive()) } else { Ok(()) }
    }

    /// Sends facts for which no file was read.
    fn send_facts(&self, place: &Tended, facts: Vec<Fact>) -> Result<(), Stop> {
        for piece in facts.chunks(BATCH_FACTS) {
            self.send(place.order(piece.to_vec()))?;
        }
        Ok(())
    }

    /// Reads the tags of files.
    fn read(&mut self, place: &Tended, files: Vec<Found>, reading: &mut Reading) -> Result<(), Stop> {
        let mut batch = Vec::new();
        let mut begun = Instant::now();
        for found in files {
            if self.shared.is_closed() {
                return Err(Stop::Closed);
            }
            let at = walk::join(&place.path, &found.path);
            let fact = match self.inspector.inspect(&at) {
                Ok((Inspected { tags, doubt, sheet, fingerprint }, about)) => match self.heard(&at, tags, doubt) {
                    Ok(tags) => {
                        let (stamp, sheet) = (Stamp::of(&about), sheet.map(Box::new));
                        Fact::Track { path: found.path, stamp, fingerprint, tags, sheet }
                    }
                    Err(Unheard::Never(reason)) => {
                        log::info!("not a track: {} {reason}", at.display());
                        Fact::Broken { path: found.path, stamp: found.stamp, reason }
                    }
                    Err(Unheard::NotNow(reason)) => {
                        log::info!("not a track for now: {} {reason}", at.display());
                        reading.unread += 1;
                        Fact::Broken { path: found.path, stamp: UNREAD, reason }
                    }
                },
                Err(Error::NoWorker(why)) => {
                    self.send_batch(place, &mut batch, reading)?;
                    return Err(Stop::Later(why));
                }
                // A stick that was pulled takes its folder along; its files are not to blame.
                Err(Error::Unreadable(error)) if !is_listable(&place.path) => {
                    return Err(Stop::Later(format!("{}: {error}", place.path.display())));
                }
                Err(error) => {
                    log::info!("not a track: {} {error}", at.display());
                    let is_unread = matches!(error, Error::Unreadable(_));
                    reading.unread += u64::from(is_unread);
                    let stamp = if is_unread { UNREAD } else { found.stamp };
                    Fact::Broken { path: found.path, stamp, reason: error.to_string() }
                }
            };
            if batch.is_empty() {
                begun = Instant::now();
            }
            batch.push(fact);
            if batch.len() == BATCH_FACTS || begun.elapsed() > BATCH_MAX {
                self.send_batch(place, &mut batch, reading)?;
            }
        }
        self.send_batch(place, &mut batch, reading)
    }

    /// Returns `tags`, completed by the decoder where they leave a doubt.
    fn heard(&self, file: &Path, tags: Tags, doubt: Doubt) -> Result<Tags, Unheard> {
        match doubt {
            Doubt::Nothing => Ok(tags),
            Doubt::Names(why) => {
                log::info!("not all tags can be read: {} {why}", file.display());
                Ok(match (self.judge)(file)? {
                    Some(heard) => tags.or_heard(heard),
                    None => tags,
                })
            }
            Doubt::Sound(why) => Ok(tags.or_heard((self.judge)(file)?.ok_or(Unheard::Never(why))?)),
        }
    }

    /// Reads cue sheets and playlists.
    fn read_lists(&mut self, place: &Tended, lists: Vec<Found>, reading: &mut Reading) -> Result<(), Stop> {
        let mut catalog = None;
        for Found { path, mut stamp } in lists {
            let at = walk::join(&place.path, &path);
            let list = match self.inspector.list(&at) {
                Ok(list) if list.is_guess => {
                    if catalog.is_none() {
                        // What was found just now counts as well.
                        self.flush()?;
                        let known = self.reader.known(place.root, b"")?;
                        catalog = Some(Catalog::new(known.into_iter().map(|file| file.path).collect()));
                    }
                    let readings = self.inspector.list_readings(&at);
                    chosen(list, readings, &path, place, catalog.get_or_insert_with(|| Catalog::new(Vec::new())))
                }
                Ok(list) => list,
                Err(Error::NoWorker(why)) => return Err(Stop::Later(why)),
                Err(Error::Unreadable(error)) => {
                    log::info!("no list for now: {} {error}", at.display());
                    stamp = UNREAD;
                    reading.unread += 1;
                    List::default()
                }
                Err(error) => {
                    log::info!("not a list: {} {error}", at.display());
                    List::default()
                }
            };
            if list.is_cut {
                log::warn!(
                    "{} is too long a list: what is behind its first {} entries is left out",
                    at.display(),
                    list.entries.len()
                );
            }
            self.send(place.order(vec![Fact::List { path, stamp, list }]))?;
        }
        Ok(())
    }

    fn send_batch(&self, place: &Tended, batch: &mut Vec<Fact>, reading: &mut Reading) -> Result<(), Stop> {
        if batch.is_empty() {
            return Ok(());
        }
        let facts = std::mem::take(batch);
        let count = facts.len() as u64;
        self.send(place.order(facts))?;
        reading.files += count;
        let elapsed = reading.since.elapsed();
        self.shared.update(|progress| {
            progress.files_done += count;
            *progress = progress.at_rate(reading.files, elapsed);
        });
        Ok(())
    }

    /// Waits until everything sent is written.
    fn flush(&self) -> Result<(), Stop> {
        let (written, done) = sync_channel(1);
        self.send(Order::Tell(written))?;
        match done.recv() {
            Ok(true) => Ok(()),
            Ok(false) => Err(Stop::Later("the database cannot be written".into())),
            Err(_) => Err(Stop::Closed),
        }
    }

    fn send(&self, order: Order) -> Result<(), Stop> {
        self.writer.send(order).map_err(|_| Stop::Closed)
    }

    fn count(&self) {
        if let Ok((tracks, broken)) = self.reader.counts() {
            self.shared.update(|progress| (progress.tracks, progress.broken) = (tracks, broken));
        }
    }
}

/// The reading of a list in which most of its names are files; the likeliest one if none has more.
fn chosen(likeliest: List, others: Vec<List>, path: &[u8], place: &Tended, catalog: &Catalog) -> List {
    let folder = walk::split(path).0;
    let found = |list: &List| {
        let (letters, is_strict) = (list.letters.as_str(), is_cue(path));
        let at = Context { place: place.path.as_os_str().as_bytes(), folder, letters, is_strict };
        let names: BTreeSet<&str> = list.entries.iter().map(|entry| entry.file.as_str()).collect();
        // Names in plain letters are the same in every encoding.
        names.into_iter().filter(|name| !name.is_ascii() && catalog.find(name, &at).is_some()).count()
    };
    let known = found(&likeliest);
    let best = others.into_iter().map(|list| (found(&list), list)).rev().max_by_key(|(count, _)| *count);
    best.filter(|(count, _)| *count > known).map_or(likeliest, |(_, list)| list)
}

fn is_listable(folder: &Path) -> bool {
    fs::read_dir(folder).and_then(|mut all| all.next().transpose()).is_ok()
}
