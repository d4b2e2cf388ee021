//! Lines that are missing, busy, lossy or lost, on virtual time.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};

use rustix::event::{EventfdFlags, eventfd};

use super::*;
use crate::config::Config;
use crate::function::Button;
use crate::gesture::Habits;
use crate::handle::lock;
use crate::port::Lamp;

/// A chip whose lines do as they are reported; copies are the same chip.
#[derive(Clone, Default)]
struct Scripted(Arc<Mutex<Script>>);

#[derive(Default)]
struct Script {
    missing: bool,
    busy: BTreeSet<u32>,
    /// Lines whose reading or writing fails.
    broken: BTreeMap<u32, Problem>,
    edges: Vec<Edge>,
    lossy: bool,
    closed: bool,
    attempts: u32,
    shown: BTreeMap<u32, (u8, u8)>,
}

impl Scripted {
    fn open(&self, line: u32) -> Result<(), Failure> {
        let mut script = lock(&self.0);
        script.attempts += 1;
        if script.missing {
            return Err(Failure::Chip(Problem::Missing, vec!["another".to_owned()]));
        }
        if script.busy.contains(&line) { Err(Failure::Line(Problem::Busy)) } else { Ok(()) }
    }

    fn check(&self, line: u32) -> Result<(), Problem> {
        lock(&self.0).broken.get(&line).map_or(Ok(()), |problem| Err(*problem))
    }
}

impl Port for Scripted {
    fn input(&mut self, pins: &[Pin]) -> Result<Box<dyn Input>, Failure> {
        self.open(pins[0].line)?;
        let fd = eventfd(0, EventfdFlags::empty()).unwrap();
        Ok(Box::new(Opened { port: self.clone(), pins: pins.to_vec(), fd }))
    }

    fn output(&mut self, pin: &Pin) -> Result<Output, Failure> {
        self.open(pin.line)?;
        let lamp =
            Opened { port: self.clone(), pins: vec![pin.clone()], fd: eventfd(0, EventfdFlags::empty()).unwrap() };
        let hangup = Some(lamp.fd.try_clone().unwrap());
        Ok(Output { lamp: Box::new(lamp), hangup })
    }
}

struct Opened {
    port: Scripted,
    pins: Vec<Pin>,
    fd: OwnedFd,
}

impl Input for Opened {
    fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    fn read(&mut self, edges: &mut Vec<Edge>) -> Result<Reading, Problem> {
        self.port.check(self.pins[0].line)?;
        let mut script = lock(&self.port.0);
        let mine = |edge: &Edge| self.pins.iter().any(|pin| pin.function == edge.function);
        edges.extend(script.edges.iter().copied().filter(mine));
        script.edges.retain(|edge| !mine(edge));
        Ok(if script.lossy { Reading::Lossy } else { Reading::Whole })
    }

    fn levels(&mut self) -> Result<Vec<(Function, bool)>, Problem> {
        self.port.check(self.pins[0].line)?;
        let closed = lock(&self.port.0).closed;
        Ok(self.pins.iter().map(|pin| (pin.function, closed)).collect())
    }
}

impl Lamp for Opened {
    fn show(&mut self, level: u8, percent: u8) -> Result<(), Problem> {
        self.port.check(self.pins[0].line)?;
        lock(&self.port.0).shown.insert(self.pins[0].line, (level, percent));
        Ok(())
    }
}

struct Room {
    port: Scripted,
    lines: Lines,
    inputs: Inputs,
    now: Time,
}

impl Room {
    fn new() -> Self {
        let config = Config { board: "pi-4b".to_owned(), ..Config::default() };
        let wiring = Wiring::resolve(&config, &[]).unwrap();
        let port = Scripted::default();
        let lines = Lines::new(Box::new(port.clone()), wiring);
        Self { port, lines, inputs: Inputs::new(Habits::default()), now: Time::from_micros(1_000_000) }
    }

    fn open(&mut self) {
        self.lines.open_missing(&mut self.inputs, self.now);
    }

    fn script(&self, change: impl FnOnce(&mut Script)) {
        change(&mut lock(&self.port.0));
    }

