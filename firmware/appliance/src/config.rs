//! What is configured about the box as a thing: values, with the defaults of those that people write into the configuration.
//!
//! Reads no file and checks no range: the program's configuration does both. What a key means for people is in its
//! reference (`partybox.toml`).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::card_file::Problem;

/// Everything that an [`Appliance`](crate::Appliance) is built with.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The Wi-Fi.
    pub wifi: Wifi,
    /// The port on which the page is served.
    pub page_port: u16,
    /// The folder that updates come in through; empty where this machine is updated in another way.
    pub inbox: PathBuf,
    /// Those of the rules of the network that the card's file says.
    pub said_by_card: Which,
    /// What is wrong with that file; `None` where none is read.
    pub card_problems: Option<Vec<Problem>>,
}

/// Some of the rules of the box's own network, by their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Which {
    /// [`Wifi::portal`].
    pub portal: bool,
    /// [`Wifi::forward`].
    pub forward: bool,
    /// [`Wifi::cable`].
    pub cable: bool,
}

/// The section `[wifi]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "each key is documented once, for its users, in partybox.toml")]
pub struct Wifi {
    pub ssid: String,
    pub passphrase: String,
    pub own: bool,
    pub country: String,
    pub band: Band,
    /// Stations that may be in the box's own network; 0: as many as its radio holds.
    pub guests_max: u16,
    /// Whether stations are kept apart in the air.
    pub isolate: bool,
    pub portal: Portal,
    pub forward: bool,
    pub cable: Cable,
}

impl Default for Wifi {
    fn default() -> Self {
        Self {
            ssid: String::new(),
            passphrase: String::new(),
            own: false,
            country: String::new(),
            band: Band::Auto,
            guests_max: 0,
            isolate: true,
            portal: Portal::Quiet,
            forward: false,
            cable: Cable::House,
        }
    }
}

/// Where the box's own network is in the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Band {
    /// 5 GHz where country and radio allow it, else 2.4 GHz.
    #[serde(rename = "auto")]
    Auto,
    /// 5 GHz or nothing.
    #[serde(rename = "5")]
    Five,
    /// 2.4 GHz: reaches farther, is fuller.
    #[serde(rename = "2.4")]
    TwoPointFour,
}

/// What the box's Ethernet cable leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cable {
    /// The network of the house, which gives the box an address, and perhaps the internet.
    #[default]
    House,
    /// More access points, or stations with a cable: they are in the box's own network.
    Guests,
}

/// What phones are answered when they ask whether the box's own network leads to the internet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Portal {
    /// Whatever keeps them in the network without a word. Android then finds the internet limited, and asks once.
    #[default]
    Quiet,
    /// The same, but Android shows a page that says what to do next until its owner has read it.
    SignIn,
    /// Nothing: every system says that there is no internet.
    Off,
}
