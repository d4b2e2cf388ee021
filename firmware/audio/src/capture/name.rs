//! Stable names for sound cards that ALSA itself has no name for.
//!
//! ALSA knows cards by number, which changes, and by id (`hw:CARD=CODEC,DEV=0`), which two equal cards share. The USB
//! path names the socket a card is plugged into: `usb:1-1.2` is always the same socket of the box.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use super::Error;

/// Where the kernel lists its sound devices.
pub(super) const SYSFS_SOUND: &str = "/sys/class/sound";

/// What starts a name by USB path.
const USB: &str = "usb:";

/// The name under which ALSA knows `name` now: `usb:PATH[,DEV=N]` is looked up below `sound` (see [`SYSFS_SOUND`]), any
/// other name is ALSA's own.
pub(super) fn resolve<'a>(name: &'a str, sound: &Path) -> Result<Cow<'a, str>, Error> {
    let Some(rest) = name.strip_prefix(USB) else { return Ok(Cow::Borrowed(name)) };
    let (path, device) = rest.split_once(",DEV=").unwrap_or((rest, ""));
    let card = card_at(path, sound).ok_or(Error::NotFound)?;
    let device = match device {
        "" => first_capture_device(card, sound).ok_or(Error::Unsupported)?,
        number => number.parse().map_err(|_| Error::NotFound)?,
    };
    Ok(Cow::Owned(format!("hw:{card},{device}")))
}

/// The number of the card whose USB interface hangs at `path`.
fn card_at(path: &str, sound: &Path) -> Option<u32> {
    fs::read_dir(sound).ok()?.flatten().find_map(|entry| {
        let number = entry.file_name().to_str()?.strip_prefix("card")?.parse().ok()?;
        // …/usb1/1-1/1-1.2/1-1.2:1.0: the last part is the interface, named after the path it hangs at.
        let device = fs::canonicalize(entry.path().join("device")).ok()?;
        let interface = device.file_name()?.to_str()?;
        (interface.split_once(':')?.0 == path).then_some(number)
    })
}

/// The number of the card's first device that records.
fn first_capture_device(card: u32, sound: &Path) -> Option<u32> {
    let prefix = format!("pcmC{card}D");
    let number = |name: &str| name.strip_prefix(&prefix)?.strip_suffix('c')?.parse().ok();
    let entries = fs::read_dir(sound).ok()?.flatten();
    entries.filter_map(|entry| number(entry.file_name().to_str()?)).min()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use super::*;

    /// A copy of what the kernel shows for two USB cards; removed with the value.
    struct Sysfs(PathBuf);

    impl Sysfs {
        fn new() -> Self {
            let root = std::env::temp_dir().join(format!("partybox-sysfs-{}", std::process::id()));
            let sound = root.join("sound");
            fs::create_dir_all(&sound).unwrap();
            for (card, path) in [(2, "1-1.2"), (5, "1-1.20")] {
                let interface = root.join(format!("usb1/1-1/{path}/{path}:1.0"));
                fs::create_dir_all(&interface).unwrap();
                fs::create_dir_all(sound.join(format!("card{card}"))).unwrap();
                symlink(&interface, sound.join(format!("card{card}/device"))).unwrap();
            }
            for name in ["pcmC2D0p", "pcmC2D3c", "pcmC2D1c", "pcmC5D0c"] {
                fs::create_dir_all(sound.join(name)).unwrap();
            }
            Self(root)
        }
    }

    impl Drop for Sysfs {
        fn drop(&mut self) {
            _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_usb_path_names_the_card_in_that_socket() {
        let sysfs = Sysfs::new();
        let sound = sysfs.0.join("sound");
        assert_eq!(resolve("usb:1-1.2", &sound).unwrap(), "hw:2,1");
        assert_eq!(resolve("usb:1-1.20", &sound).unwrap(), "hw:5,0");
        assert_eq!(resolve("usb:1-1.2,DEV=3", &sound).unwrap(), "hw:2,3");
        assert_eq!(resolve("usb:1-1", &sound), Err(Error::NotFound));
        assert_eq!(resolve("usb:1-1.2,DEV=x", &sound), Err(Error::NotFound));
        assert_eq!(resolve("hw:CARD=CODEC,DEV=0", &sound).unwrap(), "hw:CARD=CODEC,DEV=0");
    }
}