    fn read(&mut self) -> u64 {
        let hung = vec![false; self.lines.input_fds()];
        self.lines.read(&hung, &mut self.inputs, self.now)
    }

    /// What was reported, in short.
    fn reported(&mut self) -> Vec<String> {
        let short = |event: Event| match event.what {
            What::Trouble { part, problem, .. } => format!("{part} {problem}"),
            What::Well { part } => format!("{part} is well"),
            What::Press { button, gesture } => format!("{} {gesture:?}", button.label()),
            What::Turn { steps } => format!("turned {steps}"),
        };
        self.lines.events().into_iter().chain(self.inputs.events()).map(short).collect()
    }

    fn edge(&self, function: Function, active: bool, ms: u64) {
        self.script(|script| script.edges.push(Edge { function, active, at: Time::ZERO.plus_millis(ms) }));
    }
}

const PLAY: Function = Function::Button(Button::Play);
const NEXT: Function = Function::Button(Button::Next);

#[test]
fn a_missing_chip_is_told_once_and_tried_again_with_growing_pauses() {
    let mut room = Room::new();
    room.script(|script| script.missing = true);
    let mut pauses = Vec::new();
    for _ in 0..9 {
        room.open();
        let retry = room.lines.retry().unwrap();
        pauses.push(retry.micros_since(room.now) / 100_000);
        room.now = retry;
    }
    assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
    assert_eq!(room.reported(), ["GPIO chip pinctrl-bcm2711 is not there"]);
    assert!(!room.lines.has_leds());
    room.script(|script| script.missing = false);
    room.open();
    assert_eq!(room.reported(), ["GPIO chip pinctrl-bcm2711 is well"]);
    assert_eq!((room.lines.retry(), room.lines.has_leds()), (None, true));
}

#[test]
fn the_advice_for_a_missing_chip_names_those_that_are_there() {
    let mut room = Room::new();
    room.script(|script| script.missing = true);
    room.open();
    let events = room.lines.events();
    let What::Trouble { advice, .. } = &events[0].what else { unreachable!("{events:?}") };
    assert_eq!(advice, "chips here are another: set board.board or board.chip");
}

#[test]
fn a_busy_line_takes_no_other_with_it() {
    let mut room = Room::new();
    room.script(|script| script.busy = BTreeSet::from([17, 13]));
    room.open();
    assert_eq!(
        room.reported(),
        ["play-button (line 17) is used by another program", "play-led (line 13) is used by another program"]
    );
    room.edge(NEXT, true, 2_000);
    room.edge(NEXT, false, 2_100);
    room.read();
    room.inputs.at(Time::ZERO.plus_millis(2_200));
    assert_eq!(room.reported(), ["next Short"]);
    let attempts = lock(&room.port.0).attempts;
    room.open();
    assert_eq!(room.reported(), [""; 0], "reported once");
    assert_eq!(lock(&room.port.0).attempts, attempts + 2, "only what is missing is tried again");
    room.script(|script| script.busy.clear());
    room.open();
    assert_eq!(room.reported(), ["play-button (line 17) is well", "play-led (line 13) is well"]);
}

#[test]
fn edges_of_different_lines_are_told_in_the_order_of_their_stamps() {
    let mut room = Room::new();
    room.open();
    room.edge(PLAY, true, 2_000);
    room.edge(PLAY, false, 2_100);
    room.edge(NEXT, true, 1_000);
    room.edge(NEXT, false, 1_100);
    room.read();
    room.inputs.at(Time::ZERO.plus_millis(2_200));
    assert_eq!(room.reported(), ["next Short", "play Short"]);
}

#[test]
fn where_edges_were_lost_the_level_counts() {
    let mut room = Room::new();
    room.open();
    room.edge(PLAY, true, 1_000);
    room.read();
    // The release was lost: without the level the press would go on for ever.
    room.script(|script| script.lossy = true);
    room.now = Time::ZERO.plus_millis(1_200);
    assert_eq!(room.read(), 6, "each input is asked");
    room.inputs.at(Time::ZERO.plus_millis(1_300));
    assert_eq!(room.reported(), ["play Short"]);
    assert_eq!(room.inputs.next_deadline(), None);
}

