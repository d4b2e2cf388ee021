//! The modules of the pages by themselves: their own tests, their types, and the driver that the browser tests use.

use std::process::Command;
use std::time::Duration;

use tests::browser::{Browser, Options, installed, missing};

use super::{PATIENCE, web_tools};

/// The rules of the pages that need no browser: Node runs the modules' own tests.
#[test]
fn the_pages_own_rules_hold() {
    if !installed("node") {
        println!("not run: node not installed");
        return;
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../webui/test");
    let tests: Vec<_> = std::fs::read_dir(folder)
        .expect("webui/test")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "js"))
        .collect();
    assert!(!tests.is_empty(), "no tests in {folder}");
    let output = Command::new("node").arg("--test").args(&tests).output().expect("node starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// Types stand in comments, so that no page needs a build; the checker holds them.
#[test]
fn the_pages_modules_have_right_types() {
    let Some(tools) = web_tools() else { return };
    let project = concat!(env!("CARGO_MANIFEST_DIR"), "/../webui");
    let output = Command::new(tools.join(".bin/tsc")).args(["-p", project]).output().expect("the type checker starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_driver_finds_presses_and_waits() {
    if let Some(reason) = missing() {
        println!("{reason}");
        return;
    }
    let browser = Browser::open(&Options::default()).expect("a browser");
    browser.go("data:text/html,<button onclick='this.dataset.trusted=event.isTrusted'>b</button>").expect("a page");
    browser.click("button").expect("a click");
    let trusted = browser.wait_for("document.querySelector('button').dataset.trusted", PATIENCE);
    assert_eq!(trusted.expect("a trusted click"), "true");
    let picture = tempfile::tempdir().expect("a folder");
    browser.screenshot(&picture.path().join("page.png")).expect("a picture");
    let error = browser.wait_for("false", Duration::from_millis(100)).expect_err("never true");
    assert!(error.to_string().contains("waited 100ms for false"), "{error}");
}
