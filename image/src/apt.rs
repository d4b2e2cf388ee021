//! Running `apt-get` on this machine, and reading why it refused.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::thread;

use crate::error::Error;

/// Runs a whole command line of `apt-get`, shows what it says, and keeps what it complained of for the error.
pub(crate) fn run(words: &[&str]) -> Result<(), Error> {
    let start = |source| Error::Start { program: words[0].into(), source };
    let mut command = Command::new(words[0]);
    // The words that are looked for are English ones.
    command.args(&words[1..]).env("LC_ALL", "C").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(start)?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let out = thread::spawn(move || out.map(shown).unwrap_or_default());
    let mut said = err.map(shown).unwrap_or_default();
    // Errors come last: what they are about has been said before.
    said.insert_str(0, &out.join().unwrap_or_default());
    let status = child.wait().map_err(start)?;
    if status.success() { Ok(()) } else { Err(Error::Install { command: words.join(" "), why: why(&said) }) }
}

/// Passes on what a program says, line by line, and returns it.
fn shown(from: impl Read) -> String {
    let mut said = String::new();
    let mut lines = BufReader::new(from);
    let mut line = Vec::new();
    // A pipe that breaks has said what it had to say.
    while lines.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
        let text = String::from_utf8_lossy(&line);
        eprint!("{text}");
        said.push_str(&text);
        line.clear();
    }
    said
}

/// What stands in the way by apt's own words, and what a person can do about it.
const ADVICE: [(&str, &str); 9] = [
    (
        "remove is disabled",
        "something installed here, often from another source, excludes what is needed; nothing is ever \
                            removed from here: remove it yourself, or use another machine or container",
    ),
    (
        "held broken packages",
        "what is installed here, often from another release, does not fit what is needed; \
                              `apt-get install` of the first package named above says more",
    ),
    (
        "unmet dependencies",
        "installing was interrupted here before, or releases are mixed; `apt-get --fix-broken install` \
                            may mend it",
    ),
    ("dpkg was interrupted", "run `dpkg --configure -a`, as it says"),
    ("Could not get lock", "another program is installing; wait for its end"),
    ("not enough free space", "make room on this machine's disk"),
    ("No space left", "make room on this machine's disk"),
    ("are you root", "run it as root, or install sudo"),
    ("Failed to fetch", "the package servers did not answer; is this machine online?"),
];

/// Returns apt's errors, what it would have removed, and what to do.
fn why(said: &str) -> String {
    let mut lines: Vec<&str> = said.lines().filter(|line| line.starts_with("E: ")).collect();
    let removed = said.split_once("will be REMOVED:\n").map(|(_, rest)| rest);
    let removed: Vec<&str> =
        removed.into_iter().flat_map(str::lines).take_while(|line| line.starts_with(' ')).map(str::trim).collect();
    let removed = removed.join(" ");
    let would_remove = format!("it would have to remove: {removed}");
    if !removed.is_empty() {
        lines.push(&would_remove);
    }
    let advice = ADVICE.iter().find(|(words, _)| said.contains(words)).map(|(_, advice)| *advice);
    lines.push(advice.unwrap_or("what it said is above; is this machine online?"));
    lines.join("\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_would_be_removed_is_named_with_what_to_do() {
        let said = "The following packages will be REMOVED:\n  qemu-utils\n  other\nThe following NEW packages will be \
                    installed:\n  cmake\nE: Packages need to be removed but remove is disabled.\n";
        let why = why(said);
        assert!(why.starts_with("E: Packages need to be removed"), "{why}");
        assert!(why.contains("remove: qemu-utils other\n") && why.contains("remove it yourself"), "{why}");
    }

    #[test]
    fn every_refusal_says_what_apt_said_and_what_to_do() {
        for (said, advice) in [
            ("E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7", "wait"),
            ("Err:1 http://x\nE: Failed to fetch http://x/y.deb  Could not resolve 'x'", "online"),
            ("E: dpkg was interrupted, you must manually run 'dpkg --configure -a'", "--configure"),
            ("E: Something new", "online"),
        ] {
            let why = why(said);
            assert!(why.contains("E: ") && why.contains(advice), "{why}");
        }
    }

    #[test]
    fn a_program_that_fails_is_heard_to_its_end() {
        let Err(Error::Install { command, why }) = run(&["sh", "-c", "echo E: not enough free space >&2; exit 1"])
        else {
            panic!("it fails");
        };
        assert!(command.starts_with("sh -c") && why.contains("E: not enough") && why.contains("make room"), "{why}");
        assert!(run(&["true"]).is_ok());
    }
}
