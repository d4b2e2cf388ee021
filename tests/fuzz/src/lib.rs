//! The doors of `tests::hostile` and `tests::distrust` for the fuzz targets, and a web server to speak nonsense to;
//! without the browsers and sound servers of the other tests.

#[path = "../../src/dice.rs"]
pub mod dice;
#[path = "../../src/distrust.rs"]
pub mod distrust;
#[path = "../../src/hostile.rs"]
pub mod hostile;
#[path = "../../src/link.rs"]
pub mod link;
#[path = "../../src/phone.rs"]
pub mod phone;
#[path = "../../src/world.rs"]
pub mod world;
pub mod web;
