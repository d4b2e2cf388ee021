//! Files of every kind through a real decoder process: what is heard, what is said of broken ones, and that no process
//! can get out or stay behind.
//!
//! Fixtures are made by ffmpeg while the test runs; without ffmpeg those tests say so and check nothing.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod formats;
mod hostile;
mod odd;
mod rig;
mod round_trip;
