//! How the pages look and whether everybody can use them: an accessibility engine on every part and state, dark and light,
//! narrow and wide, from left and from right. Each state is left as a picture in `target/screenshots` for people to look at.

use std::path::PathBuf;

use serde_json::{Value, json};
use tests::browser::Options;
use tests::guest::Guest;

use super::{PATIENCE, start_with_records, web_tools};

/// What the engine is asked to hold: WCAG 2.2 up to AA, and what its makers call good practice.
const RULES: &str = "['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']";

/// The parts of the guest page, and the other pages a guest sees.
const PARTS: [(&str, &str); 7] = [
    ("listen", "/#/listen"),
    ("queue", "/#/queue"),
    ("music", "/#/music"),
    ("more", "/#/more"),
    ("why", "/why"),
    ("streams", "/streams"),
    ("latest", "/stream/latest"),
];

/// A way of looking: name, width and height, dark, language. Together they have a script without spaces and one from the right, and
/// the longest words on the narrowest phone.
const LOOKS: [(&str, (u32, u32), bool, &str); 6] = [
    ("dark", (390, 844), true, "ja"),
    ("light", (390, 844), false, "de"),
    ("narrow", (320, 568), true, "pl"),
    ("rtl", (390, 844), true, "ar"),
    ("wide", (1_280, 800), true, "en"),
    ("tablet", (1_024, 768), false, "fr"),
];

/// Where pictures go: beside the tests' program, in the build's own folder.
fn pictures() -> PathBuf {
    let program = std::env::current_exe().expect("a program");
    let folder = program.ancestors().nth(3).expect("the build's folder").join("screenshots");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Takes the picture of a state, and returns what the engine finds wrong with it and whether it scrolls sideways.
fn look(guest: &Guest, engine: &str, name: &str) -> Vec<String> {
    let still = "[...document.images].every((image) => image.complete || !image.checkVisibility()
      || image.getBoundingClientRect().top > innerHeight)";
    guest.browser.wait_for(still, PATIENCE).expect("pictures");
    guest.browser.screenshot(&pictures().join(format!("{name}.png"))).expect("a picture");
    guest.browser.run(engine).expect("the engine");
    let found = format!(
        "axe.run(document, {{ runOnly: {RULES} }}).then(({{ violations }}) => JSON.stringify(violations.map(
           ({{ id, nodes }}) => `${{id}}: ${{nodes.map((node) => node.target.join(' ')).slice(0, 3).join(', ')}}`)))"
    );
    let found = guest.browser.wait_for(&found, PATIENCE).expect("a verdict");
    let found: Value = serde_json::from_str(found.as_str().expect("a text")).expect("JSON");
    let mut wrong: Vec<String> =
        found.as_array().expect("a list").iter().map(|breach| format!("{name}: {breach}")).collect();
    let over = guest.browser.run("return document.documentElement.scrollWidth - innerWidth").expect("a width");
    if over.as_i64() > Some(0) {
        wrong.push(format!("{name}: scrolls sideways by {over} px"));
    }
    // Targets of a thumb: 44 px, or a whole row of text that is a link (WCAG 2.5.8 asks for 24). What chooses a file is out of sight,
    // and its label is touched.
    let small = "return [...document.querySelectorAll('button, input, select, summary, nav a, a.button')]
       .filter((e) => e.checkVisibility() && !e.matches('input[type=radio]'))
       .map((e) => (e.matches('input[type=file]') ? e.closest('label') : e))
       .filter((e) => Math.round(e.getBoundingClientRect().height) < 44).map((e) => e.id || e.className)";
    let small = guest.browser.run(small).expect("sizes");
    wrong.extend(
        small.as_array().expect("a list").iter().map(|target| format!("{name}: {target} is small for a thumb")),
    );
    wrong
}

#[test]
fn every_part_and_state_can_be_used_by_everybody_and_leaves_a_picture() {
    let Some(tools) = web_tools() else { return };
    let engine = std::fs::read_to_string(tools.join("axe-core/axe.min.js")).expect("the engine");
    let Some(mut party) = start_with_records() else { return };
    party.host("PUT", "/api/party/settings", Some(json!({ "requests": "auto", "per_guest_max": 10 })));
    let mut wrong = Vec::new();
    for (look_name, window, dark, language) in LOOKS {
        let guest = Guest::visit(&party.running.url(""), &Options { window, dark, ..Options::default() })
            .expect("the page opens");
        let keep = format!("localStorage.setItem('partybox.language', '{language}')");
        guest.browser.run(&keep).expect("kept");
        let still = json!({ "features": [
            { "name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" } },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        guest.browser.devtools("Emulation.setEmulatedMedia", &still).expect("a calm page");
        guest.browser.reload().expect("the page");
        guest
            .browser
            .wait_for(&format!("document.documentElement.lang === '{language}'"), PATIENCE)
            .expect("its language");
        guest.until("idle", PATIENCE).expect("before the tap");
        guest.browser.wait_for("!document.getElementById('listeners').hidden", PATIENCE).expect("the box has spoken");
        wrong.extend(look(&guest, &engine, &format!("{look_name}-idle")));
        wish(&guest);
        guest.tap().expect("a tap");
        guest.until("live", PATIENCE).expect("live");
        for (part, path) in PARTS {
            if let Some(place) = path.strip_prefix("/#") {
                guest.browser.run(&format!("location.hash = '{place}'")).expect("the part");
            } else {
                guest.browser.go(&party.running.url(path)).expect("the page");
                let said = "!document.getElementById('page').hasAttribute('aria-busy')";
                guest.browser.wait_for(said, PATIENCE).expect("a verdict");
            }
            wrong.extend(look(&guest, &engine, &format!("{look_name}-{part}")));
            if part == "music" {
                guest.browser.press("#search", "n").expect("typed");
                guest
                    .browser
                    .wait_for("document.querySelectorAll('#found-list li').length > 0", PATIENCE)
                    .expect("found");
                wrong.extend(look(&guest, &engine, &format!("{look_name}-search")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Wishes for two songs, so that there is a queue to look at.
fn wish(guest: &Guest) {
    let wish = "(async () => {
      const { tracks } = await (await fetch('/api/library/tracks?limit=50')).json();
      const queued = Object.values((await (await fetch('/api/queue')).json()).queue.items ?? {}).map(({ track }) => track.id);
      for (const { id } of tracks.filter(({ id }) => !queued.includes(id)).slice(2, 4)) {
        await fetch('/api/requests', { method: 'POST', headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ track: id }) });
      }
      return true;
    })()";
    guest.browser.wait_for(wish, PATIENCE).expect("wishes");
}
