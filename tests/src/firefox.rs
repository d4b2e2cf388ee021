//! Firefox for tests: headless, driven through Marionette, which it speaks without a driver beside it.
//!
//! Pages that work in [Chromium](crate::browser) are opened here a second time, so this offers the part of it that such
//! tests need. A machine without Firefox is no failure: [`missing`] says what to install, and the test says so and ends.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::{BrowserError, Sink, installed, waiting};
use crate::wait;

/// How long Firefox may take to start on a busy machine, and to answer a command.
const LIMIT: Duration = Duration::from_secs(60);

/// The names of the program; Debian's is the long-lived one.
const PROGRAMS: [&str; 2] = ["firefox-esr", "firefox"];

/// What a fresh profile is told: a port of its own choice; the loopback as a network (the only one here, and used only by
/// pages that may hear the microphone, as all others use the network that leads outside); windows of any size; and nothing
/// asked of anybody outside. That sound needs a tap stays as it is.
const PREFERENCES: [(&str, &str); 12] = [
    ("marionette.port", "0"),
    ("media.peerconnection.ice.loopback", "true"),
    ("permissions.default.microphone", "1"),
    ("dom.disable_open_during_load", "false"),
    ("browser.shell.checkDefaultBrowser", "false"),
    ("browser.startup.page", "0"),
    ("app.update.enabled", "false"),
    ("network.captive-portal-service.enabled", "false"),
    ("network.connectivity-service.enabled", "false"),
    ("network.dns.disableIPv6", "true"),
    ("toolkit.telemetry.enabled", "false"),
    ("datareporting.policy.dataSubmissionEnabled", "false"),
];

/// What is not installed here, in words for the test's output.
pub fn missing() -> Option<String> {
    program().is_none().then(|| "not run: firefox not installed".to_owned())
}

fn program() -> Option<&'static str> {
    PROGRAMS.into_iter().find(|name| installed(name))
}

/// An open Firefox with one page. Dropping it ends it and removes the profile.
#[derive(Debug)]
pub struct Firefox {
    child: Child,
    line: TcpStream,
    /// Commands so far: the number of the last one.
    count: u64,
    _profile: TempDir,
}

