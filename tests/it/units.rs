//! The box's units: how exposed each is, by systemd's own measure, and what the files they are started with must agree on.
//!
//! `systemd-analyze security` counts what a service could do if somebody took it over: 0 is nothing, 10 everything.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use appliance::access_point::{self, files};
use appliance::network::{BOX, BRIDGE, PREFIX_BITS};
use appliance::{card_file, rules, signs, stations, wifi};
use partybox::card;
use partybox::config::{CardFile, Config};

/// Units and the largest exposure that each may have.
///
/// The firmware needs sound cards, lines and the network; hostapd and dnsmasq need rights over the network; an update is
/// mounted to be read, and so is the boot partition; what mounts for everybody can have no view of its own.
const EXPOSURES: [(&str, f32); 18] = [
    ("partybox", 1.2),
    ("partybox-radio", 1.2),
    ("partybox-firewall", 1.7),
    ("partybox-access-point", 1.8),
    ("partybox-names", 1.9),
    ("partybox-data-anew", 1.4),
    ("partybox-data-lost", 3.2),
    ("partybox-cable", 2.0),
    ("partybox-restart", 1.5),
    ("partybox-radio-anew", 1.5),
    ("partybox-last-words@", 1.6),
    ("partybox-trial", 1.5),
    ("partybox-update", 2.3),
    ("partybox-stick@", 3.8),
    ("partybox-card", 2.0),
    ("partybox-card-back", 2.1),
    ("partybox-clock", 1.9),
    ("partybox-radio-firmware", 1.6),
];

/// Kinds of devices that the kernel knows without a module.
const BUILT_IN: [&str; 1] = ["gpiochip"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../image/root")
}

fn text(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn no_unit_is_more_exposed_than_its_work_needs() {
    for (name, exposure_max) in EXPOSURES {
        let unit = root().join(format!("usr/lib/systemd/system/{name}.service"));
        let analyze =
            Command::new("systemd-analyze").args(["security", "--offline=true", "--no-pager"]).arg(unit).output();
        let Ok(output) = analyze else {
            println!("not run: systemd-analyze is not installed");
            return;
        };
        let said = String::from_utf8_lossy(&output.stdout);
        let overall = said.lines().find_map(|line| line.split_once("Overall exposure level for ")?.1.split_once(": "));
        let exposure: f32 = overall
            .and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok())
            .unwrap_or_else(|| panic!("{name}: {said}{}", String::from_utf8_lossy(&output.stderr)));
        println!("{name}: exposure {exposure}");
        assert!(exposure <= exposure_max, "{name}: {exposure} is more than {exposure_max}: {said}");
    }
}

#[test]
fn the_firmware_cannot_take_the_whole_machine_and_has_files_for_all_its_connections() {
    let unit = text("usr/lib/systemd/system/partybox.service");
    let said = |key: &str| {
        let lines: Vec<&str> = unit.lines().filter_map(|line| line.strip_prefix(key)).collect();
        assert_eq!(lines.len(), 1, "{key}{lines:?}");
        lines[0].to_owned()
    };
    let memory: u32 =
        said("MemoryMax=").strip_suffix('%').and_then(|part| part.parse().ok()).expect("a part of what there is");
    assert!((1..100).contains(&memory), "{memory} %");
    assert!(said("TasksMax=").parse().is_ok_and(|tasks: u32| tasks > 0));
    // By TLS a connection is three sockets; decoders, the database and the rest have theirs.
    let connections = Config::default().http.connections_max;
    assert!(said("LimitNOFILE=").parse().is_ok_and(|files: usize| files >= 4 * connections));
}

#[test]
fn the_boxs_own_configuration_is_one_that_the_firmware_takes() {
    let config = Config::parse(&text("etc/partybox.toml")).expect("valid");
    assert!(config.wifi.own && config.listen.port() == 80, "{config:?}");
    for folder in [&config.state.folder, &config.update.inbox] {
        assert!(text("usr/lib/tmpfiles.d/partybox.conf").contains(&format!("d {} ", folder.display())), "{folder:?}");
    }
    assert!(text("usr/lib/sysctl.d/partybox.conf").contains("ip_unprivileged_port_start = 80"));
}

/// Runs a program that checks a file with this text; nothing where it is not installed.
fn check(program: &str, options: &[&str], text: &str) {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), text).expect("written");
    match Command::new(program).args(options).arg(file.path()).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!("{program}: {}{text}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => println!("not run: {program} is not installed"),
    }
}

