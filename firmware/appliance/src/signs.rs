//! Signs that units leave where the box's own network is not as it should be: rules that could not be loaded, and a radio that
//! has not come up because a file of its firmware is missing.
//!
//! Reads small files, and mends nothing.

use std::fs;
use std::path::{Path, PathBuf};

use crate::facts::NetworkTrouble;

/// Where `partybox-firewall` says that it has failed, below `/run`.
pub const RULES: &str = "partybox-firewall/state";

/// Where `partybox-radio-firmware` names files that are missing, one a line, below `/run`.
pub const FIRMWARE: &str = "partybox-radio-firmware/missing";

/// Most files that are named, and the longest name, letters: what a display and a page can show.
const FILES_MAX: usize = 4;
const NAME_CHARS_MAX: usize = 100;

/// The signs below one folder.
#[derive(Clone, Debug)]
pub(crate) struct Signs {
    run: PathBuf,
    logged: Option<NetworkTrouble>,
}

impl Signs {
    pub(crate) fn new(run: &Path) -> Self {
        Self { run: run.to_owned(), logged: None }
    }

    /// Returns what is wrong, where `has_radio` says whether there is an access point, and logs a change of that.
    pub(crate) fn poll(&mut self, has_radio: bool) -> Option<NetworkTrouble> {
        let read = |name: &str| fs::read_to_string(self.run.join(name)).unwrap_or_default();
        let trouble = if read(RULES).trim() == "failed" {
            Some(NetworkTrouble::NoRules)
        } else {
            // Who has another radio misses nothing.
            let files = if has_radio { String::new() } else { read(FIRMWARE) };
            let named = files.lines().map(|line| line.trim().chars().take(NAME_CHARS_MAX).collect::<String>());
            let files: Vec<String> = named.filter(|line| !line.is_empty()).take(FILES_MAX).collect();
            (!files.is_empty()).then_some(NetworkTrouble::NoFirmware { files })
        };
        if trouble != self.logged {
            match &trouble {
                None => log::info!("the box's own network is as it should be again"),
                Some(NetworkTrouble::NoRules) => {
                    log::error!("the rules for guests cannot be loaded: cables stay apart, and nothing is forwarded");
                }
                Some(NetworkTrouble::NoFirmware { files }) => {
                    log::error!("there is no radio, because its firmware is missing: {}", files.join(", "));
                }
            }
            self.logged.clone_from(&trouble);
        }
        trouble
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_units_say_is_told_as_long_as_it_holds() {
        let run = tempfile::tempdir().unwrap();
        let mut signs = Signs::new(run.path());
        assert_eq!(signs.poll(false), None);
        for name in [RULES, FIRMWARE] {
            fs::create_dir_all(run.path().join(name).parent().unwrap()).unwrap();
        }
        let missing = "brcm/brcmfmac43436-sdio.bin\n\nbrcm/x.txt\n";
        fs::write(run.path().join(FIRMWARE), missing).unwrap();
        let files = vec!["brcm/brcmfmac43436-sdio.bin".to_owned(), "brcm/x.txt".to_owned()];
        assert_eq!(signs.poll(false), Some(NetworkTrouble::NoFirmware { files }));
        assert_eq!(signs.poll(true), None, "another radio has come");
        fs::write(run.path().join(RULES), "failed\n").unwrap();
        assert_eq!(signs.poll(true), Some(NetworkTrouble::NoRules));
        fs::remove_file(run.path().join(RULES)).unwrap();
        fs::write(run.path().join(FIRMWARE), "x\n".repeat(1_000)).unwrap();
        let many = signs.poll(false);
        assert!(matches!(&many, Some(NetworkTrouble::NoFirmware { files }) if files.len() == FILES_MAX), "{many:?}");
    }
}
