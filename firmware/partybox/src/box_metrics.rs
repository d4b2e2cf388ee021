//! The numbers of the box as a thing, on the page of metrics.
//!
//! What they mean is in `appliance::facts`.

use appliance::facts::{Facts, Power};
use appliance::state::Counts;
use web::metrics::{Kind, Page};

/// Adds the numbers to a page.
pub(crate) fn metrics(facts: &Facts, page: &mut Page) {
    let help = "Whether what the box is told is lost with the next restart.";
    page.number("forgets", Kind::Gauge, help, u8::from(facts.forgets.is_some()).into());
    let help = "Whether the box's own network lacks its rules, or its radio a file.";
    page.number("network_trouble", Kind::Gauge, help, u8::from(facts.network_trouble.is_some()).into());
    if let Some(power) = &facts.power {
        power_metrics(power, page);
    }
    if let Some(radio) = &facts.radio {
        let mut gauge = |name, help, value: u16| page.number(name, Kind::Gauge, help, value.into());
        gauge("radio_guests", "Phones in the box's own network.", radio.stations);
        gauge("radio_guests_max", "Phones that may be in it.", radio.stations_max);
    }
}

/// Adds what was written down.
pub(crate) fn storage(counts: Counts, page: &mut Page) {
    for (name, help, value) in [
        ("state_commits_total", "Times that the storage was asked to keep what people change.", counts.commits_total),
        ("state_files_total", "Small files that it was given then.", counts.files_total),
        ("state_refused_total", "Those that it refused; they are tried again.", counts.refused_total),
    ] {
        page.number(name, Kind::Counter, help, value as f64);
    }
}

fn power_metrics(power: &Power, page: &mut Page) {
    let mut gauge = |name, help, value: f64| page.number(name, Kind::Gauge, help, value);
    if let Some(is_too_low) = power.undervoltage {
        gauge("undervoltage", "Whether the supply's voltage is too low.", u8::from(is_too_low).into());
        gauge("undervoltage_seen", "Whether it was since the box started.", u8::from(power.undervoltage_seen).into());
    }
    gauge("throttled", "Whether the processor is slowed down because of heat.", u8::from(power.throttled).into());
    if let Some(degrees) = power.temperature_c {
        gauge("temperature_celsius", "Temperature of the processor.", degrees.into());
    }
    if let Some(volt) = power.volt {
        gauge("supply_volts", "Voltage of the supply.", volt.into());
    }
}
