//! `cargo xtask`: from a fresh machine to a running, tested, measured box.
fn main() {}