#[test]
fn dnsmasq_and_nftables_take_what_is_written_for_them() {
    let names = ["party.internal".to_owned()];
    let probes: Vec<&str> = web::portal::names().collect();
    for (probes, upstream) in [(&probes[..], vec![]), (&[], vec![]), (&probes, vec!["192.168.1.1".to_owned()])] {
        check("dnsmasq", &["--test", "-C"], &files::dnsmasq("wlan0", &names, probes, &upstream));
    }
    for (forward, is_bridge) in [(false, false), (true, false), (false, true)] {
        check("nft", &["--check", "--file"], &files::nftables("wlan0", 80, Some(8_443), forward, is_bridge));
    }
}

/// The lines of a unit that begin with `key=`, in their order.
fn lines(unit: &str, key: &str) -> Vec<String> {
    let text = text(&format!("usr/lib/systemd/system/{unit}.service"));
    text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).map(str::to_owned).collect()
}

#[test]
fn without_rules_nothing_is_forwarded_and_no_cable_is_joined_to_another() {
    let starts = [lines("partybox-firewall", "ExecStartPre"), lines("partybox-firewall", "ExecStart")].concat();
    let at = |words: &str| starts.iter().position(|line| line.contains(words));
    let (off, rules, on) = (at("ip_forward=0"), at("nft --file"), at("ip_forward=${FORWARD}"));
    assert!(off.is_some() && off < rules && rules < on, "{starts:?}");
    assert!(starts.iter().all(|line| !line.starts_with('-')), "a step that fails ends the others: {starts:?}");
    let firewall = ["partybox-firewall.service"];
    assert_eq!(lines("partybox-cable", "Requires"), firewall, "an order alone lets the cable go on without rules");
    assert_eq!(lines("partybox-cable", "After"), firewall);
    // That they are not there is told where the firmware looks, and no longer once they are.
    let told = format!("/run/{}", signs::RULES);
    let (before, after) = (lines("partybox-firewall", "ExecStartPre"), lines("partybox-firewall", "ExecStopPost"));
    assert_eq!(before.first().map(String::as_str), Some(&*format!("/usr/bin/busybox rm -f {told}")), "{before:?}");
    assert!(
        after.iter().any(|line| line.contains("SERVICE_RESULT") && line.ends_with(&format!("> {told}'"))),
        "{after:?}"
    );
}

#[test]
fn priorities_are_given_to_threads_that_the_firmware_has() {
    let script = text("usr/lib/partybox/priorities");
    let given: Vec<_> =
        script.lines().filter_map(|line| line.trim().strip_suffix(" ;;")?.split_once(") give ")).collect();
    let firmware = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware");
    let sources = [
        "partybox/src/assemble.rs",
        "partybox/src/channel/supplies.rs",
        "rtc/src/lib.rs",
        "web/src/mp3/carrier.rs",
        "library/src/library.rs",
        "audio/src/thread.rs",
    ]
    .map(|path| fs::read_to_string(firmware.join(path)).expect("a source"))
    .concat();
    for (thread, priority) in &given {
        assert!(sources.contains(&format!("\"{thread}\"")), "no thread is named {thread}");
        if let Some(number) = priority.strip_prefix("fifo ") {
            assert!(sources.contains(&format!(": u8 = {number};")), "{thread} asks for another priority than {number}");
        }
    }
    assert_eq!(given.len(), 5, "{script}");
}

