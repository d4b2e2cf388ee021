//! What is wired on this very box: a board of the table with the configuration's changes, checked.
//!
//! Decides nothing by looking at pins: a wire that is missing is found when the line is opened.

mod error;
#[cfg(test)]
mod tests;

use std::fs;

use crate::config::{Config, PinConfig};
use crate::function::Function;
use crate::table::{Active, Board, Header, Pull, Row, TABLE};

pub use error::Error;

/// What the room talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Real pins.
    Gpio,
    /// Simulated ones.
    Sim,
    /// Nothing.
    None,
}

/// One wire to a line of the chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// What for.
    pub function: Function,
    /// Line of the chip.
    pub line: u32,
    /// Pin of the header; `None` where there is no header.
    pub header: Option<u8>,
    /// The level that means pressed or lit.
    pub active: Active,
    /// The resistor inside the chip.
    pub pull: Pull,
    /// PWM that reaches the line.
    pub pwm: Option<Pwm>,
}

/// A channel of a PWM controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pwm {
    /// Name of the controller's device.
    pub device: String,
    /// Channel of the controller.
    pub channel: u32,
}

/// Where the display is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Display {
    /// Device file of the bus.
    pub bus: String,
    /// Address on the bus.
    pub address: u8,
    /// Header pins of data and clock, if the table knows them.
    pub header: Option<(u8, u8)>,
}

/// Everything that is wired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wiring {
    /// What the room talks to.
    pub kind: Kind,
    /// The board's name, for people.
    pub title: String,
    /// Label of the GPIO chip.
    pub chip: String,
    /// The wires, in the order of the table.
    pub pins: Vec<Pin>,
    /// The display, if one is wanted.
    pub display: Option<Display>,
    /// A ground pin of the header, for advice.
    pub ground: Option<u8>,
}

/// What the machine calls itself in its device tree; nothing on a machine without one.
pub fn machine() -> Vec<String> {
    let bytes = fs::read("/sys/firmware/devicetree/base/compatible").unwrap_or_default();
    bytes
        .split(|&byte| byte == 0)
        .filter(|name| !name.is_empty())
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect()
}

impl Wiring {
    /// A wiring without anything.
    pub fn none() -> Self {
        let title = "no board".to_owned();
        Self { kind: Kind::None, title, chip: String::new(), pins: Vec::new(), display: None, ground: None }
    }

    /// What `config` makes of the board it names, or of the one that `machine` names (see [`machine`]).
    ///
    /// # Errors
    /// A value out of range, or pins that cannot be as they are configured.
    pub fn resolve(config: &Config, machine: &[String]) -> Result<Self, Error> {
        config.check().map_err(Error::Config)?;
        let (kind, board) = match config.board.as_str() {
            "none" => return Ok(Self::none()),
            "sim" => (Kind::Sim, &TABLE.board[0]),
            "auto" => match TABLE.detect(machine) {
                Some(board) => (Kind::Gpio, board),
                None => {
                    let known = TABLE.names();
                    log::info!("board: this machine ({machine:?}) is not in the table ({known}): simulated pins");
                    (Kind::Sim, &TABLE.board[0])
                }
            },
            name => match TABLE.board(name) {
                Some(board) => (Kind::Gpio, board),
                None => return Ok(Self::none()),
            },
        };
        let mut wiring = Self::of(board, config)?;
        wiring.kind = kind;
        if kind == Kind::Sim {
            wiring.title = "simulated board".to_owned();
        }
        Ok(wiring)
    }

