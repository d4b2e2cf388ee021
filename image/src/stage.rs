//! Running one external command as a named stage, and the summary of all stages.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::Error;

/// Stages run so far and what they took.
#[derive(Debug, Default)]
pub(crate) struct Stages {
    done: Vec<(String, Duration)>,
}

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

    /// Prints what was done and how long it took.
    pub(crate) fn print(&self) {
        eprintln!("\n── summary");
        for (name, duration) in &self.done {
            eprintln!("  ok     {:>8}  {name}", took(*duration));
        }
    }
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

    #[test]
    fn times_read_well() {
        assert_eq!(took(Duration::from_millis(2_340)), "2.3 s");
        assert_eq!(took(Duration::from_secs(605)), "10 m 05 s");
    }
}
