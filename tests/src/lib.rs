//! The simulated party and real clients, shared by the tests in `it/` and the benchmarks.
