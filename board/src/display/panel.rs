//! Pictures to the glass: the only file that names the display's driver.
//!
//! Sends only what changed: a whole picture takes 25 ms on the bus (1 kB at 400 kHz, with addresses and acknowledgements).

use embedded_hal::i2c::{Error as _, ErrorKind, I2c};
use ssd1306::mode::{BufferedGraphicsMode, DisplayConfig};
use ssd1306::prelude::{Brightness, DisplayRotation, DisplaySize128x64, I2CInterface};
use ssd1306::{I2CDisplayInterface, Ssd1306};

use super::frame::{Frame, HEIGHT, WIDTH};
use crate::event::Problem;

/// Does nothing (SSD1306 data sheet, table 9-1), but is acknowledged by a display that is there.
const NO_OPERATION: [u8; 2] = [0x00, 0xe3];

/// Lowest contrast that is used; with none a display is still seen in the dark.
const CONTRAST_MIN: u8 = 1;

/// A display that answers.
pub(super) struct Panel<B> {
    driver: Ssd1306<I2CInterface<B>, DisplaySize128x64, BufferedGraphicsMode<DisplaySize128x64>>,
    shown: Frame,
    /// Brightness that it has, percent.
    percent: Option<u8>,
}

impl<B: I2c> Panel<B> {
    /// Starts the display at `address`, blank.
    ///
    /// # Errors
    /// [`Problem::Missing`] if nothing answers there.
    pub(super) fn start(mut bus: B, address: u8) -> Result<Self, Problem> {
        bus.write(address, &NO_OPERATION).map_err(|error| match error.kind() {
            // Wires that are held down.
            ErrorKind::Bus | ErrorKind::ArbitrationLoss => Problem::Device(rustix::io::Errno::IO.raw_os_error()),
            // Nobody acknowledged; a Pi's controller has a number of its own for that, which has no name here.
            _ => Problem::Missing,
        })?;
        let interface = I2CDisplayInterface::new_custom_address(bus, address);
        let driver = Ssd1306::new(interface, DisplaySize128x64, DisplayRotation::Rotate0);
        let mut driver = driver.into_buffered_graphics_mode();
        driver.init().and_then(|()| driver.set_display_on(false)).and_then(|()| driver.flush()).map_err(gone)?;
        Ok(Self { driver, shown: Frame::default(), percent: Some(0) })
    }

    /// Shows `frame`, as bright as `percent`; 0 is off.
    ///
    /// # Errors
    /// [`Problem::Gone`] if it does not answer any more.
    pub(super) fn show(&mut self, frame: &Frame, percent: u8) -> Result<(), Problem> {
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let lit = frame.is_lit(x, y);
                if lit != self.shown.is_lit(x, y) {
                    self.driver.set_pixel(x as u32, y as u32, lit);
                }
            }
        }
        self.driver.flush().map_err(gone)?;
        self.shown = frame.clone();
        if self.percent != Some(percent) {
            let contrast = u16::from(percent.min(100)) * 255 / 100;
            let brightness = Brightness::custom(2, (contrast as u8).max(CONTRAST_MIN));
            self.driver
                .set_brightness(brightness)
                .and_then(|()| self.driver.set_display_on(percent > 0))
                .map_err(gone)?;
            self.percent = Some(percent);
        }
        Ok(())
    }
}

/// The driver does not say why a write failed; it worked before.
fn gone<E>(_: E) -> Problem {
    Problem::Gone
}
