//! Keeps the database in step with a folder: a scan of everything at start and now and then, and of what the kernel
//! says has changed in between.
//!
//! One thread, at low priority. Only files that are new or whose size or time has changed are opened. What was found out
//! goes to the writer in batches, so that the library grows while it is scanned and a scan that is killed is not lost.

mod compare;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use self::compare::{compare, compare_covers};
use crate::inspect::{Error, Inspector};
use crate::library::{Order, Shared};
use crate::store::read::{AskError, Reader};
use crate::store::write::Fact;
use crate::walk::{self, Found, Stamp};
use crate::watch::{News, Watch};

/// Facts in one transaction: a pulled plug costs this many files' work.
const BATCH_FACTS: usize = 256;

/// Longest time that a fact waits for its batch to fill: new tracks can be played this soon.
const BATCH_MAX: Duration = Duration::from_millis(250);

/// How long the kernel's news are collected before they are acted on: a copied album is one change.
const SETTLE: Duration = Duration::from_millis(300);

/// When a scan that could not be done is tried again: the folder is missing, or the system refuses.
const RETRY: Duration = Duration::from_secs(5);

/// How far scanning stands back behind everything else the box does, in nice levels.
const NICE: i32 = 10;

/// The time by which a file is known that could not be read: the next scan of everything tries again.
const UNREAD: Stamp = Stamp { bytes: -1, mtime_ns: 0 };

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
    pub(crate) root: PathBuf,
    pub(crate) root_id: i64,
    pub(crate) reader: Arc<Reader>,
    pub(crate) writer: SyncSender<Order>,
    pub(crate) inspector: Inspector,
    pub(crate) rescan_every: Option<Duration>,
    pub(crate) shared: Arc<Shared>,
    /// Files read by the scan under way, and since when.
    pub(crate) reading: Option<(u64, Instant)>,
}

impl Scanner {
    /// Scans and watches until the library is closed.
    pub(crate) fn run(mut self) {
        // Lower priority is a courtesy: without it everything works, too.
        _ = rustix::process::setpriority_process(None, NICE);
        let mut said = None;
        loop {
            let mut watch =
                Watch::new(&self.root).inspect_err(|error| log::warn!("changes of files show up late: {error}")).ok();
            let again = match self.scan([Vec::new()].into(), &mut watch) {
                Ok(()) => {
                    said = None;
                    self.rescan_every
                }
                Err(Stop::Closed) => return,
                Err(Stop::Later(why)) => {
                    // The same trouble every few seconds is said once.
                    if said.as_ref() != Some(&why) {
                        log::warn!("the music cannot be scanned for now: {why}");
                        said = Some(why);
                    }
                    Some(RETRY)
                }
            };
            if !self.follow(&mut watch, again.and_then(|pause| Instant::now().checked_add(pause))) {
                return;
            }
        }
    }

    /// Follows the kernel's news until everything is to be scanned again. `false` if the library is closed.
    fn follow(&mut self, watch: &mut Option<Watch>, until: Option<Instant>) -> bool {
        loop {
            if !self.wait(watch.as_ref(), until) {
                return !self.shared.is_closed();
            }
            // More is to come: a copy of a folder, the other half of a renaming.
            if self.wait(None, Some(Instant::now() + SETTLE)) || self.shared.is_closed() {
                return !self.shared.is_closed();
            }
            let Some(News { paths, lost: false }) = watch.as_mut().map(Watch::news) else { return true };
            match self.scan(paths, watch) {
                Ok(()) => {}
                Err(Stop::Closed) => return false,
                Err(Stop::Later(_)) => return true,
            }
        }
    }

