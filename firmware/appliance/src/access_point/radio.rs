//! What the radios of this machine can do, parsed from what `iw phy` prints and from the devices' folders in `/sys`.
//!
//! Reading only: which radio is used and how is decided in `choice`.

use std::fs;
use std::path::Path;

/// What one radio offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Radio {
    /// The kernel's name of it, such as `phy0`.
    pub phy: String,
    /// Whether it can be an access point.
    pub is_access_point: bool,
    /// Channels on which it may begin to send by itself, as the country allows now.
    pub channels: Vec<u32>,
    /// Whether it speaks 802.11ac at 5 GHz.
    pub has_vht: bool,
    /// Whether WPA3 and the protected management frames that belong to it can be spoken for it.
    pub has_wpa3: bool,
    /// Most stations, by its driver's own word; `None` where it says nothing.
    pub stations_max: Option<u16>,
}

/// A network interface and the radio behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// Such as `wlan0`.
    pub interface: String,
    /// The kernel's name of its radio.
    pub phy: String,
    /// The kernel's name of its driver; empty where there is none to be seen.
    pub driver: String,
    /// The lines of its `uevent`, of which one names the chip.
    pub about: String,
    /// Whether somebody has plugged it into a USB socket.
    pub is_usb: bool,
}

/// Parses the radios in the output of `iw phy` (version 5.9 to 6.9: indented by tabs, one block per radio).
pub fn parse(text: &str) -> Vec<Radio> {
    let mut radios: Vec<Radio> = Vec::new();
    let mut modes = false;
    // Announced in two places, and both are needed.
    let (mut authenticates, mut protects) = (false, false);
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("Wiphy ") {
            radios.push(Radio { phy: name.trim().to_owned(), ..Radio::default() });
            (modes, authenticates, protects) = (false, false, false);
            continue;
        }
        let Some(radio) = radios.last_mut() else { continue };
        let words = line.trim();
        if words.contains("interface modes") {
            modes = words.starts_with("Supported");
        } else if modes && words == "* AP" {
            radio.is_access_point = true;
        } else if words.starts_with("VHT Capabilities") {
            radio.has_vht = true;
        } else if let Some(number) = words.strip_prefix("Maximum associated stations in AP mode:") {
            radio.stations_max = number.trim().parse().ok();
        } else if let Some(channel) = channel(words) {
            radio.channels.push(channel);
        }
        authenticates |= words == "Device supports SAE with AUTHENTICATE command";
        protects |= words.contains("(00-0f-ac:6)");
        radio.has_wpa3 = authenticates && protects;
    }
    radios
}

/// Parses the channel in a line such as `* 5220.0 MHz [44] (23.0 dBm)`, if one may begin to send there: neither disabled, nor
/// only after somebody else, nor only after listening for radar.
fn channel(words: &str) -> Option<u32> {
    let (frequency, rest) = words.strip_prefix("* ")?.split_once(" MHz [")?;
    frequency.parse::<f32>().ok()?;
    let (number, about) = rest.split_once(']')?;
    let barred = ["disabled", "no IR", "radar detection"].iter().any(|word| about.contains(word));
    number.parse().ok().filter(|_| !barred)
}

