//! The machine tests: the real program in an emulated arm64 computer, on a real kernel, with what may be plugged into it.
//!
//! Run by `cargo xtask test --machine`. Called in any other way, each of them says so and ends. The clocks of these computers
//! are this machine's: they want it for themselves. Tests of the card, whose clocks are their own, are in `cards`.

mod access_point;
mod flash;
mod line_in;
mod listening;
mod pins;
mod sound;
mod writes;
