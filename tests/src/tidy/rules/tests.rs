//! Each rule shown to fail on a text that breaks it and to pass on one that does not.

use super::*;

fn rust(text: &str) -> Source {
    Source::made_up("firmware/x/src/a.rs", text)
}

#[test]
fn a_file_without_a_head_is_found() {
    assert!(head(&rust("use std::fmt;\n")).is_some());
    assert!(head(&rust("//! x\n")).is_some());
    assert!(head(&rust("//! What this file is for.\n")).is_none());
}

#[test]
fn a_long_file_is_found_unless_it_is_excepted() {
    let long = rust(&"x\n".repeat(LINES_MAX + 1));
    assert!(size(&long, &[]).is_some());
    assert!(size(&long, &[("firmware/x/src/a.rs", LINES_MAX + 1, "a table")]).is_none());
    assert!(size(&rust("x\n"), &[]).is_none());
}

#[test]
fn an_exception_may_only_shrink() {
    let sources = [rust(&"x\n".repeat(450))];
    assert!(stale_sizes(&sources, &[("firmware/x/src/a.rs", 450, "a table")]).is_empty());
    assert_eq!(stale_sizes(&sources, &[("firmware/x/src/a.rs", 500, "a table")]).len(), 1);
    assert_eq!(stale_sizes(&sources, &[("gone.rs", 500, "a table")]).len(), 1);
}

#[test]
fn a_crate_named_outside_its_adapter_is_found() {
    for line in ["use alsa::PCM;", "let x = alsa::PCM::new();", "fn f(x: ::alsa::PCM) {}", "pub use alsa;"] {
        assert_eq!(adapter(&rust(line), "alsa", &["firmware/y"]).len(), 1, "{line}");
        assert!(adapter(&rust(line), "alsa", &["firmware/x"]).is_empty(), "{line}");
    }
    for line in
        ["use crate::capture::alsa::Line;", "// alsa::PCM", "\"alsa::PCM\"", "mod alsa;\nuse alsa::Line;", "falsa::x()"]
    {
        assert!(adapter(&rust(line), "alsa", &["firmware/y"]).is_empty(), "{line}");
    }
}

#[test]
fn hidden_danger_is_found_and_needless_exceptions_too() {
    let dangerous = rust(&["un", "safe { f() }"].concat());
    assert_eq!(unsafe_code(&dangerous, &[]).len(), 1);
    assert!(unsafe_code(&dangerous, &[("firmware/x/src/a.rs", "why")]).is_empty());
    assert_eq!(unsafe_code(&rust("// none"), &[("firmware/x/src/a.rs", "why")]).len(), 1);
    assert!(unsafe_code(&rust("#![deny(unsafe_code)]"), &[]).is_empty());
}

#[test]
fn banned_words_are_found_in_code_and_not_in_prose() {
    for (start, end, _) in BANNED_CODE {
        assert_eq!(banned_words(&rust(&[start, end].concat())).len(), 1, "{start}{end}");
    }
    for (start, end) in BANNED_NAMES {
        assert_eq!(banned_words(&rust(&format!("pub struct Session{start}{end};"))).len(), 1);
        assert!(banned_words(&rust(&format!("// a {start}{end}"))).is_empty());
    }
    assert_eq!(banned_words(&rust(&["mod ut", "ils;"].concat())).len(), 1);
}

#[test]
fn a_clock_in_a_pure_file_is_found() {
    let clocks = ["Instant::now", "SystemTime"];
    assert_eq!(phrases(&rust("let t = Instant::now();"), &clocks, "told the time").len(), 1);
    assert!(phrases(&rust("// never Instant::now()"), &clocks, "told the time").is_empty());
}

#[test]
fn a_pause_is_found_in_tests_and_nowhere_else() {
    let pause = "fn f() { std::thread::park_timeout(LONG); }\n";
    for path in ["tests/it/a.rs", "tests/benches/a.rs", "firmware/x/tests/it/a.rs", "firmware/x/src/a/tests.rs"] {
        let source = Source::made_up(path, pause);
        assert_eq!(pauses(&source, &[]).len(), 1, "{path}");
        assert!(pauses(&source, &[(path, "its pace is the test")]).is_empty(), "{path}");
        assert_eq!(pauses(&Source::made_up(path, "// sleep_until("), &[(path, "why")]).len(), 1, "{path}");
    }
    let product = rust(pause);
    assert!(pauses(&product, &[]).is_empty());
    let tested = rust(&format!("{pause}#[cfg(test)]\nmod tests {{\n    {pause}}}\n"));
    assert_eq!(pauses(&tested, &[])[0].place, "firmware/x/src/a.rs:4");
}

#[test]
fn a_path_of_one_machine_is_found_in_any_text() {
    assert_eq!(places(&Source::made_up("README.md", &["see /wo", "rk/x"].concat())).len(), 1);
    assert!(places(&Source::made_up("README.md", "see /var/lib/partybox")).is_empty());
}

#[test]
fn a_file_that_nothing_compiles_is_found() {
    let lib = Source::made_up("a/src/lib.rs", "pub mod used;\nmod deep;");
    let used = Source::made_up("a/src/used.rs", "");
    let deep = Source::made_up("a/src/deep/mod.rs", "mod inner;");
    let inner = Source::made_up("a/src/deep/inner.rs", "");
    let lost = Source::made_up("a/src/lost.rs", "");
    assert!(orphans(&[lib.clone(), used.clone(), deep.clone(), inner.clone()]).is_empty());
    assert_eq!(orphans(&[lib, used, deep, inner, lost]).len(), 1);
}
