//! Covers of tracks as small JPEGs: which picture a track has, and those asked for lately, kept in memory.
//!
//! A picture is read and made small by a worker process when somebody asks for it, one at a time. Nothing is written:
//! storage that people pull out is the wrong place for what can be made anew in a moment.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::inspect::{Error, Inspector, WorkerCommand};
use crate::store::read::{Art, AskError};

/// Pictures kept in memory, bytes: some two hundred large ones, or thousands of small ones. The longest unused goes
/// first.
const KEPT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What an entry takes besides its picture, bytes, so that many that are none have an end as well.
const ENTRY_BYTES: usize = 256;

/// How large a picture is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArtSize {
    /// For a line in a list.
    Small,
    /// For the whole width of a phone.
    Large,
}

impl ArtSize {
    /// The longest side, pixels.
    pub const fn px(self) -> u16 {
        match self {
            Self::Small => 128,
            Self::Large => 600,
        }
    }
}

/// A picture to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The colour that stands for it: red, green and blue.
    pub color: [u8; 3],
    /// At most [`crate::ART_BYTES_MAX`] bytes.
    pub jpeg: Arc<[u8]>,
    /// [`Art::version`].
    pub version: String,
}

type Key = (PathBuf, String, ArtSize);

/// Makes and keeps pictures.
pub(crate) struct Gallery {
    inspector: Mutex<Inspector>,
    /// Those who wait for the worker or use it.
    waiting: AtomicUsize,
    kept: Mutex<Kept>,
}

/// A picture as it was made.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) color: [u8; 3],
    pub(crate) jpeg: Arc<[u8]>,
}

/// Pictures, the one used last at the end; `None` where there is none after all.
#[derive(Default)]
struct Kept {
    pictures: VecDeque<(Key, Option<Made>)>,
    bytes: usize,
}

impl Kept {
    fn get(&mut self, key: &Key) -> Option<Option<Made>> {
        let at = self.pictures.iter().position(|(kept, _)| kept == key)?;
        let entry = self.pictures.remove(at)?;
        let picture = entry.1.clone();
        self.pictures.push_back(entry);
        Some(picture)
    }

    fn put(&mut self, key: Key, picture: Option<Made>) {
        let size = |picture: &Option<Made>| ENTRY_BYTES + picture.as_ref().map_or(0, |made| made.jpeg.len());
        self.bytes += size(&picture);
        self.pictures.push_back((key, picture));
        while self.bytes > KEPT_BYTES_MAX
            && let Some((_, oldest)) = self.pictures.pop_front()
        {
            self.bytes -= size(&oldest);
        }
    }
}

impl Gallery {
    pub(crate) fn new(worker: WorkerCommand) -> Self {
        Self { inspector: Mutex::new(Inspector::new(worker)), waiting: AtomicUsize::new(0), kept: Mutex::default() }
    }

    /// The picture as JPEG; `None` if what is there is none.
    pub(crate) fn show(&self, art: &Art, size: ArtSize) -> Result<Option<Made>, AskError> {
        let key = (art.path.clone(), art.version.clone(), size);
        if let Some(kept) = self.kept().get(&key) {
            return Ok(kept);
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let mut inspector = self.inspector.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have asked for the same in the meantime.
        let known = self.kept().get(&key);
        let made = match known {
            Some(kept) => Ok(kept),
            None => inspector
                .picture(&art.path, art.is_inside, size.px())
                .map(|(color, jpeg)| Some(Made { color, jpeg: jpeg.into() })),
        };
        if self.waiting.fetch_sub(1, Ordering::Relaxed) == 1 {
            inspector.rest();
        }
        drop(inspector);
        let picture = match made {
            Ok(picture) => picture,
            Err(Error::Broken(why)) => {
                log::info!("no picture: {} {why}", art.path.display());
                None
            }
            Err(error @ (Error::Unreadable(_) | Error::NoWorker(_))) => {
                log::warn!("no picture for now: {}: {error}", art.path.display());
                return Err(AskError::Slow);
            }
        };
        let mut kept = self.kept();
        if kept.get(&key).is_none() {
            kept.put(key, picture.clone());
        }
        Ok(picture)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ART_BYTES_MAX;

    #[test]
    fn what_is_kept_has_an_end_and_the_longest_unused_goes_first() {
        let mut kept = Kept::default();
        let full = Made { color: [0; 3], jpeg: vec![0; ART_BYTES_MAX].into() };
        let key = |n: usize| (PathBuf::new(), n.to_string(), ArtSize::Large);
        let fit = KEPT_BYTES_MAX / (ART_BYTES_MAX + ENTRY_BYTES);
        for n in 0..fit {
            kept.put(key(n), Some(full.clone()));
        }
        assert!(kept.get(&key(0)).is_some());
        kept.put(key(fit), Some(full));
        assert!(kept.get(&key(0)).is_some() && kept.get(&key(1)).is_none());
        for n in 0..KEPT_BYTES_MAX / ENTRY_BYTES + 10 {
            kept.put(key(1_000 + n), None);
        }
        assert!(kept.pictures.len() <= KEPT_BYTES_MAX / ENTRY_BYTES && kept.bytes <= KEPT_BYTES_MAX);
    }
}
