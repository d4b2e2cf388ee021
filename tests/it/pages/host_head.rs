//! The head of the host's page: way back, name, who listens, and the host's own Listen in one row, whatever the box is called and
//! whatever language is spoken, on the narrowest phones, in Chromium and in Firefox.

use serde_json::{Value, json};
use tests::browser::{Browser, Options};
use tests::firefox::{Firefox, missing};

use super::PATIENCE;
use super::channels::host as tell;
use super::host::{Party, party};
use super::looks::pictures;

pub(super) const LANGUAGES: [&str; 9] = ["en", "de", "fr", "es", "it", "pt", "pl", "ja", "ar"];

/// A name that no phone has room for.
const LONG: &str = "Maximilians und Anna-Sophies unvergessliches Sommerfest";

/// Smallest target for a thumb, and the least of a name that still says something, px: two words.
const TARGET_PX: f64 = 44.0;
const NAME_PX: f64 = 160.0;

/// How everything in the head stands; `words` is what the button says instead, if anything.
const LOOK: &str = "(() => {
  const label = document.getElementById('listen-label');
  const said = label.textContent;
  if (WORDS !== '') label.textContent = WORDS;
  const box = (what) => document.querySelector(`[data-page=host] ${what}`).getBoundingClientRect();
  const [head, back, name, who, listen] = ['.top', '.top > .bare', '#box-name', '#listeners', '#listen'].map(box);
  const lines = (id) => {
    const range = document.createRange();
    range.selectNodeContents(document.getElementById(id));
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
  };
  const middle = ({ top, height }) => top + height / 2;
  const named = document.getElementById('box-name');
  const found = {
    lines: [lines('box-name'), lines('listeners'), lines('listen-label')],
    name: name.width,
    cut: named.scrollWidth > named.clientWidth,
    high: head.height,
    above: listen.top,
    apart: Math.abs(middle(back) - middle(listen)),
    least: Math.min(back.width, back.height, listen.width, listen.height),
    inside: [back, name, who, listen].every(({ left, right }) => left >= 0 && right <= innerWidth),
    across: document.documentElement.scrollWidth - innerWidth,
  };
  label.textContent = said;
  return found;
})()";

fn number(found: &Value, name: &str) -> f64 {
    found[name].as_f64().unwrap_or_else(|| panic!("{name} of {found}"))
}

fn party_called(title: &str) -> Option<Party> {
    let party = party()?;
    tell(&party, "POST", "/api/party/start", Some(json!({ "title": title })));
    Some(party)
}

/// What is wrong with the head as it is found.
fn wrong(found: &Value, is_long: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |holds: bool, why: &str| {
        if !holds {
            wrong.push(format!("{why}: {found}"));
        }
    };
    check(found["lines"] == json!([1, 1, 1]), "more than a line");
    check(number(found, "name") >= NAME_PX, "the name has no room");
    check(!is_long || found["cut"] == true, "the name is not cut");
    check(number(found, "apart") < 1.0, "not in one row");
    check(number(found, "least") >= TARGET_PX, "small for a thumb");
    check(found["inside"] == true && number(found, "across") < 1.0, "out of the screen");
    wrong
}

/// Ready to be looked at in a language: the box has said who listens.
fn spoken(language: &str, title: &str) -> String {
    format!(
        "document.documentElement.lang === '{language}' && document.getElementById('page').dataset.role === 'host'
         && document.getElementById('listeners').textContent !== ''
         && document.getElementById('box-name').textContent === '{title}'"
    )
}

pub(super) fn keep(language: &str) -> String {
    format!("localStorage.setItem('partybox.language', '{language}')")
}