#[test]
fn a_chip_that_goes_away_ends_what_lasts_and_is_told_once() {
    let mut room = Room::new();
    room.open();
    room.edge(PLAY, true, 1_000);
    room.read();
    room.inputs.at(Time::ZERO.plus_millis(1_900));
    assert_eq!(room.reported(), ["play Long"]);
    room.script(|script| script.broken = (0..64).map(|line| (line, Problem::Gone)).collect());
    room.now = Time::ZERO.plus_millis(2_000);
    room.read();
    room.lines.show(&Light::new(room.now), room.now);
    assert_eq!(room.reported(), ["GPIO chip pinctrl-bcm2711 went away", "play End { held_ms: 1000 }"]);
    assert!(!room.lines.has_leds());
    assert_eq!(room.inputs.next_deadline(), None);
    assert_eq!(room.lines.retry(), Some(room.now.plus_micros(RETRY_FIRST_US)));
    room.script(|script| script.broken.clear());
    room.now = room.now.plus_micros(RETRY_FIRST_US);
    room.open();
    assert_eq!(room.reported(), ["GPIO chip pinctrl-bcm2711 is well"]);
}

#[test]
fn a_chip_that_goes_away_while_it_is_opened_is_a_chip_that_is_gone() {
    let mut room = Room::new();
    room.script(|script| script.broken = BTreeMap::from([(17, Problem::Gone)]));
    room.open();
    assert_eq!(room.reported()[0], "GPIO chip pinctrl-bcm2711 went away");
}

#[test]
fn a_descriptor_that_hangs_up_is_a_line_that_is_gone() {
    let mut room = Room::new();
    room.open();
    let hung = vec![true; room.lines.input_fds()];
    assert_eq!(hung.len(), 6);
    room.lines.read(&hung, &mut room.inputs, room.now);
    assert_eq!(room.lines.input_fds(), 0, "nothing is left that could be ready for ever");
    let outputs = room.lines.fds().count();
    room.lines.hung_up(&vec![true; outputs], room.now);
    assert_eq!((outputs, room.lines.fds().count()), (6, 0));
    assert_eq!(room.reported(), ["GPIO chip pinctrl-bcm2711 went away"]);
}

#[test]
fn an_led_that_fails_is_told_with_its_wire_and_the_others_shine() {
    let mut room = Room::new();
    room.open();
    room.script(|script| script.broken = BTreeMap::from([(12, Problem::Device(5))]));
    room.lines.show(&Light::new(room.now), room.now);
    let events = room.lines.events();
    let What::Trouble { part, advice, .. } = &events[0].what else { unreachable!("{events:?}") };
    assert_eq!(part.to_string(), "status-led (line 12)");
    assert!(advice.contains("header pin 32"), "{advice}");
    assert_eq!(events.len(), 1);
    let shown = lock(&room.port.0).shown.clone();
    assert_eq!(shown.get(&16), Some(&(255, 100)), "red, of white");
    assert_eq!(shown.get(&13), Some(&(0, 100)));
}

#[test]
fn an_led_is_written_only_when_it_changes() {
    let mut room = Room::new();
    room.open();
    let light = Light::new(room.now);
    room.lines.show(&light, room.now);
    room.script(|script| script.shown.clear());
    room.lines.show(&light, room.now.plus_millis(100));
    assert!(lock(&room.port.0).shown.is_empty());
    room.lines.show(&light, room.now.plus_millis(250));
    assert_eq!(lock(&room.port.0).shown.len(), 4, "status and its colours");
    room.lines.dark();
    assert!(lock(&room.port.0).shown.values().all(|shown| *shown == (0, 0)));
}

#[test]
fn a_press_that_is_held_while_the_line_comes_back_is_nobodys() {
    let mut room = Room::new();
    room.script(|script| script.closed = true);
    room.open();
    room.edge(PLAY, false, 2_000);
    room.read();
    room.inputs.at(Time::ZERO.plus_millis(2_100));
    assert_eq!(room.reported(), [""; 0]);
}
