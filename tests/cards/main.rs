//! The tests of the card: the very file that is flashed, in an emulated computer.
//!
//! Run by `cargo xtask test --machine`. Called in any other way, each of them says so and ends.

mod cable;
mod lost;
mod on_pi;
mod owner;
mod ports;
mod radios;
mod scan;
mod sound_card;
mod starts;
mod stick;
mod updates;
mod writes;