/// Returns the wireless interfaces below `/sys` or what stands for it, by name.
pub fn devices(sys: &Path) -> Vec<Device> {
    let text = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    let Ok(entries) = fs::read_dir(sys.join("class/net")) else { return Vec::new() };
    let mut devices = Vec::new();
    for entry in entries.flatten() {
        let (path, Ok(interface)) = (entry.path(), entry.file_name().into_string()) else { continue };
        let phy = text(&path.join("phy80211/name")).trim().to_owned();
        if phy.is_empty() {
            continue;
        }
        let about = text(&path.join("device/uevent"));
        let driver = about.lines().find_map(|line| line.strip_prefix("DRIVER=")).map(str::to_owned);
        // Not every device says so itself.
        let linked = || Some(fs::read_link(path.join("device/driver")).ok()?.file_name()?.to_str()?.to_owned());
        let driver = driver.or_else(linked).unwrap_or_default();
        let is_usb = about.lines().any(|line| line == "DEVTYPE=usb_interface");
        devices.push(Device { interface, phy, driver, about, is_usb });
    }
    devices.sort_by(|a, b| a.interface.cmp(&b.interface));
    devices
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `iw` 6.9 prints it, shortened.
    const TWO: &str = "Wiphy phy1
\tSupported Ciphers:
\t\t* CCMP-128 (00-0f-ac:4)
\t\t* CMAC (00-0f-ac:6)
\tSupported interface modes:
\t\t * managed
\t\t * AP
\t\t * AP/VLAN
\tBand 1:
\t\tFrequencies:
\t\t\t* 2437.0 MHz [6] (20.0 dBm)
\t\t\t* 2484.0 MHz [14] (disabled)
\tBand 2:
\t\tVHT Capabilities (0x339071b2):
\t\tFrequencies:
\t\t\t* 5220.0 MHz [44] (23.0 dBm)
\t\t\t* 5260.0 MHz [52] (20.0 dBm) (no IR, radar detection)
\t\t\t* 5745.0 MHz [149] (no IR)
\tsoftware interface modes (can always be added):
\t\t * AP
\tDevice supports SAE with AUTHENTICATE command
\tMaximum associated stations in AP mode: 40
Wiphy phy0
\tSupported interface modes:
\t\t * managed
\tsoftware interface modes (can always be added):
\t\t * AP
\tDevice supports SAE with AUTHENTICATE command
\t\t\t* 2437 MHz [6] (20.0 dBm)
";

    #[test]
    fn radios_are_told_apart_and_only_open_channels_count() {
        let [full, plain] = &parse(TWO)[..] else { panic!("two radios") };
        assert_eq!(full.phy, "phy1");
        assert_eq!(full.channels, [6, 44]);
        assert!(full.is_access_point && full.has_vht && full.has_wpa3, "{full:?}");
        assert_eq!(full.stations_max, Some(40));
        assert_eq!(*plain, Radio { phy: "phy0".into(), channels: vec![6], ..Radio::default() });
    }

    #[test]
    fn nothing_in_any_text_is_a_radio_unless_it_says_so() {
        for text in ["", "phy0", "\t* 2437 MHz [6]", "Wiphy", "* AP"] {
            assert!(parse(text).is_empty(), "{text}");
        }
        assert_eq!(parse("Wiphy x\n* 24\u{fe0f} MHz [6]\n* 1 MHz [x] \n* 1 MHz [").len(), 1);
    }

    #[test]
    fn wireless_interfaces_are_found_with_their_driver_and_socket() {
        let sys = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = sys.path().join("class/net").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("wlan1/phy80211/name", "phy1\n");
        write("wlan1/device/uevent", "DEVTYPE=usb_interface\nDRIVER=mt76x2u\nPRODUCT=e8d/7612/100\n");
        write("wlan0/phy80211/name", "phy0\n");
        write("wlan0/device/uevent", "DRIVER=brcmfmac\nSDIO_ID=02D0:A9BF\n");
        write("eth0/device/uevent", "DRIVER=bcmgenet\n");
        write("wlan2/phy80211/name", "phy2\n");
        write("wlan2/device/uevent", "");
        std::os::unix::fs::symlink("../mac80211_hwsim", sys.path().join("class/net/wlan2/device/driver")).unwrap();
        let [first, second, third] = &devices(sys.path())[..] else { panic!("three") };
        assert_eq!(third.driver, "mac80211_hwsim");
        assert_eq!((first.interface.as_str(), first.driver.as_str(), first.is_usb), ("wlan0", "brcmfmac", false));
        assert_eq!((second.phy.as_str(), second.driver.as_str(), second.is_usb), ("phy1", "mt76x2u", true));
        assert_eq!(devices(Path::new("/nonexistent")), []);
    }
}
