//! The places that a scan tends: folders, which are always wanted, and sticks, which come and go; what is due at each,
//! and the wait for whatever happens next.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::shared::Shared;
use crate::sticks;
use crate::store::read::RootKind;
use crate::store::write::{Fact, Place};
use crate::watch::{News, Watch};
use crate::writer::Order;

/// How long the kernel's news are collected before they are acted on: a copied album is one change.
const SETTLE: Duration = Duration::from_millis(300);

/// How often it is looked whether a stick has been pulled without saying so first, which nothing tells.
const STICKS_LOOK: Duration = Duration::from_secs(2);

/// When files that could not be read are tried again: the first time, and the longest, to which it doubles.
const UNREAD_AFTER: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(3_600));

/// Where music comes from.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// Folders, each with its number.
    pub(crate) folders: Vec<(i64, PathBuf)>,
    /// The folder below which sticks are mounted, and the table that tells.
    pub(crate) sticks: Option<(PathBuf, PathBuf)>,
}

/// One place while it is tended.
pub(crate) struct Tended {
    pub(crate) root: i64,
    pub(crate) path: Arc<Path>,
    pub(crate) watch: Option<Watch>,
    /// By what the stick is known that this is.
    stick: Option<Vec<u8>>,
    /// When all of it is to be looked at; `None`: not before there is news.
    due: Option<Instant>,
    /// Whether everything is then read, as a host wants it who knows of changes that files do not show.
    pub(crate) reads_all: bool,
    /// The trouble that was said last: the same every few seconds is said once.
    said: Option<String>,
    /// When all of it is looked at again while there are files that could not be read.
    unread_after: Duration,
}

impl Tended {
    fn new(root: i64, path: &Path, stick: Option<Vec<u8>>) -> Self {
        Self {
            root,
            path: path.into(),
            watch: None,
            stick,
            due: Some(Instant::now()),
            reads_all: false,
            said: None,
            unread_after: UNREAD_AFTER.0,
        }
    }

    /// Watches nothing, to begin with.
    pub(crate) fn watch_anew(&mut self) {
        let watch = Watch::new(&self.path);
        self.watch = watch.inspect_err(|error| log::warn!("changes of files show up late: {error}")).ok();
    }

    pub(crate) fn failed(&mut self, why: String, retry: Instant) {
        if self.said.as_ref() != Some(&why) {
            log::warn!("the music cannot be scanned for now: {why}");
            self.said = Some(why);
        }
        self.due = Some(retry);
    }

    /// Is looked at again at `next`, or earlier if there were files that could not be read.
    pub(crate) fn done(&mut self, next: Option<Instant>, has_unread: bool) {
        self.said = None;
        self.reads_all = false;
        self.due = next;
        if has_unread {
            self.retry_unread();
        } else {
            self.unread_after = UNREAD_AFTER.0;
        }
    }

    /// Is looked at again in a while, for files that could not be read now.
    pub(crate) fn retry_unread(&mut self) {
        let soon = Instant::now() + self.unread_after;
        self.due = Some(self.due.map_or(soon, |due| due.min(soon)));
        self.unread_after = (self.unread_after * 2).min(UNREAD_AFTER.1);
    }

    /// What was found out here, for the writer.
    pub(crate) fn order(&self, facts: Vec<Fact>) -> Order {
        Order::Facts { root: self.root, path: Arc::clone(&self.path), facts }
    }

    /// That what its lists mean is to be found out again, for the writer.
    pub(crate) fn derive(&self) -> Order {
        Order::Derive { root: self.root, path: Arc::clone(&self.path) }
    }
}

/// All of them.
pub(crate) struct Places {
    tended: Vec<Tended>,
    /// The folder of sticks, the table of mounts, and the same opened to wait for its changes.
    sticks: Option<(PathBuf, PathBuf, Option<File>)>,
}

impl Places {
    pub(crate) fn new(sources: Sources) -> Self {
        let tended = sources.folders.iter().map(|(root, path)| Tended::new(*root, path, None)).collect();
        let sticks = sources.sticks.map(|(folder, table)| {
            let opened = File::open(&table).inspect_err(|error| log::warn!("sticks show up late: {error}")).ok();
            (folder, table, opened)
        });
        Self { tended, sticks }
    }

    pub(crate) fn get(&mut self, index: usize) -> Option<&mut Tended> {
        self.tended.get_mut(index)
    }

    pub(crate) fn add(&mut self, place: Place, root: i64) {
        log::info!("a stick has come: {:?}", place.name);
        self.tended.push(Tended::new(root, &place.path, Some(place.key)));
    }

