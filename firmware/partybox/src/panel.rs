//! The box's own buttons, LEDs and display: presses in, as actions; facts out, as light and pictures.
//!
//! Carries; what a press means stands in the configuration, what a light means in `face`, and the board does the rest.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base::Time;
use board::{Button, Condition, Conditions, Event, Flash, Gesture, Scene, Show, What, Wiring};
use party::pairing::Happened;
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::mpsc;

use crate::buttons::{Action, Buttons, Knob};
use crate::face::{self, Facts};

/// Events waiting for the loop, which takes them in microseconds. If that many wait, it is stuck, and the supervisor is
/// about to end it; further events are dropped and counted.
const EVENTS_WAITING_MAX: usize = 64;

/// How long the display says what a press has led to: time to look up from the button and read it.
const NOTICE: Duration = Duration::from_secs(5);

/// What somebody at the box asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) action: Action,
    /// More than one only for the knob.
    pub(crate) times: u8,
    /// When, by the kernel's stamp of the edge.
    pub(crate) at: Time,
}

/// Counters of the panel, for whoever asks.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    asked_total: AtomicU64,
    lost_total: AtomicU64,
    slowest_us: AtomicU64,
}

impl Counters {
    /// Presses and turns that asked for something, and were carried out.
    pub(crate) fn asked_total(&self) -> u64 {
        self.asked_total.load(Ordering::Relaxed)
    }

    /// Events dropped because nobody took them.
    pub(crate) fn lost_total(&self) -> u64 {
        self.lost_total.load(Ordering::Relaxed)
    }

    /// The longest time from an edge, by the kernel's stamp, to the end of what it asked for, µs.
    pub(crate) fn slowest_us(&self) -> u64 {
        self.slowest_us.load(Ordering::Relaxed)
    }
}

/// The panel, at work.
pub(crate) struct Panel {
    buttons: Buttons,
    events: mpsc::Receiver<Event>,
    board: board::Handle,
    sim: Option<board::sim::Sim>,
    counters: Arc<Counters>,
    countdown: Option<(Action, u8)>,
    notice: Option<(Instant, (String, String))>,
    /// Buttons that have been held for longer than anybody presses one.
    stuck: Vec<Button>,
    /// What happened last in pairing, as far as it was told.
    pairing_told: Option<Happened>,
    listeners: usize,
    shown: (Option<Scene>, Option<Show>),
}

impl Panel {
    /// Starts the board's threads, which are returned as well. What is missing is told in the log and tried again.
    ///
    /// # Errors
    /// The system has no thread or event left.
    pub(crate) fn open(wiring: Wiring, buttons: Buttons, double_ms: u16) -> io::Result<(Self, Vec<JoinHandle<()>>)> {
        let (sender, events) = mpsc::channel(EVENTS_WAITING_MAX);
        let counters = Arc::new(Counters::default());
        let counted = Arc::clone(&counters);
        let started = board::start(wiring, buttons.habits(double_ms), move |event| {
            if sender.try_send(event).is_err() {
                counted.lost_total.fetch_add(1, Ordering::Relaxed);
            }
        })?;
        let panel = Self {
            buttons,
            events,
            board: started.handle,
            sim: started.sim,
            counters,
            countdown: None,
            notice: None,
            stuck: Vec::new(),
            pairing_told: None,
            listeners: 0,
            shown: (None, None),
        };
        Ok((panel, started.threads))
    }

    /// The board's handle and the panel's counters, for metrics.
    pub(crate) fn meters(&self) -> (board::Handle, Arc<Counters>) {
        (self.board.clone(), Arc::clone(&self.counters))
    }

    /// The simulated board, if it is one.
    pub(crate) fn sim(&self) -> Option<&board::sim::Sim> {
        self.sim.as_ref()
    }

    /// Waits for the next event; what it asks for, or `None` if it only changed what is shown. Never returns without a
    /// board.
    pub(crate) async fn next(&mut self) -> Option<Asked> {
        match self.events.recv().await {
            Some(event) => self.handle(event),
            None => std::future::pending().await,
        }
    }

