//! The siege of `tests::hostile` for the fuzz targets, without the browsers and sound servers of the other tests.

#[path = "../../src/dice.rs"]
pub mod dice;
#[path = "../../src/hostile.rs"]
pub mod hostile;
#[path = "../../src/link.rs"]
pub mod link;
#[path = "../../src/phone.rs"]
pub mod phone;
#[path = "../../src/world.rs"]
pub mod world;
