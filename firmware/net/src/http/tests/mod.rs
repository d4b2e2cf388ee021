//! The server as a whole, over real loopback sockets, with a fan-out and a party that only answer.

mod hostile;
mod listening;
mod pages;
mod table;
mod whep;
mod world;