    fn handle(&mut self, Event { at, what }: Event) -> Option<Asked> {
        let (action, times) = match what {
            What::Press { button, gesture } => {
                self.follow(button, gesture);
                (self.buttons.action(button, gesture), 1)
            }
            What::Turn { steps } if self.buttons.knob == Knob::Volume => {
                let action = if steps > 0 { Action::VolumeUp } else { Action::VolumeDown };
                (action, u8::try_from(steps.unsigned_abs()).unwrap_or(u8::MAX))
            }
            What::Turn { .. } => (Action::None, 0),
            What::Trouble { part, problem, advice } => {
                log::warn!("board: {part} {problem}; {advice}");
                (Action::None, 0)
            }
            What::Well { part } => {
                log::info!("board: {part} works");
                (Action::None, 0)
            }
        };
        (action != Action::None).then_some(Asked { action, times, at })
    }

    /// Follows a button that is held: on its way to something that cannot be undone, or by something that lies on it.
    fn follow(&mut self, button: Button, gesture: Gesture) {
        match gesture {
            Gesture::Stuck => {
                log::warn!("board: the {} button is held down; it is ignored until it is let go", button.label());
                self.stuck.push(button);
            }
            Gesture::Freed => {
                log::info!("board: the {} button is let go", button.label());
                self.stuck.retain(|stuck| *stuck != button);
            }
            _ => {}
        }
        let before = self.countdown;
        self.countdown = self.buttons.countdown(button, gesture);
        if let (None, Some((action, seconds))) = (before, self.countdown) {
            log::info!("button: {} is held; in {seconds} s: {action}", button.label());
        }
        if before.is_some() && matches!(gesture, Gesture::End { .. }) {
            log::info!("button: {} was let go in time, nothing has changed", button.label());
            self.notice("Let go", "Nothing has changed.");
        }
    }

    /// Notes that what was `asked` for has been done.
    pub(crate) fn done(&self, asked: Asked) {
        let now = clock_gettime(ClockId::Monotonic);
        let now_us = now.tv_sec.unsigned_abs() * 1_000_000 + now.tv_nsec.unsigned_abs() / 1_000;
        let took_us = Time::from_micros(now_us).micros_since(asked.at);
        self.counters.asked_total.fetch_add(1, Ordering::Relaxed);
        self.counters.slowest_us.fetch_max(took_us, Ordering::Relaxed);
    }

    /// Says on the display what a press has led to.
    pub(crate) fn notice(&mut self, headline: &str, text: &str) {
        self.notice = Some((Instant::now() + NOTICE, (headline.to_owned(), text.to_owned())));
    }

    /// Shows `facts`, to which the panel adds its own. What is shown already wakes nobody.
    pub(crate) fn show(&mut self, mut facts: Facts) {
        if facts.pairing.last != self.pairing_told {
            self.pairing_told.clone_from(&facts.pairing.last);
            let announcement = facts.pairing.last.as_ref().and_then(|happened| face::announcement(&happened.outcome));
            if let Some((flash, headline, text)) = announcement {
                flash.into_iter().for_each(|flash| self.board.flash(flash));
                self.notice(headline, &text);
            }
        }
        self.notice = self.notice.take().filter(|(until, _)| *until > Instant::now());
        facts.notice = self.notice.as_ref().map(|(_, notice)| notice.clone());
        facts.countdown = self.countdown;
        facts.stuck = self.stuck.first().map(|button| button.label());
        if facts.listeners > self.listeners {
            self.board.flash(Flash::NewGuest);
        }
        self.listeners = facts.listeners;
        self.set(facts.scene());
        let show = Some(facts.show());
        if show != self.shown.1 {
            self.board.show(show.clone().unwrap_or_default());
            self.shown.1 = show;
        }
    }

    /// Returns whether an LED shows how loud it is.
    pub(crate) fn shows_loudness(&self) -> bool {
        self.board.shows_loudness()
    }

    /// Shows how loud it is, 0 to 255.
    pub(crate) fn loudness(&self, loudness: u8) {
        self.board.loudness(loudness);
    }

    /// Says that the box is about to be off.
    pub(crate) fn shut_down(&mut self) {
        self.set(Scene { conditions: Conditions::NONE.with(Condition::ShuttingDown), ..Scene::default() });
    }

    /// Ends the board's threads.
    pub(crate) fn stop(&self) {
        self.board.stop();
    }

    fn set(&mut self, scene: Scene) {
        if self.shown.0 != Some(scene) {
            self.shown.0 = Some(scene);
            self.board.scene(scene);
        }
    }
}
