//! From what was found on the machine to what to do about it. Pure: a function of [`Facts`].

use std::fmt;

use crate::packages::{Need, Provider};

/// Seconds to wait for another package manager's lock. Unattended upgrades on a fresh machine hold it for about a
/// minute.
const APT_LOCK_TIMEOUT: &str = "DPkg::Lock::Timeout=120";

/// The kind of distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Debian, Raspberry Pi OS, Ubuntu and other relatives with `apt-get`.
    Debian,
    /// Fedora and relatives.
    Fedora,
    /// Arch and relatives.
    Arch,
    /// Anything else.
    Other,
}

/// Whether something may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    /// `--yes` or `CI=true`.
    Given,
    /// A person sits at the terminal.
    Ask,
    /// Neither.
    CannotAsk,
}

/// What was found on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// The distribution.
    pub(crate) family: Family,
    /// Running as root.
    pub(crate) root: bool,
    /// `sudo` is on the path.
    pub(crate) sudo: bool,
    /// `rustup` is on the path.
    pub(crate) rustup: bool,
    /// Whether something may be installed.
    pub(crate) consent: Consent,
    /// What is not there.
    pub(crate) missing: Vec<&'static Need>,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Nothing is missing.
    Ready,
    /// Install this.
    Install(Install),
}

/// What to install, without repeats, in the table's order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Install {
    /// Debian packages.
    pub(crate) packages: Vec<&'static str>,
    /// Components of the Rust tool chain.
    pub(crate) components: Vec<&'static str>,
    /// Programs compiled by cargo: name and version.
    pub(crate) crates: Vec<(&'static str, &'static str)>,
    /// Packages are installed through sudo.
    pub(crate) sudo: bool,
    /// Ask before doing anything.
    pub(crate) ask: bool,
}

/// Why this machine cannot be set up from here. Always the person's to change; each text says how.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Packages are missing and this is no Debian-like system.
    NotDebian(Family, Vec<&'static Need>),
    /// Neither root nor sudo.
    NoRights(Install),
    /// A tool chain component is missing and rustup is not there.
    NoRustup(Vec<&'static str>),
    /// Nobody can be asked.
    CannotAsk(Install),
}

/// Decides.
pub(crate) fn plan(facts: &Facts) -> Result<Plan, Refusal> {
    if facts.missing.is_empty() {
        return Ok(Plan::Ready);
    }
    let install = gather(facts);
    if !install.packages.is_empty() && facts.family != Family::Debian {
        let system = |need: &&Need| matches!(need.provider, Provider::System { .. });
        return Err(Refusal::NotDebian(facts.family, facts.missing.iter().copied().filter(system).collect()));
    }
    if !install.packages.is_empty() && !facts.root && !facts.sudo {
        return Err(Refusal::NoRights(install));
    }
    if !install.components.is_empty() && !facts.rustup {
        return Err(Refusal::NoRustup(install.components));
    }
    if facts.consent == Consent::CannotAsk {
        return Err(Refusal::CannotAsk(install));
    }
    Ok(Plan::Install(install))
}

fn gather(facts: &Facts) -> Install {
    let (mut packages, mut components, mut crates) = (Vec::new(), Vec::new(), Vec::new());
    for need in &facts.missing {
        match need.provider {
            Provider::System { debian, .. } if !packages.contains(&debian) => packages.push(debian),
            Provider::System { .. } => {}
            Provider::Rustup(component) => components.push(component),
            Provider::Crate(name, version) => crates.push((name, version)),
        }
    }
    Install { packages, components, crates, sudo: !facts.root, ask: facts.consent == Consent::Ask }
}

impl Install {
    /// `apt-get` with what it needs to run unattended, for root or through sudo. It may add packages, never remove one.
    pub(crate) fn apt(&self, words: &[&'static str]) -> Vec<&'static str> {
        let mut command = if self.sudo { vec!["sudo"] } else { Vec::new() };
        command.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", APT_LOCK_TIMEOUT]);
        command.extend(words);
        command
    }

    /// The command that installs the packages.
    pub(crate) fn apt_install(&self) -> Vec<&'static str> {
        let mut command = self.apt(&["install", "--yes", "--no-install-recommends", "--no-remove"]);
        command.extend(&self.packages);
        command
    }

    /// Every command that will run, as a person would type it.
    pub(crate) fn shown(&self) -> String {
        let mut lines = Vec::new();
        if !self.packages.is_empty() {
            lines.push(self.apt_install().join(" "));
        }
        if !self.components.is_empty() {
            lines.push(format!("rustup component add {}", self.components.join(" ")));
        }
        lines.extend(self.crates.iter().map(|(name, version)| format!("cargo install --locked {name}@{version}")));
        lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
    }
}

impl Need {
    /// Likely package name on `family`.
    fn package(&self, family: Family) -> Option<&'static str> {
        match (self.provider, family) {
            (Provider::System { debian, .. }, Family::Debian) => Some(debian),
            (Provider::System { fedora, .. }, Family::Fedora) => Some(fedora),
            (Provider::System { arch, .. }, Family::Arch) => Some(arch),
            _ => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDebian(family, missing) => {
                f.write_str("this is not a Debian-like system; please install these yourself and try again:")?;
                for need in missing {
                    write!(f, "\n  {} ({})", need.name, need.why)?;
                    match need.package(*family) {
                        Some(name) => write!(f, ", probably the package {name}")?,
                        None => {
                            let name = need.package(Family::Debian).unwrap_or(need.name);
                            write!(f, ", on Debian the package {name}")?;
                        }
                    }
                }
                Ok(())
            }
            Self::NoRights(install) => {
                write!(f, "packages are missing, and without root or sudo this must be run by an administrator:\n{}", {
                    install.shown()
                })
            }
            Self::NoRustup(components) => {
                write!(
                    f,
                    "the Rust tool chain lacks {}; install it the way Rust was installed",
                    components.join(" and ")
                )
            }
            Self::CannotAsk(install) => {
                write!(
                    f,
                    "something is missing and nobody can be asked; repeat with --yes, or run\n{}",
                    install.shown()
                )
            }
        }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests;
