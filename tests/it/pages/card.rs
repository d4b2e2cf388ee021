//! What the host's page says and offers on a box that cannot read its card any more.
//!
//! The box's program runs in a mount namespace of its own, in which a small file tells it so as the card's units would.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use nix::sched::{CloneFlags, unshare};
use tests::browser::{Options, missing};
use tests::host::Host;
use tests::program::Running;
use tests::wait;

use super::PATIENCE;
use super::looks::PHONE;

/// Makes a `/run` that nobody else sees.
const OWN_RUN: &str = "mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir /run/partybox /run/partybox-data";

/// A box that lives there; nothing, with the reason printed, where there can be none.
fn start() -> Option<Running> {
    let begin = || {
        // Of this thread, and of what it starts.
        if let Err(error) = unshare(CloneFlags::CLONE_NEWNS) {
            println!("not run: no mount namespace of its own: {error}");
            return None;
        }
        assert!(Command::new("sh").args(["-c", OWN_RUN]).status().expect("a shell").success(), "no /run");
        fs::write("/run/partybox-data/state", "lost\n").expect("ours");
        Running::start::<&str>(&[])
    };
    thread::scope(|scope| scope.spawn(begin).join()).expect("it starts")
}

#[test]
fn a_host_is_told_that_the_card_is_lost_and_gives_it_up_only_when_sure() {
    if let Some(reason) = missing() {
        return println!("{reason}");
    }
    let Some(running) = start() else { return };
    // As that program sees it (proc_pid_root(5)).
    let run = Path::new("/proc").join(running.id().to_string()).join("root").join("run");
    let wish = run.join("partybox/anew");
    let host = Host::visit(&running.url(""), &Options::default()).expect("the page opens");
    host.until_role("host", PATIENCE).expect("a host by its address");
    host.browser.wait_for("!document.getElementById('box-badge').hidden", PATIENCE).expect("a trouble is announced");
    host.part("box").expect("the box");
    host.until_shown("The box cannot read what was on its card", PATIENCE).expect("it is told");
    super::looks::look(&host.browser, "host-card-lost", PHONE);
    host.tap("#card-anew").expect("a button");
    host.until_shown("gone for good", PATIENCE).expect("what is lost is named");
    host.browser.screenshot(&super::looks::pictures().join("host-card-sure.png")).expect("a picture");
    host.tap("#sure-no").expect("rather not");
    host.tap("#card-anew").expect("the button again");
    assert!(!wish.exists(), "somebody who is not sure has given it up");
    host.tap("#sure-yes").expect("surely");
    assert!(wait::comes_true(PATIENCE, || wish.exists()), "nobody was asked to begin anew");
    fs::write(run.join("partybox-data/state"), "making\n").expect("ours");
    host.until_shown("The card is made anew", PATIENCE).expect("it is told how it goes");
    host.browser.wait_for("document.getElementById('card-anew').hidden", PATIENCE).expect("once is enough");
    assert_eq!(host.browser.console().expect("a log"), Vec::<String>::new());
}
