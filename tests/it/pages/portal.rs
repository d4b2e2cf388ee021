//! The pages of the captive portal's sheet: they look like the box though they fetch nothing, from left and from right.

use serde_json::json;
use tests::browser::{Browser, Options};

use super::looks::{PHONE, look};
use super::{PATIENCE, start};

#[test]
fn the_sheet_has_its_style_in_every_direction_dark_and_light() {
    let Some(running) = start() else { return };
    for (language, dark, window) in [("en", true, PHONE), ("ar", true, PHONE), ("de", false, (320, 568))] {
        let browser = Browser::open(&Options { window, dark, ..Options::default() }).expect("a browser");
        browser.devtools("Network.enable", &json!({})).expect("a network");
        let headers = json!({ "headers": { "Accept-Language": language } });
        browser.devtools("Network.setExtraHTTPHeaders", &headers).expect("a language");
        browser.go(&running.url("/portal")).expect("the page opens");
        browser.wait_for(&format!("document.documentElement.lang === '{language}'"), PATIENCE).expect("its language");
        let round = "return getComputedStyle(document.querySelector('main')).borderRadius";
        assert_eq!(browser.run(round).expect("a style"), "20px", "the policy lets the style in");
        let high = browser.run("return document.querySelector('a').getBoundingClientRect().height").expect("a height");
        assert!(high.as_f64().is_some_and(|high| high >= 44.0), "{high} px is small for a thumb");
        look(&browser, &format!("portal-{language}"), window);
        browser.click("a").expect("a tap");
        browser.wait_for("location.pathname === '/portal/stay'", PATIENCE).expect("stays");
        look(&browser, &format!("portal-stays-{language}"), window);
        let files = "return performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname).join()";
        let files = browser.run(files).expect("files");
        assert!(files == "" || files == "/favicon.ico", "it fetches {files}");
        assert_eq!(browser.console().expect("a log"), Vec::<String>::new());
    }
}
