//! What is tight on the narrowest phones, in nine languages: the words of the tabs, hints of any length, and everything of the stage
//! where several channels take their part of it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tests::browser::{Browser, Options};

use super::channels::add;
use super::host::party;
use super::host_head::{LANGUAGES, keep};
use super::looks::pictures;
use super::stage::{IMPORTANT, PHONES, outside, resize};
use super::{PATIENCE, guest, start};

/// The narrowest phone that is still carried.
const NARROW: (u32, u32) = (320, 568);

/// A tablet on its side.
const TABLET: (u32, u32) = (1024, 768);

/// Words that reach out of what is tapped, or out of the screen; `LINKS` holds what is tapped, `WORDS` is what they say.
const OUT: &str = "[...document.querySelectorAll('LINKS')].filter((link) => link.checkVisibility()).flatMap((link) => {
  const within = link.getBoundingClientRect();
  const words = link.querySelector('span');
  const range = document.createRange();
  range.selectNodeContents(words);
  const out = [...range.getClientRects()].some(({ left, right, top, bottom }) =>
    left < Math.max(0, within.left) - 0.5 || right > Math.min(innerWidth, within.right) + 0.5 || top < within.top - 0.5 || bottom > within.bottom + 0.5);
  return out ? [words.textContent] : [];
})";

fn narrow(browser: &Browser) {
    resize(browser, NARROW);
}

#[test]
fn the_words_of_every_tab_lie_in_what_is_tapped_in_nine_languages_on_the_narrowest_phone() {
    let Some(party) = party() else { return };
    let browser = Browser::open(&Options { window: NARROW, ..Options::default() }).expect("a browser");
    narrow(&browser);
    browser.go(&party.running.url("/")).expect("the page opens");
    let mut wrong = Vec::new();
    for language in LANGUAGES {
        browser.run(&keep(language)).expect("kept");
        for (path, links, many, there) in [
            ("/", ".dock nav a", 5, "document.getElementById('dj-label')?.textContent"),
            ("/host", ".tabs button", 5, "document.getElementById('page')?.dataset.role === 'host'"),
        ] {
            browser.go(&party.running.url(path)).expect("the page");
            browser
                .wait_for(&format!("document.documentElement.lang === '{language}' && {there}"), PATIENCE)
                .expect("its words");
            let shown = format!(
                "return [...document.querySelectorAll('{links}')].filter((one) => one.checkVisibility()).length"
            );
            assert_eq!(browser.run(&shown).expect("a number"), many, "{language} {path}");
            let found = browser.run(&format!("return {}", OUT.replace("LINKS", links))).expect("a judgement");
            if found != json!([]) {
                wrong.push(format!("{language} {path}: {found}"));
            }
            if ["fr", "ar", "pl"].contains(&language) {
                let name = format!("tabs-{language}-{}.png", if path == "/" { "guest" } else { "host" });
                browser.screenshot(&pictures().join(name)).expect("a picture");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Every hint of a language, as the page may have to say it.
fn hints(language: &str) -> Vec<String> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../webui/lang").join(language).join("guest.js");
    let words = fs::read_to_string(&place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
    let table = words.split_once("export default {").expect("a table").1;
    let quoted: Vec<&str> = table.split('\'').skip(1).step_by(2).collect();
    let hints = quoted.chunks_exact(2).filter(|pair| pair[0].starts_with("hint.") && pair[0] != "hint.why");
    hints.map(|pair| pair[1].replace("{n}", "10")).collect()
}

#[test]
fn whatever_a_hint_says_and_whoever_skipped_the_button_and_the_volume_stay_where_they_are() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    let mut wrong = Vec::new();
    for language in LANGUAGES {
        guest.browser.run(&keep(language)).expect("kept");
        guest.browser.reload().expect("the page");
        let spoken =
            format!("document.documentElement.lang === '{language}' && !document.getElementById('listeners').hidden");
        guest.browser.wait_for(&spoken, PATIENCE).expect("its language");
        let hints = hints(language);
        assert!(hints.len() > 15, "{language}: {hints:?}");
        for size in [NARROW, (390, 844)] {
            resize(&guest.browser, size);
            // In one go: the page writes its own hint again whenever the box says something.
            let moved = format!(
                "const top = (id) => Math.round(document.getElementById(id).getBoundingClientRect().top);
                 const places = () => [top('play'), top('volume')].join();
                 const [hint, skipped] = ['hint', 'skipped-by'].map((id) => document.getElementById(id));
                 hint.textContent = '.';
                 skipped.textContent = '';
                 const rest = places();
                 const moved = {}.filter((said) => ['', 'Skipped by 12 guests'].some((more) => {{
                   hint.textContent = said;
                   skipped.textContent = more;
                   return places() !== rest;
                 }}));
                 return moved",
                json!(hints)
            );
            let moved = guest.browser.run(&moved).expect("a judgement");
            if moved != json!([]) {
                wrong.push(format!("{language} {size:?}: {moved}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn with_several_channels_everything_of_the_stage_still_lies_within_one_screen_of_every_phone() {
    let Some(party) = party() else { return };
    let guest = guest(&party.running);
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    // The cover gives way to the fields.
    let important: Vec<&str> = IMPORTANT.into_iter().filter(|id| *id != "cover").chain(["channel-list"]).collect();
    let mut wrong = Vec::new();
    for (many, more) in [(3, &["green", "blue"][..]), (8, &["yellow", "purple", "orange", "teal", "pink"][..])] {
        for colour in more {
            add(&party, colour);
        }
        for language in ["de", "fr", "pl"] {
            guest.browser.run(&keep(language)).expect("kept");
            guest.browser.reload().expect("the page");
            let there = format!(
                "document.documentElement.lang === '{language}' && document.querySelectorAll('.channel').length === {many}"
            );
            guest.browser.wait_for(&there, PATIENCE).expect("its channels");
            guest.tap().expect("a tap");
            guest.until("live", PATIENCE).expect("live");
            for part in ["skip", "heart", "peek"] {
                guest.browser.wait_for(&format!("!document.getElementById('{part}').hidden"), PATIENCE).expect(part);
            }
            for size in PHONES.into_iter().chain([TABLET]) {
                resize(&guest.browser, size);
                let silent = "return [...document.querySelectorAll('.channel small')].filter((one) => one.innerText.trim() === '').length";
                assert_eq!(guest.browser.run(silent).expect("a number"), 0, "{many} {size:?}: how many listen is told");
                let found = guest.browser.run(&outside(&json!(important))).expect("a judgement");
                if found != json!([]) {
                    wrong.push(format!("{many} {language} {size:?}: {found}"));
                }
                let small = "return [...document.querySelectorAll('.channel')].map((one) => Math.round(one.getBoundingClientRect().height)).filter((high) => high < 44)";
                assert_eq!(guest.browser.run(small).expect("heights"), Value::Array(Vec::new()), "{many} {size:?}");
                if language == "de" || size == NARROW {
                    let name = format!("stage-{many}-channels-{language}-{}.png", size.0);
                    guest.browser.screenshot(&pictures().join(name)).expect("a picture");
                }
            }
            guest.tap().expect("silent again");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
