//! Which USB sticks are there: file systems mounted below one folder, as the kernel's table of mounts tells.
//!
//! Somebody else mounts them, read-only; here they are only found. A stick is known again by the number that its file
//! system bears, wherever it is mounted. One that was pulled while it was mounted stays in the table; it is gone when its
//! device is.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{major, minor};

use crate::text::shown;

/// Sticks that are looked at; further ones are left out. As many as a hub has sockets.
const STICKS_MAX: usize = 16;

/// A stick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stick {
    /// Where it is mounted.
    pub(crate) path: PathBuf,
    /// By what it is known.
    pub(crate) key: Vec<u8>,
    /// What to call it.
    pub(crate) name: String,
}

/// The sticks mounted below `folder` according to `table`, a text as in /proc/self/mountinfo (proc(5)).
pub(crate) fn below(table: &str, folder: &Path) -> Vec<Stick> {
    let mut sticks: Vec<Stick> = Vec::new();
    for (device, path) in table.lines().filter_map(mount) {
        if !path.starts_with(folder) || path == folder || is_pulled(device) {
            continue;
        }
        let name = named("/dev/disk/by-label", device).map(|label| unescaped_label(&label));
        let name = name.or_else(|| path.file_name().map(|name| name.to_string_lossy().into_owned()));
        let key = match named("/dev/disk/by-uuid", device) {
            Some(uuid) => [b"volume ", uuid.as_bytes()].concat(),
            None => path.as_os_str().as_bytes().to_vec(),
        };
        if sticks.len() < STICKS_MAX && sticks.iter().all(|known| known.key != key && known.path != path) {
            sticks.push(Stick { path, key, name: shown(&name.unwrap_or_default()) });
        }
    }
    sticks
}

/// Device and place of one line of the table.
fn mount(line: &str) -> Option<((u32, u32), PathBuf)> {
    let mut fields = line.split(' ').skip(2);
    let (major, minor) = fields.next()?.split_once(':')?;
    let path = fields.nth(1)?;
    Some(((major.parse().ok()?, minor.parse().ok()?), PathBuf::from(OsString::from_vec(unescaped(path)))))
}

/// Blanks and the like stand there as a backslash and three octal digits.
fn unescaped(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let digits = after.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.filter(|_| *first == b'\\').and_then(|digits| u8::from_str_radix(digits, 8).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[3..] } else { after };
    }
    bytes
}

/// In names of links to devices, blanks and the like stand as `\x20`.
fn unescaped_label(label: &str) -> String {
    let mut parts = label.split("\\x");
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(code) => bytes.extend([&[code][..], &part.as_bytes()[2..]].concat()),
            None => bytes.extend_from_slice(part.as_bytes()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether the device behind a mount has gone. What has no device of its own (major number 0) cannot be pulled.
fn is_pulled((major, minor): (u32, u32)) -> bool {
    major != 0 && !Path::new(&format!("/sys/dev/block/{major}:{minor}")).exists()
}

/// The name of the link to the device in `folder`.
fn named(folder: &str, device: (u32, u32)) -> Option<String> {
    let is_it =
        |path: &Path| fs::metadata(path).is_ok_and(|about| (major(about.rdev()), minor(about.rdev())) == device);
    let mut links = fs::read_dir(folder).ok()?.flatten();
    links.find(|link| is_it(&link.path())).and_then(|link| link.file_name().into_string().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_below_the_folder_are_sticks_and_nothing_else_is() {
        let table = "\
21 1 0:20 / / rw - overlay overlay rw
22 21 0:30 / /media rw - tmpfs tmpfs rw
23 22 0:31 / /media/MY\\040STICK ro,nosuid shared:7 - vfat /dev/none ro
24 22 0:32 / /media/deep/er ro - exfat /dev/none ro
25 22 0:33 / /mediana ro - vfat /dev/none ro
26 22 0:34 / /media/MY\\040STICK ro - vfat /dev/none ro
27 22 250:250 / /media/pulled ro - vfat /dev/none ro
nonsense
";
        let found = below(table, Path::new("/media"));
        let paths: Vec<&Path> = found.iter().map(|stick| &*stick.path).collect();
        assert_eq!(paths, [Path::new("/media/MY STICK"), Path::new("/media/deep/er")]);
        assert_eq!((found[0].name.as_str(), &found[0].key[..]), ("MY STICK", &b"/media/MY STICK"[..]));
    }

    #[test]
    fn there_is_an_end_to_sticks_and_labels_are_made_readable() {
        let many: String = (0..40).map(|n| format!("1 1 0:{n} / /media/{n} ro - vfat x ro\n")).collect();
        assert_eq!(below(&many, Path::new("/media")).len(), STICKS_MAX);
        assert_eq!(unescaped_label("MY\\x20MUSIC\\x"), "MY MUSIC");
    }
}