#[test]
fn units_and_firmware_name_the_same_places() {
    let unit = |name: &str| text(&format!("usr/lib/systemd/system/{name}"));
    let radio = unit("partybox-radio.service");
    assert!(radio.contains(partybox::access_point::ARGUMENT) && radio.contains("--out /run/partybox-radio"), "{radio}");
    for file in [wifi::FILE, rules::FILE, access_point::SOUGHT_FILE] {
        assert!(unit("partybox-radio.path").contains(&format!("PathChanged=/data/state/{file}\n")), "{file}");
    }
    let anew = unit("partybox-radio.path").lines().find_map(|line| line.strip_prefix("Unit=")).map(unit);
    assert!(anew.is_some_and(|anew| anew.contains(" restart partybox-radio.service\n")));
    let ends = format!("Environment={}=1\n", partybox::app::RESTARTED_BY_OTHERS);
    let service = unit("partybox.service");
    assert!(service.contains(&ends) && service.contains("Restart=always\n"), "{service}");
    let copy = "--card-config /run/partybox-card/partybox.toml";
    assert!(radio.contains(copy) && unit("partybox.service").contains(copy), "both read the card's file");
    let card = text("usr/lib/partybox/card");
    assert!(card.contains(&format!("BYTES_MAX={}\n", card_file::BYTES_MAX)), "{card}");
    assert!(card.contains(&format!("PROBLEMS={}\n", card_file::PROBLEMS)), "{card}");
    assert!(text("usr/lib/partybox/radio-firmware").contains(&format!("/run/{}\n", signs::FIRMWARE)));
    let clock = text("usr/lib/partybox/clock");
    for place in ["/run/partybox/clock", "/run/partybox-clock/state"] {
        assert!(clock.contains(place), "{place}");
    }
    assert!(unit("partybox-clock.path").contains("PathChanged=/run/partybox/clock\n"));
    assert!(text("usr/lib/tmpfiles.d/partybox.conf").contains("d /run/partybox-clock "));
    let hostapd = stations::CONTROL.trim_start_matches("/run/");
    assert!(unit("partybox-access-point.service").contains(&format!("RuntimeDirectory={hostapd}\n")));
    let bridge = text("usr/lib/partybox/cable.d/10-party.netdev");
    assert!(bridge.contains(&format!("Name={}\n", BRIDGE)), "{bridge}");
    let addresses = text("usr/lib/partybox/cable.d/10-party.network");
    assert!(addresses.contains(&format!("Address={BOX}/{PREFIX_BITS}\n")), "{addresses}");
    assert!(!BOX.is_loopback() && PREFIX_BITS < 30, "a network of some size");
}

#[test]
fn every_radio_that_is_known_has_its_driver_on_the_card() {
    let read = |path: &str| fs::read_to_string(root().join(path)).expect("a list");
    let modules = read("../card/modules.list");
    let has = |driver: &str| {
        modules.lines().any(|line| line.trim_start_matches(['?', '+']).split(' ').next() == Some(driver))
    };
    let radios = read("../../firmware/appliance/src/access_point/radios.toml");
    let radios: toml::Table = toml::from_str(&radios).expect("a table");
    let rows = radios["radio"].as_array().expect("rows");
    for driver in rows.iter().filter_map(|row| row["driver"].as_str()).filter(|driver| !driver.is_empty()) {
        assert!(has(driver), "{driver} is in the table and not on the card");
    }
    assert!(rows.len() > 4);
}

#[test]
fn every_kind_of_device_that_the_firmware_may_open_is_known_before_it_starts() {
    // systemd looks a name up when it starts the firmware; one that is not known yet stays forbidden. A number needs no module.
    let unit = text("usr/lib/systemd/system/partybox.service");
    let allowed: Vec<_> = unit.lines().filter_map(|line| line.strip_prefix("DeviceAllow=char-")).collect();
    for kind in &allowed {
        let (kind, rights) = kind.split_once(' ').expect("a kind and rights");
        assert!(kind.parse::<u32>().is_ok() || BUILT_IN.contains(&kind), "{kind} may come later than the firmware");
        assert_eq!(rights, "rw", "{kind}");
    }
    assert_eq!(allowed.len(), 3, "{unit}");
}

#[test]
fn the_file_on_a_new_card_says_nothing_and_shows_every_key_that_may_be_said() {
    let path = root().join("../card/partybox.toml");
    let template = fs::read_to_string(&path).expect("a template");
    let read = |text: &str| {
        let own = Config::parse("[wifi]\nown = true\n").expect("valid");
        let config = card::over(&own, text.as_bytes(), CardFile::default());
        config.card.expect("read")
    };
    assert_eq!(read(&template), CardFile::default(), "it is all comments");
    // A comment of people has a space behind its sign.
    let lines = template.lines().map(|line| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') => rest,
        _ => line,
    });
    let said = read(&lines.collect::<Vec<_>>().join("\n"));
    assert_eq!(said.problems, [], "a line that is taken as it is");
    for (section, key) in card::keys() {
        let name = format!("{section}.{key}");
        let name = name.trim_start_matches('.');
        // What is blank says nothing, but it is there.
        let is_there = template.lines().any(|line| line.starts_with(&format!("#{name} = ")));
        let is_pins = said.said.keys().any(|said| said.starts_with(&format!("{name}.")));
        assert!(is_there || is_pins, "{name} is not in {}", path.display());
    }
}
