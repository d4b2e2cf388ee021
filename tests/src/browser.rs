//! A real browser for tests: headless Chromium, driven through chromedriver by the W3C WebDriver protocol.
//!
//! It covers what the tests of the pages need (open, tap, ask the page, wait, take a picture) and nothing more. A
//! machine without the two programs is no failure: [`missing`] says what to install, and the test says so and ends.

mod error;

use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tempfile::TempDir;

pub use error::BrowserError;

use crate::apart::{BOX, Place};
use crate::wait;

/// How long one command of the driver may take; starting the browser on a busy machine is the longest.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);

/// Starts of the driver before it counts as broken: it takes a port that is free for IPv4 and ends if somebody has it for
/// IPv6.
const DRIVER_STARTS: usize = 3;

/// The driver's words for a script that did not end, in time or because its page is gone.
const TIMED_OUT: &str = "script timeout";

/// How long one thing is clicked before it counts as out of reach.
const CLICK_LIMIT: Duration = Duration::from_secs(5);

/// For how long it must stand still, in ms: one picture of a screen at 60 Hz.
const STILL_MS: u32 = 17;

/// What the driver says when something else is where it would click.
const INTERCEPTED: &str = "element click intercepted";

/// A real tap is what the tests are about, so the rule that sound needs one stays on, and nothing is muted.
const FLAGS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
    // The browser ends when the driver's end of this pipe closes, so a killed driver leaves nothing behind.
    "--remote-debugging-pipe",
];

/// How a browser is to be started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Width and height of the visible page, in CSS pixels.
    pub window: (u32, u32),
    /// Whether pages are asked to be dark.
    pub dark: bool,
    /// Where sound goes. `None`: wherever the machine sends it.
    pub sink: Option<Sink>,
    /// The bus of a [lock screen](crate::lock_screen::LockScreen) that shows what plays.
    pub lock_screen: Option<String>,
    /// The network it is in; `None`: this machine's.
    pub place: Option<Place>,
    /// Further flags of Chromium.
    pub flags: Vec<String>,
    /// Whether the driver waits until a page is loaded before it does anything else there.
    pub until_loaded: bool,
}

impl Default for Options {
    /// A phone held upright, dark, as at a party.
    fn default() -> Self {
        Self {
            window: (390, 844),
            dark: true,
            sink: None,
            lock_screen: None,
            place: None,
            flags: Vec::new(),
            until_loaded: true,
        }
    }
}

/// A PulseAudio sink that the browser shall play into.
#[derive(Debug, Clone)]
pub struct Sink {
    /// The server, as `PULSE_SERVER` names it.
    pub server: String,
    /// The sink's name, as `PULSE_SINK` names it.
    pub name: String,
    /// How much sound the server shall hold of the browser's, in ms; `None` leaves it to the browser. Little is for
    /// measuring delays on a calm machine, where the server's buffer is the rig's and not ours.
    pub buffer_ms: Option<u32>,
}

/// What is not installed here, in words for the test's output. `None` when a browser can be opened.
pub fn missing() -> Option<String> {
    let absent: Vec<&str> = ["chromium", "chromedriver"].into_iter().filter(|name| !installed(name)).collect();
    (!absent.is_empty()).then(|| format!("not run: {} not installed", absent.join(" and ")))
}

/// Whether a program is in one of the folders of `PATH`.
pub fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// The script that [`Browser::wait_for`] waits with.
pub(crate) fn waiting(expression: &str) -> String {
    format!(
        "const done = arguments[0];
         const look = async () => {{
           let value; try {{ value = await ({expression}); }} catch (error) {{ value = undefined; }}
           if (value) done(value); else setTimeout(look, 50);
         }};
         look();"
    )
}

/// A running driver, and the port that it listens on.
fn start_driver(options: &Options) -> Result<(Child, u16), BrowserError> {
    let mut command = Command::new("chromedriver");
    if let Some(place) = &options.place {
        command = place.command("chromedriver");
        command.arg(format!("--allowed-ips={BOX},{}", place.address));
    }
    command.arg("--port=0").stdin(Stdio::null()).stderr(Stdio::null()).stdout(Stdio::piped());
    if let Some(sink) = &options.sink {
        command.env("PULSE_SERVER", &sink.server).env("PULSE_SINK", &sink.name);
        if let Some(buffer_ms) = sink.buffer_ms {
            command.env("PULSE_LATENCY_MSEC", buffer_ms.to_string());
        }
    }
    if let Some(bus) = &options.lock_screen {
        command.env("DBUS_SESSION_BUS_ADDRESS", bus);
    }
    for _ in 0..DRIVER_STARTS {
        let mut driver = command.spawn().map_err(BrowserError::Start)?;
        match driver.stdout.take().and_then(port) {
            Some(port) => return Ok((driver, port)),
            None => {
                // It may be gone already.
                _ = driver.kill();
                _ = driver.wait();
            }
        }
    }
    Err(BrowserError::Malformed("port"))
}

