//! Voltage, temperature and slowing down, from what a mainline kernel says in `/sys`.
//!
//! `rpi_volt` is the driver `raspberrypi-hwmon`: it asks the Pi's firmware every two seconds whether the voltage was too
//! low since it last asked. Debian's kernels are built without it (`CONFIG_SENSORS_RASPBERRYPI_HWMON`), Raspberry Pi's own
//! with it: without the driver the undervoltage is unknown (`None`). No Pi before the fifth measures the voltage
//! itself. Only reads; a file in `/sys` never waits for a device here.

use std::fs;
use std::path::{Path, PathBuf};

use crate::facts::Power;

/// From here on the host is warned politely: a Pi slows itself down from 80 °C (Raspberry Pi's documentation, "Frequency
/// management and thermal control").
const WARM_C: f32 = 75.0;

/// From here on the Pi's own firmware slows it down, which the kernel does not see.
const HOT_C: f32 = 80.0;

/// Largest file here, bytes; what is longer is no number.
const FILE_BYTES_MAX: usize = 64;

/// Where the numbers are, once found; what has not been found is searched again at each reading.
#[derive(Debug)]
pub(crate) struct Meter {
    sys: PathBuf,
    alarm: Option<PathBuf>,
    volt: Option<PathBuf>,
    temperature: Option<PathBuf>,
    coolers: Vec<PathBuf>,
    undervoltage_seen: bool,
}

impl Meter {
    /// Returns a meter that reads below `sys`, which is `/sys` but in tests.
    pub(crate) fn new(sys: &Path) -> Self {
        let sys = sys.to_owned();
        Self { sys, alarm: None, volt: None, temperature: None, coolers: Vec::new(), undervoltage_seen: false }
    }

    /// Reads the power facts; `None` on a machine that says nothing of them.
    pub(crate) fn read(&mut self) -> Option<Power> {
        if self.alarm.is_none() || self.temperature.is_none() {
            self.find();
        }
        let undervoltage = self.alarm.as_deref().and_then(number).map(|alarm| alarm > 0.0);
        // Whole degrees: every change goes to every page.
        let temperature_c = self.temperature.as_deref().and_then(number).map(|milli| (milli / 1_000.0).round());
        if undervoltage.is_none() && temperature_c.is_none() {
            return None;
        }
        let is_too_low = undervoltage == Some(true);
        self.undervoltage_seen |= is_too_low;
        let is_cooled = self.coolers.iter().any(|cooler| number(cooler).is_some_and(|step| step > 0.0));
        let throttled = is_cooled || temperature_c.is_some_and(|degrees| degrees >= HOT_C);
        let is_warm = temperature_c.is_some_and(|degrees| degrees >= WARM_C);
        Some(Power {
            undervoltage,
            undervoltage_seen: self.undervoltage_seen,
            throttled,
            temperature_c,
            volt: self.volt.as_deref().and_then(number).map(|milli| milli / 1_000.0),
            // The most pressing one.
            warning: match (is_too_low, throttled, is_warm) {
                (true, ..) => Some("undervoltage"),
                (_, true, _) => Some("throttled"),
                (_, _, true) => Some("hot"),
                _ => None,
            },
        })
    }

    fn find(&mut self) {
        for hwmon in folders(&self.sys.join("class/hwmon")) {
            if text(&hwmon.join("name")).is_some_and(|name| name == "rpi_volt") {
                self.alarm = Some(hwmon.join("in0_lcrit_alarm"));
                self.volt = Some(hwmon.join("in0_input")).filter(|path| path.exists());
            }
        }
        self.coolers.clear();
        for thermal in folders(&self.sys.join("class/thermal")) {
            match text(&thermal.join("type")).as_deref() {
                Some("cpu-thermal") => self.temperature = Some(thermal.join("temp")),
                Some(kind) if kind.contains("cpufreq") => self.coolers.push(thermal.join("cur_state")),
                _ => {}
            }
        }
    }
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    found.sort();
    found
}

