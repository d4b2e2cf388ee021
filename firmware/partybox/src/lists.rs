//! The lists of tracks that channels play from: all there are, and those of the folders and playlists that channels have of
//! their own. Read anew after every change of the library or of what channels play.
//!
//! Carries lists; what is played when is decided in `party`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::TrackId;
use library::{AskError, Library, Progress, Selection};
use party::{CHANNELS_MAX, Channel, Repertoire};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{sleep, timeout};

/// How often the log says how far a scan has got.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// Shortest time between two new lists while a scan finds more and more tracks.
const LIST_PAUSE: Duration = Duration::from_secs(2);

/// How long storage that gave no list is left alone before it is asked again.
const RETRY_PAUSE: Duration = Duration::from_secs(10);

/// The folders and playlists that channels play; one for each channel at most.
pub(crate) type Wanted = BTreeSet<Repertoire>;

/// Returns what is wanted by `channels`.
pub(crate) fn wanted_by(channels: &[Channel]) -> Wanted {
    let own = channels.iter().map(|channel| &channel.repertoire).filter(|repertoire| !repertoire.is_all());
    own.take(CHANNELS_MAX).cloned().collect()
}

/// The tracks that channels play from.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Lists {
    /// All there are.
    pub(crate) all: Vec<TrackId>,
    /// Those of each folder and playlist that is wanted; none of one that is gone.
    pub(crate) own: BTreeMap<Repertoire, Vec<TrackId>>,
}

impl Lists {
    /// Reads the lists, which waits for storage.
    ///
    /// # Errors
    /// The library gives no answer.
    pub(crate) fn read(library: &Library, wanted: &Wanted) -> Result<Self, AskError> {
        let own = wanted.iter().filter_map(|repertoire| Some((repertoire, selection(repertoire)?)));
        let own = own.map(|(repertoire, selection)| Ok((repertoire.clone(), library.ids_of(&selection)?)));
        Ok(Self { own: own.collect::<Result<_, AskError>>()?, all: library.ids()? })
    }
}

/// Returns what a repertoire is in the library; `None`: all of it.
fn selection(repertoire: &Repertoire) -> Option<Selection> {
    match repertoire {
        Repertoire::All => None,
        Repertoire::Folder(key) => Some(Selection::Folder(key.clone())),
        Repertoire::Playlist(key) => Some(Selection::Playlist(key.clone())),
    }
}

/// Sends new lists to `lists` after every change of the library and of what is wanted, and says in the log what a scan has
/// found. Ends when nobody wants anything any more.
pub(crate) async fn follow(
    library: Library,
    changed: Arc<Notify>,
    mut wanted: watch::Receiver<Wanted>,
    lists: mpsc::Sender<Lists>,
) {
    let mut said = None;
    let mut progress_said = Instant::now();
    let mut at_once = false;
    loop {
        if !std::mem::take(&mut at_once) {
            tokio::select! {
                () = changed.notified() => {}
                is_there = wanted.changed() => if is_there.is_err() { return },
            }
        }
        let mut sent = false;
        let progress = library.progress();
        let (asked, selected) = (library.clone(), wanted.borrow_and_update().clone());
        // Reads whole lists from storage: not for a thread that others wait for.
        match tokio::task::spawn_blocking(move || Lists::read(&asked, &selected)).await {
            // It may find some yet; that there is none is told when it has looked.
            Ok(Ok(found)) if found.all.is_empty() && progress.scanning => {}
            Ok(Ok(found)) => {
                sent = true;
                if lists.send(found).await.is_err() {
                    return;
                }
            }
            Ok(Err(error)) => {
                log::warn!("the list of tracks: {error}");
                sleep(RETRY_PAUSE).await;
                at_once = true;
                continue;
            }
            Err(error) => log::error!("the list of tracks: {error}"),
        }
        let found = (progress.tracks, progress.broken);
        if progress.scanning {
            if progress_said.elapsed() > SAY_EVERY {
                progress_said = Instant::now();
                log::info!("{}", in_words(&progress));
            }
            // Whoever has chosen something meanwhile need not wait, nor need anybody for the first music.
            at_once = sent && timeout(LIST_PAUSE, wanted.changed()).await.is_ok_and(|chosen| chosen.is_ok());
        } else if said != Some(found) {
            said = Some(found);
            match found {
                (0, 0) => log::warn!("there is no music that this box knows where it looks for some; demo tracks play"),
                (tracks, broken) => log::info!("music: {tracks} tracks, {broken} files that do not parse"),
            }
        }
    }
}

/// How far a scan has got.
fn in_words(progress: &Progress) -> String {
    let (done, seen) = (progress.files_done, progress.files_seen);
    let percent = (done * 100).checked_div(seen).unwrap_or(0);
    let left = progress.left.map(|left| format!(", {} s left", left.as_secs())).unwrap_or_default();
    format!("scanning music: {percent} %, {done} of {seen} files, {:.0} files/s{left}", progress.files_per_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_says_how_far_a_scan_has_got() {
        let begun =
            Progress { scanning: true, files_seen: 400, files_done: 100, files_per_s: 50.0, ..Progress::default() };
        assert_eq!(in_words(&begun), "scanning music: 25 %, 100 of 400 files, 50 files/s");
        let known = Progress { left: Some(Duration::from_secs(6)), ..begun };
        assert!(in_words(&known).ends_with("50 files/s, 6 s left"));
        assert!(in_words(&Progress::default()).starts_with("scanning music: 0 %"));
    }
}
