//! The list of parts beside an image, in CycloneDX: every package of Debian and every crate in the program, with versions
//! and licences.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::debian::{self, Lock, Pin};
use crate::error::Error;
use crate::{build, files};

/// The kind of computer that the program is built for.
const TARGET: &str = "aarch64-unknown-linux-gnu";

/// Writes `path`: what is on the card, and as its tools what it was made with. Licences of packages are in the folder
/// `copyright`, one file per package and one licence per line.
pub(crate) fn write(path: &Path, version: &str, lock: &Lock, copyright: &Path) -> Result<(), Error> {
    let packages = lock.card.iter().map(|(key, pin)| {
        let licences = fs::read_to_string(copyright.join(debian::split(key).0)).unwrap_or_default();
        package(key, pin, &licences)
    });
    let crates = crates(&metadata()?);
    let components: Vec<Value> = packages.chain(crates).collect();
    let tools: Vec<Value> = lock.tools.iter().map(|(key, pin)| package(key, pin, "")).collect();
    let list = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {"type": "firmware", "name": "partybox", "version": version},
            "tools": {"components": tools},
        },
        "components": components,
    });
    files::write(path, &format!("{list:#}\n"))
}

fn package(key: &str, Pin { version, sha256 }: &Pin, licences: &str) -> Value {
    let (name, architecture) = debian::split(key);
    let licences: Vec<Value> = licences.lines().map(|name| json!({"license": {"name": name}})).collect();
    json!({
        "type": "library",
        "name": name,
        "version": version,
        "purl": format!("pkg:deb/debian/{name}@{version}?arch={architecture}&distro={}", debian::SUITE),
        "hashes": [{"alg": "SHA-256", "content": sha256}],
        "licenses": licences,
    })
}

fn metadata() -> Result<Value, Error> {
    let words = ["metadata", "--format-version=1", "--locked", "--filter-platform", TARGET];
    let output = build::cargo_command(&words).output();
    let output = output.map_err(|source| Error::Start { program: build::cargo(), source })?;
    serde_json::from_slice(&output.stdout).map_err(|why| Error::Card(format!("cargo metadata: {why}")))
}

/// The crates that are in the program: what it depends on, not what only tests and builds need.
fn crates(metadata: &Value) -> Vec<Value> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages: BTreeMap<String, Value> =
        list(&metadata["packages"]).into_iter().map(|package| (text(&package["id"]), package)).collect();
    let needs: BTreeMap<String, Vec<String>> = list(&metadata["resolve"]["nodes"])
        .iter()
        .map(|node| {
            let normal = |need: &&Value| list(&need["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
            let needs = list(&node["deps"]).iter().filter(normal).map(|need| text(&need["pkg"])).collect();
            (text(&node["id"]), needs)
        })
        .collect();
    let root = packages.iter().find(|(_, package)| package["name"] == "partybox").map(|(id, _)| id.clone());
    let (mut found, mut open) = (BTreeSet::new(), Vec::from_iter(root));
    while let Some(id) = open.pop() {
        open.extend(needs.get(&id).into_iter().flatten().filter(|need| !found.contains(*need)).cloned());
        found.insert(id);
    }
    let entry = |package: &Value| {
        let (name, version) = (text(&package["name"]), text(&package["version"]));
        let mut part = json!({"type": "library", "name": name, "version": version});
        // What comes from the registry, and not from this repository, is known by its name there.
        if package["source"].is_string() {
            part["purl"] = format!("pkg:cargo/{name}@{version}").into();
        }
        if let Some(licence) = package["license"].as_str() {
            part["licenses"] = json!([{"expression": licence.replace('/', " OR ")}]);
        }
        part
    };
    found.iter().filter_map(|id| packages.get(id)).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_crates_are_listed_and_those_of_tests_are_not() {
        let parts = crates(&metadata().expect("cargo"));
        let named = |name: &str| parts.iter().find(|part| part["name"] == name);
        let tokio = named("tokio").expect("the box uses tokio");
        assert_eq!(tokio["licenses"][0]["expression"], "MIT");
        assert!(tokio["purl"].as_str().is_some_and(|purl| purl.starts_with("pkg:cargo/tokio@1")));
        assert!(named("party").is_some_and(|part| part["purl"].is_null()), "our own are listed, too");
        assert!(named("str0m").is_none(), "only tests need it");
    }

    #[test]
    fn a_package_is_known_by_its_name_version_and_architecture_in_debian() {
        let pin = Pin { version: "1:2".to_owned(), sha256: "ab".to_owned() };
        let part = package("libc6:arm64", &pin, "MIT\n");
        assert_eq!(part["purl"], "pkg:deb/debian/libc6@1:2?arch=arm64&distro=trixie");
        assert_eq!(
            (&part["hashes"][0]["content"], &part["licenses"][0]["license"]["name"]),
            (&json!("ab"), &json!("MIT"))
        );
    }
}
