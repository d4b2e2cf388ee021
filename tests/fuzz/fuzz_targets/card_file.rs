//! Any bytes as the file that an owner edits on a card.
#![no_main]

use libfuzzer_sys::fuzz_target;
use partybox_fuzz::distrust;

fuzz_target!(|bytes: &[u8]| distrust::card_file(bytes));