/// The port from the driver's first words. A thread reads them to their end, so that the driver never blocks.
fn port(words: ChildStdout) -> Option<u16> {
    let (said, heard) = std::sync::mpsc::channel::<u16>();
    std::thread::spawn(move || {
        for line in BufReader::new(words).lines().map_while(Result::ok) {
            let port = line.strip_suffix('.').and_then(|line| line.rsplit_once("on port "));
            // Nobody listens any more once the port is known: that is no failure.
            let _ = port.and_then(|(_, port)| port.parse().ok()).map(|port| said.send(port));
        }
    });
    heard.recv_timeout(COMMAND_LIMIT).ok()
}

/// An open browser with one page. Dropping it ends the browser and its driver and removes the profile.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    agent: ureq::Agent,
    /// The address of the driver, then of the session.
    base: String,
    _profile: TempDir,
}

impl Browser {
    /// Opens a browser on an empty page.
    pub fn open(options: &Options) -> Result<Self, BrowserError> {
        let profile = tempfile::tempdir().map_err(BrowserError::Start)?;
        let (driver, port) = start_driver(options)?;
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(COMMAND_LIMIT))
            .http_status_as_error(false)
            .build()
            .new_agent();
        // From here on a failure drops the browser, which ends the driver.
        let host = options.place.as_ref().map_or(Ipv4Addr::LOCALHOST.into(), |place| place.address);
        let base = format!("http://{host}:{port}");
        let mut browser = Self { driver, agent, base, _profile: profile };
        browser.begin_session(options)?;
        Ok(browser)
    }

    /// Opens an address and waits until it is loaded.
    pub fn go(&self, url: &str) -> Result<(), BrowserError> {
        self.post("/url", &json!({ "url": url })).map(drop)
    }

    /// Opens an address in a tab of its own, which is the page from then on; the other one stays open, hidden.
    pub fn open_tab(&self, url: &str) -> Result<(), BrowserError> {
        self.open_beside("tab", url).map(drop)
    }

    /// Opens an address in a window of its own, which is the page from then on; the others stay open and visible.
    /// [`Self::turn_to`] takes what comes back.
    pub fn open_window(&self, url: &str) -> Result<String, BrowserError> {
        self.open_beside("window", url)
    }

    /// Makes a window the page.
    pub fn turn_to(&self, window: &str) -> Result<(), BrowserError> {
        self.post("/window", &json!({ "handle": window })).map(drop)
    }

    fn open_beside(&self, kind: &str, url: &str) -> Result<String, BrowserError> {
        let opened = self.post("/window/new", &json!({ "type": kind }))?;
        let window = opened["handle"].as_str().ok_or(BrowserError::Malformed("window"))?;
        self.turn_to(window)?;
        self.go(url)?;
        Ok(window.to_owned())
    }

    /// Loads the page again. Where its address has a part behind `#` the driver does not wait for that, and whatever is opened while it
    /// lasts never opens.
    pub fn reload(&self) -> Result<(), BrowserError> {
        self.run("window.testedBefore = true")?;
        self.post("/refresh", &json!({}))?;
        let anew = "return !window.testedBefore && document.readyState === 'complete'";
        if wait::comes_true(COMMAND_LIMIT, || matches!(self.run(anew), Ok(Value::Bool(true)))) {
            return Ok(());
        }
        Err(BrowserError::Refused { command: "reload".to_owned(), message: self.text() })
    }

    /// A real click or tap, trusted by the page, on the first element of a CSS selector, once that stands still. What is
    /// covered by something that passes, or moves away all the same, is clicked again, as a person would.
    pub fn click(&self, selector: &str) -> Result<(), BrowserError> {
        let selected = Value::from(selector);
        // An option is chosen by the driver without a click.
        let watch = format!(
            "const clicked = document.querySelector({selected});
             window.testClicked = clicked.localName === 'option';
             clicked.addEventListener('click', () => {{ window.testClicked = true; }}, {{ capture: true, once: true }});
             // What slides in would be missed, and something else hit.
             let before;
             const look = () => {{
               const {{ x, y }} = clicked.getBoundingClientRect(), now = x + ' ' + y;
               if (now === before) return arguments[0]();
               before = now;
               setTimeout(look, {STILL_MS});
             }};
             look();"
        );
        let mut missed = "it moved away".to_owned();
        let clicked = wait::until(CLICK_LIMIT, || {
            let click = || {
                let element = self.element(selector)?;
                self.post("/execute/async", &json!({ "script": watch, "args": [] }))?;
                self.post(&format!("/element/{element}/click"), &json!({}))?;
                // A click that opened another page took along what watched for it.
                self.run("return window.testClicked !== false")
            };
            match click() {
                Err(BrowserError::Refused { message, .. }) if message.contains(INTERCEPTED) => missed = message,
                Err(error) => return Some(Err(error)),
                Ok(clicked) => return (clicked == true).then_some(Ok(())),
            }
            None
        });
        clicked.unwrap_or_else(|| Err(BrowserError::Refused { command: format!("click {selector}"), message: missed }))
    }

    /// Presses keys while the first element of a CSS selector has the focus.
    pub fn press(&self, selector: &str, keys: &str) -> Result<(), BrowserError> {
        let element = self.element(selector)?;
        self.post(&format!("/element/{element}/value"), &json!({ "text": keys })).map(drop)
    }

    /// Runs a function body in the page; what it returns comes back.
    pub fn run(&self, body: &str) -> Result<Value, BrowserError> {
        self.post("/execute/sync", &json!({ "script": body, "args": [] }))
    }

    /// Waits until an expression is true in the page, and gives its value. The page looks 20 times a second. An
    /// expression may `await`. A page that goes elsewhere meanwhile takes what waits in it along: then the next one is asked.
    pub fn wait_for(&self, expression: &str, limit: Duration) -> Result<Value, BrowserError> {
        let begun = Instant::now();
        loop {
            let left = limit.saturating_sub(begun.elapsed());
            self.post("/timeouts", &json!({ "script": left.as_millis() as u64 }))?;
            match self.post("/execute/async", &json!({ "script": waiting(expression), "args": [] })) {
                Err(BrowserError::Refused { message, .. }) if begun.elapsed() < limit && message == TIMED_OUT => {}
                Err(BrowserError::Refused { message, .. }) => {
                    let command = format!("waited {limit:?} for {expression}");
                    return Err(BrowserError::Refused { command, message: format!("{} ({message})", self.text()) });
                }
                answer => return answer,
            }
        }
    }

    /// Everything the page shows, as text, for messages of failed tests.
    pub fn text(&self) -> String {
        match self.run("return document.body.innerText") {
            Ok(Value::String(text)) => text,
            _ => "the page says nothing".to_owned(),
        }
    }

    /// What the page and the browser wrote to the console since the last call.
    pub fn console(&self) -> Result<Vec<String>, BrowserError> {
        let entries = self.post("/se/log", &json!({ "type": "browser" }))?;
        let entries = entries.as_array().ok_or(BrowserError::Malformed("log"))?;
        Ok(entries.iter().filter_map(|entry| entry["message"].as_str().map(str::to_owned)).collect())
    }

    /// Takes a picture of the visible page, as PNG.
    pub fn screenshot(&self, to: &Path) -> Result<(), BrowserError> {
        let picture = self.command("GET", "/screenshot", None)?;
        let picture = picture.as_str().and_then(|text| BASE64.decode(text).ok());
        std::fs::write(to, picture.ok_or(BrowserError::Malformed("picture"))?).map_err(BrowserError::Write)
    }

    /// One command of Chromium's own protocol, such as `Network.emulateNetworkConditions`.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Result<Value, BrowserError> {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    fn begin_session(&mut self, options: &Options) -> Result<(), BrowserError> {
        let (width, height) = options.window;
        let mut flags: Vec<String> = FLAGS.iter().map(|&flag| flag.to_owned()).collect();
        flags.push(format!("--user-data-dir={}", self._profile.path().display()));
        flags.push(format!("--window-size={width},{height}"));
        flags.extend(options.flags.iter().cloned());
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "pageLoadStrategy": if options.until_loaded { "normal" } else { "none" },
            "goog:chromeOptions": { "args": flags },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let session = self.post("/session", &wanted)?;
        let id = session["sessionId"].as_str().ok_or(BrowserError::Malformed("session"))?;
        self.base = format!("{}/session/{id}", self.base);
        let scheme = if options.dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", &media)?;
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", &screen).map(drop)
    }

    fn element(&self, selector: &str) -> Result<String, BrowserError> {
        let found = self.post("/element", &json!({ "using": "css selector", "value": selector }))?;
        // The one key of the answer is a constant of the protocol (W3C WebDriver, section 12.2).
        let id = found.as_object().and_then(|element| element.values().next()).and_then(Value::as_str);
        id.map(str::to_owned).ok_or(BrowserError::Malformed("element"))
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, BrowserError> {
        self.command("POST", path, Some(body))
    }

    fn command(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, BrowserError> {
        let url = format!("{}{path}", self.base);
        let answer = match (method, body) {
            ("DELETE", _) => self.agent.delete(&url).call(),
            (_, Some(body)) => self.agent.post(&url).send_json(body),
            (_, None) => self.agent.get(&url).call(),
        };
        let mut answer = answer.map_err(BrowserError::Silent)?;
        let refused = !answer.status().is_success();
        // Pictures are larger than the client's usual limit for a body.
        let body =
            answer.body_mut().with_config().limit(64 << 20).read_json::<Value>().map_err(BrowserError::Silent)?;
        let value = body.get("value").cloned().ok_or(BrowserError::Malformed("value"))?;
        if refused {
            let message = value["message"].as_str().unwrap_or("no reason given");
            let message = message.lines().next().unwrap_or_default().to_owned();
            return Err(BrowserError::Refused { command: format!("{method} {path}"), message });
        }
        Ok(value)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Politely first, so that the browser can remove its files; then the driver, which takes the browser along.
        if self.base.contains("/session/") {
            let _ = self.command("DELETE", "", None);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
