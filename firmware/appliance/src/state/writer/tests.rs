//! Nobody is answered before the storage has what they said, and nothing that it refused is forgotten.

use std::fs;
use std::sync::mpsc::{Receiver, channel};

use super::*;

const NAME: &str = "party";

fn writer() -> (tempfile::TempDir, Writer) {
    let directory = tempfile::tempdir().unwrap();
    let folder = Folder::open(directory.path().to_owned()).unwrap();
    (directory, Writer::new(Arc::new(folder)).unwrap())
}

/// Writes a content and returns where its answer comes.
fn write(writer: &Writer, name: &'static str, content: &[u8]) -> Receiver<Result<(), Error>> {
    let (told, answer) = channel();
    writer.write(name, content.to_vec(), Copies::AndOlder, Box::new(move |result| told.send(result).unwrap()));
    answer
}

fn settled(writer: &Writer, names: &'static [&'static str]) -> Receiver<Result<(), Error>> {
    let (told, answer) = channel();
    writer.settle(|name| names.contains(&name), Box::new(move |result| told.send(result).unwrap()));
    answer
}

/// Makes every write of this file fail, for root as well, until it is removed.
fn obstruct(directory: &tempfile::TempDir, name: &str) -> std::path::PathBuf {
    let obstacle = directory.path().join(format!(".{name}.new"));
    fs::create_dir_all(obstacle.join("x")).unwrap();
    obstacle
}

#[test]
fn who_is_answered_finds_what_they_wrote_or_something_newer_and_the_end_waits_for_the_last() {
    let (_directory, writer) = writer();
    for n in 0..20_u8 {
        write(&writer, NAME, &[n]).recv().unwrap().unwrap();
        assert_eq!(writer.folder().read(NAME).unwrap(), Some(vec![n]));
    }
    let answers: Vec<_> = (20..200_u8).map(|n| write(&writer, NAME, &[n])).collect();
    let folder = Arc::clone(&writer.folder);
    drop(writer);
    assert!(answers.iter().all(|answer| answer.recv().unwrap().is_ok()));
    assert_eq!(folder.read(NAME).unwrap(), Some(vec![199]));
}

#[test]
fn however_many_wait_for_one_file_it_is_written_a_few_times_only() {
    let (_directory, writer) = writer();
    let answers: Vec<_> = (0..500_u16).map(|n| write(&writer, NAME, &n.to_be_bytes())).collect();
    assert!(answers.iter().all(|answer| answer.recv().unwrap().is_ok()));
    assert_eq!(writer.folder().read(NAME).unwrap(), Some(499_u16.to_be_bytes().to_vec()));
    let Counts { commits_total, files_total, refused_total } = writer.counts();
    // The first is written at once, and what has come meanwhile together; a machine that holds this test up makes it a few more.
    assert!(commits_total < 100 && files_total < 100, "{commits_total} commits of {files_total} files for 500 answers");
    assert_eq!(refused_total, 0);
}

#[test]
fn what_is_refused_is_said_at_once_and_written_by_itself_when_it_can_be() {
    let (directory, writer) = writer();
    let obstacle = obstruct(&directory, NAME);
    let (refused, fine) = (write(&writer, NAME, b"first"), write(&writer, "channels", b"fine"));
    assert!(matches!(refused.recv().unwrap(), Err(Error::System(..))));
    assert!(fine.recv().unwrap().is_ok(), "one file that is refused is not the others' trouble");
    assert_eq!(writer.trouble(), Some(Trouble::Refuses));
    assert!(settled(&writer, &[NAME]).recv().unwrap().is_err(), "it is still owed");
    assert!(settled(&writer, &["channels"]).recv().unwrap().is_ok());
    assert!(write(&writer, NAME, b"second").recv().unwrap().is_err());
    fs::remove_dir_all(obstacle).unwrap();
    // Nobody asks for anything: the writer tries again.
    let folder = Arc::clone(&writer.folder);
    let begun = Instant::now();
    while folder.read(NAME).unwrap().is_none() && begun.elapsed() < Duration::from_secs(30) {
        thread::yield_now();
    }
    assert_eq!(folder.read(NAME).unwrap().as_deref(), Some(&b"second"[..]), "the newest counts");
    assert!(settled(&writer, &[NAME, "channels"]).recv().unwrap().is_ok());
    assert_eq!(writer.trouble(), None);
}

#[test]
fn an_answer_for_several_files_waits_for_all_and_fails_with_any() {
    let (directory, writer) = writer();
    let obstacle = obstruct(&directory, NAME);
    let (_one, _other) = (write(&writer, NAME, b"x"), write(&writer, "channels", b"y"));
    assert!(settled(&writer, &[NAME, "channels"]).recv().unwrap().is_err());
    fs::remove_dir_all(obstacle).unwrap();
    assert!(settled(&writer, &[NAME, "channels"]).recv().unwrap().is_ok());
    assert!(writer.folder().read(NAME).unwrap().is_some() && writer.folder().read("channels").unwrap().is_some());
    assert!(settled(&writer, &["hosts"]).recv().unwrap().is_ok(), "nothing was given");
}

#[test]
fn what_is_too_large_is_refused_and_owed_by_nobody() {
    let (_directory, writer) = writer();
    let answer = write(&writer, NAME, &[0; FILE_BYTES_MAX + 1]);
    assert!(matches!(answer.recv().unwrap(), Err(Error::TooLarge(_))));
    assert!(settled(&writer, &[NAME]).recv().unwrap().is_ok());
    assert_eq!(writer.trouble(), None);
}

#[test]
fn a_storage_that_refuses_to_the_end_holds_up_no_end() {
    let (directory, writer) = writer();
    let _obstacle = obstruct(&directory, NAME);
    assert!(write(&writer, NAME, b"x").recv().unwrap().is_err());
    drop(writer);
}

#[test]
fn a_storage_that_does_not_answer_costs_everybody_who_waits_their_patience_and_no_more() {
    let mut desk = Desk::default();
    let (told, answer) = channel();
    let then: Written = Box::new(move |result| told.send(result).unwrap());
    let long_ago = Instant::now().checked_sub(PATIENCE).expect("the machine has run for as long");
    let waits = vec![Waiting { since: long_ago, then }];
    let file = File { copies: Copies::Newest, content: None, waiting: Vec::new(), writing: Some(waits) };
    desk.files.insert(NAME.into(), file);
    desk.since = Some(long_ago);
    let (_directory, writer) = writer();
    *writer.shared.desk() = desk;
    writer.poll();
    assert!(matches!(answer.try_recv().unwrap(), Err(Error::Busy)));
    assert_eq!(writer.trouble(), Some(Trouble::Slow));
}
