//! The box as a thing that stands somewhere: its Wi-Fi and who is in it, its cable, power, storage, updates, clock, and its
//! names on the network.
//!
//! Speaks to the kernel and to the units of the card (`image/root`), which have rights that the firmware does not have;
//! with units it exchanges small files. Does not know a party, nor HTTP: pages read [`facts::Facts`] and send
//! [`handle::Request`]s through a [`Handle`].
//!
//! An [`Upkeep`] runs an [`Appliance`] like this on a thread of its own, because what it reads may be slow, and passes the time
//! in, which it never asks for:
//!
//! ```no_run
//! # async fn run(config: appliance::config::Config, now: fn() -> base::Time) {
//! let (handle, service) = appliance::channel();
//! let mut appliance = appliance::Appliance::new(&config, service, None);
//! // What is due less often has a period of its own.
//! let mut polls = tokio::time::interval(std::time::Duration::from_millis(250));
//! loop {
//!     tokio::select! {
//!         request = appliance.next() => appliance.handle(now(), request),
//!         _ = polls.tick() => appliance.poll(now()),
//!     }
//! }
//! # }
//! ```
//!
//! A poll may be left out or come late: facts are then older, and nothing else happens. Requests wait meanwhile, up to
//! [`handle::REQUESTS_WAITING_MAX`] of them.

pub mod access_point;
pub mod address;
mod appliance;
pub mod card_file;
pub mod certificate;
pub mod clock;
pub mod config;
pub mod credentials;
mod durable;
pub mod facts;
pub mod handle;
pub mod mdns;
pub mod network;
pub mod night;
mod power;
pub mod rules;
pub mod signs;
pub mod state;
pub mod stations;
mod storage;
mod ticker;
mod update;
mod upkeep;
pub mod wifi;

pub use appliance::Appliance;
pub use handle::{Handle, channel};
pub use storage::keeps;
pub use upkeep::Upkeep;
