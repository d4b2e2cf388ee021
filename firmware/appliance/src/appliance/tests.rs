//! What hosts ask of the box as a thing, and what comes of it.

use base::Origin;
use tokio::sync::oneshot;

use super::*;
use crate::config::{Cable, Portal, Which, Wifi};
use crate::facts::{Update, UpdateState};
use crate::handle::channel;
use crate::rules::Origins;
use crate::state::Folder;

fn writer(directory: &tempfile::TempDir) -> Option<Arc<Writer>> {
    let folder = Folder::open(directory.path().to_owned()).unwrap();
    Some(Arc::new(Writer::new(Arc::new(folder)).unwrap()))
}

fn own() -> Config {
    Config { wifi: Wifi { own: true, ..Wifi::default() }, ..Config::default() }
}

fn set(appliance: &mut Appliance) -> Result<(), Refused> {
    let (reply, outcome) = oneshot::channel();
    let change = Change { portal: Some(Portal::SignIn), cable: Some(Cable::Guests), forward: None };
    appliance.handle(Time::ZERO, Request::SetNetwork { change, back: Which::default(), reply });
    outcome.blocking_recv().expect("an answer")
}

#[test]
fn what_a_host_chose_holds_at_once_and_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let (handle, service) = channel();
    let mut appliance = Appliance::new(&own(), service, writer(&directory));
    assert_eq!(set(&mut appliance), Ok(()));
    assert_eq!(handle.facts.borrow().network.as_ref().unwrap().portal, Portal::SignIn);
    drop(appliance);
    let (handle, service) = channel();
    let _again = Appliance::new(&own(), service, writer(&directory));
    let network = handle.facts.borrow().network.clone().unwrap();
    assert_eq!((network.portal, network.cable), (Portal::SignIn, Cable::Guests));
    let (chosen, not) = (Origin::Page, Origin::Default);
    assert_eq!(network.origins, Origins { portal: chosen, forward: not, cable: chosen });
}

#[test]
fn a_rule_that_a_host_takes_back_is_what_the_files_say_at_once_and_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let config = || Config { said_by_card: Which { portal: true, ..Which::default() }, ..own() };
    let (handle, service) = channel();
    let mut appliance = Appliance::new(&config(), service, writer(&directory));
    assert_eq!(set(&mut appliance), Ok(()));
    let (reply, outcome) = oneshot::channel();
    let back = Which::named("portal").unwrap();
    appliance.handle(Time::ZERO, Request::SetNetwork { change: Change::default(), back, reply });
    assert_eq!(outcome.blocking_recv(), Ok(Ok(())));
    let now = handle.facts.borrow().network.clone().unwrap();
    assert_eq!((now.portal, now.cable), (Portal::Quiet, Cable::Guests));
    let (page, card, not) = (Origin::Page, Origin::Card, Origin::Default);
    assert_eq!(now.origins, Origins { portal: card, forward: not, cable: page });
    assert_eq!((now.below.rules.cable, now.below.origins.cable), (Cable::House, not));
    drop(appliance);
    let (handle, service) = channel();
    let _again = Appliance::new(&config(), service, writer(&directory));
    assert_eq!(handle.facts.borrow().network.clone(), Some(now));
    assert_eq!(Which::named("channel"), None);
}

#[test]
fn somebody_elses_network_is_not_the_boxs_to_rule() {
    let (handle, service) = channel();
    let mut appliance = Appliance::new(&Config::default(), service, None);
    assert_eq!(set(&mut appliance).map_err(|refused| refused.code), Err("not-own-network"));
    assert_eq!(handle.facts.borrow().network, None);
}

#[test]
fn an_update_is_not_copied_from_a_stick_while_another_comes_in() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    ["inbox", "run", "sticks/a"].into_iter().for_each(|name| std::fs::create_dir_all(path(name)).unwrap());
    std::fs::write(path("sticks/a/new.raucb"), "update").unwrap();
    let (handle, service) = channel();
    let mut appliance = Appliance::new(&Config::default(), service, None);
    appliance.updates = Updates::new(&path("inbox"), &path("run"), &path("sticks"));
    appliance.poll(Time::ZERO);
    let receiving = Arc::clone(&handle.receiving).try_acquire_owned().expect("nobody sends one");
    assert_eq!(appliance.copy_from_stick().map_err(|refused| refused.code), Err("busy"));
    drop(receiving);
    assert_eq!(appliance.copy_from_stick(), Ok(()), "it is still there, and nothing else comes in");
    // The place is free again once the copy has its name.
    let limit = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while handle.receiving.available_permits() == 0 && std::time::Instant::now() < limit {
        thread::yield_now();
    }
    assert_eq!(std::fs::read_to_string(path("inbox/inbox.raucb")).unwrap(), "update");
}

#[test]
fn the_box_must_not_be_switched_off_while_an_update_is_written_and_at_no_other_time() {
    let during = |state| {
        let update = Some(Update { state, ..Update::default() });
        Facts { update, ..Facts::default() }.is_updating()
    };
    assert!(during(UpdateState::Writing));
    assert!(!during(UpdateState::Receiving) && !during(UpdateState::Verifying) && !during(UpdateState::RestartNeeded));
}

#[test]
fn a_machine_that_is_no_box_says_so_when_it_is_to_be_updated() {
    let (handle, service) = channel();
    let mut appliance = Appliance::new(&Config::default(), service, None);
    assert_eq!(handle.facts.borrow().update, None);
    let (reply, mut outcome) = oneshot::channel();
    appliance.handle(Time::ZERO, Request::Restart { reply });
    assert_eq!(outcome.try_recv().expect("an answer").map_err(|refused| refused.code), Err("not-updatable"));
}
