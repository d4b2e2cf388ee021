//! The boards that are known, read from `boards.toml`, which is part of the program.
//!
//! The table as it stands in the file; what a configuration makes of it is in [`crate::wiring`].

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// The file, as it was when the program was built.
const TEXT: &str = include_str!("../boards.toml");

/// Everything in the table.
pub(crate) static TABLE: LazyLock<Table> = LazyLock::new(|| parse(TEXT).expect("a test reads the embedded table"));

/// The electrical level that means pressed or lit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Active {
    /// 0 V.
    Low,
    /// The supply, 3.3 V.
    High,
}

/// The resistor inside the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pull {
    /// None.
    None,
    /// To the supply.
    Up,
    /// To ground.
    Down,
}

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    pub(crate) header: Vec<Header>,
    pub(crate) layout: Vec<Layout>,
    pub(crate) board: Vec<Board>,
}

/// Where lines come out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) source: String,
    /// Line to header pin; 0 where there is no header.
    #[serde(deserialize_with = "numbered")]
    pub(crate) pins: BTreeMap<u32, u8>,
    #[serde(default)]
    pub(crate) ground: Vec<u8>,
    #[serde(default)]
    pub(crate) power: Vec<u8>,
}

/// What is wired where.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layout {
    pub(crate) name: String,
    pub(crate) pins: Vec<Row>,
    pub(crate) display: Option<DisplayRow>,
}

/// One wire.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) function: String,
    pub(crate) line: u32,
    pub(crate) active: Active,
    pub(crate) pull: Pull,
    /// The PWM channel that reaches the line.
    pub(crate) pwm: Option<u32>,
}

/// The display's wires.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DisplayRow {
    pub(crate) bus: String,
    pub(crate) data: u32,
    pub(crate) clock: u32,
}

/// One kind of board.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Board {
    pub(crate) name: String,
    pub(crate) title: String,
    /// Names in the device tree.
    pub(crate) compatible: Vec<String>,
    /// Label of the GPIO chip whose lines are meant.
    pub(crate) chip: String,
    /// Name of the PWM controller's device.
    pub(crate) pwm: Option<String>,
    pub(crate) header: String,
    pub(crate) layout: String,
    pub(crate) source: String,
}

impl Table {
    /// The board of this name.
    pub(crate) fn board(&self, name: &str) -> Option<&Board> {
        self.board.iter().find(|board| board.name == name)
    }

    /// The board that calls itself one of `compatible`.
    pub(crate) fn detect(&self, compatible: &[String]) -> Option<&Board> {
        self.board.iter().find(|board| board.compatible.iter().any(|name| compatible.contains(name)))
    }

    /// A board's header and layout. A test shows that every board has both.
    pub(crate) fn parts(&self, board: &Board) -> Option<(&Header, &Layout)> {
        let header = self.header.iter().find(|header| header.name == board.header)?;
        let layout = self.layout.iter().find(|layout| layout.name == board.layout)?;
        Some((header, layout))
    }

    /// The names of all boards, for messages.
    pub(crate) fn names(&self) -> String {
        self.board.iter().map(|board| board.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// Reads a table.
fn parse(text: &str) -> Result<Table, toml::de::Error> {
    toml::from_str(text)
}

/// TOML's keys are texts; these are line numbers.
fn numbered<'de, D: serde::Deserializer<'de>>(from: D) -> Result<BTreeMap<u32, u8>, D::Error> {
    let texts = BTreeMap::<String, u8>::deserialize(from)?;
    let number = |(line, pin): (String, u8)| line.parse().map(|line| (line, pin)).map_err(serde::de::Error::custom);
    texts.into_iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_board_of_the_table_has_its_header_and_layout() {
        for board in &TABLE.board {
            assert!(TABLE.parts(board).is_some(), "{}", board.name);
        }
    }

    #[test]
    fn a_board_is_known_by_its_device_tree() {
        let seen = |name: &str| TABLE.detect(&[name.to_owned(), "brcm,bcm2711".to_owned()]).map(|b| b.name.as_str());
        assert_eq!(seen("raspberrypi,4-model-b"), Some("pi-4b"));
        assert_eq!(seen("raspberrypi,3-model-b-plus"), Some("pi-3b"));
        assert_eq!(seen("linux,dummy-virt"), Some("qemu-virt"));
        assert_eq!(seen("somebody,else"), None);
    }

    #[test]
    fn the_fifth_board_has_its_header_on_another_chip() {
        let chips: Vec<&str> = TABLE.board.iter().map(|board| board.chip.as_str()).collect();
        assert_eq!(chips, ["pinctrl-bcm2835", "pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1", "9030000.pl061"]);
    }
}
