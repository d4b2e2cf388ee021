//! The check of crates can fail: for a licence that is not allowed, a crate that is banned, a source that nobody named and a
//! version with a known hole. That it passes is a step of its own of `cargo xtask test`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The top of the repository.
const TOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Names the Python beside which the program is, as `cargo xtask test` installs both.
const PYTHON: &str = "PARTYBOX_PYTHON";

/// Where a configuration says that the database is, and how cargo-deny calls it there.
const DATABASE: (&str, &str) = ("target/advisories", "advisory-db-3157b0e258782691");

/// A hole that every version of a crate of ours has.
const HOLE: &str = "```toml\n[advisory]\nid = \"RUSTSEC-2020-9999\"\npackage = \"hyper\"\ndate = \"2020-01-01\"\n\n[versions]\n\
                    patched = []\n```\n\n# A hole\n";

/// A database in `folder` that knows the two of ours that are ignored and, if wanted, one more.
fn database(folder: &Path, hole: bool) {
    let database = folder.join(DATABASE.1);
    fs::create_dir_all(database.join("crates/hyper")).expect("a folder");
    let known = Path::new(TOP).join("tests/advisories/crates");
    for (name, id) in [("paste", "RUSTSEC-2024-0436"), ("proc-macro-error", "RUSTSEC-2024-0370")] {
        let place = Path::new(name).join(format!("{id}.md"));
        fs::create_dir_all(database.join("crates").join(name)).expect("a folder");
        fs::copy(known.join(&place), database.join("crates").join(&place)).expect("a copy");
    }
    if hole {
        fs::write(database.join("crates/hyper/RUSTSEC-2020-9999.md"), HOLE).expect("a file");
    }
    let who = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"];
    for words in [&["init", "--quiet"][..], &["add", "--all"], &[&who[..], &["commit", "--quiet", "-m", "x"]].concat()]
    {
        assert!(Command::new("git").arg("-C").arg(&database).args(words).status().expect("git").success(), "{words:?}");
    }
}

#[test]
fn the_check_of_crates_refuses_what_its_configuration_does_not_allow() {
    let python = std::env::var_os(PYTHON).map(PathBuf::from);
    let Some(program) = python.map(|python| python.with_file_name("cargo-deny")) else {
        return println!("not run: {PYTHON} names no Python; cargo xtask test does");
    };
    let text = fs::read_to_string(Path::new(TOP).join(".cargo/deny.toml")).expect("the configuration");
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("deny.toml");
    let refused = |which: &str, replace: (&str, &str), hole: bool| {
        let place = tempfile::tempdir_in(folder.path()).expect("a folder");
        database(place.path(), hole);
        assert!(text.contains(replace.0) && text.contains(DATABASE.0), "the configuration is another: {replace:?}");
        let text = text.replacen(replace.0, replace.1, 1).replacen(DATABASE.0, &place.path().display().to_string(), 1);
        fs::write(&config, text).expect("a file");
        let mut command = Command::new(&program);
        command.args(["--offline", "--workspace", "--config"]).arg(&config).args(["check", which]).current_dir(TOP);
        let output = command.output().expect("cargo-deny starts");
        (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let as_it_is = ("[licenses]", "[licenses]");
    for (which, replace, hole, said) in [
        ("licenses", ("    \"MPL-2.0\",\n", ""), false, "error[rejected]"),
        ("bans", ("deny = [\n", "deny = [\n    { crate = \"hyper\" },\n"), false, "error[banned]"),
        (
            "sources",
            ("allow-registry = [\"https://github.com/rust-lang/crates.io-index\"]", "allow-registry = []"),
            false,
            "error[",
        ),
        ("advisories", as_it_is, true, "error[vulnerability]"),
        (
            "advisories",
            ("    { id = \"RUSTSEC-2024-0436\"", "    { id = \"RUSTSEC-2024-0000\""),
            false,
            "error[unmaintained]",
        ),
    ] {
        let refusal = refused(which, replace, hole);
        assert!(refusal.as_ref().is_some_and(|why| why.contains(said)), "{which}, without {replace:?}: {refusal:?}");
    }
    for which in ["licenses", "bans", "sources", "advisories"] {
        assert_eq!(refused(which, as_it_is, false), None, "{which}, as it is");
    }
}
