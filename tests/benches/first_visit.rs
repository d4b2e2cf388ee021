//! First visits of every page in a real browser that has kept nothing, on 1 Mbit/s with 200 ms: when the guest's page can be
//! used, how long it is from the tap to the sound, what each page asks for, and how far it moves what it has shown.
//!
//! Chromium emulates radio and processor; it delays a packet of WebRTC by as much as a request and its answer, so that a handshake
//! takes twice as long as there. Who taps late finds a session that stands by; who taps at once, one on its way. What is heard is
//! what the page's audio element is given. `cargo bench -p tests --bench first_visit`.

use tests::browser::{BrowserError, missing};
use tests::first_visit::{Conditions, FULL_RADIO, open, tap_to_sound, until_standing_by, visit};
use tests::program::Running;
use tests::{hear, wav};

/// How often the guest's page is visited for each line.
const VISITS: usize = 5;

/// Goals: until the guest's page is ready, at full speed and at a quarter of it, in ms.
const READY_MS: [(u32, f64); 2] = [(1, 1_800.0), (4, 2_600.0)];

/// Goal: from the tap to the sound, in ms.
const SOUND_MS: f64 = 700.0;

/// The other pages.
const PAGES: [&str; 7] = ["/", "/host", "/dj", "/why", "/settings", "/screen", "/poster"];

/// How loud the tone is, linear.
const PEAK: f32 = 0.25;

fn main() {
    if let Some(reason) = missing() {
        return println!("{reason}");
    }
    let Ok(music) = tempfile::tempdir() else { return println!("not measured here: no folder") };
    let tone = hear::sine(440.0, PEAK, wav::RATE_HZ, 60 * wav::RATE_HZ as usize);
    if let Err(error) = wav::write(&music.path().join("tone.wav"), &tone) {
        return println!("not measured here: {error}");
    }
    let Some(running) = Running::start(&["--music".as_ref(), music.path().as_os_str()]) else { return };
    if let Err(error) = measure(&running) {
        println!("not measured here: {error}");
    }
}

fn measure(running: &Running) -> Result<(), BrowserError> {
    let slow = Conditions { window: (390, 844), language: "en", radio: Some(FULL_RADIO), slower: 1 };
    for (slower, goal_ms) in READY_MS {
        let (mut painted, mut ready, mut sound, mut early) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..VISITS {
            let browser = open(&Conditions { slower, ..slow })?;
            let seen = visit(&browser, &running.url("/"))?;
            painted.extend(seen.painted_ms);
            ready.extend(seen.ready_ms);
            until_standing_by(&browser)?;
            sound.push(tap_to_sound(&browser)?);
            let browser = open(&Conditions { slower, ..slow })?;
            browser.go(&running.url("/"))?;
            early.push(tap_to_sound(&browser)?);
        }
        println!("the guest's page on 1 Mbit/s and 200 ms, processor 1/{slower}:");
        report("  first paint", &painted, None);
        report("  ready", &ready, Some(goal_ms));
        report("  from the tap to the sound", &sound, Some(SOUND_MS));
        report("  from a tap as soon as the page is there", &early, None);
    }
    println!("first visits on 1 Mbit/s and 200 ms:");
    let browser = open(&slow)?;
    for page in PAGES {
        let seen = visit(&browser, &running.url(page))?;
        let painted = seen.painted_ms.unwrap_or(f64::NAN);
        println!(
            "  {page:<10} {:>3} requests, {:>5.1} kB, first paint {painted:>5.0} ms, layout shift {:.4}",
            seen.requests,
            seen.bytes as f64 / 1e3,
            seen.shift
        );
    }
    Ok(())
}

fn report(what: &str, ms: &[f64], goal_ms: Option<f64>) {
    let (middle, most) = (hear::percentile(ms, 0.5), hear::percentile(ms, 1.0));
    let goal = goal_ms.map(|goal| format!("; goal {goal:.0} ms, {:.2} of it", middle / goal)).unwrap_or_default();
    println!("{what}: {} times, p50 {middle:.0} ms, most {most:.0} ms{goal}", ms.len());
}