    fn of(board: &Board, config: &Config) -> Result<Self, Error> {
        let Some((header, layout)) = TABLE.parts(board) else { return Ok(Self::none()) };
        let mut display = layout.display.clone().filter(|_| config.display != "none");
        let elsewhere = config.display.starts_with("/dev/");
        // Which lines another bus needs is not known here.
        let occupied: Vec<u32> = match &display {
            Some(row) if !elsewhere => vec![row.data, row.clock],
            _ => Vec::new(),
        };
        let mut pins: Vec<Pin> = Vec::new();
        for function in Function::ALL {
            let row = layout.pins.iter().find(|row| row.function == function.name());
            let change = config.pins.get(function.name()).copied().unwrap_or_default();
            let touched = config.pins.contains_key(function.name());
            if change.wired == Some(false) || (row.is_none() && !touched) {
                continue;
            }
            pins.push(pin(board, function, row, change).ok_or_else(|| Error::LineMissing {
                board: board.name.clone(),
                function,
                free: free(header, &pins, &occupied),
            })?);
        }
        for at in 0..pins.len() {
            check(board, header, &pins, at, &occupied)?;
        }
        if !config.pwm {
            pins.iter_mut().for_each(|pin| pin.pwm = None);
        }
        let missing = |half| !pins.iter().any(|pin| pin.function == half);
        for (half, other) in [(Function::RotaryA, Function::RotaryB), (Function::RotaryB, Function::RotaryA)] {
            if missing(half) && !missing(other) {
                return Err(Error::HalfRotary { board: board.name.clone(), missing: half });
            }
        }
        for pin in &mut pins {
            pin.header = header.pins.get(&pin.line).copied().filter(|&number| number > 0);
        }
        let header_of = |line| header.pins.get(&line).copied();
        let at = display.as_ref().filter(|_| !elsewhere).and_then(|row| header_of(row.data).zip(header_of(row.clock)));
        let bus = if elsewhere { Some(config.display.clone()) } else { display.take().map(|row| row.bus) };
        Ok(Self {
            kind: Kind::Gpio,
            title: board.title.clone(),
            chip: if config.chip.is_empty() { board.chip.clone() } else { config.chip.clone() },
            pins,
            display: bus.map(|bus| Display { bus, address: config.display_address, header: at }),
            ground: header.ground.first().copied(),
        })
    }

    /// The wire of a function.
    pub fn pin(&self, function: Function) -> Option<&Pin> {
        self.pins.iter().find(|pin| pin.function == function)
    }
}

/// The table's row with the configuration's changes; `None` if neither names a line.
fn pin(board: &Board, function: Function, row: Option<&Row>, change: PinConfig) -> Option<Pin> {
    let line = change.line.or(row.map(|row| row.line))?;
    let (active, pull) = if function.is_output() { (Active::High, Pull::None) } else { (Active::Low, Pull::Up) };
    // PWM reaches the line of the table, not another one.
    let channel = row.filter(|row| row.line == line).and_then(|row| row.pwm);
    let pwm = channel.zip(board.pwm.clone()).map(|(channel, device)| Pwm { device, channel });
    Some(Pin {
        function,
        line,
        header: None,
        active: change.active.or(row.map(|row| row.active)).unwrap_or(active),
        pull: change.pull.or(row.map(|row| row.pull)).unwrap_or(pull),
        pwm,
    })
}

/// Whether the line of `pins[at]` exists and is its alone.
fn check(board: &Board, header: &Header, pins: &[Pin], at: usize, occupied: &[u32]) -> Result<(), Error> {
    let Pin { function, line, .. } = pins[at];
    if !header.pins.contains_key(&line) {
        let allowed = list(header.pins.keys().copied());
        return Err(Error::NoSuchLine { board: board.name.clone(), function, line, allowed });
    }
    let other = pins[..at].iter().find(|pin| pin.line == line).map(|pin| pin.function.to_string());
    let other = other.or_else(|| occupied.contains(&line).then(|| "the display".to_owned()));
    match other {
        None => Ok(()),
        Some(first) => Err(Error::LineTwice {
            board: board.name.clone(),
            line,
            first,
            second: function.to_string(),
            free: free(header, pins, occupied),
        }),
    }
}

/// The header's lines that nothing uses.
fn free(header: &Header, pins: &[Pin], occupied: &[u32]) -> String {
    let used = |line: &u32| occupied.contains(line) || pins.iter().any(|pin| pin.line == *line);
    list(header.pins.keys().copied().filter(|line| !used(line)))
}

fn list(lines: impl Iterator<Item = u32>) -> String {
    lines.map(|line| line.to_string()).collect::<Vec<_>>().join(", ")
}
