//! Which radio becomes the access point, on which channel, how secured and for how many stations. Pure.
//!
//! The reasons for the channels stand in the comments of their constants; how many stations a radio holds is in
//! `radios.toml`. What there is to choose from comes from `radio`; what comes of the choice is written by `files`.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::radio::{Device, Radio};
use crate::config::{Band, Wifi};

/// Best channel at 5 GHz: phones of Apple hop there twice a second for a network of their own (AWDL), and hear us without
/// a pause if we are there already. 149 is the other such channel, where 44 is not allowed.
const CHANNELS_5_GHZ: [u32; 2] = [44, 149];

/// The same at 2.4 GHz, and its neighbours that overlap least, should it be missing.
const CHANNELS_2_GHZ: [u32; 3] = [6, 1, 11];

/// Channels above this are at 5 GHz.
const CHANNEL_2_GHZ_MAX: u32 = 14;

/// How many stations a radio that no row fits is trusted with: as the smallest in the table.
const STATIONS_OF_UNKNOWN: u16 = 7;

/// A row of `radios.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chipset {
    name: String,
    driver: String,
    id: String,
    stations: u16,
    wpa3: bool,
    #[allow(dead_code, reason = "for whoever reads the table; a test wants it filled in")]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    radio: Vec<Chipset>,
}

static TABLE: LazyLock<Vec<Chipset>> = LazyLock::new(|| {
    let table: Table = toml::from_str(include_str!("radios.toml")).expect("a test reads the table");
    table.radio
});

/// The radio that becomes the access point, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The interface that stations join at.
    pub interface: String,
    /// What its radio is called in the table.
    pub chipset: String,
    /// Channel.
    pub channel: u32,
    /// Whether 802.11ac is spoken.
    pub vht: bool,
    /// Whether phones may join by WPA3 besides WPA2.
    pub wpa3: bool,
    /// Stations that may join at once.
    pub stations_max: u16,
}

impl Choice {
    /// Returns whether the channel is at 5 GHz.
    pub fn is_5_ghz(&self) -> bool {
        self.channel > CHANNEL_2_GHZ_MAX
    }
}

/// Returns the best access point that these can be: a radio that was plugged in before the one that is built in, because
/// whoever plugs one in wants it used; then the one that holds more stations. `None` if none may send on any channel.
pub fn choose(devices: &[Device], radios: &[Radio], wifi: &Wifi) -> Option<Choice> {
    let possible = devices.iter().filter_map(|device| {
        let radio = radios.iter().find(|radio| radio.phy == device.phy && radio.is_access_point)?;
        Some((device, as_access_point(device, radio, wifi)?))
    });
    let best = possible.reduce(|best, next| {
        let rank = |(device, choice): &(&Device, Choice)| (device.is_usb, choice.stations_max);
        if rank(&next) > rank(&best) { next } else { best }
    });
    best.map(|(_, choice)| choice)
}

fn as_access_point(device: &Device, radio: &Radio, wifi: &Wifi) -> Option<Choice> {
    let first_of = |wanted: &[u32]| wanted.iter().copied().find(|channel| radio.channels.contains(channel));
    let high = || first_of(&CHANNELS_5_GHZ);
    let low = || first_of(&CHANNELS_2_GHZ);
    let channel = match wifi.band {
        Band::Auto => high().or_else(low),
        Band::Five => high(),
        Band::TwoPointFour => low(),
    }?;
    let chipset = chipset(device);
    let of_table = chipset.map_or(STATIONS_OF_UNKNOWN, |chipset| chipset.stations);
    let of_radio = of_table.min(radio.stations_max.unwrap_or(of_table));
    Some(Choice {
        interface: device.interface.clone(),
        chipset: chipset.map_or_else(|| device.driver.clone(), |chipset| chipset.name.clone()),
        channel,
        vht: radio.has_vht && channel > CHANNEL_2_GHZ_MAX,
        wpa3: radio.has_wpa3 && chipset.is_none_or(|chipset| chipset.wpa3),
        // Whoever sets a number knows their radio's firmware better than the table.
        stations_max: if wifi.guests_max > 0 { wifi.guests_max } else { of_radio },
    })
}

