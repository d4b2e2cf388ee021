//! The kernel's news about folders: which paths may have changed.
//!
//! News are only hints where to look; what is there is found out by a walk. When the kernel has lost some, or a root
//! itself is moved or unmounted, everything must be looked at.

use std::collections::{BTreeSet, HashMap};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

use crate::walk::{child, join};

/// Bytes of news read at once: about a thousand events.
const NEWS_BYTES: usize = 64 * 1024;

/// Paths that are looked at one by one; beyond it everything is.
const PATHS_MAX: usize = 1_000;

/// What may have changed.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Below the root.
    pub(crate) paths: BTreeSet<Vec<u8>>,
    /// Whether that is not all.
    pub(crate) lost: bool,
}

/// Watches the folders below a root.
pub(crate) struct Watch {
    root: PathBuf,
    kernel: OwnedFd,
    folders: HashMap<i32, Vec<u8>>,
    /// Whether the kernel has refused to watch more; said once.
    full: bool,
}

impl Watch {
    /// Watches nothing yet.
    pub(crate) fn new(root: &Path) -> std::io::Result<Self> {
        let kernel = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        Ok(Self { root: root.to_owned(), kernel, folders: HashMap::new(), full: false })
    }

    /// Watches `folder`, too. To be called before it is listed, so that nothing falls between.
    pub(crate) fn add(&mut self, folder: &[u8]) {
        // A file that is being written is looked at when it is closed.
        let mut wanted = WatchFlags::CLOSE_WRITE | WatchFlags::MOVE | WatchFlags::CREATE | WatchFlags::DELETE;
        wanted |= WatchFlags::ONLYDIR | WatchFlags::DONT_FOLLOW | WatchFlags::EXCL_UNLINK;
        if folder.is_empty() {
            wanted |= WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF;
        }
        match inotify::add_watch(&self.kernel, join(&self.root, folder), wanted) {
            Ok(number) => _ = self.folders.insert(number, folder.to_owned()),
            Err(Errno::NOSPC | Errno::NOMEM) if !self.full => {
                self.full = true;
                log::warn!("the kernel watches no more folders (fs.inotify.max_user_watches): changes show up later");
            }
            // Gone again, or no folder any more: the walk finds out.
            Err(_) => {}
        }
    }

    /// The news since the last call.
    pub(crate) fn news(&mut self) -> News {
        let mut news = News::default();
        let mut left = Vec::new();
        let mut bytes = [MaybeUninit::uninit(); NEWS_BYTES];
        let mut events = Reader::new(&self.kernel, &mut bytes);
        loop {
            let event = match events.next() {
                Ok(event) => event,
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => break,
                Err(_) => {
                    news.lost = true;
                    break;
                }
            };
            let flags = event.events();
            news.lost |= flags.intersects(ReadFlags::QUEUE_OVERFLOW);
            let Some(folder) = self.folders.get(&event.wd()) else { continue };
            let itself = ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF | ReadFlags::UNMOUNT | ReadFlags::IGNORED;
            news.lost |= folder.is_empty() && flags.intersects(itself);
            if flags.intersects(ReadFlags::IGNORED) {
                self.folders.remove(&event.wd());
                continue;
            }
            let Some(name) = event.file_name().map(|name| name.to_bytes()).filter(|name| !name.is_empty()) else {
                continue;
            };
            let path = child(folder, name);
            let is_folder = flags.intersects(ReadFlags::ISDIR);
            if is_folder && flags.intersects(ReadFlags::MOVED_FROM) {
                left.push(path.clone());
            }
            if is_folder || !flags.intersects(ReadFlags::CREATE) {
                news.paths.insert(path);
            }
        }
        for path in left {
            self.forget_below(&path);
        }
        news.lost |= news.paths.len() > PATHS_MAX;
        news
    }

    /// Ends watching a folder that has moved away: under its new name it is watched anew, elsewhere it is not ours.
    fn forget_below(&mut self, path: &[u8]) {
        let inside = |folder: &[u8]| folder == path || folder.starts_with(&[path, b"/"].concat());
        let gone: Vec<i32> = self.folders.iter().filter(|(_, f)| inside(f)).map(|(number, _)| *number).collect();
        for number in gone {
            self.folders.remove(&number);
            // The kernel may have been quicker.
            _ = inotify::remove_watch(&self.kernel, number);
        }
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.kernel.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn paths(watch: &mut Watch) -> Vec<String> {
        watch.news().paths.iter().map(|path| String::from_utf8_lossy(path).into_owned()).collect()
    }

    #[test]
    fn what_is_written_renamed_and_removed_is_news() {
        let root = tempfile::tempdir().unwrap();
        let mut watch = Watch::new(root.path()).unwrap();
        watch.add(b"");
        fs::write(root.path().join("a.mp3"), "x").unwrap();
        assert_eq!(paths(&mut watch), ["a.mp3"]);
        fs::rename(root.path().join("a.mp3"), root.path().join("b.mp3")).unwrap();
        assert_eq!(paths(&mut watch), ["a.mp3", "b.mp3"]);
        fs::remove_file(root.path().join("b.mp3")).unwrap();
        assert_eq!(paths(&mut watch), ["b.mp3"]);
        let open = fs::File::create(root.path().join("c.mp3")).unwrap();
        assert!(paths(&mut watch).is_empty(), "a file that is still being written is no news");
        drop(open);
        assert_eq!(paths(&mut watch), ["c.mp3"]);
    }

    #[test]
    fn a_folder_that_moved_is_no_longer_watched_under_its_old_name() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("a/b")).unwrap();
        let mut watch = Watch::new(root.path()).unwrap();
        for folder in [&b""[..], b"a", b"a/b"] {
            watch.add(folder);
        }
        fs::rename(root.path().join("a"), root.path().join("z")).unwrap();
        assert_eq!(paths(&mut watch), ["a", "z"]);
        fs::write(root.path().join("z/b/x.mp3"), "x").unwrap();
        assert!(paths(&mut watch).is_empty());
        watch.add(b"z/b");
        fs::write(root.path().join("z/b/x.mp3"), "xy").unwrap();
        assert_eq!(paths(&mut watch), ["z/b/x.mp3"]);
    }

    #[test]
    fn a_root_that_goes_away_makes_everything_to_be_looked_at() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let mut watch = Watch::new(&inner).unwrap();
        watch.add(b"");
        assert!(!watch.news().lost);
        fs::remove_dir(&inner).unwrap();
        assert!(watch.news().lost);
    }
}
