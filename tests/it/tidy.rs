//! The house rules, applied to the whole repository. The rules themselves, and the proof that each can fail, are in
//! `tests::tidy`.

use tests::tidy::repository::{self, Source};
use tests::tidy::{Breach, arrows, assert_none, circles, rules, web};

/// Files longer than the limit: path, lines, why. May only shrink.
const LONG_FILES: [(&str, usize, &str); 0] = [];

/// Crates that stand for a device or a protocol, and the files (or folders) that adapt them.
const ADAPTERS: [(&str, &[&str]); 26] = [
    ("alsa", &["firmware/audio/src/capture/alsa"]),
    ("symphonia", &["firmware/audio/src/decode/symphonia"]),
    ("nanomp3_core", &["firmware/audio/src/decode/mpeg.rs"]),
    ("fdk_aac_sys", &["firmware/audio/src/decode/aac/fdk.rs"]),
    ("rusty_aac", &["firmware/audio/src/decode/aac/other.rs"]),
    ("oxideav_ac3", &["firmware/audio/src/decode/ac3.rs"]),
    ("oxideav_dts", &["firmware/audio/src/decode/dts.rs"]),
    ("oxideav_gsm", &["firmware/audio/src/decode/wave/gsm.rs"]),
    ("oxideav_speex", &["firmware/audio/src/decode/speex"]),
    ("opus", &["firmware/audio/src/encode/opus", "firmware/audio/src/decode/"]),
    ("mp3lame_encoder", &["firmware/audio/src/encode/mp3"]),
    ("rubato", &["firmware/audio/src/resample", "firmware/audio/src/line/fit.rs"]),
    (
        "rusqlite",
        &[
            "firmware/library/src/store",
            "firmware/library/src/library.rs",
            "firmware/library/src/writer.rs",
            "firmware/library/tests/",
        ],
    ),
    ("lofty", &["firmware/library/src/tags/"]),
    ("zune_jpeg", &["firmware/library/src/picture.rs"]),
    ("image_webp", &["firmware/library/src/picture.rs"]),
    ("jpeg_encoder", &["firmware/library/src/picture.rs", "firmware/library/tests/"]),
    ("mdns_sd", &["firmware/appliance/src/mdns.rs"]),
    ("dimpl", &["firmware/rtc/src/"]),
    ("axum", &["firmware/web/src/"]),
    ("hyper", &["firmware/web/src/"]),
    ("rustix", &["board/", "firmware/", "image/"]),
    ("gpiocdev", &["board/src/gpio.rs"]),
    ("linux_embedded_hal", &["board/src/display/bus.rs"]),
    ("ssd1306", &["board/src/display/panel.rs"]),
    ("embedded_graphics", &["board/src/display/draw"]),
];

/// Files that may hold code the compiler cannot check, and why.
const UNCHECKED_CODE: [(&str, &str); 5] = [
    ("firmware/audio/src/decode/aac/fdk.rs", "the FDK library has no safe bindings that can switch its limiter off"),
    ("firmware/audio/src/encode/mp3.rs", "LAME fills spare capacity, whose length only it knows"),
    ("firmware/partybox/src/resident.rs", "glibc offers no safe way to ask for memory back"),
    ("firmware/rtc/src/batch.rs", "sendmmsg and recvmmsg take arrays of pointers"),
    ("firmware/rtc/src/batch/refusals.rs", "the kernel's queue of errors is read with recvmsg and its macros"),
];

/// Files and folders that are told the time and never ask.
const PURE: [&str; 30] = [
    "firmware/base/src/",
    "firmware/hub/src/",
    "firmware/appliance/src/access_point/choice.rs",
    "firmware/appliance/src/access_point/files.rs",
    "firmware/appliance/src/address.rs",
    "firmware/appliance/src/appliance.rs",
    "firmware/appliance/src/rules.rs",
    "firmware/appliance/src/stations.rs",
    "firmware/appliance/src/storage.rs",
    "firmware/appliance/src/ticker.rs",
    "firmware/appliance/src/update.rs",
    "firmware/party/src/",
    "firmware/audio/src/mixer",
    "firmware/audio/src/limiter",
    "firmware/audio/src/drift",
    "firmware/rtc/src/session",
    "firmware/rtc/src/engine",
    "board/src/advice.rs",
    "board/src/contact",
    "board/src/debounce.rs",
    "board/src/display/code.rs",
    "board/src/display/draw",
    "board/src/gesture.rs",
    "board/src/inputs.rs",
    "board/src/light",
    "board/src/lines.rs",
    "board/src/pattern.rs",
    "board/src/rotary.rs",
    "board/src/screen.rs",
    "board/src/wiring",
];

/// Tests and benchmarks in which time itself passes, and why: everything else waits for a condition.
const PAUSES: [(&str, &str); 11] = [
    ("tests/src/wait.rs", "asks for conditions of other programs, with a limit"),
    ("tests/src/card/sound_card.rs", "stands for a sound card, which has a clock"),
    ("tests/cards/cable.rs", "two choices of a host lie a moment apart"),
    ("tests/benches/codecs.rs", "a player that takes its time"),
    ("tests/benches/fanout/at_once.rs", "packets come at their pace"),
    ("tests/benches/fanout/phones.rs", "bursts come at their pace"),
    ("tests/benches/janus.rs", "packets come at their pace, for a window of time"),
    ("tests/benches/janus/phones.rs", "what comes is taken in turns"),
    ("tests/benches/mp3_fanout.rs", "frames come at their pace, for a window of time"),
    ("tests/it/senders/icecast.rs", "a program that sends at the pace of its music"),
    ("firmware/web/src/http/incoming.rs", "a client that is slow on purpose"),
];

