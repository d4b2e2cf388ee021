//! A simulated I2C bus with an SSD1306-class display on it, which understands the commands that a driver sends.
//!
//! Source: SSD1306 data sheet rev. 1.1, section 9 (command table) and 10.1. Scrolling is accepted and not shown.

use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation, SevenBitAddress};

use super::Sim;
use crate::display::frame::{Frame, HEIGHT, WIDTH};
use crate::handle::lock;

const PAGES: usize = HEIGHT / 8;

/// The display's controller: its memory and its settings.
#[derive(Clone, Debug)]
pub(crate) struct Oled {
    memory: [[u8; WIDTH]; PAGES],
    on: bool,
    charge_pump: bool,
    inverted: bool,
    all_lit: bool,
    /// Columns are mirrored (A1h) and rows are (C8h): the usual modules are mounted so that both are needed.
    columns_mirrored: bool,
    rows_mirrored: bool,
    columns: (usize, usize),
    pages: (usize, usize),
    column: usize,
    page: usize,
    /// Light, 0 to 255.
    pub(crate) contrast: u8,
    /// Commands that the data sheet does not have.
    pub(crate) unknown: Vec<u8>,
    pending: Vec<u8>,
}

impl Default for Oled {
    /// After reset.
    fn default() -> Self {
        Self {
            memory: [[0; WIDTH]; PAGES],
            on: false,
            charge_pump: false,
            inverted: false,
            all_lit: false,
            columns_mirrored: false,
            rows_mirrored: false,
            columns: (0, WIDTH - 1),
            pages: (0, PAGES - 1),
            column: 0,
            page: 0,
            contrast: 0x7f,
            unknown: Vec::new(),
            pending: Vec::new(),
        }
    }
}

impl Oled {
    /// Takes what is written to its address: a control byte, then commands or data.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        match bytes.split_first() {
            Some((0x40, data)) => data.iter().for_each(|byte| self.data(*byte)),
            Some((0x00, commands)) => commands.iter().for_each(|byte| self.command(*byte)),
            Some((control, _)) => self.unknown.push(*control),
            None => {}
        }
    }

    /// What a person sees: dark while it is off or its charge pump is.
    pub(crate) fn seen(&self) -> Frame {
        let mut frame = Frame::default();
        if !self.on || !self.charge_pump {
            return frame;
        }
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                // A module's glass is mounted so that both mirrored is upright.
                let column = if self.columns_mirrored { x } else { WIDTH - 1 - x };
                let row = if self.rows_mirrored { y } else { HEIGHT - 1 - y };
                let lit = self.memory[row / 8][column] >> (row % 8) & 1 == 1;
                frame.set(x, y, self.all_lit || lit != self.inverted);
            }
        }
        frame
    }

    fn data(&mut self, byte: u8) {
        self.memory[self.page][self.column] = byte;
        self.column += 1;
        if self.column > self.columns.1 {
            self.column = self.columns.0;
            self.page = if self.page >= self.pages.1 { self.pages.0 } else { self.page + 1 };
        }
    }

    fn command(&mut self, byte: u8) {
        self.pending.push(byte);
        let operands = match self.pending[0] {
            0x20 | 0x81 | 0x8d | 0xa8 | 0xd3 | 0xd5 | 0xd9 | 0xda | 0xdb => 1,
            0x21 | 0x22 => 2,
            _ => 0,
        };
        if self.pending.len() <= operands {
            return;
        }
        let command = std::mem::take(&mut self.pending);
        let operand = |at: usize, most: usize| usize::from(command[at]).min(most);
        match command[0] {
            0x21 => {
                self.columns = (operand(1, WIDTH - 1), operand(2, WIDTH - 1));
                self.column = self.columns.0;
            }
            0x22 => {
                self.pages = (operand(1, PAGES - 1), operand(2, PAGES - 1));
                self.page = self.pages.0;
            }
            0x81 => self.contrast = command[1],
            0x8d => self.charge_pump = command[1] & 0x04 != 0,
            0xa0 | 0xa1 => self.columns_mirrored = command[0] == 0xa1,
            0xa4 | 0xa5 => self.all_lit = command[0] == 0xa5,
            0xa6 | 0xa7 => self.inverted = command[0] == 0xa7,
            0xae | 0xaf => self.on = command[0] == 0xaf,
            0xc0 | 0xc8 => self.rows_mirrored = command[0] == 0xc8,
            // Horizontal addressing is the only one that is simulated.
            0x20 if command[1] == 0 => {}
            // Timing, voltages, first line, geometry, no scrolling, no operation.
            0x40..=0x7f | 0xa8 | 0xd3 | 0xd5 | 0xd9 | 0xda | 0xdb | 0x2e | 0xe3 => {}
            other => self.unknown.push(other),
        }
    }
}

/// The bus of a simulated board; the display answers at one address.
pub(crate) struct SimBus {
    pub(crate) sim: Sim,
    pub(crate) address: u8,
}

impl ErrorType for SimBus {
    type Error = ErrorKind;
}

impl I2c<SevenBitAddress> for SimBus {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
        let nobody = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address);
        if address != self.address || !lock(&self.sim.inner.state).present {
            return Err(nobody);
        }
        self.sim.change(|state| {
            let before = state.oled.seen();
            for operation in operations {
                match operation {
                    Operation::Write(bytes) => state.oled.write(bytes),
                    // Its status: off or on.
                    Operation::Read(bytes) => bytes.fill(0),
                }
            }
            state.oled.seen() != before
        });
        Ok(())
    }
}
