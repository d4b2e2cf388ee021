//! The Partybox firmware.
fn main() {}
