//! The vocabulary of the house: identities, time and packets, as values that every room means the same by.
//!
//! Every room may use this one, and it uses none. A type belongs here when two rooms exchange it. What a value needs to
//! be a value (arithmetic, comparison, text, JSON) is here as well; clocks, I/O and policy are not.

mod bucket;
mod id;
mod name;
mod origin;
mod packet;
mod ratelimit;
mod shares;
mod time;

pub use bucket::Rate;
pub use id::{CueId, GuestId, ItemId, RequestId, TrackId};
pub use name::{BadName, ChannelId, StreamId};
pub use origin::Origin;
pub use packet::{Encoding, Packet, PacketDuration, PacketInlet, PacketSink, SentPacket, StreamInlet};
pub use ratelimit::{RateLimit, Verdict};
pub use shares::{Asking, Shares, fair_limit};
pub use time::{MediaTime, PACKET_GRID_TICKS, Time, Timeline};
