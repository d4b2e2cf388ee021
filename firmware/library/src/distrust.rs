//! The doors through which files and worker processes speak, for those who try to break them: fuzz targets and seeded
//! tests. The box itself reads files in worker processes only.

use std::io::Cursor;

use crate::lists;
use crate::picture;
use crate::tags::{Tags, read};
use crate::wire;

/// What a file of this ending says about itself, read in this very process.
///
/// # Errors
/// It is no sound file, or damaged; in words.
pub fn tags(file: &[u8], ending: &str) -> Result<Tags, String> {
    read::tags(Cursor::new(file), ending).map(Tags::cleaned)
}

/// A picture made small, in this very process.
///
/// # Errors
/// It is none, or damaged; in words.
pub fn picture(file: &[u8]) -> Result<Vec<u8>, String> {
    picture::scaled(file, 128)
}

/// The files that a cue sheet or a playlist in the folder `folder` means, below the root `root`.
pub fn list(file: &[u8], is_cue: bool, root: &[u8], folder: &[u8]) -> Vec<Vec<u8>> {
    let list = lists::read(file, is_cue);
    list.entries.iter().filter_map(|entry| lists::resolved(root, folder, &entry.file)).collect()
}

/// What is believed when a worker process says these bytes about a file, and when it says them about a list: how many
/// entries that has.
pub fn said(bytes: &[u8]) -> (Option<Tags>, Option<usize>) {
    (wire::tags(bytes), wire::list(bytes).map(|list| list.entries.len()))
}
