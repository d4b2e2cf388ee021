//! The binary's parts: command line, configuration, catalogue, terminal, and the wiring of all rooms.
//!
//! Constructs and connects, decides nothing: what plays is decided in `party`, how it sounds in `audio`, who may
//! listen in `web`. A library only so that tests and fuzz targets reach the configuration.

pub mod access_point;
pub mod app;
pub mod args;
mod assemble;
mod box_metrics;
pub mod buttons;
pub mod card;
pub mod catalogue;
mod channel;
pub mod config;
pub mod console;
pub mod error;
pub mod face;
pub mod hosts;
mod keys;
mod lists;
pub mod logger;
pub mod music;
pub mod overlay;
pub mod pairing;
mod panel;
mod parked;
mod report;
mod resident;
mod running;
pub mod settings;
mod settling;
pub mod stock;
pub mod supervise;
pub mod system;
