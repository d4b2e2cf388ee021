//! The doors through which files and worker processes speak, for those who try to break them: fuzz targets and seeded
//! tests. The box itself reads files in worker processes only.

use std::io::Cursor;

use crate::lists;
use crate::lists::letters::Reading;
use crate::lists::names::{Catalog, Context, joined};
use crate::picture;
use crate::tags::{Tags, read};
use crate::wire;

/// What a file of this ending says about itself, read in this very process.
///
/// # Errors
/// It is no sound file, or damaged; in words.
pub fn tags(file: &[u8], ending: &str) -> Result<Tags, String> {
    read::tags(Cursor::new(file), ending).map(|told| told.tags.cleaned())
}

/// A picture made small, in this very process.
///
/// # Errors
/// It is none, or damaged; in words.
pub fn picture(file: &[u8]) -> Result<Vec<u8>, String> {
    picture::scaled(file, 128)
}

/// The files that a cue sheet or a playlist in the folder `folder` means, below the root `root`, if all are there that it names
/// plainly.
pub fn list(file: &[u8], is_cue: bool, root: &[u8], folder: &[u8]) -> Vec<Vec<u8>> {
    let Some(list) = lists::read(file, is_cue, Reading::Likeliest) else { return Vec::new() };
    let names = || list.entries.iter().map(|entry| entry.file.as_str());
    let catalog = Catalog::new(names().filter_map(|name| joined(folder, name.as_bytes())).collect());
    let at = Context { place: root, folder, letters: &list.letters, is_strict: is_cue };
    names().filter_map(|name| catalog.find(name, &at)).map(<[u8]>::to_vec).collect()
}

/// What is believed when a worker process says these bytes about a file, and when it says them about a list: how many
/// entries that has.
pub fn said(bytes: &[u8]) -> (Option<Tags>, Option<usize>) {
    (wire::said(bytes).map(|said| said.tags), wire::list(bytes).map(|list| list.entries.len()))
}
