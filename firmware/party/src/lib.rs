//! The rules of a party: what plays, from where, and what comes next.
//!
//! Pure: a [`Party`] is told what happened ([`Input`]) and answers with what shall happen ([`Output`]). It reads no
//! clock, opens no file, spawns nothing and logs nothing, so every rule can be tested as a table. It knows tracks by
//! number only; names, files and samples belong to other rooms. [`pairing`] has the rules of who is host.

mod history;
mod mix;
mod order;
pub mod pairing;
mod party;
mod queue;
mod requests;
mod settings;
mod wish;

pub use history::{HISTORY_MAX, History, How, Played};
pub use mix::{Fades, MixPlan, OFF_DB, Source, Volume};
pub use order::Order;
pub use party::{BOOSTS_MAX, Input, Output, Party, Saved, SavedItem, Session, View};
pub use queue::{By, Item, QUEUE_MAX, Queue, Why};
pub use requests::{Decline, PENDING_MAX, Request, RequestList, Standing};
pub use settings::{Change, Origins, OutOfRange, Repeat, Requests, Settings};
pub use wish::{Asker, At, Done, Refused, TITLE_CHARS_MAX, Wish};

#[cfg(test)]
mod tests;
