//! What the kernel says of a disk, and whether a card's image may be written over it.
//!
//! Reads sysfs and the table of mounts at places it is told, and decides; writes nothing. Whatever is not clearly a card
//! or a stick that nobody uses is refused: the alternative is somebody's hard disk.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of a sector, as sysfs counts them whatever the disk does.
const SECTOR: u64 = 512;

/// What is known of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Disk {
    /// Its kernel's name, such as `sdb`.
    pub(crate) name: String,
    /// Its size, bytes.
    pub(crate) bytes: u64,
    /// Model, for a person to recognise.
    pub(crate) model: String,
    /// It says that it can be taken out, or hangs on USB or a card reader.
    pub(crate) removable: bool,
    /// Its write protection is on.
    pub(crate) read_only: bool,
    /// It is a part of another disk.
    pub(crate) partition: bool,
    /// Where it or a part of it is mounted or used as swap, or by what it is held.
    pub(crate) uses: Vec<String>,
}

/// Why a device is not written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The kernel knows no such disk.
    NoDisk(PathBuf),
    /// It is a partition; the image is for the whole disk.
    Partition(String),
    /// It cannot be taken out, so it is hardly a card.
    Fixed(String),
    /// It is used.
    Used(String, Vec<String>),
    /// It is write-protected.
    ReadOnly(String),
    /// The image does not fit: needed and present bytes.
    Small(String, u64, u64),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDisk(path) => write!(f, "{} is no disk; `lsblk` lists them", path.display()),
            Self::Partition(name) => write!(f, "/dev/{name} is a partition; name the whole disk"),
            Self::Fixed(name) => write!(f, "/dev/{name} is no removable disk, and everything on it would be lost"),
            Self::Used(name, uses) => write!(f, "/dev/{name} is in use: {}; unmount it first", uses.join(", ")),
            Self::ReadOnly(name) => write!(f, "/dev/{name} is write-protected"),
            Self::Small(name, needed, there) => {
                write!(f, "/dev/{name} is too small: the image has {needed} bytes, the disk {there}")
            }
        }
    }
}

impl Disk {
    /// Looks at `device` in the sysfs at `sys`, with the mounts and swaps that these texts list.
    pub(crate) fn look(device: &Path, sys: &Path, mounts: &str, swaps: &str) -> Result<Self, Refusal> {
        let none = || Refusal::NoDisk(device.to_owned());
        let name = device.file_name().and_then(|name| name.to_str()).ok_or_else(none)?.to_owned();
        let node = sys.join("class/block").join(&name);
        let read = |file: &str| fs::read_to_string(node.join(file)).unwrap_or_default().trim().to_owned();
        let bytes = read("size").parse::<u64>().map_err(|_| none())? * SECTOR;
        let place = fs::canonicalize(&node).unwrap_or_else(|_| node.clone());
        let place = place.to_string_lossy();
        let removable = read("removable") == "1" || place.contains("/usb") || place.contains("/mmc_host/");
        let mut uses: Vec<String> = mounts.lines().chain(swaps.lines()).filter_map(|line| used(line, &name)).collect();
        for part in parts(&node, &name) {
            let holders = fs::read_dir(node.join(&part).join("holders"));
            uses.extend(
                holders.into_iter().flatten().flatten().map(|holder| holder.file_name().to_string_lossy().into_owned()),
            );
        }
        Ok(Self {
            bytes,
            model: read("device/model"),
            removable,
            read_only: read("ro") == "1",
            partition: node.join("partition").exists(),
            uses,
            name,
        })
    }

    /// Whether `needed` bytes may be written over it.
    pub(crate) fn judge(&self, needed: u64) -> Result<(), Refusal> {
        let name = || self.name.clone();
        if self.partition {
            Err(Refusal::Partition(name()))
        } else if !self.uses.is_empty() {
            Err(Refusal::Used(name(), self.uses.clone()))
        } else if !self.removable {
            Err(Refusal::Fixed(name()))
        } else if self.read_only {
            Err(Refusal::ReadOnly(name()))
        } else if self.bytes < needed {
            Err(Refusal::Small(name(), needed, self.bytes))
        } else {
            Ok(())
        }
    }
}

/// The disk itself (an empty name) and its partitions.
fn parts(node: &Path, name: &str) -> Vec<String> {
    let entries = fs::read_dir(node).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    [String::new()].into_iter().chain(names.filter(|part| part.starts_with(name))).collect()
}

