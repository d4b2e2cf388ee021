//! The real I2C bus: the only file that names linux-embedded-hal.

use std::io;

use linux_embedded_hal::I2cdev;
use linux_embedded_hal::i2cdev::linux::LinuxI2CError;

use crate::event::Problem;

/// Opens a bus by its device file.
///
/// # Errors
/// [`Problem::Missing`] if the system has no such bus.
pub(super) fn open(path: &str) -> Result<I2cdev, Problem> {
    I2cdev::new(path).map_err(|error| {
        let error = match error {
            LinuxI2CError::Errno(number) => io::Error::from_raw_os_error(number),
            LinuxI2CError::Io(error) => error,
        };
        match error.kind() {
            io::ErrorKind::NotFound => Problem::Missing,
            io::ErrorKind::PermissionDenied => Problem::Denied,
            io::ErrorKind::ResourceBusy => Problem::Busy,
            _ => error.raw_os_error().map_or(Problem::Missing, Problem::Device),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_that_is_not_there_is_missing() {
        assert!(matches!(open("/dev/i2c-that-is-not-there"), Err(Problem::Missing)));
    }
}
