//! Looking at the machine: which needs are met, which distribution it is, who is asking. Changes nothing.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use crate::build;
use crate::packages::{For, NEEDS, Need, Sign};
use crate::places;
use crate::plan::{Consent, Facts, Family};

/// Searched after `PATH`: a person's path often lacks the administrator's folders, where servers live.
const MORE_PROGRAM_FOLDERS: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// Gathers the facts for everything that is needed for `purposes`. `yes` is the caller's `--yes`.
pub(crate) fn facts(purposes: &[For], yes: bool) -> Facts {
    let wanted = NEEDS.iter().filter(|need| purposes.contains(&need.needed));
    Facts {
        family: family(&fs::read_to_string("/etc/os-release").unwrap_or_default(), find("apt-get").is_some()),
        root: is_root(),
        sudo: find("sudo").is_some(),
        rustup: find("rustup").is_some(),
        consent: consent(yes),
        missing: wanted.filter(|need| !is_there(need)).collect(),
    }
}

/// Whether nobody looks on, and everything must run.
pub(crate) fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}

fn consent(yes: bool) -> Consent {
    if yes || is_ci() {
        Consent::Given
    } else if std::io::stdin().is_terminal() {
        Consent::Ask
    } else {
        Consent::CannotAsk
    }
}

/// The family by os-release(5) text; what has `apt-get` counts as Debian-like only if it says so itself.
fn family(os_release: &str, apt: bool) -> Family {
    let value = |key: &str| {
        let line = os_release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_default().trim_matches(['"', '\'']).to_owned()
    };
    let words = format!("{} {}", value("ID"), value("ID_LIKE"));
    let is = |names: &[&str]| words.split_whitespace().any(|word| names.contains(&word));
    if apt && is(&["debian", "raspbian", "ubuntu"]) {
        Family::Debian
    } else if is(&["fedora", "rhel", "centos"]) {
        Family::Fedora
    } else if is(&["arch", "archarm"]) {
        Family::Arch
    } else {
        Family::Other
    }
}

/// Whether the effective user is root, by the second number of the `Uid:` line in proc(5).
pub(crate) fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    line.and_then(|line| line.split_whitespace().nth(1)) == Some("0")
}

fn is_there(need: &Need) -> bool {
    match need.sign {
        Sign::Program(names) => names.iter().any(|name| find(name).is_some()),
        Sign::Library(name) => succeeds("pkg-config", &["--exists", name]),
        Sign::Plugin(file) => library_folders().iter().any(|folder| folder.join(file).exists()),
        Sign::File(file) => Path::new(file).exists(),
        Sign::Python(module) => succeeds("python3", &["-c", &format!("import {module}")]),
        Sign::Cargo(command) => succeeds(&build::cargo().to_string_lossy(), &[command, "--version"]),
    }
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The full path of a program.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let more = MORE_PROGRAM_FOLDERS.iter().map(PathBuf::from).chain([places::programs()]);
    env::split_paths(&path).chain(more).map(|folder| folder.join(name)).find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// `/usr/lib64`, `/usr/lib` and the folders directly below it (Debian keeps one per machine type).
fn library_folders() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from("/usr/lib64"), PathBuf::from("/usr/lib")];
    if let Ok(entries) = fs::read_dir("/usr/lib") {
        folders.extend(entries.flatten().map(|entry| entry.path()));
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_is_known_by_its_own_or_its_parents_name() {
        for (text, apt, wanted) in [
            ("ID=debian\n", true, Family::Debian),
            ("NAME=x\nID=raspbian\nID_LIKE=debian\n", true, Family::Debian),
            ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", true, Family::Debian),
            ("ID=debian\n", false, Family::Other),
            ("ID=\"fedora\"\n", false, Family::Fedora),
            ("ID=rocky\nID_LIKE=\"rhel centos fedora\"\n", false, Family::Fedora),
            ("ID=manjaro\nID_LIKE=arch\n", false, Family::Arch),
            ("ID=nixos\n", false, Family::Other),
            ("", true, Family::Other),
        ] {
            assert_eq!(family(text, apt), wanted, "{text:?}");
        }
    }

    #[test]
    fn a_program_is_found_by_name_and_a_folder_or_a_missing_one_is_not() {
        assert!(find("sh").is_some_and(|path| path.is_absolute()));
        assert_eq!(find("partybox-has-no-such-program"), None);
        assert_eq!(find(".."), None);
    }

    #[test]
    fn yes_is_consent_without_a_terminal() {
        assert_eq!(consent(true), Consent::Given);
    }
}
