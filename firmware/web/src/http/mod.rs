//! The HTTP/1.1 server: [`serve`] takes a listening socket and an [`App`] and answers until it is told to end.
//!
//! Every request passes one table (`routes`) and one guard; every limit is in [`limits`]. It holds no party rule: it
//! shows a [`Snapshot`], hands [`Command`]s over and says what came back.

mod agent;
mod appliance;
mod art;
mod ask;
mod audience;
mod call;
mod channels;
mod connection;
mod cookie;
mod cross_site;
mod events;
mod files;
mod following;
mod foreign;
mod guard;
mod guests;
mod health;
mod icecast;
mod incoming;
pub mod limits;
mod lost;
mod music;
mod openapi;
mod pages;
mod pairing;
mod party;
mod policy;
mod portal;
mod preview;
mod qr;
mod queue;
mod recent;
mod refusal;
mod relayed;
mod relaying;
mod role;
mod rooms;
mod route;
mod router;
mod routes;
mod senders;
mod sending;
mod server;
mod settings;
mod signaling;
mod socket;
mod stall;
mod statistics;
mod stream;
mod streams;
mod takeover;
mod tls;
mod turns;
mod unfinished;
mod update;
mod upload;
mod way;
mod whep;
mod whip;
mod why;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use ipnet::IpNet;
use library::Library;
use tokio::sync::{mpsc, watch};

pub use self::audience::Audiences;
pub use self::icecast::{body as stream_body, head as stream_head};
use self::limits::Limits;
pub use self::relaying::{FromClient, Wrong, read as read_message};
pub use self::server::{Listeners, serve};
pub use self::signaling::Signaling;
pub use self::tls::Secure;
use crate::control::Command;
use crate::decoding::Decode;
use crate::metrics::Page;
use crate::mp3::Hub;
use crate::pairing::Pairing;
use crate::senders::{Intakes, Senders};
use crate::status::Snapshot;
use crate::visual::Visuals;

/// How the server behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Names and addresses by which phones may address the box, in lower case without port or final dot, besides that in `url`, those
    /// that it has itself and `localhost`.
    pub names: Vec<String>,
    /// Networks whose requests are a host's, paired or not, unless they say that they were forwarded.
    pub host_from: Vec<IpNet>,
    /// Networks whose requests may read the metrics and how the box is, unless they say that they were forwarded. Hosts may as well.
    pub metrics_from: Vec<IpNet>,
    /// Networks of proxies: what these say of whom they speak for is believed.
    pub proxies: Vec<IpNet>,
    /// The address under which phones reach the page from outside, with a slash at its end; `None`: that of the box itself.
    pub url: Option<String>,
    /// Origins whose pages may show ours in a frame, or `*`.
    pub embed: Vec<String>,
    /// Whether a sender that offers video as well is refused, rather than heard without it.
    pub refuses_video: bool,
    /// How many may send to a channel at once where its host lets them play together: 1 to [`hub::TOGETHER_MAX`]; 0 is one.
    pub together_max: usize,
    /// How many streams of senders are relayed, and to how many.
    pub streams: hub::Limits,
    /// Limits.
    pub limits: Limits,
}

/// Adds the numbers of other rooms to a page of metrics; called at every scrape, so it must be quick.
pub type Gauges = Arc<dyn Fn(&mut Page) + Send + Sync>;

/// The MP3 hubs of all streams, oldest first.
pub type Hubs = Arc<[Hub]>;

/// Everything the server needs from the rest of the box.
#[derive(Clone)]
pub struct App {
    /// How it behaves.
    pub config: Config,
    /// The start of the box's clock, by which pages are told when something was.
    pub zero: Instant,
    /// The WebRTC fan-out: `handle.into()`.
    pub rtc: Signaling,
    /// MP3, one hub per stream, oldest first.
    pub mp3: watch::Receiver<Hubs>,
    /// Who sends, which others may show.
    pub senders: Senders,
    /// Makes MP3 of senders' streams.
    pub decode: Decode,
    /// The channels' inputs for senders.
    pub intakes: watch::Receiver<Intakes>,
    /// What the box does.
    pub snapshot: watch::Receiver<Arc<Snapshot>>,
    /// Where who hears which channel is published, for the rules.
    pub audience: watch::Sender<Audiences>,
    /// Where hosts' commands go ([`crate::control::COMMANDS_WAITING_MAX`] of them).
    pub commands: mpsc::Sender<Command>,
    /// Who is host by pairing, and where phones ask to be.
    pub pairing: Pairing,
    /// The box's own music; `None` if it has only demo tracks.
    pub library: Option<Library>,
    /// Where hosts ask about the settings of the box ([`crate::settings::REQUESTS_WAITING_MAX`] of them).
    pub settings: mpsc::Sender<crate::settings::Request>,
    /// The box as a thing: its network, power, updates.
    pub appliance: ::appliance::Handle,
    /// What pages draw of the sound.
    pub visuals: Visuals,
    /// Numbers of other rooms for `/metrics`.
    pub gauges: Gauges,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Config {
    /// Whether requests from `address` are a host's even without pairing.
    pub fn is_host(&self, address: IpAddr) -> bool {
        self.host_from.iter().any(|network| network.contains(&address))
    }

    /// Whether requests from `address` may read what hosts may of the box's numbers.
    pub fn is_scraper(&self, address: IpAddr) -> bool {
        self.metrics_from.iter().any(|network| network.contains(&address))
    }

    /// Whether `address` is that of a proxy, which is believed.
    pub fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(&address))
    }

    /// Whether the box answers to `name`, wherever that leads.
    pub(crate) fn has_name(&self, name: &str) -> bool {
        let outer = self.url.as_deref().and_then(|url| url.split_once("://"));
        let is_outer = outer.is_some_and(|(_, place)| way::name_of(place.trim_end_matches('/')) == name);
        is_outer || self.names.iter().any(|known| known == name)
    }
}

#[cfg(test)]
pub(crate) mod tests;
