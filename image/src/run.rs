//! `cargo xtask run`: set up, build, become the box.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::build::{self, Profile};
use crate::cli::RunArgs;
use crate::error::Error;
use crate::packages::For;
use crate::setup;

/// Where the pages are by TLS as well, unless told otherwise: as on a card.
const HTTPS_PORT: &str = "8443";

/// Who may use the host bar unless told otherwise: this machine only.
const HOST_FROM_LOOPBACK: &str = "127.0.0.0/8,::1";

/// Returns only if the box could not be started: it replaces this process, so that signals reach it and its exit code
/// is the command's.
pub(crate) fn run(args: &RunArgs) -> Result<(), Error> {
    check_paths(args)?;
    setup::ensure(&[For::Build], args.yes)?;
    if args.dry {
        return build::fetch();
    }
    let profile = match (args.debug, args.release) {
        (true, _) => Profile::Dev,
        (_, true) => Profile::Release,
        _ => Profile::Quick,
    };
    let program = build::partybox(profile)?;
    let source = Command::new(&program).args(box_arguments(args)).exec();
    Err(Error::Start { program: program.into(), source })
}

/// The box checks its arguments itself, but only after minutes of building; a mistyped path is told at once.
fn check_paths(args: &RunArgs) -> Result<(), Error> {
    if let Some(path) = args.music.as_deref().map(Path::new).filter(|path| !path.is_dir()) {
        return Err(Error::NoSuchPath { option: "--music", path: path.to_owned(), wanted: "folder" });
    }
    if let Some(path) = args.config.as_deref().map(Path::new).filter(|path| !path.is_file()) {
        return Err(Error::NoSuchPath { option: "--config", path: path.to_owned(), wanted: "file" });
    }
    Ok(())
}

fn box_arguments(args: &RunArgs) -> Vec<OsString> {
    // With a configuration of the person's own, the configuration decides who is host.
    let unless_configured = |value| args.config.is_none().then(|| OsStr::new(value));
    let mut words = Vec::new();
    for (option, value) in [
        ("--config", args.config.as_deref()),
        ("--music", args.music.as_deref()),
        ("--line-in", args.line_in.as_deref()),
        ("--board", args.board.as_deref()),
        ("--listen", args.listen.as_deref().map(OsStr::new)),
        ("--https-port", unless_configured(HTTPS_PORT)),
        ("--host-from", args.host_from.as_deref().or(unless_configured(HOST_FROM_LOOPBACK))),
    ] {
        if let Some(value) = value {
            words.extend([option.into(), value.to_owned()]);
        }
    }
    words.extend(args.rest.iter().cloned());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(args: &RunArgs) -> Vec<OsString> {
        box_arguments(args)
    }

    #[test]
    fn by_default_only_this_machine_is_host() {
        assert_eq!(words(&RunArgs::default()), ["--https-port", "8443", "--host-from", "127.0.0.0/8,::1"]);
    }

    #[test]
    fn a_configuration_decides_about_hosts_unless_the_command_line_does() {
        let config = RunArgs { config: Some("c".into()), ..RunArgs::default() };
        assert_eq!(words(&config), ["--config", "c"]);
        let both = RunArgs { host_from: Some("::1".into()), ..config };
        assert_eq!(words(&both), ["--config", "c", "--host-from", "::1"]);
    }

    #[test]
    fn options_and_the_rest_reach_the_box() {
        let args = RunArgs {
            music: Some("m".into()),
            line_in: Some("hw:0".into()),
            board: Some("sim".into()),
            listen: Some("[::]:1".into()),
            host_from: Some("::1".into()),
            rest: vec!["--new".into()],
            ..RunArgs::default()
        };
        let wanted = [
            "--music",
            "m",
            "--line-in",
            "hw:0",
            "--board",
            "sim",
            "--listen",
            "[::]:1",
            "--https-port",
            "8443",
            "--host-from",
            "::1",
            "--new",
        ];
        assert_eq!(words(&args), wanted);
    }

    #[test]
    fn a_missing_folder_or_file_is_told_before_anything_is_built() {
        let music = RunArgs { music: Some("/no/such/folder".into()), ..RunArgs::default() };
        let error = run(&music).expect_err("no such folder");
        assert_eq!(
            (error.exit_code(), error.to_string().as_str()),
            (2, "--music /no/such/folder: there is no such folder")
        );
        let config = RunArgs { config: Some("/".into()), ..RunArgs::default() };
        assert_eq!(run(&config).expect_err("a folder").to_string(), "--config /: there is no such file");
    }
}
