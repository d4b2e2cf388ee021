//! Reading the allow-lists of `image/card`: which packages and files, and which kernel modules, are on the box.
//!
//! Pure. Every entry must say why it is there; that is checked here, and whether it exists when the image is made.

use std::fmt::Write as _;

/// One package and what is taken of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package {
    /// Its name in Debian.
    pub(crate) name: String,
    /// Why it is there.
    pub(crate) why: String,
    /// Patterns of files: taken (`true`) or left out after all.
    pub(crate) files: Vec<(bool, String)>,
}

/// The packages of `packages.list`, or the line that makes no sense and why.
pub(crate) fn packages(text: &str) -> Result<Vec<Package>, String> {
    let mut packages: Vec<Package> = Vec::new();
    for line in lines(text) {
        if let Some(head) = line.strip_prefix('[') {
            let (name, why) = head.split_once(']').ok_or_else(|| format!("{line:?} has no ]"))?;
            let why = why.trim();
            if name.is_empty() || why.is_empty() {
                return Err(format!("{line:?} must name a package and say why it is there"));
            }
            if packages.iter().any(|package| package.name == name) {
                return Err(format!("{name} is listed twice"));
            }
            packages.push(Package { name: name.to_owned(), why: why.to_owned(), files: Vec::new() });
            continue;
        }
        let package = packages.last_mut().ok_or_else(|| format!("{line:?} comes before any package"))?;
        let (taken, pattern) = line.strip_prefix('!').map_or((true, line), |pattern| (false, pattern));
        if pattern.starts_with('/') || pattern.contains("..") || pattern.contains(char::is_whitespace) {
            return Err(format!("{line:?} must be a path within the package, without spaces"));
        }
        package.files.push((taken, pattern.to_owned()));
    }
    Ok(packages)
}

/// What `root.sh` reads: a package and a marked pattern per line.
pub(crate) fn plan(packages: &[Package]) -> String {
    let mut plan = String::new();
    for package in packages {
        for (taken, pattern) in &package.files {
            let mark = if *taken { '+' } else { '-' };
            // Writing to a string cannot fail.
            let _ = writeln!(plan, "{} {mark}{pattern}", package.name);
        }
    }
    plan
}

/// What `root.sh` reads of `modules.list`: marks and a name per line. `.` stands for no marks.
pub(crate) fn modules(text: &str) -> Result<String, String> {
    let mut plan = String::new();
    for line in lines(text) {
        let Some((word, why)) = line.split_once(char::is_whitespace) else {
            return Err(format!("{line:?} must say why it is there"));
        };
        let name = word.trim_start_matches(['?', '+']);
        if name.is_empty() || why.trim().is_empty() {
            return Err(format!("{line:?} must name a module and say why it is there"));
        }
        let _ = writeln!(plan, "{}. {name}", &word[..word.len() - name.len()]);
    }
    Ok(plan)
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_in_the_repository_are_understood() {
        let listed = packages(include_str!("../../card/packages.list")).expect("a good list");
        assert!(listed.iter().any(|package| package.name == "systemd" && package.files.len() > 10));
        assert!(plan(&listed).contains("\nbusybox-static +usr/bin/busybox\n"));
        let modules = modules(include_str!("../../card/modules.list")).expect("a good list");
        assert!(modules.contains("+. ext4\n") && modules.contains("\n. loop\n"));
    }

    #[test]
    fn nothing_is_on_the_box_without_a_reason() {
        assert!(packages("[tool]\nusr/bin/tool\n").is_err_and(|why| why.contains("say why")));
        assert!(packages("[tool] because\n[tool] again\n").is_err_and(|why| why.contains("twice")));
        assert!(modules("loop\n").is_err_and(|why| why.contains("why")));
    }

    #[test]
    fn a_pattern_stays_within_its_package() {
        for bad in ["/etc/passwd", "../x", "usr/bin/a b"] {
            assert!(packages(&format!("[tool] because\n{bad}\n")).is_err(), "{bad}");
        }
        assert!(packages("usr/bin/tool\n").is_err_and(|why| why.contains("before any package")));
    }
}