#[test]
fn a_long_name_is_cut_and_nothing_moves_in_nine_languages_on_narrow_phones() {
    let Some(party) = party_called("Box") else { return };
    let mut wrongs = Vec::new();
    let browser = Browser::open(&Options { window: (320, 568), ..Options::default() }).expect("a browser");
    browser.go(&party.running.url("/host")).expect("the page opens");
    let mut before: Vec<(f64, f64)> = Vec::new();
    for title in ["Box", LONG] {
        tell(&party, "POST", "/api/party/start", Some(json!({ "title": title })));
        let mut place = before.clone().into_iter();
        for width in [320, 360] {
            let screen = json!({ "width": width, "height": 640, "deviceScaleFactor": 1, "mobile": true });
            browser.devtools("Emulation.setDeviceMetricsOverride", &screen).expect("a phone");
            for language in LANGUAGES {
                browser.run(&keep(language)).expect("kept");
                browser.reload().expect("the page");
                browser.wait_for(&spoken(language, title), PATIENCE).expect("its language");
                // The longest words that the button may have to say as well.
                for words in ["", "Noch einmal tippen, bitte sehr"] {
                    let look = LOOK.replace("WORDS", &format!("'{words}'"));
                    let found = browser.run(&format!("return {look}")).expect("a look");
                    // A short name is not cut; it may have less room than it could.
                    let named = wrong(&found, title == LONG);
                    wrongs.extend(named.iter().map(|why| format!("{language} {width} {title} {words}: {why}")));
                    let now = (number(&found, "high"), number(&found, "above"));
                    if title == LONG {
                        assert_eq!(
                            place.next(),
                            Some(now),
                            "{language} {width} {words}: the head is another one with another name"
                        );
                    } else {
                        before.push(now);
                    }
                }
                if title == LONG && ["de", "ar", "ja"].contains(&language) {
                    let name = format!("host-head-{language}-{width}.png");
                    browser.screenshot(&pictures().join(name)).expect("a picture");
                }
            }
        }
    }
    assert!(wrongs.is_empty(), "{wrongs:#?}");
}

#[test]
fn firefox_shows_the_head_in_one_row_as_well() {
    if let Some(reason) = missing() {
        return println!("{reason}");
    }
    let Some(party) = party_called(LONG) else { return };
    let mut wrongs = Vec::new();
    let mut host = Firefox::open(&party.running.url("/host"), (360, 640), None).expect("the page opens");
    for language in LANGUAGES {
        host.run(&keep(language)).expect("kept");
        host.go(&party.running.url("/host")).expect("the page");
        host.wait_for(&spoken(language, LONG), PATIENCE).expect("its language");
        let found = host.run(&format!("return {}", LOOK.replace("WORDS", "''"))).expect("a look");
        wrongs.extend(wrong(&found, true).iter().map(|why| format!("{language}: {why}")));
        if ["de", "ar", "ja"].contains(&language) {
            host.screenshot(&pictures().join(format!("firefox-host-head-{language}.png"))).expect("a picture");
        }
    }
    assert!(wrongs.is_empty(), "{wrongs:#?}");
}

#[test]
fn a_wish_has_room_for_its_words_on_a_narrow_phone_and_its_buttons_stand_together() {
    let Some(party) = party() else { return };
    let asked = party.phone(1).ask("POST", "/api/requests", Some(&json!({ "track": party.track("Evergreen") })));
    assert_eq!(asked.status, 201);
    let host = party.host(&Options { window: (320, 568), ..Options::default() });
    let screen = json!({ "width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": true });
    host.browser.devtools("Emulation.setDeviceMetricsOverride", &screen).expect("a phone");
    host.browser.wait_for("document.querySelector('#waiting-list .yes')?.checkVisibility()", PATIENCE).expect("a wish");
    let found = host.browser.run(
        "const box = (what) => document.querySelector(`#waiting-list ${what}`).getBoundingClientRect();
         const [words, yes, no] = ['.row-words', '.yes', '.round-button:not(.yes)'].map(box);
         return { name: words.width, apart: Math.abs(yes.top - no.top), beside: yes.left - no.right }",
    );
    let found = found.expect("a look");
    assert!(number(&found, "name") >= NAME_PX && number(&found, "apart") < 1.0, "{found}");
    assert!((0.0..TARGET_PX).contains(&number(&found, "beside")), "{found}");
}
