//! A host: the host's page of the box in a real browser, with what tests do there.
//!
//! It knows the page's elements so that tests need not; it decides nothing about what is right.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::{Browser, BrowserError, Options};

/// Steps of a drag: enough that the page sees it move, as a finger would.
const DRAG_STEPS: u32 = 8;

/// What a row of the queue is dragged with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// A mouse.
    Mouse,
    /// A finger.
    Finger,
}

/// A host, or somebody who would like to be one, with the page open.
#[derive(Debug)]
pub struct Host {
    /// The browser, for what this type does not offer.
    pub browser: Browser,
}

impl Host {
    /// Opens the host's page of the box at `base` and waits until the box has said who we are.
    pub fn visit(base: &str, options: &Options) -> Result<Self, BrowserError> {
        let host = Self { browser: Browser::open(options)? };
        host.browser.go(&format!("{base}/host"))?;
        host.browser.wait_for("document.getElementById('page').dataset.role !== 'unknown'", Duration::from_secs(30))?;
        Ok(host)
    }

    /// `guest`, `dj` or `host`.
    pub fn role(&self) -> Result<String, BrowserError> {
        self.text_of("document.getElementById('page').dataset.role")
    }

    /// Waits until the page is the one for this role.
    pub fn until_role(&self, role: &str, limit: Duration) -> Result<(), BrowserError> {
        self.browser.wait_for(&format!("document.getElementById('page').dataset.role === '{role}'"), limit).map(drop)
    }

    /// Opens a part of the page: `queue`, `asks`, `music`, `people` or `box`.
    pub fn part(&self, name: &str) -> Result<(), BrowserError> {
        self.browser.click(&format!("#tab-{name}"))
    }

    /// Scrolls something to the middle of the screen, clear of the bars at its foot, and taps it.
    pub fn tap(&self, selector: &str) -> Result<(), BrowserError> {
        let selected = Value::from(selector);
        self.browser.run(&format!("document.querySelector({selected})?.scrollIntoView({{ block: 'center' }})"))?;
        self.browser.click(selector)
    }

    /// Waits until the page shows this text.
    pub fn until_shown(&self, text: &str, limit: Duration) -> Result<(), BrowserError> {
        let text = Value::from(text);
        self.browser.wait_for(&format!("document.body.innerText.includes({text})"), limit).map(drop)
    }

    /// Waits until the queue on the page is made of these titles, in this order.
    pub fn until_queue(&self, titles: &[&str], limit: Duration) -> Result<(), BrowserError> {
        let wanted = json!(titles);
        let shown = "JSON.stringify([...document.querySelectorAll('#queue .row-title')].map((row) => row.textContent))";
        self.browser.wait_for(&format!("{shown} === JSON.stringify({wanted})"), limit).map(drop)
    }

    /// What screen readers were told last.
    pub fn spoken(&self) -> Result<String, BrowserError> {
        self.text_of("document.getElementById('spoken').textContent")
    }

    /// Drags a row of the queue by its handle to the place of another; both count from 0.
    pub fn drag(&self, from: usize, to: usize, pointer: Pointer) -> Result<(), BrowserError> {
        let places = format!(
            "const grips = [...document.querySelectorAll('#queue .grip')];
             grips[{from}].scrollIntoView({{ block: 'center' }});
             return [{from}, {to}].map((at) => {{
               const place = grips[at].getBoundingClientRect();
               return [place.left + place.width / 2, place.top + place.height / 2];
             }});"
        );
        let places = self.browser.run(&places)?;
        let at = |place: usize, axis: usize| places[place][axis].as_f64().ok_or(BrowserError::Malformed("place"));
        let (x, y0, y1) = (at(0, 0)?, at(0, 1)?, at(1, 1)?);
        // A little past the middle of the other row, as a person would.
        let y1 = y1 + (y1 - y0).signum() * 4.0;
        self.touch(pointer, "Pressed", x, y0)?;
        for step in 1..=DRAG_STEPS {
            self.touch(pointer, "Moved", x, y0 + (y1 - y0) * f64::from(step) / f64::from(DRAG_STEPS))?;
        }
        self.touch(pointer, "Released", x, y1)
    }

    /// Puts a finger on the first element of a CSS selector, and leaves it there.
    pub fn hold(&self, selector: &str) -> Result<(), BrowserError> {
        let place = format!(
            "const held = document.querySelector({});
             held.scrollIntoView({{ block: 'center' }});
             const place = held.getBoundingClientRect();
             return [place.left + place.width / 2, place.top + place.height / 2];",
            Value::from(selector)
        );
        let place = self.browser.run(&place)?;
        let at = |axis: usize| place[axis].as_f64().ok_or(BrowserError::Malformed("place"));
        self.touch(Pointer::Finger, "Pressed", at(0)?, at(1)?)
    }

    /// Lifts the finger again.
    pub fn let_go(&self) -> Result<(), BrowserError> {
        self.touch(Pointer::Finger, "Released", 0.0, 0.0)
    }

    fn touch(&self, pointer: Pointer, what: &str, x: f64, y: f64) -> Result<(), BrowserError> {
        let (command, parameters) = match pointer {
            Pointer::Mouse => (
                "Input.dispatchMouseEvent",
                json!({ "type": format!("mouse{what}"), "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1 }),
            ),
            Pointer::Finger => {
                let kind = match what {
                    "Pressed" => "touchStart",
                    "Moved" => "touchMove",
                    _ => "touchEnd",
                };
                let points = if kind == "touchEnd" { json!([]) } else { json!([{ "x": x, "y": y }]) };
                ("Input.dispatchTouchEvent", json!({ "type": kind, "touchPoints": points }))
            }
        };
        self.browser.devtools(command, &parameters).map(drop)
    }

    fn text_of(&self, expression: &str) -> Result<String, BrowserError> {
        let text = self.browser.run(&format!("return {expression}"))?;
        text.as_str().map(str::to_owned).ok_or(BrowserError::Malformed("text"))
    }
}
