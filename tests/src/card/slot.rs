//! A slot as it was made: its files, and whose they are. Read from outside, without a computer.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{folder, run};

/// What a slot's file system says of something in it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where it is.
    pub path: PathBuf,
    /// Kind and rights, as in inode(7).
    pub mode: u32,
    /// The user whose it is.
    pub owner: u32,
    /// The group whose it is.
    pub group: u32,
}

/// A copy of everything in a slot, in a folder of this name. Rights to take another user's place are lost on the way.
///
/// # Panics
/// When it cannot be copied.
pub fn slot_tree(name: &str) -> Option<PathBuf> {
    let folder = folder()?;
    let tree = folder.join("run").join(name);
    // Left by an earlier run.
    let _ = fs::remove_dir_all(&tree);
    fs::create_dir_all(&tree).expect("a folder for a slot");
    run("debugfs", &[Path::new("-R"), Path::new(&format!("rdump / {}", tree.display())), &folder.join("out/slot.img")]);
    Some(tree)
}

/// Everything in a slot, as its file system tells it.
///
/// # Panics
/// When debugfs is not there, or says something else than it used to.
pub fn slot_modes() -> Option<Vec<Entry>> {
    let slot = folder()?.join("out/slot.img");
    let mut entries = Vec::new();
    let mut folders = vec![PathBuf::from("/")];
    while let Some(folder) = folders.pop() {
        let output = Command::new("debugfs").args(["-R", &format!("ls -p {}", folder.display())]).arg(&slot).output();
        let text = String::from_utf8(output.expect("debugfs starts").stdout).expect("names");
        for line in text.lines().filter(|line| !line.is_empty()) {
            // "/inode/mode/owner/group/name/size/"
            let fields: Vec<&str> = line.split('/').collect();
            let &["", inode, mode, owner, group, name, ..] = &fields[..] else { panic!("debugfs said {line:?}") };
            // Room for a name that is not used has no inode.
            if inode == "0" || [".", ".."].contains(&name) {
                continue;
            }
            let (path, mode) = (folder.join(name), u32::from_str_radix(mode, 8).expect("a mode"));
            if mode & 0o170_000 == 0o040_000 {
                folders.push(path.clone());
            }
            let number = |text: &str| text.parse().expect("a number");
            entries.push(Entry { path, mode, owner: number(owner), group: number(group) });
        }
    }
    Some(entries)
}