    /// Waits for news; `false` if the time or the library came to an end first.
    fn wait(&self, watch: Option<&Watch>, until: Option<Instant>) -> bool {
        loop {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let left =
                left.map(|left| Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: left.subsec_nanos().into() });
            let mut ends = vec![PollFd::new(&self.shared.closed, PollFlags::IN)];
            ends.extend(watch.map(|watch| PollFd::new(watch, PollFlags::IN)));
            match poll(&mut ends, left.as_ref()) {
                Ok(0) => return false,
                Ok(_) => return ends[0].revents().is_empty(),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => {
                    log::error!("waiting for changes of files: {error}");
                    return false;
                }
            }
        }
    }

    /// Brings the library in step with what is at or below `paths`.
    fn scan(&mut self, paths: BTreeSet<Vec<u8>>, watch: &mut Option<Watch>) -> Result<(), Stop> {
        self.reading = None;
        self.shared.update(|progress| {
            (progress.scanning, progress.files_seen, progress.files_done) = (true, 0, 0);
        });
        let done = self.scan_all(&paths, watch);
        self.inspector.rest();
        let written = self.flush();
        self.count();
        self.shared.update(|progress| {
            progress.scanning = false;
            progress.left = None;
        });
        self.shared.changed();
        done.and(written)
    }

    fn scan_all(&mut self, paths: &BTreeSet<Vec<u8>>, watch: &mut Option<Watch>) -> Result<(), Stop> {
        let (mut changed, mut gone) = (Vec::new(), Vec::new());
        for path in paths {
            if let Some(folder) = walk::cover_folder(path) {
                let found = walk::cover(&self.root, folder).into_iter().collect();
                let mut known = self.reader.covers(self.root_id, folder)?;
                known.retain(|cover| cover.folder == folder);
                self.send_facts(compare_covers(found, &known, true))?;
                continue;
            }
            let visit = |folder: &[u8]| {
                watch.as_mut().into_iter().for_each(|watch| watch.add(folder));
                !self.shared.is_closed()
            };
            let walked = walk::below(&self.root, path, visit);
            if path.is_empty() {
                self.send(Order::Present { root: self.root_id, present: walked.is_ok() })?;
            }
            let walked = walked.map_err(|error| Stop::Later(format!("{}: {error}", self.root.display())))?;
            let known = self.reader.covers(self.root_id, path)?;
            self.send_facts(compare_covers(walked.covers, &known, !walked.incomplete))?;
            let found = walked.files.len() as u64;
            let known = self.reader.known(self.root_id, path)?;
            let differences = compare(walked.files, &known);
            let unchanged = found - differences.changed.len() as u64;
            self.shared.update(|progress| {
                progress.files_seen += found;
                progress.files_done += unchanged;
            });
            changed.extend(differences.changed);
            if !walked.incomplete {
                gone.extend(differences.gone);
            }
        }
        self.read(changed)?;
        // Only now: what was renamed has been known again by its old place.
        self.send_facts(gone.into_iter().map(|path| Fact::Gone { path }).collect())
    }

    /// Sends facts for which no file was read.
    fn send_facts(&self, facts: Vec<Fact>) -> Result<(), Stop> {
        for piece in facts.chunks(BATCH_FACTS) {
            self.send(Order::Facts { root: self.root_id, facts: piece.to_vec() })?;
        }
        Ok(())
    }

    /// Reads the tags of files.
    fn read(&mut self, files: Vec<Found>) -> Result<(), Stop> {
        let mut batch = Vec::new();
        let mut begun = Instant::now();
        self.reading = Some((0, begun));
        for found in files {
            if self.shared.is_closed() {
                return Err(Stop::Closed);
            }
            let fact = match self.inspector.inspect(&walk::join(&self.root, &found.path)) {
                Ok((inspected, about)) => Fact::Track {
                    path: found.path,
                    stamp: Stamp::of(&about),
                    fingerprint: inspected.fingerprint,
                    tags: inspected.tags,
                },
                Err(Error::NoWorker(why)) => {
                    self.send_batch(&mut batch)?;
                    return Err(Stop::Later(why));
                }
                Err(error) => {
                    log::info!("not a track: {} {error}", walk::join(&self.root, &found.path).display());
                    let stamp = if matches!(error, Error::Unreadable(_)) { UNREAD } else { found.stamp };
                    Fact::Broken { path: found.path, stamp, reason: error.to_string() }
                }
            };
            if batch.is_empty() {
                begun = Instant::now();
            }
            batch.push(fact);
            if batch.len() == BATCH_FACTS || begun.elapsed() > BATCH_MAX {
                self.send_batch(&mut batch)?;
            }
        }
        self.send_batch(&mut batch)
    }

    fn send_batch(&mut self, batch: &mut Vec<Fact>) -> Result<(), Stop> {
        if batch.is_empty() {
            return Ok(());
        }
        let facts = std::mem::take(batch);
        let count = facts.len() as u64;
        self.send(Order::Facts { root: self.root_id, facts })?;
        if let Some((read, since)) = &mut self.reading {
            *read += count;
            let (read, elapsed) = (*read, since.elapsed());
            self.shared.update(|progress| {
                progress.files_done += count;
                *progress = progress.at_rate(read, elapsed);
            });
        }
        Ok(())
    }

    /// Waits until everything sent is written.
    fn flush(&self) -> Result<(), Stop> {
        let (written, done) = std::sync::mpsc::sync_channel(1);
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
