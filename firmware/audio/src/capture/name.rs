//! Stable names for sound cards that ALSA itself has no name for.
//!
//! ALSA knows cards by number, which changes, and by id (`hw:CARD=CODEC,DEV=0`), which two equal cards share. The USB
//! path names the socket a card is plugged into: `usb:1-1.2` is always the same socket of the box. A box that comes with
//! no card at all cannot know any of these: `usb` is whichever card somebody plugs in.

use std::borrow::Cow;
use std::fs::{self, DirEntry};
use std::path::Path;

use super::Error;

/// Where the kernel lists its sound devices.
pub(super) const SYSFS_SOUND: &str = "/sys/class/sound";

/// Names the USB card that records, in whichever socket; of several the one with the lowest number.
const ANY: &str = "usb";

/// What starts a name by USB path.
const USB: &str = "usb:";

/// The name under which ALSA knows `name` now: `usb` and `usb:PATH[,DEV=N]` are looked up below `sound` (see
/// [`SYSFS_SOUND`]), any other name is ALSA's own.
pub(super) fn resolve<'a>(name: &'a str, sound: &Path) -> Result<Cow<'a, str>, Error> {
    if name == ANY {
        let recording = |(card, _)| first_capture_device(card, sound).map(|device| (card, device));
        let (card, device) = usb_cards(sound).into_iter().find_map(recording).ok_or(Error::NotFound)?;
        return Ok(Cow::Owned(format!("hw:{card},{device}")));
    }
    let Some(rest) = name.strip_prefix(USB) else { return Ok(Cow::Borrowed(name)) };
    let (path, device) = rest.split_once(",DEV=").unwrap_or((rest, ""));
    let (card, _) = usb_cards(sound).into_iter().find(|(_, there)| there == path).ok_or(Error::NotFound)?;
    let device = match device {
        "" => first_capture_device(card, sound).ok_or(Error::Unsupported)?,
        number => number.parse().map_err(|_| Error::NotFound)?,
    };
    Ok(Cow::Owned(format!("hw:{card},{device}")))
}

/// Returns the names of what records now, as [`resolve`] takes them: `usb` and each socket with a card, and ALSA's own of the others.
pub(super) fn recording(sound: &Path) -> Vec<String> {
    let usb = usb_cards(sound);
    let records = |card| first_capture_device(card, sound).is_some();
    let sockets: Vec<String> =
        usb.iter().filter(|(card, _)| records(*card)).map(|(_, path)| format!("{USB}{path}")).collect();
    let any = (!sockets.is_empty()).then(|| ANY.to_owned());
    let device = |entry: DirEntry| {
        let name = entry.file_name();
        let (card, device) = name.to_str()?.strip_prefix("pcmC")?.strip_suffix('c')?.split_once('D')?;
        let (card, device): (u32, u32) = (card.parse().ok()?, device.parse().ok()?);
        let id = fs::read_to_string(sound.join(format!("card{card}/id"))).ok()?;
        let is_other = usb.iter().all(|(number, _)| *number != card);
        is_other.then(|| (card, device, format!("hw:CARD={},DEV={device}", id.trim())))
    };
    let mut others: Vec<_> = fs::read_dir(sound).into_iter().flatten().flatten().filter_map(device).collect();
    others.sort_unstable();
    any.into_iter().chain(sockets).chain(others.into_iter().map(|(.., name)| name)).collect()
}

