//! The repository as a list of texts.
//!
//! Reads the work tree, not the index of git: a rule should fail before the commit, and also in an unpacked archive.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold nothing written by hand; in a second work tree of git `.git` is a file.
const SKIPPED: [&str; 6] = [".git", "target", "corpus", "artifacts", "node_modules", "__pycache__"];

/// A text file of the repository.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path relative to the repository's root, with `/`.
    pub path: String,
    /// Its content.
    pub text: String,
}

impl Source {
    /// A file that exists only in a test of a rule.
    pub fn made_up(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// The part of the path after the last dot.
    pub fn extension(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or("", |(_, extension)| extension)
    }
}

/// The repository's root.
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().map_or_else(|| package.to_path_buf(), Path::to_path_buf)
}

/// Every UTF-8 file of the repository, sorted by path.
pub fn all() -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    collect(&root, &root, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 20, "the repository was not found at {}", root.display());
    found
}

/// Every Rust file of the repository.
pub fn rust() -> Vec<Source> {
    all().into_iter().filter(|source| source.extension() == "rs").collect()
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if is_folder {
            collect(root, &path, found);
        } else if let (Ok(text), Ok(relative)) = (fs::read_to_string(&path), path.strip_prefix(root)) {
            found.push(Source { path: relative.to_string_lossy().replace('\\', "/"), text });
        }
    }
}
