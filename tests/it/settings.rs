//! What a line of the configuration is worth once hosts have set something on the page: the real program, started again and
//! again over one state folder with a configuration that somebody edits.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tests::caller::Caller;
use tests::machine::wait_for;
use tests::program::Running;

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(60);

/// Every setting that both the file and the page know: its section and key, and where the page sets it.
const KEYS: [(&str, &str, &str); 4] = [
    ("source", "crossfade_ms", "/api/party/settings"),
    ("wifi", "portal", "/api/box/network"),
    ("wifi", "forward", "/api/box/network"),
    ("wifi", "cable", "/api/box/network"),
];

/// Values of the keys, in their order.
type Values = [Value; 4];

/// Writes the configuration with these values.
fn configure(folder: &Path, values: &Values) {
    let value = |key: &str| KEYS.iter().zip(values).find(|((_, known, _), _)| *known == key).expect("a key").1;
    let text = format!(
        "[state]\nfolder = \"{}\"\n[source]\ncrossfade_ms = {}\n[wifi]\nown = true\nportal = {}\nforward = {}\ncable = {}\n",
        folder.join("state").display(),
        value("crossfade_ms"),
        value("portal"),
        value("forward"),
        value("cable"),
    );
    fs::write(folder.join("partybox.toml"), text).expect("a configuration");
}

/// What holds for each key and who said so, once the party goes on.
fn held(running: &Running) -> Vec<(Value, Value)> {
    running.until("/api/party/status", LIMIT, |status| status["session"]["live"] == true);
    let ask = |path: &str| host(running).ask("GET", path, None).body;
    let (settings, you, network) = (ask("/api/party/settings"), ask("/api/queue"), ask("/api/box"));
    let held = |(section, key, _): &(&str, &str, &str)| match *section {
        "source" => (settings[key].clone(), you["you"]["origins"][key].clone()),
        _ => (network["network"][key].clone(), network["network"]["origins"][key].clone()),
    };
    KEYS.iter().map(held).collect()
}

/// A host's phone.
fn host(running: &Running) -> Caller {
    Caller::new(Ipv4Addr::LOCALHOST, running.address)
}

/// Values and the origin of all of them, as `held` says it.
fn all(values: &Values, origin: &str) -> Vec<(Value, Value)> {
    values.iter().map(|value| (value.clone(), json!(origin))).collect()
}

#[test]
fn a_line_of_the_file_holds_until_that_very_setting_is_set_on_the_page_and_never_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = [json!(2_000), json!("off"), json!(true), json!("guests")];
    let default = [json!(0), json!("quiet"), json!(false), json!("house")];
    configure(folder.path(), &file);
    let config = folder.path().join("partybox.toml").display().to_string();
    let options = ["--config".to_owned(), config, "--host-from=127.0.0.1/32".to_owned()];
    let Some(mut running) = Running::start(&options) else { return };
    let set = |running: &Running, path: &str, key: &str, value: &Value| {
        let answer = host(running).ask("PUT", path, Some(&json!({ key: value })));
        assert_eq!(answer.status, 204, "{key}: {answer:?}");
    };
    let written = |text: &str| {
        let party = folder.path().join("state/party");
        wait_for(text, &mut || fs::read_to_string(&party).is_ok_and(|written| written.contains(text)));
    };
    assert_eq!(held(&running), all(&file, "file"));

    // Something else is set, and the file is edited.
    set(&running, "/api/party/settings", "requests", &json!("auto"));
    written("requests = \"auto\"");
    configure(folder.path(), &default);
    running.restart();
    assert_eq!(held(&running), all(&default, "default"));

    // One after the other is set on the page, and the others stay the file's.
    let page = [json!(4_000), json!("sign-in"), json!(true), json!("guests")];
    let edited = [json!(3_000), json!("off"), json!(true), json!("guests")];
    for (set_now, (_, key, path)) in KEYS.iter().enumerate() {
        set(&running, path, key, &page[set_now]);
        if *key == "crossfade_ms" {
            written("crossfade_ms = 4000");
        }
        configure(folder.path(), &edited);
        running.restart();
        let mut expected = all(&edited, "file");
        for (place, value) in page.iter().enumerate().take(set_now + 1) {
            expected[place] = (value.clone(), json!("page"));
        }
        assert_eq!(held(&running), expected, "after {key} was set");
        configure(folder.path(), &default);
        running.restart();
    }
    assert_eq!(held(&running), all(&page, "page"));

    // One after the other is taken back, and holds as the file says at once and after a restart.
    configure(folder.path(), &edited);
    running.restart();
    let mut expected = all(&page, "page");
    for (place, (_, key, path)) in KEYS.iter().enumerate() {
        let answer = host(&running).ask("DELETE", &format!("{path}/{key}"), None);
        assert_eq!(answer.status, 204, "{key}: {answer:?}");
        expected[place] = (edited[place].clone(), json!("file"));
        assert_eq!(held(&running), expected, "after {key} was taken back");
        running.restart();
        assert_eq!(held(&running), expected, "after {key} was taken back, and a restart");
    }
    let rows = host(&running).ask("GET", "/api/box/settings", None).body["settings"].take();
    let row = |key: &str| rows.as_array().into_iter().flatten().find(|row| row["key"] == key).cloned();
    assert_eq!(row("wifi.portal").expect("a row")["origin"], "file");
    assert_eq!(host(&running).ask("DELETE", "/api/box/network/nothing", None).status, 404);
}