/// The numbers of the cards on USB, in order, and the path of the socket that each hangs at.
fn usb_cards(sound: &Path) -> Vec<(u32, String)> {
    let card = |entry: DirEntry| {
        let number = entry.file_name().to_str()?.strip_prefix("card")?.parse().ok()?;
        // …/usb1/1-1/1-1.2/1-1.2:1.0: the last part is the interface, named after the path it hangs at.
        let device = fs::canonicalize(entry.path().join("device")).ok()?;
        let (path, _) = device.file_name()?.to_str()?.split_once(':')?;
        // Devices of other buses have such names as well.
        let bus = fs::canonicalize(device.join("subsystem")).ok()?;
        (bus.file_name()? == "usb").then(|| (number, path.to_owned()))
    };
    let mut cards: Vec<_> = fs::read_dir(sound).into_iter().flatten().flatten().filter_map(card).collect();
    cards.sort_unstable();
    cards
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

    /// A copy of what the kernel shows for three USB cards and one on the board; removed with the value.
    struct Sysfs(PathBuf);

    impl Sysfs {
        fn new(name: &str) -> Self {
            let root = std::env::temp_dir().join(format!("partybox-sysfs-{name}-{}", std::process::id()));
            let sound = root.join("sound");
            fs::create_dir_all(&sound).unwrap();
            for (card, bus, device) in [
                (0, "platform", "soc/soc:sound"),
                (1, "usb", "usb1/1-1/1-1.1/1-1.1:1.0"),
                (2, "usb", "usb1/1-1/1-1.2/1-1.2:1.0"),
                (5, "usb", "usb1/1-1/1-1.20/1-1.20:1.0"),
            ] {
                let (bus, device) = (root.join("bus").join(bus), root.join(device));
                fs::create_dir_all(&bus).unwrap();
                fs::create_dir_all(&device).unwrap();
                fs::create_dir_all(sound.join(format!("card{card}"))).unwrap();
                symlink(&bus, device.join("subsystem")).unwrap();
                symlink(&device, sound.join(format!("card{card}/device"))).unwrap();
            }
            fs::write(sound.join("card0/id"), "Header\n").unwrap();
            // The second one only plays.
            for name in ["pcmC0D0c", "pcmC1D0p", "pcmC2D0p", "pcmC2D3c", "pcmC2D1c", "pcmC5D0c"] {
                fs::create_dir_all(sound.join(name)).unwrap();
            }
            Self(root)
        }

        fn sound(&self) -> PathBuf {
            self.0.join("sound")
        }
    }

    impl Drop for Sysfs {
        fn drop(&mut self) {
            _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_usb_path_names_the_card_in_that_socket() {
        let sysfs = Sysfs::new("path");
        let sound = sysfs.sound();
        assert_eq!(resolve("usb:1-1.2", &sound).unwrap(), "hw:2,1");
        assert_eq!(resolve("usb:1-1.20", &sound).unwrap(), "hw:5,0");
        assert_eq!(resolve("usb:1-1.2,DEV=3", &sound).unwrap(), "hw:2,3");
        assert_eq!(resolve("usb:1-1", &sound), Err(Error::NotFound));
        assert_eq!(resolve("usb:soc", &sound), Err(Error::NotFound));
        assert_eq!(resolve("usb:1-1.2,DEV=x", &sound), Err(Error::NotFound));
        assert_eq!(resolve("hw:CARD=CODEC,DEV=0", &sound).unwrap(), "hw:CARD=CODEC,DEV=0");
    }

    #[test]
    fn what_records_is_listed_by_names_that_lead_to_it() {
        let sysfs = Sysfs::new("list");
        let sound = sysfs.sound();
        let listed = recording(&sound);
        assert_eq!(listed, ["usb", "usb:1-1.2", "usb:1-1.20", "hw:CARD=Header,DEV=0"]);
        assert!(listed.iter().all(|name| resolve(name, &sound).is_ok()));
        assert_eq!(recording(&sound.join("none")), [] as [&str; 0]);
    }

    #[test]
    fn usb_alone_names_the_first_usb_card_that_records_whichever_socket_it_is_in() {
        let sysfs = Sysfs::new("any");
        let sound = sysfs.sound();
        assert_eq!(resolve("usb", &sound).unwrap(), "hw:2,1");
        fs::remove_dir_all(sound.join("card2")).unwrap();
        assert_eq!(resolve("usb", &sound).unwrap(), "hw:5,0");
        fs::remove_dir_all(sound.join("card5")).unwrap();
        assert_eq!(resolve("usb", &sound), Err(Error::NotFound));
    }
}
