//! All integration tests of the product, in one binary.

mod card_file;
mod clients;
mod colours;
mod decode;
mod deny;
mod flood;
mod hostile;
mod kept;
mod library;
mod line_in;
mod line_in_party;
mod listening;
mod loudness;
mod pages;
mod pairing;
mod queue;
mod repertoire;
mod senders;
mod settings;
mod settings_of_box;
mod start_stop;
mod switching;
mod terminal;
mod tidy;
mod units;
mod world;
