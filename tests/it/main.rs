//! All integration tests of the product, in one binary.
