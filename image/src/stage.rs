//! Running one external command as a named stage, and the summary of all stages: how long each took, and what no test looked
//! at.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::Error;

/// Stages run so far and what they took.
#[derive(Debug, Default)]
pub(crate) struct Stages {
    done: Vec<(String, Duration)>,
    not_run: Vec<String>,
}

/// How a test begins the line that says why it, or a part of it, did not run here.
const NOT_RUN: &str = "not run: ";

/// How a test begins the line that says what it could not judge, because this machine was too busy by every witness.
const NOT_JUDGED: &str = "not judged: ";

/// What is in such a line of a test that another command of ours runs.
const ELSEWHERE: &str = "`cargo xtask test --machine` runs this";

impl Stages {
    /// Runs `work` as the stage `name`.
    pub(crate) fn run<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        eprintln!("\n── {name}");
        let started = Instant::now();
        let result = work();
        match result {
            Ok(_) => self.done.push((name.to_owned(), started.elapsed())),
            Err(_) => {
                self.print();
                eprintln!("  FAILED {:>8}  {name}", took(started.elapsed()));
            }
        }
        result
    }

    /// Runs `command` as the stage `name`.
    pub(crate) fn command(&mut self, name: &str, command: &mut Command) -> Result<(), Error> {
        self.run(name, || status(name, command))
    }

    /// Runs tests as the stage `name`, and keeps what they say did not run.
    pub(crate) fn tests(&mut self, name: &str, command: &mut Command) -> Result<(), Error> {
        let mut said = Vec::new();
        let result = self.run(name, || {
            let program = command.get_program().to_owned();
            let start = |source| Error::Start { program: program.clone(), source };
            let mut child = command.stdout(Stdio::piped()).spawn().map_err(start)?;
            let lines = child.stdout.take().map(|output| BufReader::new(output).split(b'\n'));
            for line in lines.into_iter().flatten().map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                println!("{line}");
                said.extend(left_out(&line).map(str::to_owned));
            }
            let status = child.wait().map_err(start)?;
            if status.success() { Ok(()) } else { Err(Error::Stage { name: name.to_owned(), status }) }
        });
        self.not_run.extend(said);
        result
    }

    /// Prints the summary. Where `all` tests must have run, it is an error if one says that it did not.
    pub(crate) fn end(&self, all: bool) -> Result<(), Error> {
        self.print();
        match self.not_run_total() {
            count @ 1.. if all => Err(Error::NotRun(count)),
            _ => Ok(()),
        }
    }

    /// Returns how many tests or parts of tests did not run.
    fn not_run_total(&self) -> usize {
        self.not_run.iter().filter(|line| line.starts_with(NOT_RUN)).count()
    }

    /// Prints what was done and how long it took, and what was left out.
    pub(crate) fn print(&self) {
        eprintln!("\n── summary");
        for (name, duration) in &self.done {
            eprintln!("  ok     {:>8}  {name}", took(*duration));
        }
        let all: Duration = self.done.iter().map(|(_, duration)| *duration).sum();
        eprintln!("         {:>8}  in all", took(all));
        self.not_run.iter().for_each(|line| eprintln!("  {line}"));
    }
}

/// Returns what a line of a test's output says was left out, unless another command of ours does it.
fn left_out(line: &str) -> Option<&str> {
    let says = [NOT_RUN, NOT_JUDGED].iter().any(|start| line.starts_with(start));
    (says && !line.contains(ELSEWHERE)).then_some(line)
}

/// Runs `command` to its end with this program's own input and output.
pub(crate) fn status(name: &str, command: &mut Command) -> Result<(), Error> {
    let status =
        command.status().map_err(|source| Error::Start { program: command.get_program().to_owned(), source })?;
    if status.success() { Ok(()) } else { Err(Error::Stage { name: name.to_owned(), status }) }
}

/// Runs `command` to its end and returns what it printed; what it complained of is shown.
pub(crate) fn output(name: &str, command: &mut Command) -> Result<String, Error> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|source| Error::Start { program: command.get_program().to_owned(), source })?;
    if !output.status.success() {
        return Err(Error::Stage { name: name.to_owned(), status: output.status });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn took(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} m {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_command_is_a_failed_stage_and_later_ones_can_tell() {
        let mut stages = Stages::default();
        assert!(stages.command("good", &mut Command::new("true")).is_ok());
        let error = stages.command("bad", &mut Command::new("false")).expect_err("false fails");
        assert_eq!((error.exit_code(), error.to_string().as_str()), (1, "bad failed (exit status: 1)"));
        assert_eq!(stages.done.len(), 1);
    }

    #[test]
    fn a_program_that_does_not_exist_cannot_be_started() {
        let error = status("x", &mut Command::new("/no/such/program")).expect_err("cannot start");
        assert!(error.to_string().starts_with("cannot start /no/such/program: "), "{error}");
    }

    // Nothing of this is printed: it would stand in the summary of whoever runs this test.
    #[test]
    fn what_a_test_says_it_did_not_run_is_an_error_where_all_must_run() {
        let elsewhere = format!("not run: X is not set; {ELSEWHERE}");
        for (line, kept) in [
            ("not run: no browser", true),
            ("not judged: too busy", true),
            ("test a ... ok", false),
            ("it said: not run: x", false),
            (&elsewhere, false),
        ] {
            assert_eq!(left_out(line).is_some(), kept, "{line}");
        }
        let ended = |line: &str| Stages { not_run: vec![line.to_owned()], ..Stages::default() }.not_run_total();
        assert_eq!(
            (ended("not run: no browser"), ended("not judged: too busy")),
            (1, 0),
            "what was not judged did run"
        );
    }

    #[test]
    fn tests_that_fail_are_a_failed_stage() {
        let mut stages = Stages::default();
        assert!(stages.tests("good", Command::new("echo").arg("test a ... ok")).is_ok());
        assert!(matches!(stages.tests("bad", &mut Command::new("false")), Err(Error::Stage { .. })));
    }

    #[test]
    fn times_read_well() {
        assert_eq!(took(Duration::from_millis(2_340)), "2.3 s");
        assert_eq!(took(Duration::from_secs(605)), "10 m 05 s");
    }
}
