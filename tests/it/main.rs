//! All integration tests of the product, in one binary.

mod decode;
mod pages;
mod tidy;
