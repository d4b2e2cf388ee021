//! The machine tests: the real program in an emulated arm64 computer, on a real kernel.
//!
//! Run by `cargo xtask test --machine`. Called in any other way, each of them says so and ends.

mod access_point;
mod card;
mod card_cable;
mod card_on_pi;
mod card_ports;
mod card_scan;
mod card_updates;
mod card_writes;
mod line_in;
mod listening;
mod pins;
mod sound;
mod stick;
mod writes;