fn text(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok().filter(|text| text.len() <= FILE_BYTES_MAX)?;
    Some(text.trim().to_owned())
}

fn number(path: &Path) -> Option<f32> {
    text(path)?.parse().ok().filter(|number: &f32| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(sys: &Path, path: &str, text: &str) {
        let path = sys.join("class").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn pi() -> tempfile::TempDir {
        let sys = tempfile::tempdir().unwrap();
        write(sys.path(), "hwmon/hwmon0/name", "cpu_thermal\n");
        write(sys.path(), "hwmon/hwmon1/name", "rpi_volt\n");
        write(sys.path(), "hwmon/hwmon1/in0_lcrit_alarm", "0\n");
        write(sys.path(), "thermal/thermal_zone0/type", "cpu-thermal\n");
        write(sys.path(), "thermal/thermal_zone0/temp", "51540\n");
        write(sys.path(), "thermal/cooling_device0/type", "cpufreq-cpu0\n");
        write(sys.path(), "thermal/cooling_device0/cur_state", "0\n");
        sys
    }

    #[test]
    fn a_pi_that_is_well_says_so() {
        let sys = pi();
        let power = Meter::new(sys.path()).read().expect("a Pi");
        assert_eq!(power.temperature_c, Some(52.0));
        assert_eq!((power.undervoltage, power.throttled, power.warning, power.volt), (Some(false), false, None, None));
    }

    #[test]
    fn low_voltage_is_remembered_and_comes_first() {
        let sys = pi();
        let mut meter = Meter::new(sys.path());
        write(sys.path(), "hwmon/hwmon1/in0_lcrit_alarm", "1\n");
        write(sys.path(), "thermal/thermal_zone0/temp", "90000\n");
        assert_eq!(meter.read().unwrap().warning, Some("undervoltage"));
        write(sys.path(), "hwmon/hwmon1/in0_lcrit_alarm", "0\n");
        let after = meter.read().unwrap();
        assert_eq!(after.undervoltage, Some(false));
        assert!(after.undervoltage_seen && after.throttled);
        assert_eq!(after.warning, Some("throttled"));
    }

    #[test]
    fn heat_is_reported_before_and_after_it_hurts() {
        let sys = pi();
        let mut meter = Meter::new(sys.path());
        for (milli, step, warning) in [
            ("74400", "0", None),
            ("75000", "0", Some("hot")),
            ("80000", "0", Some("throttled")),
            ("60000", "1", Some("throttled")),
        ] {
            write(sys.path(), "thermal/thermal_zone0/temp", milli);
            write(sys.path(), "thermal/cooling_device0/cur_state", step);
            assert_eq!(meter.read().unwrap().warning, warning, "{milli} {step}");
        }
    }

    #[test]
    fn a_machine_that_says_nothing_has_no_panel_and_one_that_lies_is_not_believed() {
        let nothing = tempfile::tempdir().unwrap();
        assert_eq!(Meter::new(nothing.path()).read(), None);
        let sys = pi();
        write(sys.path(), "thermal/thermal_zone0/temp", &"9".repeat(100));
        write(sys.path(), "hwmon/hwmon1/in0_lcrit_alarm", "nan");
        assert_eq!(Meter::new(sys.path()).read(), None);
    }

    #[test]
    fn a_sensor_that_comes_late_is_found() {
        let sys = tempfile::tempdir().unwrap();
        let mut meter = Meter::new(sys.path());
        assert_eq!(meter.read(), None);
        write(sys.path(), "thermal/thermal_zone3/type", "cpu-thermal\n");
        write(sys.path(), "thermal/thermal_zone3/temp", "40000\n");
        let power = meter.read().unwrap();
        assert_eq!((power.temperature_c, power.undervoltage), (Some(40.0), None), "nothing measures the supply");
    }
}
