//! The library with real folders, databases and processes. The worker process and programs that are killed are the example
//! `library`, which Cargo builds before tests.
#![allow(clippy::unwrap_used, reason = "tests")]

mod guests;
mod home;
mod kinds;
mod lists;
mod places;
mod scan;
mod spoiled;