    /// The sticks that are there now.
    fn there(&self) -> Vec<sticks::Stick> {
        let Some((folder, table, _)) = &self.sticks else { return Vec::new() };
        sticks::below(&fs::read_to_string(table).unwrap_or_default(), folder)
    }

    /// Ends tending sticks that have gone, and says which.
    pub(crate) fn part(&mut self) -> Vec<i64> {
        let there = self.there();
        let stays = |tended: &Tended| {
            let same = |stick: &sticks::Stick| Some(&stick.key) == tended.stick.as_ref() && stick.path == *tended.path;
            tended.stick.is_none() || there.iter().any(same)
        };
        let gone: Vec<i64> = self.tended.iter().filter(|tended| !stays(tended)).map(|tended| tended.root).collect();
        self.tended.retain(stays);
        if !gone.is_empty() {
            log::info!("a stick has gone");
        }
        gone
    }

    /// The sticks that have come.
    pub(crate) fn arrived(&self) -> Vec<Place> {
        let is_known =
            |stick: &sticks::Stick| self.tended.iter().any(|tended| tended.stick.as_ref() == Some(&stick.key));
        let new = self.there().into_iter().filter(|stick| !is_known(stick));
        new.map(|stick| Place { key: stick.key, kind: RootKind::Stick, name: stick.name, path: stick.path }).collect()
    }

    /// The places of which everything is due.
    pub(crate) fn due(&self, now: Instant) -> Vec<(usize, BTreeSet<Vec<u8>>)> {
        let due = |tended: &Tended| tended.due.is_some_and(|due| due <= now);
        let all = self.tended.iter().enumerate().filter(|(_, tended)| due(tended));
        all.map(|(index, _)| (index, BTreeSet::from([Vec::new()]))).collect()
    }

    /// What the kernel has news of.
    pub(crate) fn news(&mut self) -> Vec<(usize, BTreeSet<Vec<u8>>)> {
        let mut jobs = Vec::new();
        for (index, tended) in self.tended.iter_mut().enumerate() {
            match tended.watch.as_mut().map(Watch::news) {
                Some(News { lost: true, .. }) => tended.due = Some(Instant::now()),
                Some(News { paths, .. }) if !paths.is_empty() => jobs.push((index, paths)),
                _ => {}
            }
        }
        jobs
    }

    /// Waits until something is due, a stick may have come or gone, or news have come and settled; for `limit` at most.
    pub(crate) fn wait(&mut self, shared: &Shared, limit: Option<Duration>) {
        let look = self.sticks.as_ref().map(|_| Instant::now() + STICKS_LOOK);
        let limit = limit.map(|limit| Instant::now() + limit);
        let until = self.tended.iter().filter_map(|tended| tended.due).chain(look).chain(limit).min();
        let watches: Vec<&Watch> = self.tended.iter().filter_map(|tended| tended.watch.as_ref()).collect();
        let files: Vec<BorrowedFd<'_>> = watches.iter().map(|watch| watch.as_fd()).collect();
        let table = self.sticks.as_ref().and_then(|(_, _, table)| table.as_ref());
        let ready = wait_for(shared, &files, table, until);
        if shared.take_rescan() {
            self.tended.iter_mut().for_each(|tended| (tended.due, tended.reads_all) = (Some(Instant::now()), true));
        } else if ready {
            // More is to come: a copy of a folder, the other half of a renaming.
            wait_for(shared, &[], None, Some(Instant::now() + SETTLE));
        }
    }
}

/// Whether one of `files` has news before `until`, the library is closed, a rescan wanted or the table has changed.
fn wait_for(shared: &Shared, files: &[BorrowedFd<'_>], table: Option<&File>, until: Option<Instant>) -> bool {
    loop {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let left =
            left.map(|left| Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: left.subsec_nanos().into() });
        let mut ends = vec![PollFd::new(&shared.closed, PollFlags::IN), PollFd::new(&shared.rescan, PollFlags::IN)];
        ends.extend(files.iter().map(|file| PollFd::new(file, PollFlags::IN)));
        // The kernel tells of a change of mounts as of something urgent (proc(5)).
        ends.extend(table.map(|table| PollFd::new(table, PollFlags::PRI)));
        match poll(&mut ends, left.as_ref()) {
            Ok(_) => return ends[2..2 + files.len()].iter().any(|end| !end.revents().is_empty()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => {
                log::error!("waiting for changes of files: {error}");
                return false;
            }
        }
    }
}