fn chipset(device: &Device) -> Option<&'static Chipset> {
    let is = |row: &Chipset| row.id.is_empty() || device.about.lines().any(|line| line.starts_with(&row.id));
    TABLE.iter().find(|row| row.driver == device.driver && is(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(interface: &str, driver: &str, id: &str, is_usb: bool) -> Device {
        let about = format!("DRIVER={driver}\n{id}\n");
        Device { interface: interface.into(), phy: format!("phy-{interface}"), driver: driver.into(), about, is_usb }
    }

    fn radio(interface: &str, channels: &[u32]) -> Radio {
        Radio {
            phy: format!("phy-{interface}"),
            is_access_point: true,
            channels: channels.to_vec(),
            has_vht: true,
            has_wpa3: true,
            stations_max: None,
        }
    }

    fn chosen(devices: &[Device], radios: &[Radio], wifi: &Wifi) -> Choice {
        choose(devices, radios, wifi).expect("an access point")
    }

    #[test]
    fn every_row_of_the_table_says_who_says_so_and_no_row_hides_another() {
        for (n, row) in TABLE.iter().enumerate() {
            assert!(!row.name.is_empty() && !row.source.is_empty() && row.stations > 0, "{row:?}");
            let hidden =
                TABLE[..n].iter().any(|earlier| earlier.driver == row.driver && row.id.starts_with(&earlier.id));
            assert!(!hidden, "{row:?} is never reached");
        }
    }

    #[test]
    fn the_channel_is_the_one_of_apples_own_network_where_the_country_allows_it() {
        let devices = [device("wlan0", "brcmfmac", "SDIO_ID=02D0:A9BF", false)];
        let with = |band, channels: &[u32]| {
            let wifi = Wifi { band, ..Wifi::default() };
            choose(&devices, &[radio("wlan0", channels)], &wifi).map(|choice| (choice.channel, choice.vht))
        };
        assert_eq!(with(Band::Auto, &[1, 6, 11, 36, 44, 149]), Some((44, true)));
        assert_eq!(with(Band::Auto, &[1, 6, 11, 36, 149]), Some((149, true)));
        assert_eq!(with(Band::Auto, &[1, 6, 11, 36]), Some((6, false)));
        assert_eq!(with(Band::Auto, &[1, 11]), Some((1, false)));
        assert_eq!(with(Band::TwoPointFour, &[6, 44]), Some((6, false)));
        assert_eq!(with(Band::Five, &[6, 36]), None);
        assert_eq!(with(Band::Auto, &[]), None);
    }

    #[test]
    fn the_table_tells_how_many_phones_a_radio_holds() {
        let wifi = Wifi::default();
        let of = |driver, id| {
            let made = chosen(&[device("w", driver, id, false)], &[radio("w", &[6])], &wifi);
            (made.stations_max, made.wpa3)
        };
        assert_eq!(of("brcmfmac", "SDIO_ID=02D0:A9BF"), (7, false));
        assert_eq!(of("brcmfmac", "SDIO_ID=02D0:A9A6"), (10, false));
        assert_eq!(of("brcmfmac", "SDIO_ID=02D0:0000"), (7, false));
        assert_eq!(of("mt76x2u", ""), (40, true));
        assert_eq!(of("something new", ""), (STATIONS_OF_UNKNOWN, true));
    }

    #[test]
    fn the_drivers_own_limit_and_the_hosts_word_count() {
        let device = [device("w", "mt76x2u", "", true)];
        let small = Radio { stations_max: Some(12), ..radio("w", &[6]) };
        assert_eq!(chosen(&device, std::slice::from_ref(&small), &Wifi::default()).stations_max, 12);
        let wifi = Wifi { guests_max: 2, ..Wifi::default() };
        assert_eq!(chosen(&device, &[small], &wifi).stations_max, 2);
    }

    #[test]
    fn what_was_plugged_in_is_used_before_what_is_built_in_if_it_can_be_used() {
        let devices = [
            device("wlan0", "brcmfmac", "SDIO_ID=02D0:A9A6", false),
            device("wlan1", "ath9k_htc", "", true),
            device("wlan2", "mt76x2u", "", true),
        ];
        let radios = ["wlan0", "wlan1", "wlan2"].map(|name| radio(name, &[6]));
        let wifi = Wifi::default();
        assert_eq!(chosen(&devices, &radios, &wifi).interface, "wlan2");
        assert_eq!(chosen(&devices[..2], &radios, &wifi).interface, "wlan1");
        let managed = Radio { is_access_point: false, ..radios[1].clone() };
        assert_eq!(chosen(&devices[..2], &[radios[0].clone(), managed], &wifi).interface, "wlan0");
        assert_eq!(choose(&[], &radios, &wifi), None);
    }
}
