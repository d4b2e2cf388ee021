//! All integration tests of the product, in one binary.

mod clients;
mod decode;
mod hostile;
mod line_in;
mod pages;
mod tidy;
mod world;