/// Rust files this project wrote: everything in the rooms.
fn ours() -> Vec<Source> {
    let rooms = ["firmware/", "board/", "webui/", "image/", "tests/"];
    repository::rust().into_iter().filter(|source| rooms.iter().any(|room| source.path.starts_with(room))).collect()
}

fn every(rule: impl Fn(&Source) -> Vec<Breach>) -> Vec<Breach> {
    ours().iter().flat_map(rule).collect()
}

#[test]
fn every_file_opens_by_saying_what_it_is_for() {
    assert_none("file heads", &every(|source| rules::head(source).into_iter().collect()));
}

#[test]
fn no_file_is_too_long_and_no_exception_is_larger_than_needed() {
    let mut breaches = every(|source| rules::size(source, &LONG_FILES).into_iter().collect());
    breaches.extend(rules::stale_sizes(&ours(), &LONG_FILES));
    assert_none("file sizes", &breaches);
}

#[test]
fn every_file_is_compiled() {
    assert_none("orphans", &rules::orphans(&ours()));
}

#[test]
fn dependencies_follow_the_arrows_of_the_map() {
    let manifests = repository::all().into_iter().filter(|source| source.path.ends_with("Cargo.toml"));
    let rooms = manifests.filter(|source| !source.path.starts_with("tests/fuzz/"));
    let breaches: Vec<Breach> = rooms.flat_map(|source| arrows::check(&source)).collect();
    assert_none("arrows", &breaches);
}

#[test]
fn no_two_files_of_a_room_need_each_other() {
    let sources = ours();
    let manifests = repository::all().into_iter().filter(|source| source.path.ends_with("/Cargo.toml"));
    let folders = manifests.map(|source| source.path.replace("Cargo.toml", "src/"));
    let breaches: Vec<Breach> = folders.flat_map(|folder| circles::check(&folder, &sources)).collect();
    assert_none("circles", &breaches);
}

#[test]
fn a_device_crate_is_named_in_its_adapters_only() {
    let product = |source: &Source| !source.path.starts_with("tests/") && !source.path.ends_with("/tests.rs");
    let breaches = every(|source| {
        let per_crate = ADAPTERS.iter().filter(|_| product(source));
        per_crate.flat_map(|(name, files)| rules::adapter(source, name, files)).collect()
    });
    assert_none("adapters", &breaches);
}

#[test]
fn code_the_compiler_cannot_check_stays_in_the_listed_files() {
    assert_none("unchecked code", &every(|source| rules::unsafe_code(source, &UNCHECKED_CODE)));
    let paths: Vec<String> = ours().into_iter().map(|source| source.path).collect();
    let gone: Vec<Breach> = UNCHECKED_CODE
        .iter()
        .filter(|(path, _)| !paths.iter().any(|known| known == path))
        .map(|(path, _)| Breach::of_file(path, "is gone: remove its exception"))
        .collect();
    assert_none("unchecked code", &gone);
}

#[test]
fn nothing_is_left_for_later_and_names_say_something() {
    assert_none("banned words", &every(rules::banned_words));
}

#[test]
fn tests_wait_for_conditions_not_for_time() {
    assert_none("pauses", &every(|source| rules::pauses(source, &PAUSES)));
}

#[test]
fn pure_files_are_told_the_time() {
    let clocks = ["Instant::now", "SystemTime", "UNIX_EPOCH", ".elapsed()", "time::now()"];
    let breaches = every(|source| {
        let told = PURE.iter().any(|path| source.path.starts_with(path));
        // A file of tests may make the instants that a library asks for.
        let pure = told && !source.path.contains("/tests");
        if pure { rules::phrases(source, &clocks, "is told the time and never asks") } else { Vec::new() }
    });
    assert_none("clocks", &breaches);
}

#[test]
fn the_board_never_sleeps_and_knows_no_party_words() {
    let foreign = ["thread::sleep", "queue", "Queue", "vote", "Vote", "playlist", "Playlist"];
    let breaches = every(|source| {
        let ours = source.path.starts_with("board/");
        if ours { rules::phrases(source, &foreign, "the board knows pins and time values") } else { Vec::new() }
    });
    assert_none("board", &breaches);
}

#[test]
fn no_text_names_a_place_on_one_machine() {
    let texts = repository::all().into_iter().filter(|source| !source.path.ends_with("Cargo.lock"));
    let breaches: Vec<Breach> = texts.flat_map(|source| rules::places(&source)).collect();
    assert_none("places", &breaches);
}

#[test]
fn pages_fetch_nothing_but_from_the_box_and_run_no_inline_script() {
    let pages = repository::all()
        .into_iter()
        .filter(|source| source.path.starts_with("webui/") && !source.path.starts_with("webui/test/"));
    let pages = pages.filter(|source| web::WEB_EXTENSIONS.contains(&source.extension()));
    let breaches: Vec<Breach> =
        pages.flat_map(|source| [web::external_addresses(&source), web::inline_script(&source)].concat()).collect();
    assert_none("pages", &breaches);
}

#[test]
fn no_module_of_the_pages_exports_what_nobody_imports() {
    let modules = repository::all().into_iter().filter(|source| source.path.starts_with("webui/"));
    let modules: Vec<Source> = modules.filter(|source| source.extension() == "js").collect();
    assert_none("exports", &web::unused_exports(&modules));
}
