//! The server as a whole, over real loopback sockets, with a fan-out and a party that only answer.

mod answers;
mod appliance;
mod audience;
mod channels;
mod door;
mod events;
mod fan_out;
mod greedy;
mod guests;
mod hostile;
mod icecast;
mod keeper;
mod listening;
mod live;
mod neighbours;
mod openapi;
mod pages;
mod pairing;
mod relaying;
mod reply;
mod rooms;
mod settings;
mod sights;
mod silent;
mod strangers;
mod streams;
mod table;
mod things;
mod tls;
mod whep;
mod whip;
mod why;
mod world;

pub(crate) use self::world::{party, seen, snapshot, snapshot_of, status, status_of, track};