/// Where the disk `name` or a part of it is used, by a line of the table of mounts or swaps.
fn used(line: &str, name: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let device = words.next()?.strip_prefix("/dev/")?;
    let rest = device.strip_prefix(name)?;
    // sdb, sdb1, mmcblk0p2; but not sdba.
    let part = rest.strip_prefix('p').unwrap_or(rest);
    let is_part = part.bytes().all(|byte| byte.is_ascii_digit());
    is_part.then(|| words.next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places;

    /// A sysfs with one disk, below a folder called `name`; `removable` and the disk's place are the caller's.
    fn sysfs(name: &str, place: &str, disk: &str, removable: &str) -> PathBuf {
        let sys = places::target().join(format!("sysfs-{name}-{}", std::process::id()));
        let node = sys.join(place).join(disk);
        for folder in [node.join(format!("{disk}1/holders")), node.join("holders"), sys.join("class/block")] {
            fs::create_dir_all(folder).expect("ours");
        }
        for (file, text) in [("size", "2000\n"), ("removable", removable), ("ro", "0\n")] {
            fs::write(node.join(file), text).expect("ours");
        }
        fs::write(node.join(format!("{disk}1/partition")), "1\n").expect("ours");
        fs::write(node.join(format!("{disk}1/size")), "1000\n").expect("ours");
        for (link, target) in [(disk.to_owned(), node.clone()), (format!("{disk}1"), node.join(format!("{disk}1")))] {
            std::os::unix::fs::symlink(target, sys.join("class/block").join(link)).expect("ours");
        }
        sys
    }

    fn look(sys: &Path, device: &str, mounts: &str) -> Result<Disk, Refusal> {
        Disk::look(Path::new(device), sys, mounts, "Filename Type\n")
    }

    #[test]
    fn a_stick_that_nobody_uses_is_written_and_nothing_else() {
        let sys = sysfs("stick", "devices/usb1/1-1/block", "sdb", "0\n");
        let disk = look(&sys, "/dev/sdb", "/dev/sda1 / ext4\n/dev/sdba1 /far ext4\n").expect("a disk");
        assert_eq!(disk.judge(2000 * SECTOR), Ok(()));
        assert_eq!(disk.judge(2001 * SECTOR), Err(Refusal::Small("sdb".into(), 2001 * SECTOR, 2000 * SECTOR)));
        let part = look(&sys, "/dev/sdb1", "").expect("a partition");
        assert_eq!(part.judge(1), Err(Refusal::Partition("sdb1".into())));
        assert_eq!(look(&sys, "/dev/sdz", ""), Err(Refusal::NoDisk("/dev/sdz".into())));
        assert_eq!(look(&sys, "/dev/null", ""), Err(Refusal::NoDisk("/dev/null".into())));
        fs::write(sys.join("devices/usb1/1-1/block/sdb/ro"), "1\n").expect("ours");
        assert_eq!(look(&sys, "/dev/sdb", "").expect("a disk").judge(1), Err(Refusal::ReadOnly("sdb".into())));
        fs::remove_dir_all(sys).expect("ours");
    }

    #[test]
    fn a_disk_is_in_use_if_one_of_its_parts_is_mounted_or_held() {
        let sys = sysfs("used", "devices/mmc_host/mmc0/block", "mmcblk0", "0\n");
        let used = |mounts: &str| look(&sys, "/dev/mmcblk0", mounts).expect("a disk").judge(1);
        assert_eq!(used(""), Ok(()));
        assert_eq!(used("/dev/mmcblk0p1 /boot vfat\n"), Err(Refusal::Used("mmcblk0".into(), vec!["/boot".into()])));
        fs::create_dir(sys.join("devices/mmc_host/mmc0/block/mmcblk0/mmcblk01/holders/dm-0")).expect("ours");
        assert_eq!(used(""), Err(Refusal::Used("mmcblk0".into(), vec!["dm-0".into()])));
        fs::remove_dir_all(sys).expect("ours");
    }

    #[test]
    fn a_fixed_disk_is_refused_even_if_it_is_empty() {
        let sys = sysfs("fixed", "devices/pci0/block", "sda", "0\n");
        assert_eq!(look(&sys, "/dev/sda", "").expect("a disk").judge(1), Err(Refusal::Fixed("sda".into())));
        fs::write(sys.join("devices/pci0/block/sda/removable"), "1\n").expect("ours");
        assert_eq!(look(&sys, "/dev/sda", "").expect("a disk").judge(1), Ok(()));
        fs::remove_dir_all(sys).expect("ours");
    }
}
