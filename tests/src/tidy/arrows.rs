//! The dependency arrows of DESIGN section 3, read from the packages' manifests.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::Breach;
use super::repository::Source;

/// The package that every other may depend on.
pub const VOCABULARY: &str = "base";

/// Every package of the house and the siblings it may depend on besides [`VOCABULARY`]. No other arrow exists.
pub const ARROWS: [(&str, &[&str]); 13] = [
    (VOCABULARY, &[]),
    ("party", &[]),
    ("hub", &[]),
    ("audio", &[]),
    ("library", &[]),
    ("board", &[]),
    ("webui", &[]),
    ("image", &[]),
    ("rtc", &[]),
    ("appliance", &[]),
    ("web", &["party", "hub", "library", "rtc", "appliance", "webui"]),
    ("partybox", &["party", "hub", "audio", "library", "rtc", "appliance", "web", "board", "webui"]),
    ("tests", &["party", "hub", "audio", "library", "rtc", "appliance", "web", "board", "webui", "partybox"]),
];

/// What is wrong with one `Cargo.toml` of a package; a manifest without a package is the workspace's own.
pub fn check(source: &Source) -> Vec<Breach> {
    let breach = |what: String| vec![Breach::of_file(&source.path, what)];
    let manifest: Table = match source.text.parse() {
        Ok(manifest) => manifest,
        Err(error) => return breach(format!("cannot be read: {error}")),
    };
    let Some(name) = manifest.get("package").and_then(|package| package.get("name")).and_then(Value::as_str) else {
        return Vec::new();
    };
    let Some((_, allowed)) = ARROWS.iter().find(|(package, _)| *package == name) else {
        return breach(format!("`{name}` is not a room of the house"));
    };
    let mut breaches = Vec::new();
    for sibling in siblings(&manifest) {
        if sibling != name && sibling != VOCABULARY && !allowed.contains(&sibling.as_str()) {
            breaches.push(Breach::of_file(&source.path, format!("no arrow leads from `{name}` to `{sibling}`")));
        }
    }
    breaches
}

/// Every dependency on a package of the house, in every kind of table.
fn siblings(manifest: &Table) -> Vec<String> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables =
        std::iter::once(manifest).chain(targets.into_iter().flat_map(|all| all.values().filter_map(Value::as_table)));
    let rooms: BTreeSet<&str> = ARROWS.iter().map(|(package, _)| *package).collect();
    let mut found = Vec::new();
    for table in tables {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(entries) = table.get(kind).and_then(Value::as_table) else { continue };
            for (key, entry) in entries {
                let real = entry.get("package").and_then(Value::as_str).unwrap_or(key);
                if rooms.contains(real) {
                    found.push(real.to_owned());
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(text: &str) -> usize {
        check(&Source::made_up("x/Cargo.toml", text)).len()
    }

    #[test]
    fn an_arrow_that_is_not_on_the_map_is_found() {
        assert_eq!(breaches("[package]\nname='party'\n[dependencies]\naudio.workspace=true"), 1);
        assert_eq!(breaches("[package]\nname='webui'\n[dev-dependencies]\nweb={path='../web'}"), 1);
        assert_eq!(
            breaches("[package]\nname='board'\n[target.'cfg(unix)'.dependencies]\nx={package='party',path='x'}"),
            1
        );
        assert_eq!(breaches("[package]\nname='image'\n[build-dependencies]\npartybox={path='x'}"), 1);
        assert_eq!(breaches("[package]\nname='common'\n"), 1);
    }

    #[test]
    fn the_arrows_on_the_map_pass() {
        assert_eq!(
            breaches("[package]\nname='web'\n[dependencies]\nbase.workspace=true\nparty.workspace=true\ntokio='1'"),
            0
        );
        assert_eq!(breaches("[workspace]\nmembers=[]"), 0);
    }

    #[test]
    fn the_vocabulary_uses_no_room() {
        assert_eq!(breaches("[package]\nname='base'\n[dependencies]\nserde='1'"), 0);
        assert_eq!(breaches("[package]\nname='base'\n[dependencies]\nparty.workspace=true"), 1);
    }

    #[test]
    fn web_may_not_know_pcm() {
        assert_eq!(breaches("[package]\nname='web'\n[dependencies]\naudio={workspace=true,features=['opus']}"), 1);
    }
}
