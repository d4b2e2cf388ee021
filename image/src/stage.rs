//! Running one external command as a named stage, and the summary of all stages: how long each took, and what no test looked
//! at.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
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
            let mut running = Tests::start(name, command)?;
            running.lines(|line| said.extend(print(line)));
            running.end()
        });
        self.not_run.extend(said);
        result
    }

    /// Runs tests beside `others`, and prints what they say when those have ended. They get what the others leave of this
    /// machine's processors. Whichever fails, both come to their end.
    pub(crate) fn tests_beside(
        &mut self,
        name: &str,
        command: &Command,
        others: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut running = Tests::start(name, &mut idle(command))?;
        let (result, said) = thread::scope(|scope| {
            let lines = scope.spawn(|| {
                let mut lines = Vec::new();
                running.lines(|line| lines.push(line.to_owned()));
                lines
            });
            (others(self), self.run(name, || Ok(lines.join().unwrap_or_default())))
        });
        self.not_run.extend(said?.iter().filter_map(|line| print(line)));
        result.and(running.end())
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

/// Running tests.
struct Tests {
    name: String,
    program: OsString,
    child: Child,
}

impl Tests {
    fn start(name: &str, command: &mut Command) -> Result<Self, Error> {
        let program = command.get_program().to_owned();
        let child = command.stdout(Stdio::piped()).spawn();
        let child = child.map_err(|source| Error::Start { program: program.clone(), source })?;
        Ok(Self { name: name.to_owned(), program, child })
    }

    /// Hands over each line of the output, until it ends.
    fn lines(&mut self, mut take: impl FnMut(&str)) {
        let lines = self.child.stdout.take().map(|output| BufReader::new(output).split(b'\n'));
        for line in lines.into_iter().flatten().map_while(Result::ok) {
            take(&String::from_utf8_lossy(&line));
        }
    }

    fn end(mut self) -> Result<(), Error> {
        let status = self.child.wait().map_err(|source| Error::Start { program: self.program, source })?;
        if status.success() { Ok(()) } else { Err(Error::Stage { name: self.name, status }) }
    }
}

/// Prints a line of a test's output, and returns it if it says that something was left out.
fn print(line: &str) -> Option<String> {
    println!("{line}");
    left_out(line).map(str::to_owned)
}

/// Returns the same command with what others leave of the processors.
fn idle(command: &Command) -> Command {
    let mut idle = Command::new("nice");
    idle.args(["-n", "19"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => idle.env(name, value),
            None => idle.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        idle.current_dir(folder);
    }
    idle
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
    fn tests_beside_others_end_with_them_and_fail_by_themselves() {
        let mut stages = Stages::default();
        let good = |stages: &mut Stages| stages.tests("others", &mut Command::new("true"));
        assert!(stages.tests_beside("good", &Command::new("true"), good).is_ok());
        assert_eq!(stages.done.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["others", "good"]);
        assert!(matches!(stages.tests_beside("bad", &Command::new("false"), good), Err(Error::Stage { .. })));
        let bad = |stages: &mut Stages| stages.tests("others", &mut Command::new("false"));
        assert!(matches!(stages.tests_beside("good", &Command::new("true"), bad), Err(Error::Stage { .. })));
    }

    #[test]
    fn what_runs_beside_has_the_same_program_words_environment_and_folder() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo $A-$B-$PWD-$(nice)"]).env("A", "1").env_remove("B").current_dir("/");
        let output = idle(&command).output().expect("sh runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "1--/-19\n");
    }

    #[test]
    fn times_read_well() {
        assert_eq!(took(Duration::from_millis(2_340)), "2.3 s");
        assert_eq!(took(Duration::from_secs(605)), "10 m 05 s");
    }
}