impl Firefox {
    /// Opens an address in a window of this width and height, in CSS pixels, and waits until it is loaded.
    pub fn open(url: &str, window: (u32, u32), sink: Option<&Sink>) -> Result<Self, BrowserError> {
        let profile = tempfile::tempdir().map_err(BrowserError::Start)?;
        let lines = PREFERENCES.map(|(name, value)| format!("user_pref(\"{name}\", {value});\n"));
        fs::write(profile.path().join("user.js"), lines.concat()).map_err(BrowserError::Start)?;
        let mut command = Command::new(program().unwrap_or(PROGRAMS[0]));
        command.args(["--headless", "--no-remote", "--marionette", "--profile"]).arg(profile.path());
        command.env("HOME", profile.path()).env("MOZ_CRASHREPORTER_DISABLE", "1");
        if let Some(sink) = sink {
            command.env("PULSE_SERVER", &sink.server).env("PULSE_SINK", &sink.name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(BrowserError::Start)?;
        let line = match answered(&mut child, &profile.path().join("MarionetteActivePort")) {
            Ok(line) => line,
            Err(error) => {
                // It may be gone already.
                _ = child.kill();
                _ = child.wait();
                return Err(BrowserError::Start(error));
            }
        };
        let mut firefox = Self { child, line, count: 0, _profile: profile };
        // Its first words say which protocol it speaks.
        firefox.hear()?;
        firefox.ask("WebDriver:NewSession", &json!({}))?;
        firefox.open_popup(url, window)?;
        Ok(firefox)
    }

    /// A whole browser window is never narrower than 450 px; one that a page opens may be a phone's size.
    fn open_popup(&mut self, url: &str, (width, height): (u32, u32)) -> Result<(), BrowserError> {
        let before = self.ask("WebDriver:GetWindowHandles", &json!({}))?;
        self.run(&format!("window.open('about:blank', 'phone', 'popup,width={width},height={height}')"))?;
        let begun = Instant::now();
        while begun.elapsed() < LIMIT {
            let windows = self.ask("WebDriver:GetWindowHandles", &json!({}))?;
            let known = before.as_array().ok_or(BrowserError::Malformed("windows"))?;
            let new = windows.as_array().and_then(|all| all.iter().find(|window| !known.contains(window)));
            if let Some(new) = new {
                self.ask("WebDriver:SwitchToWindow", &json!({ "handle": new }))?;
                return self.go(url);
            }
        }
        Err(BrowserError::Malformed("second window"))
    }

    /// Opens an address and waits until it is loaded.
    pub fn go(&mut self, url: &str) -> Result<(), BrowserError> {
        self.ask("WebDriver:Navigate", &json!({ "url": url })).map(drop)
    }

    /// A real click, trusted by the page, on the first element of a CSS selector.
    pub fn click(&mut self, selector: &str) -> Result<(), BrowserError> {
        let id = self.element(selector)?;
        self.ask("WebDriver:ElementClick", &json!({ "id": id })).map(drop)
    }

    /// Presses keys while the first element of a CSS selector has the focus.
    pub fn press(&mut self, selector: &str, keys: &str) -> Result<(), BrowserError> {
        let id = self.element(selector)?;
        self.ask("WebDriver:ElementSendKeys", &json!({ "id": id, "text": keys })).map(drop)
    }

    /// Runs a function body in the page; what it returns comes back.
    pub fn run(&mut self, body: &str) -> Result<Value, BrowserError> {
        let script = json!({ "script": body, "args": [], "sandbox": null });
        Ok(self.ask("WebDriver:ExecuteScript", &script)?["value"].take())
    }

    /// Waits until an expression is true in the page, and gives its value; as [`crate::browser::Browser::wait_for`].
    pub fn wait_for(&mut self, expression: &str, limit: Duration) -> Result<Value, BrowserError> {
        self.ask("WebDriver:SetTimeouts", &json!({ "script": limit.as_millis() as u64 }))?;
        let script = json!({ "script": waiting(expression), "args": [], "sandbox": null });
        let answer = self.ask("WebDriver:ExecuteAsyncScript", &script);
        match answer {
            Ok(mut answer) => Ok(answer["value"].take()),
            Err(error) => {
                let text = self.run("return document.body.innerText").map_err(|_| error)?;
                let command = format!("waited {limit:?} for {expression}");
                Err(BrowserError::Refused { command, message: text.to_string() })
            }
        }
    }

    /// Waits until the page shows this text.
    pub fn until_shown(&mut self, text: &str, limit: Duration) -> Result<(), BrowserError> {
        let text = Value::from(text);
        self.wait_for(&format!("document.body.innerText.includes({text})"), limit).map(drop)
    }

    /// Takes a picture of the visible page, as PNG.
    pub fn screenshot(&mut self, to: &Path) -> Result<(), BrowserError> {
        let picture = self.ask("WebDriver:TakeScreenshot", &json!({ "full": false }))?;
        let picture = picture["value"].as_str().and_then(|text| BASE64.decode(text).ok());
        fs::write(to, picture.ok_or(BrowserError::Malformed("picture"))?).map_err(BrowserError::Write)
    }

    fn element(&mut self, selector: &str) -> Result<Value, BrowserError> {
        let found = self.ask("WebDriver:FindElement", &json!({ "using": "css selector", "value": selector }))?;
        // The one key of the element is a constant of the protocol (W3C WebDriver, section 12.2).
        let id = found["value"].as_object().and_then(|element| element.values().next()).cloned();
        id.ok_or(BrowserError::Malformed("element"))
    }

    /// One command: `[0, number, name, parameters]` is answered by `[1, number, error, result]`.
    fn ask(&mut self, command: &str, parameters: &Value) -> Result<Value, BrowserError> {
        self.count += 1;
        let message = json!([0, self.count, command, parameters]).to_string();
        let framed = format!("{}:{message}", message.len());
        self.line.write_all(framed.as_bytes()).map_err(BrowserError::Lost)?;
        let mut answer = self.hear()?;
        match answer[2]["message"].as_str() {
            None => Ok(answer[3].take()),
            Some(words) => Err(BrowserError::Refused { command: command.to_owned(), message: words.to_owned() }),
        }
    }

    /// One message: its length in decimal digits, a colon, and that many bytes of JSON.
    fn hear(&mut self) -> Result<Value, BrowserError> {
        let (mut length, mut byte) = (0_usize, [0]);
        loop {
            self.line.read_exact(&mut byte).map_err(BrowserError::Lost)?;
            match byte[0] {
                b':' => break,
                digit @ b'0'..=b'9' => length = length.saturating_mul(10) + usize::from(digit - b'0'),
                _ => return Err(BrowserError::Malformed("length")),
            }
        }
        let mut message = vec![0; length];
        self.line.read_exact(&mut message).map_err(BrowserError::Lost)?;
        serde_json::from_slice(&message).map_err(|_| BrowserError::Malformed("JSON"))
    }
}

/// A connection to the port that Firefox writes into its profile when it listens there.
fn answered(child: &mut Child, port: &Path) -> std::io::Result<TcpStream> {
    let answer = wait::until(LIMIT, || {
        let port = fs::read_to_string(port).ok().and_then(|text| text.trim().parse::<u16>().ok());
        let line = port.and_then(|port| TcpStream::connect(("127.0.0.1", port)).ok());
        let mut ended = || !matches!(child.try_wait(), Ok(None));
        (line.is_some() || ended()).then_some(line)
    });
    let line = answer.flatten().ok_or(std::io::ErrorKind::TimedOut)?;
    line.set_read_timeout(Some(LIMIT))?;
    Ok(line)
}

impl Drop for Firefox {
    fn drop(&mut self) {
        // Politely first, because its helpers end with it and it removes its locks.
        _ = self.ask("Marionette:Quit", &json!({ "flags": ["eForceQuit"] }));
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
