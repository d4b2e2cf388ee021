//! Brightness: a channel of a PWM controller, through the kernel's files.
//!
//! linux-embedded-hal offers no PWM, and the one crate for these files is unkept; they are five writes. A channel that is
//! not there is no error: the LED is then switched on and off by its line.

use std::fs;
use std::path::{Path, PathBuf};

use embedded_hal::pwm::{ErrorType, SetDutyCycle};

use crate::event::Problem;
use crate::wiring::Pwm;

/// Where the kernel shows PWM controllers (Documentation/driver-api/pwm.rst).
const CLASS: &str = "/sys/class/pwm";

/// Period, ns: 1 kHz, above what an eye or a camera sees, and far below what the controllers can do.
const PERIOD_NS: u32 = 1_000_000;

/// A channel that runs.
pub(crate) struct SysfsPwm {
    folder: PathBuf,
}

impl SysfsPwm {
    /// The channel, dark and running; `None` if the system has none or gives it to somebody else.
    pub(crate) fn open(wanted: &Pwm) -> Option<Self> {
        Self::open_in(Path::new(CLASS), wanted)
    }

    fn open_in(class: &Path, wanted: &Pwm) -> Option<Self> {
        let chips = fs::read_dir(class).ok()?;
        let chip = chips.flatten().map(|entry| entry.path()).find(|path| {
            let device = fs::read_link(path.join("device")).ok();
            device.is_some_and(|device| device.file_name().is_some_and(|name| name.to_string_lossy() == wanted.device))
        })?;
        let folder = chip.join(format!("pwm{}", wanted.channel));
        if !folder.is_dir() {
            fs::write(chip.join("export"), wanted.channel.to_string()).ok()?;
        }
        let pwm = Self { folder };
        // A duty above the period is refused, so that a shorter period than before needs the duty to be reset first;
        // on a fresh channel that write is refused, which does not matter.
        let _ = pwm.write("duty_cycle", 0);
        pwm.write("period", PERIOD_NS).ok()?;
        pwm.write("duty_cycle", 0).ok()?;
        pwm.write("enable", 1).ok()?;
        Some(pwm)
    }

    fn write(&self, file: &str, value: u32) -> Result<(), Problem> {
        fs::write(self.folder.join(file), value.to_string())
            .map_err(|error| Problem::Device(error.raw_os_error().unwrap_or_default()))
    }
}

impl ErrorType for SysfsPwm {
    type Error = Problem;
}

impl SetDutyCycle for SysfsPwm {
    fn max_duty_cycle(&self) -> u16 {
        1_000
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), Problem> {
        self.write("duty_cycle", PERIOD_NS / 1_000 * u32::from(duty))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(device: &str) -> tempfile::TempDir {
        let class = tempfile::tempdir().unwrap();
        let channel = class.path().join("pwmchip4/pwm1");
        fs::create_dir_all(&channel).unwrap();
        std::os::unix::fs::symlink(format!("../../../{device}"), class.path().join("pwmchip4/device")).unwrap();
        class
    }

    #[test]
    fn a_channel_is_found_by_its_controllers_name_and_started_dark() {
        let class = class("fe20c000.pwm");
        let wanted = Pwm { device: "fe20c000.pwm".to_owned(), channel: 1 };
        let mut pwm = SysfsPwm::open_in(class.path(), &wanted).unwrap();
        let read = |file: &str| fs::read_to_string(class.path().join("pwmchip4/pwm1").join(file)).unwrap();
        assert_eq!([read("period"), read("duty_cycle"), read("enable")], ["1000000", "0", "1"]);
        pwm.set_duty_cycle_fraction(51, 255).unwrap();
        assert_eq!(read("duty_cycle"), "200000");
        let other = Pwm { device: "3f20c000.pwm".to_owned(), channel: 1 };
        assert!(SysfsPwm::open_in(class.path(), &other).is_none());
        assert!(SysfsPwm::open_in(Path::new("/nonexistent"), &wanted).is_none());
    }
}
