//! Any text as a configuration file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use partybox_fuzz::distrust;

fuzz_target!(|text: &str| distrust::configuration(text));
